//! Prints the fields that Kubernetes 1.34, the oldest supported version, has in the kinds that Stackwright creates, in the
//! format of `tests/kubernetes-1.34.json`. Numbers and texts have a type name; `[T]` is a list, `{T}` a map of names to T.
//!
//!     cargo run --manifest-path hack/kubernetes-fields/Cargo.toml > tests/kubernetes-1.34.json

use std::collections::BTreeMap;

use k8s_openapi::api::{
    apps::v1::{DaemonSet, Deployment, StatefulSet},
    batch::v1::{CronJob, Job},
    core::v1::{ConfigMap, PersistentVolumeClaim, Secret, Service},
    networking::v1::{Ingress, NetworkPolicy},
};
use schemars::SchemaGenerator;
use serde_json::{Map, Value};

fn main() {
    let mut schemas = SchemaGenerator::default();
    schemas.subschema_for::<ConfigMap>();
    schemas.subschema_for::<CronJob>();
    schemas.subschema_for::<DaemonSet>();
    schemas.subschema_for::<Deployment>();
    schemas.subschema_for::<Ingress>();
    schemas.subschema_for::<Job>();
    schemas.subschema_for::<NetworkPolicy>();
    schemas.subschema_for::<PersistentVolumeClaim>();
    schemas.subschema_for::<Secret>();
    schemas.subschema_for::<Service>();
    schemas.subschema_for::<StatefulSet>();
    let types: BTreeMap<String, BTreeMap<String, String>> = schemas
        .definitions()
        .iter()
        .filter_map(|(name, schema)| Some((last(name), fields(schema.get("properties")?.as_object()?))))
        .collect();
    println!("{}", serde_json::to_string_pretty(&types).expect("texts are JSON"));
}

fn fields(properties: &Map<String, Value>) -> BTreeMap<String, String> {
    properties.iter().map(|(name, schema)| (name.clone(), written(schema))).collect()
}

fn written(schema: &Value) -> String {
    if let Some(reference) = reference(schema) {
        return last(reference);
    }
    let variants = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|key| schema[key].as_array());
    if let Some(reference) = variants.flatten().find_map(reference) {
        return last(reference);
    }
    if schema["items"].is_object() {
        return format!("[{}]", written(&schema["items"]));
    }
    if schema["additionalProperties"].is_object() {
        return format!("{{{}}}", written(&schema["additionalProperties"]));
    }
    let types = &schema["type"];
    let first = types.as_str().or_else(|| types.as_array()?.iter().filter_map(Value::as_str).find(|it| *it != "null"));
    first.unwrap_or("any").to_owned()
}

fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()
}

fn last(name: &str) -> String {
    name.rsplit(['.', '/']).next().unwrap_or(name).to_owned()
}
