//! Small files of one bucket that are too many for one rewrite.

use std::sync::Arc;

use weir_paimon::compaction::{
    Compact, CompactOutcome, CompactReport, Control, PortionLimits, ProgressListener, Strategy,
};

use crate::table::TestTable;

/// Compacts with target files so small that 16 of them are fewer bytes than the table has.
async fn compact(table: &TestTable, portions: PortionLimits) -> CompactReport {
    let run = Compact {
        strategy: Strategy::Full,
        commit_user: Compact::commit_user("test", 0),
        portions,
        options: [("target-file-size".to_owned(), "2 kb".to_owned())].into(),
        ..Compact::default()
    };
    let listener: ProgressListener = Arc::new(|_| {});
    let mut report = CompactReport::default();
    let outcome = run.run(&table.storage(), &Control::new(), &listener, &mut report).await;
    assert_eq!(outcome.unwrap(), CompactOutcome::Committed);
    report
}

#[tokio::test]
async fn parts_of_a_bucket_are_committed_together_or_each_for_itself() {
    let original = TestTable::with_many_small_files(100).await;
    let rows = original.rows().await;
    let each = PortionLimits { input_bytes: 1, ..PortionLimits::default() };
    for (portions, is_each) in [(PortionLimits::default(), false), (each, true)] {
        let table = original.copy();
        let report = compact(&table, portions).await;
        let parts = report.buckets.len();
        assert!(parts > 1, "the bucket is rewritten in parts");
        assert_eq!(report.buckets.iter().map(|part| part.inputs.len()).sum::<usize>(), 100);
        assert_eq!(report.commits.len(), if is_each { parts } else { 1 });
        assert_eq!(table.rows().await, rows);
        assert_eq!(table.files().await, table.reachable_and_hints().await);
    }
}
