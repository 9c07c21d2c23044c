//! A mapping that keeps the order of its keys.
//!
//! Almost all mappings of a project have few keys. A list with a linear search takes a third of the memory of a hash
//! table. Larger mappings get a table beside the list at the first lookup.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use foldhash::fast::RandomState;

use crate::names::same;
use crate::source::Place;

/// The number of keys from which a table is used.
const FEW: usize = 16;

/// A value of a mapping, and the place of its key.
#[derive(Clone, Debug, Default)]
pub struct Entry<T> {
    /// The place of the key.
    pub key: Place,
    /// The value.
    pub node: T,
}

/// A mapping that keeps the order of its keys.
#[derive(Clone)]
pub struct Map<T> {
    pairs: Vec<(Arc<str>, Entry<T>)>,
    /// The index of each key. Empty for few keys, and after keys have moved.
    #[allow(clippy::box_collection, reason = "rarely used, so a mapping contains only a pointer")]
    table: OnceLock<Box<HashMap<Arc<str>, usize, RandomState>>>,
}

impl<T> Default for Map<T> {
    fn default() -> Self {
        Self::with_capacity(0)
    }
}

/// Omits the table, which depends on earlier lookups.
impl<T: fmt::Debug> fmt::Debug for Map<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.pairs.iter().map(|(key, entry)| (key, entry))).finish()
    }
}

impl<T: PartialEq> PartialEq for Map<T> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(key, node)| other.get(key) == Some(node))
    }
}

impl<T> Map<T> {
    /// Creates a mapping with capacity for a number of keys.
    #[must_use]
    pub(crate) fn with_capacity(keys: usize) -> Self {
        Self { pairs: Vec::with_capacity(keys), table: OnceLock::new() }
    }

    fn position(&self, key: &str) -> Option<usize> {
        if self.pairs.len() <= FEW {
            return self.pairs.iter().position(|(name, _)| same(name, key));
        }
        let places = || self.pairs.iter().enumerate().map(|(at, (key, _))| (key.clone(), at)).collect();
        self.table.get_or_init(|| Box::new(places())).get(key).copied()
    }

