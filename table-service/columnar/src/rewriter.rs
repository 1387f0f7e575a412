//! Carrying out a plan: units are planned, their bytes fetched and their columns encoded ahead of the
//! file that takes them, all in order.

use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use futures::channel::mpsc;
use futures::future::{Either, select};
use futures::stream::{self, Stream, StreamExt, TryStreamExt};
use parquet::file::properties::WriterProperties;
use parquet::schema::types::TypePtr;
use tokio::task::JoinSet;

use crate::budget::Budget;
use crate::leaf::{Leaf, Physical};
use crate::plan::{Kept, PlanColumns, PlanSize, Stretch, Unit, copy_stretches, merge_stretches, unit_rows};
use crate::read::Run;
use crate::splice::{self, Splicing};
use crate::task::{ColumnTask, UnitBytes};
use crate::units::Units;
use crate::write::{EncodedColumn, EncoderFactory, Output, add_statistics, unwritable, writer_properties};
use crate::{Control, Error, OutputOptions, Progress, Result, Rewrite, Sink};

/// Carries units out and writes what they keep.
pub(crate) struct Rewriter<'a> {
    options: &'a OutputOptions,
    columns: Arc<Columns>,
    output: Output<'a>,
    rewrite: Rewrite,
    /// Input rows of the units that are complete.
    done_rows: u64,
}

/// What all column tasks of a rewrite share.
struct Columns {
    leaves: Arc<[Leaf]>,
    runs: Arc<[Run]>,
    encoders: Vec<EncoderFactory>,
    /// Per output column, the one whose values it repeats: a key that is also a value.
    same_as: Vec<usize>,
    /// Per output column, the earlier one whose pages it repeats.
    repeats: Vec<Option<usize>>,
    control: Control,
    budget: Budget,
}

/// A unit, or one of its columns when any of its rows is kept; no column where an earlier one is repeated.
struct Done {
    unit: Arc<Unit>,
    column: Option<EncodedColumn>,
}

/// Columns of a unit that are fetched together; none for a unit of which no row is kept.
struct Group {
    unit: Arc<Unit>,
    columns: Vec<usize>,
}

/// What the columns of a group are made of.
enum GroupBytes {
    /// Pages that are decoded.
    Pages(Arc<UnitBytes>),
    /// Whole chunks that are copied, one for each column.
    Chunks(Vec<Bytes>),
}

/// What is to be done for a unit.
enum Work {
    /// Nothing: it keeps no row.
    Nothing,
    /// Decode, gather and encode a column.
    Rewrite(ColumnTask),
    /// Nothing: the pages of an earlier column are taken again.
    Repeat,
    /// Take a column as it is.
    Copy(usize, Bytes),
}

impl<'a> Rewriter<'a> {
    pub(crate) fn new(
        schema: &TypePtr,
        options: &'a OutputOptions,
        leaves: &Arc<[Leaf]>,
        runs: &Arc<[Run]>,
        sink: &'a dyn Sink,
        control: &Control,
        plan: Option<&PlanColumns>,
    ) -> Result<Self> {
        let unit_rows = unit_rows(runs, leaves.len(), options);
        let threads = control.pool().threads();
        let budget = Budget::new(control.memory(), threads, unit_rows, runs, leaves, plan)?;
        let properties = writer_properties(options, leaves, runs)?;
        let key = plan.map_or(&[][..], |plan| &plan.key);
        let same_as: Vec<usize> =
            (0..leaves.len()).map(|column| same_values(leaves, runs, column, key)).collect();
        let repeats: Vec<Option<usize>> = (0..leaves.len())
            .map(|column| same_pages(leaves, &properties, column, same_as[column]))
            .collect();
        let encoders = leaves
            .iter()
            .enumerate()
            .map(|(column, leaf)| EncoderFactory::new(leaf, &properties, repeats.contains(&Some(column))));
        let columns = Columns {
            leaves: Arc::clone(leaves),
            runs: Arc::clone(runs),
            encoders: encoders.collect::<Result<_>>()?,
            same_as,
            repeats,
            control: control.clone(),
            budget,
        };
        Ok(Self {
            options,
            columns: Arc::new(columns),
            output: Output::new(sink, schema, leaves.len(), properties),
            rewrite: Rewrite { input_rows: runs.iter().map(Run::rows).sum(), ..Rewrite::default() },
            done_rows: 0,
        })
    }

