//! Facts about a table that whoever runs it should know.

use serde::Serialize;
use weir_paimon_spec::options::keys;
use weir_paimon_spec::support;
use weir_storage::Scheme;

use crate::{Result, Table};

/// A fact with a name that tools can match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Warning {
    /// Its name in CamelCase.
    pub name: &'static str,
    /// What it means and what to do.
    pub message: String,
}

/// The table's warnings.
pub(crate) fn warnings(table: &Table) -> Result<Vec<Warning>> {
    let mut warnings = of_commits(table)?;
    warnings.extend(catalog_entries(table));
    if !table.options().get(&keys::WRITE_ONLY)? {
        warnings.push(Warning {
            name: "WritersCompact",
            message: "write-only is false: writers of this table compact it themselves; run ALTER TABLE … SET ('write-only' = 'true') and restart them".into(),
        });
    }
    Ok(warnings)
}

/// What whoever commits to the table should know.
pub(crate) fn of_commits(table: &Table) -> Result<Vec<Warning>> {
    Ok(unprotected_commits(table).into_iter().chain(callbacks(table)?).collect())
}

/// `CallbacksNotCalled`: classes of the writers' class path cannot be run here (maintenance §8.5).
fn callbacks(table: &Table) -> Result<Option<Warning>> {
    let classes = table.options().get(&keys::COMMIT_CALLBACKS)?.join(", ");
    let waits = table.options().get(&keys::VISIBILITY_CALLBACK_ENABLED)?;
    Ok((waits || !classes.is_empty()).then(|| Warning {
        name: "CallbacksNotCalled",
        message: if classes.is_empty() {
            "visibility-callback.enabled is true: commits of weir do not wait until other systems see them"
                .into()
        } else {
            format!("commit.callbacks is set: {classes} are not told of commits of weir")
        },
    }))
}

/// `CatalogEntries`, where options tell of a catalog that knows more of the table than its files.
fn catalog_entries(table: &Table) -> Option<Warning> {
    let entries = support::catalog_entries(table.options());
    (!entries.is_empty()).then(|| Warning {
        name: "CatalogEntries",
        message: format!(
            "{}: a catalog has entries of this table, which weir does not speak to; expire and roll back partitions with Paimon, and give commits the catalog's lock",
            entries.join(", ")
        ),
    })
}

/// `UnprotectedCommits`, on stores where a Java writer can replace a snapshot of another program: it looks whether the
/// snapshot exists and then renames over it, which local disks and S3 allow.
fn unprotected_commits(table: &Table) -> Option<Warning> {
    matches!(table.location().scheme(), Scheme::S3 | Scheme::File).then(|| Warning {
        name: "UnprotectedCommits",
        message: "Java writers commit here by renaming over what exists, so a commit of any other program can be lost to them; give the catalog a lock (lock.enabled) or let writers commit through one".into(),
    })
}
