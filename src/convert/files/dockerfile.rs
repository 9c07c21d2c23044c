//! Which folders of a build's context an image has, and where, as far as its Dockerfile tells.

use crate::compose::paths::{clean, join};

/// What the stages of a Dockerfile copy out of the context.
#[derive(Debug, Default)]
pub struct Dockerfile {
    stages: Vec<Stage>,
}

#[derive(Clone, Debug, Default)]
struct Stage {
    name: String,
    folder: String,
    copies: Vec<Copy>,
    /// Whether something in it is not understood.
    is_unclear: bool,
}

/// A folder or file of the context, and where it is in the image.
#[derive(Clone, Debug)]
struct Copy {
    from: String,
    to: String,
}

impl Dockerfile {
    /// Reads the text of a Dockerfile.
    pub fn read(text: &str) -> Self {
        let mut made = Self::default();
        for line in instructions(text) {
            let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((&line, ""));
            let rest = rest.trim();
            match (word.to_uppercase().as_str(), made.stages.last_mut()) {
                ("FROM", _) => made.stage(rest),
                ("WORKDIR", Some(stage)) => {
                    stage.is_unclear |= rest.contains('$');
                    stage.folder = join(&stage.folder, rest.trim_matches(['"', '\'']));
                }
                ("COPY" | "ADD", Some(stage)) => stage.copy(rest),
                _ => {}
            }
        }
        made
    }

    fn stage(&mut self, rest: &str) {
        let words: Vec<&str> = rest.split_whitespace().filter(|word| !word.starts_with("--")).collect();
        let base = words.first().copied().unwrap_or_default();
        let name = match words.get(1..3) {
            Some([word, name]) if word.eq_ignore_ascii_case("as") => (*name).to_lowercase(),
            _ => String::new(),
        };
        let of_base =
            self.stages.iter().find(|stage| !stage.name.is_empty() && stage.name == base.to_lowercase());
        let folder = "/".to_owned();
        let stage = of_base.cloned().unwrap_or_else(|| Stage { folder, ..Stage::default() });
        self.stages.push(Stage { name, ..stage });
    }

    /// Whether the image of a stage (the last one, if none is named) has the folder `path` of the context at
    /// `target`, or a folder below it at its place there; none where the Dockerfile does not tell.
    pub fn has(
        &self,
        stage: Option<&str>,
        path: &str,
        target: &str,
        is_folder: impl Fn(&str) -> bool,
    ) -> Option<bool> {
        let stage = match stage.filter(|name| !name.is_empty()) {
            Some(name) => self.stages.iter().find(|stage| stage.name == name.to_lowercase()),
            None => self.stages.last(),
        }?;
        let target = target.trim_end_matches('/');
        let has = stage.copies.iter().any(|copy| {
            let lies_at = |below: &str, folder: &str| {
                if below.is_empty() {
                    folder.to_owned()
                } else {
                    format!("{}/{below}", folder.trim_end_matches('/'))
                }
            };
            match (below(&copy.from, path), below(path, &copy.from)) {
                (Some(rest), _) => lies_at(rest, &copy.to) == target,
                (_, Some(rest)) => is_folder(&copy.from) && copy.to == lies_at(rest, target),
                _ => false,
            }
        });
        if has { Some(true) } else { (!stage.is_unclear).then_some(false) }
    }
}

impl Stage {
    fn copy(&mut self, rest: &str) {
        if rest.contains("<<") {
            return;
        }
        let mut rest = rest;
        while let Some((flag, more)) =
            rest.strip_prefix("--").and_then(|flag| flag.split_once(char::is_whitespace))
        {
            if flag.starts_with("from=") {
                return;
            }
            self.is_unclear |= flag.starts_with("parents") || flag.starts_with("exclude");
            rest = more.trim_start();
        }
        if rest.contains('$') {
            self.is_unclear = true;
            return;
        }
        let words: Vec<String> = match serde_json::from_str(rest) {
            Ok(words) => words,
            Err(_) => rest.split_whitespace().map(|word| word.trim_matches(['"', '\'']).to_owned()).collect(),
        };
        let Some((to, sources)) = words.split_last() else { return };
        let to = clean(&join(&self.folder, to));
        for source in sources {
            // What a pattern stands for lies below the folder before it.
            let folder: Vec<&str> =
                source.split('/').take_while(|part| !part.contains(['*', '?', '['])).collect();
            let is_pattern = folder.len() < source.split('/').count();
            let from = clean(&join("/", &folder.join("/"))).trim_matches('/').to_owned();
            // `*` alone is all; `*.json` is some files.
            if !is_pattern || source.ends_with("/*") || source == "*" {
                self.copies.push(Copy { from, to: to.clone() });
            }
        }
    }
}

/// The way from a path below the context to what is the same or lies in it.
fn below<'p>(folder: &str, path: &'p str) -> Option<&'p str> {
    if folder.is_empty() {
        return Some(path);
    }
    let rest = path.strip_prefix(folder)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

/// The instructions, each on one line, without comments.
fn instructions(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        match line.strip_suffix('\\') {
            Some(part) => open.push_str(part),
            None => {
                open.push_str(line);
                found.push(std::mem::take(&mut open));
            }
        }
    }
    found.push(open);
    found.into_iter().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::Dockerfile;

    #[test]
    fn an_image_has_what_its_last_stage_copies_out_of_the_context() {
        let is_folder = |path: &str| !path.contains('.');
        let has =
            |text: &str, path: &str, target: &str| Dockerfile::read(text).has(None, path, target, is_folder);
        for (text, path, target, expected) in [
            ("FROM a\nCOPY . /app", "", "/app", Some(true)),
            ("FROM a\nCOPY . /app", "src", "/app/src", Some(true)),
            ("FROM a\nCOPY . /app", "src", "/code", Some(false)),
            ("from a\nWORKDIR /app\ncopy --chown=1:1 . .", "", "/app/", Some(true)),
            ("FROM a\nWORKDIR /srv\nWORKDIR app\nCOPY ./src ./src/", "src", "/srv/app/src", Some(true)),
            ("FROM a\nWORKDIR /app\nCOPY package.json .\nCOPY src ./src", "", "/app", Some(true)),
            ("FROM a\nWORKDIR /app\nCOPY package.json ./\nRUN npm ci", "", "/app", Some(false)),
            ("FROM a\nCOPY package.json /app/package.json", "", "/app", Some(false)),
            ("FROM a\nCOPY src /app/src", "data", "/app/data", Some(false)),
            ("FROM php:8", "", "/var/www/html", Some(false)),
            (
                "FROM a AS build\nCOPY . /app\nFROM b\nCOPY --from=build /app/dist /app",
                "",
                "/app",
                Some(false),
            ),
            ("FROM a AS base\nWORKDIR /app\nFROM base as dev\nCOPY . .", "", "/app", Some(true)),
            ("FROM a\nCOPY [\"src\", \"/app/\"]", "src", "/app", Some(true)),
            ("FROM a\nCOPY \\\n  # part\n  src \\\n  /app", "src", "/app", Some(true)),
            ("FROM a\nARG D=/app\nCOPY . $D", "", "/app", None),
            ("FROM a\nADD * /app", "", "/app", Some(true)),
            ("", "", "/app", None),
        ] {
            assert_eq!(has(text, path, target), expected, "{text:?} {path} {target}");
        }
        let stages = Dockerfile::read("FROM a AS dev\nCOPY . /app\nFROM b AS web");
        assert_eq!(stages.has(Some("dev"), "", "/app", is_folder), Some(true));
        assert_eq!(stages.has(Some("other"), "", "/app", is_folder), None);
    }
}
