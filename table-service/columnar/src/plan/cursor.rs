use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{Int32Type, Int64Type};

use super::columns::PlanColumns;
use super::merger::PlanBatch;
use crate::read::{ColumnDecoder, Fetched, OpenInput, Run};
use crate::{Error, Result};

/// Rows that are decoded at once.
const BATCH_ROWS: u64 = 8192;

/// What a cursor has to offer.
pub(crate) enum Next {
    /// Rows.
    Rows(Box<PlanBatch>),
    /// Nothing before more bytes are fetched.
    Bytes,
    /// Nothing any more.
    End,
}

/// Reads the plan columns of a stretch of one run, front to back.
pub(crate) struct RunCursor {
    columns: Arc<PlanColumns>,
    /// Rows whose bytes are fetched at once.
    window_rows: u64,
    /// Files and rows that are not begun.
    parts: VecDeque<(Arc<OpenInput>, Range<u64>)>,
    open: Option<OpenPart>,
    /// Name of the file that the last batch came from.
    file_name: String,
}

/// The file that is being read.
struct OpenPart {
    bytes: Fetched,
    /// First row that is not decoded, first row that is not fetched, first row that is not wanted.
    next: u64,
    fetched: u64,
    end: u64,
    /// One per plan column, once the first bytes are there.
    decoders: Vec<ColumnDecoder>,
}

impl RunCursor {
    pub(crate) fn new(run: &Run, rows: &Range<u64>, columns: &Arc<PlanColumns>, window_rows: u64) -> Self {
        let parts = run.parts(rows).into_iter().map(|(file, rows)| (Arc::clone(file), rows));
        Self {
            columns: Arc::clone(columns),
            window_rows: window_rows.max(BATCH_ROWS),
            parts: parts.collect(),
            open: None,
            file_name: String::new(),
        }
    }

    /// Name of the file that the last batch came from.
    pub(crate) fn file_name(&self) -> &str {
        &self.file_name
    }

    /// Whether less than half a window is left before bytes must be fetched.
    pub(crate) fn is_low(&self) -> bool {
        match self.open.as_ref().filter(|open| open.next < open.end) {
            Some(open) => open.fetched < open.end && open.fetched - open.next < self.window_rows / 2,
            None => !self.parts.is_empty(),
        }
    }

    /// Fetches the next window.
    pub(crate) async fn fetch(&mut self) -> Result<()> {
        if self.open.as_ref().is_none_or(|open| open.next >= open.end) {
            let Some((file, rows)) = self.parts.pop_front() else { return Ok(()) };
            file.name().clone_into(&mut self.file_name);
            let bytes = Fetched::new(&file, &self.columns.all);
            let (next, end) = (rows.start, rows.end);
            self.open = Some(OpenPart { bytes, next, fetched: next, end, decoders: Vec::new() });
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        let window = open.fetched..open.end.min(open.fetched + self.window_rows);
        open.bytes.release_before(open.next);
        open.bytes.fetch(&window).await?;
        open.fetched = window.end;
        Ok(())
    }

    /// Decodes the next rows.
    pub(crate) fn next(&mut self) -> Result<Next> {
        let Some(open) = self.open.as_mut().filter(|open| open.next < open.end) else {
            return Ok(if self.parts.is_empty() { Next::End } else { Next::Bytes });
        };
        let rows = BATCH_ROWS.min(open.end - open.next);
        if open.next + rows > open.fetched {
            return Ok(Next::Bytes);
        }
        let arrays = open.decode(&self.columns)?;
        open.next += arrays.first().map_or(0, |array| array.len() as u64);
        self.batch(&arrays).map(Box::new).map(Next::Rows)
    }

    fn batch(&self, arrays: &[ArrayRef]) -> Result<PlanBatch> {
        let columns = &self.columns;
        let column = |column: usize| {
            let at = columns.all.binary_search(&column).unwrap_or(0);
            Arc::clone(&arrays[at])
        };
        let order: Vec<ArrayRef> = columns.order_by.iter().map(|order| column(*order)).collect();
        let lengths_differ = arrays.windows(2).any(|pair| pair[0].len() != pair[1].len());
        if lengths_differ {
            return Err(Error::corrupt("its key, sequence and kind columns do not have the same rows")
                .with_file(&self.file_name));
        }
        Ok(PlanBatch {
            key: columns.key.iter().map(|key| column(*key)).collect(),
            order: columns.order.as_ref().map(|user| user.encode(&order)).transpose()?,
            sequence: column(columns.sequence).as_primitive::<Int64Type>().clone(),
            kind: column(columns.kind).as_primitive::<Int32Type>().clone(),
        })
    }
}

impl OpenPart {
    fn decode(&mut self, columns: &PlanColumns) -> Result<Vec<ArrayRef>> {
        if self.decoders.is_empty() {
            let open = |column: &usize| {
                let rows = self.next..self.end;
                let batch_rows = usize::try_from(BATCH_ROWS).unwrap_or(usize::MAX);
                ColumnDecoder::open(&self.bytes, *column, &columns.leaves[*column], &rows, batch_rows)
            };
            self.decoders = columns.all.iter().map(open).collect::<Result<_>>()?;
        }
        let ended = || Error::internal("a plan column ended before its rows");
        self.decoders.iter_mut().map(|decoder| decoder.next_batch()?.ok_or_else(ended)).collect()
    }
}
