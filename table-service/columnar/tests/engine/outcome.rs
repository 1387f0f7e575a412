//! Running a merge and checking everything that it promises about its result.

use bytes::Bytes;
use parquet::basic::{Compression, Encoding};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::reader::{FileReader, SerializedFileReader};
use weir_columnar::{
    ColumnStatistics, Control, Error, MergeSpec, OutputFile, OutputOptions, Rewrite, Section, Value, merge,
};

use crate::column::{ColumnType, read_column};
use crate::memory::MemorySink;
use crate::reference::{compare, compare_keys, is_retract};
use crate::table::{Column, Row, Table};

/// Runs a merge into memory.
pub(crate) fn run_merge(
    sections: Vec<Section>,
    spec: MergeSpec,
    sink: MemorySink,
    control: Control,
) -> (Result<Rewrite, Error>, MemorySink) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        // Spawned, so that the future is known to be `Send`.
        let merged = tokio::spawn(async move {
            let result = merge(sections, &spec, &sink, &control).await;
            (result, sink)
        });
        merged.await.unwrap()
    })
}

/// Merges and returns the rows of all output files, after checking the files against what the
/// rewrite says about them.
pub(crate) fn merged_rows(table: &Table, sections: Vec<Section>, output: OutputOptions) -> Vec<Row> {
    let (rewrite, files) = merged(table, sections, output);
    check(table, &rewrite, &files);
    files.iter().flat_map(|(_, bytes)| read_file(&table.columns, bytes)).collect()
}

/// Merges; the merge must succeed.
pub(crate) fn merged(
    table: &Table,
    sections: Vec<Section>,
    output: OutputOptions,
) -> (Rewrite, Vec<(String, Bytes)>) {
    merged_on(Control::new(), table, sections, output)
}

/// Merges on threads of a control; the merge must succeed.
pub(crate) fn merged_on(
    control: Control,
    table: &Table,
    sections: Vec<Section>,
    output: OutputOptions,
) -> (Rewrite, Vec<(String, Bytes)>) {
    let (result, sink) = run_merge(sections, table.spec(output), MemorySink::default(), control);
    let rewrite = result.unwrap_or_else(|error| panic!("{error}: {:?}", std::error::Error::source(&error)));
    assert_eq!(sink.aborted(), 0);
    (rewrite, sink.files())
}

/// Reads all rows of a file.
pub(crate) fn read_file(columns: &[Column], bytes: &Bytes) -> Vec<Row> {
    let reader = SerializedFileReader::new(bytes.clone()).unwrap();
    let mut rows = Vec::new();
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group).unwrap();
        let count = usize::try_from(group.metadata().num_rows()).unwrap();
        let values: Vec<Vec<Option<Value>>> = columns
            .iter()
            .enumerate()
            .map(|(at, column)| read_column(group.get_column_reader(at).unwrap(), column.stored, count))
            .collect();
        rows.extend((0..count).map(|row| values.iter().map(|column| column[row].clone()).collect::<Row>()));
    }
    rows
}

/// Footer and page indexes of a file.
pub(crate) fn metadata(bytes: &Bytes) -> ParquetMetaData {
    ParquetMetaDataReader::new()
        .with_page_index_policy(PageIndexPolicy::Required)
        .parse_and_finish(bytes)
        .unwrap()
}

/// Checks files against what a rewrite says, and their layout against what readers understand.
pub(crate) fn check(table: &Table, rewrite: &Rewrite, files: &[(String, Bytes)]) {
    assert_eq!(rewrite.files.len(), files.len());
    let mut previous: Option<Row> = None;
    for (described, (name, bytes)) in rewrite.files.iter().zip(files) {
        let rows = read_file(&table.columns, bytes);
        assert_eq!((&described.name, described.bytes), (name, bytes.len() as u64));
        check_description(table, described, &rows, rewrite.spliced_rows > 0);
        check_layout(table, bytes);
        for row in &rows {
            if let Some(previous) = &previous {
                assert!(compare_keys(table, previous, row).is_lt(), "keys ascend across files");
            }
            previous = Some(row.clone());
        }
    }
    let rows: u64 = rewrite.files.iter().map(|file| file.rows).sum();
    assert_eq!(rewrite.output_rows, rows);
    assert_eq!(rewrite.input_rows, rewrite.output_rows + rewrite.superseded_rows + rewrite.dropped_deletes);
}

fn check_description(table: &Table, file: &OutputFile, rows: &[Row], is_spliced: bool) {
    assert_eq!(file.rows, rows.len() as u64);
    assert_eq!(file.deletes, rows.iter().filter(|row| is_retract(table, row)).count() as u64);
    let sequences = rows.iter().map(|row| match row[table.sequence()] {
        Some(Value::Integer(sequence)) => sequence,
        ref other => panic!("{other:?} is no sequence number"),
    });
    assert_eq!(Some(file.min_sequence), sequences.clone().min());
    assert_eq!(Some(file.max_sequence), sequences.max());
    assert_eq!(exact(&file.first_key), exact(&rows[0][..table.keys].to_vec()));
    assert_eq!(exact(&file.last_key), exact(&rows[rows.len() - 1][..table.keys].to_vec()));
    check_columns(table, file, rows, is_spliced);
}

