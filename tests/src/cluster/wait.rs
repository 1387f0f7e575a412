//! Waiting for something to become true.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

const INTERVAL: Duration = Duration::from_millis(50);

/// Asks until the answer is yes; an error is an answer only when time is up.
pub(super) async fn until(
    what: &str,
    limit: Duration,
    mut condition: impl AsyncFnMut() -> Result<bool>,
) -> Result<()> {
    let deadline = Instant::now() + limit;
    loop {
        let answer = condition().await;
        if matches!(answer, Ok(true)) {
            return Ok(());
        }
        if Instant::now() > deadline {
            match answer {
                Ok(_) => bail!("waited {} s for {what}", limit.as_secs()),
                Err(error) => return Err(error.context(format!("waited {} s for {what}", limit.as_secs()))),
            }
        }
        tokio::time::sleep(INTERVAL).await;
    }
}
