//! Changes of a Stack on the cluster. All verbs write as one field manager, so that `up` undoes what `stop` and `scale` have
//! changed.

use kube::api::{Patch, PatchParams, ValidationDirective};
use kube::{Api, ResourceExt};
use serde_json::{Value, json};

use super::connection::{CallError, Connection};
use super::failure::Failure;
use crate::api::Stack;
use crate::plan::fields_of;

/// The field manager of the command line.
pub const FIELD_MANAGER: &str = "stackwright-cli";

/// How often a change is repeated whose Stack changes in between. The operator writes the status at most once per second.
const TRIES: u32 = 10;

/// Returns the parameters of a server-side apply. Without force, the API server refuses to change a field of another manager.
pub fn params(force: bool) -> PatchParams {
    let params = PatchParams {
        field_validation: Some(ValidationDirective::Strict),
        ..PatchParams::apply(FIELD_MANAGER)
    };
    if force { params.force() } else { params }
}

/// Applies a Stack.
///
/// # Errors
/// When the API server refuses the Stack, or when another field manager owns a field and `force` is false.
pub async fn apply(connection: &Connection, body: &Value, params: &PatchParams) -> anyhow::Result<Stack> {
    let name = body["metadata"]["name"].as_str().unwrap_or_default();
    let api: Api<Stack> = connection.stacks();
    match api.patch(name, params, &Patch::Apply(body)).await {
        Ok(stack) => Ok(stack),
        Err(error) => Err(refused(connection.failed(&format!("apply Stack {name}"), error))),
    }
}

/// Names the way out of a conflict of field managers.
fn refused(error: CallError) -> anyhow::Error {
    if error.is_conflict() && error.to_string().contains("conflict with") {
        let remedy = "undo that change, or pass --force-conflicts to replace it";
        return Failure::new(error.to_string()).remedy(remedy).into();
    }
    error.into()
}

/// Changes single fields of a Stack, and returns the Stack after the change. Fields of other managers stay theirs unless the
/// change sets them.
///
/// `change` gets the spec with the fields that this program owns, and the live Stack. It is called again if the Stack changes
/// in between.
///
/// # Errors
/// When the Stack does not exist any more, or when the API server refuses the change.
pub async fn edit(
    connection: &Connection,
    name: &str,
    change: impl Fn(&mut Value, &Stack),
) -> anyhow::Result<Stack> {
    let mut left = TRIES;
    loop {
        let live = connection.stack(name).await?;
        let body = edited(&live, &change)?;
        // A single field is changed on purpose, whoever has set it.
        let failure = match connection.stacks().patch(name, &params(true), &Patch::Apply(&body)).await {
            Ok(stack) => return Ok(stack),
            Err(error) => connection.failed(&format!("change Stack {name}"), error),
        };
        left -= 1;
        if left == 0 || !failure.is_conflict() {
            return Err(failure.into());
        }
    }
}

/// Returns the body of the change: all fields that this program owns, with the change. An apply without a field would remove
/// it.
fn edited(live: &Stack, change: &impl Fn(&mut Value, &Stack)) -> anyhow::Result<Value> {
    let mut body = fields_of(&serde_json::to_value(live)?, FIELD_MANAGER);
    body["apiVersion"] = json!("stackwright.dev/v1alpha1");
    body["kind"] = json!("Stack");
    if !body["metadata"].is_object() {
        body["metadata"] = json!({});
    }
    body["metadata"]["name"] = json!(live.name_any());
    body["metadata"]["uid"] = json!(live.metadata.uid);
    // Refuses the change if the Stack has changed after the read.
    body["metadata"]["resourceVersion"] = json!(live.metadata.resource_version);
    if !body["spec"].is_object() {
        body["spec"] = json!({});
    }
    change(&mut body["spec"], live);
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_keeps_the_own_fields_and_sends_no_others() {
        let live = serde_json::from_value(json!({
            "metadata": {
                "name": "shop", "uid": "u", "resourceVersion": "7", "annotations": {"theirs": "1"},
                "managedFields": [
                    {"manager": FIELD_MANAGER, "operation": "Apply", "fieldsV1": {"f:spec": {"f:services": {"f:web": {".": {}, "f:image": {}}}}}},
                    {"manager": "kubectl-edit", "operation": "Update", "fieldsV1": {"f:spec": {"f:services": {"f:web": {"f:tty": {}}}}}},
                ],
            },
            "spec": {"services": {"web": {"image": "i", "tty": true}}},
        }))
        .unwrap();
        let body = edited(&live, &|spec, _| spec["services"]["web"]["stopped"] = json!(true)).unwrap();
        assert_eq!(body["spec"], json!({"services": {"web": {"image": "i", "stopped": true}}}));
        assert_eq!(body["metadata"], json!({"name": "shop", "uid": "u", "resourceVersion": "7"}));
    }

    #[test]
    fn a_change_of_a_stack_of_another_manager_sends_only_the_change() {
        let live = serde_json::from_value(
            json!({"metadata": {"name": "shop"}, "spec": {"services": {"web": {"image": "i"}}}}),
        );
        let body =
            edited(&live.unwrap(), &|spec, _| spec["services"]["web"]["stopped"] = json!(true)).unwrap();
        assert_eq!(body["spec"], json!({"services": {"web": {"stopped": true}}}));
    }
}
