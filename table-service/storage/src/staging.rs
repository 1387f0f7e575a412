//! Reading far objects: in large requests, each byte once, by way of a temporary file.

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use futures::TryStreamExt;
use futures::future::try_join_all;
use tokio::sync::{OnceCell, Semaphore};
use tokio::task::JoinSet;

use crate::{Error, ErrorKind, Result, Storage};

/// Bytes of an object that are requested at once.
const BLOCK_BYTES: u64 = 4 << 20;

/// Bytes of a block that wait in memory before they are written to its copy.
const WRITE_BYTES: u64 = 1 << 20;

/// Blocks that are requested ahead of need at the same time, over all objects.
const BLOCKS_AHEAD: usize = 4;

/// Copies at the same time, each of which is an open file.
const MAX_COPIES: u64 = 256;

/// Room for copies of objects in a local directory. Clones share it.
#[derive(Clone, Debug)]
pub struct Staging {
    directory: PathBuf,
    free: Arc<Free>,
    ahead: Arc<Semaphore>,
}

/// What may still be taken.
#[derive(Debug)]
struct Free {
    bytes: AtomicU64,
    copies: AtomicU64,
}

impl Free {
    /// Takes one copy of so many bytes; whether there was room.
    fn take(&self, bytes: u64) -> bool {
        let less = |counter: &AtomicU64, taken: u64| {
            counter.fetch_update(Relaxed, Relaxed, |free| free.checked_sub(taken)).is_ok()
        };
        if !less(&self.copies, 1) {
            return false;
        }
        let is_taken = less(&self.bytes, bytes);
        if !is_taken {
            self.copies.fetch_add(1, Relaxed);
        }
        is_taken
    }

    fn give_back(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Relaxed);
        self.copies.fetch_add(1, Relaxed);
    }
}

impl Staging {
    /// Room for so many bytes in the directory for temporary files (`TMPDIR`).
    pub fn new(bytes: u64) -> Self {
        let free = Free { bytes: AtomicU64::new(bytes), copies: AtomicU64::new(MAX_COPIES) };
        let ahead = Arc::new(Semaphore::new(BLOCKS_AHEAD));
        Self { directory: std::env::temp_dir(), free: Arc::new(free), ahead }
    }

    /// Takes room for an object; `None` when there is too little, or the directory cannot be written.
    fn take(&self, bytes: u64) -> Option<Room> {
        if !self.free.take(bytes) {
            return None;
        }
        match tempfile::tempfile_in(&self.directory) {
            Ok(file) => Some(Room { file: Arc::new(file), bytes, free: Arc::clone(&self.free) }),
            Err(error) => {
                self.free.give_back(bytes);
                let directory = self.directory.display();
                tracing::warn!(%error, %directory, "objects are read without a local copy");
                None
            }
        }
    }
}

/// A temporary file without a name; its room is free again when it is dropped.
#[derive(Debug)]
struct Room {
    file: Arc<File>,
    bytes: u64,
    free: Arc<Free>,
}

impl Drop for Room {
    fn drop(&mut self) {
        self.free.give_back(self.bytes);
    }
}

/// An object whose parts are read again and again.
///
/// Where the storage has room for a copy ([`Storage::with_staging`]), the object is requested in aligned blocks of
/// 4 MiB, each at most once; else every range is requested as it comes. From the first read on, the blocks that
/// nobody has asked for are requested too, from the front, until the object is dropped.
#[derive(Debug)]
pub struct StagedObject {
    object: Object,
    copy: Option<Copied>,
}

#[derive(Clone, Debug)]
struct Object {
    storage: Storage,
    path: String,
    size: u64,
}

/// A copy, and who fills it ahead of need.
#[derive(Debug)]
struct Copied {
    copy: Arc<Copy>,
    ahead: Arc<Semaphore>,
    filling: OnceLock<JoinSet<()>>,
}

#[derive(Debug)]
struct Copy {
    object: Object,
    room: Room,
    /// Which blocks are there.
    blocks: Vec<OnceCell<()>>,
}

