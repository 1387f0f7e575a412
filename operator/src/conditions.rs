//! Conditions as the Kubernetes API conventions and kstatus want them.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use weir_contract::truncate;

/// The object can be used as its spec asks.
pub const READY: &str = "Ready";
/// The run ended as asked.
pub const SUCCEEDED: &str = "Succeeded";
/// Present while the operator works or waits.
pub const RECONCILING: &str = "Reconciling";
/// Present while somebody has to change something.
pub const STALLED: &str = "Stalled";

const MAX_MESSAGE_BYTES: usize = 1024;

/// What a condition says now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Type of the condition.
    pub type_: &'static str,
    /// `True`, `False` or `Unknown`.
    pub status: &'static str,
    /// One CamelCase word.
    pub reason: String,
    /// The same for people.
    pub message: String,
}

impl Finding {
    /// A condition that holds.
    pub fn holds(type_: &'static str, reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self { type_, status: "True", reason: reason.into(), message: message.into() }
    }

    /// A condition that does not hold.
    pub fn fails(type_: &'static str, reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self { type_, status: "False", reason: reason.into(), message: message.into() }
    }

    /// A condition that is not decided yet.
    pub fn unknown(type_: &'static str, reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self { type_, status: "Unknown", reason: reason.into(), message: message.into() }
    }
}

/// The conditions to store for `findings`: the time of the last transition is carried over from `stored` unless the
/// status flipped; types that are not found go.
pub fn conditions(
    findings: Vec<Finding>,
    stored: &[Condition],
    generation: Option<i64>,
    now: Timestamp,
) -> Vec<Condition> {
    let transition = |finding: &Finding| {
        stored
            .iter()
            .find(|it| it.type_ == finding.type_ && it.status == finding.status)
            .map_or(Time(now), |it| it.last_transition_time.clone())
    };
    findings
        .into_iter()
        .map(|finding| Condition {
            last_transition_time: transition(&finding),
            message: truncate(&finding.message, MAX_MESSAGE_BYTES).to_owned(),
            observed_generation: generation,
            reason: finding.reason,
            status: finding.status.to_owned(),
            type_: finding.type_.to_owned(),
        })
        .collect()
}

/// The condition of `type_`.
pub fn find<'a>(conditions: &'a [Condition], type_: &str) -> Option<&'a Condition> {
    conditions.iter().find(|it| it.type_ == type_)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_transition_time_moves_only_when_the_status_flips() {
        let first = conditions(vec![Finding::unknown(READY, "Inspecting", "")], &[], Some(1), at(10));
        let same = conditions(vec![Finding::unknown(READY, "Waiting", "")], &first, Some(2), at(20));
        assert_eq!(same[0].last_transition_time, Time(at(10)));
        assert_eq!(same[0].reason, "Waiting");
        let flipped = conditions(vec![Finding::holds(READY, "Scheduled", "")], &same, Some(2), at(30));
        assert_eq!(flipped[0].last_transition_time, Time(at(30)));
    }

    #[test]
    fn what_is_not_found_any_more_goes() {
        let first = conditions(vec![Finding::holds(STALLED, "X", "")], &[], Some(1), at(10));
        assert_eq!(conditions(vec![], &first, Some(1), at(20)), vec![]);
    }
}
