//! Brings a machine to where the tests can run.

use std::process::Command;

use anyhow::{Context, Result, bail};
use weir_tests::{process, workspace};

use crate::requirements::{self, Purpose, Requirement, succeeds};

/// Installs what is missing, as root on Debian and its kin; elsewhere the error is the line to run.
///
/// Returns what was installed, for people.
pub(crate) fn prepare(purpose: Purpose) -> Result<String> {
    let missing = requirements::missing(purpose);
    if missing.is_empty() {
        return Ok("complete".to_owned());
    }
    let names: Vec<&str> = missing.iter().map(|requirement| requirement.name).collect();
    let has_apt = succeeds("apt-get", &["--version"]);
    if !has_apt {
        bail!("missing: {}. Install them with the machine's package manager", names.join(", "));
    }
    if !rustix::process::geteuid().is_root() {
        let packages: Vec<&str> =
            missing.iter().filter_map(|requirement| requirement.packages.first().copied()).collect();
        bail!(
            "missing: {}. Run:\n  sudo apt-get install --no-install-recommends {}",
            names.join(", "),
            packages.join(" ")
        );
    }
    install(&missing)?;
    let still: Vec<&str> =
        requirements::missing(purpose).iter().map(|requirement| requirement.name).collect();
    if !still.is_empty() {
        bail!("still missing after installing packages: {}", still.join(", "));
    }
    Ok(format!("installed {}", names.join(", ")))
}

fn install(missing: &[Requirement]) -> Result<()> {
    let log = workspace::logs("machine").join("apt.log");
    process::run(apt().args(["update", "--quiet"]), &log)?;
    let packages = missing.iter().map(available_package).collect::<Result<Vec<_>>>()?;
    let mut install = apt();
    install.args(["install", "--yes", "--quiet", "--no-install-recommends"]).args(&packages);
    process::run(&mut install, &log)
}

fn available_package(requirement: &Requirement) -> Result<&'static str> {
    let mut packages = requirement.packages.iter().copied();
    packages
        .find(|package| succeeds("apt-cache", &["show", "--quiet=2", package]))
        .with_context(|| format!("no package for {} in this distribution", requirement.name))
}

fn apt() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}
