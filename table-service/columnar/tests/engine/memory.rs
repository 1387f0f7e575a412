//! Sources and sinks in memory.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use weir_columnar::{BoxError, OutputStream, Sink, Source};

/// A file in memory that remembers what was read of it.
pub(crate) struct MemorySource {
    name: String,
    bytes: Bytes,
    reads: Mutex<Vec<Range<u64>>>,
    failing_read: Option<usize>,
}

impl MemorySource {
    pub(crate) fn new(name: &str, bytes: Bytes) -> Self {
        Self { name: name.to_owned(), bytes, reads: Mutex::default(), failing_read: None }
    }

    /// Fails the n-th read, counted from 0.
    pub(crate) fn failing(name: &str, bytes: Bytes, read: usize) -> Self {
        Self { failing_read: Some(read), ..Self::new(name, bytes) }
    }

    /// All ranges read, in order.
    pub(crate) fn reads(&self) -> Vec<Range<u64>> {
        self.reads.lock().unwrap().clone()
    }
}

#[async_trait]
impl Source for MemorySource {
    fn name(&self) -> &str {
        &self.name
    }

    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    async fn read(&self, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, BoxError> {
        let mut reads = self.reads.lock().unwrap();
        if self.failing_read.is_some_and(|failing| reads.len() >= failing) {
            return Err("the disk is on fire".into());
        }
        reads.extend_from_slice(ranges);
        let slice = |range: &Range<u64>| {
            let start = usize::try_from(range.start).unwrap();
            let end = usize::try_from(range.end).unwrap();
            self.bytes.slice(start..end)
        };
        Ok(ranges.iter().map(slice).collect())
    }
}

/// Keeps finished files, and counts aborted ones.
#[derive(Default)]
pub(crate) struct MemorySink {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    created: AtomicUsize,
    aborted: AtomicUsize,
    written: AtomicU64,
    fail_after: Mutex<Option<u64>>,
    files: Mutex<Vec<(String, Bytes)>>,
}

impl MemorySink {
    /// Fails the write that takes the total over `bytes`.
    pub(crate) fn failing_after(bytes: u64) -> Self {
        let sink = Self::default();
        *sink.shared.fail_after.lock().unwrap() = Some(bytes);
        sink
    }

    /// Finished files in the order they were finished.
    pub(crate) fn files(&self) -> Vec<(String, Bytes)> {
        self.shared.files.lock().unwrap().clone()
    }

    pub(crate) fn created(&self) -> usize {
        self.shared.created.load(Ordering::Relaxed)
    }

    pub(crate) fn aborted(&self) -> usize {
        self.shared.aborted.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Sink for MemorySink {
    async fn create(&self) -> Result<Box<dyn OutputStream>, BoxError> {
        let number = self.shared.created.fetch_add(1, Ordering::Relaxed);
        let stream = MemoryStream {
            name: format!("out-{number}.parquet"),
            bytes: Vec::new(),
            shared: Arc::clone(&self.shared),
        };
        Ok(Box::new(stream))
    }
}

struct MemoryStream {
    name: String,
    bytes: Vec<u8>,
    shared: Arc<Shared>,
}

#[async_trait]
impl OutputStream for MemoryStream {
    fn name(&self) -> &str {
        &self.name
    }

    async fn write(&mut self, bytes: Bytes) -> Result<(), BoxError> {
        let total = self.shared.written.fetch_add(bytes.len() as u64, Ordering::Relaxed) + bytes.len() as u64;
        if self.shared.fail_after.lock().unwrap().is_some_and(|limit| total > limit) {
            return Err("no space left".into());
        }
        self.bytes.extend_from_slice(&bytes);
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Result<u64, BoxError> {
        let size = self.bytes.len() as u64;
        self.shared.files.lock().unwrap().push((self.name, self.bytes.into()));
        Ok(size)
    }

    async fn abort(self: Box<Self>) {
        self.shared.aborted.fetch_add(1, Ordering::Relaxed);
    }
}
