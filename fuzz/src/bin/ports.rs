//! `127.0.0.1:8080:80/tcp`: each port of a range, written by itself, is the same port.
#![no_main]

use std::collections::BTreeSet;

use compose_loader::internals::grammar::port::{Port, is_ip, parse};
use libfuzzer_sys::fuzz_target;
use stackwright_fuzz::{bounded, check_range};

/// A range may name every port there is, each an entry of some texts.
const ALL_PORTS: usize = 65_536 * 512;

fuzz_target!(|spec: &str| {
    let parsed = bounded(ALL_PORTS, 64, spec.len(), || parse(spec));
    let ports = match parsed {
        Ok(ports) => ports,
        Err(refused) => return check_range(&refused.at, spec),
    };
    assert!(!ports.is_empty(), "neither a port nor an error");
    let targets: BTreeSet<u16> = ports.iter().map(|port| port.target).collect();
    assert_eq!(targets.len(), ports.len(), "a port stands twice");
    for port in ports.iter().take(64) {
        check(port);
    }
});

fn check(port: &Port) {
    assert!(port.host_ip.is_empty() || is_ip(&port.host_ip), "{port:?}");
    assert!(matches!(port.protocol.as_str(), "tcp" | "udp" | "sctp"), "{port:?}");
    let address = match port.host_ip.as_str() {
        "" => String::new(),
        ip if ip.contains(':') => format!("[{ip}]:"),
        ip => format!("{ip}:"),
    };
    let published = if port.published.is_empty() && address.is_empty() {
        String::new()
    } else {
        format!("{}:", port.published)
    };
    let spec = format!("{address}{published}{}/{}", port.target, port.protocol);
    let again = parse(&spec).unwrap_or_else(|error| panic!("{spec}: {error:?}"));
    assert_eq!(again.iter().collect::<Vec<_>>(), [port], "{spec}");
}
