use std::sync::Arc;

use weir_columnar::{
    ColumnSource, Control, ErrorKind, InputFile, OrderColumn, OutputOptions, Section, SortedRun, Value,
};

use crate::column::ColumnType;
use crate::input::{Layout, input_file, input_from, section, write_file};
use crate::memory::{MemorySink, MemorySource};
use crate::outcome::run_merge;
use crate::table::{Row, Table, simple_row};

fn rows(keys: impl IntoIterator<Item = i64>) -> Vec<Row> {
    keys.into_iter().map(|key| simple_row(key, 1, 0, "value")).collect()
}

/// Merges one file, which must fail; returns kind, message and sink.
fn failure(table: &Table, file: InputFile, sink: MemorySink) -> (ErrorKind, String, MemorySink) {
    let section = Section { runs: vec![SortedRun { files: vec![file] }] };
    let spec = table.spec(OutputOptions { row_group_rows: 100, ..OutputOptions::default() });
    let (result, sink) = run_merge(vec![section], spec, sink, Control::new());
    let error = result.unwrap_err();
    (error.kind(), error.to_string(), sink)
}

#[test]
fn names_the_file_whose_rows_do_not_ascend() {
    let table = Table::simple();
    for keys in [vec![1, 3, 2], vec![1, 1]] {
        let bytes = write_file(&table.columns, &rows(keys), &Layout::default());
        let (kind, message, sink) =
            failure(&table, input_file(&table, "bad.parquet", bytes), MemorySink::default());
        assert_eq!(kind, ErrorKind::Corrupt);
        assert!(
            message.contains("do not ascend strictly by key") && message.contains("bad.parquet"),
            "{message}"
        );
        assert!(sink.files().is_empty());
    }
}

#[test]
fn finds_files_of_a_run_that_overlap() {
    let table = Table::simple();
    let file = |name: &str, keys: std::ops::Range<i64>| {
        input_file(&table, name, write_file(&table.columns, &rows(keys), &Layout::default()))
    };
    let run = SortedRun { files: vec![file("a.parquet", 0..10), file("b.parquet", 9..20)] };
    let (result, _) = run_merge(
        vec![Section { runs: vec![run] }],
        table.spec(OutputOptions::default()),
        MemorySink::default(),
        Control::new(),
    );
    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.file()), (ErrorKind::Corrupt, Some("b.parquet")));
}

#[test]
fn refuses_a_row_kind_that_does_not_exist() {
    let table = Table::simple();
    let bytes = write_file(&table.columns, &[simple_row(1, 1, 4, "")], &Layout::default());
    let (kind, message, _) = failure(&table, input_file(&table, "a", bytes), MemorySink::default());
    assert_eq!(kind, ErrorKind::Corrupt);
    assert!(message.contains("4 is no row kind"), "{message}");
}

#[test]
fn refuses_to_order_by_what_is_no_number() {
    let mut table = Table::new(&[(ColumnType::Int64, false)], &[(ColumnType::Double, true)]);
    table.order_by = vec![OrderColumn { column: table.first_value(), descending: false }];
    let row = |number: f64| -> Row {
        let [key, sequence, kind] = [1, 1, 0].map(|number| Some(Value::Integer(number)));
        vec![key, sequence, kind, Some(Value::Double(number))]
    };
    let bytes = write_file(&table.columns, &[row(f64::NAN)], &Layout::default());
    let (kind, message, sink) = failure(&table, input_file(&table, "a", bytes), MemorySink::default());
    assert_eq!(kind, ErrorKind::Unsupported);
    assert!(message.contains("NaN"), "{message}");
    assert!(sink.files().is_empty());
}

#[test]
fn refuses_a_null_where_the_output_allows_none() {
    let table = Table::new(&[(ColumnType::Int64, false)], &[(ColumnType::Utf8, false)]);
    let mut wide = table.clone();
    wide.columns[3].optional = true;
    let mut row = simple_row(1, 1, 0, "");
    row[3] = None;
    let bytes = write_file(&wide.columns, &[row], &Layout::default());
    let (kind, message, sink) = failure(&table, input_file(&table, "a", bytes), MemorySink::default());
    assert_eq!(kind, ErrorKind::Corrupt);
    assert!(message.contains("null") && message.contains("column v0 of a"), "{message}");
    assert_eq!((sink.created(), sink.aborted()), (1, 1));
}

