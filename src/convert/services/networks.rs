//! Networks, names and name resolution.

use crate::api::{Addresses, HostName, Service, ServiceNetwork};
use crate::convert::answers::{Answer, Way};
use crate::convert::context::{Alias, Context};
use crate::convert::names::{label, service_label};
use crate::convert::reader::{Section, Value};
use crate::rules;
use crate::text::validation::is_service_name;

/// Converts the attributes with which services find each other.
pub fn networks(context: &mut Context<'_>, name: &str, section: &mut Section<'_>, service: &mut Service) {
    if let Some(value) = section.take("network_mode") {
        service.network_mode = mode(context, value);
    }
    for (network, value) in section.take("networks").map(Value::entries).unwrap_or_default() {
        let mut place = ServiceNetwork::default();
        let mut endpoint = value.section();
        if service.triggers.is_some() {
            endpoint.take("aliases").map(|aliases| aliases.judged(&rules::JOB_ALIAS));
        }
        for alias in endpoint.take("aliases").map(Value::items).unwrap_or_default() {
            place.aliases.extend(further_name(context, name, Way::Alias(network), alias));
        }
        place.use_service_name_alias = endpoint.bool("use_service_name_alias").filter(|known| !known);
        endpoint.rest();
        service.networks.insert(network.to_owned(), place);
    }
    // Defaults of a Stack are not written.
    if service.networks.len() == 1
        && service.networks.get("default").is_some_and(|place| *place == ServiceNetwork::default())
    {
        service.networks.clear();
    }
    links(context, name, section);
    for value in section.take("external_links").map(Value::items).unwrap_or_default() {
        let text = value.peek_text().unwrap_or_default();
        let (target, alias) = text.split_once(':').unwrap_or((text, text));
        let alias = alias.to_lowercase();
        // A CNAME record of the cluster's DNS needs a fully qualified name.
        let target = match &context.options.namespace {
            _ if target.contains('.') => Some(target.to_owned()),
            Some(namespace) => Some(format!("{}.{namespace}.svc.cluster.local", service_label(target))),
            None => None,
        };
        let answer =
            context.answers.answer(&alias, name, Way::External(text.split(':').next().unwrap_or(text)));
        match target.filter(|target| is_service_name(&alias) && target.len() <= 253) {
            Some(_) if answer != Answer::Same => {
                let (Answer::Taken(detail) | Answer::Ambiguous(detail) | Answer::More(detail)) = answer
                else {
                    value.mapped();
                    continue;
                };
                value.judged_with(&rules::AMBIGUOUS_NAME, detail);
            }
            Some(target) => {
                if value.text_judged(&rules::EXTERNAL_LINK).is_some() {
                    service.external_links.insert(alias, HostName(target));
                }
            }
            None => {
                value.judged(&rules::EXTERNAL_LINK_WITHOUT_NAMESPACE);
            }
        }
    }
    if let Some(value) = section.take("container_name") {
        service.container_name = further_name(context, name, Way::Container, value);
    }
    host_name(context, name, section, service);
    resolver(section, service);
}

/// Converts `network_mode`, `ipc` and `pid`, which are `host` or refer to another service.
pub fn mode(context: &Context<'_>, value: Value<'_>) -> Option<String> {
    let text = value.peek_text().unwrap_or_default();
    if let Some(other) = text.strip_prefix("service:") {
        value.mapped();
        return Some(format!("service:{}", context.names.service(other)));
    }
    if let Some(container) = text.strip_prefix("container:") {
        let named = context
            .project
            .services()
            .find(|(_, service)| service.str_at("container_name") == Some(container));
        return match named {
            Some((service, _)) => {
                value.mapped();
                Some(format!("service:{}", context.names.service(service)))
            }
            None => {
                value.judged(&rules::CONTAINER_OUTSIDE_PROJECT);
                None
            }
        };
    }
    let is_network = value.pointer().ends_with("/network_mode");
    match text {
        "host" => value.text(),
        "none" if is_network => value.text(),
        "bridge" if is_network => {
            value.judged(&rules::DEFAULT_BRIDGE);
            None
        }
        "" | "default" | "private" | "shareable" | "none" => {
            value.mapped();
            None
        }
        _ => {
            value.judged(&rules::UNKNOWN_SETTING_VALUE);
            None
        }
    }
}

