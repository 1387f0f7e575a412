//! `weir remove-orphans`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use weir_columnar::Control;
use weir_paimon_spec::Snapshot;
use weir_paimon_spec::options::keys;
use weir_paimon_spec::paths::BranchPaths;
use weir_paimon_spec::support::Purpose;
use weir_storage::{FileInfo, Storage};

use super::clock::storage_time;
use super::marking::{Marking, external};
use super::removal::{self, Work};
use super::report::OrphanReport;
use super::roots::{self, Root};
use super::scan::Scan;
use super::share::Share;
use crate::deletion::{PlannedFile, finish_interrupted};
use crate::{Error, ErrorKind, Result, Table};

/// Age below which files are kept unless [`RemoveOrphans::allow_young`] is set: writers commit files long after they
/// have written them.
const LEAST_AGE: SignedDuration = SignedDuration::from_hours(24);

/// Age of files that go when nothing else is asked.
const DEFAULT_AGE: Duration = Duration::from_hours(72);

/// Times that roots are listed until no new ones show up.
const MAX_ROUNDS: u32 = 6;

/// Wait before a root whose metadata is missing is looked at again; doubles every time.
const FIRST_WAIT: Duration = Duration::from_millis(50);

/// Which files are old enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OlderThan {
    /// Those of at least this age by the store's clock.
    Age(Duration),
    /// Those that were modified before this instant.
    Instant(Timestamp),
}

impl Default for OlderThan {
    fn default() -> Self {
        Self::Age(DEFAULT_AGE)
    }
}

/// A request to remove orphan files.
#[derive(Clone, Debug, Default)]
pub struct RemoveOrphans {
    /// Which files are old enough.
    pub older_than: OlderThan,
    /// Accept files that are younger than 24 hours.
    pub allow_young: bool,
    /// Remove nothing when more than this share of the table's files or bytes would go.
    pub max_share: Share,
    /// Move files to the trash instead of deleting them.
    pub trash: bool,
    /// Plan only.
    pub dry_run: bool,
    /// Table options for this run only.
    pub options: BTreeMap<String, String>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum OrphanOutcome {
    /// There are no orphans of that age.
    NothingToDo,
    /// The plan is in the report; nothing was changed.
    Planned,
    /// Files were removed.
    Removed,
}

/// What a run goes by, read before anything is listed.
struct Before {
    /// The newest snapshot.
    latest: Option<Snapshot>,
    /// Its number by the `LATEST` hint.
    hint: Option<i64>,
    /// The oldest schema file, which tells the table from another one made at its place.
    schema: FileInfo,
}

impl RemoveOrphans {
    /// Removes orphan files of the table at `storage`'s location. `report` tells what was planned and done, on failure
    /// too.
    pub async fn run(
        &self,
        storage: &Storage,
        control: &Control,
        report: &mut OrphanReport,
    ) -> Result<OrphanOutcome> {
        let table = Table::open(storage.clone(), &self.options).await?;
        table.require_support(Purpose::RemoveOrphans)?;
        refuse_external_paths(&table)?;
        let now = if self.dry_run { Timestamp::now() } else { storage_time(storage).await? };
        let threshold = self.threshold(now)?;
        report.older_than = Some(threshold.to_string());
        if !self.dry_run {
            report.finished_earlier = finish_interrupted(&table).await?;
        }
        let before = Before::read(&table).await?;
        report.latest_snapshot = before.latest.as_ref().map(|snapshot| snapshot.id);
        let scan = Scan::of(&table, threshold).await?;
        report.listed.files = scan.files;
        report.listed.bytes = scan.bytes;
        let Some(latest) = &before.latest else {
            return before.without_snapshot(&table, &scan).await.map(|()| OrphanOutcome::NothingToDo);
        };
        let mut search = Search::new(&table, Marking::new(&table, scan.listed), before.schema);
        search.prove(latest).await?;
        search.mark_roots().await?;
        search.require_known_roots(latest, before.hint, &scan.roots).await?;
        report.roots = search.complete.len();

        let mut candidates = scan.candidates;
        for candidate in candidates.read()? {
            let candidate = candidate?;
            if !search.marking.listed().is_used(&candidate.path) {
                let (path, kind, bytes) = (candidate.path, candidate.kind, candidate.bytes);
                let file = PlannedFile { path, kind, bytes };
                if self.trash && !storage.can_move(bytes) {
                    report.too_large_for_trash.push(file);
                } else {
                    report.plan(file);
                }
            }
        }
        report.files.sort_by(|a, b| a.kind.cmp(&b.kind).then_with(|| a.path.cmp(&b.path)));
        if report.orphans.files == 0 {
            let is_finished = !report.finished_earlier.is_empty();
            return Ok(if is_finished { OrphanOutcome::Removed } else { OrphanOutcome::NothingToDo });
        }
        self.require_small_share(&table, report)?;
        if self.dry_run {
            return Ok(OrphanOutcome::Planned);
        }
        report.begin_removal();
        let work = Work { candidates, trash: self.trash.then_some(now) };
        removal::remove(&mut search, work, control, report).await?;
        Ok(OrphanOutcome::Removed)
    }

