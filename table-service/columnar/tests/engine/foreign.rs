//! Files that Java Paimon 1.4.2, pypaimon 2.1.0 and pyarrow 19.0.1 wrote (`fixtures/make.py`).

use std::sync::Arc;

use bytes::Bytes;
use rstest::rstest;
use weir_columnar::{ColumnSource, InputFile, OutputOptions, Section, SortedRun, Value};

use crate::column::ColumnType;
use crate::memory::MemorySource;
use crate::outcome::{assert_rows, merged_rows};
use crate::table::{Row, Table, text};

const EPOCH_JULIAN_DAY: i32 = 2_440_588;

fn file(name: &str, bytes: &'static [u8], columns: &[&str]) -> InputFile {
    InputFile {
        source: Arc::new(MemorySource::new(name, Bytes::from_static(bytes))),
        columns: columns.iter().map(|column| ColumnSource::Named((*column).to_owned())).collect(),
    }
}

/// The types that Java Paimon stores the columns in. Pypaimon uses other widths for decimals, INT64
/// for nanoseconds and `FIXED_LEN_BYTE_ARRAY` for BINARY(4).
const PAIMON_COLUMNS: [(&str, ColumnType); 19] = [
    ("id", ColumnType::Int64),
    ("b", ColumnType::Boolean),
    ("i8", ColumnType::Int8),
    ("i16", ColumnType::Int16),
    ("i32", ColumnType::Int32),
    ("f", ColumnType::Float),
    ("d", ColumnType::Double),
    ("d9", ColumnType::Decimal32),
    ("d18", ColumnType::Decimal64),
    ("d38", ColumnType::DecimalFixed(38, 5, 16)),
    ("s", ColumnType::Utf8),
    ("bin", ColumnType::Binary),
    ("fbin", ColumnType::Binary),
    ("date", ColumnType::Date),
    ("ts3", ColumnType::TimestampMillis),
    ("ts6", ColumnType::TimestampMicros),
    ("ts9", ColumnType::Int96),
    ("ltz3", ColumnType::TimestampMillis),
    ("t", ColumnType::TimeMillis),
];

fn paimon_table() -> (Table, Vec<&'static str>) {
    let values: Vec<(ColumnType, bool)> =
        PAIMON_COLUMNS.iter().map(|(name, column)| (*column, *name != "id")).collect();
    let mut names = vec!["_KEY_id", "_SEQUENCE_NUMBER", "_VALUE_KIND"];
    names.extend(PAIMON_COLUMNS.iter().map(|(name, _)| *name));
    (Table::new(&[(ColumnType::Int64, false)], &values), names)
}

#[rstest]
#[case::default(include_bytes!("fixtures/java-zstd.parquet"))]
#[case::hadoop_framed_lz4_and_small_pages(include_bytes!("fixtures/java-lz4.parquet"))]
#[case::pages_v2_and_delta_encodings(include_bytes!("fixtures/java-v2.parquet"))]
fn rewrites_files_of_java(#[case] bytes: &'static [u8], #[values(33, 8192)] row_group_rows: usize) {
    let (table, names) = paimon_table();
    let runs = vec![SortedRun { files: vec![file("java", bytes, &names)] }];

    let options = OutputOptions { row_group_rows, ..OutputOptions::default() };
    let rows = merged_rows(&table, vec![Section { runs }], options);

    let expected: Vec<Row> = (0..200).map(java_row).collect();
    assert_rows(&without_sequence(&rows), &without_sequence(&expected));
}

fn java_row(i: i64) -> Row {
    let mut row = paimon_row(i, i);
    let (i8, ts9) = (5, 19);
    if row[i8].is_some() {
        row[i8] = Some(Value::Integer(i % 100 - 3));
        row[ts9] = Some(match i {
            1 => Value::Int96 { julian_day: 1_721_426, nanos: 1 },
            2 => Value::Int96 { julian_day: 5_373_484, nanos: 86_399_999_999_999 },
            _ => Value::Int96 { julian_day: EPOCH_JULIAN_DAY + 19_724, nanos: 11_045_000_000_000 + i },
        });
    }
    row
}