impl Storage {
    /// Keeps local copies of objects that are read in parts, as far as there is room. A table on a local disk needs
    /// none.
    #[must_use]
    pub fn with_staging(mut self, staging: Staging) -> Self {
        self.staging = self.location.is_remote().then_some(staging);
        self
    }

    /// An object of a known size for reading in parts; nothing is requested yet.
    pub fn staged(&self, path: &str, size: u64) -> StagedObject {
        let object = Object { storage: self.clone(), path: path.to_owned(), size };
        let copy = self.staging.as_ref().and_then(|staging| {
            let room = staging.take(size)?;
            let blocks = (0..size.div_ceil(BLOCK_BYTES)).map(|_| OnceCell::new()).collect();
            let copy = Arc::new(Copy { object: object.clone(), room, blocks });
            Some(Copied { copy, ahead: Arc::clone(&staging.ahead), filling: OnceLock::new() })
        });
        StagedObject { object, copy }
    }
}

impl StagedObject {
    /// Path of the object, relative to the table's root.
    pub fn path(&self) -> &str {
        &self.object.path
    }

    /// Its size in bytes.
    pub const fn size(&self) -> u64 {
        self.object.size
    }

    /// Byte ranges, in the order given; [`ErrorKind::Damaged`] when they cannot be read and the object has another size
    /// than was told.
    pub async fn read_ranges(&self, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let read = match &self.copy {
            Some(copied) => copied.read_ranges(ranges).await,
            None => self.object.storage.read_ranges(&self.object.path, ranges).await,
        };
        match read.and_then(|parts| self.object.whole(ranges, parts)) {
            Err(error) if error.kind() == ErrorKind::Unavailable => {
                Err(self.object.unless_damaged(error).await)
            }
            result => result,
        }
    }
}

impl Object {
    fn uri(&self) -> String {
        self.storage.location().uri_of(&self.path)
    }

    /// The parts, when they are as long as their ranges: a file system answers with less at its end.
    fn whole(&self, ranges: &[Range<u64>], parts: Vec<Bytes>) -> Result<Vec<Bytes>> {
        let is_whole = |(range, part): (&Range<u64>, &Bytes)| range.end - range.start == part.len() as u64;
        if ranges.len() == parts.len() && ranges.iter().zip(&parts).all(is_whole) {
            return Ok(parts);
        }
        let cause = "the store answered with less than was asked for";
        Err(Error::new(ErrorKind::Unavailable, "read", self.uri(), cause))
    }

    /// The error, when the object has the size that was told: stores tell little of ranges that do not exist.
    async fn unless_damaged(&self, error: Error) -> Error {
        let Ok(Some(found)) = self.storage.stat(&self.path).await else { return error };
        if found.size == self.size {
            return error;
        }
        let cause = format!("it has {} bytes and should have {}", found.size, self.size);
        Error::new(ErrorKind::Damaged, "read", self.uri(), cause)
    }
}

impl Copied {
    async fn read_ranges(&self, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.filling.get_or_init(|| {
            let mut filling = JoinSet::new();
            filling.spawn(Arc::clone(&self.copy).fill(Arc::clone(&self.ahead)));
            filling
        });
        self.copy.read_ranges(ranges).await
    }
}

impl Copy {
    async fn read_ranges(&self, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let mut blocks: Vec<u64> = ranges.iter().flat_map(blocks_of).collect();
        blocks.sort_unstable();
        blocks.dedup();
        try_join_all(blocks.into_iter().map(|block| self.stage(block))).await?;
        let (file, ranges) = (Arc::clone(&self.room.file), ranges.to_vec());
        let read =
            move || ranges.iter().map(|range| read_at(&file, range)).collect::<std::io::Result<Vec<_>>>();
        on_disk(read).await.map_err(|error| self.failed("read", &error))
    }

    /// Makes every block present. What fails is requested again by whoever needs it, and fails there.
    async fn fill(self: Arc<Self>, ahead: Arc<Semaphore>) {
        for (cell, block) in self.blocks.iter().zip(0..) {
            let Ok(_turn) = ahead.acquire().await else { return };
            if !cell.initialized() && self.stage(block).await.is_err() {
                return;
            }
        }
    }

