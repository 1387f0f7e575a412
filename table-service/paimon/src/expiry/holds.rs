//! What keeps a snapshot whatever its age and number.

use std::collections::BTreeMap;

use weir_paimon_spec::snapshot::BATCH_COMMIT_IDENTIFIER;
use weir_paimon_spec::{Snapshot, TableOptions};

use crate::table::References;
use crate::table::commit::COMMIT_USER_PREFIX;
use crate::{Result, tags};

/// A snapshot that must stay, and with it all later ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hold {
    /// Its id; there may be no such snapshot.
    pub(crate) snapshot: i64,
    /// Why, for people.
    pub(crate) why: String,
}

impl Hold {
    /// A consumer that has yet to read `next` (maintenance §2.2).
    pub(crate) fn of_consumer(name: &str, next: i64) -> Self {
        Self { snapshot: next, why: format!("consumer {name} has yet to read snapshot {next}") }
    }

    /// The first automatic tag that is due and that nobody has made (maintenance §3.7).
    pub(crate) fn of_due_tag(
        options: &TableOptions,
        snapshots: &[Snapshot],
        references: &References,
    ) -> Result<Option<Self>> {
        let due = tags::first_due(options, snapshots, references)?;
        Ok(due.map(|tag| Self {
            snapshot: tag.snapshot,
            why: format!(
                "the automatic tag {} is due and needs snapshot {}; run auto-tag",
                tag.name, tag.snapshot
            ),
        }))
    }

    /// The newest snapshot of each streaming writer that has committed since an instant, in milliseconds since the
    /// epoch. A job that recovers looks for its last commit there, and repeats it when it does not find it
    /// (maintenance §1.8, §11 #15). Batch jobs never repeat a commit, and Weir's own runs look elsewhere.
    pub(crate) fn of_writers(snapshots: &[Snapshot], since: i64) -> Vec<Self> {
        let mut newest: BTreeMap<&str, &Snapshot> = BTreeMap::new();
        for snapshot in snapshots {
            let streams = snapshot.commit_identifier != BATCH_COMMIT_IDENTIFIER;
            if streams && !snapshot.commit_user.starts_with(COMMIT_USER_PREFIX) {
                newest.insert(&snapshot.commit_user, snapshot);
            }
        }
        let recent = newest.into_iter().filter(|(_, snapshot)| snapshot.time_millis >= since);
        recent
            .map(|(user, Snapshot { id, .. })| Self {
                snapshot: *id,
                why: format!("the writer {user} may look for its last commit, snapshot {id}"),
            })
            .collect()
    }
}
