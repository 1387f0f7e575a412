use serde::{Deserialize, Serialize};

use crate::{CONTRACT_VERSION, RunResult};

/// Largest termination message that Kubernetes keeps of one container.
pub const MAX_TERMINATION_MESSAGE_BYTES: usize = 4096;

/// Longest text of one message; longer ones are cut at a character.
pub const MAX_TEXT_BYTES: usize = 512;

/// The result of a pod's work, at most [`MAX_TERMINATION_MESSAGE_BYTES`] of JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TerminationMessage {
    /// [`CONTRACT_VERSION`] of the writer.
    pub contract_version: u32,
    /// One result for each run that the pod served.
    pub runs: Vec<RunResult>,
}

impl TerminationMessage {
    /// A message of the current version.
    pub fn new(runs: Vec<RunResult>) -> Self {
        Self { contract_version: CONTRACT_VERSION, runs }
    }

    /// The message as JSON within Kubernetes' limit: texts are cut, then the table's summary, the report's place
    /// and at last the message text itself are left out. `None` if even that does not fit, which takes more
    /// than half a dozen runs in one pod.
    pub fn encode(&self) -> Option<String> {
        let mut message = self.clone();
        for run in &mut message.runs {
            run.message = truncate(&run.message, MAX_TEXT_BYTES).to_owned();
        }
        let trims: [fn(&mut RunResult); 3] =
            [|run| run.table = None, |run| run.report = None, |run| run.message.clear()];
        let mut trims = trims.iter();
        loop {
            let json = serde_json::to_string(&message).ok()?;
            if json.len() <= MAX_TERMINATION_MESSAGE_BYTES {
                return Some(json);
            }
            let trim = trims.next()?;
            message.runs.iter_mut().for_each(trim);
        }
    }

    /// Reads what a container left. The text is influenced by table data, so it is bounded before it is parsed,
    /// unknown fields are ignored and texts are cut; anything else than a message of a known version is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_TERMINATION_MESSAGE_BYTES {
            return None;
        }
        let mut message: Self = serde_json::from_str(text).ok()?;
        if message.contract_version != CONTRACT_VERSION {
            return None;
        }
        for run in &mut message.runs {
            run.message = truncate(&run.message, MAX_TEXT_BYTES).to_owned();
        }
        Some(message)
    }
}

/// The longest prefix of `text` that has at most `bytes` bytes and ends at a character.
pub fn truncate(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OperationKind, Outcome, Reason, RequestCounts};

    fn result(message: &str) -> RunResult {
        RunResult {
            uid: "0b1c".into(),
            operation: OperationKind::Compact,
            outcome: Outcome::Succeeded,
            reason: Reason::Completed,
            message: message.into(),
            started_at: "2026-11-21T00:00:00Z".into(),
            finished_at: "2026-11-21T00:00:01Z".into(),
            snapshot_before: Some("41".into()),
            snapshot_after: Some("42".into()),
            compaction: Some(crate::CompactionResult { input_files: 10, ..Default::default() }),
            expiry: None,
            cleanup: None,
            table: Some(crate::TableSummary { snapshots: 3, ..Default::default() }),
            requests: RequestCounts { get: 7, ..Default::default() },
            report: Some("s3://lake/t/.weir/receipts/x.json".into()),
        }
    }

    #[test]
    fn a_message_is_read_back_as_it_was_written() {
        let message = TerminationMessage::new(vec![result("rewrote 10 files into 1")]);
        assert_eq!(TerminationMessage::parse(&message.encode().unwrap()), Some(message));
    }

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        let message = TerminationMessage::new(vec![result(&"ü".repeat(400))]);
        let read = TerminationMessage::parse(&message.encode().unwrap()).unwrap();
        assert_eq!(read.runs[0].message, "ü".repeat(MAX_TEXT_BYTES / 2));
    }

    #[test]
    fn a_message_that_is_too_large_drops_what_matters_least() {
        let runs = vec![result("done"); 6];
        let text = TerminationMessage::new(runs).encode().unwrap();
        assert!(text.len() <= MAX_TERMINATION_MESSAGE_BYTES);
        let read = TerminationMessage::parse(&text).unwrap();
        assert_eq!(read.runs.len(), 6);
        assert_eq!(read.runs[0].table, None);
        assert_eq!(read.runs[0].compaction.as_ref().unwrap().input_files, 10);
    }

    #[test]
    fn unknown_versions_oversize_and_other_text_are_treated_as_absent() {
        let mut message = TerminationMessage::new(vec![]);
        message.contract_version = 99;
        assert_eq!(TerminationMessage::parse(&message.encode().unwrap()), None);
        assert_eq!(TerminationMessage::parse(&" ".repeat(5000)), None);
        assert_eq!(TerminationMessage::parse("panicked at 'oh no'"), None);
    }
}
