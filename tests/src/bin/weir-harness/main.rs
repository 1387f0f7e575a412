//! What `make` runs: sets a machine up, shows Weir at work, and tests it.

mod bench;
mod cluster;
mod demo;
mod machine;
mod programs;
mod report;
mod requirements;
mod stages;
mod totals;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

#[derive(Debug, Parser)]
#[command(name = "weir-harness", about = "Sets a machine up, shows Weir at work, and tests it")]
struct Arguments {
    #[command(subcommand)]
    command: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Shows Weir at work on a real cluster, and leaves the cluster up.
    Demo {
        /// Ends the cluster instead of leaving it up.
        #[arg(long)]
        then_stop: bool,
    },
    /// Ends the cluster of the demo.
    DemoDown,
    /// Runs every test.
    Test,
    /// Runs every test with long races, many random tables and many cases of each property.
    Soak,
    /// Measures the engine.
    Bench {
        /// Runs one workload only, and writes no page.
        #[arg(long, value_name = "WORKLOAD")]
        only: Option<String>,
    },
    /// Starts a cluster and ends it when interrupted.
    Cluster {
        /// Names its directory and logs.
        #[arg(long, default_value = "manual")]
        name: String,
        /// Starts the API and its controllers only, which needs no root.
        #[arg(long)]
        without_node: bool,
    },
    /// Installs and builds what the tests need, and nothing else.
    Setup,
}

fn main() -> ExitCode {
    // The client reports every answer of an apiserver that is still starting.
    let levels = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,kube_client=off"));
    tracing_subscriber::fmt().with_env_filter(levels).with_writer(std::io::stderr).init();
    let done = match Arguments::parse().command {
        Action::Demo { then_stop } => demo::run(then_stop),
        Action::DemoDown => demo::remove(),
        Action::Test => verify::run(verify::Depth::Usual),
        Action::Soak => verify::run(verify::Depth::Exhaustive),
        Action::Bench { only } => bench::run(only.as_deref()),
        Action::Cluster { name, without_node } => cluster::hold(&name, without_node),
        Action::Setup => programs::set_up(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}
