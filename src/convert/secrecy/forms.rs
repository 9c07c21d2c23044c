//! Secrets that the form of a text shows: the password in an address, and the value of a secret name.

use std::ops::Range;

use super::names::{looks_secret, may_be_secret};
use crate::text::clip::start;

/// Characters that end a value without quotes.
const ENDS: [char; 13] = [',', ';', '&', '"', '\'', '`', ')', '}', ']', '|', '<', '>', '\\'];

/// The longest address. The search looks at the text after each `//`, so its length must be bounded.
const LONGEST_ADDRESS: usize = 4096;

/// Returns the passwords in all addresses of a text: `scheme://user:password@host`, `//user:password@host/share` and
/// `user:password@tcp(host)`.
pub fn logins(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, slashes) in text.match_indices("//") {
        let begins = at + slashes.len();
        let rest = start(&text[begins..], LONGEST_ADDRESS);
        let whole =
            rest.find(|c: char| c.is_whitespace() || "\"'`<>".contains(c)).map_or(rest, |end| &rest[..end]);
        let authority = whole.find(['/', '?']).map_or(whole, |end| &whole[..end]);
        // A password can contain a slash. Then the text before the slash is not a port number.
        let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
        let reach = if authority.contains('@') || port.is_empty() || port.bytes().all(|b| b.is_ascii_digit())
        {
            authority
        } else {
            whole
        };
        found.extend(login(reach).map(|part| begins + part.start..begins + part.end));
    }
    for (at, _) in text.match_indices("@tcp(").chain(text.match_indices("@unix(")) {
        let begins =
            text[..at].rfind(|c: char| c.is_whitespace() || "\"'`=/".contains(c)).map_or(0, |at| at + 1);
        found.extend(login(&text[begins..=at]).map(|part| begins + part.start..begins + part.end));
    }
    found
}

/// Returns the password of `user:password@…`.
fn login(authority: &str) -> Option<Range<usize>> {
    let (login, _) = authority.rsplit_once('@')?;
    let (user, password) = login.split_once(':')?;
    let is_one = !password.is_empty() && (may_be_secret(password) || password.starts_with('/'));
    is_one.then_some(user.len() + 1..login.len())
}

/// Returns the values of secret names in a text: `name=value`, `name: value`, `"name": "value"`, `Authorization:
/// Bearer value`, and `PASSWORD 'value'` in SQL.
pub fn pairs(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, sign) in text.match_indices(['=', ':']) {
        if found.last().is_some_and(|last| at < last.end) {
            continue;
        }
        let Some(name) = name_before(text, at) else { continue };
        let after = &text[at + 1..];
        let quoted_name = text[..at].ends_with(['"', '\'']);
        // A colon without a blank separates an image and its tag, or a host and its port.
        if sign == ":" && !quoted_name && !after.starts_with([' ', '\t', '"', '\'']) {
            continue;
        }
        // The list below `secrets` contains names, and braces contain keys with their own values.
        let inner = after.trim_start();
        if sign == ":" && (inner.starts_with('{') || inner.starts_with('[') && name == "secrets") {
            continue;
        }
        found.extend(value_after(text, at + 1, is_authorization(name)));
    }
    found.extend(of_sql(text));
    found
}

/// Returns the name before a separator, if the values of such a name are usually secret.
fn name_before(text: &str, sign: usize) -> Option<&str> {
    let before = text[..sign].trim_end_matches([' ', '\t']);
    let before = before.strip_suffix("\\\"").or(before.strip_suffix(['"', '\''])).unwrap_or(before);
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let length: usize = before.chars().rev().take_while(|c| fits(*c)).count();
    let name = &before[before.len() - length..];
    // `$NAME` reads a variable and sets nothing.
    let is_read = before[..before.len() - length].ends_with('$');
    (gives_secret(name) && !is_read).then_some(name)
}

/// Reports whether the value of a name in a text is usually secret.
pub fn gives_secret(name: &str) -> bool {
    let name = name.trim_matches(['-', '.']);
    looks_secret(name) || is_authorization(name) || name.eq_ignore_ascii_case("pwd") && name != "PWD"
}

fn is_authorization(name: &str) -> bool {
    name.to_lowercase().ends_with("authorization")
}

/// Returns the value at a position, without blanks and quotes around it.
fn value_after(text: &str, begins: usize, is_authorization: bool) -> Option<Range<usize>> {
    let mut start = begins + blanks(&text[begins..]);
    start += text[start..].len() - text[start..].trim_start_matches(['[', ' ']).len();
    let open = ["\\\"", "\"", "'"].into_iter().find(|quote| text[start..].starts_with(quote));
    start += open.map_or(0, str::len);
    if is_authorization {
        start += scheme(&text[start..]);
    }
    let rest = &text[start..];
    if rest.starts_with("${") || rest.starts_with("$(") {
        return None;
    }
    let end = match open {
        Some(quote) => rest.find(quote).unwrap_or(rest.len()),
        None => rest.find(|c: char| c.is_whitespace() || ENDS.contains(&c)).unwrap_or(rest.len()),
    };
    may_be_secret(&rest[..end]).then_some(start..start + end)
}

