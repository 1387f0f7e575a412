use crate::{Control, Error, MergeSpec, Result, Rewrite, Section, Sink};

/// Merges sections into new files.
///
/// `sections` ascend by key. Files are rolled at a target size and never split a key. When no row
/// is left there is no file. On an error and on cancellation the open file is aborted; finished
/// ones stay, and the sink knows their names.
///
/// Decoding and encoding run on the calling task: give the future a thread that may be busy.
pub async fn merge(
    _sections: Vec<Section>,
    _spec: &MergeSpec,
    _sink: &dyn Sink,
    _control: &Control,
) -> Result<Rewrite> {
    Err(Error::internal("not built yet"))
}
