//! OCI image archives: a tar of content-addressed blobs with an `index.json` (OCI image layout 1.0).

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tar::{Builder, EntryType, Header};

use crate::cache;

/// Where this machine keeps the certificates of public authorities, and where programs look for them.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";
const USERS: &str = "root:x:0:0:root:/:/none\nnonroot:x:65532:65532:nonroot:/:/none\n";

/// The one layer of an image, an uncompressed tar that is being written.
pub(super) struct Layer(Builder<Vec<u8>>);

impl Layer {
    /// A layer with a `/tmp` for everyone, `/etc/passwd` and the certificates of public authorities, without which a
    /// TLS client does not even start.
    pub(super) fn with_base_files() -> Result<Self> {
        let mut layer = Self(Builder::new(Vec::new()));
        let mut header = header(0o1777, 0);
        header.set_entry_type(EntryType::Directory);
        layer.0.append_data(&mut header, "tmp/", std::io::empty())?;
        append(&mut layer.0, "etc/passwd", 0o644, USERS.as_bytes())?;
        let authorities = fs::read(AUTHORITIES)
            .with_context(|| format!("reading {AUTHORITIES} (Debian: apt-get install ca-certificates)"))?;
        append(&mut layer.0, AUTHORITIES.trim_start_matches('/'), 0o644, &authorities)?;
        Ok(layer)
    }

    /// Adds the file at `source` as an executable at the absolute path `destination`.
    pub(super) fn add_program(&mut self, destination: &str, source: &Path) -> Result<()> {
        let content = fs::read(source).with_context(|| format!("reading {}", source.display()))?;
        append(&mut self.0, destination.trim_start_matches('/'), 0o755, &content)
    }

    /// The bytes of the layer.
    pub(super) fn finish(self) -> Result<Vec<u8>> {
        Ok(self.0.into_inner()?)
    }
}

/// Writes an image named `reference` of one `layer` that starts `entry_point`.
pub(super) fn write_archive(
    output: impl Write,
    reference: &str,
    layer: &[u8],
    entry_point: &str,
) -> Result<()> {
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    let configuration = serde_json::to_vec(&json!({
        "architecture": architecture,
        "os": "linux",
        "config": {"Entrypoint": [entry_point], "WorkingDir": "/"},
        "rootfs": {"type": "layers", "diff_ids": [digest(layer)]},
    }))?;
    let manifest_type = "application/vnd.oci.image.manifest.v1+json";
    let manifest = serde_json::to_vec(&json!({
        "schemaVersion": 2,
        "mediaType": manifest_type,
        "config": descriptor("application/vnd.oci.image.config.v1+json", &configuration),
        "layers": [descriptor("application/vnd.oci.image.layer.v1.tar", layer)],
    }))?;
    let mut listed = descriptor(manifest_type, &manifest);
    listed["platform"] = json!({"architecture": architecture, "os": "linux"});
    listed["annotations"] = json!({"io.containerd.image.name": reference});
    let index = serde_json::to_vec(&json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [listed],
    }))?;
    let mut archive = Builder::new(output);
    append(&mut archive, "oci-layout", 0o644, br#"{"imageLayoutVersion":"1.0.0"}"#)?;
    append(&mut archive, "index.json", 0o644, &index)?;
    for blob in [layer, &configuration, &manifest] {
        append(&mut archive, &format!("blobs/{}", digest(blob).replace(':', "/")), 0o644, blob)?;
    }
    archive.into_inner()?;
    Ok(())
}

fn descriptor(media_type: &str, blob: &[u8]) -> Value {
    json!({"mediaType": media_type, "digest": digest(blob), "size": blob.len()})
}

fn digest(blob: &[u8]) -> String {
    format!("sha256:{}", cache::hexadecimal(&Sha256::digest(blob)))
}

fn append(archive: &mut Builder<impl Write>, path: &str, mode: u32, content: &[u8]) -> Result<()> {
    let mut header = header(mode, content.len() as u64);
    header.set_entry_type(EntryType::Regular);
    archive.append_data(&mut header, path, content)?;
    Ok(())
}

fn header(mode: u32, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_mode(mode);
    header.set_size(size);
    header.set_mtime(0);
    header
}
