//! Candidates as the entries of manifests are compared with them.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use weir_paimon_spec::paths::DataPaths;
use weir_paimon_spec::{FileKind, ManifestEntry};

use super::candidates::Candidates;
use super::changelog::is_written;
use crate::Result;
use crate::table::within_table;

/// The paths of all candidates, ascending; a candidate is known by its position.
#[derive(Debug)]
pub(super) struct Targets<'a> {
    paths: Vec<&'a str>,
    /// Names without directories: a cheap test before a path is built.
    names: HashSet<&'a str>,
}

/// An entry of a manifest that is about a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sighting {
    /// The candidate.
    pub(super) position: usize,
    /// What tells apart entries of the same path: level, extra files, embedded index, external path.
    pub(super) identity: u64,
    /// Whether the file is added.
    pub(super) is_add: bool,
    /// Whether a writer made the file.
    pub(super) is_written: bool,
}

impl<'a> Targets<'a> {
    pub(super) fn of(candidates: &'a Candidates) -> Self {
        let paths = candidates.paths();
        let names = paths.iter().filter_map(|path| path.rsplit('/').next()).collect();
        Self { paths, names }
    }

    pub(super) const fn len(&self) -> usize {
        self.paths.len()
    }

    /// The paths of some candidates.
    pub(super) fn paths_where(&self, is_it: &[bool]) -> Vec<String> {
        let some = self.paths.iter().zip(is_it).filter(|(_, is_it)| **is_it);
        some.map(|(path, _)| (*path).to_owned()).collect()
    }

    /// The candidate with this path.
    pub(super) fn position(&self, path: &str) -> Option<usize> {
        self.paths.binary_search(&path).ok()
    }

    /// What entries say about candidates, in their order.
    pub(super) fn sightings(&self, places: &DataPaths, entries: &[ManifestEntry]) -> Result<Vec<Sighting>> {
        let mut sightings = Vec::new();
        for entry in entries.iter().filter(|entry| self.may_be_target(entry)) {
            for location in places.files(entry)? {
                let position = self.position(&within_table(location)?);
                sightings.extend(position.map(|position| Sighting {
                    position,
                    identity: identity(entry),
                    is_add: entry.kind == FileKind::Add,
                    is_written: is_written(entry),
                }));
            }
        }
        Ok(sightings)
    }

    fn may_be_target(&self, entry: &ManifestEntry) -> bool {
        let names = std::iter::once(&entry.file.file_name).chain(&entry.file.extra_files);
        names.into_iter().any(|name| self.names.contains(name.as_str()))
    }
}

fn identity(entry: &ManifestEntry) -> u64 {
    let file = &entry.file;
    let mut hasher = DefaultHasher::new();
    (file.level, &file.extra_files, &file.embedded_file_index, &file.external_path).hash(&mut hasher);
    hasher.finish()
}
