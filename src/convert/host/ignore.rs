//! Patterns of `.dockerignore` and `.gitignore`. They have the syntax of Go's `filepath.Match` with `**`. A pattern
//! with `!` includes a path again, and the last matching pattern counts.

/// The patterns of a file.
#[derive(Debug, Default)]
pub struct Ignored(Vec<Line>);

/// A pattern of a line.
#[derive(Debug)]
struct Line {
    takes_back: bool,
    /// Whether only folders match.
    is_of_folders: bool,
    pattern: Vec<Part>,
}

/// A part of a pattern between slashes.
#[derive(Debug)]
enum Part {
    /// `**`: any number of folders.
    Folders,
    Name(Vec<Token>),
}

/// A pattern for characters of a name.
#[derive(Debug)]
enum Token {
    Any,
    One,
    Class(Vec<char>),
    Plain(char),
    /// A class without an end, which matches nothing.
    Broken,
}

impl Ignored {
    /// Reads the text of a `.dockerignore`.
    pub fn read(text: &str) -> Self {
        let lines = lines(text).map(|(takes_back, pattern)| Line {
            takes_back,
            is_of_folders: false,
            pattern: parts(pattern).into_iter().map(part).collect(),
        });
        Self(lines.filter(|line| !line.pattern.is_empty()).collect())
    }

    /// Reads the text of a `.gitignore`. A pattern without a slash before its end matches in all folders below.
    pub fn read_git(text: &str) -> Self {
        let lines = lines(text).map(|(takes_back, pattern)| {
            let name = pattern.trim_end_matches('/');
            let mut parts: Vec<Part> = parts(name).into_iter().map(part).collect();
            if !name.contains('/') && !parts.is_empty() {
                parts.insert(0, Part::Folders);
            }
            // In Git, `a/**` matches everything inside `a`, but not `a` itself.
            if matches!(parts.last(), Some(Part::Folders)) {
                parts.push(Part::Name(vec![Token::Any]));
            }
            Line { takes_back, is_of_folders: pattern.ends_with('/'), pattern: parts }
        });
        Self(lines.filter(|line| !line.pattern.is_empty()).collect())
    }

    /// Reports whether a path of the context is excluded. A pattern that matches a folder also matches all paths
    /// below.
    pub fn excludes(&self, path: &str) -> bool {
        let path = characters(path);
        let matches = |line: &Line| (1..=path.len()).any(|end| matches(&line.pattern, &path[..end]));
        self.0.iter().rev().find(|line| matches(line)).is_some_and(|line| !line.takes_back)
    }

    /// Reports whether a repository excludes a path below the folder of the file. Returns none if no pattern matches.
    /// The caller does not ask for paths below an excluded folder.
    pub fn says(&self, path: &str, is_folder: bool) -> Option<bool> {
        let path = characters(path);
        let matches = |line: &&Line| (is_folder || !line.is_of_folders) && matches(&line.pattern, &path);
        self.0.iter().rev().find(matches).map(|line| !line.takes_back)
    }

    /// Reports whether a pattern includes a path again.
    pub fn takes_back(&self) -> bool {
        self.0.iter().any(|line| line.takes_back)
    }
}

/// Reports whether a pattern without `**` matches a name.
pub fn is_name(pattern: &str, name: &str) -> bool {
    matches_name(&tokens(pattern), &name.chars().collect::<Vec<_>>())
}

/// Returns the patterns of a text, and whether each includes paths again.
fn lines(text: &str) -> impl Iterator<Item = (bool, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let patterns = text.lines().filter(|line| !line.starts_with('#')).map(str::trim);
    patterns.map(|line| match line.strip_prefix('!') {
        Some(rest) => (true, rest.trim()),
        None => (false, line),
    })
}

