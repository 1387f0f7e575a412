//! Progress on stderr: a bar on a terminal, a log line now and then otherwise.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{BinaryBytes, ProgressBar, ProgressStyle};
use weir_paimon::compaction::{Progress, ProgressListener};
use weir_storage::Storage;

/// Time between two log lines.
const LOG_INTERVAL: Duration = Duration::from_secs(15);

/// A listener for this process's stderr, which also tells what was read from and written to `storage`.
pub(crate) fn listener(storage: &Storage) -> ProgressListener {
    if std::io::stderr().is_terminal() { bar(storage.clone()) } else { log(storage.clone()) }
}

fn bar(storage: Storage) -> ProgressListener {
    let template = "{bar:30} {human_pos}/{human_len} rows, {msg}, {eta} left";
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::no_length().with_style(style);
    Arc::new(move |progress: Progress| {
        let requests = storage.requests();
        let (read, written) = (BinaryBytes(requests.bytes_read), BinaryBytes(requests.bytes_written));
        bar.set_message(format!("{read} read, {written} written"));
        bar.set_length(progress.total_rows);
        bar.set_position(progress.rows);
        if progress.rows == progress.total_rows {
            bar.finish_and_clear();
        }
    })
}

fn log(storage: Storage) -> ProgressListener {
    let last = Mutex::new(Instant::now());
    Arc::new(move |progress: Progress| {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.elapsed() >= LOG_INTERVAL {
            *last = Instant::now();
            let requests = storage.requests();
            tracing::info!(
                rows = progress.rows,
                total_rows = progress.total_rows,
                read_bytes = requests.bytes_read,
                written_bytes = requests.bytes_written,
                "compacting"
            );
        }
    })
}
