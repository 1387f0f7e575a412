//! Progress on stderr: a bar on a terminal, a log line now and then otherwise.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use weir_paimon::compaction::{Progress, ProgressListener};

/// Time between two log lines.
const LOG_INTERVAL: Duration = Duration::from_secs(15);

/// A listener for this process's stderr.
pub(crate) fn listener() -> ProgressListener {
    if std::io::stderr().is_terminal() { bar() } else { log() }
}

fn bar() -> ProgressListener {
    let template = "{bar:40} {human_pos}/{human_len} rows, {per_sec}, {eta} left";
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::no_length().with_style(style);
    Arc::new(move |progress: Progress| {
        bar.set_length(progress.total_rows);
        bar.set_position(progress.rows);
        if progress.rows == progress.total_rows {
            bar.finish_and_clear();
        }
    })
}

fn log() -> ProgressListener {
    let last = Mutex::new(Instant::now());
    Arc::new(move |progress: Progress| {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.elapsed() >= LOG_INTERVAL {
            *last = Instant::now();
            tracing::info!(rows = progress.rows, total_rows = progress.total_rows, "compacting");
        }
    })
}
