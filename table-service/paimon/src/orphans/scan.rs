//! One listing of everything below the table's root.

use std::collections::BTreeSet;

use futures::TryStreamExt;
use jiff::Timestamp;

use super::candidates::{Candidate, CandidateFile};
use super::listed::{Listed, Listing};
use super::place::{Layout, Place};
use crate::{Error, ErrorKind, Result, Table};

/// What a listing has shown.
#[derive(Debug)]
pub(crate) struct Scan {
    /// Every file but Weir's own.
    pub(crate) listed: Listed,
    /// Files that are old enough, at places where writers put files.
    pub(crate) candidates: CandidateFile,
    /// Paths of snapshots, tags and changelogs.
    pub(crate) roots: BTreeSet<String>,
    /// Number of files but Weir's own.
    pub(crate) files: u64,
    /// Their size in bytes.
    pub(crate) bytes: u64,
    /// How many of them are at places where writers put files, of any age.
    pub(crate) written: u64,
}

impl Scan {
    /// Lists the table. Candidates were modified before `threshold`; as with Paimon, at that very instant is not before.
    pub(crate) async fn of(table: &Table, threshold: Timestamp) -> Result<Self> {
        let layout = Layout::new(table.schema(), table.options())?;
        let mut listing = Listing::default();
        let mut candidates = CandidateFile::new()?;
        let mut roots = BTreeSet::new();
        let (mut files, mut bytes, mut written) = (0, 0, 0);
        let mut stream = table.storage().list("");
        while let Some(file) = stream.try_next().await? {
            match layout.place(&file.path) {
                Place::Own => continue,
                Place::NestedTable(directory) => return Err(nested(table, &directory)),
                Place::Root => {
                    roots.insert(file.path.clone());
                }
                Place::Candidate(kind) => {
                    written += 1;
                    if file.modified < threshold {
                        candidates.add(&Candidate {
                            path: file.path.clone(),
                            kind,
                            bytes: file.size,
                            modified: file.modified.as_millisecond(),
                        })?;
                    }
                }
                Place::Other => {}
            }
            listing.add(&file.path);
            files += 1;
            bytes += file.size;
        }
        Ok(Self { listed: listing.seal(), candidates, roots, files, bytes, written })
    }
}

fn nested(table: &Table, directory: &str) -> Error {
    Error::new(
        ErrorKind::Unsafe,
        format!(
            "{} has another table in its directory {directory}, whose files might be taken for orphans; nothing was deleted; move one of the two",
            table.location()
        ),
    )
}
