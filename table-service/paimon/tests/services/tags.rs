//! Tags: made, deleted, renamed and automatic.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use futures::FutureExt;
use jiff::tz::TimeZone;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use weir_paimon::Result;
use weir_paimon::compaction::{Compact, CompactOutcome, CompactReport, Control, Strategy};
use weir_paimon::expiry::{ExpireOutcome, ExpireReport, ExpireSnapshots};
use weir_paimon::tags::{
    CreateTag, CreateTagOutcome, CreateTagReport, DeleteTags, DeleteTagsOutcome, DeleteTagsReport, TagSource,
};
use weir_paimon_spec::Tag;
use weir_storage::Storage;
use weir_storage::faults::Fault;

use crate::hooked::HookedStore;
use crate::table::TestTable;

mod automatic;
mod creation;
mod deletion;
mod expiry;
mod histories;
mod renaming;

const FAULTS: [Fault; 4] = [Fault::Error, Fault::AppliedThenError, Fault::Denied, Fault::Crash];

fn options(values: &[(&str, &str)]) -> BTreeMap<String, String> {
    values.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn creation(name: &str, source: TagSource) -> CreateTag {
    CreateTag {
        name: name.to_owned(),
        source,
        time_retained: None,
        time_zone: TimeZone::UTC,
        dry_run: false,
        options: BTreeMap::new(),
    }
}

async fn create(storage: &Storage, name: &str, source: TagSource) -> Result<CreateTagOutcome> {
    creation(name, source).run(storage, &mut CreateTagReport::default()).await
}

async fn delete(storage: &Storage, names: &[&str]) -> (Result<DeleteTagsOutcome>, DeleteTagsReport) {
    let request =
        DeleteTags { names: names.iter().map(|name| (*name).to_owned()).collect(), ..DeleteTags::default() };
    let mut report = DeleteTagsReport::default();
    (request.run(storage, &Control::new(), &mut report).await, report)
}

/// Keeps the newest snapshots only.
async fn expire(storage: &Storage, keep: u32) {
    let request =
        ExpireSnapshots { retain_min: Some(keep), retain_max: Some(keep), ..ExpireSnapshots::default() };
    let outcome = request.run(storage, &Control::new(), &mut ExpireReport::default()).await;
    assert_eq!(outcome.unwrap(), ExpireOutcome::Expired);
}

/// Compacts everything, if there is something to compact.
async fn compact(table: &TestTable) {
    let request = Compact {
        strategy: Strategy::Full,
        commit_user: Compact::commit_user("test", 0),
        ..Compact::default()
    };
    let outcome = request
        .run(&table.storage(), &Control::new(), &(Arc::new(|_| {}) as _), &mut CompactReport::default())
        .await;
    assert!(matches!(outcome.unwrap(), CompactOutcome::Committed | CompactOutcome::NothingToDo));
}

/// A table with the snapshots 7, a full compaction, and 8, and tags of expired snapshots by name.
async fn with_tags_of_expired_snapshots(tags: &[(&str, i64)]) -> TestTable {
    let mut table = TestTable::with_history().await;
    for (name, snapshot) in tags {
        table.tag(name, *snapshot).await;
    }
    compact(&table).await;
    table.append(&[(1, Some(7)), (2, None)]).await;
    expire(&table.storage(), 2).await;
    table
}

/// The table's storage, on which something happens once, right before the first file whose path ends so is written.
fn before_put(table: &TestTable, suffix: &str, act: impl Fn() + Send + Sync + 'static) -> Storage {
    let suffix = suffix.to_owned();
    let is_done = AtomicBool::new(false);
    let hook = move |location: Path, payload| {
        if location.as_ref().ends_with(&suffix) && !is_done.swap(true, SeqCst) {
            act();
        }
        async move { payload }.boxed()
    };
    let store = HookedStore::new(Arc::new(LocalFileSystem::new()), Arc::new(hook));
    Storage::metered(Arc::new(store), 1, table.location())
}

/// Lets another program work on the table, to its end.
fn elsewhere<F: Future<Output = ()>>(work: impl FnOnce() -> F + Send) {
    std::thread::scope(|scope| {
        let program = scope.spawn(|| tokio::runtime::Runtime::new().unwrap().block_on(work()));
        program.join().unwrap();
    });
}

impl TestTable {
    async fn tag_file(&self, name: &str) -> Option<Tag> {
        let content = self.storage().read_opt(&format!("tag/tag-{name}")).await.unwrap()?;
        Some(Tag::parse(&content).unwrap())
    }

    async fn tag_names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.open().await.references().await.unwrap().tags.into_iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        names
    }

    /// Gives snapshots the times of their commits, and the same watermarks.
    async fn set_times(&self, times: &[(i64, i64)]) {
        for (id, millis) in times {
            let path = format!("snapshot/snapshot-{id}");
            let mut json: serde_json::Value =
                serde_json::from_slice(&self.storage().read(&path).await.unwrap()).unwrap();
            json["timeMillis"] = (*millis).into();
            json["watermark"] = (*millis).into();
            self.storage().overwrite(&path, json.to_string().into()).await.unwrap();
        }
    }
}