/// Returns an alias of a service in the form of a Service name.
fn further_name(context: &Context<'_>, service: &str, way: Way<'_>, value: Value<'_>) -> Option<String> {
    let text = value.peek_text().unwrap_or_default().to_owned();
    let lower = text.to_lowercase();
    if !is_service_name(&lower) {
        let is_used = context.uses_host(&text);
        value.judged(if is_used { &rules::INVALID_ALIAS_IN_USE } else { &rules::INVALID_ALIAS });
        return None;
    }
    match context.answers.answer(&lower, service, way) {
        Answer::Own => value.mapped(),
        Answer::Taken(detail) => value.judged_with(&rules::ALIAS_OF_OTHER_SERVICE, detail),
        Answer::Ambiguous(detail) => value.judged_with(&rules::AMBIGUOUS_NAME, detail),
        Answer::More(detail) => {
            return value.text_judged_with(&rules::NAME_OF_MORE_SERVICES, detail).map(|_| lower);
        }
        Answer::Same => return value.text().map(|_| lower),
    };
    None
}

/// Converts `links`, which give another service an alias. The loader has added the dependency to `depends_on`.
fn links(context: &mut Context<'_>, service: &str, section: &mut Section<'_>) {
    for value in section.take("links").map(Value::items).unwrap_or_default() {
        let text = value.peek_text().unwrap_or_default().to_owned();
        let (target, alias) = text.split_once(':').unwrap_or((&text, &text));
        if target == alias || alias.is_empty() {
            value.mapped();
            continue;
        }
        let lower = alias.to_lowercase();
        if !is_service_name(&lower) {
            value.judged(if context.uses_host(alias) {
                &rules::INVALID_ALIAS_IN_USE
            } else {
                &rules::INVALID_ALIAS
            });
            continue;
        }
        match context.answers.answer(&lower, target, Way::Link(service)) {
            Answer::Own => {
                value.mapped();
            }
            Answer::Taken(detail) | Answer::Ambiguous(detail) | Answer::More(detail) => {
                value.judged_with(&rules::AMBIGUOUS_NAME, detail);
            }
            Answer::Same => {
                if value.text_judged(&rules::LINK_ALIAS).is_some() {
                    context.aliases.push(Alias { service: context.names.service(target), name: lower });
                }
            }
        }
    }
}

fn host_name(context: &Context<'_>, name: &str, section: &mut Section<'_>, service: &mut Service) {
    let domain = section.text("domainname").filter(|domain| !domain.is_empty());
    let mut rest = None;
    if let Some(value) = section.take("hostname") {
        let text = value.peek().value.to_string();
        let (first, domain) =
            text.split_once('.').map_or((text.as_str(), None), |(first, rest)| (first, Some(rest)));
        let host = label(first, "");
        let domain_fits = domain
            .is_none_or(|domain| !domain.is_empty() && domain.split('.').all(|part| label(part, "") == part));
        let kept = if host == first && domain_fits {
            value.text()
        } else {
            value.text_judged(&rules::INVALID_HOST_NAME)
        };
        if kept.is_some() && !host.is_empty() {
            service.hostname = Some(host);
            rest = domain.filter(|_| domain_fits).map(str::to_owned);
        }
    }
    // The container has its host name in any case. Few projects use the host name as an address.
    if let Some(host) = service.hostname.as_deref() {
        match context.answers.answer(host, name, Way::Host) {
            Answer::More(detail) => section.remark("hostname", &rules::NAME_OF_MORE_SERVICES, detail),
            Answer::Taken(detail) if context.uses_host(host) => {
                section.remark("hostname", &rules::ALIAS_OF_OTHER_SERVICE, detail);
            }
            Answer::Ambiguous(detail) if context.uses_host(host) => {
                section.remark("hostname", &rules::AMBIGUOUS_NAME, detail);
            }
            Answer::Ambiguous(detail) if !context.names.is_service(host) => {
                section.remark("hostname", &rules::AMBIGUOUS_HOST_NAME, detail);
            }
            _ => {}
        }
    }
    service.domainname = domain.or(rest);
}

fn resolver(section: &mut Section<'_>, service: &mut Service) {
    for value in section.take("extra_hosts").map(Value::items).unwrap_or_default() {
        let text = value.peek_text().unwrap_or_default().to_owned();
        let (host, address) = text.split_once('=').unwrap_or((&text, ""));
        if address == "host-gateway" {
            value.judged(&rules::HOST_GATEWAY);
        } else if address.parse::<std::net::IpAddr>().is_err()
            || host.split('.').any(|part| label(part, "") != part.to_lowercase())
        {
            value.judged(&rules::UNSUPPORTED_EXTRA_HOST);
        } else if value.text().is_some() {
            let Addresses(addresses) = service.extra_hosts.entry(host.to_owned()).or_default();
            addresses.push(address.to_owned());
        }
    }
    for value in section.take("dns").map(Value::items).unwrap_or_default() {
        let server = value.text_judged(&rules::DNS_SERVERS);
        service.dns.extend(server.filter(|_| service.dns.len() < 3));
    }
    service.dns_search = section.texts("dns_search");
    service.dns_opt = section.texts("dns_opt");
}
