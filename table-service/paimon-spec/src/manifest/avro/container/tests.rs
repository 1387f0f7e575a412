use super::*;

fn sample(blocks: &[(i64, &[u8])]) -> Vec<u8> {
    let sync = [7; 16];
    let mut bytes = header("{}", "null", &sync).unwrap();
    for (count, data) in blocks {
        push_long(&mut bytes, *count);
        push_long(&mut bytes, i64::try_from(data.len()).unwrap());
        bytes.extend_from_slice(data);
        bytes.extend_from_slice(&sync);
    }
    bytes
}

#[test]
fn takes_a_container_apart() {
    let bytes = sample(&[(2, b"abc"), (1, b"z")]);
    let container = parse(&bytes).unwrap();
    let counts: Vec<usize> = container.blocks.iter().map(|block| block.count).collect();
    assert_eq!(counts, [2, 1]);
    let framed: usize = container.blocks.iter().map(|block| block.framed.len()).sum();
    assert_eq!(container.header.len() + framed, bytes.len());
}

#[test]
fn reads_metadata_with_block_lengths() {
    let sync = [1; 16];
    let mut bytes = MAGIC.to_vec();
    push_long(&mut bytes, -1);
    push_long(&mut bytes, 17);
    for text in ["avro.codec", "snappy"] {
        push_long(&mut bytes, i64::try_from(text.len()).unwrap());
        bytes.extend_from_slice(text.as_bytes());
    }
    push_long(&mut bytes, 0);
    bytes.extend_from_slice(&sync);
    assert_eq!(parse(&bytes).unwrap().blocks.len(), 0);
    // Three bytes of snappy data cannot hold the checksum.
    push_long(&mut bytes, 1);
    push_long(&mut bytes, 3);
    bytes.extend_from_slice(b"abc");
    bytes.extend_from_slice(&sync);
    assert!(parse(&bytes).unwrap_err().to_string().contains("checksum"));
}

#[test]
fn refuses_blocks_that_do_not_add_up() {
    let mut wrong_sync = sample(&[(1, b"abc")]);
    *wrong_sync.last_mut().unwrap() = 0;
    assert!(parse(&wrong_sync).unwrap_err().to_string().contains("sync marker"));
    assert!(parse(&sample(&[(1, b"")])).unwrap_err().to_string().contains("in no bytes"));
    assert!(parse(&sample(&[(-1, b"a")])).unwrap_err().to_string().contains("length -1"));
    assert_eq!(parse(&sample(&[(0, b"")])).unwrap().blocks.len(), 1);
}

#[test]
fn writes_numbers_that_it_reads() {
    for value in [0, 1, -1, 63, 64, -65, i64::MAX, i64::MIN] {
        let mut bytes = Vec::new();
        push_long(&mut bytes, value);
        assert_eq!(Cursor { bytes: &bytes, at: 0 }.long().unwrap(), value);
    }
}
