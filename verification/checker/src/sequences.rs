//! Numbers for sequences of numbers: equal sequences get the same number, unequal ones never do.
//!
//! There are many of them, and most are short. So they stand one behind the other, and none has memory of its own.

use std::hash::BuildHasher;

use crossbeam::utils::CachePadded;
use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use crate::{interner::make_room, sync::RwLock};

/// Sequences, numbered from 0 in the order in which they were first seen.
#[derive(Default)]
pub(crate) struct Sequences {
    numbers: HashTable<u32>,
    /// Where each ends in `items`, and the next begins.
    ends: Vec<u32>,
    items: Vec<u32>,
}

/// The sequence of this number.
fn at<'s>(ends: &[u32], items: &'s [u32], number: u32) -> &'s [u32] {
    let number = number as usize;
    let start = number.checked_sub(1).map_or(0, |before| ends[before]);
    &items[start as usize..ends[number] as usize]
}

impl Sequences {
    /// The sequence of a number that was given.
    pub(crate) fn get(&self, number: u32) -> &[u32] {
        at(&self.ends, &self.items, number)
    }

    /// The number of a sequence, if it has one.
    pub(crate) fn find(&self, sequence: &[u32]) -> Option<u32> {
        self.find_hashed(FxBuildHasher.hash_one(sequence), sequence)
    }

    fn find_hashed(&self, hash: u64, sequence: &[u32]) -> Option<u32> {
        self.numbers.find(hash, |&number| self.get(number) == sequence).copied()
    }

    /// The number of a sequence, and whether it had none and was given the next one.
    pub(crate) fn insert(&mut self, sequence: &[u32]) -> (u32, bool) {
        let hash = FxBuildHasher.hash_one(sequence);
        if let Some(number) = self.find_hashed(hash, sequence) {
            return (number, false);
        }
        make_room(&mut self.items, sequence.len());
        self.items.extend_from_slice(sequence);
        let number = self.ends.len() as u32; // no more than there are items, but for one that has none
        make_room(&mut self.ends, 1);
        self.ends.push(u32::try_from(self.items.len()).expect("sequences of fewer than 2^32 numbers in all"));
        let Sequences { numbers, ends, items } = self;
        numbers.insert_unique(hash, number, |&other| FxBuildHasher.hash_one(at(ends, items, other)));
        (number, true)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The bytes they hold.
    pub(crate) fn bytes(&self) -> u64 {
        (self.numbers.capacity() * 6 + (self.ends.capacity() + self.items.capacity()) * 4) as u64
    }
}

/// The same, shared between threads.
#[derive(Default)]
pub(crate) struct SharedSequences {
    inner: CachePadded<RwLock<Sequences>>,
}

impl SharedSequences {
    /// These, numbered as they stand; `None` if one is there twice.
    pub(crate) fn of<'s>(mut all: impl Iterator<Item = &'s [u32]>) -> Option<Self> {
        let mut sequences = Sequences::default();
        all.all(|sequence| sequences.insert(sequence).1)
            .then(|| SharedSequences { inner: CachePadded::new(RwLock::new(sequences)) })
    }

    /// The number of a sequence, which is given the next one if it has none.
    pub(crate) fn intern(&self, sequence: &[u32]) -> u32 {
        let known = self.inner.read().find(sequence);
        // If it has none, another thread may still come first.
        known.unwrap_or_else(|| self.inner.write().insert(sequence).0)
    }

    /// The sequence of a number that was given.
    pub(crate) fn get(&self, number: u32) -> Box<[u32]> {
        self.inner.read().get(number).into()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.inner.read().len()
    }

    /// The bytes they hold.
    pub(crate) fn bytes(&self) -> u64 {
        self.inner.read().bytes()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// It is a map from sequences to the order in which they came.
        #[test]
        fn numbers_are_given_in_order(all in prop::collection::vec(prop::collection::vec(0..3_u32, 0..4), 0..200)) {
            let (shared, mut model) = (SharedSequences::default(), HashMap::new());
            for sequence in &all {
                let next = model.len() as u32;
                prop_assert_eq!(shared.intern(sequence), *model.entry(sequence).or_insert(next));
            }
            prop_assert_eq!(shared.len(), model.len());
            for (sequence, number) in model {
                prop_assert_eq!(&shared.get(number)[..], &sequence[..]);
            }
        }
    }

    #[test]
    fn none_is_there_twice() {
        let of = |all: &[&[u32]]| SharedSequences::of(all.iter().copied()).map(|shared| shared.len());
        assert_eq!((of(&[&[], &[1], &[1, 1]]), of(&[&[1], &[], &[1]])), (Some(3), None));
    }
}

#[cfg(all(test, loom))]
mod loom_tests {
    use loom::{sync::Arc, thread};

    use super::*;

    #[test]
    fn loom_threads_agree_on_numbers() {
        loom::model(|| {
            let shared = Arc::new(SharedSequences::default());
            let other = {
                let shared = shared.clone();
                thread::spawn(move || [shared.intern(&[2, 3]), shared.intern(&[1])])
            };
            let mine = [shared.intern(&[1]), shared.intern(&[])];
            let theirs = other.join().expect("it does not panic");
            assert_eq!((mine[0], shared.len()), (theirs[1], 3));
            let read = [mine[0], mine[1], theirs[0]].map(|number| shared.get(number).to_vec());
            assert_eq!(read, [vec![1], vec![], vec![2, 3]]);
        });
    }
}
