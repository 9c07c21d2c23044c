//! The CustomResourceDefinition.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSON, JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use kube::CustomResourceExt;
use serde_json::json;

use super::{Reason, Stack};

/// Returns the definition of `Stack`. The lines of doc comments are joined into paragraphs, because kubectl wraps them.
///
/// `status` is the only field with a default. kstatus treats an object without a status as `Current`, so a tool that
/// waits would report a new Stack as ready before the operator has seen it.
pub fn definition() -> CustomResourceDefinition {
    let mut definition = Stack::crd();
    for version in &mut definition.spec.versions {
        if let Some(schema) = version.schema.as_mut().and_then(|schema| schema.open_api_v3_schema.as_mut()) {
            join_lines(schema);
            if let Some(status) = schema.properties.get_or_insert_default().get_mut("status") {
                describe_reasons(status);
                status.default = Some(JSON(json!({ "observedGeneration": NOT_OBSERVED })));
            }
        }
    }
    definition
}

/// The observed generation of a Stack that no operator has seen. Generations start at 1.
const NOT_OBSERVED: i64 = -1;

/// Adds the reasons to the description of the conditions: a paragraph for each condition.
fn describe_reasons(status: &mut JSONSchemaProps) {
    let properties = status.properties.iter_mut().flatten();
    let conditions = properties.filter(|(name, _)| *name == "conditions").map(|(_, conditions)| conditions);
    for description in conditions.filter_map(|conditions| conditions.description.as_mut()) {
        for reasons in Reason::ALL.chunk_by(|a, b| a.condition() == b.condition()) {
            let condition = reasons.iter().take(1).map(|reason| reason.condition().as_str());
            let reasons = reasons.iter().map(|it| format!("`{}`: {}", it.as_str(), it.meaning()));
            let heading = condition.map(|condition| format!("Reasons of `{condition}`:"));
            let paragraph: Vec<String> = heading.chain(reasons).collect();
            *description = format!("{description}\n\n{}", paragraph.join(" "));
        }
    }
}

fn join_lines(schema: &mut JSONSchemaProps) {
    if let Some(description) = &mut schema.description {
        let paragraphs: Vec<_> = description.split("\n\n").map(|text| text.replace('\n', " ")).collect();
        *description = paragraphs.join("\n\n");
    }
    schema.properties.iter_mut().flatten().for_each(|(_, property)| join_lines(property));
    if let Some(JSONSchemaPropsOrBool::Schema(values)) = &mut schema.additional_properties {
        join_lines(values);
    }
    if let Some(JSONSchemaPropsOrArray::Schema(items)) = &mut schema.items {
        join_lines(items);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Collects the paths of all schemas that have a default.
    fn defaults(schema: &serde_json::Value, path: &str, found: &mut Vec<String>) {
        let Some(fields) = schema.as_object() else { return };
        for (key, value) in fields {
            match (key.as_str(), value) {
                ("default", _) => found.push(path.to_owned()),
                ("properties", serde_json::Value::Object(properties)) => {
                    for (name, property) in properties {
                        defaults(property, &format!("{path}.{name}"), found);
                    }
                }
                (_, value) => defaults(value, path, found),
            }
        }
    }

    #[test]
    fn only_the_status_has_a_default() {
        let definition = serde_json::to_value(definition()).unwrap();
        let schema = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
        let mut found = Vec::new();
        defaults(schema, "", &mut found);
        assert_eq!(found, [".status"]);
        let default = &schema["properties"]["status"]["default"];
        assert_eq!(*default, json!({ "observedGeneration": -1 }));
        let status: crate::api::StackStatus = serde_json::from_value(default.clone()).unwrap();
        assert_eq!(status.observed_generation, Some(NOT_OBSERVED));
    }

    #[test]
    fn no_description_has_single_line_breaks() {
        let text = serde_json::to_string(&definition()).unwrap();
        let single_breaks = text.replace("\\n\\n", "");
        assert!(!single_breaks.contains("\\n"), "kubectl explain wraps lines");
    }
}
