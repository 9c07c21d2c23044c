//! Allowed addresses of registries.
//!
//! A Stack can name any host. Without this bound, authors of Stacks could probe from the operator's Pod what network
//! policies forbid them: Services, nodes, the metadata service of a cloud.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// The allowed addresses: public ones, and those that an administrator names.
#[derive(Clone, Debug, Default)]
pub(super) struct Addresses {
    allowed: Vec<IpNet>,
}

impl Addresses {
    pub fn new(allowed: Vec<IpNet>) -> Self {
        Self { allowed }
    }

    /// Reports whether a registry can have this address.
    pub fn admit(&self, address: IpAddr) -> bool {
        // An IPv4-mapped IPv6 address reaches the IPv4 address.
        let address = address.to_canonical();
        self.allowed.iter().any(|network| network.contains(&address)) || is_public(address)
    }
}

/// Reports whether an address is globally reachable (IANA special-purpose address registries).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|network| network.contains(&address)),
        IpAddr::V6(address) if NAT64.contains(&address) => {
            let [.., a, b, c, d] = address.octets();
            is_public([a, b, c, d].into())
        }
        IpAddr::V6(address) => {
            UNICAST_V6.contains(&address) && !SPECIAL_V6.iter().any(|network| network.contains(&address))
        }
    }
}

const SPECIAL_V4: [Ipv4Net; 15] = [
    v4([0, 0, 0, 0], 8),
    v4([10, 0, 0, 0], 8),
    v4([100, 64, 0, 0], 10),
    v4([127, 0, 0, 0], 8),
    v4([169, 254, 0, 0], 16),
    v4([172, 16, 0, 0], 12),
    v4([192, 0, 0, 0], 24),
    v4([192, 0, 2, 0], 24),
    v4([192, 88, 99, 0], 24),
    v4([192, 168, 0, 0], 16),
    v4([198, 18, 0, 0], 15),
    v4([198, 51, 100, 0], 24),
    v4([203, 0, 113, 0], 24),
    // Multicast, and reserved addresses with the broadcast address.
    v4([224, 0, 0, 0], 4),
    v4([240, 0, 0, 0], 4),
];

/// Global unicast. Loopback, unique local, link-local and multicast addresses are outside.
const UNICAST_V6: Ipv6Net = v6([0x2000, 0], 3);

const SPECIAL_V6: [Ipv6Net; 4] = [
    // IETF protocols such as Teredo, which embeds IPv4 addresses as 6to4 does.
    v6([0x2001, 0], 23),
    v6([0x2001, 0xdb8], 32),
    v6([0x2002, 0], 16),
    v6([0x3fff, 0], 20),
];

/// NAT64: the last four bytes are an IPv4 address (RFC 6052).
const NAT64: Ipv6Net = v6([0x64, 0xff9b], 96);

const fn v4([a, b, c, d]: [u8; 4], length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(std::net::Ipv4Addr::new(a, b, c, d), length)
}

const fn v6([a, b]: [u16; 2], length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(std::net::Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registries_are_asked_at_public_addresses_and_at_those_that_are_named() {
        let named = ["10.96.0.0/12", "fd00:1::/32", "127.0.0.1/32"];
        let named = Addresses::new(named.iter().map(|text| text.parse().unwrap()).collect());
        for (address, is_public, is_admitted) in [
            ("1.1.1.1", true, true),
            ("100.63.255.255", true, true),
            ("172.32.0.1", true, true),
            ("198.17.255.255", true, true),
            ("2606:4700::1111", true, true),
            ("2001:4860:4860::8888", true, true),
            ("64:ff9b::1.1.1.1", true, true),
            ("::ffff:1.1.1.1", true, true),
            ("10.96.0.1", false, true),
            ("::ffff:10.96.0.1", false, true),
            ("10.111.255.255", false, true),
            ("10.112.0.0", false, false),
            ("fd00:1::5", false, true),
            ("fd00:2::5", false, false),
            ("127.0.0.1", false, true),
            ("127.0.0.2", false, false),
            ("::1", false, false),
            ("::", false, false),
            ("0.0.0.0", false, false),
            ("0.1.2.3", false, false),
            ("169.254.169.254", false, false),
            ("::ffff:169.254.169.254", false, false),
            ("64:ff9b::a9fe:a9fe", false, false),
            ("64:ff9b:1::1.1.1.1", false, false),
            ("fe80::1", false, false),
            ("fd00:ec2::254", false, false),
            ("100.100.100.200", false, false),
            ("100.127.255.255", false, false),
            ("172.31.255.255", false, false),
            ("192.168.1.1", false, false),
            ("192.0.0.192", false, false),
            ("198.19.255.255", false, false),
            ("203.0.113.9", false, false),
            ("224.0.0.1", false, false),
            ("239.1.1.1", false, false),
            ("255.255.255.255", false, false),
            ("ff02::1", false, false),
            ("2001::1", false, false),
            ("2001:db8::1", false, false),
            ("2002:7f00:1::", false, false),
            ("::127.0.0.1", false, false),
        ] {
            let ip: IpAddr = address.parse().unwrap();
            assert_eq!(Addresses::default().admit(ip), is_public, "{address}");
            assert_eq!(named.admit(ip), is_admitted, "{address}");
        }
    }
}