    /// How much is planned at once.
    pub(crate) fn plan_size(&self) -> PlanSize {
        self.columns.budget.plan
    }

    /// Lays out where row groups are copied and what lies between them; `plan` has the columns that decide
    /// a merge.
    pub(crate) fn stretches(&self, plan: Option<&PlanColumns>) -> Vec<Stretch> {
        let Columns { leaves, runs, .. } = self.columns.as_ref();
        let unit_rows = self.plan_size().unit;
        let splicing = Splicing { leaves, options: self.options, unit_rows, plan };
        match (plan, runs.first()) {
            (Some(_), _) => merge_stretches(runs, &splicing),
            (None, Some(run)) => copy_stretches(run, &splicing),
            (None, None) => Vec::new(),
        }
    }

    /// Carries out all units. On failure the open file is aborted.
    pub(crate) async fn run(mut self, units: Units) -> Result<Rewrite> {
        let bytes = self.columns.budget.bytes;
        let _taken = self.columns.control.shared_memory().take(bytes).await?;
        match self.plan_and_write(units).await {
            Ok(()) => Ok(self.rewrite),
            Err(error) => {
                self.output.abort().await;
                Err(error)
            }
        }
    }

    /// Writes units, each of which is planned while the one before it is written.
    async fn plan_and_write(&mut self, units: Units) -> Result<()> {
        let control = self.columns.control.clone();
        let (planned, ahead) = mpsc::channel(0);
        let planning = pin!(units.plan_ahead(&control, planned));
        let writing = pin!(self.write(ahead));
        match select(writing, planning).await {
            Either::Left((written, _)) => written,
            Either::Right(((), writing)) => writing.await,
        }
    }

    async fn write(&mut self, units: impl Stream<Item = Result<Arc<Unit>>>) -> Result<()> {
        let columns = Arc::clone(&self.columns);
        let mut done = pin!(columns.encode(units));
        while let Some(first) = done.try_next().await? {
            self.columns.control.check()?;
            let unit = Arc::clone(&first.unit);
            self.count(&unit);
            if unit.rows() > 0 {
                self.write_row_group(first, &mut done).await?;
                self.output.roll(self.options.target_file_bytes).await?;
            }
            self.done_rows += unit.input_rows as u64;
            self.report(0, self.output.written_bytes());
        }
        self.rewrite.files = self.output.finish().await?;
        self.rewrite.read_bytes = self.columns.read_bytes();
        self.check_rows()
    }

    /// Takes the columns of a unit, the first of which is at hand, into a row group.
    async fn write_row_group(
        &mut self,
        first: Done,
        rest: &mut (impl Stream<Item = Result<Done>> + Unpin),
    ) -> Result<()> {
        let missing = || Error::internal("a unit has fewer columns than the output");
        let finished_bytes = self.output.finished_bytes();
        let open = self.output.open_file().await?;
        let bytes_before = open.bytes();
        let (file, target, statistics) = open.parts();
        let mut row_group = file.next_row_group().map_err(unwritable)?;
        let unit = Arc::clone(&first.unit);
        let mut next = Some(first);
        let mut repeated: Vec<Option<EncodedColumn>> = self.columns.leaves.iter().map(|_| None).collect();
        for (at, (leaf, statistics)) in self.columns.leaves.iter().zip(statistics).enumerate() {
            let done = match next.take() {
                Some(done) => done,
                None => rest.try_next().await?.ok_or_else(missing)?,
            };
            let encoded = done.column.or_else(|| repeated[at].take()).ok_or_else(missing)?;
            if !matches!(unit.kept(), Kept::Spliced { .. }) {
                for later in self.columns.repeats_of(at) {
                    repeated[later] = Some(encoded.repeated(&self.columns.leaves[later])?);
                }
            }
            add_statistics(statistics, leaf, &encoded);
            encoded.append(&mut row_group)?;
            target.drain().await?;
            let rows = unit.input_rows * (at + 1) / self.columns.leaves.len();
            self.columns.control.report(&Progress {
                input_rows: self.done_rows + rows as u64,
                total_rows: self.rewrite.input_rows,
                read_bytes: self.columns.read_bytes(),
                written_bytes: finished_bytes + target.written(),
            });
        }
        row_group.close().map_err(unwritable)?;
        target.drain().await?;
        open.add_unit(&unit, bytes_before);
        Ok(())
    }

