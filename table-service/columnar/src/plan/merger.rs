use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int32Array, Int64Array};
use arrow::row::Rows;

use super::columns::PlanColumns;
use super::keys::Keys;
use super::round::{Entry, Round};
use super::run_state::{Loaded, RunState};
use super::unit::Unit;
use crate::{Error, Result};

/// What the merge does with the records of a key, and when it closes a unit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) ignore_deletes: bool,
    pub(crate) drop_deletes: bool,
    /// Input rows of the whole merge.
    pub(crate) rows: u64,
    pub(crate) first_unit_rows: usize,
    pub(crate) unit_rows: usize,
    pub(crate) last_unit_rows: usize,
    pub(crate) input_rows: usize,
}

impl Rules {
    /// Output rows of the unit after one of `unit_rows`, when as much is `done`.
    fn next_unit_rows(&self, unit_rows: usize, done: Done) -> usize {
        let grown = (2 * unit_rows).min(self.unit_rows);
        if self.last_unit_rows == self.unit_rows {
            return grown;
        }
        let rest = u128::from(self.rows.saturating_sub(done.input));
        let rest = rest * u128::from(done.output) / u128::from(done.input.max(1));
        let rest = usize::try_from(rest).unwrap_or(usize::MAX);
        // What is little more than a last unit is not cut again.
        if rest <= self.last_unit_rows + self.last_unit_rows / 2 {
            grown
        } else {
            grown.min(rest.div_ceil(2))
        }
    }
}

/// The plan columns of consecutive rows of a run.
pub(crate) struct PlanBatch {
    pub(crate) key: Vec<ArrayRef>,
    pub(crate) order: Option<Rows>,
    pub(crate) sequence: Int64Array,
    pub(crate) kind: Int32Array,
}

/// What a merge wants next.
pub(crate) enum Step {
    /// Rows of this run, or to hear that it has ended.
    Rows(usize),
    /// Nothing: a unit is complete.
    Unit(Unit),
    /// Nothing: all runs have ended.
    End,
}

/// Merges runs into units, whatever the shape of the key.
pub(crate) trait UnitMerger: Send {
    /// Merges until rows are missing or a unit is complete.
    fn advance(&mut self) -> Result<Step>;

    /// Gives rows of the run that was asked for; refuses rows that do not ascend strictly.
    fn push(&mut self, run: usize, batch: PlanBatch) -> Result<()>;

    /// Says that the run that was asked for has ended.
    fn end(&mut self, run: usize);
}

/// A k-way merge in rounds: rows of all runs up to some key are sorted together, which a sort that knows sorted
/// stretches does as a merge without a mispredicted branch for each row, and decided key by key. No key spans two
/// rounds.
pub(crate) struct Merger<K: Keys> {
    keys: K,
    columns: Arc<PlanColumns>,
    rules: Rules,
    runs: Vec<RunState<K>>,
    /// Runs whose next rows are not known.
    starving: Vec<usize>,
    round: Round,
    /// Records that won their keys and are not in the unit yet; kept for its memory.
    winners: Vec<Record>,
    unit: Unit,
    /// Output rows after which the unit is closed.
    unit_rows: usize,
    /// Rows of the units before it.
    done: Done,
    values: KeptValues<K>,
    /// Keys of the unit's first and last kept row.
    first: Option<K::Key>,
    last: Option<K::Key>,
}

/// Rows of units that are complete.
#[derive(Clone, Copy, Debug, Default)]
struct Done {
    input: u64,
    output: u64,
}

/// The plan columns of the kept rows, which need not be decoded again.
struct KeptValues<K: Keys> {
    keys: K::Kept,
    sequences: Vec<i64>,
    kinds: Vec<i32>,
}

impl<K: Keys> Default for KeptValues<K> {
    fn default() -> Self {
        Self { keys: K::Kept::default(), sequences: Vec::new(), kinds: Vec::new() }
    }
}

impl<K: Keys> KeptValues<K> {
    /// Makes room for as many rows, and no more.
    fn reserve(&mut self, rows: usize) {
        K::reserve(&mut self.keys, rows);
        self.sequences.reserve_exact(rows);
        self.kinds.reserve_exact(rows);
    }
}

/// One record of a key, as far as it decides who wins.
#[derive(Clone, Copy)]
struct Record {
    entry: Entry,
    sequence: i64,
    kind: i32,
}

impl Record {
    /// Whether it takes a row back.
    fn is_retract(&self) -> bool {
        // Row kinds 1 (-U) and 3 (-D) do, 0 (+I) and 2 (+U) add one.
        self.kind & 1 == 1
    }
}

