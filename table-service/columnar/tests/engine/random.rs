//! Random tables and runs from a seed.

use parquet::basic::{Compression, GzipLevel, ZstdLevel};
use weir_columnar::{Codec, OrderColumn, OutputOptions, Value};

use crate::column::ColumnType;
use crate::input::Layout;
use crate::reference::compare_keys;
use crate::table::{Row, Table};

/// Every scalar type.
pub(crate) const TYPES: [ColumnType; 20] = [
    ColumnType::Boolean,
    ColumnType::Int8,
    ColumnType::Int16,
    ColumnType::Int32,
    ColumnType::Int64,
    ColumnType::Date,
    ColumnType::TimeMillis,
    ColumnType::TimestampMillis,
    ColumnType::TimestampMicros,
    ColumnType::TimestampNanos,
    ColumnType::Int96,
    ColumnType::Float,
    ColumnType::Double,
    ColumnType::Decimal32,
    ColumnType::Decimal64,
    ColumnType::DecimalFixed(20, 3, 9),
    ColumnType::DecimalFixed(38, 10, 16),
    ColumnType::Utf8,
    ColumnType::Binary,
    ColumnType::Fixed(5),
];

/// `SplitMix64`.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap()
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }

    fn signed(&mut self, bits: u32) -> i64 {
        match self.below(8) {
            0 => 0,
            1 => i64::MIN >> (64 - bits),
            2 => i64::MAX >> (64 - bits),
            _ => self.next().cast_signed() >> (64 - bits),
        }
    }

    /// A value of a type, from a domain of about `domain` values.
    fn value(&mut self, column: ColumnType, domain: usize) -> Value {
        let mut random = Random::new(self.below(domain) as u64 ^ 0xabcd);
        match column {
            ColumnType::Boolean => Value::Boolean(random.chance(50)),
            ColumnType::Int8 => Value::Integer(random.signed(8)),
            ColumnType::Int16 => Value::Integer(random.signed(16)),
            ColumnType::Int32 | ColumnType::Date => Value::Integer(random.signed(32)),
            ColumnType::TimeMillis => Value::Integer(random.below(86_400_000) as i64),
            ColumnType::Int64
            | ColumnType::TimestampMillis
            | ColumnType::TimestampMicros
            | ColumnType::TimestampNanos => Value::Integer(random.signed(64)),
            ColumnType::Int96 => Value::Int96 {
                // 0001-01-01 to 9999-12-31.
                julian_day: 1_721_426 + i32::try_from(random.below(3_652_059)).unwrap(),
                nanos: random.below(86_400_000_000_000) as i64,
            },
            ColumnType::Float => Value::Float(random.float() as f32),
            ColumnType::Double => Value::Double(random.float()),
            ColumnType::Decimal32 => Value::Decimal(i128::from(random.signed(64) % 1_000_000_000)),
            ColumnType::Decimal64 => Value::Decimal(i128::from(random.signed(60) % 10_i64.pow(18))),
            ColumnType::DecimalFixed(precision, _, _) => {
                let wide = (i128::from(random.next()) << 64 | i128::from(random.next()))
                    % 10_i128.pow(u32::try_from(precision).unwrap());
                Value::Decimal(if random.chance(20) { i128::from(random.signed(8)) } else { wide })
            }
            ColumnType::Utf8 => {
                let prefix = random.pick(&["", "a", "customer#000000", "ä", "\u{10ffff}"]);
                Value::Bytes(format!("{prefix}{}", random.below(1000)).into())
            }
            ColumnType::Binary => {
                let length = random.below(20);
                Value::Bytes((0..length).map(|_| random.pick(&[0, 1, 127, 128, 255])).collect())
            }
            ColumnType::Fixed(length) => {
                Value::Bytes((0..length).map(|_| random.pick(&[0, 1, 127, 128, 255])).collect())
            }
        }
    }

    fn float(&mut self) -> f64 {
        match self.below(10) {
            0 => 0.0,
            1 => -0.0,
            2 => f64::NAN,
            3 => -f64::NAN,
            4 => f64::INFINITY,
            5 => f64::NEG_INFINITY,
            _ => (self.signed(32) as f64) / 7.0,
        }
    }

    /// A table with keys, values and orders of all types.
    pub(crate) fn table(&mut self) -> Table {
        let optional = |random: &mut Random| (random.pick(&TYPES), random.chance(60));
        let keys: Vec<_> = match self.below(3) {
            0 => vec![(self.pick(&[ColumnType::Int32, ColumnType::Int64, ColumnType::Decimal64]), false)],
            _ => (0..=self.below(3)).map(|_| (self.pick(&TYPES), self.chance(20))).collect(),
        };
        let values: Vec<_> = (0..self.below(6)).map(|_| optional(self)).collect();
        let repeated = if self.chance(50) { keys.as_slice() } else { &[] };
        let mut table = Table::new(&keys, &[repeated, &values].concat());
        table.repeats_keys = !repeated.is_empty();
        if !values.is_empty() {
            table.order_by = (0..self.below(3))
                .map(|_| OrderColumn {
                    column: table.first_value() + repeated.len() + self.below(values.len()),
                    descending: self.chance(50),
                })
                .collect();
        }
        table.ignore_deletes = self.chance(30);
        table.drop_deletes = self.chance(30);
        table
    }

    /// Rows of a run, ascending by distinct keys.
    pub(crate) fn run(&mut self, table: &Table, rows: usize, domain: usize) -> Vec<Row> {
        let nulls = self.pick(&[0, 10, 50, 100]);
        let mut run: Vec<Row> = (0..rows)
            .map(|_| {
                table
                    .columns
                    .iter()
                    .enumerate()
                    .map(|(at, column)| {
                        if at == table.sequence() {
                            Some(Value::Integer(self.below(5) as i64))
                        } else if at == table.kind() {
                            Some(Value::Integer(self.pick(&[0, 0, 0, 1, 2, 3])))
                        } else if column.optional && self.chance(if at < table.keys { 10 } else { nulls }) {
                            None
                        } else if table.order_by.iter().any(|order| order.column == at) {
                            Some(ordered(self.value(column.stored, domain)))
                        } else {
                            Some(self.value(column.stored, domain))
                        }
                    })
                    .collect()
            })
            .collect();
        if table.repeats_keys {
            for row in &mut run {
                let key = row[..table.keys].to_vec();
                row[table.first_value()..][..table.keys].clone_from_slice(&key);
            }
        }
        run.sort_by(|left, right| compare_keys(table, left, right));
        run.dedup_by(|left, right| compare_keys(table, left, right).is_eq());
        run
    }

    /// How an input file is laid out.
    pub(crate) fn layout(&mut self) -> Layout {
        Layout {
            row_group_rows: 1 + self.below(60),
            page_rows: 1 + self.below(20),
            dictionary: self.chance(50),
            version_2: self.chance(40),
            codec: self.pick(&[
                Compression::UNCOMPRESSED,
                Compression::SNAPPY,
                Compression::GZIP(GzipLevel::default()),
                Compression::LZ4,
                Compression::LZ4_RAW,
                Compression::ZSTD(ZstdLevel::default()),
            ]),
            page_index: self.chance(50),
        }
    }

    /// How output is laid out.
    pub(crate) fn output(&mut self) -> OutputOptions {
        OutputOptions {
            target_file_bytes: self.pick(&[1, 2000, 1 << 30]),
            row_group_rows: 1 + self.below(100),
            row_group_bytes: self.pick(&[500, 1 << 30]),
            page_bytes: self.pick(&[100, 1 << 20]),
            page_rows: 1 + self.below(50),
            dictionary: self.chance(70),
            codec: self.pick(&[Codec::None, Codec::Snappy, Codec::Gzip(3), Codec::Zstd(1), Codec::Lz4Raw]),
        }
    }
}

/// A value that has a place in the user's order.
fn ordered(value: Value) -> Value {
    match value {
        Value::Float(number) if number.is_nan() => Value::Float(1.5),
        Value::Double(number) if number.is_nan() => Value::Double(1.5),
        other => other,
    }
}
