use std::cmp::Ordering;

use parquet::file::statistics::Statistics;

use crate::leaf::{Leaf, bytes, compare_values, integer};
use crate::{ColumnStatistics, Value};

/// Gathers the statistics of one column over the row groups of a file.
#[derive(Clone, Debug, Default)]
pub(crate) struct StatisticsBuilder {
    min: Option<Value>,
    max: Option<Value>,
    is_cut: bool,
    /// A row group has values but no usable bounds.
    is_unbounded: bool,
    null_count: u64,
}

impl StatisticsBuilder {
    /// Adds a row group: its statistics as written, its rows and nulls, and whether a float is NaN.
    pub(crate) fn add(
        &mut self,
        leaf: &Leaf,
        statistics: Option<&Statistics>,
        rows: u64,
        nulls: u64,
        has_nan: bool,
    ) {
        self.null_count += nulls;
        if nulls == rows {
            return;
        }
        match statistics.and_then(|statistics| bounds(leaf, statistics)) {
            Some((min, max, exact)) if !has_nan => {
                self.is_cut |= !exact;
                extend(&mut self.min, min, Ordering::Less);
                extend(&mut self.max, max, Ordering::Greater);
            }
            _ => self.is_unbounded = true,
        }
    }

    pub(crate) fn build(self) -> ColumnStatistics {
        let bounded = !self.is_unbounded;
        ColumnStatistics {
            min: self.min.filter(|_| bounded),
            max: self.max.filter(|_| bounded),
            exact: bounded && !self.is_cut,
            null_count: self.null_count,
        }
    }
}

fn extend(bound: &mut Option<Value>, value: Value, direction: Ordering) {
    let replace = match bound {
        Some(bound) => compare_values(&value, bound) == direction,
        None => true,
    };
    if replace {
        *bound = Some(value);
    }
}

/// Least and greatest value of a chunk, and whether they are values of it and not cut.
pub(crate) fn bounds(leaf: &Leaf, statistics: &Statistics) -> Option<(Value, Value, bool)> {
    let exact = statistics.min_is_exact() && statistics.max_is_exact();
    let (min, max) = match statistics {
        Statistics::Boolean(s) => (Value::Boolean(*s.min_opt()?), Value::Boolean(*s.max_opt()?)),
        Statistics::Int32(s) => {
            (integer(leaf, i64::from(*s.min_opt()?)), integer(leaf, i64::from(*s.max_opt()?)))
        }
        Statistics::Int64(s) => (integer(leaf, *s.min_opt()?), integer(leaf, *s.max_opt()?)),
        Statistics::Int96(_) => return None,
        Statistics::Float(s) => (Value::Float(*s.min_opt()?), Value::Float(*s.max_opt()?)),
        Statistics::Double(s) => (Value::Double(*s.min_opt()?), Value::Double(*s.max_opt()?)),
        Statistics::ByteArray(s) => (bytes(leaf, s.min_opt()?.data()), bytes(leaf, s.max_opt()?.data())),
        Statistics::FixedLenByteArray(s) => {
            (bytes(leaf, s.min_opt()?.data()), bytes(leaf, s.max_opt()?.data()))
        }
    };
    Some((min, max, exact))
}
