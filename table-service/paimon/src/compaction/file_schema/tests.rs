use parquet::schema::printer::print_schema;

use super::*;

fn schema(id: i64, fields: &str) -> TableSchema {
    let json = format!(
        r#"{{"version":3,"id":{id},"fields":[{fields}],"highestFieldId":20,"partitionKeys":[],"primaryKeys":["id"],"options":{{"bucket":"1"}},"timeMillis":0}}"#
    );
    TableSchema::parse(json.as_bytes()).unwrap()
}

#[test]
fn columns_are_laid_out_as_paimons_writers_do() {
    let fields = [
        r#"{"id":0,"name":"id","type":"BIGINT NOT NULL"}"#,
        r#"{"id":1,"name":"small","type":"SMALLINT"}"#,
        r#"{"id":2,"name":"price","type":"DECIMAL(18, 2)"}"#,
        r#"{"id":3,"name":"wide","type":"DECIMAL(38, 10)"}"#,
        r#"{"id":4,"name":"at","type":"TIMESTAMP(3)"}"#,
        r#"{"id":5,"name":"exact","type":"TIMESTAMP(9)"}"#,
        r#"{"id":6,"name":"instant","type":"TIMESTAMP(6) WITH LOCAL TIME ZONE"}"#,
        r#"{"id":7,"name":"of_day","type":"TIME(0)"}"#,
        r#"{"id":8,"name":"text","type":"STRING"}"#,
        r#"{"id":9,"name":"raw","type":"BYTES"}"#,
    ];
    let columns = KeyValueColumns::new(&schema(0, &fields.join(","))).unwrap();
    let mut printed = Vec::new();
    print_schema(&mut printed, &columns.message);
    let expected = "\
message paimon_schema {
  REQUIRED INT64 _KEY_id [1073741823];
  REQUIRED INT64 _SEQUENCE_NUMBER [2147483646];
  REQUIRED INT32 _VALUE_KIND [2147483645] (INTEGER(8,true));
  REQUIRED INT64 id [0];
  OPTIONAL INT32 small [1] (INTEGER(16,true));
  OPTIONAL INT64 price [2] (DECIMAL(18,2));
  OPTIONAL FIXED_LEN_BYTE_ARRAY (16) wide [3] (DECIMAL(38,10));
  OPTIONAL INT64 at [4] (TIMESTAMP(MILLIS,false));
  OPTIONAL INT96 exact [5];
  OPTIONAL INT64 instant [6] (TIMESTAMP(MICROS,true));
  OPTIONAL INT32 of_day [7] (TIME(MILLIS,true));
  OPTIONAL BYTE_ARRAY text [8] (STRING);
  OPTIONAL BYTE_ARRAY raw [9];
}
";
    assert_eq!(String::from_utf8(printed).unwrap(), expected);
    assert_eq!((columns.key, columns.sequence, columns.kind, columns.first_value), (vec![0], 1, 2, 3));
}

#[test]
fn decimals_take_as_few_bytes_as_their_precision_needs() {
    // Bytes of Paimon's `ParquetSchemaConverter.computeMinBytesForDecimalPrecision`.
    for (precision, bytes) in [(19, 9), (20, 9), (21, 9), (22, 10), (28, 12), (38, 16)] {
        assert_eq!(decimal_bytes(precision), bytes, "precision {precision}");
    }
}

#[test]
fn columns_follow_their_id_through_renames_and_are_null_where_a_file_is_older() {
    let old = schema(
        0,
        r#"{"id":0,"name":"id","type":"INT NOT NULL"},{"id":1,"name":"was","type":"INT"},{"id":2,"name":"dropped","type":"INT"}"#,
    );
    let new = schema(
        1,
        r#"{"id":0,"name":"id","type":"INT NOT NULL"},{"id":3,"name":"added","type":"INT"},{"id":1,"name":"is","type":"BIGINT"}"#,
    );
    let columns = KeyValueColumns::new(&new).unwrap();
    let named = |name: &str| ColumnSource::Named(name.to_owned());
    assert_eq!(
        columns.sources(&new, &old).unwrap(),
        [
            named("id"),
            named("_SEQUENCE_NUMBER"),
            named("_VALUE_KIND"),
            named("id"),
            ColumnSource::Null,
            named("was")
        ]
    );
}

#[test]
fn a_type_change_that_needs_a_cast_is_refused_by_name() {
    let old = schema(0, r#"{"id":0,"name":"id","type":"INT NOT NULL"},{"id":1,"name":"v","type":"STRING"}"#);
    let new = schema(1, r#"{"id":0,"name":"id","type":"INT NOT NULL"},{"id":1,"name":"v","type":"INT"}"#);
    let error = KeyValueColumns::new(&new).unwrap().sources(&new, &old).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("column v was"), "{error}");
}

#[test]
fn a_nested_column_is_refused_by_name() {
    let nested = schema(
        0,
        r#"{"id":0,"name":"id","type":"INT NOT NULL"},{"id":1,"name":"tags","type":{"type":"ARRAY","element":"STRING"}}"#,
    );
    let error = KeyValueColumns::new(&nested).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("tags"), "{error}");
}
