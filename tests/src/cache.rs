//! What is built once and used by every later run, kept outside the checkout.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// Where what tests build is kept: `$WEIR_CACHE`, else `$XDG_CACHE_HOME/weir`, else `~/.cache/weir`.
pub fn directory() -> PathBuf {
    let directory = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    directory("WEIR_CACHE")
        .or_else(|| directory("XDG_CACHE_HOME").map(|cache| cache.join("weir")))
        .unwrap_or_else(|| directory("HOME").unwrap_or_else(|| PathBuf::from("/")).join(".cache/weir"))
}

/// What an entry of the cache is built from; two entries of one name with different inputs stand side by side.
#[derive(Debug, Clone, Default)]
pub struct Inputs(Sha256);

impl Inputs {
    /// Adds a text, such as a version or a list of flags.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text);
        self
    }

    /// Adds the content of a file.
    pub fn file(mut self, path: &Path) -> Result<Self> {
        let content = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        self.0.update((content.len() as u64).to_le_bytes());
        self.0.update(content);
        Ok(self)
    }

    /// The first 16 hexadecimal digits of the SHA-256 of everything added.
    pub fn key(&self) -> String {
        hexadecimal(&self.0.clone().finalize()[..8])
    }
}

/// Bytes as hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// An entry of the cache.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The directory with what was built.
    pub path: PathBuf,
    /// Whether it was there before.
    pub cached: bool,
}

/// The entry `name` for `inputs`, built by `build` into an empty directory when it is not there.
///
/// An entry appears whole or not at all, and two processes never build it at the same time.
pub fn built(name: &str, inputs: &Inputs, build: impl FnOnce(&Path) -> Result<()>) -> Result<Entry> {
    let path = directory().join(format!("{name}-{}", inputs.key()));
    fs::create_dir_all(directory()).with_context(|| format!("creating {}", directory().display()))?;
    let lock_path = path.with_extension("lock");
    let lock = File::create(&lock_path).with_context(|| format!("creating {}", lock_path.display()))?;
    lock.lock().with_context(|| format!("locking {}", lock_path.display()))?;
    if path.exists() {
        return Ok(Entry { path, cached: true });
    }
    let partial = path.with_extension("partial");
    if partial.exists() {
        fs::remove_dir_all(&partial).with_context(|| format!("removing {}", partial.display()))?;
    }
    fs::create_dir(&partial).with_context(|| format!("creating {}", partial.display()))?;
    build(&partial).with_context(|| format!("building {name}"))?;
    fs::rename(&partial, &path).with_context(|| format!("keeping {}", path.display()))?;
    Ok(Entry { path, cached: false })
}

/// Where the log of building `name` is written.
pub fn log(name: &str) -> PathBuf {
    directory().join("logs").join(format!("{name}.log"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_differ_when_the_same_bytes_are_split_differently() {
        let one = Inputs::default().text("ab").text("c").key();
        let other = Inputs::default().text("a").text("bc").key();
        assert_ne!(one, other);
        assert_eq!(one.len(), 16);
    }
}
