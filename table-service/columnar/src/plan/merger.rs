use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int32Array, Int64Array};
use arrow::row::Rows;

use super::columns::PlanColumns;
use super::keys::{Keys, OrderRow};
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

/// A k-way merge over a heap of the runs' next keys.
pub(crate) struct Merger<K: Keys> {
    keys: K,
    columns: Arc<PlanColumns>,
    rules: Rules,
    runs: Vec<RunState<K>>,
    heap: BinaryHeap<Reverse<Head<K::Key>>>,
    /// Runs whose next key is not known.
    starving: Vec<usize>,
    group: Option<Group<K::Key>>,
    unit: Unit,
    /// Output rows after which the unit is closed.
    unit_rows: usize,
    /// Rows of the units before it.
    done: Done,
    values: KeptValues<K>,
    bounds: Option<(K::Key, K::Key)>,
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

struct RunState<K: Keys> {
    batch: Option<Loaded<K>>,
    at: usize,
    /// Rows merged so far, and how many of them when the unit began.
    merged: u64,
    unit_start: u64,
    last: Option<K::Key>,
}

struct Loaded<K: Keys> {
    keys: K::Batch,
    order: Option<Rows>,
    sequence: Int64Array,
    kind: Int32Array,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Head<T> {
    key: T,
    run: usize,
}

/// The records of one key seen so far.
struct Group<T> {
    key: T,
    records: u64,
    winner: Option<Record>,
}

/// One record of a key, as far as it decides who wins.
struct Record {
    run: usize,
    /// Counted from the run's first row in the unit.
    row: u64,
    order: Option<OrderRow>,
    sequence: i64,
    kind: i32,
}

impl Record {
    /// Whether it takes a row back.
    fn is_retract(&self) -> bool {
        // Row kinds 1 (-U) and 3 (-D) do, 0 (+I) and 2 (+U) add one.
        self.kind & 1 == 1
    }

    /// Whether it comes after another record of the same key.
    fn beats(&self, other: &Self) -> bool {
        let order = self.order.cmp(&other.order);
        let order = order.then(self.sequence.cmp(&other.sequence));
        let order = order.then(other.is_retract().cmp(&self.is_retract()));
        order.then(other.run.cmp(&self.run)) == Ordering::Greater
    }
}

impl<K: Keys> Merger<K> {
    /// A merge of runs that begin at these rows.
    pub(crate) fn new(keys: K, starts: &[u64], columns: &Arc<PlanColumns>, rules: Rules) -> Self {
        let state =
            |start: &u64| RunState { batch: None, at: 0, merged: *start, unit_start: *start, last: None };
        Self {
            keys,
            columns: Arc::clone(columns),
            rules,
            runs: starts.iter().map(state).collect(),
            heap: BinaryHeap::with_capacity(starts.len()),
            starving: (0..starts.len()).rev().collect(),
            group: None,
            unit: Unit::default(),
            unit_rows: rules.first_unit_rows,
            done: Done::default(),
            values: KeptValues::default(),
            bounds: None,
        }
    }

    /// Takes the least record of all runs; returns its run when that has no further row at hand.
    fn take_least(&mut self) -> Option<usize> {
        let mut head = self.heap.peek_mut()?;
        let run = head.0.run;
        let state = &mut self.runs[run];
        let loaded = state.batch.as_ref()?;
        self.unit.input_rows += 1;
        let record = Record {
            run,
            row: state.merged - state.unit_start,
            order: loaded.order.as_ref().map(|rows| rows.row(state.at).owned()),
            sequence: loaded.sequence.value(state.at),
            kind: loaded.kind.value(state.at),
        };
        match &mut self.group {
            Some(group) => group.add(record, self.rules.ignore_deletes),
            None => {
                self.group = Some(Group { key: head.0.key.clone(), records: 1, winner: Some(record) });
            }
        }
        state.at += 1;
        state.merged += 1;
        if state.at < loaded.sequence.len() {
            head.0.key = K::key(&loaded.keys, state.at);
            None
        } else {
            PeekMut::pop(head);
            Some(run)
        }
    }

