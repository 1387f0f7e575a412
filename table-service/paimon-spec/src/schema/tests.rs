use serde_json::{Value, json};

use super::special_fields as special;
use super::*;
use crate::error::ErrorKind;

fn orders() -> Value {
    json!({
        "version": 3, "id": 2,
        "fields": [
            {"id": 0, "name": "pt", "type": "DATE NOT NULL"},
            {"id": 5, "name": "id", "type": "BIGINT NOT NULL", "description": "the order"},
            {"id": 6, "name": "kind", "type": "STRING NOT NULL"},
            {"id": 7, "name": "tags", "type": {"type": "ARRAY", "element": "STRING"}, "defaultValue": "x"}
        ],
        "highestFieldId": 7, "partitionKeys": ["pt"], "primaryKeys": ["kind", "pt", "id"],
        "options": {"bucket": "4"}, "comment": null, "timeMillis": 12, "fromTheFuture": 1
    })
}

fn parse(json: &Value) -> Result<TableSchema> {
    TableSchema::parse(json.to_string().as_bytes())
}

fn names(fields: &[&DataField]) -> Vec<String> {
    fields.iter().map(|field| field.name.clone()).collect()
}

#[test]
fn reads_keys_in_their_own_order() {
    let schema = parse(&orders()).unwrap();
    assert_eq!(names(&schema.trimmed_primary_keys().unwrap()), ["kind", "id"]);
    assert_eq!(schema.partition_types().unwrap(), ["DATE NOT NULL".parse().unwrap()]);
    assert_eq!(
        schema.key_types().unwrap(),
        ["STRING NOT NULL".parse().unwrap(), "BIGINT NOT NULL".parse().unwrap()]
    );
    assert_eq!(names(&schema.bucket_key_fields(None).unwrap()), ["kind", "id"]);
    assert_eq!(names(&schema.bucket_key_fields(Some(&["id".into()])).unwrap()), ["id"]);
    assert_eq!(schema.bucket_key_fields(Some(&["no".into()])).unwrap_err().kind, ErrorKind::Corrupt);
    assert_eq!(schema.field("id").unwrap().description.as_deref(), Some("the order"));
    assert_eq!(schema.field("tags").unwrap().default_value.as_deref(), Some("x"));
    assert_eq!((schema.comment, schema.time_millis, schema.other.len()), (None, 12, 1));
}

#[test]
fn finds_the_bucket_mode() {
    let fixed = parse(&orders()).unwrap();
    let mut json = orders();
    json["primaryKeys"] = json!(["id"]);
    let moving = parse(&json).unwrap();
    json["primaryKeys"] = json!([]);
    let append = parse(&json).unwrap();
    assert_eq!(fixed.bucket_mode(3).unwrap(), BucketMode::HashFixed);
    assert_eq!(fixed.bucket_mode(-1).unwrap(), BucketMode::HashDynamic);
    assert_eq!(fixed.bucket_mode(-2).unwrap(), BucketMode::Postpone);
    assert_eq!(moving.bucket_mode(-1).unwrap(), BucketMode::KeyDynamic);
    assert_eq!(append.bucket_mode(-1).unwrap(), BucketMode::BucketUnaware);
    assert_eq!(append.bucket_mode(2).unwrap(), BucketMode::HashFixed);
    for (schema, bucket) in [(&fixed, 0), (&fixed, -3), (&append, -2)] {
        assert_eq!(schema.bucket_mode(bucket).unwrap_err().kind, ErrorKind::Invalid);
    }
}

#[test]
fn fills_in_what_old_versions_mean() {
    let mut json = orders();
    json["options"] = json!({});
    let options = |version: Value| {
        let mut json = json.clone();
        json["version"] = version;
        parse(&json).unwrap().options
    };
    let of = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    assert_eq!(options(Value::Null), of(&[("bucket", "1"), ("file.format", "orc")]));
    assert_eq!(options(json!(1)), of(&[("bucket", "1"), ("file.format", "orc")]));
    assert_eq!(options(json!(2)), of(&[("file.format", "orc")]));
    assert_eq!(options(json!(3)), of(&[]));
    json["options"] = json!({"bucket": "7", "file.format": "avro"});
    let mut old = json.clone();
    old["version"] = json!(1);
    assert_eq!(parse(&old).unwrap().options, of(&[("bucket", "7"), ("file.format", "avro")]));
}

#[test]
fn tells_unknown_from_broken() {
    let changed = |member: &str, value: Value| {
        let mut json = orders();
        json[member] = value;
        parse(&json).unwrap_err()
    };
    assert_eq!(changed("version", json!(4)).kind, ErrorKind::Unsupported);
    let unknown = changed("fields", json!([{"id": 0, "name": "x", "type": "UUID"}]));
    assert_eq!(
        (unknown.kind, unknown.to_string().as_str()),
        (ErrorKind::Unsupported, "field x: unknown type 'UUID'")
    );
    assert_eq!(changed("fields", json!([{"id": 0, "name": "x"}])).kind, ErrorKind::Corrupt);
    assert_eq!(changed("primaryKeys", json!(["nowhere"])).kind, ErrorKind::Corrupt);
    assert_eq!(changed("primaryKeys", json!(["pt"])).kind, ErrorKind::Corrupt);
    assert_eq!(TableSchema::parse(b"{").unwrap_err().kind, ErrorKind::Corrupt);
}

#[test]
fn derives_the_ids_of_special_fields() {
    assert_eq!(special::key_field_id(5).unwrap(), 1_073_741_828);
    assert!(special::key_field_id(i32::MAX).is_err());
    assert_eq!(special::key_field_name("id"), "_KEY_id");
    assert_eq!(
        (special::SEQUENCE_NUMBER_ID, special::VALUE_KIND_ID, special::ROW_ID_ID),
        (2_147_483_646, 2_147_483_645, 2_147_483_642)
    );
    assert_eq!(special::element_field_id(7, 1).unwrap(), 536_870_911 + 7 * 1024 + 1);
    assert_eq!(special::map_key_field_id(7, 2).unwrap(), 536_870_911 - 7 * 1024 - 2);
    assert!(special::is_system_field("_KEY_a") && special::is_system_field("_VALUE_KIND"));
    assert!(!special::is_system_field("id"));
}
