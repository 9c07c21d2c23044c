//! Numbers of ports.

use std::{fmt, num::NonZeroU16};

/// The number of a port, 1 to 65,535.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct PortNumber(NonZeroU16);

impl PortNumber {
    /// Returns the port with a number, or `None` if no port has the number.
    pub fn new(number: impl TryInto<u16>) -> Option<Self> {
        NonZeroU16::new(number.try_into().ok()?).map(Self)
    }

    /// Parses a number without a sign.
    pub fn parse(text: &str) -> Option<Self> {
        let is_number = text.bytes().all(|b| b.is_ascii_digit());
        Self::new(text.parse::<u16>().ok().filter(|_| is_number)?)
    }
}

impl fmt::Display for PortNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The type of ports in Kubernetes.
impl From<PortNumber> for i32 {
    fn from(port: PortNumber) -> Self {
        port.0.get().into()
    }
}

impl From<PortNumber> for usize {
    fn from(port: PortNumber) -> Self {
        port.0.get().into()
    }
}

#[cfg(test)]
mod tests {
    use super::PortNumber;

    #[test]
    fn a_port_is_a_number_from_1_to_65535() {
        for (text, number) in [
            ("1", Some(1)),
            ("0443", Some(443)),
            ("65535", Some(65_535)),
            ("0", None),
            ("65536", None),
            ("+80", None),
            ("", None),
        ] {
            assert_eq!(PortNumber::parse(text).map(i32::from), number, "{text}");
        }
        assert_eq!(PortNumber::new(-1i64), None);
        assert_eq!(PortNumber::new(65_536i32), None);
        assert_eq!(PortNumber::new(8080i64).map(|port| port.to_string()).as_deref(), Some("8080"));
    }
}
