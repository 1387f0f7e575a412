//! Reading types from schema files (Paimon `DataTypeJsonParser`).

use std::str::FromStr;

use serde_json::{Map, Value};

use super::{DataField, DataType, MAX_LENGTH, TypeKind};
use crate::error::{At, Error, Result};

const MAX_PRECISION: u8 = 38;
const MAX_FRACTION: u8 = 9;

impl DataType {
    /// Reads a type from a schema file: a string, or an object for nested types (format §3.2).
    ///
    /// A type this release does not know is `Unsupported`; anything that is not a type is `Corrupt`.
    pub fn from_json(json: &Value) -> Result<Self> {
        match json {
            Value::String(text) => text.parse(),
            Value::Object(object) => nested(object),
            other => Err(Error::corrupt(format!("a type is a string or an object, found {other}"))),
        }
    }
}

impl DataField {
    /// Reads a field of a schema file or of a `ROW` type.
    pub fn from_json(json: &Value) -> Result<Self> {
        let object =
            json.as_object().ok_or_else(|| Error::corrupt(format!("a field is an object, found {json}")))?;
        let name = member(object, "name")?
            .as_str()
            .ok_or_else(|| Error::corrupt("a field's name is not a string"))?
            .to_owned();
        let place = || format!("field {name}");
        let id = member(object, "id").and_then(|id| integer(id, "id")).at(place)?;
        let data_type = member(object, "type").and_then(DataType::from_json).at(place)?;
        let description = optional_text(object, "description").at(place)?;
        let default_value = optional_text(object, "defaultValue").at(place)?;
        Ok(Self { id, name, data_type, description, default_value })
    }
}

fn optional_text(object: &Map<String, Value>, name: &str) -> Result<Option<String>> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(Error::corrupt(format!("'{name}' is not a string: {other}"))),
    }
}

fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Result<&'a Value> {
    object.get(name).ok_or_else(|| Error::corrupt(format!("'{name}' is missing")))
}

fn integer<T: TryFrom<i64>>(json: &Value, what: &str) -> Result<T> {
    json.as_i64()
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| Error::corrupt(format!("'{what}' is not an acceptable integer: {json}")))
}

fn nested(object: &Map<String, Value>) -> Result<DataType> {
    let text = member(object, "type")?.as_str().ok_or_else(|| Error::corrupt("'type' is not a string"))?;
    let mut words = Words::of(text)?;
    let element = |name| member(object, name).and_then(DataType::from_json).map(Box::new);
    let kind = match words.word().as_deref() {
        Some("ARRAY") => TypeKind::Array(element("element")?),
        Some("MULTISET") => TypeKind::Multiset(element("element")?),
        Some("MAP") => TypeKind::Map(element("key")?, element("value")?),
        Some("VECTOR") => TypeKind::Vector {
            element: element("element")?,
            length: integer(member(object, "length")?, "length")?,
        },
        Some("ROW") => {
            let fields = member(object, "fields")?
                .as_array()
                .ok_or_else(|| Error::corrupt("'fields' of a ROW is not an array"))?;
            TypeKind::Row(fields.iter().map(DataField::from_json).collect::<Result<_>>()?)
        }
        _ => return Err(Error::unsupported(format!("unknown nested type '{text}'"))),
    };
    let nullable = words.nullability()?;
    words.end()?;
    Ok(DataType { nullable, kind })
}

impl FromStr for DataType {
    type Err = Error;

    /// Reads an atomic type such as `DECIMAL(10, 2) NOT NULL`.
    fn from_str(text: &str) -> Result<Self> {
        let mut words = Words::of(text)?;
        let name = words
            .word()
            .ok_or_else(|| Error::corrupt(format!("'{text}' does not start with a type name")))?;
        let kind = atomic(&name, &mut words)?;
        let nullable = words.nullability()?;
        words.end()?;
        Ok(Self { nullable, kind })
    }
}

fn atomic(name: &str, words: &mut Words<'_>) -> Result<TypeKind> {
    Ok(match name {
        "BOOLEAN" => TypeKind::Boolean,
        "TINYINT" => TypeKind::TinyInt,
        "SMALLINT" => TypeKind::SmallInt,
        "INT" | "INTEGER" => TypeKind::Int,
        "BIGINT" => TypeKind::BigInt,
        "FLOAT" => TypeKind::Float,
        "DOUBLE" => {
            words.skip("PRECISION");
            TypeKind::Double
        }
        "DECIMAL" | "DEC" | "NUMERIC" => decimal(words)?,
        "STRING" => TypeKind::VarChar { length: MAX_LENGTH },
        "BYTES" => TypeKind::VarBinary { length: MAX_LENGTH },
        "CHAR" => TypeKind::Char { length: words.length()? },
        "VARCHAR" => TypeKind::VarChar { length: words.length()? },
        "BINARY" => TypeKind::Binary { length: words.length()? },
        "VARBINARY" => TypeKind::VarBinary { length: words.length()? },
        "DATE" => TypeKind::Date,
        "TIME" => {
            let precision = words.fraction(0)?;
            words.without_time_zone()?;
            TypeKind::Time { precision }
        }
        "TIMESTAMP" => {
            let precision = words.fraction(6)?;
            if words.local_time_zone()? {
                TypeKind::LocalZonedTimestamp { precision }
            } else {
                words.without_time_zone()?;
                TypeKind::Timestamp { precision }
            }
        }
        "TIMESTAMP_LTZ" => TypeKind::LocalZonedTimestamp { precision: words.fraction(6)? },
        "VARIANT" => TypeKind::Variant,
        "BLOB" => TypeKind::Blob,
        "GEOMETRY" => TypeKind::Geometry(words.arguments().map(str::to_owned)),
        "GEOGRAPHY" => TypeKind::Geography(words.arguments().map(str::to_owned)),
        _ => return Err(Error::unsupported(format!("unknown type '{}'", words.text))),
    })
}

