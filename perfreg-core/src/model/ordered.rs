//! A map by name that keeps the order of insertion, for files whose order is their author's.

use std::collections::HashMap;

use serde::{Serialize, Serializer};

/// Values by name, in the order they came.
#[derive(Clone, Debug)]
pub(crate) struct OrderedMap<V> {
    entries: Vec<(String, V)>,
    index: HashMap<String, usize>,
}

impl<V> Default for OrderedMap<V> {
    fn default() -> Self {
        Self { entries: Vec::new(), index: HashMap::new() }
    }
}

impl<V> OrderedMap<V> {
    pub(crate) fn get(&self, name: &str) -> Option<&V> {
        self.index.get(name).map(|at| &self.entries[*at].1)
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.index.contains_key(name)
    }

    /// Puts a value in the place of the one of the same name, else at the end.
    pub(crate) fn insert(&mut self, name: &str, value: V) {
        match self.index.get(name) {
            Some(at) => self.entries[*at].1 = value,
            None => {
                self.index.insert(name.to_owned(), self.entries.len());
                self.entries.push((name.to_owned(), value));
            }
        }
    }

    pub(crate) fn get_or_insert_default(&mut self, name: &str) -> &mut V
    where
        V: Default,
    {
        if !self.index.contains_key(name) {
            self.insert(name, V::default());
        }
        &mut self.entries[self.index[name]].1
    }

    pub(crate) fn remove(&mut self, name: &str) -> Option<V> {
        let at = self.index.remove(name)?;
        self.index.values_mut().filter(|other| **other > at).for_each(|other| *other -= 1);
        Some(self.entries.remove(at).1)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &V)> {
        self.entries.iter().map(|(name, value)| (name.as_str(), value))
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
}

/// The same names with the same values, in whatever order.
impl<V: PartialEq> PartialEq for OrderedMap<V> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(name, value)| other.get(name) == Some(value))
    }
}

/// A map in its own order.
impl<V: Serialize> Serialize for OrderedMap<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}
