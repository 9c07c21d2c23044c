//! "Did you mean": the one search for a name that was probably meant.

/// The longest name that is compared with others, in bytes, and how many it is compared with: what each comparison
/// costs grows with the product of both lengths.
const LONGEST_NAME: usize = 64;
const MOST_KNOWN: usize = 1_000;

/// The name among `known` that was probably meant.
#[must_use]
pub fn did_you_mean<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = |name: &str| 1 + name.len().max(written.len()) / 4;
    known
        .into_iter()
        .take(MOST_KNOWN)
        .filter(|name| written.len().max(name.len()) <= LONGEST_NAME)
        // Lengths in bytes, and a letter has up to four: what differs more than this is never near enough.
        .filter(|name| name.len().abs_diff(written.len()) <= 4 * allowed(name))
        .map(|name| (strsim::damerau_levenshtein(written, name), name))
        .filter(|(distance, name)| *distance <= allowed(name))
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::growth::processor_time;

    #[test]
    fn a_mistyped_name_finds_the_one_that_was_meant() {
        let known = ["postgres", "redis", "db"];
        for (name, expected) in [
            ("postgers", Some("postgres")),
            ("Redis", Some("redis")),
            ("dbx", Some("db")),
            ("mongo", None),
            ("x", None),
        ] {
            assert_eq!(did_you_mean(name, known), expected, "{name}");
        }
    }

    #[test]
    fn names_without_end_and_without_number_are_not_compared() {
        let known: Vec<String> = (0..100_000).map(|number| format!("{number:x<60}")).collect();
        let long = "a".repeat(1 << 20);
        for written in [&long, &known[0][1..]] {
            let taken = processor_time(|| _ = did_you_mean(written, known.iter().map(String::as_str)));
            assert!(taken < Duration::from_secs(1), "{taken:?} for {} bytes", written.len());
        }
        assert_eq!(did_you_mean("a", [long.as_str()]), None);
    }
}
