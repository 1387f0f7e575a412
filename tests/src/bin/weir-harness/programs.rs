//! The stages that build what every command needs.

use anyhow::Result;
use weir_tests::{oracle, tools};

use crate::machine;
use crate::requirements::Purpose;
use crate::stages::Stages;

/// Number of stages that [`prepare`] runs for a purpose.
pub(crate) const fn count(purpose: Purpose) -> usize {
    match purpose {
        Purpose::Demo => 5,
        Purpose::Test => 7,
    }
}

/// Installs and builds what is missing for `purpose`.
pub(crate) fn prepare(stages: &mut Stages, purpose: Purpose) -> Result<()> {
    stages.run("machine", || machine::prepare(purpose))?;
    stages.run("control plane", tools::control_plane)?;
    stages.run("helm", tools::helm)?;
    stages.run("S3 server", tools::s3_server)?;
    stages.run("pypaimon", oracle::python_oracle)?;
    if purpose == Purpose::Test {
        stages.run("Java Paimon", oracle::java_oracle)?;
        stages.run("cargo-deny", tools::cargo_deny)?;
    }
    Ok(())
}

/// Installs and builds what the tests need, and nothing else.
pub(crate) fn set_up() -> Result<()> {
    prepare(&mut Stages::new("set-up", count(Purpose::Test)), Purpose::Test)
}
