use std::num::NonZeroUsize;

use parquet::basic::Encoding;
use parquet::file::metadata::RowGroupMetaData;
use weir_columnar::{Codec, Control, OutputOptions, Value};

use crate::column::ColumnType;
use crate::input::{Layout, section};
use crate::outcome::{assert_rows, merged, merged_on, merged_rows, metadata};
use crate::random::{Random, TYPES};
use crate::table::{Row, Table, simple_row};

#[test]
fn keeps_int96_of_all_years() {
    let table = Table::new(&[(ColumnType::Int96, false)], &[(ColumnType::Int96, true)]);
    let row = |julian_day, nanos| -> Row {
        let timestamp = Some(Value::Int96 { julian_day, nanos });
        vec![timestamp.clone(), Some(Value::Integer(1)), Some(Value::Integer(0)), timestamp]
    };
    let last_nano = 86_399_999_999_999;
    let rows = vec![row(1_721_426, 0), row(1_721_426, 1), row(2_440_588, 0), row(5_373_484, last_nano)];
    let section = section(&table, std::slice::from_ref(&rows), &Layout::default());
    let output = merged_rows(&table, vec![section], OutputOptions::default());
    assert_rows(&output, &rows);
}

#[test]
fn inherits_dictionaries_from_the_inputs() {
    let table = Table::simple();
    let rows: Vec<Row> =
        (0..3000).map(|key| simple_row(key, 1, 0, ["x", "y"][usize::from(key % 3 == 0)])).collect();
    for dictionary in [true, false] {
        let layout = Layout { dictionary, ..Layout::default() };
        let sections = vec![section(&table, std::slice::from_ref(&rows), &layout)];
        let (_, files) = merged(&table, sections, OutputOptions::default());
        let metadata = metadata(&files[0].1);
        for chunk in metadata.row_group(0).columns() {
            let has_dictionary = chunk.encodings().any(|encoding| encoding == Encoding::RLE_DICTIONARY);
            assert_eq!(has_dictionary, dictionary, "{}", chunk.column_path());
        }
    }
}

#[test]
fn falls_back_to_plain_when_a_dictionary_grows_too_large() {
    let table = Table::simple();
    let mut random = Random::new(5);
    let rows: Vec<Row> =
        (0..60_000).map(|key| simple_row(key, 1, 0, &format!("{:032x}", random.next()))).collect();
    // Row groups that are small enough for their dictionaries, merged into one that is not.
    let layout = Layout { row_group_rows: 5000, ..Layout::default() };
    let options = OutputOptions { codec: Codec::None, ..OutputOptions::default() };
    let (rewrite, files) = merged(&table, vec![section(&table, &[rows], &layout)], options);
    crate::outcome::check(&table, &rewrite, &files);
    let metadata = metadata(&files[0].1);
    let encodings: Vec<Encoding> = metadata.row_group(0).column(3).encodings().collect();
    assert!(encodings.contains(&Encoding::PLAIN) && encodings.contains(&Encoding::RLE_DICTIONARY));
}

#[test]
fn cuts_statistics_of_long_values_to_bounds() {
    let table = Table::simple();
    let long = |letter: &str| letter.repeat(5000);
    let rows = vec![simple_row(1, 1, 0, &long("a")), simple_row(2, 1, 0, &long("b"))];
    let sections = vec![section(&table, &[rows], &Layout::default())];
    let (rewrite, _) = merged(&table, sections, OutputOptions::default());
    let statistics = &rewrite.files[0].columns[3];
    assert!(!statistics.exact);
    let (Some(Value::Bytes(min)), Some(Value::Bytes(max))) = (&statistics.min, &statistics.max) else {
        panic!("{statistics:?}")
    };
    assert!(min.len() <= 1024 && min.as_ref() < long("a").as_bytes());
    assert!(max.len() <= 1024 && max.as_ref() > long("b").as_bytes());
}

#[test]
fn writes_every_type_with_each_codec() {
    let values: Vec<(ColumnType, bool)> = TYPES.iter().map(|column| (*column, true)).collect();
    let table = Table::new(&[(ColumnType::Int64, false)], &values);
    let rows = Random::new(11).run(&table, 500, 1000);
    for codec in [Codec::None, Codec::Snappy, Codec::Gzip(6), Codec::Zstd(3), Codec::Lz4Raw] {
        let sections = vec![section(&table, std::slice::from_ref(&rows), &Layout::default())];
        let output = merged_rows(&table, sections, OutputOptions { codec, ..OutputOptions::default() });
        assert_rows(&output, &rows);
    }
}

#[test]
fn begins_and_ends_with_smaller_row_groups_only_where_threads_wait_in_a_long_merge() {
    let table = Table::simple();
    let groups = |threads: usize, rows: i64| -> Vec<i64> {
        let runs: Vec<Vec<Row>> = (0..2)
            .map(|run| (0..rows / 2).map(|key| simple_row(2 * key + run, run, 0, "value")).collect())
            .collect();
        let options = OutputOptions { row_group_rows: 4000, ..OutputOptions::default() };
        let control = Control::new().with_threads(NonZeroUsize::new(threads).unwrap()).unwrap();
        let sections = vec![section(&table, &runs, &Layout::default())];
        let (rewrite, files) = merged_on(control, &table, sections, options);
        crate::outcome::check(&table, &rewrite, &files);
        metadata(&files[0].1).row_groups().iter().map(RowGroupMetaData::num_rows).collect()
    };
    assert_eq!(groups(2, 24_000), [1000, 2000, 4000, 4000, 4000, 4000, 2500, 1250, 1250]);
    assert_eq!(groups(2, 16_000), [1000, 2000, 4000, 4000, 2500, 1250, 1250]);
    assert_eq!(groups(1, 16_000), [4000; 4]);
    assert_eq!(groups(2, 14_000), [4000, 4000, 4000, 2000]);
}
