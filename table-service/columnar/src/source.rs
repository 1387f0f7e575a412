use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;

use crate::BoxError;

/// The bytes of one input file.
#[async_trait]
pub trait Source: Send + Sync {
    /// What errors call the file.
    fn name(&self) -> &str;

    /// Length of the file in bytes.
    fn size(&self) -> u64;

    /// Reads the byte ranges, in the order given, each in full.
    ///
    /// The engine joins neighbouring ranges before it asks. It asks again for dictionaries and for the
    /// pages in which one output row group ends and the next begins, and for keys that are not numbers
    /// once to plan and once to copy them: a source that is far away should keep what it has read.
    async fn read(&self, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, BoxError>;
}
