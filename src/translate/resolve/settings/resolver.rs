//! How names are looked up: `dns`, `dnsSearch`, `dnsOpt`.

use std::net::IpAddr;

use k8s_openapi::api::core::v1::{PodDNSConfig, PodDNSConfigOption};

use super::{super::labels::is_domain, Remarks};
use crate::api::Service;

/// What the pod's resolv.conf has beside the cluster's own.
pub(super) fn resolver(service: &Service, remarks: &mut Remarks<'_>) -> PodDNSConfig {
    PodDNSConfig {
        nameservers: Some(servers(service, remarks)),
        searches: Some(searches(service, remarks)),
        options: Some(options(service, remarks)),
    }
}

fn servers(service: &Service, remarks: &mut Remarks<'_>) -> Vec<String> {
    let mut servers: Vec<String> = Vec::new();
    for (index, server) in service.dns.iter().enumerate() {
        match server.parse::<IpAddr>() {
            Ok(address) if !servers.contains(&address.to_string()) => servers.push(address.to_string()),
            Ok(_) => {}
            Err(_) => remarks.refuse(format!("dns[{index}]"), "write an IP address, such as 10.0.0.53"),
        }
    }
    if !servers.is_empty() {
        remarks.approximate(
            "dns",
            "the cluster's own DNS server comes first, since it knows the services' names: these are asked only where it \
             does not answer, not where it does not know a name; have it forward those names instead",
        );
    }
    servers
}

fn searches(service: &Service, remarks: &mut Remarks<'_>) -> Vec<String> {
    let mut searches = Vec::new();
    for (index, given) in service.dns_search.iter().enumerate() {
        let domain = given.trim_end_matches('.').to_lowercase();
        if domain.is_empty() {
            remarks.approximate(
                format!("dnsSearch[{index}]"),
                "the cluster's own search domains stay, since the services' names are found by them",
            );
        } else if !is_domain(&domain) {
            let message = format!("'{given}' is no domain: write one such as example.com");
            remarks.refuse(format!("dnsSearch[{index}]"), message);
        } else if !searches.contains(&domain) {
            searches.push(domain);
        }
    }
    searches
}

/// The options of the resolver: of two with one name the later counts, as in resolv.conf.
fn options(service: &Service, remarks: &mut Remarks<'_>) -> Vec<PodDNSConfigOption> {
    // Names with a dot are looked up as they are first, as in Docker, not below the cluster's domains.
    let mut options = vec![("ndots", Some("1"))];
    for (index, option) in service.dns_opt.iter().enumerate() {
        let (name, value) = match option.split_once(':') {
            Some((name, value)) => (name, Some(value)),
            None => (option.as_str(), None),
        };
        if name.is_empty() || option.contains(char::is_whitespace) {
            let message =
                format!("'{option}' is no option of a resolver: write one such as timeout:2 or rotate");
            remarks.refuse(format!("dnsOpt[{index}]"), message);
            continue;
        }
        match options.iter_mut().find(|(other, _)| *other == name) {
            Some(other) => other.1 = value,
            None => options.push((name, value)),
        }
    }
    let option = |(name, value): (&str, Option<&str>)| PodDNSConfigOption {
        name: Some(name.to_owned()),
        value: value.map(str::to_owned),
    };
    options.into_iter().map(option).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{read, service};

    #[test]
    fn the_users_ndots_wins_over_ours() {
        for (given, expected) in [
            (json!([]), "ndots=1"),
            (json!(["ndots:2", "rotate"]), "ndots=2 rotate="),
            (json!(["timeout:1", "timeout:3"]), "ndots=1 timeout=3"),
        ] {
            let service = service(json!({"dnsOpt": given}));
            let options = read(&service).0.resolver.options.unwrap();
            let text = |it: k8s_openapi::api::core::v1::PodDNSConfigOption| {
                format!("{}={}", it.name.unwrap(), it.value.unwrap_or_default())
            };
            assert_eq!(options.into_iter().map(text).collect::<Vec<_>>().join(" "), expected);
        }
    }
}
