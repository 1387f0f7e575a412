//! Where things are: the checkout, what tests leave in it, and the cache outside it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the checkout that this crate was built from.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_owned)
}

/// Cargo's target directory of the checkout: `$CARGO_TARGET_DIR`, else `target`.
pub fn target() -> PathBuf {
    root().join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// `cargo` in the checkout, as a person's shell would run it.
///
/// Programs and tests that cargo itself started inherit the names of their package. Build scripts that look at them
/// (that of ring) would run again, and everything above them would be built again, each time that the two alternate.
pub fn cargo() -> Command {
    let mut cargo = Command::new("cargo");
    for (name, _) in std::env::vars_os() {
        let inherited = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];
        if name.to_str().is_some_and(|name| inherited.iter().any(|prefix| name.starts_with(prefix))) {
            cargo.env_remove(name);
        }
    }
    cargo.current_dir(root());
    cargo
}

/// Where the logs of a stage, a cluster or a server are kept until the next run of the same name.
pub fn logs(name: &str) -> PathBuf {
    target().join("harness").join(name)
}
