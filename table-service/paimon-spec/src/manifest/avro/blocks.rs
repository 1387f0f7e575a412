//! Blocks of containers as Arrow arrays.
//!
//! A table has very many small manifests that all begin with the same schema. Making a decoder of a schema costs far
//! more than decoding the few records behind it, so each thread keeps the decoders that it has made.

use std::cell::RefCell;
use std::io::Read as _;

use arrow::array::StructArray;
use arrow_avro::reader::{Decoder, DecoderMode, ReaderBuilder};
use arrow_avro::schema::{AvroSchema, Fingerprint, FingerprintAlgorithm, SchemaStore};
use zstd::bulk::Decompressor;

use super::container::{Block, Container};
use crate::error::{Error, Result};

/// Decoders that a thread keeps: one for each kind of manifest, and some for other writers and releases.
const KEPT_DECODERS: usize = 8;

/// The only schema in the store of a decoder.
const FINGERPRINT: Fingerprint = Fingerprint::Id(0);

/// Decompressed bytes up to which a block is decompressed at once, into memory that is kept.
const SMALL_BLOCK: usize = 128 * 1024;

thread_local! {
    static DECODERS: RefCell<Decoders> = RefCell::default();
}

/// Decodes a block that holds records.
pub(super) fn decode(container: &Container<'_>, block: &Block<'_>) -> Result<StructArray> {
    if is_decoded_in_place(container) {
        DECODERS.with_borrow_mut(|decoders| decoders.decode(container.schema, [(container, block)]))
    } else {
        decode_alone(container.header, block)
    }
}

/// Decodes the blocks of containers into one array. All have the schema of the first, and are
/// [decoded in place](is_decoded_in_place).
pub(super) fn decode_together(containers: &[&Container<'_>]) -> Result<StructArray> {
    let schema = containers.first().map(|container| container.schema).unwrap_or_default();
    let blocks =
        containers.iter().flat_map(|container| container.blocks.iter().map(|block| (*container, block)));
    DECODERS.with_borrow_mut(|decoders| decoders.decode(schema, blocks))
}

/// Whether the codec is one of those whose records are decoded with the decoders that are kept.
pub(super) fn is_decoded_in_place(container: &Container<'_>) -> bool {
    matches!(container.codec, b"null" | b"zstandard")
}

/// Decodes one block as a container of its own, with a decoder of its own: blocks of codecs that are rarely used.
fn decode_alone(header: &[u8], block: &Block<'_>) -> Result<StructArray> {
    // The count bounds how far the decoder goes.
    let mut reader = ReaderBuilder::new()
        .with_batch_size(block.count)
        .build(header.chain(block.framed))
        .map_err(undecodable)?;
    let batch =
        reader.next().ok_or_else(|| Error::corrupt("an Avro block has no records"))?.map_err(undecodable)?;
    if batch.num_rows() == block.count {
        Ok(batch.into())
    } else {
        Err(Error::corrupt(format!("an Avro block has {} records, not {}", batch.num_rows(), block.count)))
    }
}

fn undecodable(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::corrupt("the Avro records cannot be decoded").caused_by(error)
}

#[derive(Default)]
struct Decoders {
    /// The one used last is at the end.
    known: Vec<SchemaDecoder>,
    decompressor: Decompressor<'static>,
    /// A decompressed block.
    plain: Vec<u8>,
}

impl Decoders {
    fn decode<'a>(
        &mut self,
        schema: &[u8],
        blocks: impl IntoIterator<Item = (&'a Container<'a>, &'a Block<'a>)>,
    ) -> Result<StructArray> {
        let at = self.known.iter().rposition(|known| known.schema == schema);
        let mut decoder = match at {
            Some(at) => self.known.remove(at),
            None => SchemaDecoder::new(schema)?,
        };
        // One that has failed may hold a part of a record, so it is not kept.
        for (container, block) in blocks {
            self.feed(&mut decoder, container.codec, block)?;
        }
        let records = decoder.records()?;
        if self.known.len() >= KEPT_DECODERS {
            self.known.remove(0);
        }
        self.known.push(decoder);
        Ok(records)
    }

    fn feed(&mut self, decoder: &mut SchemaDecoder, codec: &[u8], block: &Block<'_>) -> Result<()> {
        if codec == b"null" {
            return decoder.feed(block.count, block.data);
        }
        let mut plain = std::mem::take(&mut self.plain);
        self.decompress(block.data, &mut plain)?;
        let fed = decoder.feed(block.count, &plain);
        plain.shrink_to(SMALL_BLOCK);
        self.plain = plain;
        fed
    }

    fn decompress(&mut self, data: &[u8], plain: &mut Vec<u8>) -> Result<()> {
        plain.clear();
        plain.reserve(SMALL_BLOCK);
        if self.decompressor.decompress_to_buffer(data, plain).is_ok() {
            return Ok(());
        }
        // It is larger, or damaged.
        plain.clear();
        let mut decoder = zstd::Decoder::new(data).map_err(undecodable)?;
        decoder.read_to_end(plain).map_err(undecodable)?;
        Ok(())
    }
}

/// A decoder of bare records.
struct SchemaDecoder {
    schema: Vec<u8>,
    decoder: Decoder,
}

impl SchemaDecoder {
    fn new(schema: &[u8]) -> Result<Self> {
        let text = std::str::from_utf8(schema).map_err(undecodable)?;
        let mut store = SchemaStore::new_with_type(FingerprintAlgorithm::Id);
        store.set(FINGERPRINT, AvroSchema::new(text.to_owned())).map_err(undecodable)?;
        let decoder = ReaderBuilder::new()
            .with_writer_schema_store(store)
            .with_active_fingerprint(FINGERPRINT)
            .with_decoder_mode(DecoderMode::UnframedDatum)
            .with_batch_size(usize::MAX)
            .build_decoder()
            .map_err(undecodable)?;
        Ok(Self { schema: schema.to_vec(), decoder })
    }

    /// Takes in the records of a block.
    fn feed(&mut self, count: usize, data: &[u8]) -> Result<()> {
        let mut rest = data;
        for row in 0..count {
            let length = self.decoder.decode(rest).map_err(undecodable)?;
            if length == 0 {
                return Err(Error::corrupt(format!("record {row} of an Avro block has no bytes")));
            }
            rest = rest.get(length..).unwrap_or_default();
        }
        if rest.is_empty() {
            Ok(())
        } else {
            Err(Error::corrupt(format!("an Avro block has {} bytes behind its records", rest.len())))
        }
    }

    /// All records since the last call.
    fn records(&mut self) -> Result<StructArray> {
        let batch = self.decoder.flush().map_err(undecodable)?;
        batch.map(StructArray::from).ok_or_else(|| Error::corrupt("an Avro block has no records"))
    }
}

#[cfg(test)]
mod tests;
