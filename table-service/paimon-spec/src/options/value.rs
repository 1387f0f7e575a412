//! Reading option values as Paimon's `OptionsUtils`, `MemorySize` and `TimeUtils` do.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::manifest::Compression;
use crate::stats::StatsMode;

/// A type that an option's text can be read as.
pub trait OptionValue: Sized {
    /// Reads the text; a text that is no such value is `Invalid`.
    fn parse(text: &str) -> Result<Self>;
}

/// A number of bytes, written as `128 mb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemorySize(pub u64);

impl MemorySize {
    /// The number of bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }
}

impl fmt::Display for MemorySize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 5] = ["bytes", "kb", "mb", "gb", "tb"];
        let mut size = self.0;
        let mut unit = 0;
        while size != 0 && size.is_multiple_of(1024) && unit + 1 < UNITS.len() {
            size /= 1024;
            unit += 1;
        }
        write!(f, "{size} {}", UNITS[unit])
    }
}

impl OptionValue for MemorySize {
    fn parse(text: &str) -> Result<Self> {
        let (number, unit) = number_and_unit(text)?;
        let scale: u64 = match unit.as_str() {
            "" | "b" | "bytes" => 1,
            "k" | "kb" | "kibibytes" => 1 << 10,
            "m" | "mb" | "mebibytes" => 1 << 20,
            "g" | "gb" | "gibibytes" => 1 << 30,
            "t" | "tb" | "tebibytes" => 1 << 40,
            other => {
                return Err(Error::invalid(format!(
                    "'{other}' is not a unit of size: bytes, kb, mb, gb, tb"
                )));
            }
        };
        number.checked_mul(scale).map(Self).ok_or_else(|| Error::invalid("the size is beyond 2^64 bytes"))
    }
}

impl OptionValue for Duration {
    fn parse(text: &str) -> Result<Self> {
        let (number, unit) = number_and_unit(text)?;
        let seconds = |scale: u64| number.checked_mul(scale).map(Self::from_secs);
        match unit.as_str() {
            "d" | "day" | "days" => seconds(86_400),
            "h" | "hour" | "hours" => seconds(3_600),
            "m" | "min" | "minute" | "minutes" => seconds(60),
            "s" | "sec" | "secs" | "second" | "seconds" => seconds(1),
            "" | "ms" | "milli" | "millis" | "millisecond" | "milliseconds" => {
                Some(Self::from_millis(number))
            }
            "µs" | "micro" | "micros" | "microsecond" | "microseconds" => Some(Self::from_micros(number)),
            "ns" | "nano" | "nanos" | "nanosecond" | "nanoseconds" => Some(Self::from_nanos(number)),
            other => {
                return Err(Error::invalid(format!(
                    "'{other}' is not a unit of time: d, h, min, s, ms, µs, ns"
                )));
            }
        }
        .ok_or_else(|| Error::invalid("the duration is too long"))
    }
}

fn number_and_unit(text: &str) -> Result<(u64, String)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let number: i64 = digits
        .parse()
        .map_err(|_| Error::invalid("the value does not start with a number within 64 bits"))?;
    let number = number.unsigned_abs();
    Ok((number, unit.trim().to_lowercase()))
}

impl OptionValue for bool {
    fn parse(text: &str) -> Result<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(Error::invalid("the value is neither true nor false")),
        }
    }
}

impl OptionValue for String {
    fn parse(text: &str) -> Result<Self> {
        Ok(text.to_owned())
    }
}

impl OptionValue for i32 {
    fn parse(text: &str) -> Result<Self> {
        text.trim().parse().map_err(|_| Error::invalid("the value is not a 32-bit integer"))
    }
}

impl OptionValue for i64 {
    fn parse(text: &str) -> Result<Self> {
        text.trim().parse().map_err(|_| Error::invalid("the value is not a 64-bit integer"))
    }
}

impl OptionValue for f64 {
    fn parse(text: &str) -> Result<Self> {
        text.trim().parse().map_err(|_| Error::invalid("the value is not a number"))
    }
}

/// A list of names with commas between them.
impl OptionValue for Vec<String> {
    fn parse(text: &str) -> Result<Self> {
        Ok(text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect())
    }
}

/// A map written as `key:value,key:value`.
impl OptionValue for BTreeMap<String, String> {
    fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.is_empty() || text == "{}" {
            return Ok(Self::new());
        }
        text.split(',')
            .map(|pair| {
                pair.split_once(':')
                    .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
                    .ok_or_else(|| Error::invalid(format!("'{pair}' is not of the form key:value")))
            })
            .collect()
    }
}

impl OptionValue for StatsMode {
    fn parse(text: &str) -> Result<Self> {
        text.parse()
    }
}

impl OptionValue for Compression {
    fn parse(text: &str) -> Result<Self> {
        Self::from_name(text)
    }
}