    fn count(&mut self, unit: &Unit) {
        self.rewrite.output_rows += unit.rows() as u64;
        if matches!(unit.kept(), Kept::Spliced { .. }) {
            self.rewrite.spliced_rows += unit.rows() as u64;
        }
        self.rewrite.superseded_rows += unit.superseded_rows;
        self.rewrite.dropped_deletes += unit.dropped_deletes;
        tracing::debug!(
            input_rows = unit.input_rows,
            rows = unit.rows(),
            superseded_rows = unit.superseded_rows,
            "writing a unit"
        );
    }

    fn report(&self, rows: u64, written_bytes: u64) {
        self.columns.control.report(&Progress {
            input_rows: self.done_rows + rows,
            total_rows: self.rewrite.input_rows,
            read_bytes: self.columns.read_bytes(),
            written_bytes,
        });
    }

    /// Every input row must be accounted for.
    fn check_rows(&self) -> Result<()> {
        let rewrite = &self.rewrite;
        let accounted = rewrite.output_rows + rewrite.superseded_rows + rewrite.dropped_deletes;
        let in_files: u64 = rewrite.files.iter().map(|file| file.rows).sum();
        if accounted == rewrite.input_rows && in_files == rewrite.output_rows {
            return Ok(());
        }
        Err(Error::internal(format!(
            "{} rows went in, {} were written to files, {} were planned, {} superseded and {} dropped",
            rewrite.input_rows,
            in_files,
            rewrite.output_rows,
            rewrite.superseded_rows,
            rewrite.dropped_deletes
        )))
    }
}

impl Columns {
    /// The columns of all units in order, encoded by the pool, some of them ahead of who takes them.
    fn encode<'c>(
        self: &'c Arc<Self>,
        units: impl Stream<Item = Result<Arc<Unit>>> + 'c,
    ) -> impl Stream<Item = Result<Done>> + 'c {
        units
            .map_ok(move |unit| stream::iter(self.groups(unit)).map(Ok))
            .try_flatten()
            .map_ok(move |group| fetch(Arc::clone(self), group))
            .try_buffered(self.budget.fetch_ahead)
            .map_ok(move |(group, bytes)| stream::iter(self.tasks(&group, bytes)))
            .try_flatten()
            .map_ok(move |task| self.carry_out(task))
            .try_buffered(self.budget.threads + self.budget.encode_ahead)
    }

    /// The columns that repeat the pages of this one.
    fn repeats_of(&self, column: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.repeats.len()).filter(move |later| self.repeats[*later] == Some(column))
    }

    fn groups(&self, unit: Arc<Unit>) -> Vec<Group> {
        if unit.rows() == 0 {
            return vec![Group { unit, columns: Vec::new() }];
        }
        fetch_groups(&self.expected_bytes(&unit), self.budget.fetch_bytes)
            .into_iter()
            .map(|columns| Group { unit: Arc::clone(&unit), columns })
            .collect()
    }

    async fn fetch(&self, group: Group) -> Result<(Group, GroupBytes)> {
        if let Kept::Spliced { file, row_group } = group.unit.kept() {
            let chunks = splice::fetch(file, *row_group, &group.columns).await?;
            return Ok((group, GroupBytes::Chunks(chunks)));
        }
        let is_gathered = |column: &usize| {
            self.repeats[*column].is_none() && group.unit.known(self.same_as[*column]).is_none()
        };
        let gathered: Vec<usize> = group.columns.iter().copied().filter(is_gathered).collect();
        let bytes = UnitBytes::fetch(&self.runs, &group.unit, &gathered).await?;
        Ok((group, GroupBytes::Pages(bytes)))
    }

    fn tasks(&self, group: &Group, bytes: GroupBytes) -> Vec<Result<(Arc<Unit>, Work)>> {
        let unit = &group.unit;
        let work: Vec<Work> = match bytes {
            _ if group.columns.is_empty() => vec![Work::Nothing],
            GroupBytes::Pages(bytes) => group
                .columns
                .iter()
                .map(|column| match self.repeats[*column] {
                    Some(_) => Work::Repeat,
                    None => Work::Rewrite(ColumnTask {
                        column: *column,
                        leaf: self.leaves[*column].clone(),
                        unit: Arc::clone(unit),
                        known: unit.known(self.same_as[*column]).map(Arc::clone),
                        bytes: Arc::clone(&bytes),
                        control: self.control.clone(),
                    }),
                })
                .collect(),
            GroupBytes::Chunks(chunks) => {
                group.columns.iter().zip(chunks).map(|(column, bytes)| Work::Copy(*column, bytes)).collect()
            }
        };
        work.into_iter().map(|work| Ok((Arc::clone(unit), work))).collect()
    }

    async fn carry_out(&self, (unit, work): (Arc<Unit>, Work)) -> Result<Done> {
        let column = match work {
            Work::Nothing | Work::Repeat => None,
            Work::Rewrite(task) => {
                let factory = self.encoders[task.column].clone();
                Some(self.control.pool().run(move || task.run(factory.encoder()?)).await??)
            }
            Work::Copy(column, bytes) => match unit.kept() {
                Kept::Spliced { file, row_group } => {
                    Some(splice::column(file, *row_group, column, &self.leaves[column], bytes)?)
                }
                _ => None,
            },
        };
        Ok(Done { unit, column })
    }

    /// Compressed bytes that each column of a unit takes from the inputs, by the average row of its
    /// files.
    fn expected_bytes(&self, unit: &Unit) -> Vec<u64> {
        let mut bytes = vec![0; self.leaves.len()];
        for (run, rows) in self.runs.iter().zip(&unit.slices) {
            for (file, part) in run.parts(rows) {
                for (column, bytes) in bytes.iter_mut().enumerate() {
                    let share = u128::from(file.compressed_bytes(column)) * u128::from(part.end - part.start);
                    *bytes += u64::try_from(share / u128::from(file.rows().max(1))).unwrap_or(u64::MAX);
                }
            }
        }
        bytes
    }

    fn read_bytes(&self) -> u64 {
        self.runs.iter().flat_map(Run::files).map(|file| file.read_bytes()).sum()
    }
}

