//! Logs: JSON lines where nobody watches, text on a terminal. Filtered by `RUST_LOG`.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Libraries below are noisy about retries that succeed; their warnings are enough.
const DEFAULT_FILTER: &str = "warn,weir=info,weir_paimon=info,weir_storage=info,weir_columnar=info";

/// Starts logging to stderr.
pub(crate) fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        builder.with_target(false).compact().init();
    } else {
        builder.json().flatten_event(true).init();
    }
}
