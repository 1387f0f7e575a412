//! The manifests that tell which candidates the remaining roots need.

use std::collections::HashMap;

use weir_paimon_spec::manifest::ManifestFileMeta;

use super::targets::Sighting;

/// What the lists of one root say.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// Candidates that the root names itself: lists, manifests, index files, statistics.
    pub(super) protected: Vec<usize>,
    /// Manifests that together, in this order, say what is live; none when that is known otherwise.
    pub(super) live: Vec<ManifestFileMeta>,
    /// Manifests of which every added file is needed.
    pub(super) added: Vec<ManifestFileMeta>,
    /// The same, where the root does without those that are missing.
    pub(super) added_unless_gone: Vec<ManifestFileMeta>,
    /// Manifests of which every file that a writer made is needed, added or deleted.
    pub(super) written: Vec<ManifestFileMeta>,
    /// Whether the root does without those of `written` that are missing.
    pub(super) may_be_gone: bool,
}

/// A manifest to read.
#[derive(Debug)]
pub(super) struct Needed {
    /// As a list describes it.
    pub(super) meta: ManifestFileMeta,
    /// The roots that cannot do without it.
    pub(super) roots: Vec<usize>,
    adds_count: bool,
    written_count: bool,
}

/// The manifests of all roots, each once.
#[derive(Debug, Default)]
pub(super) struct Manifests {
    numbers: HashMap<String, usize>,
    all: Vec<Needed>,
    /// For each root whose live files are asked for, its manifests in order.
    live: Vec<Vec<usize>>,
}

impl Manifests {
    /// Adds those of a root, which is known by its number.
    pub(super) fn add(&mut self, root: usize, listed: Listed) {
        if !listed.live.is_empty() {
            let live = listed.live.into_iter().map(|meta| self.number(meta, Some(root))).collect();
            self.live.push(live);
        }
        for meta in listed.added {
            let number = self.number(meta, Some(root));
            self.all[number].adds_count = true;
        }
        for meta in listed.added_unless_gone {
            let number = self.number(meta, None);
            self.all[number].adds_count = true;
        }
        for meta in listed.written {
            let number = self.number(meta, (!listed.may_be_gone).then_some(root));
            self.all[number].written_count = true;
        }
    }

    fn number(&mut self, meta: ManifestFileMeta, root: Option<usize>) -> usize {
        let next = self.all.len();
        let number = *self.numbers.entry(meta.file_name.clone()).or_insert(next);
        if number == next {
            self.all.push(Needed { meta, roots: Vec::new(), adds_count: false, written_count: false });
        }
        self.all[number].roots.extend(root);
        number
    }

    /// All manifests with their numbers.
    pub(super) fn all(&self) -> impl Iterator<Item = (usize, &Needed)> {
        self.all.iter().enumerate()
    }

    /// The candidates that are needed, by what each manifest, given by its number, says about candidates.
    pub(super) fn protected_by(&self, read: Vec<(usize, Vec<Sighting>)>) -> Vec<usize> {
        let mut protected = Vec::new();
        for (number, sightings) in &read {
            let needed = &self.all[*number];
            let counts = |sighting: &&Sighting| {
                (needed.adds_count && sighting.is_add) || (needed.written_count && sighting.is_written)
            };
            protected.extend(sightings.iter().filter(counts).map(|sighting| sighting.position));
        }
        let by_number: HashMap<usize, Vec<Sighting>> = read.into_iter().collect();
        for manifests in &self.live {
            protected.extend(live(manifests.iter().filter_map(|number| by_number.get(number)).flatten()));
        }
        protected
    }
}

/// Candidates that are live after these entries: the last one of an identity adds it.
fn live<'a>(sightings: impl Iterator<Item = &'a Sighting>) -> impl Iterator<Item = usize> {
    let mut last: HashMap<(usize, u64), bool> = HashMap::new();
    for sighting in sightings {
        last.insert((sighting.position, sighting.identity), sighting.is_add);
    }
    last.into_iter().filter(|(_, is_add)| *is_add).map(|((position, _), _)| position)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sighting(position: usize, level: u64, is_add: bool) -> Sighting {
        Sighting { position, identity: level, is_add, is_written: level == 0 }
    }

    fn meta(name: &str) -> ManifestFileMeta {
        ManifestFileMeta::from_entries(name, 0, &[], &[], 0).unwrap()
    }

    fn protected(listed: Listed, read: Vec<Vec<Sighting>>) -> Vec<usize> {
        let mut manifests = Manifests::default();
        manifests.add(0, listed);
        let mut protected = manifests.protected_by(read.into_iter().enumerate().collect());
        protected.sort_unstable();
        protected
    }

    #[test]
    fn a_file_is_live_at_the_level_that_it_was_moved_to() {
        let base = vec![sighting(0, 0, true), sighting(1, 0, true)];
        let delta = vec![sighting(0, 0, false), sighting(0, 5, true), sighting(1, 0, false)];
        let listed = Listed { live: vec![meta("base"), meta("delta")], ..Listed::default() };
        assert_eq!(protected(listed, vec![base, delta]), [0]);
    }

    #[test]
    fn a_file_that_is_added_again_is_live_again() {
        let entries = vec![sighting(0, 0, true), sighting(0, 0, false), sighting(0, 0, true)];
        let listed = Listed { live: vec![meta("base")], ..Listed::default() };
        assert_eq!(protected(listed, vec![entries]), [0]);
    }

    #[test]
    fn a_changelog_without_changelog_files_needs_what_writers_wrote() {
        let entries = vec![sighting(0, 0, true), sighting(1, 0, false), sighting(2, 5, true)];
        let listed = Listed { written: vec![meta("delta")], ..Listed::default() };
        assert_eq!(protected(listed, vec![entries]), [0, 1]);
    }
}
