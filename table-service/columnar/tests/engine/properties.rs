use std::sync::Arc;

use proptest::prelude::*;
use weir_columnar::{Control, Section, SortedRun, Source};

use crate::input::{input_from, write_file};
use crate::memory::MemorySource;
use crate::outcome::{assert_rows, check, merged_on, read_file};
use crate::random::Random;
use crate::reference;
use crate::table::Row;

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 200, ..ProptestConfig::default() })]

    /// Random schemas, runs, row kinds, null patterns, pages, row groups, codecs and encodings.
    #[test]
    fn merges_like_the_row_at_a_time_reference(
        seed in any::<u64>(),
        runs in 0_usize..7,
        rows in 0_usize..200,
        domain in 1_usize..300,
    ) {
        let mut random = Random::new(seed);
        let table = random.table();
        let runs: Vec<Vec<Row>> = (0..runs)
            .map(|_| {
                let rows = random.below(rows + 1);
                random.run(&table, rows, domain)
            })
            .collect();
        let mut sources = Vec::new();
        let section = Section {
            runs: runs
                .iter()
                .map(|rows| {
                    let file_rows = 1 + random.below(100);
                    let files = rows.chunks(file_rows).map(|rows| {
                        let bytes = write_file(&table.columns, rows, &random.layout());
                        let source = Arc::new(MemorySource::new("input", bytes));
                        sources.push(Arc::clone(&source));
                        input_from(&table, source)
                    });
                    SortedRun { files: files.collect() }
                })
                .collect(),
        };

        let control = match random.below(3) {
            0 => Control::new(),
            threads => Control::new().with_threads(threads.try_into().unwrap()).unwrap(),
        };
        let (rewrite, files) = merged_on(control, &table, vec![section], random.output());

        check(&table, &rewrite, &files);
        let rows: Vec<Row> = files.iter().flat_map(|(_, bytes)| read_file(&table.columns, bytes)).collect();
        assert_rows(&rows, &reference::merge(&table, &runs));
        for source in sources {
            if source.size() <= 64 << 10 {
                prop_assert_eq!(source.reads().len(), 1, "a small file is read once, in full");
            }
        }
    }
}
