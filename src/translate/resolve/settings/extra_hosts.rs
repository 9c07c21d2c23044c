//! Lines of `/etc/hosts`.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use k8s_openapi::api::core::v1::HostAlias;

use super::{super::labels::is_domain, Remarks};
use crate::api::Service;

/// The names of each address, by address.
pub(super) fn host_aliases(service: &Service, remarks: &mut Remarks<'_>) -> Vec<HostAlias> {
    let mut names: BTreeMap<IpAddr, BTreeSet<String>> = BTreeMap::new();
    for (name, addresses) in &service.extra_hosts {
        let place = format!("extraHosts.{name}");
        let host = name.trim_end_matches('.').to_lowercase();
        if !is_domain(&host) {
            let message = format!("'{name}' is no host name: write letters, digits, hyphens and dots");
            remarks.refuse(&place, message);
            continue;
        }
        for address in &addresses.0 {
            match address.trim_start_matches('[').trim_end_matches(']').parse() {
                Ok(address) => {
                    names.entry(address).or_default().insert(host.clone());
                }
                Err(_) if address == "host-gateway" => remarks.refuse(
                    &place,
                    "'host-gateway' is the machine that Compose runs on, and a cluster has no such one: write the address \
                     of what should be reached, or its name under 'externalLinks'",
                ),
                Err(_) => remarks.refuse(&place, format!("'{address}' is no IP address: write one such as 10.0.0.7")),
            }
        }
    }
    let alias = |(ip, names): (IpAddr, BTreeSet<String>)| HostAlias {
        ip: ip.to_string(),
        hostnames: Some(names.into_iter().collect()),
    };
    names.into_iter().map(alias).collect()
}