    /// Decides the open key.
    fn close_group(&mut self) -> Result<()> {
        let Some(group) = self.group.take() else { return Ok(()) };
        self.unit.superseded_rows += group.records - u64::from(group.winner.is_some());
        let Some(winner) = group.winner else { return Ok(()) };
        if winner.is_retract() && self.rules.drop_deletes {
            self.unit.dropped_deletes += 1;
            return Ok(());
        }
        match (u16::try_from(winner.run), u32::try_from(winner.row)) {
            (Ok(run), Ok(row)) => self.unit.keep(run, row),
            _ => return Err(Error::internal("a unit outgrew its plan")),
        }
        K::keep(&mut self.values.keys, &group.key);
        self.values.sequences.push(winner.sequence);
        self.values.kinds.push(winner.kind);
        self.unit.deletes += u64::from(winner.is_retract());
        let (min, max) = self.unit.sequences.unwrap_or((i64::MAX, i64::MIN));
        self.unit.sequences = Some((min.min(winner.sequence), max.max(winner.sequence)));
        match &mut self.bounds {
            Some((_, last)) => *last = group.key,
            None => self.bounds = Some((group.key.clone(), group.key)),
        }
        Ok(())
    }

    fn is_unit_full(&self) -> bool {
        self.unit.rows() >= self.unit_rows || self.unit.input_rows >= self.rules.input_rows
    }

    fn close_unit(&mut self) -> Result<Unit> {
        let mut unit = std::mem::take(&mut self.unit);
        self.done.input += unit.input_rows as u64;
        self.done.output += unit.rows() as u64;
        self.unit_rows = self.rules.next_unit_rows(self.unit_rows, self.done);
        if let Some((first, last)) = self.bounds.take() {
            unit.first_key = self.keys.decode(&first)?;
            unit.last_key = self.keys.decode(&last)?;
        }
        let values = std::mem::take(&mut self.values);
        if let (Some(keys), [column]) = (self.keys.kept(values.keys), self.columns.key.as_slice()) {
            unit.values.push((*column, keys));
        }
        unit.values.push((self.columns.sequence, Arc::new(Int64Array::from(values.sequences))));
        unit.values.push((self.columns.kind, Arc::new(Int32Array::from(values.kinds))));
        unit.slices = self
            .runs
            .iter_mut()
            .map(|state| std::mem::replace(&mut state.unit_start, state.merged)..state.merged)
            .collect();
        Ok(unit)
    }
}

impl<K: Keys> UnitMerger for Merger<K> {
    fn advance(&mut self) -> Result<Step> {
        if let Some(run) = self.starving.last() {
            return Ok(Step::Rows(*run));
        }
        loop {
            let next = self.heap.peek();
            let same_key = match (&self.group, next) {
                (Some(group), Some(next)) => group.key == next.0.key,
                (Some(_), None) => false,
                (None, Some(_)) => true,
                (None, None) if self.unit.input_rows > 0 => return self.close_unit().map(Step::Unit),
                (None, None) => return Ok(Step::End),
            };
            if !same_key {
                self.close_group()?;
                if self.is_unit_full() {
                    return self.close_unit().map(Step::Unit);
                }
                continue;
            }
            if let Some(run) = self.take_least() {
                self.starving.push(run);
                return Ok(Step::Rows(run));
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
            let key = K::key(&encoded, 0);
            state.at = 0;
            state.batch = Some(Loaded {
                keys: encoded,
                order: batch.order,
                sequence: batch.sequence,
                kind: batch.kind,
            });
            self.starving.retain(|starving| *starving != run);
            self.heap.push(Reverse(Head { key, run }));
        }
        Ok(())
    }

    fn end(&mut self, run: usize) {
        self.runs[run].batch = None;
        self.starving.retain(|starving| *starving != run);
    }
}

impl<T> Group<T> {
    fn add(&mut self, record: Record, ignore_deletes: bool) {
        self.records += 1;
        if ignore_deletes && self.winner.as_ref().is_some_and(Record::is_retract) {
            self.winner = None;
        }
        let skipped = ignore_deletes && record.is_retract();
        if !skipped && self.winner.as_ref().is_none_or(|winner| record.beats(winner)) {
            self.winner = Some(record);
        }
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
