//! Published and exposed ports.

use std::collections::BTreeSet;

use compose_loader::Node;

use crate::api::{Expose, Port, PortMode, Protocol, Service};
use crate::convert::context::Context;
use crate::convert::reader::{Section, Value, int};
use crate::rules;

/// Converts `ports` and `expose`.
pub fn ports(context: &mut Context<'_>, section: &mut Section<'_>, service: &mut Service) {
    for value in section.take("ports").map(Value::items).unwrap_or_default() {
        service.ports.extend(port(context, value.section()));
    }
    let mut exposed = BTreeSet::new();
    for value in section.take("expose").map(Value::items).unwrap_or_default() {
        match expose(&value.peek().value.to_string()) {
            Some(ports) => {
                value.mapped();
                let new = |port: &Expose| exposed.insert((port.port, port.protocol));
                service.expose.extend(ports.into_iter().filter(new));
            }
            None => {
                value.judged(&rules::INVALID_EXPOSE);
            }
        }
    }
}

fn number(number: i64) -> Option<i32> {
    i32::try_from(number).ok().filter(|number| (1..=65535).contains(number))
}

/// Returns a free host port: the number of the container port, or one of the dynamic ports of IANA.
fn free(context: &mut Context<'_>, target: i32) -> Option<i32> {
    if context.published.is_empty() {
        for (_, service) in context.project.services() {
            let ports = service.get("ports").and_then(Node::as_list).unwrap_or_default();
            let numbers =
                ports.iter().filter_map(|port| port.get("published")).filter_map(int).filter_map(number);
            context.published.extend(numbers);
        }
    }
    let number =
        std::iter::once(target).chain(49152..=65535).find(|number| !context.published.contains(number))?;
    context.published.insert(number);
    Some(number)
}

fn port(context: &mut Context<'_>, mut section: Section<'_>) -> Option<Port> {
    let target = section.take("target").and_then(|value| {
        let target = int(value.peek()).and_then(number);
        if target.is_some() {
            value.mapped()
        } else {
            value.judged(&rules::UNSUPPORTED_PORT)
        };
        target
    });
    let protocol = match section.take("protocol") {
        None => Some(Protocol::Tcp),
        Some(value) => {
            let protocol = protocol(value.peek_text().unwrap_or("tcp"));
            if protocol.is_some() {
                value.mapped()
            } else {
                value.judged(&rules::UNSUPPORTED_PORT)
            };
            protocol
        }
    };
    let published = match section.take("published") {
        None => {
            let number = target.and_then(|target| free(context, target));
            let detail = number.map_or(String::new(), |number| format!("here {number}"));
            section.remark("target", &rules::FREE_HOST_PORT, detail);
            number
        }
        Some(value) => {
            let text = value.peek().value.to_string();
            let (first, range) =
                text.split_once('-').map_or((text.as_str(), false), |(first, _)| (first, true));
            match first.parse().ok().and_then(number) {
                Some(number) => {
                    if range {
                        value.judged(&rules::HOST_PORT_RANGE)
                    } else {
                        value.mapped()
                    };
                    Some(number)
                }
                None if text.is_empty() || text == "0" => {
                    value.judged(&rules::FREE_HOST_PORT);
                    target.and_then(|target| free(context, target))
                }
                None => {
                    value.judged(&rules::UNSUPPORTED_PORT);
                    return rest(section);
                }
            }
        }
    };
    let mode = section.take("mode").and_then(|value| {
        let word = value.peek_text().unwrap_or_default();
        if matches!(word, "host" | "ingress" | "") {
            value.mapped()
        } else {
            value.judged(&rules::UNKNOWN_SETTING_VALUE)
        };
        (word == "host").then_some(PortMode::Host)
    });
    let host_ip = section.take("host_ip").and_then(|value| match value.peek_text().unwrap_or_default() {
        "" | "0.0.0.0" | "::" => {
            value.mapped();
            None
        }
        address if address == "::1" || address.starts_with("127.") => value.text(),
        _ => value.text_judged(&rules::HOST_ADDRESS),
    });
    let app_protocol = section.text("app_protocol").filter(|text| !text.is_empty());
    section.rest();
    let target = target?;
    Some(Port {
        target,
        published: published.filter(|published| *published != target),
        protocol: Some(protocol?).filter(|protocol| *protocol != Protocol::Tcp),
        mode,
        app_protocol,
        host_ip,
    })
}

/// Judges the remaining fields of a port that cannot be published.
fn rest(mut section: Section<'_>) -> Option<Port> {
    for key in ["mode", "host_ip", "app_protocol"] {
        if let Some(value) = section.take(key) {
            value.judged(&rules::UNSUPPORTED_PORT);
        }
    }
    section.rest();
    None
}

fn protocol(word: &str) -> Option<Protocol> {
    match word.to_lowercase().as_str() {
        "tcp" | "" => Some(Protocol::Tcp),
        "udp" => Some(Protocol::Udp),
        "sctp" => Some(Protocol::Sctp),
        _ => None,
    }
}

/// Converts `PORT[-PORT][/PROTOCOL]`.
fn expose(text: &str) -> Option<Vec<Expose>> {
    let (ports, word) = text.split_once('/').unwrap_or((text, "tcp"));
    let protocol = Some(protocol(word)?).filter(|protocol| *protocol != Protocol::Tcp);
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    let (first, last) = (number(first.trim().parse().ok()?)?, number(last.trim().parse().ok()?)?);
    (first <= last).then(|| (first..=last).map(|port| Expose { port, protocol }).collect())
}

#[cfg(test)]
mod tests {
    use super::expose;

    #[test]
    fn exposed_ports_are_numbers_and_ranges() {
        let ports = |text| expose(text).map(|ports| ports.iter().map(|port| port.port).collect::<Vec<_>>());
        assert_eq!(ports("80"), Some(vec![80]));
        assert_eq!(ports("80-82/udp"), Some(vec![80, 81, 82]));
        assert_eq!(ports("1-60000").map(|ports| ports.len()), Some(60000));
        for text in ["abc", "0", "82-80", "80/foo", "70000"] {
            assert_eq!(ports(text), None, "{text}");
        }
    }
}