/// Fetches a group on a task of its own, which goes on while encoded columns wait for their turn and nobody asks for
/// more. It ends when nobody waits for it any more.
async fn fetch(columns: Arc<Columns>, group: Group) -> Result<(Group, GroupBytes)> {
    let mut task = JoinSet::new();
    task.spawn(async move { columns.fetch(group).await });
    match task.join_next().await {
        Some(Ok(fetched)) => fetched,
        Some(Err(error)) => Err(Error::internal("a task that fetches panicked").with_source(error)),
        None => Err(Error::internal("a task that fetches is gone")),
    }
}

/// The earlier column whose pages are those of a column, too: they have the same values and are encoded alike. A
/// dictionary stands before the pages and is encoded for each.
fn same_pages(
    leaves: &[Leaf],
    properties: &WriterProperties,
    column: usize,
    same_as: usize,
) -> Option<usize> {
    let is_plain = |column: usize| {
        let leaf = &leaves[column];
        leaf.physical != Physical::Int96 && !properties.dictionary_enabled(leaf.descriptor.path())
    };
    (same_as < column && is_plain(column) && is_plain(same_as)).then_some(same_as)
}

/// The key column whose values a column has in every file, else itself.
fn same_values(leaves: &[Leaf], runs: &[Run], column: usize, key: &[usize]) -> usize {
    let leaf = &leaves[column];
    let repeats = |key: &usize| {
        let other = &leaves[*key];
        let is_same_type = leaf.physical == other.physical
            && leaf.meaning == other.meaning
            && leaf.required == other.required;
        is_same_type
            && runs.iter().flat_map(Run::files).all(|file| {
                let indexes = (file.column(column), file.column(*key));
                matches!(indexes, (Some(column), Some(key)) if column.index == key.index)
            })
    };
    key.iter().copied().find(repeats).unwrap_or(column)
}

/// Splits columns into groups of at most `limit` bytes, at least one column, that are fetched together.
fn fetch_groups(bytes: &[u64], limit: u64) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut sum = 0;
    for (column, bytes) in bytes.iter().enumerate() {
        match groups.last_mut() {
            Some(group) if sum + bytes <= limit => {
                group.push(column);
                sum += bytes;
            }
            _ => {
                groups.push(vec![column]);
                sum = *bytes;
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fetches_small_columns_together_and_large_ones_alone() {
        let mebibytes = |sizes: &[u64]| sizes.iter().map(|size| size << 20).collect::<Vec<_>>();
        let groups = fetch_groups(&mebibytes(&[1, 2, 3, 4, 20, 1, 1]), 8 << 20);
        assert_eq!(groups, vec![vec![0, 1, 2], vec![3], vec![4], vec![5, 6]]);
    }
}