fn decimal(words: &mut Words<'_>) -> Result<TypeKind> {
    let numbers = words.numbers()?;
    let (precision, scale) = match numbers.as_slice() {
        [] => (10, 0),
        [precision] => (*precision, 0),
        [precision, scale] => (*precision, *scale),
        _ => return Err(words.fault("too many arguments")),
    };
    if !(1..=u32::from(MAX_PRECISION)).contains(&precision) || scale > precision {
        return Err(words.fault("precision is 1 to 38 and scale at most the precision"));
    }
    Ok(TypeKind::Decimal { precision: words.narrow(precision)?, scale: words.narrow(scale)? })
}

/// The rest of a type's text, taken word by word.
struct Words<'a> {
    text: &'a str,
    rest: &'a str,
}

impl<'a> Words<'a> {
    fn of(text: &'a str) -> Result<Self> {
        if text.is_ascii() || text.contains('(') {
            Ok(Self { text, rest: text.trim() })
        } else {
            Err(Error::unsupported(format!("unknown type '{text}'")))
        }
    }

    fn fault(&self, why: &str) -> Error {
        Error::corrupt(format!("type '{}': {why}", self.text))
    }

    /// The next word in upper case.
    fn word(&mut self) -> Option<String> {
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        (!word.is_empty()).then(|| word.to_ascii_uppercase())
    }

    /// Takes the next word if it is `expected`.
    fn skip(&mut self, expected: &str) -> bool {
        let before = self.rest;
        let found = self.word().as_deref() == Some(expected);
        if !found {
            self.rest = before;
        }
        found
    }

    fn expect(&mut self, expected: &str) -> Result<()> {
        if self.skip(expected) { Ok(()) } else { Err(self.fault(&format!("expected {expected}"))) }
    }

    /// The text between the next parentheses.
    fn arguments(&mut self) -> Option<&'a str> {
        let inner = self.rest.strip_prefix('(')?;
        let end = inner.find(')')?;
        self.rest = inner[end + 1..].trim_start();
        Some(inner[..end].trim())
    }

    fn numbers(&mut self) -> Result<Vec<u32>> {
        let Some(arguments) = self.arguments() else { return Ok(Vec::new()) };
        arguments
            .split(',')
            .map(|number| number.trim().parse().map_err(|_| self.fault("expected numbers in parentheses")))
            .collect()
    }

    fn number(&mut self, default: u32) -> Result<u32> {
        match self.numbers()?.as_slice() {
            [] => Ok(default),
            [number] => Ok(*number),
            _ => Err(self.fault("too many arguments")),
        }
    }

    fn length(&mut self) -> Result<u32> {
        let length = self.number(1)?;
        if length <= MAX_LENGTH { Ok(length) } else { Err(self.fault("length is beyond 2147483647")) }
    }

    fn fraction(&mut self, default: u32) -> Result<u8> {
        let digits = self.number(default)?;
        if digits > u32::from(MAX_FRACTION) {
            return Err(self.fault("precision is 0 to 9"));
        }
        self.narrow(digits)
    }

    fn narrow(&self, number: u32) -> Result<u8> {
        u8::try_from(number).map_err(|_| self.fault("number is out of range"))
    }

    fn without_time_zone(&mut self) -> Result<()> {
        if self.skip("WITHOUT") {
            self.expect("TIME")?;
            self.expect("ZONE")?;
        }
        Ok(())
    }

    fn local_time_zone(&mut self) -> Result<bool> {
        if !self.skip("WITH") {
            return Ok(false);
        }
        if !self.skip("LOCAL") {
            return Err(Error::unsupported(format!("unknown type '{}'", self.text)));
        }
        self.expect("TIME")?;
        self.expect("ZONE")?;
        Ok(true)
    }

    fn nullability(&mut self) -> Result<bool> {
        if self.skip("NOT") {
            self.expect("NULL")?;
            return Ok(false);
        }
        self.skip("NULL");
        Ok(true)
    }

    fn end(&self) -> Result<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.fault(&format!("unexpected '{}'", self.rest))) }
    }
}
