//! `weir`: table services for lake tables, from the command line or in a pod.
//!
//! Every verb is the same path: arguments → service → receipt → exit code. The logic is in the libraries; this
//! program parses, shows progress, writes the receipt and the termination message, and maps errors to exit codes.
//! People's text and progress go to stderr; stdout carries exactly one JSON object when `--json` asks for it.

mod allocator;
mod byte_size;
mod cli;
mod failure;
mod instant;
mod progress;
mod receipt;
mod resources;
mod run;
mod signals;
mod telemetry;
mod termination;
mod verb;

use std::process::ExitCode;

use clap::Parser;

/// Threads that wait for local disks. Each holds what it reads or writes, so there are few.
const BLOCKING_THREADS: usize = 2;

fn main() -> ExitCode {
    allocator::tune();
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return cli::refuse(&error),
    };
    telemetry::start();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2).max_blocking_threads(BLOCKING_THREADS).enable_all();
    let runtime = match runtime.build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "the runtime could not be started");
            return ExitCode::FAILURE;
        }
    };
    ExitCode::from(runtime.block_on(run::run(cli)).code())
}
