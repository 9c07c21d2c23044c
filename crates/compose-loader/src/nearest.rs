//! Suggestions of similar names: "did you mean".

/// The maximum length of compared names in bytes, and the maximum number of names. The cost of a comparison is the
/// product of both lengths.
const LONGEST_NAME: usize = 64;
const MOST_KNOWN: usize = 1_000;

/// Returns the name among `known` that is most similar to `written`, if one is similar enough.
#[must_use]
pub fn did_you_mean<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = |name: &str| 1 + name.len().max(written.len()) / 4;
    known
        .into_iter()
        .take(MOST_KNOWN)
        .filter(|name| written.len().max(name.len()) <= LONGEST_NAME)
        // The distance counts characters, of up to four bytes: skip names whose lengths differ too much.
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
    fn a_mistyped_name_finds_the_similar_one() {
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
    fn long_names_and_many_names_are_not_compared() {
        let known: Vec<String> = (0..100_000).map(|number| format!("{number:x<60}")).collect();
        let long = "a".repeat(1 << 20);
        for written in [&long, &known[0][1..]] {
            let taken = processor_time(|| _ = did_you_mean(written, known.iter().map(String::as_str)));
            assert!(taken < Duration::from_secs(1), "{taken:?} for {} bytes", written.len());
        }
        assert_eq!(did_you_mean("a", [long.as_str()]), None);
    }
}
