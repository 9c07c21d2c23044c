//! Whether the CustomResourceDefinition of a cluster has the fields of this version.

use std::collections::BTreeSet;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps, JSONSchemaPropsOrArray,
};

use crate::api;

/// How a CustomResourceDefinition compares with that of this version.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Age {
    /// It has the same fields.
    Same,
    /// It lacks fields of this version.
    Older,
    /// It has fields that this version does not know.
    Newer,
    /// The caller may not read it.
    Unknown,
}

/// Compares a CustomResourceDefinition by its fields. Texts and limits can differ.
pub fn age(live: &CustomResourceDefinition) -> Age {
    let (live, ours) = (fields(live), fields(&api::definition()));
    if !ours.is_subset(&live) {
        Age::Older
    } else if live.is_subset(&ours) {
        Age::Same
    } else {
        Age::Newer
    }
}

fn fields(definition: &CustomResourceDefinition) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    let schemas =
        definition.spec.versions.iter().filter_map(|it| it.schema.as_ref()?.open_api_v3_schema.as_ref());
    for schema in schemas {
        collect(schema, "", &mut paths);
    }
    paths
}

fn collect(schema: &JSONSchemaProps, path: &str, paths: &mut BTreeSet<String>) {
    for (name, below) in schema.properties.iter().flatten() {
        let path = format!("{path}.{name}");
        collect(below, &path, paths);
        paths.insert(path);
    }
    if let Some(JSONSchemaPropsOrArray::Schema(items)) = &schema.items {
        collect(items, &format!("{path}[]"), paths);
    }
    if let Some(
        k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::JSONSchemaPropsOrBool::Schema(
            values,
        ),
    ) = &schema.additional_properties
    {
        collect(values, &format!("{path}.*"), paths);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(definition: &mut CustomResourceDefinition) -> &mut JSONSchemaProps {
        let schema =
            definition.spec.versions[0].schema.as_mut().unwrap().open_api_v3_schema.as_mut().unwrap();
        schema.properties.as_mut().unwrap().get_mut("spec").unwrap()
    }

    #[test]
    fn a_definition_is_older_newer_or_the_same_by_its_fields() {
        assert_eq!(age(&api::definition()), Age::Same);
        let mut older = api::definition();
        spec(&mut older).properties.as_mut().unwrap().remove("publish");
        assert_eq!(age(&older), Age::Older);
        let mut newer = api::definition();
        spec(&mut newer).properties.as_mut().unwrap().insert("later".to_owned(), JSONSchemaProps::default());
        assert_eq!(age(&newer), Age::Newer);
        let mut described = api::definition();
        spec(&mut described).description = Some("other".to_owned());
        assert_eq!(age(&described), Age::Same);
    }
}
