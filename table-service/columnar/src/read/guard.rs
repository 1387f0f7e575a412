use std::panic::{AssertUnwindSafe, catch_unwind};

use parquet::errors::{ParquetError, Result};

/// Runs a decoder of the Parquet library, which may panic on bytes that no writer would write, and
/// makes an error of such a panic. What the decoder left behind must not be used afterwards.
pub(crate) fn guarded<T>(decode: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(decode))
        .unwrap_or_else(|_| Err(ParquetError::General("the decoder met bytes that make no sense".to_owned())))
}
