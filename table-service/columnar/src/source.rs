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
    /// The engine joins neighbouring ranges before it asks and asks for no byte twice in one
    /// rewrite.
    async fn read(&self, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, BoxError>;
}
