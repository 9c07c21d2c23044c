//! Properties of all parsers.

use proptest::prelude::*;

use super::{duration, port, size, volume, words};
use crate::environment::{Budget, Variable};
use crate::substitute::substitute;
use crate::tree::Origin;

/// Quotes a word, with a backslash before every character.
fn quoted(word: &str) -> String {
    format!("\"{}\"", word.chars().map(|c| format!("\\{c}")).collect::<String>())
}

proptest! {
    #[test]
    fn a_printed_duration_reads_as_itself(nanoseconds in -i64::MAX..=i64::MAX) {
        prop_assert_eq!(duration::parse(&duration::print(nanoseconds)), Ok(nanoseconds));
    }

    #[test]
    fn the_parts_of_a_duration_add_up(hours in 0..2_000_000i64, minutes in 0..1000i64, millis in 0..100_000i64) {
        let text = format!("{hours}h{minutes}m{}.{:03}s", millis / 1000, millis % 1000);
        prop_assert_eq!(duration::parse(&text), Ok(((hours * 60 + minutes) * 60_000 + millis) * 1_000_000));
    }

    #[test]
    fn a_size_is_its_number_times_its_unit(number in 0..(1i64 << 20), power in 0..4usize, short in any::<bool>()) {
        let unit = ["k", "m", "g", "t"][power];
        let text = if short { format!("{number}{unit}") } else { format!("{number} {}iB", unit.to_uppercase()) };
        prop_assert_eq!(size::parse(&text), Ok(number << (10 * (power + 1))));
        prop_assert_eq!(size::parse(&number.to_string()), Ok(number));
    }

    #[test]
    fn quoted_words_read_as_themselves(list in prop::collection::vec(any::<String>(), 0..6)) {
        let line: Vec<String> = list.iter().map(|word| quoted(word)).collect();
        let split = words::split(&line.join(" \t"));
        let texts = split.map(|words| words.into_iter().map(|word| word.text).collect::<Vec<_>>());
        prop_assert_eq!(texts, Ok(list));
    }

    #[test]
    fn a_range_of_ports_has_all_its_ports(first in 1..65_000u16, count in 1..500u16, offset in 0..35u16) {
        let (last, host) = (first + count - 1, first + offset);
        let ports = port::parse(&format!("127.0.0.1:{host}-{}:{first}-{last}/udp", host + count - 1));
        let mut pairs: Vec<(u16, String)> =
            ports.unwrap_or_default().into_iter().map(|port| (port.target, port.published)).collect();
        pairs.sort_unstable();
        let expected: Vec<_> = (first..=last).map(|port| (port, (port + offset).to_string())).collect();
        prop_assert_eq!(pairs, expected);
    }

    #[test]
    fn a_mount_has_its_parts(source in "[a-z./~][a-z0-9_./-]{1,8}", target in "/[a-z/.]{0,8}", read_only in any::<bool>()) {
        let parsed = volume::parse(&format!("{source}:{target}{}", if read_only { ":ro" } else { "" }));
        let parts = parsed.map(|volume| (volume.source, volume.target, volume.read_only));
        prop_assert_eq!(parts, Ok((source, target, read_only)));
    }

    #[test]
    fn a_text_with_doubled_dollars_reads_as_itself(text in any::<String>()) {
        let done = substitute(&text.replace('$', "$$"), &|_| None, &Budget::default());
        prop_assert_eq!(done.ok().map(|done| done.text), Some(text));
    }

    #[test]
    fn values_of_variables_are_not_substituted_again(before in "[^$]*", value in any::<String>(), after in "[^$]*") {
        let lookup =
            |name: &str| (name == "V").then(|| Variable { value: value.as_str().into(), origin: Origin::Process });
        let done = substitute(&format!("{before}${{V}}{after}"), &lookup, &Budget::default());
        let done = done.map_err(|failure| TestCaseError::fail(format!("{failure:?}")))?;
        prop_assert_eq!(&done.text, &format!("{before}{value}{after}"));
        let part = &done.trace[0];
        prop_assert_eq!(&done.text[part.start as usize..part.end as usize], &value);
    }
}
