//! Runs that share the work on one table.

use crate::table::BucketKey;
use crate::{Error, ErrorKind, Result};

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

/// One of several runs that share the work on a table: each piece of work belongs to exactly one of them.
///
/// To whom it belongs depends on its name alone, so that runs need not agree on a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: u32,
    count: u32,
}

impl Shard {
    /// Shard `index`, from 0, of `count`. [`ErrorKind::Invalid`] when there is no such shard.
    pub fn new(index: u32, count: u32) -> Result<Self> {
        if index < count {
            return Ok(Self { index, count });
        }
        Err(Error::new(
            ErrorKind::Invalid,
            format!("there is no shard {index} of {count}: shards are counted from 0"),
        ))
    }

    /// Whether a bucket is this shard's.
    pub fn has_bucket(self, key: &BucketKey) -> bool {
        let bucket = key.bucket.to_le_bytes();
        self.has(key.partition.iter().chain(&bucket))
    }

    /// Whether a data file of a table without buckets is this shard's.
    pub fn has_file(self, file_name: &str) -> bool {
        self.has(file_name.as_bytes())
    }

    /// By the 64-bit FNV-1a hash, which all releases and platforms share; its upper half is better mixed.
    fn has<'a>(self, bytes: impl IntoIterator<Item = &'a u8>) -> bool {
        let hash = bytes
            .into_iter()
            .fold(FNV_OFFSET, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(FNV_PRIME));
        (hash >> 32) % u64::from(self.count) == u64::from(self.index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shards(count: u32) -> Vec<Shard> {
        (0..count).map(|index| Shard::new(index, count).unwrap()).collect()
    }

    #[test]
    fn every_file_and_bucket_is_exactly_one_shards() {
        let mut files_of = [0; 4];
        for i in 0..1000 {
            let name = format!("data-8d1b-{i}.parquet");
            let key = BucketKey { partition: vec![0, 0, 0, 1, 7], bucket: i };
            let of_file: Vec<usize> = (0..4).filter(|&shard| shards(4)[shard].has_file(&name)).collect();
            assert_eq!(of_file.len(), 1, "{name}");
            files_of[of_file[0]] += 1;
            assert_eq!(shards(4).iter().filter(|shard| shard.has_bucket(&key)).count(), 1, "bucket {i}");
        }
        assert!(files_of.iter().all(|files| (200..300).contains(files)), "{files_of:?}");
    }

    #[test]
    fn a_files_shard_never_changes() {
        let owners: Vec<bool> =
            shards(5).iter().map(|shard| shard.has_file("data-00000000-0.parquet")).collect();
        assert_eq!(owners.iter().position(|has| *has), Some(OWNER));
    }

    /// Computed once; another value would make shards of two releases overlap.
    const OWNER: usize = 2;

    #[test]
    fn a_shard_beyond_the_last_is_refused() {
        assert_eq!(Shard::new(3, 3).unwrap_err().kind(), ErrorKind::Invalid);
        assert_eq!(Shard::new(0, 0).unwrap_err().kind(), ErrorKind::Invalid);
    }
}
