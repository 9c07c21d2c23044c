//! DNS settings and host entries of a service.

use std::{collections::BTreeMap, net::IpAddr};

use k8s_openapi::api::core::v1::{HostAlias, PodDNSConfig, PodDNSConfigOption};

use crate::{
    api::{Reason, Service},
    text::validation::is_host_name,
    translate::findings::FieldPath,
};

/// The DNS settings of a Pod.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::translate) struct Resolver {
    /// The settings in addition to those of the cluster.
    pub dns: PodDNSConfig,
    /// The entries of `/etc/hosts`.
    pub hosts: Vec<HostAlias>,
}

/// The maximum number of `dns`: a resolver queries at most three servers, and the cluster DNS is one of them.
const FURTHER_SERVERS: usize = 2;

/// Reads `dns`, `dnsSearch`, `dnsOpt` and `extraHosts` of a service.
pub(super) fn resolver(service: &Service, at: &FieldPath<'_>) -> Resolver {
    for (index, server) in service.dns.iter().enumerate() {
        let at = &at.index("dns", index);
        if server.parse::<IpAddr>().is_err() {
            at.invalid("the value is not an IP address: write one, such as 1.1.1.1");
        } else if index == FURTHER_SERVERS {
            at.invalid(
                "a Pod has at most three DNS servers, and the cluster DNS is the first: list at most two \
                 servers",
            );
        }
    }
    if !service.dns.is_empty() {
        let message = "the servers are queried only if the cluster DNS does not answer, because only the cluster DNS \
                       has the names of the Stack";
        at.child("dns").approximate(message);
    }
    for (index, option) in service.dns_opt.iter().enumerate() {
        if option.starts_with(':') || option.contains(char::is_whitespace) || option.is_empty() {
            let message =
                format!("'{option}' is not an option of a resolver: write one, such as timeout:2 or rotate");
            at.index("dnsOpt", index).invalid(message);
        }
    }
    for (index, domain) in service.dns_search.iter().enumerate() {
        if domain != "." && !is_host_name(domain.trim_end_matches('.')) {
            at.index("dnsSearch", index).invalid("the value is not a domain: write one, such as example.com");
        }
    }
    let some = |list: &Vec<String>| (!list.is_empty()).then(|| list.clone());
    Resolver {
        dns: PodDNSConfig {
            nameservers: some(&service.dns),
            searches: some(&service.dns_search),
            options: Some(options(service)),
        },
        hosts: hosts(service, at),
    }
}

/// Returns the options. Those of the Stack take precedence. As in Docker, names with a dot are first looked up as they are,
/// and not in the domains of the cluster.
fn options(service: &Service) -> Vec<PodDNSConfigOption> {
    let read = |option: &String| match option.split_once(':') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (option.clone(), None),
    };
    let mut all: BTreeMap<_, _> = [("ndots".to_owned(), Some("1".to_owned()))].into();
    all.extend(service.dns_opt.iter().map(read));
    all.into_iter().map(|(name, value)| PodDNSConfigOption { name: Some(name), value }).collect()
}

fn hosts(service: &Service, at: &FieldPath<'_>) -> Vec<HostAlias> {
    let mut names: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, addresses) in &service.extra_hosts {
        let at = &at.key("extraHosts", name);
        // Host names are case-insensitive.
        let name = name.to_lowercase();
        if !is_host_name(&name) {
            let message = "the value is not a valid host name: write letters, digits, hyphens and dots";
            at.problem(Reason::InvalidName, message);
        }
        for address in &addresses.0 {
            if address == "host-gateway" {
                let message = "'host-gateway' is not supported, because Pods have no fixed address for their node: \
                               write the address of the host, or use 'externalLinks' for a name";
                at.invalid(message);
            } else if address.parse::<IpAddr>().is_err() {
                at.invalid(format!("'{address}' is not an IP address: write one, such as 10.0.0.7"));
            } else {
                names.entry(address).or_default().push(name.clone());
            }
        }
    }
    let line = |(ip, names): (&str, Vec<String>)| HostAlias { ip: ip.to_owned(), hostnames: Some(names) };
    names.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{api::Addresses, translate::findings::Findings};

    #[test]
    fn the_authors_options_win_over_ours() {
        let of = |given: &[&str]| {
            let dns_opt = given.iter().map(|&option| option.to_owned()).collect();
            let options = options(&Service { dns_opt, ..Service::default() });
            let text =
                |it: PodDNSConfigOption| format!("{}={}", it.name.unwrap(), it.value.unwrap_or_default());
            options.into_iter().map(text).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(of(&[]), "ndots=1");
        assert_eq!(of(&["timeout:2", "rotate"]), "ndots=1 rotate= timeout=2");
        assert_eq!(of(&["ndots:0"]), "ndots=0");
    }

    #[test]
    fn lines_of_one_address_are_one() {
        let host = |name: &str, addresses: &[&str]| {
            (name.to_owned(), Addresses(addresses.iter().map(|&address| address.to_owned()).collect()))
        };
        let extra_hosts = [host("a", &["10.0.0.1"]), host("b.c", &["10.0.0.1", "::1"])].into();
        let service = Service { extra_hosts, ..Service::default() };
        let findings = Findings::default();
        let lines: Vec<_> = hosts(&service, &findings.root("s"))
            .into_iter()
            .map(|line| format!("{} {}", line.ip, line.hostnames.unwrap().join(" ")))
            .collect();
        assert_eq!(lines, ["10.0.0.1 a b.c", "::1 b.c"]);
        assert!(findings.check().is_ok());
    }
}
