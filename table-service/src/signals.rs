//! SIGTERM and SIGINT ask a run to stop at the next safe point.

use tokio::signal::unix::{SignalKind, signal};
use weir_paimon::compaction::Control;

/// Cancels `control` at the first signal.
pub(crate) fn cancel_on_signal(control: Control) -> std::io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping at the next safe point");
        control.cancel();
    });
    Ok(())
}
