//! Facts about a table that whoever runs it should know.

use serde::Serialize;
use weir_paimon_spec::options::keys;
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
    let mut warnings: Vec<Warning> = unprotected_commits(table).into_iter().collect();
    if !table.options().get(&keys::WRITE_ONLY)? {
        warnings.push(Warning {
            name: "WritersCompact",
            message: "write-only is false: writers of this table compact it themselves; run ALTER TABLE … SET ('write-only' = 'true') and restart them".into(),
        });
    }
    Ok(warnings)
}

/// `UnprotectedCommits`, on stores where a Java writer can replace a snapshot of another program: it looks whether the
/// snapshot exists and then renames over it, which local disks and S3 allow.
pub(crate) fn unprotected_commits(table: &Table) -> Option<Warning> {
    matches!(table.location().scheme(), Scheme::S3 | Scheme::File).then(|| Warning {
        name: "UnprotectedCommits",
        message: "Java writers commit here by renaming over what exists, so a commit of any other program can be lost to them; give the catalog a lock (lock.enabled) or let writers commit through one".into(),
    })
}
