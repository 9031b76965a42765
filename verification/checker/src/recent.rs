//! What was asked for last, few enough to stay near the processor.
//!
//! Steps of states that stand side by side are much alike: they put the same messages into the same inboxes, and most states that
//! they lead to were reached a moment ago by another way. A large table gives the answer to that as well, but it is far away.

use crate::store::pair;

/// An odd number without a pattern.
const MIX: u64 = 0x9E37_79B9_7F4A_7C15;

/// How many bits of a hash are not its place among so many: a power of two greater than 1.
fn bits_left(places: usize) -> u32 {
    assert!(places.is_power_of_two() && places > 1, "a place is some bits of a hash");
    u64::BITS - places.ilog2()
}

/// The answers to some of the questions that were asked last. Each question has one place, which it takes from the one before.
pub(crate) struct Recent<V> {
    places: Box<[(u64, V)]>,
    bits_left: u32,
}

impl<V: Copy> Recent<V> {
    /// Room for so many answers, a power of two greater than 1. `any` is an answer; it does not matter which.
    pub(crate) fn new(places: usize, any: V) -> Self {
        let mut recent = Recent { places: vec![(0, any); places].into(), bits_left: bits_left(places) };
        recent.forget();
        recent
    }

    #[inline]
    fn place(&self, key: u64) -> usize {
        (key.wrapping_mul(MIX) >> self.bits_left) as usize
    }

    /// What was told last, if it was the answer to this.
    #[inline]
    pub(crate) fn get(&self, key: u64) -> Option<V> {
        let (known, answer) = self.places[self.place(key)];
        (known == key).then_some(answer)
    }

    /// The answer to this.
    #[inline]
    pub(crate) fn put(&mut self, key: u64, answer: V) {
        self.places[self.place(key)] = (key, answer);
    }

    /// From here on it has been told nothing.
    pub(crate) fn forget(&mut self) {
        // Nobody looks for a key where it is not: 0 belongs to the first place alone, and 1 to another.
        self.places.iter_mut().for_each(|(key, _)| *key = 0);
        self.places[0].0 = 1;
    }

    /// The bytes it holds.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&*self.places)
    }
}

impl Recent<()> {
    /// Whether this is among what was met last; it is from now on.
    #[inline]
    pub(crate) fn meet(&mut self, key: u64) -> bool {
        let place = self.place(key);
        std::mem::replace(&mut self.places[place].0, key) == key
    }
}

/// Some of the states that were met last, as their parts.
pub(crate) struct RecentRows {
    parts: usize,
    rows: Box<[u32]>,
    bits_left: u32,
}

impl RecentRows {
    /// Room for so many states of so many parts each; a power of two greater than 1.
    pub(crate) fn new(places: usize, parts: usize) -> Self {
        let rows = vec![u32::MAX; places * parts].into(); // no number of any part
        RecentRows { parts, rows, bits_left: bits_left(places) }
    }

    /// Whether this state is among what was met last; it is from now on.
    #[inline]
    pub(crate) fn meet(&mut self, parts: &[u32]) -> bool {
        let mix = |hash: u64, two: u64| (hash.rotate_left(5) ^ two).wrapping_mul(MIX);
        let (twos, rest) = parts.as_chunks();
        let hash = twos.iter().fold(0, |hash, &[one, other]| mix(hash, pair(one, other)));
        let hash = rest.iter().fold(hash, |hash, &part| mix(hash, part.into()));
        let last = &mut self.rows[(hash >> self.bits_left) as usize * self.parts..][..self.parts];
        let is_known = last.iter().zip(parts).all(|(one, other)| one == other); // sooner than a call
        if !is_known {
            last.copy_from_slice(parts);
        }
        is_known
    }

    /// From here on none has been met.
    pub(crate) fn forget(&mut self) {
        self.rows.fill(u32::MAX);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::collections::{HashMap, HashSet};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// It tells nothing that it was not told last, whatever the keys, and the last thing it was told it knows.
        #[test]
        fn it_knows_what_it_was_told(
            asked in prop::collection::vec((prop_oneof![0..40_u64, Just(u64::MAX), any::<u64>()], any::<u8>()), 0..200),
            bits in 1..6_u32,
        ) {
            let (mut recent, mut met) = (Recent::new(1 << bits, 0), Recent::new(1 << bits, ()));
            let mut told = HashMap::new();
            for (key, answer) in asked {
                prop_assert!(recent.get(key).is_none_or(|known| told.get(&key) == Some(&known)));
                prop_assert_eq!(met.meet(key), recent.get(key).is_some());
                recent.put(key, answer);
                told.insert(key, answer);
                prop_assert_eq!(recent.get(key), Some(answer));
                if answer == 0 {
                    recent.forget();
                    met.forget();
                    prop_assert_eq!((recent.get(key), met.get(key)), (None, None));
                }
            }
        }

        /// The same with rows: what it knows it has met, and what it met last it knows.
        #[test]
        fn it_knows_rows_that_it_met(
            rows in prop::collection::vec(prop::collection::vec(0..3_u32, 4), 0..200),
            bits in 1..6_u32,
        ) {
            let (mut recent, mut met) = (RecentRows::new(1 << bits, 4), HashSet::new());
            for row in rows {
                prop_assert!(!recent.meet(&row) || met.contains(&row));
                prop_assert!(recent.meet(&row));
                met.insert(row.clone());
                if row[0] == 0 && row[1] == 0 {
                    recent.forget();
                    met.clear();
                }
            }
        }
    }
}
