//! Row groups that overlap nothing are copied as they are.

use std::sync::Arc;

use parquet::basic::{Compression, ZstdLevel};
use rstest::rstest;
use weir_columnar::{
    Codec, ConcatSpec, Control, ErrorKind, InputFile, OutputOptions, Section, SortedRun, Value, concat,
};

use crate::column::ColumnType;
use crate::input::{Layout, input_from, section, write_file};
use crate::memory::{MemorySink, MemorySource};
use crate::outcome::{assert_rows, check, merged, read_file, run_merge};
use crate::reference;
use crate::table::{Row, Table, simple_row};

fn rows(keys: std::ops::Range<i64>, sequence: i64) -> Vec<Row> {
    keys.map(|key| simple_row(key, sequence, 0, &format!("{sequence}/{key}"))).collect()
}

/// Row groups of 1000 rows, which is also what the output wants.
fn layout() -> Layout {
    Layout { codec: Compression::ZSTD(ZstdLevel::try_new(3).unwrap()), ..Layout::default() }
}

fn options() -> OutputOptions {
    OutputOptions { row_group_rows: 1000, codec: Codec::Zstd(1), ..OutputOptions::default() }
}

/// Merges, checks the rows, and tells how many were copied.
fn spliced(table: &Table, sections: Vec<Section>, runs: &[Vec<Row>], output: OutputOptions) -> u64 {
    let (rewrite, files) = merged(table, sections, output);
    check(table, &rewrite, &files);
    let merged: Vec<Row> = files.iter().flat_map(|(_, bytes)| read_file(&table.columns, bytes)).collect();
    assert_rows(&merged, &reference::merge(table, runs));
    rewrite.spliced_rows
}

#[test]
fn copies_row_groups_that_share_no_key_with_another_run() {
    let table = Table::simple();
    // The row groups 0..1000, 3000..4000 and 8000..9000 stand alone, the others overlap.
    let runs = [
        [rows(0..1000, 1), rows(1000..2000, 1), rows(3000..4000, 1)].concat(),
        [rows(1500..2500, 2), rows(8000..9000, 2)].concat(),
    ];
    let sections = vec![section(&table, &runs, &layout())];
    assert_eq!(spliced(&table, sections, &runs, options()), 3000);
}

#[test]
fn copies_nothing_of_runs_that_overlap_everywhere() {
    let table = Table::simple();
    let even = (0..4000).filter(|key| key % 2 == 0);
    let runs = [rows(0..4000, 1), even.map(|key| simple_row(key, 2, 0, "new")).collect()];
    let sections = vec![section(&table, &runs, &layout())];
    assert_eq!(spliced(&table, sections, &runs, options()), 0);
}

#[rstest]
#[case::a_retract(1)]
#[case::a_delete(3)]
fn decodes_row_groups_with(#[case] kind: i64) {
    let table = Table { drop_deletes: true, ..Table::simple() };
    let mut run = rows(0..3000, 1);
    run[1500] = simple_row(1500, 1, kind, "gone");
    let runs = [run];
    let sections = vec![section(&table, &runs, &layout())];
    assert_eq!(spliced(&table, sections, &runs, options()), 2000);
}

#[rstest]
#[case::another_codec(Layout { codec: Compression::SNAPPY, ..layout() })]
#[case::encodings_that_some_readers_misread(Layout { version_2: true, dictionary: false, ..layout() })]
#[case::pages_of_version_2(Layout { version_2: true, ..layout() })]
#[case::no_page_index(Layout { page_index: false, ..layout() })]
#[case::small_row_groups(Layout { row_group_rows: 249, ..layout() })]
fn decodes_row_groups_of(#[case] layout: Layout) {
    let table = Table::simple();
    let runs = [rows(0..3000, 1)];
    let sections = vec![section(&table, &runs, &layout)];
    assert_eq!(spliced(&table, sections, &runs, options()), 0);
}