impl<K: Keys> Merger<K> {
    /// A merge of runs that begin at these rows.
    pub(crate) fn new(keys: K, starts: &[u64], columns: &Arc<PlanColumns>, rules: Rules) -> Self {
        Self {
            keys,
            columns: Arc::clone(columns),
            rules,
            runs: starts.iter().map(|start| RunState::new(*start)).collect(),
            starving: (0..starts.len()).rev().collect(),
            round: Round::default(),
            winners: Vec::new(),
            unit: Unit::default(),
            unit_rows: rules.first_unit_rows,
            done: Done::default(),
            values: KeptValues::default(),
            first: None,
            last: None,
        }
    }

    fn loaded(&self, entry: Entry) -> Result<&Loaded<K>> {
        let state = self.runs.get(entry.run());
        state
            .and_then(|state| state.batch.as_ref())
            .ok_or_else(|| Error::internal("a round outlived its rows"))
    }

    /// Decides keys until the round is at its end or the unit is full.
    fn decide(&mut self) -> Result<()> {
        let mut winners = std::mem::take(&mut self.winners);
        winners.clear();
        while !self.is_unit_full(winners.len()) {
            let Some(group) = self.round.next_key(&self.runs) else { break };
            let records = group.len();
            let winner = self.winner(group)?;
            self.unit.input_rows += records;
            self.unit.superseded_rows += (records - usize::from(winner.is_some())) as u64;
            match winner {
                Some(winner) if winner.is_retract() && self.rules.drop_deletes => {
                    self.unit.dropped_deletes += 1;
                }
                winner => winners.extend(winner),
            }
        }
        self.keep(&winners)?;
        self.winners = winners;
        Ok(())
    }

    /// The record of one key that the others give way to.
    fn winner(&self, group: Range<usize>) -> Result<Option<Record>> {
        let entries = self.round.entries(group);
        let Some((first, others)) = entries.split_first() else { return Ok(None) };
        let mut winner = Some(self.record(*first)?);
        for entry in others {
            let record = self.record(*entry)?;
            if self.rules.ignore_deletes && winner.is_some_and(|winner| winner.is_retract()) {
                winner = None;
            }
            let skipped = self.rules.ignore_deletes && record.is_retract();
            let wins = match winner {
                _ if skipped => false,
                Some(winner) => self.beats(record, winner)?,
                None => true,
            };
            if wins {
                winner = Some(record);
            }
        }
        Ok(winner)
    }

    fn record(&self, entry: Entry) -> Result<Record> {
        let loaded = self.loaded(entry)?;
        let row = entry.row();
        Ok(Record { entry, sequence: loaded.sequence.value(row), kind: loaded.kind.value(row) })
    }

    /// Whether a record comes after another one of the same key.
    fn beats(&self, record: Record, other: Record) -> Result<bool> {
        let order = if self.columns.order.is_some() {
            let (left, right) = (self.loaded(record.entry)?, self.loaded(other.entry)?);
            let rows = left.order.as_ref().zip(right.order.as_ref());
            rows.map_or(Ordering::Equal, |(left, right)| {
                left.row(record.entry.row()).cmp(&right.row(other.entry.row()))
            })
        } else {
            Ordering::Equal
        };
        let order = order.then(record.sequence.cmp(&other.sequence));
        let order = order.then(other.is_retract().cmp(&record.is_retract()));
        Ok(order.then(other.entry.run().cmp(&record.entry.run())) == Ordering::Greater)
    }

    /// Adds records to the unit.
    fn keep(&mut self, winners: &[Record]) -> Result<()> {
        let (Some(first), Some(last)) = (winners.first(), winners.last()) else { return Ok(()) };
        if self.runs.iter().any(|run| u32::try_from(run.unit_rows()).is_err()) {
            return Err(Error::internal("a unit outgrew its plan"));
        }
        if self.unit.rows() == 0 {
            let rest = usize::try_from(self.rules.rows.saturating_sub(self.done.input)).unwrap_or(usize::MAX);
            let rows = self.unit_rows.min(self.rules.input_rows).min(rest).max(winners.len());
            self.unit.reserve(rows);
            self.values.reserve(rows);
        }
        let runs = &self.runs;
        self.unit.keep(winners.iter().map(|winner| {
            let row = runs[winner.entry.run()].row_in_unit(winner.entry.row());
            (winner.entry.run, u32::try_from(row).unwrap_or(u32::MAX))
        }));
        K::keep(&mut self.values.keys, winners.iter().map(|winner| winner.entry.head));
        self.values.sequences.extend(winners.iter().map(|winner| winner.sequence));
        self.values.kinds.extend(winners.iter().map(|winner| winner.kind));
        self.unit.deletes += winners.iter().filter(|winner| winner.is_retract()).count() as u64;
        let (min, max) = self.unit.sequences.unwrap_or((i64::MAX, i64::MIN));
        self.unit.sequences = Some(
            winners
                .iter()
                .fold((min, max), |(min, max), winner| (min.min(winner.sequence), max.max(winner.sequence))),
        );
        if self.first.is_none() {
            self.first = Some(self.key(first.entry)?);
        }
        self.last = Some(self.key(last.entry)?);
        Ok(())
    }

