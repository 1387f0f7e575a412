use std::sync::Arc;

use parquet::file::metadata::ColumnChunkMetaData;
use rstest::rstest;
use weir_columnar::{Codec, ColumnSource, InputFile, OutputOptions, Section, SortedRun, Source, Value};

use crate::column::ColumnType;
use crate::input::{Layout, input_from, section, write_file};
use crate::memory::MemorySource;
use crate::outcome::{assert_rows, check, merged, merged_rows, metadata, read_file};
use crate::random::Random;
use crate::reference;
use crate::table::{Row, Table, simple_row, text};

fn sequential(keys: impl Iterator<Item = i64>, sequence: i64) -> Vec<Row> {
    keys.map(|key| simple_row(key, sequence, 0, &format!("{sequence}/{key}"))).collect()
}

#[test]
fn writes_no_file_without_rows() {
    let table = Table::simple();
    for sections in [
        vec![],
        vec![Section::default()],
        vec![Section { runs: vec![SortedRun::default()] }],
        vec![section(&table, &[vec![], vec![]], &Layout::default())],
    ] {
        let (rewrite, files) = merged(&table, sections, OutputOptions::default());
        assert_eq!((rewrite.files.len(), files.len(), rewrite.output_rows), (0, 0, 0));
    }
}

#[test]
fn writes_no_file_when_every_key_is_deleted() {
    let table = Table { drop_deletes: true, ..Table::simple() };
    let deletes: Vec<Row> = (0..100).map(|key| simple_row(key, 9, 3, "")).collect();
    let runs = [deletes, sequential(0..100, 1)];
    let (rewrite, files) =
        merged(&table, vec![section(&table, &runs, &Layout::default())], OutputOptions::default());
    assert!(files.is_empty());
    assert_eq!((rewrite.superseded_rows, rewrite.dropped_deletes), (100, 100));
}

#[test]
fn copies_a_single_run() {
    let table = Table::simple();
    let rows = sequential(0..5000, 1);
    let output = merged_rows(
        &table,
        vec![section(&table, std::slice::from_ref(&rows), &Layout::default())],
        OutputOptions::default(),
    );
    assert_rows(&output, &rows);
}

#[test]
fn merges_130_runs_that_share_all_keys() {
    let table = Table::simple();
    let runs: Vec<Vec<Row>> = (0..130).map(|run| sequential(0..50, run)).collect();
    let output =
        merged_rows(&table, vec![section(&table, &runs, &Layout::default())], OutputOptions::default());
    assert_rows(&output, &runs[129]);
}

#[rstest]
#[case::batch_and_unit_end_together(8192)]
#[case::unit_ends_before_the_batch(8191)]
#[case::unit_ends_after_the_batch(8193)]
#[case::units_of_one_row_group(1 << 20)]
fn merges_across_batch_and_unit_boundaries(#[case] row_group_rows: usize) {
    let table = Table::simple();
    let runs = [
        sequential((0..30_000).filter(|key| key % 3 == 0), 3),
        sequential((0..30_000).filter(|key| key % 2 == 0), 2),
        sequential(0..24_576, 1),
    ];
    for page_index in [true, false] {
        let layout = Layout { row_group_rows: 10_000, page_rows: 777, page_index, ..Layout::default() };
        let options = OutputOptions { row_group_rows, ..OutputOptions::default() };
        let output = merged_rows(&table, vec![section(&table, &runs, &layout)], options);
        assert_rows(&output, &reference::merge(&table, &runs));
    }
}

