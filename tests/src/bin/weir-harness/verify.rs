//! `make test`: every check, with one build for all of them.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use uuid::Uuid;
use weir_tests::workspace::cargo;
use weir_tests::{process, product, tools, workspace};

use crate::programs;
use crate::requirements::Purpose;
use crate::stages::Stages;
use crate::totals::Totals;

/// Seed of everything that is sampled; printed, and taken from the environment when it is set.
const SEED: &str = "WEIR_SEED";
/// Asks tests for long races and many random tables.
const DEPTH: &str = "WEIR_SOAK";
/// Seed of the property tests.
const PROPERTY_SEED: &str = "PROPTEST_RNG_SEED";
/// Cases of each property test that does not say how many it needs.
const PROPERTY_CASES: &str = "PROPTEST_CASES";
const MANY_CASES: &str = "5000";

/// How much is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Short races, few random tables.
    Usual,
    /// Long races, many random tables, many cases of each property.
    Exhaustive,
}

/// Runs every check, and ends with the sums of what the test runners printed.
pub(crate) fn run(depth: Depth) -> Result<()> {
    // The build of the tests replaces this program's file; its path stays, the running file loses it.
    let program = std::env::current_exe().context("looking for this program")?;
    let seed = std::env::var(SEED).unwrap_or_else(|_| Uuid::new_v4().as_fields().0.to_string());
    println!("{SEED}={seed}");
    let mut totals = Totals::default();
    let outcome = run_stages(depth, &seed, &program, &mut totals);
    if totals.runners > 0 {
        println!("{totals}");
    }
    outcome
}

fn run_stages(depth: Depth, seed: &str, program: &Path, totals: &mut Totals) -> Result<()> {
    let mut stages = Stages::new("make test", programs::count(Purpose::Test) + 7);
    programs::prepare(&mut stages, Purpose::Test)?;
    stages.run("format", || logged("format", cargo().args(["fmt", "--all", "--check"])))?;
    let lints = ["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"];
    stages.run("lints", || logged("lints", cargo().args(lints)))?;
    stages.run("dependencies", check_dependencies)?;
    stages.run("build of tests", || {
        logged("test-build", cargo().args(["test", "--workspace", "--locked", "--no-run"]))
    })?;
    stages.run("images", product::images)?;
    stages.show("tests", || run_tests(depth, seed, totals))?;
    stages.show("demo", || run_demo(program))
}

fn check_dependencies() -> Result<()> {
    let mut deny = Command::new(tools::cargo_deny()?.path.join("bin/cargo-deny"));
    deny.args(["--all-features", "check", "bans", "licenses", "sources"]).current_dir(workspace::root());
    logged("dependencies", &mut deny)
}

/// Runs all tests of the workspace; all of them run even when one fails.
fn run_tests(depth: Depth, seed: &str, totals: &mut Totals) -> Result<String> {
    let mut command = cargo();
    command.args(["test", "--workspace", "--locked", "--no-fail-fast"]);
    command.env(SEED, seed).env(PROPERTY_SEED, seed);
    if depth == Depth::Exhaustive {
        command.env(DEPTH, "1").env(PROPERTY_CASES, MANY_CASES);
    }
    let result = shown("tests", &mut command, |line| totals.add(line));
    match result {
        Ok(()) if totals.passed == 0 => bail!("no test ran"),
        Ok(()) => Ok(format!("{} passed", totals.passed)),
        Err(error) => Err(error.context(format!("{} tests failed, {SEED}={seed}", totals.failed))),
    }
}

/// The demo has a process of its own, because it moves into its cluster's network.
fn run_demo(program: &Path) -> Result<()> {
    let mut demo = Command::new(program);
    shown("demo", demo.args(["demo", "--then-stop"]).env_remove("WEIR_BEGAN"), |_| ())
}

fn logged(name: &str, command: &mut Command) -> Result<()> {
    process::run(command, &workspace::logs("checks").join(format!("{name}.log")))
}

/// Runs a command whose standard output goes to the terminal, a log and `each_line`.
fn shown(name: &str, command: &mut Command, mut each_line: impl FnMut(&str)) -> Result<()> {
    let path = workspace::logs("checks").join(format!("{name}.log"));
    let mut log = File::create(&path).with_context(|| format!("creating {}", path.display()))?;
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line?;
            println!("{line}");
            writeln!(log, "{line}")?;
            each_line(&line);
        }
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("{name} failed ({status}); the output above is in {}", path.display());
    }
    Ok(())
}
