//! Lists and maps of bounded length. A registry can send a list of 350,000 empty words in 1 MiB.

use std::{fmt, marker::PhantomData};

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The first entries of a list.
#[derive(Clone, Debug)]
pub(super) struct Bounded<T, const MOST: usize> {
    /// The first entries, at most `MOST`.
    pub entries: Vec<T>,
    /// Whether there were more entries.
    pub is_truncated: bool,
}

/// The first keys of a map. The values are ignored.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys<const MOST: usize>(pub Bounded<String, MOST>);

impl<T, const MOST: usize> Default for Bounded<T, MOST> {
    fn default() -> Self {
        Self { entries: Vec::new(), is_truncated: false }
    }
}

impl<'de, T: Deserialize<'de>, const MOST: usize> Deserialize<'de> for Bounded<T, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<T, const MOST: usize>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for List<T, MOST> {
            type Value = Bounded<T, MOST>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Bounded<T, MOST>, A::Error> {
                let mut entries = Vec::new();
                while entries.len() < MOST {
                    let Some(entry) = list.next_element()? else {
                        return Ok(Bounded { entries, is_truncated: false });
                    };
                    entries.push(entry);
                }
                let mut is_truncated = false;
                while list.next_element::<IgnoredAny>()?.is_some() {
                    is_truncated = true;
                }
                Ok(Bounded { entries, is_truncated })
            }
        }

        deserializer.deserialize_seq(List(PhantomData))
    }
}

impl<'de, const MOST: usize> Deserialize<'de> for Keys<MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map<const MOST: usize>;

        impl<'de, const MOST: usize> Visitor<'de> for Map<MOST> {
            type Value = Keys<MOST>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys<MOST>, A::Error> {
                let mut keys = Bounded::default();
                while let Some(key) = map.next_key::<String>()? {
                    map.next_value::<IgnoredAny>()?;
                    if keys.entries.len() < MOST {
                        keys.entries.push(key);
                    } else {
                        keys.is_truncated = true;
                    }
                }
                Ok(Keys(keys))
            }
        }

        deserializer.deserialize_map(Map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_entries_of_a_list_or_map_are_kept() {
        for (sent, held, is_truncated) in [(0, 0, false), (3, 3, false), (4, 3, true), (350_000, 3, true)] {
            let list: Bounded<String, 3> = serde_json::from_value(vec![""; sent].into()).unwrap();
            assert_eq!((list.entries.len(), list.is_truncated), (held, is_truncated));
            assert!(list.entries.capacity() < 8);
            let map: serde_json::Map<_, _> = (0..sent).map(|key| (key.to_string(), 1.into())).collect();
            let Keys(keys): Keys<3> = serde_json::from_value(map.into()).unwrap();
            assert_eq!((keys.entries.len(), keys.is_truncated), (held, is_truncated));
        }
    }
}
