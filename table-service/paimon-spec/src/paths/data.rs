//! Where data files and the files beside them are.

use std::collections::HashMap;
use std::sync::Mutex;

use super::changelog::compacted_changelog;
use super::partition::partition_dir;
use crate::binary_row::BinaryRow;
use crate::error::{At, Result};
use crate::manifest::{DataFileMeta, IndexManifestEntry, ManifestEntry};
use crate::options::{TableOptions, keys};
use crate::schema::TableSchema;
use crate::types::DataType;

/// Bucket number of files that wait for their bucket.
pub const POSTPONE_BUCKET: i32 = -2;

/// Where a file is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FileLocation {
    /// A path below the table's directory.
    Table(String),
    /// A complete path or URI outside the table's directory, as the manifest has it.
    External(String),
}

impl FileLocation {
    /// The path as text, without saying which kind it is.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Table(path) | Self::External(path) => path,
        }
    }
}

/// Where a table's data files are: partition and bucket directories.
#[derive(Debug)]
pub struct DataPaths {
    root: String,
    partition_keys: Vec<String>,
    partition_types: Vec<DataType>,
    default_name: String,
    legacy_names: bool,
    indexes_beside_data: bool,
    /// Directories of partitions seen before, with a slash.
    known: Mutex<HashMap<Vec<u8>, String>>,
}

impl DataPaths {
    /// The places that a table's schema and options say.
    pub fn new(schema: &TableSchema, options: &TableOptions) -> Result<Self> {
        let root = match options.find(&keys::DATA_FILE_PATH_DIRECTORY)? {
            Some(directory) => format!("{}/", directory.trim_matches('/')),
            None => String::new(),
        };
        Ok(Self {
            root,
            partition_keys: schema.partition_keys.clone(),
            partition_types: schema.partition_types()?,
            default_name: options.get(&keys::PARTITION_DEFAULT_NAME)?,
            legacy_names: options.get(&keys::PARTITION_LEGACY_NAME)?,
            indexes_beside_data: options.get(&keys::INDEX_FILE_IN_DATA_FILE_DIR)?,
            known: Mutex::default(),
        })
    }

    /// Directory of a partition, empty or with a slash at its end.
    pub fn partition_dir(&self, partition: &[u8]) -> Result<String> {
        let mut known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(dir) = known.get(partition) {
            return Ok(dir.clone());
        }
        let values = BinaryRow::decode(partition, &self.partition_types).at(|| "partition")?;
        let dir = partition_dir(
            &self.partition_keys,
            &values,
            &self.partition_types,
            &self.default_name,
            self.legacy_names,
        )?;
        let dir = format!("{}{dir}", self.root);
        known.insert(partition.to_vec(), dir.clone());
        Ok(dir)
    }

    /// Directory of a bucket, without a slash at its end.
    pub fn bucket_dir(&self, partition: &[u8], bucket: i32) -> Result<String> {
        let partition = self.partition_dir(partition)?;
        Ok(match bucket {
            POSTPONE_BUCKET => format!("{partition}bucket-postpone"),
            bucket => format!("{partition}bucket-{bucket}"),
        })
    }

    /// Where a data file is: its external path, or its bucket directory; that of another bucket for a part of a
    /// compacted changelog.
    pub fn data_file(&self, partition: &[u8], bucket: i32, file: &DataFileMeta) -> Result<FileLocation> {
        match &file.external_path {
            Some(path) => Ok(FileLocation::External(path.clone())),
            None => self.in_bucket(partition, bucket, &file.file_name),
        }
    }

    /// Where the file called `name` beside a data file is: in the data file's own directory.
    pub fn beside(
        &self,
        partition: &[u8],
        bucket: i32,
        file: &DataFileMeta,
        name: &str,
    ) -> Result<FileLocation> {
        match &file.external_path {
            Some(path) => {
                let dir = path.rsplit_once('/').map_or("", |(dir, _)| dir);
                Ok(FileLocation::External(format!("{dir}/{name}")))
            }
            None => self.in_bucket(partition, bucket, name),
        }
    }

    /// Every file that an entry stands for: the data file and its extra files.
    pub fn files(&self, entry: &ManifestEntry) -> Result<Vec<FileLocation>> {
        let mut files = vec![self.data_file(&entry.partition, entry.bucket, &entry.file)?];
        for name in &entry.file.extra_files {
            files.push(self.beside(&entry.partition, entry.bucket, &entry.file, name)?);
        }
        Ok(files)
    }

    /// Where an index file is: its external path, the bucket directory, or the index directory.
    pub fn index_file(&self, entry: &IndexManifestEntry) -> Result<FileLocation> {
        match &entry.external_path {
            Some(path) => Ok(FileLocation::External(path.clone())),
            None if self.indexes_beside_data => {
                self.in_bucket(&entry.partition, entry.bucket, &entry.file_name)
            }
            None => Ok(FileLocation::Table(super::index(&entry.file_name))),
        }
    }

    fn in_bucket(&self, partition: &[u8], bucket: i32, name: &str) -> Result<FileLocation> {
        if let Some(real) = compacted_changelog(name) {
            let directory = self.bucket_dir(partition, real.bucket)?;
            return Ok(FileLocation::Table(format!("{directory}/{}", real.file_name)));
        }
        Ok(FileLocation::Table(format!("{}/{name}", self.bucket_dir(partition, bucket)?)))
    }
}
