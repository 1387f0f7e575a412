//! Scenarios that share one cluster: it starts once, the scenarios run, it always ends.
//!
//! The binary of a suite has `harness = false` and answers to the usual flags of `cargo test`.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

use crate::cluster::{Cluster, ClusterOptions};
use crate::product::{self, Images};
use crate::s3::S3Server;

/// Scenarios wait for the cluster most of the time, so more run at once than there are cores.
const DEFAULT_THREADS: usize = 8;
/// Where the operator of a suite is installed.
pub const OPERATOR_NAMESPACE: &str = "weir-system";
/// Exit code of a process that SIGINT ended, by the shell's convention.
const INTERRUPTED: i32 = 130;

/// What the scenarios of a suite share.
#[derive(Debug)]
pub struct Environment {
    /// The cluster.
    pub cluster: Cluster,
    /// An S3 server that pods and scenarios reach under one address.
    pub s3: S3Server,
    /// The images of the two binaries, where the suite has an operator.
    pub images: Option<Images>,
}

type Scenario = Box<dyn FnOnce(&Runtime, Arc<Environment>) -> Result<()> + Send>;

/// A named list of scenarios.
#[derive(Default)]
pub struct Suite {
    scenarios: Vec<(String, Scenario)>,
    has_operator: bool,
}

impl std::fmt::Debug for Suite {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(self.scenarios.iter().map(|(name, _)| name)).finish()
    }
}

impl Suite {
    /// Runs the operator as a pod, installed from the chart into [`OPERATOR_NAMESPACE`], with the images of this
    /// checkout's binaries.
    #[must_use]
    pub fn with_operator(self) -> Self {
        Self { has_operator: true, ..self }
    }

    /// Adds a scenario; its name is a sentence. It fails by an error or a panic.
    #[must_use]
    pub fn scenario<F>(mut self, name: &str, scenario: F) -> Self
    where
        F: AsyncFnOnce(Arc<Environment>) -> Result<()> + Send + 'static,
    {
        let run = |runtime: &Runtime, environment| runtime.block_on(scenario(environment));
        self.scenarios.push((name.to_owned(), Box::new(run)));
        self
    }

    /// Runs the scenarios that the command line asks for; call it first in `main`.
    ///
    /// `prepare` makes everything that needs the outside network (images, oracles) and says which cluster to
    /// start. It is not called when no scenario is to run.
    pub fn run(self, prepare: impl FnOnce() -> Result<ClusterOptions>) -> ExitCode {
        let mut arguments = Arguments::from_args();
        arguments.test_threads.get_or_insert(DEFAULT_THREADS);
        if arguments.list || !self.has_any_of(&arguments) {
            let names = self.scenarios.into_iter().map(|(name, _)| Trial::test(name, || Ok(())));
            return libtest_mimic::run(&arguments, names.collect()).exit_code();
        }
        match self.run_on_cluster(&arguments, prepare) {
            Ok(code) => code,
            Err(error) => {
                eprintln!("the suite could not run: {error:#}");
                ExitCode::FAILURE
            }
        }
    }

    fn run_on_cluster(
        self,
        arguments: &Arguments,
        prepare: impl FnOnce() -> Result<ClusterOptions>,
    ) -> Result<ExitCode> {
        let mut options = prepare()?;
        let images = if self.has_operator { Some(product::images()?) } else { None };
        options.images.extend(images.iter().flat_map(Images::all));
        let cluster = Cluster::start(&options).context("starting the cluster")?;
        let s3 = S3Server::in_cluster(&cluster).context("starting the S3 server")?;
        if let Some(images) = &images {
            product::install_operator(&cluster, images, OPERATOR_NAMESPACE, &[])
                .context("installing the operator")?;
        }
        let environment = Arc::new(Environment { cluster, s3, images });
        let runtime = Arc::new(tokio::runtime::Builder::new_multi_thread().enable_all().build()?);
        runtime.spawn(stop_when_interrupted(Arc::clone(&environment)));

        let trials = self.scenarios.into_iter().map(|(name, scenario)| {
            let (runtime, environment) = (Arc::clone(&runtime), Arc::clone(&environment));
            Trial::test(name, move || {
                scenario(&runtime, environment).map_err(|error| Failed::from(format!("{error:#}")))
            })
        });
        let conclusion = libtest_mimic::run(arguments, trials.collect());
        environment.cluster.stop().context("ending the cluster")?;
        Ok(conclusion.exit_code())
    }

    /// Whether any scenario passes the filters, by libtest's rules.
    fn has_any_of(&self, arguments: &Arguments) -> bool {
        let matches = |name: &str, filter: &str| {
            if arguments.exact { name == filter } else { name.contains(filter) }
        };
        self.scenarios.iter().any(|(name, _)| {
            arguments.filter.as_deref().is_none_or(|filter| matches(name, filter))
                && !arguments.skip.iter().any(|filter| matches(name, filter))
        })
    }
}

/// Ends the cluster, then the process, on SIGINT and SIGTERM.
async fn stop_when_interrupted(environment: Arc<Environment>) {
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    if let Err(error) = environment.cluster.stop() {
        eprintln!("the cluster did not end cleanly: {error:#}");
    }
    std::process::exit(INTERRUPTED);
}