/// Rows without their second column, the sequence number, which the writers count as they like.
fn without_sequence(rows: &[Row]) -> Vec<Row> {
    rows.iter().map(|row| [&row[..1], &row[2..]].concat()).collect()
}

#[test]
fn rewrites_files_of_pypaimon_in_the_types_of_java() {
    let (table, names) = paimon_table();
    let old = file("old", include_bytes!("fixtures/pypaimon-0.parquet"), &names);
    let new = file("new", include_bytes!("fixtures/pypaimon-1.parquet"), &names);
    let runs = [old, new].map(|file| SortedRun { files: vec![file] }).to_vec();

    let rows = merged_rows(&table, vec![Section { runs }], OutputOptions::default());

    let expected: Vec<Row> = (0..25).map(|id| paimon_row(id, if id < 5 { id } else { id - 5 })).collect();
    assert_rows(&without_sequence(&rows), &without_sequence(&expected));
}

fn paimon_row(id: i64, i: i64) -> Row {
    // 2024-01-02T03:04:05Z.
    let second = 1_704_164_645;
    let values = [
        Value::Boolean(i % 2 == 0),
        Value::Integer(i - 3),
        Value::Integer(i * 100 - 5),
        Value::Integer(-i * 70_000),
        Value::Float(i as f32 / 4.0),
        Value::Double((-i) as f64 / 8.0),
        Value::Decimal(i128::from(-101 * i)),
        Value::Decimal(i128::from(123_457 * i)),
        Value::Decimal(-i128::from(i) * 10_i128.pow(20)),
        text(&format!("s{}", i % 4)),
        Value::Bytes(vec![i as u8, 0, 255].into()),
        Value::Bytes(vec![i as u8, 1, 2, 3].into()),
        Value::Integer(i - 2),
        Value::Integer(second * 1000 + i),
        Value::Integer(second * 1_000_000 + i),
        Value::Int96 {
            julian_day: EPOCH_JULIAN_DAY + i32::try_from(second / 86_400).unwrap(),
            nanos: (second % 86_400) * 1_000_000_000 + i * 1000,
        },
        Value::Integer(second * 1000 + i),
        Value::Integer(3_723_000 + i),
    ];
    let mut row = vec![Some(Value::Integer(id)), None, Some(Value::Integer(0)), Some(Value::Integer(id))];
    row.extend(values.map(|value| (i % 7 != 3).then_some(value)));
    row
}

#[rstest]
#[case::int96_and_dictionaries(include_bytes!("fixtures/pyarrow-int96.parquet"))]
#[case::delta_encodings_and_pages_v2(include_bytes!("fixtures/pyarrow-delta.parquet"))]
fn rewrites_layouts_of_pyarrow(#[case] bytes: &'static [u8], #[values(100, 8192)] row_group_rows: usize) {
    let table = Table::new(
        &[(ColumnType::Int64, false)],
        &[
            (ColumnType::Utf8, true),
            (ColumnType::Utf8, true),
            (ColumnType::Binary, true),
            (ColumnType::Int32, true),
            (ColumnType::Double, true),
            (ColumnType::Int96, true),
        ],
    );
    let names = ["k", "seq", "kind", "dictionary", "large", "bytes", "number", "real", "time"];
    let runs = vec![SortedRun { files: vec![file("pyarrow", bytes, &names)] }];

    let options = OutputOptions { row_group_rows, ..OutputOptions::default() };
    let rows = merged_rows(&table, vec![Section { runs }], options);

    let expected: Vec<Row> = (0..2000).map(pyarrow_row).collect();
    assert_rows(&rows, &expected);
}

fn pyarrow_row(i: i64) -> Row {
    let values = [
        text(&format!("word {}", i % 9)),
        text(&format!("customer#{i:08}")),
        Value::Bytes(vec![(i % 256) as u8; (i % 6) as usize].into()),
        Value::Integer(i * i - 1000),
        Value::Double(i as f64 / 16.0),
        Value::Int96 { julian_day: EPOCH_JULIAN_DAY, nanos: i * 1_000_000_007 },
    ];
    let mut row = vec![Some(Value::Integer(i)), Some(Value::Integer(1)), Some(Value::Integer(0))];
    row.extend(values.map(|value| (i % 5 != 1).then_some(value)));
    row
}