#[test]
fn tells_nulls_from_numbers_where_some_batches_of_some_runs_have_none() {
    let values = [Value::Integer(1), Value::Integer(2), Value::Float(3.0), Value::Double(4.0)];
    let types = [ColumnType::Int32, ColumnType::TimestampMillis, ColumnType::Float, ColumnType::Double];
    let table = Table::new(&[(ColumnType::Int64, false)], &types.map(|stored| (stored, true)));
    // Every third run has no nulls, every third some in its second half, every third nothing else.
    let is_null = |run: i64, at: i64| match run % 3 {
        0 => false,
        1 => at > 15_000 && at % 2 == 0,
        _ => true,
    };
    let row = |run: i64, at: i64| -> Row {
        let system = [3 * at + run % 2, run, 0].map(|value| Some(Value::Integer(value)));
        let values = values.iter().map(|value| (!is_null(run, at)).then(|| value.clone()));
        system.into_iter().chain(values).collect()
    };
    let runs: Vec<Vec<Row>> = (0..6).map(|run| (0..30_000).map(|at| row(run, at)).collect()).collect();
    for some in [&runs[..2], &runs[1..2], &runs[2..4], &runs] {
        let section = section(&table, some, &Layout::default());
        let output = merged_rows(&table, vec![section], OutputOptions::default());
        assert_rows(&output, &reference::merge(&table, some));
    }
}

#[test]
fn reads_only_the_pages_at_the_ends_of_units_again() {
    let table = Table::new(
        &[(ColumnType::Int64, false)],
        &[(ColumnType::Utf8, true), (ColumnType::Int96, true), (ColumnType::Double, false)],
    );
    let mut random = Random::new(7);
    for page_index in [true, false] {
        let layout = Layout {
            row_group_rows: 20_000,
            page_rows: 500,
            dictionary: false,
            page_index,
            ..Layout::default()
        };
        let mut sources = Vec::new();
        let runs: Vec<Vec<Row>> = (0..3).map(|_| random.run(&table, 50_000, 1 << 40)).collect();
        let runs_of_files = runs.iter().map(|rows| {
            let source = Arc::new(MemorySource::new("input", write_file(&table.columns, rows, &layout)));
            sources.push(Arc::clone(&source));
            SortedRun { files: vec![input_from(&table, source)] }
        });
        let section = Section { runs: runs_of_files.collect() };
        let options = OutputOptions { row_group_rows: 17_000, ..OutputOptions::default() };

        let output = merged_rows(&table, vec![section], options);

        assert_rows(&output, &reference::merge(&table, &runs));
        for source in sources {
            // The first read is the tail that opening takes; a page that it cuts is read in full.
            let read: u64 = source.reads()[1..].iter().map(|range| range.end - range.start).sum();
            let share = read as f64 / source.size() as f64;
            // Without a page index two units that follow each other may both take a chunk in full.
            let limit = if page_index { 1.2 } else { 2.1 };
            assert!((0.5..limit).contains(&share), "{share} of the file was read");
        }
    }
}

#[test]
fn merges_sections_one_after_the_other() {
    let table = Table::simple();
    let runs = |from: i64| [sequential(from..from + 100, 1), sequential(from + 50..from + 60, 2)];
    let layout = Layout::default();
    let sections = vec![
        section(&table, &runs(0), &layout),
        section(&table, &runs(100)[..1], &layout),
        section(&table, &runs(200), &layout),
    ];
    let output = merged_rows(&table, sections, OutputOptions::default());
    let all: Vec<Vec<Row>> = [runs(0).to_vec(), runs(100)[..1].to_vec(), runs(200).to_vec()].concat();
    assert_rows(&output, &reference::merge(&table, &all));
}

#[test]
fn rolls_files_near_the_target_size() {
    let table = Table::simple();
    let mut random = Random::new(3);
    let rows: Vec<Row> =
        (0..60_000).map(|key| simple_row(key, 1, 0, &format!("{:016x}", random.next()))).collect();
    let layout = Layout { dictionary: false, ..Layout::default() };
    let target = 400_000;
    let options = OutputOptions { target_file_bytes: target, ..OutputOptions::default() };
    let (rewrite, files) =
        merged(&table, vec![section(&table, std::slice::from_ref(&rows), &layout)], options);
    check(&table, &rewrite, &files);
    assert!(files.len() >= 2);
    for (name, bytes) in &files[..files.len() - 1] {
        let share = bytes.len() as f64 / target as f64;
        assert!((0.75..1.3).contains(&share), "{name} has {share} of the target size");
    }
    let output: Vec<Row> = files.iter().flat_map(|(_, bytes)| read_file(&table.columns, bytes)).collect();
    assert_rows(&output, &rows);
}

