//! Container images of locally built programs, without a container engine.

mod archive;
mod libraries;

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use self::archive::{Layer, write_archive};
use crate::cache::{self, Inputs};

/// How long the archive of a build is kept after a later build.
const KEPT_FOR: Duration = Duration::from_hours(24);
/// Changes with what an image holds beside the program.
const LAYOUT: &str = "2";

/// An image archive on disk, and the name that it has once a node has loaded it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Name without tag, such as `weir.dev/weir`.
    pub repository: String,
    /// Tag made from the content, so that a name never means two things.
    pub tag: String,
    /// The OCI archive.
    pub archive: PathBuf,
}

impl Image {
    /// `repository:tag`.
    pub fn reference(&self) -> String {
        format!("{}:{}", self.repository, self.tag)
    }

    /// An image with one program as entry point, and the shared libraries that it needs, kept in the cache.
    pub fn of_program(repository: &str, program: &Path) -> Result<Self> {
        let name = program.file_name().with_context(|| format!("{} has no file name", program.display()))?;
        let tag = Inputs::default().text(LAYOUT).file(program)?.key();
        let directory = cache::directory().join("images");
        fs::create_dir_all(&directory).with_context(|| format!("creating {}", directory.display()))?;
        let archive = directory.join(format!("{}-{tag}.tar", name.to_string_lossy()));
        let image = Self { repository: repository.to_owned(), tag, archive };
        if !image.archive.exists() {
            let mut layer = Layer::with_base_files()?;
            let entry_point = format!("/usr/bin/{}", name.to_string_lossy());
            layer.add_program(&entry_point, program)?;
            for library in libraries::needed_by(program)? {
                layer.add_program(&library.to_string_lossy(), &library)?;
            }
            image.write(layer, &entry_point)?;
        }
        Ok(image)
    }

    fn write(&self, layer: Layer, entry_point: &str) -> Result<()> {
        let partial = self.archive.with_extension(format!("{}.partial", std::process::id()));
        let file = File::create(&partial).with_context(|| format!("creating {}", partial.display()))?;
        let mut file = BufWriter::new(file);
        write_archive(&mut file, &self.reference(), &layer.finish()?, entry_point)
            .and_then(|()| Ok(file.flush()?))
            .with_context(|| format!("writing {}", partial.display()))?;
        fs::rename(&partial, &self.archive).with_context(|| format!("keeping {}", self.archive.display()))?;
        self.remove_old_archives();
        Ok(())
    }

    /// Removes archives of earlier builds that no running suite can still want.
    fn remove_old_archives(&self) {
        let siblings = self.archive.parent().and_then(|directory| fs::read_dir(directory).ok());
        for sibling in siblings.into_iter().flatten().flatten() {
            let age = sibling
                .metadata()
                .and_then(|metadata| metadata.modified())
                .ok()
                .and_then(|time| time.elapsed().ok());
            if age.is_some_and(|age| age > KEPT_FOR) {
                // An archive that stays costs only its place.
                let _ = fs::remove_file(sibling.path());
            }
        }
    }
}
