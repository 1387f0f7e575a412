use crate::plan::{CopyPlanner, unit_rows};
use crate::read::open_runs;
use crate::rewriter::{Rewriter, Units};
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
    let leaves = spec.leaves()?;
    let runs = open_runs(&[Section { runs: vec![SortedRun { files }] }], &leaves).await?;
    let rows = unit_rows(&runs, leaves.len(), &spec.output);
    let units = Units::Copied(CopyPlanner::new(&runs[0], rows));
    let rewriter = Rewriter::new(&spec.schema, &spec.output, &leaves, &runs, sink, control)?;
    rewriter.run(units).await
}