    /// Makes a block present. Whoever needs it meanwhile waits for the same request.
    async fn stage(&self, block: u64) -> Result<()> {
        let cell = usize::try_from(block).ok().and_then(|block| self.blocks.get(block));
        let cell = cell.ok_or_else(|| {
            let cause = format!("byte {} is wanted of {}", block * BLOCK_BYTES, self.object.size);
            Error::new(ErrorKind::Invalid, "read", self.object.uri(), cause)
        })?;
        cell.get_or_try_init(|| self.download(block)).await.copied()
    }

    /// Takes a block to disk as it comes, so that little of it is in memory.
    async fn download(&self, block: u64) -> Result<()> {
        let start = block * BLOCK_BYTES;
        let range = start..self.object.size.min(start + BLOCK_BYTES);
        let mut pieces = self.object.storage.read_stream(&self.object.path, range.clone()).await?;
        let (mut written, mut waiting, mut waiting_bytes) = (start, Vec::new(), 0);
        loop {
            let piece = pieces.try_next().await?;
            let is_last = piece.is_none();
            if let Some(piece) = piece {
                waiting_bytes += piece.len() as u64;
                waiting.push(piece);
            }
            if is_last || waiting_bytes >= WRITE_BYTES {
                self.write(std::mem::take(&mut waiting), written).await?;
                written += std::mem::take(&mut waiting_bytes);
            }
            if is_last {
                break;
            }
        }
        if written == range.end {
            return Ok(());
        }
        // The hole that is left in the copy would read as zeros.
        let cause = format!(
            "{} bytes came of those from {start} to {}; it is shorter than told",
            written - start,
            range.end
        );
        Err(Error::new(ErrorKind::Unavailable, "read", self.object.uri(), cause))
    }

    async fn write(&self, pieces: Vec<Bytes>, mut offset: u64) -> Result<()> {
        let file = Arc::clone(&self.room.file);
        let write = move || {
            pieces.iter().try_for_each(|piece| {
                file.write_all_at(piece, offset)?;
                offset += piece.len() as u64;
                Ok(())
            })
        };
        on_disk(write).await.map_err(|error| self.failed("write", &error))
    }

    fn failed(&self, attempted: &str, error: &std::io::Error) -> Error {
        Error::new(
            ErrorKind::Unavailable,
            "read",
            self.object.uri(),
            format!("its local copy in the directory for temporary files could not be {attempted}: {error}"),
        )
    }
}

fn blocks_of(range: &Range<u64>) -> Range<u64> {
    if range.is_empty() { 0..0 } else { range.start / BLOCK_BYTES..range.end.div_ceil(BLOCK_BYTES) }
}

fn read_at(file: &File, range: &Range<u64>) -> std::io::Result<Bytes> {
    let length = usize::try_from(range.end - range.start).map_err(std::io::Error::other)?;
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, range.start)?;
    Ok(bytes.into())
}

