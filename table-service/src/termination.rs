//! The termination message of a pod.

use std::path::Path;

use weir_contract::{RunResult, TerminationMessage};

/// Writes the message for Kubernetes. A failure is logged: the exit code still tells how the run ended.
pub(crate) fn write(path: &Path, result: &RunResult) {
    let Some(message) = TerminationMessage::new(vec![result.clone()]).encode() else {
        tracing::error!("the result does not fit a termination message");
        return;
    };
    if let Err(error) = std::fs::write(path, message) {
        tracing::error!(%error, path = %path.display(), "the termination message could not be written");
    }
}
