use crate::Value;

/// What a rewrite produced.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rewrite {
    /// The finished files, ascending by key. None when no row was left.
    pub files: Vec<OutputFile>,
    /// Rows of all inputs.
    pub input_rows: u64,
    /// Rows of all outputs.
    pub output_rows: u64,
    /// Rows left out because a later record of their key won, or because they were retracts that
    /// `ignore_deletes` skipped.
    pub superseded_rows: u64,
    /// Keys left out because their result was a retract record and `drop_deletes` was set.
    pub dropped_deletes: u64,
    /// Rows of the outputs whose row groups were copied without being decoded.
    pub spliced_rows: u64,
    /// Bytes read from sources.
    pub read_bytes: u64,
}

/// One finished output file.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputFile {
    /// Name that its stream gave.
    pub name: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Rows, at least one.
    pub rows: u64,
    /// Rows of kind -U or -D.
    pub deletes: u64,
    /// Least sequence number; 0 when the rewrite has none.
    pub min_sequence: i64,
    /// Greatest sequence number; 0 when the rewrite has none.
    pub max_sequence: i64,
    /// Key of the first row, in the order of [`MergeSpec::key`](crate::MergeSpec::key); empty when the rewrite has none.
    pub first_key: Vec<Option<Value>>,
    /// Key of the last row; empty when the rewrite has none.
    pub last_key: Vec<Option<Value>>,
    /// Statistics per leaf of the output schema.
    pub columns: Vec<ColumnStatistics>,
}

/// Statistics of one column of an output file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ColumnStatistics {
    /// Least value. `None` when every row is null, for INT96, and when a float is NaN.
    pub min: Option<Value>,
    /// Greatest value, `None` in the same cases.
    pub max: Option<Value>,
    /// Whether `min` and `max` are values of the file. If not, they are values longer than
    /// 1024 bytes, cut to a lesser and a greater one.
    pub exact: bool,
    /// Number of nulls.
    pub null_count: u64,
}
