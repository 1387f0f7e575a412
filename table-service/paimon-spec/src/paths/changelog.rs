//! Changelog files that Flink has put together (`CompactedChangelogFormatReaderFactory`).

/// Where the bytes of a changelog file of one bucket are: in the file of another bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompactedChangelog {
    /// Bucket whose directory has the file.
    pub bucket: i32,
    /// The file's name there.
    pub file_name: String,
}

/// The real file behind a name such as `compacted-changelog-<x>$<bucket>-<length>-<offset>-<length>.cc-parquet`; `None`
/// for every other name, that of the real file (`compacted-changelog-<x>$<bucket>-<length>.cc-parquet`) included.
#[must_use]
pub fn compacted_changelog(file_name: &str) -> Option<CompactedChangelog> {
    let (stem, extension) =
        file_name.split_once('.').filter(|(_, extension)| extension.starts_with("cc-"))?;
    let (prefix, numbers) = stem.split_once('$')?;
    let numbers: Vec<&str> = numbers.split('-').collect();
    let [bucket, length, _, _] = numbers.as_slice() else { return None };
    let file_name = format!("{prefix}${bucket}-{length}.{extension}");
    Some(CompactedChangelog { bucket: bucket.parse().ok()?, file_name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_of_another_bucket_is_in_the_real_file() {
        let found = compacted_changelog("compacted-changelog-8e-4a$7-120-40-80.cc-parquet").unwrap();
        assert_eq!(
            (found.bucket, found.file_name.as_str()),
            (7, "compacted-changelog-8e-4a$7-120.cc-parquet")
        );
    }

    #[test]
    fn other_names_stand_for_themselves() {
        for name in
            ["compacted-changelog-8e-4a$7-120.cc-parquet", "changelog-8e-0.parquet", "a$1-2-3-4.parquet", "x"]
        {
            assert_eq!(compacted_changelog(name), None, "{name}");
        }
    }
}
