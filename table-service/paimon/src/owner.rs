//! Who maintains a table: a marker beside it, so that two operators that know the table by different names do not both
//! delete from it (design: one location, one Table).

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use weir_storage::{Create, Storage};

use crate::{Error, ErrorKind, Result};

/// The marker, below the table's root.
const MARKER: &str = ".weir/owner.json";

/// Age at which an owner writes its marker again, so that others see that it is alive.
const RENEWED_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// Age of a marker at which a Table of the same namespace and name follows its owner: it was made anew, in the same
/// cluster or in one that replaces it. Two that live have a younger one, as long as they delete once a day.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_hours(48);

/// A Table object of Kubernetes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its UID, which tells clusters apart.
    pub uid: String,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.namespace, self.name, self.uid)
    }
}

impl FromStr for Owner {
    type Err = String;

    /// Parses `namespace/name/uid`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split('/').collect();
        match parts.as_slice() {
            [namespace, name, uid] if parts.iter().all(|part| !part.is_empty()) => Ok(Self {
                namespace: (*namespace).to_owned(),
                name: (*name).to_owned(),
                uid: (*uid).to_owned(),
            }),
            _ => Err("write it as namespace/name/uid".to_owned()),
        }
    }
}

impl Owner {
    /// Whether it is called the same and is another object: made anew, or in another cluster.
    fn is_namesake(&self, other: &Self) -> bool {
        self.namespace == other.namespace && self.name == other.name
    }
}

/// On whose behalf a run deletes files of a table.
#[derive(Clone, Debug, Default)]
pub struct Claim {
    /// The Table object; `None` for a person, who is nobody's rival.
    pub owner: Option<Owner>,
    /// Replace the marker of another owner.
    pub take_over: bool,
    /// Leave no marker.
    pub dry_run: bool,
}

impl Claim {
    /// To be called before anything is deleted: leaves the owner's marker where there is none. Fails with
    /// [`ErrorKind::Unsafe`] when the marker names another owner. A Table that was made anew under the same name follows
    /// an owner that has not been seen for two days.
    pub async fn require(&self, storage: &Storage) -> Result<()> {
        let Some(owner) = &self.owner else { return Ok(()) };
        if storage.list_directory("schema").await?.files.is_empty() {
            // No table: whoever opens it says so, and no marker is left behind.
            return Ok(());
        }
        let content = serde_json::to_vec(owner)
            .map_err(|error| Error::internal(format!("an owner is not JSON: {error}")))?;
        let found = match storage.read_opt(MARKER).await? {
            Some(found) => found,
            None if self.dry_run => return Ok(()),
            None => match storage.create(MARKER, content.clone().into()).await? {
                Create::Created => return Ok(()),
                Create::Exists(found) => found,
                Create::Unclear(error) => return Err(error.into()),
            },
        };
        let age = Self::age_of_marker(storage).await?;
        let other = match serde_json::from_slice::<Owner>(&found) {
            Ok(other) if other == *owner => {
                if !self.dry_run && age > RENEWED_AFTER {
                    storage.overwrite(MARKER, content.into()).await?;
                }
                return Ok(());
            }
            Ok(other) if other.is_namesake(owner) && age > FORGOTTEN_AFTER => {
                if !self.dry_run {
                    storage.overwrite(MARKER, content.into()).await?;
                }
                return Ok(());
            }
            Ok(other) => format!("the Table {}/{} (uid {})", other.namespace, other.name, other.uid),
            Err(_) => "somebody whom this release cannot make out".to_owned(),
        };
        if self.take_over {
            if !self.dry_run {
                storage.overwrite(MARKER, content.into()).await?;
            }
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Unsafe,
            format!(
                "{} is maintained by {other}, not by {}/{} (uid {}), as {MARKER} says; nothing was deleted; suspend or remove one of the two, then delete that file or run once with --take-over",
                storage.location(),
                owner.namespace,
                owner.name,
                owner.uid
            ),
        ))
    }

    /// How long ago the marker was written; 0 where it has just gone.
    async fn age_of_marker(storage: &Storage) -> Result<SignedDuration> {
        let modified = storage.stat(MARKER).await?.map(|file| file.modified);
        Ok(modified.map_or(SignedDuration::ZERO, |modified| Timestamp::now().duration_since(modified)))
    }
}
