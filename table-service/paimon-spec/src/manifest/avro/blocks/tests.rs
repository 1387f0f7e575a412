use arrow::array::Array as _;

use super::super::{Compression, container, write_manifest};
use super::*;
use crate::binary_row::EMPTY_ROW;
use crate::error::ErrorKind;
use crate::manifest::{DataFileMeta, FileKind, ManifestEntry};

fn manifest(count: i64, compression: Compression) -> Vec<u8> {
    let entry = |n| ManifestEntry {
        kind: FileKind::Add,
        partition: EMPTY_ROW.to_vec(),
        bucket: 0,
        total_buckets: 1,
        file: DataFileMeta::append(format!("data-{n}.parquet"), n, n).into(),
    };
    write_manifest(&(0..count).map(entry).collect::<Vec<_>>(), compression).unwrap()
}

/// Decodes the only block with another count and another end.
fn decode_as(bytes: &[u8], count: usize, cut: usize) -> Result<StructArray> {
    let container = container::parse(bytes).unwrap();
    let [block] = container.blocks.as_slice() else { panic!("{} blocks", container.blocks.len()) };
    let data = &block.data[..block.data.len() - cut];
    decode(&container, &Block { count, data, framed: block.framed })
}

#[test]
fn a_block_has_the_records_that_it_counts_and_nothing_else() {
    let bytes = manifest(3, Compression::None);
    assert_eq!(decode_as(&bytes, 3, 0).unwrap().len(), 3);
    let error = decode_as(&bytes, 2, 0).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Corrupt);
    assert!(error.to_string().contains("bytes behind its records"), "{error}");
    assert_eq!(decode_as(&bytes, 4, 0).unwrap_err().kind, ErrorKind::Corrupt);
}

#[test]
fn what_a_failed_block_has_left_is_in_no_other() {
    let bytes = manifest(3, Compression::None);
    for cut in 1..60 {
        assert_eq!(decode_as(&bytes, 3, cut).unwrap_err().kind, ErrorKind::Corrupt);
        assert_eq!(decode_as(&bytes, 3, 0).unwrap().len(), 3);
    }
}

#[test]
fn blocks_larger_than_what_is_kept_are_decompressed() {
    let bytes = manifest(4_000, Compression::Zstd);
    let plain = manifest(4_000, Compression::None);
    let container = container::parse(&plain).unwrap();
    assert!(container.blocks.iter().any(|block| block.data.len() > SMALL_BLOCK));
    let zstd = container::parse(&bytes).unwrap();
    let decoded = zstd.blocks.iter().map(|block| decode(&zstd, block).unwrap().len());
    assert_eq!(decoded.sum::<usize>(), 4_000);
    let error = decode_as(&manifest(3, Compression::Zstd), 3, 1).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Corrupt);
}

#[test]
fn a_thread_keeps_few_decoders() {
    let bytes = manifest(1, Compression::None);
    let container = container::parse(&bytes).unwrap();
    let schema = std::str::from_utf8(container.schema).unwrap();
    for padding in 0..2 * KEPT_DECODERS {
        // The same schema in other words.
        let schema = format!("{}{schema}", " ".repeat(padding));
        let padded = Container { schema: schema.as_bytes(), blocks: Vec::new(), ..container };
        assert_eq!(decode(&padded, &container.blocks[0]).unwrap().len(), 1);
    }
    assert_eq!(DECODERS.with_borrow(|decoders| decoders.known.len()), KEPT_DECODERS);
}
