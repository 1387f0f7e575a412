//! The store's own clock, by which the age of its files is told.

use jiff::Timestamp;
use weir_storage::Storage;

use crate::{Error, ErrorKind, Result};

/// Object whose modification time is asked for.
const PROBE: &str = ".weir/clock";

/// What time it is for the store: an object is written, and its modification time read.
pub(crate) async fn storage_time(storage: &Storage) -> Result<Timestamp> {
    storage.overwrite(PROBE, Timestamp::now().to_string().into()).await?;
    let probe = storage.stat(PROBE).await?.ok_or_else(|| {
        Error::new(
            ErrorKind::Unsafe,
            format!(
                "{} cannot be seen right after it was written, so this store's answers cannot be relied on; nothing was deleted",
                storage.location().uri_of(PROBE)
            ),
        )
    })?;
    Ok(probe.modified)
}
