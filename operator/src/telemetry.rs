//! Logs: JSON lines, or text on a terminal.

use std::io::{IsTerminal as _, stderr};

use tracing_subscriber::EnvFilter;

/// Sends logs at or above `level` to standard error. `level` is a filter in `tracing` syntax, for example
/// `info,weir_operator=debug`.
pub fn init(level: &str) {
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr);
    if stderr().is_terminal() {
        builder.init();
    } else {
        builder.json().flatten_event(true).init();
    }
}