#[test]
fn leaves_files_of_a_run_that_overlap_to_the_merge_which_refuses_them() {
    let table = Table::simple();
    for second in [500..1500, 999..1999] {
        let files = [rows(0..1000, 1), rows(second, 1)];
        let files = files.iter().enumerate().map(|(at, rows)| {
            let bytes = write_file(&table.columns, rows, &layout());
            input_from(&table, Arc::new(MemorySource::new(&format!("file-{at}"), bytes)))
        });
        let section = Section { runs: vec![SortedRun { files: files.collect() }] };
        let spec = table.spec(options());
        let (result, sink) = run_merge(vec![section], spec, MemorySink::default(), Control::new());
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Corrupt);
        assert_eq!(sink.files().len(), 0);
    }
}

#[test]
fn takes_a_row_group_into_the_merge_beside_it_when_that_is_small() {
    let table = Table::simple();
    // Ten rows overlap; the row group before or after them goes with them.
    let runs = [rows(0..3000, 1), rows(990..1000, 2)];
    let sections = vec![section(&table, &runs, &layout())];
    let (rewrite, files) = merged(&table, sections, options());
    check(&table, &rewrite, &files);
    assert_eq!(rewrite.spliced_rows, 2000);

    let runs = [rows(0..1000, 1), rows(1000..1010, 2), rows(2000..3000, 3)];
    let sections = vec![section(&table, &runs, &layout())];
    assert_eq!(spliced(&table, sections, &runs, options()), 1000, "ten rows are no row group");
}

#[test]
fn orders_copied_row_groups_of_composite_keys_by_all_of_the_key() {
    let table =
        Table::new(&[(ColumnType::Utf8, false), (ColumnType::Int64, false)], &[(ColumnType::Int32, true)]);
    let row = |first: &str, second: i64| -> Row {
        vec![
            Some(Value::Bytes(first.as_bytes().to_vec().into())),
            Some(Value::Integer(second)),
            Some(Value::Integer(1)),
            Some(Value::Integer(0)),
            (second % 3 > 0).then_some(Value::Integer(-second)),
        ]
    };
    // Both row groups of the first run begin and end with the same first column.
    let runs = [
        (0..2000).map(|key| row("m", key)).collect::<Vec<_>>(),
        (0..1000).map(|key| row("a", key)).chain((0..1000).map(|key| row("z", key))).collect(),
    ];
    let layout = layout();
    let sections = vec![section(&table, &runs, &layout)];
    assert_eq!(spliced(&table, sections, &runs, options()), 4000);
}

#[test]
fn concatenates_large_row_groups_without_decoding_them() {
    let table = Table::new(
        &[(ColumnType::Int64, false)],
        &[(ColumnType::Double, true), (ColumnType::Int96, false), (ColumnType::Utf8, true)],
    );
    let row = |key: i64| -> Row {
        vec![
            Some(Value::Integer(key)),
            Some(Value::Integer(1)),
            Some(Value::Integer(0)),
            (key % 5 > 0).then_some(Value::Double(key as f64)),
            Some(Value::Int96 { julian_day: 2_440_588, nanos: key }),
            Some(Value::Bytes(format!("v{key}").into_bytes().into())),
        ]
    };
    let all: Vec<Row> = (0..3500).map(row).collect();
    // 2000 rows in two row groups, then 10 and 1490 rows: the ten take the next row group in.
    let files: Vec<InputFile> = [&all[..2000], &all[2000..2010], &all[2010..]]
        .into_iter()
        .map(|rows| {
            let bytes = write_file(&table.columns, rows, &layout());
            input_from(&table, Arc::new(MemorySource::new("input", bytes)))
        })
        .collect();
    let spec = ConcatSpec { schema: table.schema(), output: options() };
    let sink = MemorySink::default();

    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let rewrite = runtime.block_on(concat(files, &spec, &sink, &Control::new())).unwrap();

    let copied: Vec<Row> =
        sink.files().iter().flat_map(|(_, bytes)| read_file(&table.columns, bytes)).collect();
    assert_rows(&copied, &all);
    assert_eq!(rewrite.spliced_rows, 2490);
    assert_eq!(rewrite.files[0].columns[3].min, None, "nobody knows whether a double is NaN");
    assert_eq!(rewrite.files[0].columns[3].null_count, 700);
    let known = [0, 1, 2, 4, 5].map(|column| rewrite.files[0].columns[column].clone());
    assert_eq!(known[0].max, Some(Value::Integer(3499)));
    assert_eq!(known[3].min, None);
}