#[test]
fn fills_columns_that_a_file_lacks_with_nulls() {
    let wide = Table::simple();
    let narrow = Table::new(&[(ColumnType::Int64, false)], &[]);
    let old: Vec<Row> = (0..10).map(|key| simple_row(key, 1, 0, "").into_iter().take(3).collect()).collect();
    let file = InputFile {
        source: Arc::new(MemorySource::new("old", write_file(&narrow.columns, &old, &Layout::default()))),
        columns: vec![
            ColumnSource::Named("k0".to_owned()),
            ColumnSource::Named("sequence0".to_owned()),
            ColumnSource::Named("kind0".to_owned()),
            ColumnSource::Null,
        ],
    };
    let new = section(&wide, &[sequential(5..15, 2)], &Layout::default());
    let runs = [new.runs, vec![SortedRun { files: vec![file] }]].concat();
    let output = merged_rows(&wide, vec![Section { runs }], OutputOptions::default());
    let values: Vec<Option<Value>> = output.iter().map(|row| row[3].clone()).collect();
    let expected: Vec<Option<Value>> =
        (0..15).map(|key| (key >= 5).then(|| text(&format!("2/{key}")))).collect();
    assert_eq!(values, expected);
}

#[test]
fn reads_one_leaf_for_several_columns() {
    let table = Table::new(&[(ColumnType::Int64, false)], &[(ColumnType::Int64, true)]);
    let rows: Vec<Row> = (0..20_000)
        .map(|key| vec![Some(Value::Integer(key)), Some(Value::Integer(1)), Some(Value::Integer(0)), None])
        .collect();
    let file = |name: &str| InputFile {
        source: Arc::new(MemorySource::new(name, write_file(&table.columns, &rows, &Layout::default()))),
        columns: ["k0", "sequence0", "kind0", "k0"].map(|name| ColumnSource::Named(name.to_owned())).to_vec(),
    };
    let runs = ["a", "b"].map(|name| SortedRun { files: vec![file(name)] }).to_vec();
    let options = OutputOptions { row_group_rows: 1500, ..OutputOptions::default() };
    let output = merged_rows(&table, vec![Section { runs }], options);
    assert_eq!(output.len(), 20_000);
    assert!(output.iter().all(|row| row[0] == row[3]));
}

