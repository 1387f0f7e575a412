use object_store::{
    CopyMode, CopyOptions, Error as StoreError, ObjectStoreExt, RenameOptions, RenameTargetMode,
};

use crate::probe::PROBE;
use crate::{Create, Error, ErrorKind, Result, Storage};

/// Bytes that S3 copies with one request at most.
const LARGEST_COPY: u64 = 5 << 30;

/// Bytes of an object that is moved by writing its content: one request less than a conditional copy, and the proof
/// that commits rely on is enough.
const SMALL: u64 = 8 << 20;

/// Bytes of two objects that are compared at once.
const COMPARED: usize = 8 << 20;

/// How a move to a place that must be free ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Relocation {
    /// The object is at its new place, and there alone.
    Moved,
    /// Another object is at that place; nothing was changed.
    Occupied,
}

impl Storage {
    /// Whether objects of so many bytes can be moved: object stores copy, and S3 copies 5 GiB at most.
    pub const fn can_move(&self, bytes: u64) -> bool {
        !self.location.is_remote() || bytes <= LARGEST_COPY
    }

    /// Moves an object, whatever is at its new place: by renaming on a file system, else by copying and deleting. When it
    /// fails the object may be at both places, never at none.
    pub async fn rename(&self, from: &str, to: &str) -> Result<()> {
        let (source, target) = (self.key("move", from)?, self.key("move", to)?);
        self.store().rename(&source, &target).await.map_err(|e| self.error("move", from, &e))
    }

    /// Moves an object of so many bytes to a place that is free: what is there, or appears there in any moment, stays.
    /// When it fails the object may be at both places, never at none.
    pub async fn rename_if_absent(&self, from: &str, to: &str, bytes: u64) -> Result<Relocation> {
        if self.location.is_remote() && bytes <= SMALL {
            return self.rewrite_if_absent(from, to).await;
        }
        if self.location.is_remote() {
            self.require_conditional_copies().await?;
        }
        let (source, target) = (self.key("move", from)?, self.key("move", to)?);
        let options = RenameOptions::new().with_target_mode(RenameTargetMode::Create);
        match self.store().rename_opts(&source, &target, options).await {
            Ok(()) => Ok(Relocation::Moved),
            Err(StoreError::AlreadyExists { .. }) => self.finish_move(from, to, bytes).await,
            Err(error) => Err(self.error("move", from, &error)),
        }
    }

    /// What is at the new place may be the object itself: a move that was interrupted has copied it and not deleted it.
    async fn finish_move(&self, from: &str, to: &str, bytes: u64) -> Result<Relocation> {
        if self.are_equal(from, to, bytes).await? { self.clear(from).await } else { Ok(Relocation::Occupied) }
    }

    /// Whether an object of so many bytes and another have the same content; what does not exist has none.
    pub async fn are_equal(&self, from: &str, to: &str, bytes: u64) -> Result<bool> {
        if self.stat(to).await?.is_none_or(|there| there.size != bytes) {
            return Ok(false);
        }
        for start in (0..bytes).step_by(COMPARED) {
            let piece = start..bytes.min(start + COMPARED as u64);
            let piece = std::slice::from_ref(&piece);
            if self.read_ranges(from, piece).await? != self.read_ranges(to, piece).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Deletes an object that is at its new place.
    async fn clear(&self, from: &str) -> Result<Relocation> {
        let deleted: Result<Vec<()>> = self.delete(&[from.to_owned()]).await.into_iter().collect();
        deleted.map(|_| Relocation::Moved)
    }

    async fn rewrite_if_absent(&self, from: &str, to: &str) -> Result<Relocation> {
        // Equal content counts as ours.
        match self.create(to, self.read(from).await?).await? {
            Create::Exists(_) => Ok(Relocation::Occupied),
            Create::Unclear(error) => Err(error),
            Create::Created => self.clear(from).await,
        }
    }

    /// Makes sure that a conditional copy overwrites nothing, by trying one that must be refused. A store that ignores
    /// the condition replaces the probe by itself.
    async fn require_conditional_copies(&self) -> Result<()> {
        let probe = self.key("copy", PROBE)?;
        match self.store().copy_opts(&probe, &probe, CopyOptions::new().with_mode(CopyMode::Create)).await {
            Err(StoreError::AlreadyExists { .. }) => Ok(()),
            Err(error) => Err(self.error("copy", PROBE, &error)),
            Ok(()) => Err(Error::new(
                ErrorKind::Invalid,
                "move objects within",
                self.location().to_string(),
                "the store ignores `If-None-Match: *` on multipart uploads and would overwrite what is at their new place",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_stores_move_up_to_five_gibibytes_and_file_systems_everything() {
        let storage = |location: &str| Storage::open(&location.parse().unwrap()).unwrap();
        let remote = storage("s3://lake/table");
        assert!(remote.can_move(0) && remote.can_move(5 * 1024 * 1024 * 1024));
        assert!(!remote.can_move(5 * 1024 * 1024 * 1024 + 1));
        assert!(storage("/lake/table").can_move(u64::MAX));
    }
}
