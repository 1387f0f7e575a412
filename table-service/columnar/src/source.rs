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
    /// The engine joins neighbouring ranges before it asks. In one rewrite it asks for no byte of a
    /// column twice, except for a page that the first read, of the last 64 KiB, happened to cut.
    async fn read(&self, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, BoxError>;
}