#[test]
fn names_file_and_column_that_cannot_become_the_output() {
    let table = Table::simple();
    let mut other = table.clone();
    other.columns[3].stored = ColumnType::Int64;
    let bytes = write_file(&other.columns, &[], &Layout::default());
    let (kind, message, _) = failure(&table, input_file(&table, "a.parquet", bytes), MemorySink::default());
    assert_eq!(kind, ErrorKind::Unsupported);
    assert!(message.contains("column v0 of a.parquet") && message.contains("without loss"), "{message}");
}

#[test]
fn names_a_column_that_the_file_lacks() {
    let table = Table::simple();
    let bytes = write_file(&table.columns, &[], &Layout::default());
    let mut file = input_file(&table, "a.parquet", bytes);
    file.columns[3] = ColumnSource::Named("gone".to_owned());
    let (kind, message, _) = failure(&table, file, MemorySink::default());
    assert_eq!(kind, ErrorKind::Corrupt);
    assert!(message.contains("column gone of a.parquet"), "{message}");
}

#[test]
fn reports_damaged_files_without_panicking() {
    let table = Table::simple();
    let layout = Layout { page_rows: 50, ..Layout::default() };
    let good = write_file(&table.columns, &rows(0..400), &layout);
    let step = (good.len() / 150).max(1);
    for at in (0..good.len()).step_by(step) {
        let mut bytes = good.to_vec();
        bytes[at] ^= 0x55;
        let section =
            Section { runs: vec![SortedRun { files: vec![input_file(&table, "damaged", bytes.into())] }] };
        let (result, _) = run_merge(
            vec![section],
            table.spec(OutputOptions::default()),
            MemorySink::default(),
            Control::new(),
        );
        // Not every flipped bit can be noticed, but none may end in a panic or an internal error.
        if let Err(error) = result {
            assert!(
                matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Unsupported),
                "byte {at}: {error}: {:?}",
                std::error::Error::source(&error)
            );
        }
    }
    for length in [0, 3, 11, good.len() / 2] {
        let (kind, message, _) =
            failure(&table, input_file(&table, "short", good.slice(..length)), MemorySink::default());
        assert_eq!(kind, ErrorKind::Corrupt, "{message}");
    }
}

#[test]
fn passes_on_what_a_source_says() {
    let table = Table::simple();
    let layout = Layout { page_rows: 1000, ..Layout::default() };
    let bytes = write_file(&table.columns, &rows(0..50_000), &layout);
    for read in [0, 1] {
        let source = Arc::new(MemorySource::failing("a.parquet", bytes.clone(), read));
        let (kind, message, _) = failure(&table, input_from(&table, source), MemorySink::default());
        assert_eq!(kind, ErrorKind::Io);
        assert!(message.contains("a.parquet"), "{message}");
    }
}

#[test]
fn aborts_the_open_file_when_the_sink_fails() {
    let table = Table::simple();
    let bytes = write_file(&table.columns, &rows(0..10_000), &Layout::default());
    let (kind, _, sink) = failure(&table, input_file(&table, "a", bytes), MemorySink::failing_after(1000));
    assert_eq!(kind, ErrorKind::Io);
    assert_eq!((sink.created(), sink.aborted(), sink.files().len()), (1, 1, 0));
}

#[test]
fn stops_when_it_is_cancelled_and_aborts_the_open_file() {
    let table = Table::simple();
    let runs = [rows(0..10_000)];
    let control = Control::new();
    let from_listener = control.clone();
    let control = control.with_progress(move |progress| {
        if progress.input_rows > 1000 {
            from_listener.cancel();
        }
    });
    let spec = table.spec(OutputOptions { row_group_rows: 500, ..OutputOptions::default() });
    let (result, sink) =
        run_merge(vec![section(&table, &runs, &Layout::default())], spec, MemorySink::default(), control);
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!((sink.created(), sink.aborted(), sink.files().len()), (1, 1, 0));
}

#[test]
fn reports_progress_up_to_the_last_row() {
    let table = Table::simple();
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let listener = Arc::clone(&seen);
    let control = Control::new().with_progress(move |progress| listener.lock().unwrap().push(*progress));
    let spec = table.spec(OutputOptions { row_group_rows: 500, ..OutputOptions::default() });
    let runs = [rows(0..1234)];
    let (result, _) =
        run_merge(vec![section(&table, &runs, &Layout::default())], spec, MemorySink::default(), control);
    result.unwrap();
    let seen = seen.lock().unwrap();
    assert!(seen.windows(2).all(|pair| pair[0].input_rows <= pair[1].input_rows));
    let last = seen.last().unwrap();
    assert_eq!((last.input_rows, last.total_rows), (1234, 1234));
}
