//! `.dockerignore`: what of a build's context the builder never sees, by the rules of Docker: patterns are those
//! of Go's `filepath.Match` and `**`, a pattern that matches a folder matches all below it, `!` takes paths back,
//! and the last pattern that matches counts.

/// The patterns of a file.
#[derive(Debug, Default)]
pub struct Ignored(Vec<(bool, Vec<Vec<char>>)>);

impl Ignored {
    /// Reads the text of a `.dockerignore`.
    pub fn read(text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let patterns = text.lines().filter(|line| !line.starts_with('#')).map(str::trim);
        let patterns = patterns.filter_map(|line| {
            let (is_exception, pattern) = match line.strip_prefix('!') {
                Some(rest) => (true, rest.trim()),
                None => (false, line),
            };
            let parts = parts(pattern);
            (!parts.is_empty())
                .then(|| (is_exception, parts.iter().map(|part| part.chars().collect()).collect()))
        });
        Self(patterns.collect())
    }

    /// Whether the builder does not see a path below the context.
    pub fn excludes(&self, path: &str) -> bool {
        let path: Vec<Vec<char>> = parts(path).iter().map(|part| part.chars().collect()).collect();
        let matches = |pattern: &[Vec<char>]| (1..=path.len()).any(|end| matches(pattern, &path[..end]));
        let last = self.0.iter().rev().find(|(_, pattern)| matches(pattern));
        last.is_some_and(|(is_exception, _)| !is_exception)
    }
}

fn parts(path: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    parts
}

/// Whether a pattern matches the whole of a path.
fn matches(pattern: &[Vec<char>], path: &[Vec<char>]) -> bool {
    let Some((first, rest)) = pattern.split_first() else { return path.is_empty() };
    if **first == ['*', '*'] {
        // It stands for any number of folders.
        return (0..=path.len()).any(|skipped| matches(rest, &path[skipped..]));
    }
    path.split_first().is_some_and(|(name, below)| matches_name(first, name) && matches(rest, below))
}

/// Whether a pattern matches a name.
fn matches_name(pattern: &[char], name: &[char]) -> bool {
    match pattern.split_first() {
        None => name.is_empty(),
        Some(('*', rest)) => (0..=name.len()).any(|skipped| matches_name(rest, &name[skipped..])),
        Some((first, rest)) => {
            let Some((character, name)) = name.split_first() else { return false };
            match first {
                '?' => matches_name(rest, name),
                '[' => match rest.iter().skip(1).position(|c| *c == ']') {
                    Some(end) => is_in(&rest[..=end], *character) && matches_name(&rest[end + 2..], name),
                    None => false,
                },
                '\\' => rest
                    .split_first()
                    .is_some_and(|(escaped, rest)| escaped == character && matches_name(rest, name)),
                plain => plain == character && matches_name(rest, name),
            }
        }
    }
}

/// Whether a character is one of a class, such as `a-z` or `^0-9`.
fn is_in(class: &[char], character: char) -> bool {
    let (is_negated, class) = match class.split_first() {
        Some(('^', rest)) => (true, rest),
        _ => (false, class),
    };
    let mut at = class;
    let mut found = false;
    while let Some((low, rest)) = at.split_first() {
        match rest {
            ['-', high, rest @ ..] => {
                found |= (*low..=*high).contains(&character);
                at = rest;
            }
            rest => {
                found |= *low == character;
                at = rest;
            }
        }
    }
    found != is_negated
}

#[cfg(test)]
mod tests {
    use super::Ignored;

    #[test]
    fn patterns_match_as_docker_matches_them() {
        for (text, path, expected) in [
            ("node_modules", "node_modules", true),
            ("node_modules", "node_modules/a/b", true),
            ("node_modules", "app/node_modules", false),
            ("**/node_modules", "app/node_modules/a", true),
            ("**/node_modules", "node_modules", true),
            ("/data/", "data/x", true),
            ("./data", "data", true),
            ("*.log", "a.log", true),
            ("*.log", "logs/a.log", false),
            ("**/*.log", "logs/deep/a.log", true),
            ("logs/**", "logs/a", true),
            ("*/tmp?", "a/tmp1", true),
            ("*/tmp?", "a/tmp12", false),
            ("[a-c]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("# data\n\ndata", "data", true),
            ("*\n!src", "src/a", false),
            ("*\n!src", "data", true),
            ("*\n!src\nsrc/secret", "src/secret", true),
            ("!data\ndata", "data", true),
            ("*", "", false),
            ("a/../data", "data", true),
        ] {
            assert_eq!(Ignored::read(text).excludes(path), expected, "{text:?} {path}");
        }
    }
}
