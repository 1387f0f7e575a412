//! Candidates of a scan, on local disk: a table has more files than memory has room for paths.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Seek, Write};

use serde::{Deserialize, Serialize};

use crate::deletion::FileKind;
use crate::{Error, ErrorKind, Result};

/// A file that may go when nothing refers to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Candidate {
    /// Path relative to the table's root.
    pub(crate) path: String,
    /// What its place says it is.
    pub(crate) kind: FileKind,
    /// Size in bytes.
    pub(crate) bytes: u64,
    /// Last modification by the store's clock, in milliseconds since the epoch.
    pub(crate) modified: i64,
}

/// Candidates in the order of the listing, in a temporary file that has no name.
#[derive(Debug)]
pub(crate) struct CandidateFile(BufWriter<File>);

impl CandidateFile {
    /// An empty one in the directory for temporary files (`TMPDIR`).
    pub(crate) fn new() -> Result<Self> {
        Ok(Self(BufWriter::new(tempfile::tempfile().map_err(|error| failed(&error))?)))
    }

    /// Adds one.
    pub(crate) fn add(&mut self, candidate: &Candidate) -> Result<()> {
        let line = serde_json::to_vec(candidate)
            .map_err(|error| Error::internal(format!("a candidate is not JSON: {error}")))?;
        self.0.write_all(&line).and_then(|()| self.0.write_all(b"\n")).map_err(|error| failed(&error))
    }

    /// Reads all from the start, one at a time.
    pub(crate) fn read(&mut self) -> Result<impl Iterator<Item = Result<Candidate>> + use<>> {
        self.0.flush().map_err(|error| failed(&error))?;
        // The copy shares the position with the file, which is not written to any more.
        let mut file = self.0.get_ref().try_clone().map_err(|error| failed(&error))?;
        file.rewind().map_err(|error| failed(&error))?;
        Ok(BufReader::new(file).lines().map(|line| {
            let line = line.map_err(|error| failed(&error))?;
            serde_json::from_str(&line)
                .map_err(|error| Error::internal(format!("a candidate on disk cannot be read: {error}")))
        }))
    }
}

fn failed(error: &std::io::Error) -> Error {
    Error::new(
        ErrorKind::Invalid,
        format!(
            "the list of files cannot be kept in {} ({error}); set TMPDIR to a directory with room for it",
            std::env::temp_dir().display()
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_are_read_as_often_as_asked() {
        let mut file = CandidateFile::new().unwrap();
        let candidates: Vec<Candidate> = (0..5)
            .map(|n| Candidate {
                path: format!("dt=ü\n{n}/x"), kind: FileKind::Data, bytes: n, modified: -1
            })
            .collect();
        for candidate in &candidates {
            file.add(candidate).unwrap();
        }
        for _ in 0..2 {
            let read: Vec<Candidate> = file.read().unwrap().map(Result::unwrap).collect();
            assert_eq!(read, candidates);
        }
    }
}
