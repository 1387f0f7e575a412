//! Builds the oracles once into the cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::cache::{self, Entry, Inputs};
use crate::{process, workspace};

/// The Java oracle with all jars that it needs, in `lib`; needs a JDK 17 and Maven.
pub fn java_oracle() -> Result<Entry> {
    let project = workspace::root().join("tests/java");
    let mut inputs = Inputs::default();
    for file in files_below(&project)? {
        inputs = inputs.text(&file.strip_prefix(&project)?.to_string_lossy()).file(&file)?;
    }
    cache::built("java-oracle", &inputs, |directory| {
        let mut maven = Command::new("mvn");
        maven.args(["--batch-mode", "--quiet", "package"]).current_dir(&project);
        maven.arg(format!("-Doracle.output={}", directory.display()));
        process::run(&mut maven, &cache::log("java-oracle"))
            .context("the Java oracle needs a JDK 17 and Maven (Debian: openjdk-17-jdk-headless and maven)")
    })
}

/// A virtual environment with pypaimon; needs Python 3 with venv.
pub fn python_oracle() -> Result<Entry> {
    let requirements = workspace::root().join("tests/python/requirements.txt");
    cache::built("pypaimon", &Inputs::default().file(&requirements)?, |directory| {
        let package = "pypaimon needs Python 3.11 or newer with venv (Debian: python3-venv)";
        let log = cache::log("pypaimon");
        process::run(Command::new("python3").args(["-m", "venv"]).arg(directory), &log).context(package)?;
        let mut pip = Command::new(directory.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(&requirements);
        process::run(&mut pip, &log).context(package)
    })
}

/// All files below a directory, sorted.
fn files_below(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).with_context(|| format!("listing {}", directory.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
