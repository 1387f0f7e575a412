//! Where things are: the checkout, what tests leave in it, and the cache outside it.

use std::path::{Path, PathBuf};

/// The root of the checkout that this crate was built from.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_owned)
}

/// Cargo's target directory of the checkout: `$CARGO_TARGET_DIR`, else `target`.
pub fn target() -> PathBuf {
    root().join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// Where the logs of a stage, a cluster or a server are kept until the next run of the same name.
pub fn logs(name: &str) -> PathBuf {
    target().join("harness").join(name)
}
