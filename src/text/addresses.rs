//! Network addresses in the environment variables and commands of services.

use super::port::PortNumber;

/// A host in a text, with its port.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Address<'a> {
    /// The host name.
    pub host: &'a str,
    /// The port, if the text has one.
    pub port: Option<PortNumber>,
}

/// Returns the addresses in `text`: words of letters, digits, `-`, `_` and `.` with an optional `:port`.
///
/// The scheme and the user information of a URL and the elements of a path are not addresses. Other words that are no hosts
/// do no harm, because callers look only for the names of services.
pub(crate) fn addresses(text: &str) -> impl Iterator<Item = Address<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let start = rest.find(in_word)?;
            let end = rest[start..].find(|c| !in_word(c)).map_or(rest.len(), |length| start + length);
            let (before, word, after) = (&rest[..start], &rest[start..end], &rest[end..]);
            rest = after;
            let scheme = word.ends_with(':') && after.starts_with("//");
            let user_information = after.starts_with('@');
            let in_path = before.ends_with('/') && !before.ends_with("//");
            if !scheme && !user_information && !in_path {
                let mut parts = word.split(':');
                if let Some(host) = parts.next().filter(|host| !host.is_empty()) {
                    return Some(Address { host, port: parts.next().and_then(PortNumber::parse) });
                }
            }
        }
    })
}

fn in_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports_are_found_where_programs_write_them() {
        for (text, expected) in [
            ("db", "db"),
            ("db:5432", "db:5432"),
            ("postgresql://postgres:secret@db:5432/app", "db:5432"),
            ("postgresql://postgres:$(PASSWORD)@db:5432/app", "postgres PASSWORD db:5432"),
            ("redis://cache:6379", "cache:6379"),
            ("http://web/path/db", "web"),
            ("jdbc:postgresql://db:5432/app", "db:5432"),
            ("kafka-1:9092,kafka-2:9092", "kafka-1:9092 kafka-2:9092"),
            ("1@kafka:9093", "kafka:9093"),
            ("--host=db --port=5432", "--host db --port 5432"),
            ("redis:7-alpine", "redis"),
            ("db:99999 db:0", "db db"),
            ("my-db:5432", "my-db:5432"),
            ("db.example.com:5432", "db.example.com:5432"),
            ("/data/db", ""),
            ("://:80", ""),
            ("", ""),
        ] {
            let found: Vec<_> = addresses(text)
                .map(|a| a.port.map_or(a.host.to_owned(), |port| format!("{}:{port}", a.host)))
                .collect();
            assert_eq!(found.join(" "), expected, "{text}");
        }
    }
}
