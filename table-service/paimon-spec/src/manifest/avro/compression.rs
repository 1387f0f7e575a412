//! Codecs of manifests.

use arrow_avro::compression::CompressionCodec;

use crate::error::{Error, Result};

/// Codec of a manifest (option `manifest.compression`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Compression {
    /// As it is.
    None,
    /// Zstandard, Paimon's default.
    #[default]
    Zstd,
    /// Snappy.
    Snappy,
    /// Deflate.
    Deflate,
    /// Bzip2.
    Bzip2,
    /// XZ.
    Xz,
}

impl Compression {
    /// The codec that an option names; another name is `Invalid`.
    pub fn from_name(name: &str) -> Result<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "zstd" | "zstandard" => Ok(Self::Zstd),
            "none" | "null" => Ok(Self::None),
            "snappy" => Ok(Self::Snappy),
            "deflate" => Ok(Self::Deflate),
            "bzip2" => Ok(Self::Bzip2),
            "xz" => Ok(Self::Xz),
            _ => Err(Error::invalid(format!(
                "'{name}' is not a codec of manifests: zstd, snappy, deflate, bzip2, xz or null"
            ))),
        }
    }

    /// The codec's name in an Avro container.
    pub(super) fn avro_name(self) -> &'static str {
        match self {
            Self::None => "null",
            Self::Zstd => "zstandard",
            Self::Snappy => "snappy",
            Self::Deflate => "deflate",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
        }
    }

    pub(super) fn codec(self) -> Option<CompressionCodec> {
        match self {
            Self::None => None,
            Self::Zstd => Some(CompressionCodec::ZStandard),
            Self::Snappy => Some(CompressionCodec::Snappy),
            Self::Deflate => Some(CompressionCodec::Deflate),
            Self::Bzip2 => Some(CompressionCodec::Bzip2),
            Self::Xz => Some(CompressionCodec::Xz),
        }
    }
}