#[rstest]
#[case::of_one_integer(&[(ColumnType::Int64, false)])]
#[case::of_two_types(&[(ColumnType::Int32, false), (ColumnType::Utf8, false)])]
#[case::with_nulls(&[(ColumnType::Utf8, true), (ColumnType::Int64, true)])]
fn takes_the_pages_of_a_key_again_for_its_value_column(
    #[case] keys: &[(ColumnType, bool)],
    #[values(true, false)] dictionary: bool,
    #[values(Codec::None, Codec::Zstd(1))] codec: Codec,
) {
    let values = [keys, &[(ColumnType::Utf8, true)]].concat();
    let table = Table { repeats_keys: true, ..Table::new(keys, &values) };
    let row = |number: i64, sequence: i64| -> Row {
        let key = keys.iter().enumerate().map(|(at, (stored, optional))| match stored {
            _ if *optional && at == 0 && number == 0 => None,
            ColumnType::Utf8 => Some(text(&format!("{:06}", number / 2))),
            _ => Some(Value::Integer(number)),
        });
        let key: Vec<Option<Value>> = key.collect();
        let [sequence, kind] = [sequence, 0].map(|value| Some(Value::Integer(value)));
        [key.as_slice(), &[sequence, kind], &key, &[Some(text(&number.to_string()))]].concat()
    };
    let layout = Layout { dictionary, ..Layout::default() };
    let runs =
        [(0..9000).step_by(2), (0..9000).step_by(3)].into_iter().zip(1..).map(|(numbers, sequence)| {
            let rows: Vec<Row> = numbers.map(|number| row(number, sequence)).collect();
            let source = MemorySource::new(&sequence.to_string(), write_file(&table.columns, &rows, &layout));
            let mut file = input_from(&table, Arc::new(source));
            for key in 0..keys.len() {
                file.columns[table.first_value() + key] = file.columns[key].clone();
            }
            SortedRun { files: vec![file] }
        });
    let options = OutputOptions { row_group_rows: 2500, page_rows: 700, codec, ..OutputOptions::default() };
    let (rewrite, files) = merged(&table, vec![Section { runs: runs.collect() }], options);
    check(&table, &rewrite, &files);
    let output: Vec<Row> = files.iter().flat_map(|(_, bytes)| read_file(&table.columns, bytes)).collect();
    let kept = (0..9000).filter(|number| number % 2 == 0 || number % 3 == 0);
    let expected: Vec<Row> = kept.map(|number| row(number, if number % 3 == 0 { 2 } else { 1 })).collect();
    assert_rows(&output, &expected);

    let metadata = metadata(&files[0].1);
    let pages = metadata.page_index().unwrap();
    for group in 0..metadata.num_row_groups() {
        for key in 0..keys.len() {
            let columns = [key, table.first_value() + key];
            let chunks = columns.map(|column| metadata.row_group(group).column(column));
            let [first, second] = chunks.map(|chunk| {
                let (start, length) = chunk.byte_range();
                files[0].1.slice(usize::try_from(start).unwrap()..usize::try_from(start + length).unwrap())
            });
            assert_eq!(first, second);
            let facts = |chunk: &ColumnChunkMetaData| (chunk.statistics().cloned(), chunk.num_values());
            assert_eq!(facts(chunks[0]), facts(chunks[1]));
            let [bounds, same] = columns.map(|column| pages.column_index(group, column).unwrap());
            assert_eq!(bounds, same);
            let places = columns.map(|column| pages.offset_index(group, column).unwrap().page_locations());
            assert!(group > 0 || places[0].len() > 1, "of several pages");
            let apart = chunks[1].data_page_offset() - chunks[0].data_page_offset();
            for (page, again) in places[0].iter().zip(places[1]) {
                assert_eq!(page.offset + apart, again.offset);
                assert_eq!(page.first_row_index, again.first_row_index);
            }
            assert_eq!(places[0].len(), places[1].len());
        }
    }
}

#[test]
fn starts_units_inside_pages_of_delta_encoded_integers_that_wrap() {
    let table = Table::new(&[(ColumnType::Int64, false)], &[(ColumnType::Int32, false)]);
    let row = |key: i32| -> Row {
        let wrapped = i64::from(key.wrapping_mul(1 << 30));
        [i64::from(key), 1, 0, wrapped].map(|value| Some(Value::Integer(value))).to_vec()
    };
    let rows: Vec<Row> = (0..1000).map(row).collect();
    let layout = Layout { version_2: true, dictionary: false, page_rows: 1000, ..Layout::default() };
    let options = OutputOptions { row_group_rows: 300, ..OutputOptions::default() };
    let section = section(&table, std::slice::from_ref(&rows), &layout);
    assert_rows(&merged_rows(&table, vec![section], options), &rows);
}

#[rstest]
#[case::with_page_index(true)]
#[case::without_page_index(false)]
fn merges_runs_that_are_planned_in_several_windows(#[case] page_index: bool) {
    let table = Table::new(&[(ColumnType::Int64, false)], &[]);
    let row = |key: i64, sequence: i64| [key, sequence, 0].map(|value| Some(Value::Integer(value))).to_vec();
    let runs: [Vec<Row>; 2] =
        [(0..280_000).map(|key| row(key, 1)).collect(), (0..140_000).map(|key| row(key * 2, 2)).collect()];
    let layout = Layout { row_group_rows: 100_000, page_rows: 9000, page_index, ..Layout::default() };
    let options = OutputOptions { row_group_rows: 120_000, ..OutputOptions::default() };
    let output = merged_rows(&table, vec![section(&table, &runs, &layout)], options);
    let expected: Vec<Row> = (0..280_000).map(|key| row(key, if key % 2 == 0 { 2 } else { 1 })).collect();
    assert_rows(&output, &expected);
}
