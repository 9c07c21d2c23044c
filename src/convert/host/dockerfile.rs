//! The folders of a build context that an image contains, and their paths, as far as the Dockerfile tells.

use compose_loader::paths::{clean, join};

use super::ignore::is_name;

/// The copies from the context in the stages of a Dockerfile.
#[derive(Debug, Default)]
pub struct Dockerfile {
    stages: Vec<Stage>,
}

#[derive(Clone, Debug, Default)]
struct Stage {
    name: String,
    folder: String,
    copies: Vec<Copy>,
    /// Whether the stage has an instruction that is not supported here.
    is_unclear: bool,
}

/// A folder or file of the context and its path in the image.
#[derive(Clone, Debug)]
struct Copy {
    from: String,
    /// The pattern of the names in the folder, if only some are copied.
    names: Option<String>,
    to: String,
    /// Whether the destination is written as a folder.
    is_into: bool,
}

impl Copy {
    /// Reports whether this copy puts a file or folder of the context at a path of the image.
    fn brings(&self, path: &str, is_folder: bool, place: &str) -> bool {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        if let Some(pattern) = &self.names {
            return !is_folder
                && self.from == folder
                && is_name(pattern, name)
                && at(&self.to, name) == place;
        }
        // A single file keeps its name in a folder.
        let is_file = !is_folder && self.from == path;
        is_file && at(&self.to, name) == place
            || below(&self.from, path).is_some_and(|rest| {
                if is_file { !self.is_into && self.to == place } else { at(&self.to, rest) == place }
            })
    }
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

    /// Reports whether the image of a stage (by default the last) has the whole folder `path` of the context at
    /// `target`: from a copy of the folder or of a parent, or from copies of all its `children` (names, and whether
    /// each is a folder). Returns none if the Dockerfile does not tell.
    pub fn has(
        &self,
        stage: Option<&str>,
        path: &str,
        target: &str,
        children: &[(String, bool)],
    ) -> Option<bool> {
        let stage = match stage.filter(|name| !name.is_empty()) {
            Some(name) => self.stages.iter().find(|stage| stage.name == name.to_lowercase()),
            None => self.stages.last(),
        }?;
        let target = target.trim_end_matches('/');
        let brings = |path: &str, is_folder: bool, place: &str| {
            stage.copies.iter().any(|copy| copy.brings(path, is_folder, place))
        };
        let has = brings(path, true, target)
            || !children.is_empty()
                && children.iter().all(|(name, is_folder)| {
                    let child = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
                    brings(&child, *is_folder, &at(target, name))
                });
        if has { Some(true) } else { (!stage.is_unclear).then_some(false) }
    }
}

/// Returns the path below a folder.
fn at(folder: &str, below: &str) -> String {
    if below.is_empty() { folder.to_owned() } else { format!("{}/{below}", folder.trim_end_matches('/')) }
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
        let is_into = to.ends_with(['/', '.']) || sources.len() > 1;
        let to = clean(&join(&self.folder, to));
        for source in sources {
            // The matches of a pattern are below the folder in front of the pattern.
            let folder: Vec<&str> =
                source.split('/').take_while(|part| !part.contains(['*', '?', '['])).collect();
            let is_pattern = folder.len() < source.split('/').count();
            let from = clean(&join("/", &folder.join("/"))).trim_matches('/').to_owned();
            let last = source.rsplit('/').next().unwrap_or_default();
            let names = match (is_pattern, folder.len() + 1 == source.split('/').count()) {
                (false, _) => None,
                // `*` alone matches all files, and `*.json` only some.
                (true, true) if last == "*" => None,
                (true, true) => Some(last.to_owned()),
                // The folders that match a pattern in the middle are unknown.
                (true, false) => continue,
            };
            self.copies.push(Copy { from, names, to: to.clone(), is_into });
        }
    }
}

/// Returns the relative path from a path of the context to the same path or one below it.
fn below<'p>(folder: &str, path: &'p str) -> Option<&'p str> {
    if folder.is_empty() {
        return Some(path);
    }
    let rest = path.strip_prefix(folder)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

/// Returns the instructions, each on one line, without comments.
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
        let children = [("package.json".to_owned(), false), ("src".to_owned(), true)];
        let has =
            |text: &str, path: &str, target: &str| Dockerfile::read(text).has(None, path, target, &children);
        for (text, path, target, expected) in [
            ("FROM a\nCOPY . /app", "", "/app", Some(true)),
            ("FROM a\nCOPY . /app", "src", "/app/src", Some(true)),
            ("FROM a\nCOPY . /app", "src", "/code", Some(false)),
            ("from a\nWORKDIR /app\ncopy --chown=1:1 . .", "", "/app/", Some(true)),
            ("FROM a\nWORKDIR /srv\nWORKDIR app\nCOPY ./src ./src/", "src", "/srv/app/src", Some(true)),
            ("FROM a\nWORKDIR /app\nCOPY package.json .\nCOPY src ./src", "", "/app", Some(true)),
            ("FROM a\nWORKDIR /app\nCOPY package.json ./\nRUN npm ci", "", "/app", Some(false)),
            ("FROM a\nWORKDIR /app\nCOPY src ./src", "", "/app", Some(false)),
            ("FROM a\nWORKDIR /app\nCOPY src/lib ./src/lib\nCOPY package.json .", "", "/app", Some(false)),
            ("FROM a\nWORKDIR /app\nCOPY package*.json ./\nCOPY src ./src", "", "/app", Some(true)),
            ("FROM a\nWORKDIR /app\nCOPY package.json p.json\nCOPY src ./src", "", "/app", Some(false)),
            ("FROM a\nCOPY package.json /app/package.json\nCOPY src /app/src", "", "/app", Some(true)),
            ("FROM a\nCOPY docker/ /var/www/html/docker/", "", "/var/www/html", Some(false)),
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
        assert_eq!(stages.has(Some("dev"), "", "/app", &[]), Some(true));
        assert_eq!(stages.has(Some("other"), "", "/app", &[]), None);
    }
}