    fn key(&self, entry: Entry) -> Result<K::Key> {
        Ok(K::key(&self.loaded(entry)?.keys, entry.row()))
    }

    /// Whether it is, with some records more.
    fn is_unit_full(&self, more: usize) -> bool {
        self.unit.rows() + more >= self.unit_rows || self.unit.input_rows >= self.rules.input_rows
    }

    fn close_unit(&mut self) -> Result<Unit> {
        let mut unit = std::mem::take(&mut self.unit);
        self.done.input += unit.input_rows as u64;
        self.done.output += unit.rows() as u64;
        self.unit_rows = self.rules.next_unit_rows(self.unit_rows, self.done);
        if let Some((first, last)) = self.first.take().zip(self.last.take()) {
            unit.first_key = self.keys.decode(&first)?;
            unit.last_key = self.keys.decode(&last)?;
        }
        let values = std::mem::take(&mut self.values);
        if let (Some(keys), [column]) = (self.keys.kept(values.keys), self.columns.key.as_slice()) {
            unit.values.push((*column, keys));
        }
        unit.values.push((self.columns.sequence, Arc::new(Int64Array::from(values.sequences))));
        unit.values.push((self.columns.kind, Arc::new(Int32Array::from(values.kinds))));
        let undecided = self.round.undecided(self.runs.len());
        let ends = self.runs.iter_mut().zip(undecided);
        unit.slices = ends.map(|(state, undecided)| state.end_unit(undecided)).collect();
        Ok(unit)
    }
}

impl<K: Keys> UnitMerger for Merger<K> {
    fn advance(&mut self) -> Result<Step> {
        loop {
            self.decide()?;
            if self.is_unit_full(0) {
                return self.close_unit().map(Step::Unit);
            }
            for (run, state) in self.runs.iter_mut().enumerate() {
                if state.batch.is_some() && state.at == state.rows() {
                    state.unload();
                    self.starving.push(run);
                }
            }
            if let Some(run) = self.starving.last() {
                return Ok(Step::Rows(*run));
            }
            self.round.begin(&mut self.runs);
            if self.round.is_over() {
                let is_empty = self.unit.input_rows == 0;
                return if is_empty { Ok(Step::End) } else { self.close_unit().map(Step::Unit) };
            }
        }
    }

    fn push(&mut self, run: usize, batch: PlanBatch) -> Result<()> {
        check_values(&batch)?;
        let rows = batch.sequence.len();
        let encoded = self.keys.encode(&batch.key)?;
        let state = &mut self.runs[run];
        if !K::ascends(&encoded, state.last.as_ref()) {
            return Err(Error::corrupt(
                "its rows do not ascend strictly by key; the file is damaged or was not written as a sorted run",
            ));
        }
        if rows > 0 {
            state.last = Some(K::key(&encoded, rows - 1));
            state.batch = Some(Loaded {
                keys: encoded,
                order: batch.order,
                sequence: batch.sequence,
                kind: batch.kind,
            });
            self.starving.retain(|starving| *starving != run);
        }
        Ok(())
    }

    fn end(&mut self, run: usize) {
        self.starving.retain(|starving| *starving != run);
    }
}

fn check_values(batch: &PlanBatch) -> Result<()> {
    if batch.sequence.null_count() > 0 {
        return Err(Error::corrupt("a sequence number is null"));
    }
    if batch.kind.null_count() > 0 {
        return Err(Error::corrupt("a row kind is null"));
    }
    match batch.kind.values().iter().find(|kind| !(0..=3).contains(*kind)) {
        Some(kind) => Err(Error::corrupt(format!("{kind} is no row kind; 0 to 3 are"))),
        None => Ok(()),
    }
}
