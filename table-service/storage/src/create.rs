use bytes::Bytes;
use object_store::{Error as StoreError, PutMode, PutPayload};

use crate::{Error, Result, Storage};

/// How a put-if-absent ended.
#[derive(Debug)]
#[must_use]
pub enum Create {
    /// The object is ours.
    Created,
    /// Somebody else's object is there, with this content.
    Exists(Bytes),
    /// The store did not answer clearly and the object cannot be seen; it may still appear. Nothing that the
    /// object refers to may be deleted.
    Unclear(Error),
}

impl Storage {
    /// Writes `content` to `path` unless an object exists there.
    ///
    /// Stores retry requests whose answer was lost, so "exists" may mean our own first try, and an error may
    /// come after the object was written. Both are resolved by reading the object back: equal content is ours.
    /// Content must therefore be unique to its writer (a snapshot carries commit user and uuid).
    pub async fn create(&self, path: &str, content: Bytes) -> Result<Create> {
        let key = self.key("create", path)?;
        let put =
            self.store().put_opts(&key, PutPayload::from(content.clone()), PutMode::Create.into()).await;
        let failure = match put {
            Ok(_) => return Ok(Create::Created),
            Err(
                error @ (StoreError::NotImplemented { .. }
                | StoreError::PermissionDenied { .. }
                | StoreError::Unauthenticated { .. }),
            ) => {
                return Err(self.error("create", path, &error));
            }
            Err(error) => error,
        };
        match self.read_opt(path).await {
            Ok(Some(found)) if found == content => Ok(Create::Created),
            Ok(Some(found)) => Ok(Create::Exists(found)),
            Ok(None) => Ok(Create::Unclear(self.error("create", path, &failure))),
            Err(read_back) => Ok(Create::Unclear(read_back)),
        }
    }
}
