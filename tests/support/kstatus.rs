//! What tools that wait (Flux, Helm, `kapply`, pipelines) make of an object: the documented rules of kstatus, for
//! kinds of which it knows nothing by name.

use serde_json::Value;

/// What such a tool calls an object.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kstatus {
    /// It is being deleted.
    Terminating,
    /// It is not yet what its spec says.
    InProgress,
    /// It will not become so by itself.
    Failed,
    /// It is what its spec says.
    Current,
}

/// The rules, the first that applies: a deletion timestamp; a generation that was not observed; `Reconciling` or
/// `Stalled` that is true; `Ready` that is not. An object to which none applies is Current, and so is one without
/// a status.
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