    /// Returns the value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&T> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// Returns the value of a key mutably.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut T> {
        let at = self.position(key)?;
        Some(&mut self.pairs[at].1.node)
    }

    /// Returns the entry of a key mutably.
    pub(crate) fn entry_mut(&mut self, key: &str) -> Option<&mut Entry<T>> {
        let at = self.position(key)?;
        Some(&mut self.pairs[at].1)
    }

    /// Returns the entry of a key.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry<T>> {
        self.position(key).map(|at| &self.pairs[at].1)
    }

    /// Reports whether the key exists, even with a null value.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.position(key).is_some()
    }

    /// Sets a key, and returns its earlier value. An existing key keeps its position.
    pub fn insert(&mut self, key: impl Into<Arc<str>>, place: Place, node: T) -> Option<T> {
        let key = key.into();
        let entry = Entry { key: place, node };
        match self.position(&key) {
            Some(at) => Some(std::mem::replace(&mut self.pairs[at].1, entry).node),
            None => {
                self.push(key, entry);
                None
            }
        }
    }

    /// Appends a key that does not exist.
    pub(crate) fn push(&mut self, key: Arc<str>, entry: Entry<T>) {
        if let Some(table) = self.table.get_mut() {
            table.insert(key.clone(), self.pairs.len());
        }
        self.pairs.push((key, entry));
    }

    /// Sets a key unless it exists.
    pub(crate) fn insert_new(&mut self, key: &str, place: Place, node: impl FnOnce() -> T) {
        if !self.has(key) {
            self.push(key.into(), Entry { key: place, node: node() });
        }
    }

    /// Removes a key. The other keys keep their order.
    pub fn remove(&mut self, key: &str) -> Option<T> {
        let at = self.position(key)?;
        let (_, entry) = self.pairs.remove(at);
        self.table.take();
        Some(entry.node)
    }

    /// Keeps the keys for which `keep` returns true.
    pub fn retain(&mut self, mut keep: impl FnMut(&Arc<str>, &mut T) -> bool) {
        self.pairs.retain_mut(|(key, entry)| keep(key, &mut entry.node));
        self.table.take();
    }

    /// Sorts the keys alphabetically, as compose-go prints them.
    pub fn sort(&mut self) {
        if !self.pairs.is_sorted_by(|a, b| a.0 <= b.0) {
            self.pairs.sort_unstable_by(|a, b| a.0.cmp(&b.0));
            self.table.take();
        }
    }

    /// Returns the number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Reports whether the mapping has no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Iterates over keys and values in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &T)> {
        self.pairs.iter().map(|(key, entry)| (key, &entry.node))
    }

    /// Iterates over keys and entries in their order.
    pub fn entries(&self) -> impl Iterator<Item = (&Arc<str>, &Entry<T>)> {
        self.pairs.iter().map(|(key, entry)| (key, entry))
    }

    /// Iterates over keys and mutable values in their order.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Arc<str>, &mut T)> {
        self.pairs.iter_mut().map(|(key, entry)| (&*key, &mut entry.node))
    }

    /// Divides the mapping into mappings with a number of keys each.
    pub(crate) fn into_parts(self, keys: usize) -> Vec<Self> {
        let mut left = self.pairs.into_iter();
        let part = || Some(left.by_ref().take(keys).collect()).filter(|pairs: &Vec<_>| !pairs.is_empty());
        std::iter::from_fn(part).map(|pairs| Self { pairs, table: OnceLock::new() }).collect()
    }

    /// Appends a mapping that has none of these keys.
    pub(crate) fn append(&mut self, other: Self) {
        self.pairs.extend(other.pairs);
        self.table.take();
    }

    /// Returns the keys and entries in their order.
    pub fn into_entries(self) -> impl Iterator<Item = (Arc<str>, Entry<T>)> {
        self.pairs.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Entry, Map};
    use crate::source::Place;

    #[test]
    fn debug_output_does_not_depend_on_earlier_lookups() {
        let mut map = Map::default();
        let entry = || Entry { key: Place::NONE, node: 0 };
        (0..2 * super::FEW).for_each(|key| map.push(key.to_string().into(), entry()));
        let before = format!("{map:?}");
        assert!(map.get("none").is_none() && map.table.get().is_some());
        assert_eq!(format!("{map:?}"), before);
    }

    proptest! {
        #[test]
        fn a_mapping_behaves_like_a_list_of_pairs(steps in prop::collection::vec((0u8..4, 0i64..40), 0..200)) {
            let mut map = Map::default();
            let mut list: Vec<(String, i64)> = Vec::new();
            for (value, (step, key)) in (0i64..).zip(steps) {
                let key = key.to_string();
                let at = list.iter().position(|(name, _)| *name == key);
                match (step, at) {
                    (0, Some(at)) => {
                        map.remove(&key);
                        list.remove(at);
                    }
                    (1, _) => {
                        map.sort();
                        list.sort();
                    }
                    (2, _) if value % 16 == 0 => {
                        map.retain(|name, _| **name < *key);
                        list.retain(|(name, _)| *name < key);
                    }
                    (_, Some(at)) => {
                        map.insert(key, Place::NONE, value);
                        list[at].1 = value;
                    }
                    (_, None) => {
                        map.insert(key.as_str(), Place::NONE, value);
                        list.push((key, value));
                    }
                }
                prop_assert_eq!(map.len(), list.len());
                prop_assert!(map.iter().zip(&list).all(|((key, node), (name, value))| **key == *name && node == value));
                prop_assert!(list.iter().all(|(name, value)| map.get(name) == Some(value)));
                prop_assert!(!map.has("none"));
            }
        }
    }
}
