use std::sync::Arc;

use crate::leaf::Leaf;
use crate::read::{Run, open_runs};
use crate::rewriter::Rewriter;
use crate::units::Units;
use crate::{ConcatSpec, Control, InputFile, Result, Rewrite, Section, Sink, SortedRun};

/// Copies the rows of `files`, one file after the other, into new files rolled at a target size.
///
/// Their order is kept. The output files have no keys, no sequence numbers and no deletes; those of
/// tables without a key live in metadata. Ends like [`merge`](crate::merge) on an error and on
/// cancellation.
pub async fn concat(
    files: Vec<InputFile>,
    spec: &ConcatSpec,
    sink: &dyn Sink,
    control: &Control,
) -> Result<Rewrite> {
    control.check()?;
    let leaves: Arc<[Leaf]> = spec.leaves()?.into();
    let sections = [Section { runs: vec![SortedRun { files }] }];
    let runs: Arc<[Run]> = open_runs(&sections, &leaves).await?.into();
    let rewriter = Rewriter::new(&spec.schema, &spec.output, &leaves, &runs, sink, control, None)?;
    let stretches = rewriter.stretches(None);
    let units = Units::copied(stretches, &runs, rewriter.plan_size());
    rewriter.run(units).await
}
