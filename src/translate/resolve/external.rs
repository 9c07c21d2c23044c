//! Further names for what is outside of the stack.

use std::{collections::BTreeMap, net::IpAddr};

use super::{Problems, ResolvedService, labels::is_domain};
use crate::translate::{Activity, Reason};

/// What each further name stands for, by the name, of the services that are not inactive.
pub(super) fn external_links<'a>(
    services: &BTreeMap<&'a str, ResolvedService<'a>>,
    problems: &mut Problems,
) -> BTreeMap<&'a str, &'a str> {
    let mut found: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    for service in services.values().filter(|service| service.activity != Activity::Inactive) {
        for (name, target) in &service.spec.external_links {
            let path = format!("spec.services.{}.externalLinks.{name}", service.name);
            if target.0.parse::<IpAddr>().is_ok() {
                let message = "an address is no name: write it under 'extraHosts'";
                problems.value(&path, message);
            } else if !is_domain(&target.0) {
                let message = "write the whole name that it stands for, in lower case: db.example.com, or \
                               db.other.svc.cluster.local for the Service db of the namespace other";
                problems.value(&path, message);
            }
            let (other, first) = *found.entry(name).or_insert((&target.0, service.name));
            if other != target.0 {
                let message = format!(
                    "spec.services.{first}.externalLinks gives '{name}' another meaning, '{other}', and all services of \
                     the namespace share the names: give one of the two another name"
                );
                problems.add(Reason::NameClash, path, message);
            }
        }
    }
    found.into_iter().map(|(name, (target, _))| (name, target)).collect()
}
