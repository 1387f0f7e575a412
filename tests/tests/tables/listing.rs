//! What is in a table's directory, byte for byte.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

/// Hash of every file's content, by its path below the table.
pub(crate) type Listing = BTreeMap<String, u64>;

/// Everything below a table's directory.
pub(crate) fn listing(table: &Path) -> Listing {
    let mut files = Listing::new();
    collect(table, table, &mut files);
    files
}

fn collect(root: &Path, directory: &Path, files: &mut Listing) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let mut hasher = DefaultHasher::new();
            std::fs::read(&path).unwrap().hash(&mut hasher);
            files.insert(path.strip_prefix(root).unwrap().to_string_lossy().into_owned(), hasher.finish());
        }
    }
}

/// Copies a directory with all that is below it.
pub(crate) fn copy_directory(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_directory(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
