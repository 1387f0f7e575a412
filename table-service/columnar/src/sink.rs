use async_trait::async_trait;
use bytes::Bytes;

use crate::BoxError;

/// Makes output files.
#[async_trait]
pub trait Sink: Send + Sync {
    /// Opens the next output file. Called once per file, when its first bytes are ready.
    async fn create(&self) -> Result<Box<dyn OutputStream>, BoxError>;
}

/// One output file being written, front to back.
#[async_trait]
pub trait OutputStream: Send {
    /// What the [`OutputFile`](crate::OutputFile) and errors call the file.
    fn name(&self) -> &str;

    /// Appends bytes.
    async fn write(&mut self, bytes: Bytes) -> Result<(), BoxError>;

    /// Ends the file; returns its size in bytes. It need not be durable yet: the sink's owner knows when.
    async fn finish(self: Box<Self>) -> Result<u64, BoxError>;

    /// Gives the file up and removes what was written of it, as far as possible.
    async fn abort(self: Box<Self>);
}
