//! What was asked for last, few enough to stay near the processor.
//!
//! Steps of states that stand side by side are much alike: they put the same messages into the same inboxes, and most states that
//! they lead to were reached a moment ago by another way. A large table gives the answer to that as well, but it is far away.

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

/// Some of the states that were met last, as their words.
pub(crate) struct RecentStates {
    words_each: usize,
    words: Box<[u64]>,
    bits_left: u32,
}

impl RecentStates {
    /// Room for so many states of so many words each; a power of two greater than 1.
    pub(crate) fn new(places: usize, words_each: usize) -> Self {
        let words = vec![0; places * words_each].into();
        let mut recent = RecentStates { words_each, words, bits_left: bits_left(places) };
        // Nobody looks for a state where it is not: the one of zeros belongs to the first place alone, and another is put there.
        let mut other = vec![0; words_each];
        while recent.place(&other) == 0 {
            other[0] += 1;
        }
        recent.words[..words_each].copy_from_slice(&other);
        recent
    }

    #[inline]
    fn place(&self, state: &[u64]) -> usize {
        let mix = |hash: u64, &word: &u64| (hash.rotate_left(5) ^ word).wrapping_mul(MIX);
        (state.iter().fold(0, mix) >> self.bits_left) as usize
    }

    /// Whether this state is among what was met last; it is from now on.
    #[inline]
    pub(crate) fn meet(&mut self, state: &[u64]) -> bool {
        let place = self.place(state);
        let at = if state.len() == 1 { place } else { place * self.words_each };
        let last = &mut self.words[at..at + state.len()];
        if let (&[word], [last]) = (state, &mut *last) {
            return std::mem::replace(last, word) == word;
        }
        let is_known = last.iter().zip(state).all(|(one, other)| one == other); // sooner than a call
        if !is_known {
            last.iter_mut().zip(state).for_each(|(last, &word)| *last = word);
        }
        is_known
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
            let mut recent = Recent::new(1 << bits, 0);
            let mut told = HashMap::new();
            for (key, answer) in asked {
                prop_assert!(recent.get(key).is_none_or(|known| told.get(&key) == Some(&known)));
                recent.put(key, answer);
                told.insert(key, answer);
                prop_assert_eq!(recent.get(key), Some(answer));
                if answer == 0 {
                    recent.forget();
                    prop_assert_eq!(recent.get(key), None);
                }
            }
        }

        /// The same with states: what it knows it has met, and what it met last it knows.
        #[test]
        fn it_knows_states_that_it_met(
            states in prop::collection::vec(prop::collection::vec(0..3_u64, 3), 0..200),
            words_each in 1..=3_usize,
            bits in 1..6_u32,
        ) {
            let (mut recent, mut met) = (RecentStates::new(1 << bits, words_each), HashSet::new());
            for state in states {
                let state = &state[..words_each];
                prop_assert!(!recent.meet(state) || met.contains(state));
                prop_assert!(recent.meet(state));
                met.insert(state.to_vec());
            }
        }
    }
}
