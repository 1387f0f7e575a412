//! The Avro object container around the records: header, blocks, sync markers.
//!
//! The container is checked here, before its blocks are decoded: the decoder takes a file that ends within a
//! block for one that ends before it, and the entries lost that way would look like files nobody needs.

use crate::error::{Error, Result};

const MAGIC: &[u8] = b"Obj\x01";
const SYNC_LENGTH: usize = 16;
const CODEC_KEY: &str = "avro.codec";
const SCHEMA_KEY: &str = "avro.schema";
const SNAPPY_CHECKSUM_LENGTH: usize = 4;

/// A container that is whole: every block ends with the header's sync marker and the last one ends the file.
#[derive(Debug)]
pub(super) struct Container<'a> {
    /// Magic, metadata and sync marker.
    pub(super) header: &'a [u8],
    /// The name of the codec.
    pub(super) codec: &'a [u8],
    /// The schema of the records, as JSON.
    pub(super) schema: &'a [u8],
    /// The blocks, in order.
    pub(super) blocks: Vec<Block<'a>>,
}

/// Records encoded and compressed together.
#[derive(Debug)]
pub(super) struct Block<'a> {
    /// How many records.
    pub(super) count: usize,
    /// The records, compressed.
    pub(super) data: &'a [u8],
    /// The block as it stands in the file: count, length, data and sync marker.
    pub(super) framed: &'a [u8],
}

/// Takes a container apart. A file in another format that manifests can have is `Unsupported`.
pub(super) fn parse(bytes: &[u8]) -> Result<Container<'_>> {
    if !bytes.starts_with(MAGIC) {
        return Err(not_avro(bytes));
    }
    let mut cursor = Cursor { bytes, at: MAGIC.len() };
    let Metadata { codec, schema } = cursor.metadata()?;
    let sync = cursor.take(SYNC_LENGTH)?;
    let header = &bytes[..cursor.at];
    let mut blocks = Vec::new();
    while cursor.at < bytes.len() {
        let start = cursor.at;
        let count = cursor.length()?;
        let length = cursor.length()?;
        let data = cursor.take(length)?;
        if cursor.take(SYNC_LENGTH)? != sync {
            return Err(Error::corrupt(format!(
                "the block at byte {start} does not end with the sync marker"
            )));
        }
        if codec == b"snappy" && length < SNAPPY_CHECKSUM_LENGTH {
            return Err(Error::corrupt(format!("the block at byte {start} is shorter than its checksum")));
        }
        if count > 0 && length == 0 {
            return Err(Error::corrupt(format!("the block at byte {start} has {count} records in no bytes")));
        }
        blocks.push(Block { count, data, framed: &bytes[start..cursor.at] });
    }
    Ok(Container { header, codec, schema, blocks })
}

/// A header with this schema and codec; blocks of `codec` with `sync` may follow it.
pub(super) fn header(schema: &str, codec: &str, sync: &[u8; SYNC_LENGTH]) -> Result<Vec<u8>> {
    let mut bytes = MAGIC.to_vec();
    push_long(&mut bytes, 2);
    for (key, value) in [(CODEC_KEY, codec), (SCHEMA_KEY, schema)] {
        for text in [key, value] {
            push_long(
                &mut bytes,
                i64::try_from(text.len()).map_err(|_| Error::invalid("the schema is too long"))?,
            );
            bytes.extend_from_slice(text.as_bytes());
        }
    }
    push_long(&mut bytes, 0);
    bytes.extend_from_slice(sync);
    Ok(bytes)
}

fn not_avro(bytes: &[u8]) -> Error {
    let other = |format| {
        Error::unsupported(format!(
            "the manifest is {format} (manifest.format = {format}); only avro is read"
        ))
    };
    if bytes.starts_with(b"ORC") {
        other("orc")
    } else if bytes.starts_with(b"PAR1") {
        other("parquet")
    } else {
        Error::corrupt("the file is not an Avro container")
    }
}

fn push_long(bytes: &mut Vec<u8>, value: i64) {
    let mut rest = ((value << 1) ^ (value >> 63)).cast_unsigned();
    while rest > 0x7f {
        bytes.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    bytes.push(rest.to_le_bytes()[0]);
}

/// What is needed of a header's metadata.
struct Metadata<'a> {
    codec: &'a [u8],
    schema: &'a [u8],
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let taken =
            self.at.checked_add(length).and_then(|end| self.bytes.get(self.at..end)).ok_or_else(|| {
                Error::corrupt(format!(
                    "the file ends within a value of {length} bytes at byte {}: it is cut short or damaged",
                    self.at
                ))
            })?;
        self.at += length;
        Ok(taken)
    }

    fn long(&mut self) -> Result<i64> {
        let start = self.at;
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed());
            }
        }
        Err(Error::corrupt(format!("the number at byte {start} does not end")))
    }

    fn length(&mut self) -> Result<usize> {
        let start = self.at;
        let length = self.long()?;
        usize::try_from(length).map_err(|_| Error::corrupt(format!("length {length} at byte {start}")))
    }

    /// Passes over the header's metadata and returns what is needed of it.
    fn metadata(&mut self) -> Result<Metadata<'a>> {
        let mut metadata = Metadata { codec: b"null", schema: b"" };
        loop {
            let mut pairs = self.long()?;
            if pairs < 0 {
                // A negative count is followed by the block's length in bytes.
                self.long()?;
                pairs = pairs.saturating_neg();
            }
            if pairs == 0 {
                return Ok(metadata);
            }
            for _ in 0..pairs {
                let key_length = self.length()?;
                let key = self.take(key_length)?;
                let value_length = self.length()?;
                let value = self.take(value_length)?;
                if key == CODEC_KEY.as_bytes() {
                    metadata.codec = value;
                } else if key == SCHEMA_KEY.as_bytes() {
                    metadata.schema = value;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
