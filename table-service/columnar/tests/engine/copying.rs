//! Concatenation: every row of every file, in order.

use std::sync::Arc;

use proptest::prelude::*;
use weir_columnar::{ConcatSpec, Control, InputFile, concat};

use crate::input::{input_from, write_file};
use crate::memory::{MemorySink, MemorySource};
use crate::outcome::{assert_rows, check_columns, read_file};
use crate::random::Random;
use crate::table::Row;

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn copies_every_row_of_every_file_in_order(seed in any::<u64>(), files in 0_usize..6, rows in 0_usize..200) {
        let mut random = Random::new(seed);
        let table = random.table();
        let mut expected: Vec<Row> = Vec::new();
        let files: Vec<InputFile> = (0..files)
            .map(|_| {
                let rows = random.below(rows + 1);
                let rows = random.run(&table, rows, 300);
                let bytes = write_file(&table.columns, &rows, &random.layout());
                expected.extend(rows);
                input_from(&table, Arc::new(MemorySource::new("input", bytes)))
            })
            .collect();
        let spec = ConcatSpec { schema: table.schema(), output: random.output() };
        let sink = MemorySink::default();

        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let rewrite = runtime.block_on(concat(files, &spec, &sink, &Control::new())).unwrap();

        let written = sink.files();
        let mut copied: Vec<Row> = Vec::new();
        prop_assert_eq!(rewrite.files.len(), written.len());
        for (described, (name, bytes)) in rewrite.files.iter().zip(&written) {
            let rows = read_file(&table.columns, bytes);
            prop_assert_eq!((&described.name, described.bytes), (name, bytes.len() as u64));
            prop_assert_eq!((described.rows, described.deletes), (rows.len() as u64, 0));
            check_columns(&table, described, &rows, rewrite.spliced_rows > 0);
            copied.extend(rows);
        }
        assert_rows(&copied, &expected);
        prop_assert_eq!(rewrite.output_rows, expected.len() as u64);
    }
}
