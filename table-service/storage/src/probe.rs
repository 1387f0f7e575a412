use bytes::Bytes;

use crate::{Create, Error, ErrorKind, Result, Storage};

/// Object that the probe writes, once for a table.
pub(crate) const PROBE: &str = ".weir/conditional-write-probe";

impl Storage {
    /// Makes sure that the store honours put-if-absent, which every commit relies on.
    ///
    /// Some S3-compatible stores accept the condition and ignore it: a commit would then overwrite another
    /// writer's snapshot. The probe object stays, so that all but the first probe cost one refused request.
    /// Fails with [`ErrorKind::Invalid`] on such a store.
    pub async fn require_conditional_writes(&self) -> Result<()> {
        for attempt in ["first", "second"] {
            // Contents differ, so that a second object cannot be mistaken for our own.
            match self
                .create(PROBE, Bytes::from(format!("{attempt} {:?}\n", std::time::SystemTime::now())))
                .await?
            {
                Create::Exists(_) => return Ok(()),
                Create::Created => {}
                Create::Unclear(error) => return Err(error),
            }
        }
        Err(Error::new(
            ErrorKind::Invalid,
            "commit to",
            self.location().to_string(),
            "the store ignores `If-None-Match: *` and would let commits overwrite each other; use a store or a release of it that supports conditional writes",
        ))
    }
}
