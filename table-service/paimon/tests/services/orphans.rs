//! Removing orphans: what goes, what stays, and what makes a run refuse.

mod faults;
mod hazards;
mod races;
mod removal;
mod trash;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, SystemTime};

use weir_columnar::Control;
use weir_paimon::Result;
use weir_paimon::orphans::{OrphanOutcome, OrphanReport, RemoveOrphans, Share};
use weir_storage::Storage;

use crate::table::TestTable;

const DAY: Duration = Duration::from_hours(24);

/// Leftovers of every kind, by the paths that a test gives them.
const LEFTOVERS: [&str; 10] = [
    "bucket-0/data-0b1c-0.parquet",
    "bucket-0/changelog-0b1c-0.parquet",
    "bucket-7/.data-0b1c-1.parquet.22.weir.tmp",
    "bucket-postpone/data-0b1c-2.avro",
    "index/index-0b1c-0",
    "manifest/index-manifest-0b1c-0",
    "manifest/manifest-0b1c-0",
    "manifest/manifest-list-0b1c-0",
    "snapshot/.snapshot-7.0b1c.tmp",
    "statistics/stat-0b1c-0",
];

/// A request that a small table with many leftovers does not refuse.
fn request() -> RemoveOrphans {
    RemoveOrphans { max_share: Share::percent(100.0).unwrap(), ..RemoveOrphans::default() }
}

async fn run(request: &RemoveOrphans, storage: &Storage) -> (Result<OrphanOutcome>, OrphanReport) {
    let mut report = OrphanReport::default();
    let outcome = request.run(storage, &Control::new(), &mut report).await;
    (outcome, report)
}

/// Options for one run.
fn options(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

impl TestTable {
    /// A table with tags and a compaction, all of whose files are ten days old.
    async fn aged() -> Self {
        let table = Self::with_history().await;
        table.tag("kept", 2).await;
        table.age(10 * DAY);
        table
    }

    /// The same with leftovers, as old as the rest.
    async fn with_leftovers() -> Self {
        let table = Self::aged().await;
        table.leave_all(&LEFTOVERS);
        table
    }

    /// Makes a file that nothing refers to.
    fn leave(&self, path: &str, age: Duration) {
        std::fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        std::fs::write(self.path(path), "left behind").unwrap();
        set_age(&self.path(path), age);
    }

    /// Makes files that nothing refers to, ten days old.
    fn leave_all(&self, paths: &[&str]) {
        for path in paths {
            self.leave(path, 10 * DAY);
        }
    }

    /// Makes all files this old.
    fn age(&self, age: Duration) {
        age_all(&self.path(""), age);
    }
}

fn age_all(directory: &Path, age: Duration) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { age_all(&path, age) } else { set_age(&path, age) }
    }
}

fn set_age(path: &Path, age: Duration) {
    set_modified(path, SystemTime::now() - age);
}

fn set_modified(path: &Path, at: SystemTime) {
    std::fs::File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
}
