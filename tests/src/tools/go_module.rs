//! Programs built from a Go module of this repository.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::go;
use crate::cache::{self, Entry, Inputs};
use crate::process;

/// A Go module with pinned dependencies and the programs to build from it.
pub(super) struct GoModule<'a> {
    /// Name of the cache's entry.
    pub(super) name: &'a str,
    /// Directory with `go.mod` and `go.sum`.
    pub(super) directory: PathBuf,
    /// The module's own source files.
    pub(super) sources: &'a [&'a str],
    /// Programs, each with the package that makes it.
    pub(super) packages: &'a [(&'a str, &'a str)],
    /// Flags for the linker.
    pub(super) linker: &'a str,
}

impl GoModule<'_> {
    /// The built programs; `finish` completes the directory before it becomes an entry of the cache.
    pub(super) fn built(&self, finish: impl FnOnce(&Path) -> Result<()>) -> Result<Entry> {
        let go = go::find()?;
        cache::built(self.name, &self.inputs(&go)?, |directory| {
            for (program, package) in self.packages {
                let mut build = go.command();
                build.args(["build", "-mod=readonly", "-trimpath", "-ldflags", self.linker, "-o"]);
                build.arg(directory.join(program)).arg(package).current_dir(&self.directory);
                build.env("CGO_ENABLED", "0").env("GOFLAGS", "-buildvcs=false");
                process::run(&mut build, &cache::log(&format!("{}-{program}", self.name)))?;
            }
            finish(directory)
        })
    }

    fn inputs(&self, go: &go::Go) -> Result<Inputs> {
        let mut inputs = Inputs::default().text(go.version()).text(self.linker);
        for (program, package) in self.packages {
            inputs = inputs.text(program).text(package);
        }
        ["go.mod", "go.sum"]
            .iter()
            .chain(self.sources)
            .try_fold(inputs, |inputs, file| inputs.file(&self.directory.join(file)))
    }
}
