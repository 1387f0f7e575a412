//! Where the units of a rewrite come from: stretches of the input, one after the other.

use std::collections::VecDeque;
use std::sync::Arc;

use futures::SinkExt;
use futures::channel::mpsc;

use crate::plan::{CopyPlanner, PlanColumns, PlanSize, Planner, SplicedGroup, Stretch, Unit};
use crate::read::Run;
use crate::{Control, MergeSpec, Result, splice};

/// Yields units in the order of the output.
pub(crate) struct Units {
    stretches: VecDeque<Stretch>,
    current: Option<Current>,
    size: PlanSize,
    shared: Arc<Shared>,
}

/// What all stretches share.
struct Shared {
    runs: Arc<[Run]>,
    merge: Option<(MergeSpec, Arc<PlanColumns>)>,
}

/// The stretch that units come from.
enum Current {
    Merged(Box<Planner>),
    Copied(CopyPlanner),
}

impl Units {
    /// Units of a merge.
    pub(crate) fn merged(
        stretches: Vec<Stretch>,
        runs: &Arc<[Run]>,
        spec: &MergeSpec,
        columns: &Arc<PlanColumns>,
        size: PlanSize,
    ) -> Self {
        let merge = Some((spec.clone(), Arc::clone(columns)));
        Self::new(stretches, Shared { runs: Arc::clone(runs), merge }, size)
    }

    /// Units of a copy of one run.
    pub(crate) fn copied(stretches: Vec<Stretch>, runs: &Arc<[Run]>, size: PlanSize) -> Self {
        Self::new(stretches, Shared { runs: Arc::clone(runs), merge: None }, size)
    }

    fn new(stretches: Vec<Stretch>, shared: Shared, size: PlanSize) -> Self {
        Self { stretches: stretches.into(), current: None, size, shared: Arc::new(shared) }
    }

    /// Plans all units in order, each as soon as the one before it was received.
    pub(crate) async fn plan_ahead(
        mut self,
        control: &Control,
        mut planned: mpsc::Sender<Result<Arc<Unit>>>,
    ) {
        loop {
            let result = self.next(control).await;
            let (unit, rest) = match result {
                Ok(Some((unit, rest))) => (Ok(unit), Some(rest)),
                Ok(None) => return,
                Err(error) => (Err(error), None),
            };
            // Nobody receives any more when the rewrite was given up.
            if planned.send(unit).await.is_err() {
                return;
            }
            match rest {
                Some(rest) => self = rest,
                None => return,
            }
        }
    }

    /// The next unit, and what comes after it; `None` after the last.
    async fn next(mut self, control: &Control) -> Result<Option<(Arc<Unit>, Self)>> {
        loop {
            control.check()?;
            match self.current.take() {
                Some(Current::Merged(planner)) => {
                    if let Some((unit, planner)) = planner.next_unit(control.pool()).await? {
                        self.current = Some(Current::Merged(Box::new(planner)));
                        return Ok(Some((Arc::new(unit), self)));
                    }
                }
                Some(Current::Copied(mut planner)) => {
                    if let Some(unit) = planner.next_unit() {
                        self.current = Some(Current::Copied(planner));
                        return Ok(Some((Arc::new(unit), self)));
                    }
                }
                None => {
                    let Some(stretch) = self.stretches.pop_front() else { return Ok(None) };
                    let mut size = self.size;
                    // Only the first stretch begins while all encoders wait, and only behind the last one they run out of
                    // work.
                    self.size.first_unit = self.size.unit;
                    if !self.stretches.is_empty() {
                        size.last_unit = size.unit;
                    }
                    match stretch {
                        Stretch::Splice(group) => {
                            let unit = self.shared.spliced(&group).await?;
                            return Ok(Some((Arc::new(unit), self)));
                        }
                        Stretch::Rows(rows) => self.current = Some(self.shared.begin(&rows, size)?),
                    }
                }
            }
        }
    }
}

impl Shared {
    fn begin(&self, rows: &[std::ops::Range<u64>], size: PlanSize) -> Result<Current> {
        Ok(match &self.merge {
            Some((spec, columns)) => {
                Current::Merged(Box::new(Planner::new(&self.runs, rows, spec, columns, size)?))
            }
            None => Current::Copied(CopyPlanner::new(rows.first().cloned().unwrap_or_default(), size.unit)),
        })
    }

    async fn spliced(&self, group: &SplicedGroup) -> Result<Unit> {
        splice::unit(group, &self.runs, self.merge.as_ref().map(|(_, columns)| columns.as_ref())).await
    }
}
