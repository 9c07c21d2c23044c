//! External links: names for hosts outside the Stack.

use std::{collections::BTreeMap, net::IpAddr};

use super::service::ResolvedService;
use crate::{
    api::Reason,
    text::validation::is_dns_subdomain,
    translate::{
        Activity, Privilege,
        findings::{Findings, Grants},
    },
};

/// Returns the target of each external link of services that are not inactive, by name.
pub(super) fn external_links<'a>(
    services: &BTreeMap<&'a str, ResolvedService<'a>>,
    grants: Grants<'_>,
    findings: &Findings,
) -> BTreeMap<&'a str, &'a str> {
    let mut found: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    for service in services.values().filter(|service| service.own.activity != Activity::Inactive) {
        let at = findings.service(service.own.name);
        for (name, target) in &service.own.spec.external_links {
            let at = at.key("externalLinks", name);
            if target.0.parse::<IpAddr>().is_ok() {
                let message =
                    "an external link needs a host name, not an address: use 'extraHosts' for an address";
                at.invalid(message);
            } else if !is_dns_subdomain(&target.0) {
                let message = "the value is not a fully qualified name: write one in lower case, such as \
                               db.example.com, or db.other.svc.cluster.local for the Service db of the namespace \
                               other";
                at.invalid(message);
            } else if leads_elsewhere(&target.0, grants.namespace) {
                grants.require(Privilege::OtherNamespaces, "names of Services in other namespaces", &at);
            }
            let (other, first) = *found.entry(name).or_insert((&target.0, service.own.name));
            if other != target.0 {
                let message = format!(
                    "spec.services.{first}.externalLinks sets '{name}' to '{other}', and a name has one meaning in \
                     the namespace: rename one of the two"
                );
                at.problem(Reason::NameClash, message);
            }
        }
    }
    found.into_iter().map(|(name, (target, _))| (name, target)).collect()
}

/// Reports whether a name belongs to another namespace in the cluster DNS: `<name>.<namespace>.svc` or `pod`, with or
/// without the domain of the cluster, which no API returns.
fn leads_elsewhere(target: &str, namespace: Option<&str>) -> bool {
    let parts: Vec<&str> = target.split('.').collect();
    let inside = parts.windows(2).skip(1).filter(|two| matches!(two[1], "svc" | "pod"));
    inside.map(|two| two[0]).any(|other| Some(other) != namespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_the_clusters_dns_leads_to_the_namespace_before_svc_or_pod() {
        for (target, expected) in [
            ("db.example.com", false),
            ("svc.example.com", false),
            ("db.svc.example.com", false),
            ("db.mine.svc.cluster.local", false),
            ("db.mine.svc", false),
            ("db-0.db.mine.svc.cluster.local", false),
            ("db.other.svc.cluster.local", true),
            ("db.other.svc", true),
            ("db.other.svc.corp.example", true),
            ("db-0.db.other.svc.cluster.local", true),
            ("10-0-0-1.other.pod.cluster.local", true),
            ("db.mine.svc.other.svc.cluster.local", true),
            ("kubernetes.default.svc", true),
        ] {
            assert_eq!(leads_elsewhere(target, Some("mine")), expected, "{target}");
        }
        assert!(leads_elsewhere("db.mine.svc", None));
    }
}
