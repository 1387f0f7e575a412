//! Who maintains a table: a marker beside it, so that two operators that know the table by different names do not both
//! delete from it (design: one location, one Table).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use weir_storage::{Create, Storage};

use crate::{Error, ErrorKind, Result};

/// The marker, below the table's root.
const MARKER: &str = ".weir/owner.json";

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
    /// [`ErrorKind::Unsafe`] when the marker names another owner.
    pub async fn require(&self, storage: &Storage) -> Result<()> {
        let Some(owner) = &self.owner else { return Ok(()) };
        let content = serde_json::to_vec(owner)
            .map_err(|error| Error::internal(format!("an owner is not JSON: {error}")))?;
        let found = if self.dry_run {
            storage.read_opt(MARKER).await?
        } else {
            match storage.create(MARKER, content.clone().into()).await? {
                Create::Created => None,
                Create::Exists(found) => Some(found),
                Create::Unclear(error) => return Err(error.into()),
            }
        };
        let Some(found) = found else { return Ok(()) };
        let other = match serde_json::from_slice::<Owner>(&found) {
            Ok(other) if other == *owner => return Ok(()),
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
}
