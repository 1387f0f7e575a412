use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int32Array, Int64Array};
use arrow::compute::SortOptions;
use arrow::datatypes::{Int32Type, Int64Type};
use arrow::error::ArrowError;
use arrow::row::{OwnedRow, RowConverter, Rows, SortField};

use super::sortable::{comparable, original, sortable, sortable_type};
use crate::leaf::{Leaf, Physical, value_at};
use crate::{Error, Result, Value};

/// A form of keys that compares fast.
pub(crate) trait Keys: Send {
    /// One key, which outlives its batch.
    type Key: Send;
    /// The keys of a batch.
    type Batch: Send;
    /// The keys of kept rows, if they can be written as they are.
    type Kept: Default + Send;

    /// Keys of the rows of a batch, from its key columns.
    fn encode(&self, columns: &[ArrayRef]) -> Result<Self::Batch>;

    /// Whether the keys ascend strictly, and the first one comes after `last`.
    fn ascends(batch: &Self::Batch, last: Option<&Self::Key>) -> bool;

    /// The key of one row.
    fn key(batch: &Self::Batch, row: usize) -> Self::Key;

    /// The beginning of a row's key: where it differs between two rows, it orders them as their keys do.
    fn head(batch: &Self::Batch, row: usize) -> u64;

    /// Orders two rows whose heads are the same.
    fn compare_tails(left: (&Self::Batch, usize), right: (&Self::Batch, usize)) -> Ordering;

    /// The values that a key was made of.
    fn decode(&self, key: &Self::Key) -> Result<Vec<Option<Value>>>;

    /// Makes room for as many kept rows.
    fn reserve(kept: &mut Self::Kept, rows: usize);

    /// Adds the keys of kept rows, of which these are the heads.
    fn keep(kept: &mut Self::Kept, heads: impl Iterator<Item = u64>);

    /// The key column of the kept rows, as the output carries it; `None` when it must be gathered.
    fn kept(&self, kept: Self::Kept) -> Option<ArrayRef>;
}

/// Single INT32 or INT64 keys that are never null: the number, biased to be unsigned.
pub(crate) struct IntegerKeys {
    leaf: Leaf,
}

impl IntegerKeys {
    /// `None` when the key has another shape.
    pub(crate) fn for_key(key: &[Leaf]) -> Option<Self> {
        match key {
            [leaf] if leaf.required && matches!(leaf.physical, Physical::Int32 | Physical::Int64) => {
                Some(Self { leaf: leaf.clone() })
            }
            _ => None,
        }
    }
}

impl Keys for IntegerKeys {
    type Key = u64;
    type Batch = Vec<u64>;
    type Kept = Vec<i64>;

    fn encode(&self, columns: &[ArrayRef]) -> Result<Vec<u64>> {
        let column = first(columns)?;
        Ok(match self.leaf.physical {
            Physical::Int32 => {
                column.as_primitive::<Int32Type>().values().iter().map(|v| bias(i64::from(*v))).collect()
            }
            _ => column.as_primitive::<Int64Type>().values().iter().map(|v| bias(*v)).collect(),
        })
    }

    fn ascends(batch: &Vec<u64>, last: Option<&u64>) -> bool {
        let continues = last.zip(batch.first()).is_none_or(|(last, first)| last < first);
        continues && batch.is_sorted_by(|left, right| left < right)
    }

    fn key(batch: &Vec<u64>, row: usize) -> u64 {
        batch[row]
    }

    fn head(batch: &Vec<u64>, row: usize) -> u64 {
        batch[row]
    }

    fn compare_tails(_left: (&Vec<u64>, usize), _right: (&Vec<u64>, usize)) -> Ordering {
        Ordering::Equal
    }

    fn decode(&self, key: &u64) -> Result<Vec<Option<Value>>> {
        Ok(vec![Some(crate::leaf::integer(&self.leaf, original_integer(*key)))])
    }

    fn reserve(kept: &mut Vec<i64>, rows: usize) {
        kept.reserve_exact(rows);
    }

    fn keep(kept: &mut Vec<i64>, heads: impl Iterator<Item = u64>) {
        kept.extend(heads.map(original_integer));
    }

    fn kept(&self, kept: Vec<i64>) -> Option<ArrayRef> {
        if self.leaf.physical == Physical::Int64 {
            return Some(Arc::new(Int64Array::from(kept)));
        }
        let narrow: Option<Vec<i32>> = kept.into_iter().map(|value| i32::try_from(value).ok()).collect();
        Some(Arc::new(Int32Array::from(narrow?)))
    }
}

