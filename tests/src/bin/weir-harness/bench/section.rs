//! What one workload adds to the page.

use super::goal::Goal;
use super::measure::Usage;
use super::workloads::Workload;
use crate::stages::Note;

/// A section of the page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Section {
    /// Its heading.
    pub(crate) title: String,
    /// The table, and what was done to it.
    pub(crate) about: String,
    /// Who was measured; the others are compared with the first.
    pub(crate) usages: Vec<Usage>,
    /// Rows that each of them had to read, where rates make sense.
    pub(crate) input_rows: Option<u64>,
    /// What else was counted, a sentence each.
    pub(crate) facts: Vec<String>,
    /// What had to be reached.
    pub(crate) goals: Vec<Goal>,
}

impl Section {
    /// The section of a workload that failed.
    pub(crate) fn failed(workload: &Workload, error: &anyhow::Error) -> Self {
        Self {
            title: workload.name.to_owned(),
            about: format!("Failed: {}", format!("{error:#}").lines().next().unwrap_or_default()),
            usages: Vec::new(),
            input_rows: None,
            facts: Vec::new(),
            goals: Vec::new(),
        }
    }
}

impl Note for Section {
    fn note(&self) -> String {
        self.usages.first().map(Note::note).unwrap_or_default()
    }
}
