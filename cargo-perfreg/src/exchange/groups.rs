//! What belongs together, where a file has it scattered.

use std::collections::BTreeMap;

/// Groups by key, in the order in which each first appeared.
pub(super) struct Groups<K, V> {
    places: BTreeMap<K, usize>,
    all: Vec<(K, V)>,
}

impl<K, V> Default for Groups<K, V> {
    fn default() -> Self {
        Self { places: BTreeMap::new(), all: Vec::new() }
    }
}

impl<K: Ord + Clone, V: Default> Groups<K, V> {
    /// The group of this key; a new one is empty.
    pub(super) fn of(&mut self, key: K) -> &mut V {
        let next = self.all.len();
        let at = *self.places.entry(key.clone()).or_insert(next);
        if at == next {
            self.all.push((key, V::default()));
        }
        &mut self.all[at].1
    }

    /// All of them.
    pub(super) fn into_all(self) -> Vec<(K, V)> {
        self.all
    }
}
