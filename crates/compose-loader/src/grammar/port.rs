//! Ports: `[IP:][PUBLISHED:]TARGET[/PROTOCOL]`, with ranges.

use std::net::IpAddr;
use std::ops::{Range, RangeInclusive};

/// A published port.
#[derive(Debug, PartialEq, Eq)]
pub struct Port {
    /// The address on the host. Empty for all addresses.
    pub host_ip: String,
    /// The port in the container.
    pub target: u16,
    /// The port on the host, or a range from which Docker takes one. Empty for any port.
    pub published: String,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: String,
}

/// The positions of the parts of a port in short form.
#[derive(Debug, PartialEq, Eq)]
pub struct Parts {
    /// The address, with its brackets.
    pub host_ip: Range<usize>,
    /// The port on the host.
    pub published: Range<usize>,
    /// The port in the container.
    pub target: Range<usize>,
    /// The protocol.
    pub protocol: Range<usize>,
}

impl Parts {
    /// Splits a port into its parts. Missing parts are empty.
    #[must_use]
    pub fn of(spec: &str) -> Self {
        let container = spec.rfind(':').map_or(0, |colon| colon + 1);
        let host_end = container.saturating_sub(1);
        let host = spec[..host_end].rfind(':').map_or(0, |colon| colon + 1);
        let target_end = spec[container..].find('/').map_or(spec.len(), |slash| container + slash);
        let protocol = (target_end + 1).min(spec.len());
        let protocol_end = spec[protocol..].find('/').map_or(spec.len(), |slash| protocol + slash);
        Self {
            host_ip: 0..host.saturating_sub(1),
            published: host..host_end,
            target: container..target_end,
            protocol: protocol..protocol_end,
        }
    }
}

/// Why a port is invalid.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refused {
    /// The reason, in the words of compose-go.
    pub reason: String,
    /// The bytes that are wrong.
    pub at: Range<usize>,
    /// The remedy.
    pub remedy: &'static str,
}

/// Parses a port in short form. A range is several ports.
///
/// # Errors
/// Returns the reason.
pub fn parse(spec: &str) -> Result<Vec<Port>, Refused> {
    let parts = Parts::of(spec);
    let refused = |reason: String, at: &Range<usize>, remedy| Refused { reason, at: at.clone(), remedy };
    let (ports, host) = (&spec[parts.target.clone()], &spec[parts.published.clone()]);
    let raw_ip = &spec[parts.host_ip.clone()];
    let host_ip = address(raw_ip).ok_or_else(|| {
        let remedy = "write an IP address such as 127.0.0.1, with brackets around IPv6: \"[::1]:8080:80\"";
        refused(format!("Invalid ip address: {raw_ip}"), &parts.host_ip, remedy)
    })?;
    if ports.is_empty() {
        let remedy = "write the container port after the last colon: \"8080:80\"";
        return Err(refused(format!("No port specified: {spec}<empty>"), &(0..spec.len()), remedy));
    }
    let number = "write a number up to 65535, or a range such as 8000-8010";
    let (start, end) = port_range(ports)
        .ok_or_else(|| refused(format!("Invalid containerPort: {ports}"), &parts.target, number))?
        .into_inner();
    let published = if host.is_empty() {
        None
    } else {
        let refused = || refused(format!("Invalid hostPort: {host}"), &parts.published, number);
        Some(port_range(host).ok_or_else(refused)?.into_inner())
    };
    if let Some((first, last)) = published
        && end - start != last - first
        && end != start
    {
        return Err(refused(
            format!("Invalid ranges specified for container and host Ports: {ports} and {host}"),
            &(parts.published.start..parts.target.end),
            "write two ranges of the same length, or one container port",
        ));
    }
    let protocol = match &spec[parts.protocol.clone()] {
        "" => "tcp".to_owned(),
        protocol => protocol.to_lowercase(),
    };
    if !matches!(protocol.as_str(), "tcp" | "udp" | "sctp") {
        let remedy = "write `tcp`, `udp` or `sctp` after the slash";
        return Err(refused(format!("Invalid proto: {protocol}"), &parts.protocol, remedy));
    }
    let mut all: Vec<Port> = (start..=end)
        .map(|target| Port {
            host_ip: host_ip.to_owned(),
            target,
            published: match published {
                None => String::new(),
                Some((first, last)) if start == end && first != last => format!("{first}-{last}"),
                Some((first, _)) => (u32::from(first) + u32::from(target - start)).to_string(),
            },
            protocol: protocol.clone(),
        })
        .collect();
    // In the order of the ports as text, like compose-go.
    all.sort_by_cached_key(|port| format!("{}/{}", port.target, port.protocol));
    Ok(all)
}

fn address(raw: &str) -> Option<&str> {
    let ip = match raw.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').filter(|inner| !inner.contains(['[', ']']))?,
        None if raw.contains([':', '[', ']']) => return None,
        None => raw,
    };
    (ip.is_empty() || is_ip(ip)).then_some(ip)
}

/// Reports whether a text is an IP address without a zone.
#[must_use]
pub fn is_ip(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

/// Parses a port or a range of ports, such as `8000-8010`, as Docker does.
///
/// ```
/// use compose_loader::port_range;
///
/// assert_eq!(port_range("80"), Some(80..=80));
/// assert_eq!(port_range("8000-8010"), Some(8000..=8010));
/// assert_eq!(port_range("8010-8000"), None);
/// ```
#[must_use]
pub fn port_range(text: &str) -> Option<RangeInclusive<u16>> {
    let number =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    let (first, last) = match text.split_once('-') {
        None => (number(text)?, number(text)?),
        // Go reads the first two numbers, and ignores further ones.
        Some((first, rest)) => (number(first)?, number(rest.split('-').next()?)?),
    };
    (first <= last).then_some(first..=last)
}

#[cfg(test)]
mod tests {
    use super::{Refused, parse};

    fn ports(spec: &str) -> Result<Vec<String>, Refused> {
        Ok(parse(spec)?
            .iter()
            .map(|p| format!("{}|{}|{}|{}", p.host_ip, p.published, p.target, p.protocol))
            .collect())
    }

    #[test]
    fn short_forms_are_parsed() {
        for (spec, expected) in [
            ("80", vec!["||80|tcp"]),
            ("8080:80/UDP", vec!["|8080|80|udp"]),
            ("127.0.0.1::80", vec!["127.0.0.1||80|tcp"]),
            ("[::1]:1:2", vec!["::1|1|2|tcp"]),
            ("9-10:99-100", vec!["|10|100|tcp", "|9|99|tcp"]),
            ("3000-3005:3000", vec!["|3000-3005|3000|tcp"]),
        ] {
            assert_eq!(ports(spec), Ok(expected.into_iter().map(str::to_owned).collect()), "{spec}");
        }
        for (wrong, blamed) in [
            ("", ""),
            ("a", "a"),
            ("80:http", "http"),
            ("http:80/tcp", "http"),
            ("localhost:80:80", "localhost"),
            ("::1:80:80", "::1"),
            ("1-2:80-83", "1-2:80-83"),
            ("80/foo", "foo"),
            ("70000", "70000"),
            ("127.0.0.1:2-1:80", "2-1"),
        ] {
            assert_eq!(parse(wrong).map_err(|refused| &wrong[refused.at]), Err(blamed), "{wrong}");
        }
    }
}
