//! `weir delete-tag`.

use std::collections::BTreeMap;

use serde::Serialize;
use weir_columnar::Control;
use weir_paimon_spec::support::Purpose;
use weir_storage::Storage;

use super::name;
use super::removal::{Removal, Removed};
use crate::deletion::{PlannedFile, finish_interrupted};
use crate::{Result, Table};

/// The verb, in journals.
const OPERATION: &str = "delete-tag";

/// A request to delete tags.
#[derive(Clone, Debug, Default)]
pub struct DeleteTags {
    /// Names of the tags.
    pub names: Vec<String>,
    /// Plan only.
    pub dry_run: bool,
    /// Table options for this run only.
    pub options: BTreeMap<String, String>,
}

/// How a deletion of tags ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum DeleteTagsOutcome {
    /// There is no tag to delete.
    NothingToDo,
    /// The plan is in the report; nothing was changed.
    Planned,
    /// Tags were deleted, with the files that only they kept; or an interrupted deletion was finished.
    Deleted,
}

/// Plan and result of one run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteTagsReport {
    /// Tags that are deleted.
    pub tags: Vec<String>,
    /// Names that no tag has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// Tags that stay although they look due, with the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<super::KeptTag>,
    /// Files that are deleted, in that order.
    pub files: Vec<PlannedFile>,
    /// Files that could not be deleted and stay in the journal for the next run.
    pub left: Vec<PlannedFile>,
    /// Files of interrupted runs that were deleted first.
    pub finished_earlier: Vec<PlannedFile>,
}

impl DeleteTagsReport {
    /// Size of the deleted files, as far as metadata tells.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

impl DeleteTags {
    /// Deletes tags of the table at `storage`'s location. `report` tells what was planned and done, on failure too.
    pub async fn run(
        &self,
        storage: &Storage,
        control: &Control,
        report: &mut DeleteTagsReport,
    ) -> Result<DeleteTagsOutcome> {
        let table = Table::open(storage.clone(), &self.options).await?;
        table.require_support(Purpose::Tag)?;
        self.names.iter().try_for_each(|name| name::check(name))?;
        if !self.dry_run {
            report.finished_earlier = finish_interrupted(&table).await?;
        }
        delete(&table, OPERATION, &self.names, self.dry_run, control, report).await
    }
}

/// Deletes tags by name on behalf of the verb `operation`.
pub(super) async fn delete(
    table: &Table,
    operation: &str,
    names: &[String],
    dry_run: bool,
    control: &Control,
    report: &mut DeleteTagsReport,
) -> Result<DeleteTagsOutcome> {
    let mut removal = Removal::plan(table, names).await?;
    report.missing = names.iter().filter(|name| !removal.tags.contains(name)).cloned().collect();
    report.tags.clone_from(&removal.tags);
    report.files.clone_from(&removal.files);
    if removal.tags.is_empty() {
        return Ok(if report.finished_earlier.is_empty() {
            DeleteTagsOutcome::NothingToDo
        } else {
            DeleteTagsOutcome::Deleted
        });
    }
    if dry_run {
        return Ok(DeleteTagsOutcome::Planned);
    }
    let mut removed = Removed::default();
    let executed = removal.execute(table, operation, control, &mut removed).await;
    (report.tags, report.files, report.left) = (removed.tags, removed.files, removed.left);
    executed.map(|()| DeleteTagsOutcome::Deleted)
}
