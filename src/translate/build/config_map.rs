//! Builder of ConfigMaps for configs with content in the Stack.

use k8s_openapi::api::core::v1::ConfigMap;

use crate::translate::resolve::{CONTENT, Resolved};

/// Builds a ConfigMap for each config with content.
pub(super) fn config_maps(resolved: &Resolved<'_>) -> Vec<ConfigMap> {
    let with_content = |(name, config): (&String, &crate::api::Config)| {
        let content = config.content.as_ref()?;
        Some(ConfigMap {
            metadata: resolved.metadata(resolved.object_name(name)),
            data: Some([(CONTENT.to_owned(), content.0.clone())].into()),
            ..ConfigMap::default()
        })
    };
    resolved.stack.spec.configs.iter().filter_map(with_content).collect()
}
