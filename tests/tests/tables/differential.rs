//! Random tables, compacted by Weir and, as a copy, by Java: the same rows in the same levels.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use weir_tests::oracle::fixtures::{Engines, RandomTable};
use weir_tests::oracle::{Java, TableAt, Version};

use crate::place::Place;
use crate::weir::weir;

/// How long tables are tried; `WEIR_SOAK` asks for many.
fn time() -> Duration {
    Duration::from_secs(if std::env::var_os("WEIR_SOAK").is_some() { 1200 } else { 40 })
}

/// Seed of the first table; those that follow count up, so a failed one can be repeated alone.
pub(crate) fn first_seed() -> u64 {
    let seed = std::env::var("WEIR_SEED").ok().and_then(|seed| seed.parse().ok());
    seed.unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0 >> 32)
}

#[test]
fn random_tables_are_compacted_as_java_compacts_them() {
    let java = Engines::shared().java;
    let place = Place::new();
    let first = first_seed();
    println!("WEIR_SEED={first}");
    let (start, mut tried) = (Instant::now(), 0);
    while start.elapsed() < time() || tried < 3 {
        let table = RandomTable::of(first + tried);
        let compared = catch_unwind(AssertUnwindSafe(|| compare(java, &place, &table)));
        if let Err(panic) = compared {
            eprintln!("{}", table.describe());
            resume_unwind(panic);
        }
        tried += 1;
    }
    println!("{tried} tables");
}

fn compare(java: &Java, place: &Place, random: &RandomTable) {
    let table = place.table(&format!("random_{}", random.seed));
    random.make(java, &table).unwrap();
    let before = java.read(&table, &Version::Latest).unwrap();
    let order = random.is_ordered.then(|| java.read_in_order(&table).unwrap());
    let copy = place.copy(&table, "for_java");
    java.compact(&copy, true).unwrap();
    // The verifier has an opinion of its own on every other table.
    let flags: &[&str] = if random.seed.is_multiple_of(2) { &["--verify"] } else { &[] };
    weir("compact", &table, &[&["--strategy", "full"], flags].concat()).done();
    before.assert_same(&java.read(&copy, &Version::Latest).unwrap(), "rows after compaction by Java");
    before.assert_same(&java.read(&table, &Version::Latest).unwrap(), "rows after compaction by Weir");
    if let Some(order) = order {
        assert_eq!(java.read_in_order(&table).unwrap(), order, "the order of rows after compaction by Weir");
    }
    assert_eq!(levels(java, &table), levels(java, &copy), "rows and deletes by level, Weir's and Java's");
    std::fs::remove_dir_all(place.path(&table)).unwrap();
    std::fs::remove_dir_all(place.path(&copy)).unwrap();
}

/// Partition, bucket and level.
type Level = (String, i32, i32);

/// Rows and deletes of each level of each bucket. Files may be cut elsewhere: both cut by bytes, which differ.
fn levels(java: &Java, table: &TableAt) -> BTreeMap<Level, (u64, u64)> {
    let mut levels = BTreeMap::new();
    for file in java.live_files(table, &Version::Latest).unwrap() {
        let (rows, deletes) = levels.entry((file.partition, file.bucket, file.level)).or_default();
        *rows += file.row_count;
        *deletes += file.delete_row_count.unwrap_or_default();
    }
    levels
}
