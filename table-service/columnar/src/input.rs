use std::fmt;
use std::sync::Arc;

use crate::Source;

/// One Parquet file of a sorted run.
#[derive(Clone)]
pub struct InputFile {
    /// Its bytes.
    pub source: Arc<dyn Source>,
    /// Where each output column comes from, in the order of the output schema's leaves.
    pub columns: Vec<ColumnSource>,
}

impl fmt::Debug for InputFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InputFile")
            .field("source", &self.source.name())
            .field("columns", &self.columns)
            .finish()
    }
}

/// Where an output column comes from in one input file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnSource {
    /// The leaf with this dotted path in the file.
    Named(String),
    /// The file has no such column: null in every row.
    Null,
}

/// Files whose rows, read one after the other, ascend strictly by key.
#[derive(Clone, Debug, Default)]
pub struct SortedRun {
    /// The files, ascending by key.
    pub files: Vec<InputFile>,
}

/// Sorted runs that share no key with the runs of another section.
#[derive(Clone, Debug, Default)]
pub struct Section {
    /// The runs. Their order only decides between records that tie in everything else
    /// ([`MergeSpec`](crate::MergeSpec)): the first listed run wins.
    pub runs: Vec<SortedRun>,
}
