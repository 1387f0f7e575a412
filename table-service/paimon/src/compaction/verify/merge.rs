//! Records of several sorted runs, merged one at a time (format §9.1, §9.2).

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::layout::Layout;
use super::rows::{Head, RunRows};
use crate::Result;

/// What the runs of a section merge to.
pub(super) struct MergedRows<'a> {
    layout: &'a Layout,
    runs: Vec<RunRows<'a>>,
    heads: BinaryHeap<Reverse<Entry>>,
    is_open: bool,
}

/// The next record of a run, ordered by key, then by run.
struct Entry {
    head: Head,
    run: usize,
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        self.head.key().cmp(other.head.key()).then(self.run.cmp(&other.run))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Entry {}

impl<'a> MergedRows<'a> {
    pub(super) fn new(layout: &'a Layout, runs: Vec<RunRows<'a>>) -> Self {
        Self { layout, runs, heads: BinaryHeap::new(), is_open: false }
    }

    /// The next merged record; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Head>> {
        if !self.is_open {
            self.is_open = true;
            for run in 0..self.runs.len() {
                self.push(run).await?;
            }
        }
        while let Some(Reverse(first)) = self.heads.pop() {
            let mut records = vec![first.head];
            self.pass(first.run).await?;
            while self.heads.peek().is_some_and(|Reverse(next)| next.head.key() == records[0].key()) {
                let Some(Reverse(next)) = self.heads.pop() else { break };
                records.push(next.head);
                self.pass(next.run).await?;
            }
            if let Some(record) = self.winner(records) {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    /// The record that stands for a key: the last one, unless it is a delete that is not to be written. A single
    /// record is taken as it is.
    fn winner(&self, records: Vec<Head>) -> Option<Head> {
        let ignores_deletes = self.layout.ignore_deletes && records.len() > 1;
        let mut winner: Option<Head> = None;
        for record in records {
            let is_later = winner.as_ref().is_none_or(|winner| record.rank() > winner.rank());
            if is_later && !(ignores_deletes && record.is_delete()) {
                winner = Some(record);
            }
        }
        winner.filter(|winner| !(self.layout.drop_deletes && winner.is_delete()))
    }

    async fn pass(&mut self, run: usize) -> Result<()> {
        if let Some(rows) = self.runs.get_mut(run) {
            rows.advance().await?;
        }
        self.push(run).await
    }

    async fn push(&mut self, run: usize) -> Result<()> {
        if let Some(rows) = self.runs.get_mut(run)
            && let Some(head) = rows.head().await?
        {
            self.heads.push(Reverse(Entry { head, run }));
        }
        Ok(())
    }
}
