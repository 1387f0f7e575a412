//! Rewrites within a bound on memory.

use weir_columnar::{Control, ErrorKind, OutputOptions};

use crate::input::{Layout, section};
use crate::memory::MemorySink;
use crate::outcome::{assert_rows, check, merged_on, read_file, run_merge};
use crate::reference;
use crate::table::{Row, Table, simple_row};

const MIB: u64 = 1 << 20;

fn runs() -> [Vec<Row>; 3] {
    let run = |sequence: i64| -> Vec<Row> {
        (0..30_000)
            .filter(|key| key % sequence == 0)
            .map(|key| simple_row(key, sequence, 0, &format!("{sequence}/{key}")))
            .collect()
    };
    [run(1), run(2), run(3)]
}

#[test]
fn refuses_what_cannot_fit_before_it_writes_anything() {
    let table = Table::simple();
    let sections = vec![section(&table, &runs(), &Layout::default())];
    let control = Control::new().with_memory(MIB);

    let (result, sink) =
        run_merge(sections, table.spec(OutputOptions::default()), MemorySink::default(), control);

    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutOfMemory);
    assert!(error.to_string().contains("3 sorted runs of 4 columns"), "{error}");
    assert_eq!(sink.created(), 0);
}

#[test]
fn merges_the_same_rows_with_the_least_memory() {
    let table = Table::simple();
    let expected = reference::merge(&table, &runs());
    let mut refused = 0;
    for mebibytes in (60..140).step_by(8) {
        let sections = vec![section(&table, &runs(), &Layout::default())];
        let control =
            Control::new().with_threads(2.try_into().unwrap()).unwrap().with_memory(mebibytes * MIB);
        let spec = table.spec(OutputOptions::default());
        if run_merge(sections.clone(), spec, MemorySink::default(), control.clone()).0.is_err() {
            refused += 1;
            continue;
        }
        let (rewrite, files) = merged_on(control, &table, sections, OutputOptions::default());
        check(&table, &rewrite, &files);
        let rows: Vec<Row> = files.iter().flat_map(|(_, bytes)| read_file(&table.columns, bytes)).collect();
        assert_rows(&rows, &expected);
    }
    assert!((1..10).contains(&refused), "the least memory lies between the bounds that were tried");
}
