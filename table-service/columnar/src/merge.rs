use crate::plan::{Planner, unit_rows};
use crate::read::open_runs;
use crate::rewriter::{Rewriter, Units};
use crate::{Control, MergeSpec, Result, Rewrite, Section, Sink};

/// Merges sections into new files.
///
/// `sections` ascend by key. Files are rolled at a target size and never split a key. When no row
/// is left there is no file. On an error and on cancellation the open file is aborted; finished
/// ones stay, and the sink knows their names.
///
/// Decoding and encoding run on the calling task: give the future a thread that may be busy. A future
/// that is dropped before it ends drops the open file without aborting it; [`Control::cancel`] stops
/// in order.
pub async fn merge(
    sections: Vec<Section>,
    spec: &MergeSpec,
    sink: &dyn Sink,
    control: &Control,
) -> Result<Rewrite> {
    control.check()?;
    let leaves = spec.leaves()?;
    let runs = open_runs(&sections, &leaves).await?;
    let rows = unit_rows(&runs, leaves.len(), &spec.output);
    let units = Units::Merged(Planner::new(&runs, spec, &leaves, rows)?);
    let rewriter = Rewriter::new(&spec.schema, &spec.output, &leaves, &runs, sink, control)?;
    rewriter.run(units).await
}
