//! A lookup table for short names. Most names differ by their length, and the others are compared without a function
//! call.

/// A map from names to values.
pub struct Names<T> {
    /// The names by length, and in the given order within one length.
    all: Vec<(Box<str>, T)>,
    /// The index of the first name of each length, with one more at the end.
    starts: Vec<usize>,
}

impl<T> Default for Names<T> {
    fn default() -> Self {
        Names { all: Vec::new(), starts: Vec::new() }
    }
}

impl<T> Names<T> {
    /// Creates a table. The first of two values for one name wins.
    pub fn new(names: impl IntoIterator<Item = (impl Into<Box<str>>, T)>) -> Self {
        let mut all: Vec<(Box<str>, T)> =
            names.into_iter().map(|(name, value)| (name.into(), value)).collect();
        all.sort_by_key(|(name, _)| name.len());
        let longest = all.last().map_or(0, |(name, _)| name.len());
        let starts =
            (0..=longest + 1).map(|length| all.partition_point(|(name, _)| name.len() < length)).collect();
        Names { all, starts }
    }

    /// Returns the value of a name.
    pub fn get(&self, name: &str) -> Option<&T> {
        let [start, end] = *self.starts.get(name.len()..)?.first_chunk()?;
        self.all.get(start..end)?.iter().find(|(known, _)| same(known, name)).map(|(_, value)| value)
    }

    /// Iterates over the names.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|(name, _)| &**name)
    }

    /// Reports whether the table is empty.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

/// Compares two names. `str::eq` calls memcmp, which is optimized for long texts. Almost all names have at most 16
/// bytes, which are two words that can overlap.
#[inline]
pub fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    match a.len() {
        0..4 => a.iter().eq(b),
        4..8 => a.first_chunk::<4>() == b.first_chunk::<4>() && a.last_chunk::<4>() == b.last_chunk::<4>(),
        8..=16 => a.first_chunk::<8>() == b.first_chunk::<8>() && a.last_chunk::<8>() == b.last_chunk::<8>(),
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Names, same};

    #[test]
    fn the_first_of_two_values_for_a_name_wins() {
        let names = Names::new([("b", 1), ("aa", 2), ("b", 3), ("", 4)]);
        let found: Vec<_> = ["", "b", "aa", "a", "bbb"].map(|name| names.get(name).copied()).into();
        assert_eq!(found, [Some(4), Some(1), Some(2), None, None]);
        assert!(Names::<u8>::default().get("a").is_none());
    }

    proptest! {
        #[test]
        fn names_are_the_same_when_all_bytes_are(a in "[ab]{0,20}", b in "[ab]{0,20}", at in 0usize..20) {
            prop_assert_eq!(same(&a, &b), a == b);
            prop_assert!(same(&a, &a.clone()));
            // Names that differ in one byte.
            let mut other = a.clone().into_bytes();
            if let Some(byte) = other.get_mut(at) {
                *byte = b'c';
                prop_assert!(!same(&a, std::str::from_utf8(&other).unwrap()));
            }
        }
    }
}
