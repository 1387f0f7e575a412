//! Builds the oracles once into the cache, keyed by what they are built from.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::{Error, Result};

/// Where what tests build is kept: `$WEIR_CACHE`, else `$XDG_CACHE_HOME/weir`, else `~/.cache/weir`.
fn cache_directory() -> PathBuf {
    let directory = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    directory("WEIR_CACHE")
        .or_else(|| directory("XDG_CACHE_HOME").map(|cache| cache.join("weir")))
        .unwrap_or_else(|| directory("HOME").unwrap_or_else(|| PathBuf::from("/")).join(".cache/weir"))
}

/// The directory of this crate that holds the oracle's sources.
pub(super) fn sources(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Directory of jars with the Java oracle and all it needs.
pub(super) fn java_libraries() -> Result<PathBuf> {
    let project = sources("java");
    let directory = prepared("java-oracle", &project, |directory| {
        let mut maven = Command::new("mvn");
        maven.args(["--batch-mode", "--quiet", "package"]).current_dir(&project);
        maven.arg(format!("-Doracle.output={}", directory.display()));
        run(&mut maven, "a JDK 17 and Maven (Debian: openjdk-17-jdk-headless, maven)")
    })?;
    Ok(directory.join("lib"))
}

/// The interpreter of a virtual environment that has pypaimon.
pub(super) fn python() -> Result<PathBuf> {
    let requirements = sources("python").join("requirements.txt");
    let directory = prepared("pypaimon", &requirements, |directory| {
        let package = "Python 3.11 or newer with venv (Debian: python3-venv)";
        run(Command::new("python3").args(["-m", "venv"]).arg(directory), package)?;
        let mut pip = Command::new(directory.join("bin/pip"));
        run(pip.args(["install", "--quiet", "--requirement"]).arg(&requirements), package)
    })?;
    Ok(directory.join("bin/python"))
}

/// The cache's directory for what is built from `source`, built first when it is not there.
fn prepared(name: &str, source: &Path, build: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let directory = cache_directory().join(format!("{name}-{:016x}", fingerprint(source)?));
    let complete = directory.join("complete");
    fs::create_dir_all(&directory).map_err(unusable(&directory))?;
    let lock_path = directory.with_extension("lock");
    let lock = File::create(&lock_path).map_err(unusable(&lock_path))?;
    lock.lock().map_err(unusable(&lock_path))?;
    if !complete.exists() {
        tracing::info!(directory = %directory.display(), "building the {name} oracle");
        build(&directory)?;
        File::create(&complete).map_err(unusable(&complete))?;
    }
    Ok(directory)
}

fn run(command: &mut Command, package: &'static str) -> Result<()> {
    let output = command.output().map_err(|source| Error::Missing {
        program: command.get_program().to_string_lossy().into_owned(),
        package,
        source,
    })?;
    if output.status.success() {
        return Ok(());
    }
    Err(Error::Preparation {
        command: format!("{command:?}"),
        status: output.status,
        output: String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
    })
}

/// FNV-1a over the names and contents of a file, or of all files below a directory.
fn fingerprint(source: &Path) -> Result<u64> {
    let mut files = Vec::new();
    collect_files(source, &mut files)?;
    files.sort();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for file in files {
        let content = fs::read(&file).map_err(unusable(&file))?;
        let name = file.strip_prefix(source).unwrap_or(&file).to_string_lossy().into_owned();
        for byte in name.bytes().chain([0]).chain(content) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    Ok(hash)
}

fn collect_files(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_file() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path).map_err(unusable(path))? {
        collect_files(&entry.map_err(unusable(path))?.path(), files)?;
    }
    Ok(())
}

fn unusable(path: &Path) -> impl FnOnce(std::io::Error) -> Error + use<> {
    let path = path.to_owned();
    move |source| Error::Cache { path, source }
}
