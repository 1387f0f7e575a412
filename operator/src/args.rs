//! The command line.

use std::{net::SocketAddr, time::Duration};

use clap::Parser;

use crate::lease::LeaseTimes;

/// The operator's command line; every flag may also be given by the environment variable in brackets.
#[derive(Clone, Debug, Parser)]
#[command(name = "weir-operator", version, about = "Keeps lake tables healthy on Kubernetes")]
pub struct Args {
    /// Image of table-service pods whose Table names none.
    #[arg(long, env = "WEIR_JOB_IMAGE")]
    pub job_image: String,
    /// Watches only this namespace; may be repeated. Unset: all namespaces.
    #[arg(long = "watch-namespace", env = "WEIR_WATCH_NAMESPACES", value_delimiter = ',')]
    pub watch_namespaces: Vec<String>,
    /// Jobs that may be unfinished at once, over all namespaces; 0 for any number.
    #[arg(long, env = "WEIR_MAX_CONCURRENT_JOBS", default_value_t = 64)]
    pub max_concurrent_jobs: usize,
    /// Acts without a Lease. Only for a single replica.
    #[arg(long, env = "WEIR_NO_LEADER_ELECTION")]
    pub no_leader_election: bool,
    /// Name of the Lease.
    #[arg(long, env = "WEIR_LEASE_NAME", default_value = "weir-operator")]
    pub lease_name: String,
    /// Namespace of the Lease. Unset: the operator's own.
    #[arg(long, env = "WEIR_LEASE_NAMESPACE")]
    pub lease_namespace: Option<String>,
    /// Seconds that the others wait for a silent leader.
    #[arg(long, env = "WEIR_LEASE_DURATION_SECONDS", default_value_t = 15)]
    pub lease_duration_seconds: u64,
    /// Seconds after which a leader that cannot renew its Lease exits. Less than the duration.
    #[arg(long, env = "WEIR_LEASE_RENEW_DEADLINE_SECONDS", default_value_t = 10)]
    pub lease_renew_deadline_seconds: u64,
    /// Seconds between two attempts to get or renew the Lease.
    #[arg(long, env = "WEIR_LEASE_RETRY_PERIOD_SECONDS", default_value_t = 2)]
    pub lease_retry_period_seconds: u64,
    /// Name of this process in the Lease and in events. Unset: the pod's name.
    #[arg(long, env = "POD_NAME")]
    pub identity: Option<String>,
    /// Address of `/livez`, `/readyz` and `/metrics`.
    #[arg(long, env = "WEIR_LISTEN", default_value = "0.0.0.0:8080")]
    pub listen: SocketAddr,
    /// Log filter in `tracing` syntax.
    #[arg(long, env = "RUST_LOG", default_value = "info")]
    pub log_level: String,
}

impl Args {
    /// The times of the election, or what is wrong with them.
    pub fn lease_times(&self) -> Result<LeaseTimes, String> {
        let seconds = Duration::from_secs;
        let times = LeaseTimes {
            duration: seconds(self.lease_duration_seconds),
            renew_deadline: seconds(self.lease_renew_deadline_seconds),
            retry_period: seconds(self.lease_retry_period_seconds),
        };
        if times.retry_period.is_zero()
            || times.retry_period >= times.renew_deadline
            || times.renew_deadline >= times.duration
        {
            return Err(format!(
                "the Lease needs 0 < retry period ({} s) < renew deadline ({} s) < duration ({} s)",
                self.lease_retry_period_seconds,
                self.lease_renew_deadline_seconds,
                self.lease_duration_seconds
            ));
        }
        Ok(times)
    }
}