/// Checks the statistics that a rewrite tells of a file's columns. Of floats in row groups that were
/// copied nobody knows whether one is NaN, so that they may have no bounds.
pub(crate) fn check_columns(table: &Table, file: &OutputFile, rows: &[Row], is_spliced: bool) {
    for (at, column) in table.columns.iter().enumerate() {
        let values: Vec<&Option<Value>> = rows.iter().map(|row| &row[at]).collect();
        let is_float = matches!(column.stored, ColumnType::Float | ColumnType::Double);
        let statistics = &file.columns[at];
        if is_spliced && is_float && statistics.min.is_none() && statistics.max.is_none() {
            let nulls = values.iter().filter(|value| value.is_none()).count();
            assert_eq!(statistics.null_count, nulls as u64, "nulls of {column:?}");
        } else {
            check_statistics(column, statistics, &values);
        }
    }
}

fn check_statistics(column: &Column, statistics: &ColumnStatistics, values: &[&Option<Value>]) {
    let nulls = values.iter().filter(|value| value.is_none()).count();
    assert_eq!(statistics.null_count, nulls as u64, "nulls of {column:?}");
    let present: Vec<&Option<Value>> = values.iter().copied().filter(|value| value.is_some()).collect();
    let unordered = column.stored == ColumnType::Int96 || present.iter().any(|value| is_nan(value));
    if unordered || present.is_empty() {
        assert_eq!((&statistics.min, &statistics.max), (&None, &None), "bounds of {column:?}");
        return;
    }
    let min = present.iter().min_by(|left, right| compare(left, right)).unwrap();
    let max = present.iter().max_by(|left, right| compare(left, right)).unwrap();
    // Parquet widens a zero bound of a float to the zero of the other sign.
    if is_zero(min) || is_zero(max) {
        assert!(compare(&statistics.min, min).is_le() && compare(&statistics.max, max).is_ge());
        return;
    }
    assert!(statistics.exact);
    assert_eq!(exact_value(&statistics.min), exact_value(min), "minimum of {column:?}");
    assert_eq!(exact_value(&statistics.max), exact_value(max), "maximum of {column:?}");
}

fn check_layout(table: &Table, bytes: &Bytes) {
    let metadata = metadata(bytes);
    let file = metadata.file_metadata();
    assert_eq!(file.schema(), table.schema().as_ref(), "the schema is written as given");
    assert_eq!(file.key_value_metadata(), None, "no arrow schema is embedded");
    assert_eq!(file.version(), 1);
    assert!(file.created_by().unwrap().starts_with("weir version "));
    for (index, group) in metadata.row_groups().iter().enumerate() {
        for (at, (chunk, column)) in group.columns().iter().zip(&table.columns).enumerate() {
            for encoding in chunk.encodings() {
                #[allow(deprecated, reason = "only to name what old readers may meet")]
                let allowed = [
                    Encoding::PLAIN,
                    Encoding::RLE,
                    Encoding::PLAIN_DICTIONARY,
                    Encoding::RLE_DICTIONARY,
                    Encoding::BIT_PACKED,
                ];
                assert!(allowed.contains(&encoding), "{encoding} in {column:?}");
            }
            assert!(!matches!(
                chunk.compression(),
                Compression::BROTLI(_) | Compression::LZ4 | Compression::LZO
            ));
            assert_eq!(chunk.statistics().is_none(), column.stored == ColumnType::Int96);
            let pages = metadata.page_index().unwrap();
            assert!(pages.offset_index(index, at).is_some(), "the page index is kept");
        }
    }
}

fn is_nan(value: &Option<Value>) -> bool {
    matches!(value, Some(Value::Float(float)) if float.is_nan())
        || matches!(value, Some(Value::Double(double)) if double.is_nan())
}

fn is_zero(value: &Option<Value>) -> bool {
    matches!(value, Some(Value::Float(float)) if *float == 0.0)
        || matches!(value, Some(Value::Double(double)) if *double == 0.0)
}

/// Compares rows exactly; a failure shows the first row that differs.
pub(crate) fn assert_rows(rows: &[Row], expected: &[Row]) {
    let (rows, expected) = (exact_rows(rows), exact_rows(expected));
    for (at, (row, expected)) in rows.iter().zip(&expected).enumerate() {
        assert_eq!(row, expected, "row {at}");
    }
    assert_eq!(rows.len(), expected.len(), "number of rows");
}

/// Rows as text that tells every value from every other, floats by their bits.
fn exact_rows(rows: &[Row]) -> Vec<String> {
    rows.iter().map(exact).collect()
}

fn exact(row: &Row) -> String {
    row.iter().map(exact_value).collect::<Vec<_>>().join(", ")
}

fn exact_value(value: &Option<Value>) -> String {
    match value {
        // Keys are compared with all NaNs equal, so their bits need not survive in a key.
        Some(Value::Float(float)) if !float.is_nan() => format!("{:08x}f", float.to_bits()),
        Some(Value::Double(double)) if !double.is_nan() => format!("{:016x}d", double.to_bits()),
        other => format!("{other:?}"),
    }
}
