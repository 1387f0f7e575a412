//! What the machine has to have, and the Debian packages that bring it.

use std::path::Path;
use std::process::{Command, Stdio};

/// What a machine is set up for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The demo.
    Demo,
    /// Every test.
    Test,
}

/// Something that has to be on the machine.
#[derive(Debug)]
pub(crate) struct Requirement {
    /// What it is, for people.
    pub(crate) name: &'static str,
    /// Alternatives of Debian packages; the first that the distribution has is installed.
    pub(crate) packages: &'static [&'static str],
    is_met: fn() -> bool,
    only_for: Option<Purpose>,
}

const ALL: [Requirement; 8] = [
    Requirement {
        name: "CA certificates",
        packages: &["ca-certificates"],
        is_met: || Path::new("/etc/ssl/certs/ca-certificates.crt").exists(),
        only_for: None,
    },
    Requirement {
        name: "Python 3.11 with venv",
        packages: &["python3-venv"],
        is_met: has_python,
        only_for: None,
    },
    Requirement {
        name: "JDK 17 or newer",
        packages: &["openjdk-17-jdk-headless", "default-jdk-headless"],
        is_met: has_jdk,
        only_for: Some(Purpose::Test),
    },
    Requirement {
        name: "Maven",
        packages: &["maven"],
        is_met: || succeeds("mvn", &["--version"]),
        only_for: Some(Purpose::Test),
    },
    Requirement {
        name: "containerd",
        packages: &["containerd"],
        is_met: || succeeds("containerd", &["--version"]),
        only_for: None,
    },
    Requirement {
        name: "runc",
        packages: &["runc"],
        is_met: || succeeds("runc", &["--version"]),
        only_for: None,
    },
    Requirement {
        name: "CNI plugins",
        packages: &["containernetworking-plugins"],
        is_met: has_network_plugins,
        only_for: None,
    },
    Requirement {
        name: "iproute2",
        packages: &["iproute2"],
        is_met: || succeeds("ip", &["-V"]),
        only_for: None,
    },
];

/// What is missing for `purpose`.
pub(crate) fn missing(purpose: Purpose) -> Vec<Requirement> {
    let needed = |requirement: &Requirement| requirement.only_for.is_none_or(|only_for| only_for == purpose);
    ALL.into_iter().filter(|requirement| needed(requirement) && !(requirement.is_met)()).collect()
}

fn has_python() -> bool {
    let check = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))";
    succeeds("python3", &["-c", check])
}

fn has_jdk() -> bool {
    let output = Command::new("javac").arg("-version").output();
    output.is_ok_and(|output| {
        let version = String::from_utf8_lossy(&output.stdout).into_owned();
        let major =
            version.trim().strip_prefix("javac ").and_then(|version| version.split('.').next()?.parse().ok());
        major.is_some_and(|major: u32| major >= 17)
    })
}

fn has_network_plugins() -> bool {
    ["/usr/lib/cni/bridge", "/opt/cni/bin/bridge", "/usr/libexec/cni/bridge"]
        .iter()
        .any(|path| Path::new(path).exists())
}

/// Whether a program exists and ends well.
pub(crate) fn succeeds(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
