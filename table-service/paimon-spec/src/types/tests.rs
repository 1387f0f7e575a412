use serde_json::json;

use super::*;
use crate::error::ErrorKind;

#[test]
fn round_trips_every_atomic_type() {
    for text in [
        "BOOLEAN",
        "TINYINT",
        "SMALLINT",
        "INT",
        "BIGINT",
        "FLOAT",
        "DOUBLE",
        "DECIMAL(38, 18)",
        "CHAR(3)",
        "VARCHAR(10)",
        "STRING",
        "BINARY(4)",
        "VARBINARY(9)",
        "BYTES",
        "DATE",
        "TIME(3)",
        "TIMESTAMP(9)",
        "TIMESTAMP(6) WITH LOCAL TIME ZONE",
        "VARIANT",
        "BLOB",
        "GEOMETRY(OGC:CRS84)",
        "GEOGRAPHY(OGC:CRS84, spherical)",
    ] {
        for text in [text.to_owned(), format!("{text} NOT NULL")] {
            let parsed: DataType = text.parse().unwrap();
            assert_eq!(parsed.to_json(), json!(text));
            assert_eq!(parsed.nullable, !text.ends_with("NOT NULL"));
        }
    }
}

#[test]
fn accepts_other_spellings() {
    for (text, canonical) in [
        ("integer", "INT"),
        ("DECIMAL", "DECIMAL(10, 0)"),
        ("NUMERIC(5)", "DECIMAL(5, 0)"),
        ("DECIMAL(5,2)", "DECIMAL(5, 2)"),
        ("TIME", "TIME(0)"),
        ("TIMESTAMP", "TIMESTAMP(6)"),
        ("TIMESTAMP(3) WITHOUT TIME ZONE NOT NULL", "TIMESTAMP(3) NOT NULL"),
        ("TIMESTAMP_LTZ(3)", "TIMESTAMP(3) WITH LOCAL TIME ZONE"),
        ("VARCHAR(2147483647)", "STRING"),
        ("VARBINARY(2147483647)", "BYTES"),
        ("DOUBLE PRECISION", "DOUBLE"),
        ("INT NULL", "INT"),
    ] {
        assert_eq!(text.parse::<DataType>().unwrap().to_string(), canonical);
    }
}

#[test]
fn round_trips_nested_types() {
    for json in [
        json!({"type": "ARRAY NOT NULL", "element": "INT"}),
        json!({"type": "MULTISET", "element": "STRING"}),
        json!({"type": "MAP", "key": "STRING NOT NULL",
               "value": {"type": "ROW", "fields": [{"id": 7, "name": "a", "type": "INT"}]}}),
        json!({"type": "VECTOR", "element": "FLOAT", "length": 128}),
        json!({"type": "ROW", "fields": [
            {"id": 4, "name": "x", "type": "BIGINT", "description": "d", "defaultValue": "1"}]}),
    ] {
        let parsed = DataType::from_json(&json).unwrap();
        assert_eq!(parsed.to_json(), json);
        assert!(!parsed.is_scalar());
    }
}

#[test]
fn tells_unknown_types_from_broken_ones() {
    for text in ["UUID", "INTERVAL DAY", "TIMESTAMP(3) WITH TIME ZONE", "größe"] {
        assert_eq!(text.parse::<DataType>().unwrap_err().kind, ErrorKind::Unsupported, "{text}");
    }
    for text in ["", "DECIMAL(39, 1)", "DECIMAL(3, 4)", "TIME(10)", "INT INT", "INT NOT", "CHAR(x)", "CHAR(3"]
    {
        assert_eq!(text.parse::<DataType>().unwrap_err().kind, ErrorKind::Corrupt, "{text}");
    }
    let unknown = DataType::from_json(&json!({"type": "GRAPH", "element": "INT"})).unwrap_err();
    assert_eq!(unknown.kind, ErrorKind::Unsupported);
    assert_eq!(DataType::from_json(&json!(3)).unwrap_err().kind, ErrorKind::Corrupt);
}

#[test]
fn walks_into_nested_types() {
    let json = json!({"type": "MAP", "key": "INT NOT NULL",
        "value": {"type": "ROW", "fields": [{"id": 1, "name": "a", "type": {"type": "ARRAY", "element": "DATE"}}]}});
    let parsed = DataType::from_json(&json).unwrap();
    let mut names = Vec::new();
    parsed.walk(&mut |inner| names.push(inner.name()));
    assert_eq!(names, ["MAP", "INT", "ROW", "ARRAY", "DATE"]);
}
