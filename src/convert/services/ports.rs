//! Published and exposed ports.

use std::collections::BTreeSet;

use compose_loader::{Node, port_range};

use crate::api::{Expose, Port, PortMode, Protocol, Service};
use crate::convert::context::Context;
use crate::convert::reader::{Section, Value, int};
use crate::rules;
use crate::text::port::PortNumber;

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

/// Returns a free host port: the number of the container port, or one of the dynamic ports of IANA.
fn free(context: &mut Context<'_>, target: PortNumber) -> Option<PortNumber> {
    if context.published.is_empty() {
        for (_, service) in context.project.services() {
            let ports = service.get("ports").and_then(Node::as_list).unwrap_or_default();
            let numbers = ports.iter().filter_map(|port| port.get("published")).filter_map(int);
            let numbers = numbers.filter_map(PortNumber::new);
            context.published.extend(numbers);
        }
    }
    let dynamic = (49152u16..=65535).filter_map(PortNumber::new);
    let number = std::iter::once(target).chain(dynamic).find(|number| !context.published.contains(number))?;
    context.published.insert(number);
    Some(number)
}

fn port(context: &mut Context<'_>, mut section: Section<'_>) -> Option<Port> {
    let target = section.take("target").and_then(|value| {
        let target = int(value.peek()).and_then(PortNumber::new);
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
            match port_range(&text).and_then(|range| PortNumber::new(*range.start())) {
                Some(number) => {
                    if text.contains('-') {
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
        target: target.into(),
        published: published.filter(|published| *published != target).map(i32::from),
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

/// Parses a protocol. As in Docker, an empty one is TCP.
fn protocol(word: &str) -> Option<Protocol> {
    if word.is_empty() { Some(Protocol::Tcp) } else { word.parse().ok() }
}

/// Converts `PORT[-PORT][/PROTOCOL]`.
fn expose(text: &str) -> Option<Vec<Expose>> {
    let (ports, word) = text.split_once('/').unwrap_or((text, "tcp"));
    let protocol = Some(protocol(word)?).filter(|protocol| *protocol != Protocol::Tcp);
    let ports = port_range(ports.trim()).filter(|range| *range.start() > 0)?;
    Some(ports.map(|port| Expose { port: port.into(), protocol }).collect())
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
