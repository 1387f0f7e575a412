use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{Int32Type, Int64Type};

use super::keys::UserOrder;
use super::merger::PlanBatch;
use crate::leaf::Leaf;
use crate::read::{ColumnDecoder, OpenInput, Run};
use crate::spec::MergeSpec;
use crate::{Error, Result};

/// Rows whose plan columns are fetched at once.
const WINDOW_ROWS: u64 = 1 << 17;
/// Rows that are decoded at once.
const BATCH_ROWS: usize = 8192;

/// Reads the plan columns of one run front to back.
pub(crate) struct RunCursor<'a> {
    spec: &'a MergeSpec,
    leaves: &'a [Leaf],
    order: Option<UserOrder>,
    /// Output columns that the plan needs, ascending.
    columns: Vec<usize>,
    /// Files that have rows.
    files: Vec<Arc<OpenInput>>,
    /// The file that is being read, and its first row after the window.
    file: usize,
    next_row: u64,
    /// Decoders of the window, one per plan column.
    window: Vec<ColumnDecoder>,
}

impl<'a> RunCursor<'a> {
    pub(crate) fn new(run: &Run, spec: &'a MergeSpec, leaves: &'a [Leaf]) -> Result<Self> {
        let order_leaves: Vec<(Leaf, bool)> =
            spec.order_by.iter().map(|order| (leaves[order.column].clone(), order.descending)).collect();
        let mut columns = spec.key.clone();
        columns.extend(spec.order_by.iter().map(|order| order.column));
        columns.extend([spec.sequence, spec.kind]);
        columns.sort_unstable();
        columns.dedup();
        Ok(Self {
            spec,
            leaves,
            order: UserOrder::new(&order_leaves)?,
            columns,
            files: run.files().iter().filter(|file| file.rows() > 0).map(Arc::clone).collect(),
            file: 0,
            next_row: 0,
            window: Vec::new(),
        })
    }

    /// Name of the file that the last batch came from.
    pub(crate) fn file_name(&self) -> &str {
        self.files.get(self.file).map_or("", |file| file.name())
    }

    /// Fetches the first window.
    pub(crate) async fn prime(&mut self) -> Result<()> {
        self.open_window().await
    }

    /// The next rows; `None` after the last.
    pub(crate) async fn next_batch(&mut self) -> Result<Option<PlanBatch>> {
        loop {
            if let Some(batch) = self.decode()? {
                return Ok(Some(batch));
            }
            let Some(file) = self.files.get(self.file) else { return Ok(None) };
            if self.next_row >= file.rows() {
                self.file += 1;
                self.next_row = 0;
            }
            if self.file >= self.files.len() {
                return Ok(None);
            }
            self.open_window().await?;
        }
    }

    async fn open_window(&mut self) -> Result<()> {
        let Some(file) = self.files.get(self.file) else { return Ok(()) };
        let rows: Range<u64> = self.next_row..file.rows().min(self.next_row + WINDOW_ROWS);
        file.fetch(&self.columns, &rows).await?;
        self.window = self
            .columns
            .iter()
            .map(|column| ColumnDecoder::open(file, *column, &self.leaves[*column], &rows, BATCH_ROWS))
            .collect::<Result<_>>()?;
        self.next_row = rows.end;
        Ok(())
    }

    fn decode(&mut self) -> Result<Option<PlanBatch>> {
        let arrays = self.window.iter_mut().map(ColumnDecoder::next_batch).collect::<Result<Vec<_>>>()?;
        let Some(arrays) = arrays.into_iter().collect::<Option<Vec<ArrayRef>>>() else {
            return Ok(None);
        };
        let Some(first) = arrays.first() else { return Ok(None) };
        if arrays.iter().any(|array| array.len() != first.len()) {
            return Err(Error::corrupt("its key, sequence and kind columns do not have the same rows")
                .with_file(self.file_name()));
        }
        let column = |column: usize| {
            let at = self.columns.binary_search(&column).unwrap_or(0);
            Arc::clone(&arrays[at])
        };
        let key = self.spec.key.iter().map(|key| column(*key)).collect();
        let order: Vec<ArrayRef> = self.spec.order_by.iter().map(|order| column(order.column)).collect();
        Ok(Some(PlanBatch {
            key,
            order: self.order.as_ref().map(|user| user.encode(&order)).transpose()?,
            sequence: column(self.spec.sequence).as_primitive::<Int64Type>().clone(),
            kind: column(self.spec.kind).as_primitive::<Int32Type>().clone(),
        }))
    }
}
