//! Lines of a container's log.

use jiff::Timestamp;

/// A line with the time at which the node has read it from the container.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Line {
    pub time: Timestamp,
    /// The text without the line break, as the container has written it.
    pub text: Vec<u8>,
}

impl Line {
    /// Reads a line of the log API with `timestamps=true`. A line without a time continues the line before: the node has
    /// written it, or the line was longer than the bound of a read.
    pub fn read(bytes: &[u8], before: Option<Timestamp>) -> Self {
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let end = bytes.iter().position(|&byte| byte == b' ').unwrap_or(bytes.len());
        let (head, rest) = bytes.split_at(end);
        match std::str::from_utf8(head).ok().and_then(|head| head.parse().ok()) {
            Some(time) => Self { time, text: rest.strip_prefix(b" ").unwrap_or(rest).to_vec() },
            None => Self { time: before.unwrap_or_default(), text: bytes.to_vec() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_time_of_the_node_and_the_bytes_of_the_container() {
        let time: Timestamp = "2026-11-30T10:00:00.123456789Z".parse().unwrap();
        for (bytes, text) in [
            (&b"2026-11-30T10:00:00.123456789Z hello world\n"[..], &b"hello world"[..]),
            (b"2026-11-30T10:00:00.123456789Z \n", b""),
            (b"2026-11-30T10:00:00.123456789Z\n", b""),
            (b"2026-11-30T10:00:00.123456789Z  two \xff\r\n", b" two \xff\r"),
            (b"2026-11-30T11:00:00.123456789+01:00 x", b"x"),
        ] {
            assert_eq!(Line::read(bytes, None), Line { time, text: text.to_vec() });
        }
        let notice = Line::read(b"unable to retrieve container logs\n", Some(time));
        assert_eq!(notice, Line { time, text: b"unable to retrieve container logs".to_vec() });
    }
}
