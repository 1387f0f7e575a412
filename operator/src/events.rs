//! Events on the objects that users look at, on transitions only.

use k8s_openapi::api::core::v1::ObjectReference;
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use weir_contract::truncate;

use crate::CONTROLLER;

/// Longest note that the API server takes.
const MAX_NOTE_BYTES: usize = 1024;

/// What to tell about an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    warning: bool,
    reason: &'static str,
    action: &'static str,
    text: String,
}

impl Note {
    /// Something that was expected happened.
    pub fn normal(reason: &'static str, action: &'static str, text: impl Into<String>) -> Self {
        Self { warning: false, reason, action, text: text.into() }
    }

    /// Something happened that somebody may have to look at.
    pub fn warning(reason: &'static str, action: &'static str, text: impl Into<String>) -> Self {
        Self { warning: true, reason, action, text: text.into() }
    }
}

/// The publisher of the process; `instance` tells replicas apart.
pub fn recorder(client: kube::Client, instance: String) -> Recorder {
    let reporter = Reporter { controller: CONTROLLER.to_owned(), instance: Some(instance) };
    Recorder::new(client, reporter)
}

/// Publishes `note` on `object`. An event that cannot be published is logged: it must not fail a reconcile.
pub async fn publish(recorder: &Recorder, object: &ObjectReference, note: Note) {
    let event = Event {
        type_: if note.warning { EventType::Warning } else { EventType::Normal },
        reason: note.reason.to_owned(),
        note: Some(truncate(&note.text, MAX_NOTE_BYTES).to_owned()),
        action: note.action.to_owned(),
        secondary: None,
    };
    if let Err(error) = recorder.publish(&event, object).await {
        tracing::warn!(%error, reason = note.reason, object = object.name, "an event could not be published");
    }
}