    fn threshold(&self, now: Timestamp) -> Result<Timestamp> {
        let threshold = match self.older_than {
            OlderThan::Age(age) => now.checked_sub(age).unwrap_or(Timestamp::MIN),
            OlderThan::Instant(instant) => instant,
        };
        let age = now.duration_since(threshold);
        if age < LEAST_AGE && !self.allow_young {
            return Err(Error::new(
                ErrorKind::Unsafe,
                format!(
                    "files that are only {} s old by the store's clock may belong to writers that have not committed them yet; nothing was deleted; ask for files older than 24h, or accept the danger with --allow-young",
                    age.as_secs()
                ),
            ));
        }
        Ok(threshold)
    }

    fn require_small_share(&self, table: &Table, report: &OrphanReport) -> Result<()> {
        let files = Share::of(report.orphans.files, report.listed.files);
        let bytes = Share::of(report.orphans.bytes, report.listed.bytes);
        if files <= self.max_share && bytes <= self.max_share {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Unsafe,
            format!(
                "{} files ({} bytes) of {} seem to be orphans: {files} of its files and {bytes} of its bytes, which is more than {}; nothing was deleted; look at the plan of a --dry-run with a larger --max-share, and run again with that",
                report.orphans.files,
                report.orphans.bytes,
                table.location(),
                self.max_share
            ),
        ))
    }
}

fn refuse_external_paths(table: &Table) -> Result<()> {
    let paths = table.options().find(&keys::DATA_FILE_EXTERNAL_PATHS)?.unwrap_or_default();
    let index = table.options().find(&keys::GLOBAL_INDEX_EXTERNAL_PATH)?;
    match paths.into_iter().chain(index).next() {
        Some(path) => Err(external(table, &path)),
        None => Ok(()),
    }
}

impl Before {
    async fn read(table: &Table) -> Result<Self> {
        let hint = table.hint(&table.main().latest_hint()).await?;
        let latest = table.latest_snapshot().await?;
        Ok(Self { latest, hint, schema: oldest_schema(table).await? })
    }

    /// A table that was never written to has nothing to remove; files of one that was are no orphans because its
    /// snapshots cannot be seen.
    async fn without_snapshot(&self, table: &Table, scan: &Scan) -> Result<()> {
        let roots = roots::list(table).await?;
        if self.hint.is_none() && scan.written == 0 && scan.roots.is_empty() && roots.is_empty() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Unsafe,
            format!(
                "{} has {} files and no snapshot on main that can be seen, so which of them are in use is unknown; nothing was deleted",
                table.location(),
                scan.files
            ),
        ))
    }
}

async fn oldest_schema(table: &Table) -> Result<FileInfo> {
    let listing = table.storage().list_directory(&table.main().schema_dir()).await?;
    let schemas =
        listing.files.into_iter().filter_map(|file| Some((BranchPaths::schema_id(file.name())?, file)));
    let oldest = schemas.min_by_key(|(id, _)| *id).map(|(_, file)| file);
    oldest.ok_or_else(|| Error::corrupt(format!("{} has lost its schema files", table.location())))
}

fn main_snapshot_id(table: &Table, root: &Root) -> Option<i64> {
    let (directory, name) = root.path.rsplit_once('/')?;
    (directory == table.main().snapshot_dir()).then(|| BranchPaths::snapshot_id(name)).flatten()
}

/// The search for what is in use.
pub(crate) struct Search<'a> {
    pub(crate) table: &'a Table,
    pub(crate) marking: Marking<'a>,
    /// Roots that were read with everything that they refer to.
    complete: BTreeSet<Root>,
    schema: FileInfo,
}

impl<'a> Search<'a> {
    fn new(table: &'a Table, marking: Marking<'a>, schema: FileInfo) -> Self {
        Self { table, marking, complete: BTreeSet::new(), schema }
    }

