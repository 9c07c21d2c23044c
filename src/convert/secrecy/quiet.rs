//! Secrets that messages must not show. A project that fails to load has messages too, so the search covers the texts
//! of its files.

use std::collections::{BTreeSet, HashSet};
use std::ops::Bound::{Included, Unbounded};
use std::ops::Range;

use compose_loader::{Environment, Place, Project, Sources};

use super::command::behind_flags;
use super::forms::{gives_secret, logins, pairs};
use super::names::{looks_secret, may_be_secret};
use super::{HIDDEN, Secrecy, signs};
use crate::convert::converted::Converted;
use crate::text::clip::start;

/// The secrets that no message shows.
#[derive(Debug, Default)]
pub struct Quiet {
    /// Secret texts that are too distinctive to occur by chance.
    texts: BTreeSet<String>,
    /// The places of secrets.
    written: HashSet<Place>,
}

impl Quiet {
    /// Finds the secrets in the files and variables of a project.
    #[must_use]
    pub fn of(sources: &Sources, environment: &Environment) -> Self {
        let mut quiet = Self::default();
        for (_, variable) in environment.iter().filter(|(name, _)| looks_secret(name)) {
            quiet.add(&variable.value);
        }
        for line in sources.iter().flat_map(|source| signs::lines(&source.text)) {
            for part in in_line(line) {
                quiet.add(&line[part]);
            }
        }
        quiet
    }

    /// Adds the secrets of a loaded project.
    #[must_use]
    pub fn with(mut self, project: &Project) -> Self {
        let (texts, written) = Secrecy::of(project).into_hidden();
        texts.iter().for_each(|text| self.add(text));
        self.written = written;
        self
    }

    /// Adds the secrets of a converted project.
    #[must_use]
    pub fn and(mut self, converted: &Converted) -> Self {
        for data in converted.objects.secrets.values().flat_map(|data| data.values()) {
            std::str::from_utf8(data).into_iter().for_each(|text| self.add(text));
        }
        self
    }

    fn add(&mut self, text: &str) {
        for line in text.lines().map(str::trim).filter(|line| is_telling(line)) {
            self.texts.insert(line.to_owned());
            // The text as the Compose file writes it, and as the loader reads it.
            self.texts.insert(line.replace('$', "$$"));
            self.texts.insert(line.replace("$$", "$"));
        }
    }

    /// Reports whether the line of a file at this place shows a secret.
    #[must_use]
    pub fn hides(&self, line: &str, place: Place) -> bool {
        let meets = |at: &Place| at.file == place.file && at.start < place.end && place.start < at.end;
        !in_line(line).is_empty() || !self.found(line).is_empty() || self.written.iter().any(meets)
    }

    /// Returns a message with its secrets masked.
    #[must_use]
    pub fn said(&self, message: &str) -> String {
        let mut said = String::new();
        let mut at = 0;
        for secret in self.found(message) {
            said.push_str(&message[at..secret.start]);
            said.push_str(HIDDEN);
            at = secret.end;
        }
        said.push_str(&message[at..]);
        said
    }

    /// Returns the positions of secrets in a text. Adjacent secrets are joined.
    fn found(&self, text: &str) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        for (start, _) in text.char_indices() {
            let Some(length) = self.longest(&text[start..]) else { continue };
            match found.last_mut() {
                Some(last) if start <= last.end => last.end = last.end.max(start + length),
                _ => found.push(start..start + length),
            }
        }
        found
    }

    /// Returns the length of the longest secret at the start of a text. In sorted order this is the last secret not
    /// after the text, or a prefix of that secret. There can be a million secrets, so each lookup must be fast.
    fn longest(&self, text: &str) -> Option<usize> {
        let mut begins = text;
        loop {
            let last = self.texts.range::<str, _>((Unbounded, Included(begins))).next_back()?;
            let same = begins.bytes().zip(last.bytes()).take_while(|(a, b)| a == b).count();
            if same == last.len() {
                return Some(same);
            }
            begins = start(begins, same);
        }
    }
}

/// Reports whether a text is distinctive. A database can have the same name as its password, and a message can
/// contain that name.
fn is_telling(text: &str) -> bool {
    text.len() >= 20 || text.len() >= 6 && text.chars().any(|c| !c.is_alphabetic())
}

