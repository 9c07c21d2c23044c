//! Builder of Ingresses for HTTP routes.

use k8s_openapi::api::networking::v1::{
    HTTPIngressPath, HTTPIngressRuleValue, Ingress, IngressBackend, IngressRule, IngressServiceBackend,
    IngressSpec, IngressTLS, ServiceBackendPort,
};

use crate::{
    text::names::ingress_name,
    translate::resolve::{Resolved, ResolvedService, Route},
};

/// Builds an Ingress for each route of a service, because each route can have another class.
pub(super) fn ingresses(resolved: &Resolved<'_>, service: &ResolvedService<'_>) -> Vec<Ingress> {
    service.routes.iter().map(|route| ingress(resolved, service, route)).collect()
}

fn ingress(resolved: &Resolved<'_>, service: &ResolvedService<'_>, route: &Route<'_>) -> Ingress {
    let Route { rule, path, port } = route;
    let name = ingress_name(service.own.name, rule.host.as_deref(), path, rule.class_name.as_deref());
    let mut metadata = resolved.metadata_of(service, resolved.object_name(&name));
    let annotations = rule.annotations.iter().map(|(key, value)| (key.clone(), value.0.clone()));
    metadata.annotations =
        Some(annotations.collect()).filter(|all: &std::collections::BTreeMap<_, _>| !all.is_empty());
    let backend = IngressServiceBackend {
        name: service.own.name.to_owned(),
        port: Some(ServiceBackendPort { number: Some((*port).into()), name: None }),
    };
    let to_service = HTTPIngressPath {
        path: Some((*path).to_owned()),
        // Compose knows no paths; a whole tree of them is what `Prefix` gives on every controller.
        path_type: "Prefix".to_owned(),
        backend: IngressBackend { service: Some(backend), resource: None },
    };
    let tls = |secret: &String| IngressTLS {
        hosts: rule.host.clone().map(|host| vec![host]),
        secret_name: Some(secret.clone()),
    };
    Ingress {
        metadata,
        spec: Some(IngressSpec {
            ingress_class_name: rule.class_name.clone(),
            tls: rule.tls_secret_name.as_ref().map(|secret| vec![tls(secret)]),
            rules: Some(vec![IngressRule {
                host: rule.host.clone(),
                http: Some(HTTPIngressRuleValue { paths: vec![to_service] }),
            }]),
            default_backend: None,
        }),
        status: None,
    }
}
