use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Decimal128Array, Float64Array, Int8Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMillisecondArray,
};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::AnyError;

const BATCH_ROWS: usize = 1 << 16;

/// Writes `run-<n>.parquet` files of the shape of Paimon's key-value files, with dictionaries only
/// where Java would end up with one.
pub(crate) fn generate(directory: &Path, runs: u64, rows: u64) -> Result<(), AnyError> {
    std::fs::create_dir_all(directory)?;
    for run in 0..runs {
        let mut random = Random(run);
        let domain = runs * rows * 7 / 10;
        let keys = distinct_keys(&mut random, rows, domain);
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
            .set_dictionary_enabled(false)
            .set_column_dictionary_enabled("_VALUE_KIND".into(), true)
            .set_column_dictionary_enabled("word".into(), true)
            .build();
        let file = File::create(directory.join(format!("run-{run}.parquet")))?;
        let empty = batch(&[], &mut random, run * rows)?;
        let mut writer = ArrowWriter::try_new(file, empty.schema(), Some(properties))?;
        let mut sequence = run * rows;
        for keys in keys.chunks(BATCH_ROWS) {
            writer.write(&batch(keys, &mut random, sequence)?)?;
            sequence += keys.len() as u64;
        }
        writer.close()?;
    }
    Ok(())
}

fn distinct_keys(random: &mut Random, rows: u64, domain: u64) -> Vec<i64> {
    let mut keys = std::collections::BTreeSet::new();
    while (keys.len() as u64) < rows {
        keys.insert((random.next() % domain).cast_signed());
    }
    keys.into_iter().collect()
}

fn batch(keys: &[i64], random: &mut Random, sequence: u64) -> Result<RecordBatch, AnyError> {
    let rows = keys.len();
    let mut numbers =
        |limit: u64| -> Vec<i64> { (0..rows).map(|_| (random.next() % limit).cast_signed()).collect() };
    let small = |numbers: Vec<i64>| -> Int32Array {
        numbers.into_iter().map(|number| i32::try_from(number).ok()).collect()
    };
    let sequences = (sequence..).take(rows).map(u64::cast_signed);
    let (first, second) = (small(numbers(1 << 31)), small(numbers(1000)));
    let price = Decimal128Array::from_iter_values(numbers(10_000_000).into_iter().map(i128::from));
    let time = numbers(31_536_000_000).into_iter().map(|millis| millis + 1_700_000_000_000);
    let time = TimestampMillisecondArray::from_iter_values(time);
    let word = StringArray::from_iter_values(numbers(10_000).iter().map(|word| format!("word-{word:06}")));
    let mut doubles = || Float64Array::from_iter_values((0..rows).map(|_| random.double()));
    let (third, fourth) = (doubles(), doubles());
    let text = StringArray::from_iter_values((0..rows).map(|_| random.text()));
    Ok(RecordBatch::try_from_iter([
        ("_KEY_id", Arc::new(Int64Array::from(keys.to_vec())) as ArrayRef),
        ("_SEQUENCE_NUMBER", Arc::new(Int64Array::from_iter_values(sequences))),
        ("_VALUE_KIND", Arc::new(Int8Array::from(vec![0; rows]))),
        ("id", Arc::new(Int64Array::from(keys.to_vec()))),
        ("first", Arc::new(first)),
        ("second", Arc::new(second)),
        ("third", Arc::new(third)),
        ("fourth", Arc::new(fourth)),
        ("price", Arc::new(price.with_precision_and_scale(18, 2)?)),
        ("time", Arc::new(time)),
        ("text", Arc::new(text)),
        ("word", Arc::new(word)),
    ])?)
}

/// `SplitMix64`.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn double(&mut self) -> f64 {
        f64::from((self.next() >> 32) as u32) / 1024.0
    }

    fn text(&mut self) -> String {
        (0..20)
            .map(|_| char::from(b"abcdefghijklmnopqrstuvwxyz012345"[(self.next() % 32) as usize]))
            .collect()
    }
}
