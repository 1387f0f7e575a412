//! How the process stops.

use tokio::sync::watch;

/// Tells every task of the process that it is time to stop.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Receiver<bool>);

/// Starts the stop. Dropping it stops as well.
#[derive(Debug)]
pub struct Stop(watch::Sender<bool>);

/// A pair of the one who starts a stop and those who wait for it.
pub fn shutdown() -> (Stop, Shutdown) {
    let (sender, receiver) = watch::channel(false);
    (Stop(sender), Shutdown(receiver))
}

impl Stop {
    /// Starts the stop.
    pub fn now(&self) {
        self.0.send_replace(true);
    }
}

impl Shutdown {
    /// Waits until the stop has started.
    pub async fn wait(mut self) {
        // An error means that nobody can start it any more.
        let _ = self.0.wait_for(|stopped| *stopped).await;
    }
}