/// Returns the secrets in a line of a Compose file or env file.
fn in_line(line: &str) -> Vec<Range<usize>> {
    if !signs::has_sign(line) {
        return Vec::new();
    }
    let mut found = pairs(line);
    found.extend(defaults(line));
    found.extend(value(line));
    // A list in brackets reads as a command without them.
    let words: String = line.chars().map(|c| if matches!(c, '[' | ']' | ',') { ' ' } else { c }).collect();
    found.extend(behind_flags(&words, 0));
    found.extend(logins(line));
    found
}

/// Returns the default values of secret variables: `${PASSWORD:-value}`.
fn defaults(line: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, _) in line.match_indices("${") {
        let rest = &line[at + 2..];
        let name: usize = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        let operator = [":-", ":+", "-", "+"].into_iter().find(|operator| rest[name..].starts_with(operator));
        let Some(operator) = operator.filter(|_| looks_secret(&rest[..name])) else { continue };
        let start = at + 2 + name + operator.len();
        let end = line[start..].find('}').map_or(line.len(), |end| start + end);
        if may_be_secret(&line[start..end]) {
            found.push(start..end);
        }
    }
    found
}

/// Returns the values of secret names in a line. A value can contain blanks.
fn value(line: &str) -> Option<Range<usize>> {
    let trimmed = line.trim_start().trim_start_matches("- ").trim_start();
    let begins = line.len() - trimmed.len();
    let sign = trimmed.find([':', '='])?;
    let name = trimmed[..sign].trim().trim_start_matches("export ").trim_matches(['"', '\'']);
    if !gives_secret(name) || name.contains(char::is_whitespace) {
        return None;
    }
    let rest = &trimmed[sign + 1..];
    let value = rest.trim().trim_matches(['"', '\'']);
    if value.starts_with(['[', '{', '&', '*']) {
        return None;
    }
    let start = begins + sign + 1 + rest.find(value)?;
    may_be_secret(value).then_some(start..start + value.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_shows_a_secret_is_recognized() {
        for line in [
            "  API_TOKEN: hunter2",
            "- DB_PASSWORD=hunter2",
            "      o: username=u,password=hunter2",
            "{\"api-key\": hunter2}",
            "    command: redis-server --requirepass hunter2",
            "      test: [\"CMD\", \"redis-cli\", \"-a\", \"hunter2\", \"ping\"]",
            "      test: redis-cli -a hunter2 ping",
            "    DATABASE_URL: postgres://app:hunter2@db/app",
            "    PASSWORD: ${PASSWORD:-hunter2}",
            "    X: ${PASSWORD:-hunter2}",
            "export TOKEN=a b",
        ] {
            assert!(!in_line(line).is_empty(), "{line}");
        }
        for line in [
            "image: a:1",
            "    environment:",
            "  password:",
            "PUBLIC_KEY: x",
            "    PASSWORD: ${PASSWORD:?set it}",
            "    PASSWORD: ${PASSWORD}",
            "  ports: [\"8080:80\"]",
            "  secrets: [key]",
        ] {
            assert_eq!(in_line(line), Vec::<Range<usize>>::new(), "{line}");
        }
    }

    #[test]
    fn secrets_in_a_message_are_masked() {
        let mut sources = Sources::default();
        sources.add("/p/compose.yaml", "services:\n  a:\n    environment: {API_TOKEN: winter2025}\n");
        let quiet = Quiet::of(&sources, &Environment::default());
        assert_eq!(quiet.said("invalid value winter2025"), "invalid value ********");
        assert!(quiet.hides("  x: 'a winter2025'", Place::NONE));
    }

    #[test]
    fn secrets_with_a_common_prefix_or_overlap_are_masked_completely() {
        let mut quiet = Quiet::default();
        for text in ["secret-1", "secret-12", "secret-12345", "2345-end!", "schön-1234", "z9999999"] {
            quiet.add(text);
        }
        for (message, said) in [
            ("a secret-1 b", "a ******** b"),
            ("secret-1", "********"),
            ("secret-1234!", "********34!"),
            ("secret-12345-end!", "********"),
            ("'secret-12345' 'secret-12'", "'********' '********'"),
            ("ein schön-1234 ü", "ein ******** ü"),
            ("secret- schö", "secret- schö"),
            ("", ""),
        ] {
            assert_eq!(quiet.said(message), said);
        }
    }
}
