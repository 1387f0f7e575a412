//! The operator's process.

use std::process::ExitCode;

use clap::Parser as _;
use tokio::signal::unix::{SignalKind, signal};
use weir_operator::{
    args::Args,
    clock::Clock,
    error::Error,
    operator::{Election, Settings, connect, operate},
    shutdown::shutdown,
    telemetry,
};

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    telemetry::init(&args.log_level);
    let times = match args.lease_times() {
        Ok(times) => times,
        Err(error) => {
            eprintln!("weir-operator: {error}");
            return ExitCode::from(2);
        }
    };
    match run(args, times).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the operator stops");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args, times: weir_operator::lease::LeaseTimes) -> Result<(), Error> {
    let client = connect().await?;
    let identity = args.identity.unwrap_or_else(|| format!("weir-operator-{}", std::process::id()));
    let election = (!args.no_leader_election).then(|| Election {
        namespace: args.lease_namespace.unwrap_or_else(|| client.default_namespace().to_owned()),
        name: args.lease_name,
        times,
    });
    let settings = Settings {
        job_image: args.job_image,
        watch_namespaces: args.watch_namespaces.into_iter().filter(|name| !name.is_empty()).collect(),
        max_concurrent_jobs: args.max_concurrent_jobs,
        election,
        identity,
        listen: args.listen,
        clock: Clock::default(),
    };
    let (stop, stopped) = shutdown();
    let mut terminate = signal(SignalKind::terminate()).map_err(|e| Error::Configuration(Box::new(e)))?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|e| Error::Configuration(Box::new(e)))?;
    tokio::spawn(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        tracing::info!("stopping");
        stop.now();
    });
    operate(client, settings, stopped).await
}
