//! The CustomResourceDefinition, as `kubectl explain` should read it.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use kube::CustomResourceExt;

use super::Stack;

/// The definition of `Stack`. The lines of its doc comments are joined into paragraphs, since
/// kubectl wraps them to the reader's own width.
pub fn definition() -> CustomResourceDefinition {
    let mut definition = Stack::crd();
    for version in &mut definition.spec.versions {
        if let Some(schema) = version.schema.as_mut().and_then(|schema| schema.open_api_v3_schema.as_mut()) {
            join_lines(schema);
        }
    }
    definition
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

    #[test]
    fn no_description_breaks_its_lines_itself() {
        let text = serde_json::to_string(&definition()).unwrap();
        let single_breaks = text.replace("\\n\\n", "");
        assert!(!single_breaks.contains("\\n"), "kubectl explain wraps lines by itself");
    }
}
