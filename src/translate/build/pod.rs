//! A service -> the template of its pods.

use k8s_openapi::{
    api::core::v1::{PodSpec, PodTemplateSpec},
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};

use super::{
    container::container,
    hostname,
    job::completions,
    lifecycle::grace,
    metadata::{Labels, alias_label},
    settings,
};
use crate::{
    api::labels::{CONFIGS, RESTARTED_WITH, TEMPLATE},
    translate::{
        Kind, ServerVersion,
        object::canonical,
        resolve::{Resolved, ResolvedService},
        short_hash,
    },
};

/// The template of a service's pods, and its hash. `restarted_with` are the templates of the
/// services whose update restarts this one.
///
/// What does not make a container another one stays out of it: replicas, profiles, what the service
/// waits for, and everything that siblings say of it.
pub(super) fn template(
    resolved: &Resolved<'_>,
    service: &ResolvedService<'_>,
    version: ServerVersion,
    restarted_with: Option<String>,
) -> (PodTemplateSpec, String) {
    let mut annotations = service.labels.annotations.clone();
    annotations.extend(service.mounts.contents_hash().map(|hash| (CONFIGS.to_owned(), hash)));
    annotations.extend(restarted_with.map(|templates| (RESTARTED_WITH.to_owned(), templates)));
    let mut metadata = ObjectMeta { labels: Some(labels(resolved, service)), ..ObjectMeta::default() };
    if !annotations.is_empty() {
        metadata.annotations = Some(annotations);
    }
    let mut template = PodTemplateSpec { metadata: Some(metadata), spec: Some(spec(service, version)) };
    // serde_json keeps the fields of an object sorted, so the text does not depend on their order.
    let mut text = canonical(&template).to_string();
    if let Some(completions) = completions(service) {
        // It cannot change on a living Job, so another number is another Job.
        text.push_str(&format!(" x {completions}"));
    }
    let hash = short_hash(&text);
    let annotations = template.metadata.get_or_insert_default().annotations.get_or_insert_default();
    annotations.insert(TEMPLATE.to_owned(), hash.clone());
    (template, hash)
}

fn labels(resolved: &Resolved<'_>, service: &ResolvedService<'_>) -> Labels {
    let mut labels = service.labels.labels.clone();
    labels.extend(service.networks.iter().map(|network| (resolved.network_label(network), String::new())));
    labels.extend(service.aliases.iter().map(|alias| (alias_label(alias), String::new())));
    labels.extend(resolved.labels_of(service));
    labels
}

fn spec(service: &ResolvedService<'_>, version: ServerVersion) -> PodSpec {
    let mut spec = PodSpec {
        containers: vec![container(service)],
        volumes: Some(service.mounts.volumes.values().cloned().collect()),
        // The variables of every Service of the namespace (REDIS_PORT=tcp://…) would get into the
        // way of the programs' own.
        enable_service_links: Some(false),
        // Programs from Compose know nothing of the Kubernetes API and have no business with it.
        automount_service_account_token: Some(false),
        restart_policy: (service.kind == Kind::Job).then(|| "Never".to_owned()),
        termination_grace_period_seconds: Some(grace(service)),
        ..PodSpec::default()
    };
    settings::add(&mut spec, service);
    hostname::name(&mut spec, service, version);
    spec
}
