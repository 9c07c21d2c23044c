//! `[IP:][PUBLISHED:]TARGET[/PROTOCOL]`, with ranges.

use std::net::IpAddr;

/// One published port.
#[derive(Debug, PartialEq, Eq)]
pub struct Port {
    /// The address on the host; empty for all.
    pub host_ip: String,
    /// The port in the container.
    pub target: u16,
    /// The port on the host, or a range of which one is taken; empty for any.
    pub published: String,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: String,
}

/// Reads a port in short form; a range gives several.
///
/// # Errors
/// Why it is none.
pub fn parse(spec: &str) -> Result<Vec<Port>, String> {
    let mut parts = spec.rsplitn(3, ':');
    let container = parts.next().unwrap_or_default();
    let host = parts.next().unwrap_or_default();
    let raw_ip = parts.next().unwrap_or_default();
    let (ports, protocol) = match container.split_once('/') {
        Some((ports, rest)) => (ports, rest.split('/').next().unwrap_or_default()),
        None => (container, ""),
    };
    let protocol = if protocol.is_empty() { "tcp" } else { protocol };
    let host_ip = address(raw_ip)?;
    if ports.is_empty() {
        return Err(format!("No port specified: {spec}<empty>"));
    }
    let (start, end) = range(ports).ok_or_else(|| format!("Invalid containerPort: {ports}"))?;
    let published = if host.is_empty() {
        None
    } else {
        Some(range(host).ok_or_else(|| format!("Invalid hostPort: {host}"))?)
    };
    if let Some((first, last)) = published
        && end - start != last - first
        && end != start
    {
        return Err(format!("Invalid ranges specified for container and host Ports: {ports} and {host}"));
    }
    let protocol = protocol.to_lowercase();
    if !matches!(protocol.as_str(), "tcp" | "udp" | "sctp") {
        return Err(format!("Invalid proto: {protocol}"));
    }
    let mut all: Vec<Port> = (start..=end)
        .map(|target| Port {
            host_ip: host_ip.clone(),
            target,
            published: match published {
                None => String::new(),
                Some((first, last)) if start == end && first != last => format!("{first}-{last}"),
                Some((first, _)) => (u32::from(first) + u32::from(target - start)).to_string(),
            },
            protocol: protocol.clone(),
        })
        .collect();
    // In the order of the ports as text, which is how the reference gives them.
    all.sort_by_cached_key(|port| format!("{}/{}", port.target, port.protocol));
    Ok(all)
}

fn address(raw: &str) -> Result<String, String> {
    let refused = || format!("Invalid ip address: {raw}");
    let ip = match raw.strip_prefix('[') {
        Some(rest) => {
            rest.strip_suffix(']').filter(|inner| !inner.contains(['[', ']'])).ok_or_else(refused)?
        }
        None if raw.contains([':', '[', ']']) => return Err(refused()),
        None => raw,
    };
    if !ip.is_empty() && !is_ip(ip) {
        return Err(refused());
    }
    Ok(ip.to_owned())
}

/// Whether a text is an address, without a zone.
#[must_use]
pub fn is_ip(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

fn range(text: &str) -> Option<(u16, u16)> {
    let number =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    match text.split_once('-') {
        None => number(text).map(|port| (port, port)),
        Some((start, end)) => {
            let (start, end): (u16, u16) = (number(start)?, number(end.split('-').next()?)?);
            (start <= end).then_some((start, end))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn ports(spec: &str) -> Result<Vec<String>, String> {
        Ok(parse(spec)?
            .iter()
            .map(|p| format!("{}|{}|{}|{}", p.host_ip, p.published, p.target, p.protocol))
            .collect())
    }

    #[test]
    fn short_forms() {
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
        for wrong in ["", "a", "80:a", "localhost:80:80", "::1:80:80", "1-2:80-83", "80/foo", "70000", "2-1"]
        {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
