//! In which bucket a row is (format §5.4, Paimon `BucketFunction`, `MurmurHashUtils`).

use crate::datum::Datum;
use crate::error::{Error, Result};

const SEED: u32 = 42;
const C1: u32 = 0xcc9e_2d51;
const C2: u32 = 0x1b87_3593;

/// Paimon's hash of a row without its arity: Murmur3 over little-endian words.
///
/// Rows are always whole words; bytes after the last whole word are not hashed.
pub fn hash(row: &[u8]) -> i32 {
    let mut state = SEED;
    for word in row.chunks_exact(4) {
        let [a, b, c, d] = *word else { continue };
        let mixed = u32::from_le_bytes([a, b, c, d]).wrapping_mul(C1).rotate_left(15).wrapping_mul(C2);
        state = (state ^ mixed).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
    }
    finish(state, row.len()).cast_signed()
}

#[expect(clippy::cast_possible_truncation, reason = "the length counts modulo 2^32")]
fn finish(state: u32, length: usize) -> u32 {
    let mut mixed = state ^ (length as u32);
    mixed = (mixed ^ (mixed >> 16)).wrapping_mul(0x85eb_ca6b);
    mixed = (mixed ^ (mixed >> 13)).wrapping_mul(0xc2b2_ae35);
    mixed ^ (mixed >> 16)
}

/// The bucket of a bucket-key row (without its arity) by the default function.
pub fn default_bucket(row: &[u8], buckets: i32) -> Result<i32> {
    positive(buckets)?;
    Ok((hash(row) % buckets).abs())
}

/// The bucket of a single integer key by the function `mod`.
pub fn mod_bucket(key: &Datum, buckets: i32) -> Result<i32> {
    positive(buckets)?;
    let bucket = match key {
        Datum::Int(value) => i64::from(*value).rem_euclid(i64::from(buckets)),
        Datum::BigInt(value) => value.rem_euclid(i64::from(buckets)),
        other => {
            return Err(Error::invalid(format!(
                "bucket function mod needs an INT or BIGINT key, found {other:?}"
            )));
        }
    };
    i32::try_from(bucket).map_err(|_| Error::invalid("bucket number is out of range"))
}

fn positive(buckets: i32) -> Result<()> {
    if buckets > 0 { Ok(()) } else { Err(Error::invalid(format!("{buckets} is not a number of buckets"))) }
}
