use std::sync::Arc;

use crate::leaf::Leaf;
use crate::plan::PlanColumns;
use crate::read::{Run, open_runs};
use crate::rewriter::Rewriter;
use crate::units::Units;
use crate::{Control, MergeSpec, Result, Rewrite, Section, Sink};

/// Merges sections into new files.
///
/// `sections` ascend by key. Files are rolled at a target size and never split a key. When no row
/// is left there is no file. On an error and on cancellation the open file is aborted; finished
/// ones stay, and the sink knows their names.
///
/// Decoding, merging and encoding run on the threads of [`Control::with_threads`], else on the calling
/// task. A future that is dropped before it ends drops the open file without aborting it;
/// [`Control::cancel`] stops in order.
pub async fn merge(
    sections: Vec<Section>,
    spec: &MergeSpec,
    sink: &dyn Sink,
    control: &Control,
) -> Result<Rewrite> {
    control.check()?;
    let leaves: Arc<[Leaf]> = spec.leaves()?.into();
    let columns = Arc::new(PlanColumns::new(spec, &leaves)?);
    let runs: Arc<[Run]> = open_runs(&sections, &leaves).await?.into();
    let rewriter = Rewriter::new(&spec.schema, &spec.output, &leaves, &runs, sink, control, Some(&columns))?;
    let stretches = rewriter.stretches(Some(&columns));
    let units = Units::merged(stretches, &runs, spec, &columns, rewriter.plan_size());
    rewriter.run(units).await
}
