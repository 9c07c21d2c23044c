//! The documented rules of kstatus for custom resources, as Flux, Helm and `kapply` apply them.

use serde_json::Value;

/// The kstatus of an object.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kstatus {
    /// The object is being deleted.
    Terminating,
    /// The object does not match its spec yet.
    InProgress,
    /// The object will not match its spec by itself.
    Failed,
    /// The object matches its spec.
    Current,
}

/// Applies the first matching rule: a deletion timestamp, an unobserved generation, a true `Reconciling` or `Stalled`, a `Ready`
/// that is not true. Any other object is Current, also one without a status.
pub fn kstatus(object: &Value) -> Kstatus {
    let metadata = &object["metadata"];
    if !metadata["deletionTimestamp"].is_null() {
        return Kstatus::Terminating;
    }
    let status = &object["status"];
    let observed = status["observedGeneration"].as_i64();
    if observed.is_some_and(|observed| Some(observed) != metadata["generation"].as_i64()) {
        return Kstatus::InProgress;
    }
    let conditions = status["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
    for condition in conditions.iter().filter(|condition| condition["status"] == "True") {
        match condition["type"].as_str() {
            Some("Reconciling") => return Kstatus::InProgress,
            Some("Stalled") => return Kstatus::Failed,
            _ => {}
        }
    }
    let ready = conditions.iter().find(|condition| condition["type"] == "Ready");
    if ready.is_none_or(|ready| ready["status"] == "True") { Kstatus::Current } else { Kstatus::InProgress }
}
