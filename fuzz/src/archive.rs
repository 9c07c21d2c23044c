//! Several files in one text, so that an input of the loader is read and written by people: each file
//! begins with a line `-- NAME --`.

/// The files of an archive, in order. What stands before the first name belongs to the file
/// `compose.yaml`, so that a plain compose file is an archive, too.
#[must_use]
pub fn files(archive: &str) -> Vec<(String, String)> {
    let mut files = vec![("compose.yaml".to_owned(), String::new())];
    for line in archive.split_inclusive('\n') {
        match name(line) {
            Some(name) => files.push((name.to_owned(), String::new())),
            None => {
                if let Some((_, text)) = files.last_mut() {
                    text.push_str(line);
                }
            }
        }
    }
    if files[0].1.is_empty() {
        files.remove(0);
    }
    files
}

fn name(line: &str) -> Option<&str> {
    line.trim_end_matches(['\n', '\r'])
        .strip_prefix("-- ")?
        .strip_suffix(" --")
        .filter(|name| !name.is_empty())
}