/// Returns the length of the scheme of an authorization, such as `Bearer`.
fn scheme(text: &str) -> usize {
    const SCHEMES: [&str; 7] = ["apikey", "basic", "bearer", "bot", "digest", "splunk", "token"];
    let Some((word, rest)) = text.split_once(' ') else { return 0 };
    let known = SCHEMES.iter().any(|scheme| word.eq_ignore_ascii_case(scheme));
    if known { word.len() + 1 + blanks(rest) } else { 0 }
}

fn blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t']).len()
}

/// Returns the values of `PASSWORD 'value'` and `IDENTIFIED BY 'value'`.
fn of_sql(text: &str) -> Vec<Range<usize>> {
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    for words in ["password", "identified by"] {
        for (at, word) in lower.match_indices(words) {
            let begins = at + word.len();
            let blanks = blanks(&text[begins..]);
            let quote = text[begins + blanks..].chars().next().filter(|c| *c == '\'' || *c == '"');
            let Some(quote) = quote.filter(|_| blanks > 0) else { continue };
            let start = begins + blanks + 1;
            let Some(length) = text[start..].find(quote) else { continue };
            if may_be_secret(&text[start..start + length]) {
                found.push(start..start + length);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, find: fn(&str) -> Vec<Range<usize>>) -> Vec<&str> {
        find(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn the_password_in_an_address_is_found() {
        for (text, passwords) in [
            ("postgres://app:x:y@db:5432/app?a=b", &["x:y"][..]),
            ("redis://:hunter2@cache", &["hunter2"]),
            ("//viewer:hunter2@nas/share", &["hunter2"]),
            ("amqp://a:p1@x,amqp://b:p2@y", &["p1", "p2"]),
            ("wget -qO- http://a:hunter2@localhost/ | grep ok", &["hunter2"]),
            ("app:hunter2@tcp(db:3306)/app", &["hunter2"]),
            ("mysql://app:ab/cd+e@db/app", &["ab/cd+e"]),
            ("http://host:80/a@b", &[]),
            ("http://host/a:b@c", &[]),
            ("https://user@host/", &[]),
            ("postgres://app:$PASSWORD@db", &[]),
            ("postgres://app:${PASSWORD}@db", &[]),
            ("redis://cache:6379/0?to=a@b.c", &[]),
            ("image:tag@sha256:0123", &[]),
        ] {
            assert_eq!(found(text, logins), passwords, "{text}");
        }
    }

    #[test]
    fn values_of_secret_names_are_found() {
        for (text, values) in [
            ("username=viewer,password=hunter2,uid=1000", &["hunter2"][..]),
            ("Server=db;User=sa;Password=hunter2;Encrypt=true", &["hunter2"]),
            ("{\"user\": \"a\", \"password\": \"hunter2\"}", &["hunter2"]),
            ("{\"api-key\":\"a b c\"}", &["a b c"]),
            ("{'pwd': 'hunter2'}", &["hunter2"]),
            ("Authorization: Bearer abc.def", &["abc.def"]),
            ("authorization=Basic YWJj", &["YWJj"]),
            ("X-Api-Key: hunter2", &["hunter2"]),
            ("jdbc:mysql://db/app?user=a&password=hunter2&ssl=true", &["hunter2"]),
            ("-Dspring.datasource.password=hunter2 -Xmx1g", &["hunter2"]),
            ("ALTER USER app PASSWORD 'hunter2'; CREATE USER b IDENTIFIED BY 'h3'", &["hunter2", "h3"]),
            ("password = \"hunter2\"", &["hunter2"]),
            ("{\\\"token\\\": \\\"hunter2\\\"}", &["hunter2"]),
            ("o: addr=10.0.0.5,rw,nolock", &[]),
            ("password: [hunter2]", &["hunter2"]),
            ("secrets: [db-token]", &[]),
            ("registry/vault-token:1.0", &[]),
            ("password=$PASSWORD,token=${TOKEN}", &[]),
            ("credentials=/root/.smb", &[]),
            ("PUBLIC_KEY: x", &[]),
            ("password: ", &[]),
            ("[ $TOKEN = hunter2 ]", &[]),
        ] {
            assert_eq!(found(text, pairs), values, "{text}");
        }
    }
}