    /// Makes sure that the listing has shown every file of the newest snapshot, where this release believes it to be:
    /// otherwise it cannot tell files in use from others.
    async fn prove(&mut self, latest: &Snapshot) -> Result<()> {
        let unseen = match self.marking.not_listed(latest).await {
            Err(error)
                if error.is_not_found()
                    && self.table.snapshot_opt(latest.id).await?.as_ref() != Some(latest) =>
            {
                return Err(self.kept_changing());
            }
            result => result?,
        };
        let Some(first) = unseen.first() else { return Ok(()) };
        let is_there = self.table.storage().stat(first).await?.is_some();
        let why = if is_there {
            "it exists, so the listing is incomplete"
        } else {
            "it does not exist there: it was lost, or lies at another path than this release expects"
        };
        Err(Error::new(
            ErrorKind::Unsafe,
            format!(
                "the listing of {} does not show {} files that snapshot {} needs, {first} for one: {why}; nothing was deleted",
                self.table.location(),
                unseen.len(),
                latest.id
            ),
        ))
    }

    /// Marks what roots refer to until a listing of roots shows none that was not read whole. Beside a writer that
    /// commits all the time it ends when everything that the last listing has shown was read.
    pub(crate) async fn mark_roots(&mut self) -> Result<()> {
        let mut wait = FIRST_WAIT;
        let mut incomplete: Vec<(Root, String)> = Vec::new();
        for _ in 0..MAX_ROUNDS {
            let present = roots::list(self.table).await?;
            let fresh: Vec<Root> = present.difference(&self.complete).cloned().collect();
            if fresh.is_empty() {
                return self.require_same_table().await;
            }
            incomplete = self.marking.mark(&fresh).await?;
            let missing: BTreeSet<&Root> = incomplete.iter().map(|(root, _)| root).collect();
            self.complete.extend(fresh.iter().filter(|root| !missing.contains(root)).cloned());
            if !incomplete.is_empty() {
                // An expiry may have taken the metadata before the root itself.
                tokio::time::sleep(wait).await;
                wait *= 2;
            }
        }
        if incomplete.is_empty() {
            return self.require_same_table().await;
        }
        for (root, path) in &incomplete {
            if self.table.storage().stat(&root.path).await?.is_some() {
                return Err(Error::corrupt(format!(
                    "{path} does not exist and {} needs it, so what that needs is unknown; nothing was deleted; remove {} if it is left of an interrupted expiry",
                    root.path, root.path
                )));
            }
        }
        Err(self.kept_changing())
    }

    /// Makes sure that the listings of roots are not missing any that is known from elsewhere.
    async fn require_known_roots(
        &self,
        latest: &Snapshot,
        hint: Option<i64>,
        scanned: &BTreeSet<String>,
    ) -> Result<()> {
        let known: BTreeSet<&str> = self.complete.iter().map(|root| root.path.as_str()).collect();
        let main = self.table.main();
        let hinted = hint.map(|id| main.snapshot(id));
        let expected = scanned.iter().cloned().chain([main.snapshot(latest.id)]).chain(hinted.clone());
        for path in expected.filter(|path| !known.contains(path.as_str())) {
            if self.table.storage().stat(&path).await?.is_some() {
                return Err(Error::new(
                    ErrorKind::Unsafe,
                    format!(
                        "{path} of {} exists and its directory's listing does not show it, so there may be others; nothing was deleted; run again",
                        self.table.location()
                    ),
                ));
            }
        }
        if let (Some(hint), Some(path)) = (hint, hinted)
            && hint > latest.id
        {
            return Err(Error::new(
                ErrorKind::Unsafe,
                format!(
                    "the LATEST hint of {} names {path}, which cannot be seen, and the newest snapshot that can is {}; nothing was deleted; correct the hint if the table was rolled back",
                    self.table.location(),
                    latest.id
                ),
            ));
        }
        let ids = self.complete.iter().filter_map(|root| main_snapshot_id(self.table, root));
        // An expiry may have taken the snapshot; a rollback leaves older ones only.
        if ids.max() < Some(latest.id) {
            return Err(self.kept_changing());
        }
        Ok(())
    }

    async fn require_same_table(&self) -> Result<()> {
        if self.table.storage().stat(&self.schema.path).await?.as_ref() == Some(&self.schema) {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Unsafe,
            format!(
                "{} was dropped or made anew while it was looked at ({} is another file); run again",
                self.table.location(),
                self.schema.path
            ),
        ))
    }

    fn kept_changing(&self) -> Error {
        Error::new(
            ErrorKind::Conflict,
            format!(
                "snapshots, tags or branches of {} kept changing while they were read; nothing was deleted; run again",
                self.table.location()
            ),
        )
    }
}