fn original_integer(key: u64) -> i64 {
    (key ^ (1 << 63)).cast_signed()
}

fn bias(value: i64) -> u64 {
    value.cast_unsigned() ^ (1 << 63)
}

fn first(columns: &[ArrayRef]) -> Result<&ArrayRef> {
    columns.first().ok_or_else(|| Error::internal("a plan batch has no key column"))
}

/// Keys of every other shape, in arrow's row format, the first bytes of which are the head.
pub(crate) struct RowKeys {
    leaves: Vec<Leaf>,
    converter: RowConverter,
}

impl RowKeys {
    pub(crate) fn for_key(key: &[Leaf]) -> Result<Self> {
        let fields = key.iter().map(|leaf| SortField::new(sortable_type(leaf))).collect();
        Ok(Self { leaves: key.to_vec(), converter: RowConverter::new(fields).map_err(unordered)? })
    }
}

impl Keys for RowKeys {
    type Key = OwnedRow;
    type Batch = Rows;
    type Kept = ();

    fn encode(&self, columns: &[ArrayRef]) -> Result<Rows> {
        encode_rows(&self.converter, &self.leaves, columns)
    }

    fn ascends(batch: &Rows, last: Option<&OwnedRow>) -> bool {
        let last = last.map(OwnedRow::row);
        last.into_iter().chain(batch.iter()).is_sorted_by(|left, right| left < right)
    }

    fn key(batch: &Rows, row: usize) -> OwnedRow {
        batch.row(row).owned()
    }

    fn head(batch: &Rows, row: usize) -> u64 {
        let row = batch.row(row);
        let mut head = [0; 8];
        let length = row.data().len().min(8);
        head[..length].copy_from_slice(&row.data()[..length]);
        u64::from_be_bytes(head)
    }

    fn compare_tails(left: (&Rows, usize), right: (&Rows, usize)) -> Ordering {
        left.0.row(left.1).data().cmp(right.0.row(right.1).data())
    }

    fn decode(&self, key: &OwnedRow) -> Result<Vec<Option<Value>>> {
        let columns = self.converter.convert_rows([key.row()]).map_err(unordered)?;
        self.leaves
            .iter()
            .zip(&columns)
            .map(|(leaf, column)| Ok(value_at(leaf, &original(leaf, column).map_err(unordered)?, 0)))
            .collect()
    }

    fn reserve((): &mut (), _rows: usize) {}

    fn keep((): &mut (), _heads: impl Iterator<Item = u64>) {}

    fn kept(&self, (): ()) -> Option<ArrayRef> {
        None
    }
}

/// Orders the records of one key by the user's columns.
pub(crate) struct UserOrder {
    leaves: Vec<Leaf>,
    converter: RowConverter,
}

impl UserOrder {
    /// `columns` are the leaves and whether they descend.
    pub(crate) fn new(columns: &[(Leaf, bool)]) -> Result<Option<Self>> {
        if columns.is_empty() {
            return Ok(None);
        }
        let fields = columns
            .iter()
            .map(|(leaf, descending)| {
                let options = SortOptions { descending: *descending, nulls_first: true };
                SortField::new_with_options(sortable_type(leaf), options)
            })
            .collect();
        Ok(Some(Self {
            leaves: columns.iter().map(|(leaf, _)| leaf.clone()).collect(),
            converter: RowConverter::new(fields).map_err(unordered)?,
        }))
    }

    pub(crate) fn encode(&self, columns: &[ArrayRef]) -> Result<Rows> {
        let columns = self.leaves.iter().zip(columns).map(|(leaf, column)| comparable(leaf, column));
        encode_rows(&self.converter, &self.leaves, &columns.collect::<Result<Vec<_>>>()?)
    }
}

fn encode_rows(converter: &RowConverter, leaves: &[Leaf], columns: &[ArrayRef]) -> Result<Rows> {
    let columns = leaves
        .iter()
        .zip(columns)
        .map(|(leaf, column)| sortable(leaf, column))
        .collect::<Result<Vec<_>, _>>()
        .map_err(unordered)?;
    converter.convert_columns(&columns).map_err(unordered)
}

fn unordered(error: ArrowError) -> Error {
    Error::internal("key columns cannot be ordered").with_source(error)
}
