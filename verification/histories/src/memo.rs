//! Which configurations were visited.

use std::hash::BuildHasher;

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

/// A set of configurations, each a key and a vector of counts, that answers whether one with the same key and no greater
/// count was there before.
///
/// The key is what must be equal: the next return, the state, the open calls that took effect. The counts are of
/// optional calls that took effect: whatever is possible after using some of them is possible after using fewer.
#[derive(Debug)]
pub(crate) struct Memo {
    key_length: usize,
    counts_length: usize,
    /// Keys, each followed by the number of its first entry.
    keys: Vec<u32>,
    table: HashTable<u32>,
    /// The number of the next entry of the same key, and the counts.
    entries: Vec<u32>,
}

/// No entry.
const NONE: u32 = u32::MAX;

impl Memo {
    /// Nothing yet; keys and counts have these lengths.
    pub(crate) fn new(key_length: usize, counts_length: usize) -> Self {
        Memo { key_length, counts_length, keys: Vec::new(), table: HashTable::new(), entries: Vec::new() }
    }

    /// Whether this is new, and not dominated by what was visited. It is visited then.
    pub(crate) fn visit(&mut self, key: &[u32], counts: &[u32]) -> bool {
        debug_assert_eq!((key.len(), counts.len()), (self.key_length, self.counts_length));
        let stride = self.key_length + 1;
        let hash = FxBuildHasher.hash_one(key);
        let keys = &self.keys;
        let key_at = |number: u32| &keys[number as usize * stride..number as usize * stride + stride - 1];
        match self.table.find(hash, |&number| key_at(number) == key) {
            Some(&number) => {
                if self.counts_length == 0 {
                    return false;
                }
                let head = number as usize * stride + stride - 1;
                let mut entry = self.keys[head];
                while entry != NONE {
                    let at = entry as usize * (self.counts_length + 1);
                    let held = &self.entries[at + 1..at + 1 + self.counts_length];
                    if held.iter().zip(counts).all(|(held, count)| held <= count) {
                        return false;
                    }
                    entry = self.entries[at];
                }
                self.keys[head] = self.enter(self.keys[head], counts);
            }
            None => {
                let number = (keys.len() / stride) as u32;
                self.table.insert_unique(hash, number, |&number| {
                    let at = number as usize * stride;
                    FxBuildHasher.hash_one(&keys[at..at + stride - 1])
                });
                self.keys.extend_from_slice(key);
                let entry = if self.counts_length == 0 { NONE } else { self.enter(NONE, counts) };
                self.keys.push(entry);
            }
        }
        true
    }

    fn enter(&mut self, next: u32, counts: &[u32]) -> u32 {
        let number = (self.entries.len() / (self.counts_length + 1)) as u32;
        self.entries.push(next);
        self.entries.extend_from_slice(counts);
        number
    }

    /// About how many bytes it holds.
    pub(crate) fn bytes(&self) -> u64 {
        ((self.keys.capacity() + self.entries.capacity()) * 4 + self.table.capacity() * 5) as u64
    }
}
