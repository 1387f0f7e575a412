//! Encoding columns and assembling them into output files.

mod encoder;
mod file;
mod properties;
mod statistics;

pub(crate) use encoder::{ColumnEncoder, EncodedColumn, EncoderFactory, chunk_metadata};
pub(crate) use file::{Output, add_statistics, unwritable};
pub(crate) use properties::{is_same_codec, writer_properties};
pub(crate) use statistics::bounds;
