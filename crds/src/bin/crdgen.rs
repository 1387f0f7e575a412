//! Writes the CustomResourceDefinitions to each directory named on the command line (default: `crds/yaml` and the
//! copies of the Helm chart).

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use weir_crds::manifest::{Manifest, ManifestError, manifests};

#[derive(Debug, thiserror::Error)]
enum CrdgenError {
    #[error(transparent)]
    Generate(#[from] ManifestError),
    #[error("write {path}")]
    Write { path: PathBuf, source: io::Error },
}

fn main() -> ExitCode {
    let mut directories: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if directories.is_empty() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        directories = vec![root.join("crds/yaml"), root.join("charts/weir/files/crds")];
    }
    match write_all(&directories) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("crdgen: {error}{}", source_of(&error));
            ExitCode::FAILURE
        }
    }
}

fn write_all(directories: &[PathBuf]) -> Result<(), CrdgenError> {
    let manifests = manifests()?;
    directories.iter().try_for_each(|directory| write(directory, &manifests))
}

fn write(directory: &Path, manifests: &[Manifest]) -> Result<(), CrdgenError> {
    std::fs::create_dir_all(directory)
        .map_err(|source| CrdgenError::Write { path: directory.to_owned(), source })?;
    for manifest in manifests {
        let path = directory.join(&manifest.file_name);
        std::fs::write(&path, &manifest.text).map_err(|source| CrdgenError::Write { path, source })?;
    }
    Ok(())
}

fn source_of(error: &dyn std::error::Error) -> String {
    error.source().map(|source| format!(": {source}")).unwrap_or_default()
}