fn characters(path: &str) -> Vec<Vec<char>> {
    parts(path).iter().map(|part| part.chars().collect()).collect()
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

fn part(text: &str) -> Part {
    if text == "**" { Part::Folders } else { Part::Name(tokens(text)) }
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text.chars();
    while let Some(first) = rest.next() {
        tokens.push(match first {
            '*' => Token::Any,
            '?' => Token::One,
            '[' => {
                let class: Vec<char> = rest.clone().collect();
                match class.iter().skip(1).position(|c| *c == ']') {
                    Some(end) => {
                        _ = rest.nth(end + 1);
                        Token::Class(class[..=end].to_vec())
                    }
                    None => Token::Broken,
                }
            }
            '\\' => rest.next().map_or(Token::Broken, Token::Plain),
            plain => Token::Plain(plain),
        });
    }
    tokens
}

/// Reports whether a pattern matches a whole path.
fn matches(pattern: &[Part], path: &[Vec<char>]) -> bool {
    covers(
        pattern,
        path,
        |part| matches!(part, Part::Folders),
        |part, name| match part {
            Part::Folders => true,
            Part::Name(tokens) => matches_name(tokens, name),
        },
    )
}

fn matches_name(pattern: &[Token], name: &[char]) -> bool {
    covers(
        pattern,
        name,
        |token| matches!(token, Token::Any),
        |token, character| match token {
            Token::Any | Token::One => true,
            Token::Class(class) => is_in(class, *character),
            Token::Plain(plain) => plain == character,
            Token::Broken => false,
        },
    )
}

/// Reports whether a pattern matches all items. On a mismatch only the last wildcard takes one more item, since an
/// earlier wildcard could not help. So the work is at most the product of both lengths.
fn covers<P, I>(
    pattern: &[P],
    items: &[I],
    is_wildcard: impl Fn(&P) -> bool,
    fits: impl Fn(&P, &I) -> bool,
) -> bool {
    let (mut at, mut item) = (0, 0);
    // The position after the last wildcard, and the first item that the wildcard does not take.
    let mut back: Option<(usize, usize)> = None;
    while item < items.len() {
        match pattern.get(at) {
            Some(part) if is_wildcard(part) => {
                at += 1;
                back = Some((at, item));
            }
            Some(part) if fits(part, &items[item]) => (at, item) = (at + 1, item + 1),
            _ => match &mut back {
                Some((behind, taken)) => {
                    *taken += 1;
                    (at, item) = (*behind, *taken);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(is_wildcard)
}

/// Reports whether a character is in a class, such as `a-z` or `^0-9`.
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
    fn long_names_and_many_wildcards_take_little_time() {
        let begun = std::time::Instant::now();
        let name = "a".repeat(5_000);
        assert!(!Ignored::read(&format!("{}b", "*a".repeat(200))).excludes(&name));
        let path = "a/".repeat(500);
        assert!(!Ignored::read(&format!("{}b", "**/a/".repeat(30))).excludes(&path));
        assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    }

    #[test]
    fn patterns_of_a_repository_match_as_git_matches_them() {
        for (text, path, is_folder, expected) in [
            ("*.log", "deep/a.log", false, Some(true)),
            ("data/", "data", true, Some(true)),
            ("data/", "data", false, None),
            ("/data", "data", false, Some(true)),
            ("/data", "a/data", false, None),
            ("a/b", "c/a/b", false, None),
            ("a/**", "a", true, None),
            ("a/**", "a/b/c", false, Some(true)),
            ("**/x", "a/b/x", false, Some(true)),
            ("*\n!keep", "keep", false, Some(false)),
            ("*\n!keep", "other", false, Some(true)),
            ("# x\n\n", "x", false, None),
            ("", "x", false, None),
        ] {
            assert_eq!(Ignored::read_git(text).says(path, is_folder), expected, "{text:?} {path}");
        }
    }

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
            ("a*b*c", "aXbbXc", true),
            ("a*b*c", "aXbbXcd", false),
            ("a/**/b/**/c", "a/b/x/b/c", true),
            ("a/**/b/**/c", "a/x/c", false),
            ("[]", "]", false),
            ("a[", "a[", false),
            ("\\*", "*", true),
            ("\\*", "x", false),
            ("a/../data", "data", true),
        ] {
            assert_eq!(Ignored::read(text).excludes(path), expected, "{text:?} {path}");
        }
    }
}