async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> std::io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other)?
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use object_store::memory::InMemory;

    use super::*;

    const SIZE: u64 = 9 << 20;

    async fn storage(room: Option<u64>) -> Storage {
        let storage = Storage::metered(Arc::new(InMemory::new()), 1, "s3://bucket/table".parse().unwrap());
        let content: Vec<u8> = (0..SIZE).map(|byte| u8::try_from(byte % 251).unwrap()).collect();
        storage.overwrite("object", content.into()).await.unwrap();
        match room {
            Some(room) => storage.with_staging(Staging::new(room)),
            None => storage,
        }
    }

    fn expected(range: &Range<u64>) -> Vec<u8> {
        range.clone().map(|byte| u8::try_from(byte % 251).unwrap()).collect()
    }

    /// Reads ranges twice, one after the other and all at once; the requests that it took.
    async fn requests(storage: &Storage) -> (u64, u64) {
        let before = storage.requests();
        let object = storage.staged("object", SIZE);
        let ranges = [0..10, 5..4_000_000, 4_194_300..4_194_310, SIZE - 3..SIZE];
        for range in &ranges {
            let read = object.read_ranges(std::slice::from_ref(range)).await.unwrap();
            assert_eq!(read[0], expected(range));
        }
        let all = object.read_ranges(&ranges).await.unwrap();
        assert_eq!(all, ranges.iter().map(expected).collect::<Vec<_>>());
        let after = storage.requests();
        (after.get - before.get, after.bytes_read - before.bytes_read)
    }

    #[tokio::test]
    async fn requests_every_block_once() {
        assert_eq!(requests(&storage(Some(SIZE)).await).await, (3, SIZE));
    }

    async fn soon(condition: impl Fn() -> bool) {
        let wait = async {
            while !condition() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), wait).await.unwrap();
    }

    #[tokio::test]
    async fn requests_the_rest_ahead_of_need() {
        let storage = storage(Some(SIZE)).await;
        let object = storage.staged("object", SIZE);
        object.read_ranges(std::slice::from_ref(&(0..1))).await.unwrap();
        let copied = object.copy.as_ref().unwrap();
        soon(|| copied.copy.blocks.iter().all(OnceCell::initialized)).await;
        assert_eq!(storage.requests().get, 3);
        assert_eq!(copied.ahead.available_permits(), BLOCKS_AHEAD);
    }

    #[tokio::test]
    async fn requests_nothing_more_once_it_is_dropped() {
        let storage = storage(Some(SIZE)).await;
        let object = storage.staged("object", SIZE);
        let held = Arc::clone(&object.copy.as_ref().unwrap().ahead);
        let all = held.acquire_many(u32::try_from(BLOCKS_AHEAD).unwrap()).await.unwrap();
        object.read_ranges(std::slice::from_ref(&(0..1))).await.unwrap();
        drop(object);
        drop(all);
        soon(|| storage.staging.as_ref().unwrap().free.bytes.load(Relaxed) == SIZE).await;
        assert_eq!(storage.requests().get, 1);
    }

    #[tokio::test]
    async fn requests_ranges_as_they_come_without_room() {
        let storage = storage(Some(SIZE - 1)).await;
        assert!(requests(&storage).await.1 > 8_000_000);
        assert!(storage.staged("object", SIZE).copy.is_none());
    }

    #[tokio::test]
    async fn gives_the_room_back() {
        let storage = storage(Some(SIZE)).await;
        let first = storage.staged("object", SIZE);
        assert!(first.copy.is_some() && storage.staged("object", SIZE).copy.is_none());
        drop(first);
        assert!(storage.staged("object", SIZE).copy.is_some());
    }

    #[tokio::test]
    async fn keeps_a_bounded_number_of_files_open() {
        let storage = storage(Some(u64::MAX)).await;
        let mut objects: Vec<_> = (0..MAX_COPIES).map(|_| storage.staged("object", 1)).collect();
        assert!(objects.iter().all(|object| object.copy.is_some()));
        assert!(storage.staged("object", 1).copy.is_none());
        objects.pop();
        assert!(storage.staged("object", 1).copy.is_some());
    }

    #[tokio::test]
    async fn refuses_an_object_that_is_shorter_than_told() {
        for room in [Some(u64::MAX), None] {
            let object = storage(room).await.staged("object", SIZE + 10);
            let past = SIZE + 1..SIZE + 2;
            let error = object.read_ranges(std::slice::from_ref(&past)).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Damaged, "{error}");
            assert!(error.to_string().contains("has 9437184 bytes and should have 9437194"), "{error}");
        }
    }

    #[tokio::test]
    async fn refuses_bytes_after_the_end() {
        let object = storage(Some(SIZE)).await.staged("object", 4);
        let past = BLOCK_BYTES..BLOCK_BYTES + 1;
        assert_eq!(object.read_ranges(&[past]).await.unwrap_err().kind(), ErrorKind::Invalid);
    }
}
