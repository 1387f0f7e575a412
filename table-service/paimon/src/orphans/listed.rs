//! What a listing has shown, sixteen bytes for each file.

use std::hash::{DefaultHasher, Hash, Hasher};

/// The files of a listing that is under way.
#[derive(Debug, Default)]
pub(crate) struct Listing(Vec<u128>);

impl Listing {
    /// Adds a file.
    pub(crate) fn add(&mut self, path: &str) {
        self.0.push(digest(path));
    }

    /// The whole listing, with nothing in use.
    pub(crate) fn seal(mut self) -> Listed {
        self.0.sort_unstable();
        self.0.dedup();
        let words = self.0.len().div_ceil(WORD);
        Listed { digests: self.0, used: vec![0; words] }
    }
}

/// Bits of a word.
const WORD: usize = 64;

/// The files of a listing, and which of them have a name that is in use.
///
/// A file is known by a digest of its name, followed by one of its directory. Two names with one digest, which is
/// next to impossible, keep a file that could go.
#[derive(Debug)]
pub(crate) struct Listed {
    /// Ascending.
    digests: Vec<u128>,
    /// One bit for each.
    used: Vec<u64>,
}

impl Listed {
    /// Whether the listing has shown this very path.
    pub(crate) fn contains(&self, path: &str) -> bool {
        self.digests.binary_search(&digest(path)).is_ok()
    }

    /// Marks every file of this name as in use, whatever its directory.
    pub(crate) fn mark(&mut self, name: &str) {
        let first = u128::from(hash(name)) << WORD;
        let start = self.digests.partition_point(|&digest| digest < first);
        let same =
            self.digests[start..].iter().take_while(|&&digest| digest >> WORD == first >> WORD).count();
        for index in start..start + same {
            self.used[index / WORD] |= 1 << (index % WORD);
        }
    }

    /// Whether the file's name is in use. A file that the listing has not shown is taken for one.
    pub(crate) fn is_used(&self, path: &str) -> bool {
        match self.digests.binary_search(&digest(path)) {
            Ok(index) => self.used[index / WORD] & (1 << (index % WORD)) != 0,
            Err(_) => true,
        }
    }
}

fn digest(path: &str) -> u128 {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    u128::from(hash(name)) << WORD | u128::from(hash(directory))
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_in_use_in_every_directory() {
        let mut listing = Listing::default();
        for path in ["a/x", "b/x", "a/y", "x"] {
            listing.add(path);
        }
        let mut listed = listing.seal();
        assert!(!listed.is_used("a/x"));
        listed.mark("x");
        let used = ["a/x", "b/x", "a/y", "x"].map(|path| listed.is_used(path));
        assert_eq!(used, [true, true, false, true]);
    }

    #[test]
    fn a_path_is_found_as_it_was_listed_alone() {
        let mut listing = Listing::default();
        listing.add("dt=a%3Ab/bucket-0/x");
        let listed = listing.seal();
        assert!(listed.contains("dt=a%3Ab/bucket-0/x"));
        assert!(!listed.contains("dt=a:b/bucket-0/x"));
        assert!(listed.is_used("dt=a:b/bucket-0/x"), "what was not listed is kept");
    }

    #[test]
    fn many_files_are_told_apart() {
        let mut listing = Listing::default();
        (0..10_000).for_each(|n| listing.add(&format!("bucket-{}/data-{n}", n % 7)));
        let mut listed = listing.seal();
        (0..10_000).step_by(3).for_each(|n| listed.mark(&format!("data-{n}")));
        for n in 0..10_000 {
            assert_eq!(listed.is_used(&format!("bucket-{}/data-{n}", n % 7)), n % 3 == 0, "{n}");
        }
    }
}
