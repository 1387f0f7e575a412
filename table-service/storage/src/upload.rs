use std::mem;
use std::sync::Arc;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, WriteMultipart};

use crate::{Result, Storage};

/// Size of a part, and of the largest object that is written with a single request.
const PART_BYTES: usize = 8 * 1024 * 1024;

/// Parts that are on the wire at the same time.
const PARTS_IN_FLIGHT: usize = 2;

/// An object that is written piece by piece: one request when it stays small, a multipart upload otherwise.
///
/// The object appears when [`Upload::finish`] succeeds, whole or not at all. Memory is bounded by the parts that
/// are being filled and sent.
#[derive(Debug)]
pub struct Upload {
    storage: Storage,
    store: Arc<dyn ObjectStore>,
    path: String,
    key: Path,
    bytes: u64,
    state: State,
}

#[derive(Debug)]
enum State {
    Small(Vec<Bytes>, usize),
    Multipart(WriteMultipart),
}

impl Storage {
    /// Starts writing `path`; nothing is requested before a part is full.
    pub fn upload(&self, path: &str) -> Result<Upload> {
        let key = self.key("write", path)?;
        Ok(Upload {
            storage: self.clone(),
            store: self.shared_store(),
            path: path.to_owned(),
            key,
            bytes: 0,
            state: State::Small(Vec::new(), 0),
        })
    }
}

impl Upload {
    /// Path of the object, relative to the table's root.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Bytes written so far.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Appends `content`, waiting while too much is on the wire.
    pub async fn write(&mut self, content: Bytes) -> Result<()> {
        self.bytes += content.len() as u64;
        match &mut self.state {
            State::Small(pieces, size) if *size + content.len() <= PART_BYTES => {
                *size += content.len();
                pieces.push(content);
            }
            State::Small(pieces, _) => {
                let pieces = mem::take(pieces);
                let upload = self
                    .store
                    .put_multipart(&self.key)
                    .await
                    .map_err(|e| self.storage.error("write", &self.path, &e))?;
                let mut writer = WriteMultipart::new_with_chunk_size(upload, PART_BYTES);
                for piece in pieces {
                    writer.put(piece);
                }
                writer.put(content);
                self.state = State::Multipart(writer);
            }
            State::Multipart(writer) => {
                writer
                    .wait_for_capacity(PARTS_IN_FLIGHT)
                    .await
                    .map_err(|e| self.storage.error("write", &self.path, &e))?;
                writer.put(content);
            }
        }
        Ok(())
    }

    /// Makes the object visible; its size in bytes.
    pub async fn finish(self) -> Result<u64> {
        let done = match self.state {
            State::Small(pieces, _) => {
                self.store.put(&self.key, PutPayload::from_iter(pieces)).await.map(|_| ())
            }
            State::Multipart(writer) => writer.finish().await.map(|_| ()),
        };
        done.map_err(|e| self.storage.error("write", &self.path, &e))?;
        Ok(self.bytes)
    }

    /// Drops what was sent so far. Failures are logged only: the store forgets unfinished uploads by itself.
    pub async fn abort(self) {
        if let State::Multipart(writer) = self.state
            && let Err(error) = writer.abort().await
        {
            let error = self.storage.error("abort the upload of", &self.path, &error);
            tracing::warn!(%error, "an unfinished upload stays behind");
        }
    }
}
