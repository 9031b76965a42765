//! Numbers for values: equal values get the same number, unequal ones never do.

use std::{
    borrow::Borrow,
    hash::{BuildHasher, Hash},
    sync::Arc,
};

use crossbeam::utils::CachePadded;
use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use crate::sync::RwLock;

/// Makes room for more elements: for a quarter more than there are, not for twice as many, since what is held in vain counts.
pub(crate) fn make_room<T>(elements: &mut Vec<T>, more: usize) {
    const FEW: usize = 8;
    if elements.capacity() - elements.len() < more {
        elements.reserve_exact(more.max(elements.len() / 4).max(FEW));
    }
}

/// Makes a list so long if it is shorter.
#[inline]
pub(crate) fn fill_up<T: Clone + Default>(list: &mut Vec<T>, wanted: usize) {
    if list.len() < wanted {
        make_room(list, wanted - list.len());
        list.resize(wanted, T::default());
    }
}

/// What is known by this number.
pub(crate) fn known<T: Copy>(all: &mut Vec<Option<T>>, number: u32) -> &mut Option<T> {
    let at = number as usize;
    fill_up(all, at + 1);
    &mut all[at]
}

/// Values, numbered from 0 in the order in which they were first seen.
pub(crate) struct Numbered<T> {
    numbers: HashTable<u32>,
    values: Vec<Arc<T>>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Numbered { numbers: HashTable::new(), values: Vec::new() }
    }
}

impl<T: Eq + Hash> Numbered<T> {
    /// The number of `value`, if it has one.
    pub(crate) fn find(&self, value: &T) -> Option<u32> {
        self.find_hashed(FxBuildHasher.hash_one(value), value)
    }

    fn find_hashed(&self, hash: u64, value: &T) -> Option<u32> {
        self.numbers.find(hash, |&number| *self.values[number as usize] == *value).copied()
    }

    /// The number of `value`, and whether it had none and was given the next one.
    pub(crate) fn insert(&mut self, value: impl Borrow<T> + Into<Arc<T>>) -> (u32, bool) {
        let hash = FxBuildHasher.hash_one(value.borrow());
        match self.find_hashed(hash, value.borrow()) {
            Some(number) => (number, false),
            None => (self.push(hash, value.into()), true),
        }
    }

    fn push(&mut self, hash: u64, value: Arc<T>) -> u32 {
        let number = u32::try_from(self.values.len()).expect("fewer than 2^32 values");
        make_room(&mut self.values, 1);
        self.values.push(value);
        let Numbered { numbers, values } = self;
        numbers.insert_unique(hash, number, |&other| FxBuildHasher.hash_one(&values[other as usize]));
        number
    }

    /// The value of a number that was given.
    pub(crate) fn get(&self, number: u32) -> &Arc<T> {
        &self.values[number as usize]
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// The bytes they hold, without what the values own elsewhere.
    pub(crate) fn bytes(&self) -> u64 {
        // A value with its two counts, the pointer to it, and its slot at a load of about two thirds.
        self.len() as u64 * (size_of::<T>() as u64 + 16 + 8 + 8)
    }
}

/// The same, shared between threads. What others read all the time is on another cache line than the lock.
pub(crate) struct Interner<T> {
    inner: CachePadded<RwLock<Numbered<T>>>,
}

impl<T: Eq + Hash> Interner<T> {
    pub(crate) fn new() -> Self {
        Interner { inner: CachePadded::new(RwLock::new(Numbered::default())) }
    }

    /// These values, numbered as they stand; `None` if one is there twice.
    pub(crate) fn of(values: Vec<Arc<T>>) -> Option<Self> {
        let mut numbered = Numbered::default();
        let are_new = values.into_iter().all(|value| numbered.insert(value).1);
        are_new.then(|| Interner { inner: CachePadded::new(RwLock::new(numbered)) })
    }

    /// The number of `value`, which is given the next one if it has none.
    pub(crate) fn intern(&self, value: T) -> u32 {
        self.insert(value).0
    }

    /// The number of `value`, and whether it had none and was given the next one.
    pub(crate) fn insert(&self, value: T) -> (u32, bool) {
        let known = self.find(&value);
        // If it has none, another thread may still come first.
        known.map_or_else(|| self.inner.write().insert(value), |number| (number, false))
    }

    /// The number of `value`, if it has one.
    pub(crate) fn find(&self, value: &T) -> Option<u32> {
        self.inner.read().find(value)
    }

    /// The value of a number that [`intern`](Interner::intern) returned.
    pub(crate) fn get(&self, number: u32) -> Arc<T> {
        self.inner.read().get(number).clone()
    }

    /// A hash of all of them, in their order.
    pub(crate) fn sum(&self) -> u64 {
        FxBuildHasher.hash_one(&self.inner.read().values)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.inner.read().len()
    }

    /// The bytes they hold, without what the values own elsewhere.
    pub(crate) fn bytes(&self) -> u64 {
        self.inner.read().bytes()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_one_number() {
        let interner = Interner::new();
        let numbers: Vec<u32> = ["a", "b", "a", "c", "b"].map(|value| interner.intern(value)).into();
        assert_eq!(numbers, [0, 1, 0, 2, 1]);
        assert_eq!((*interner.get(2), interner.len()), ("c", 3));
    }

    /// Identity is equality: values whose hashes collide stay apart.
    #[test]
    fn a_collision_of_hashes_is_no_identity() {
        #[derive(PartialEq, Eq, Debug)]
        struct Same(u8);
        impl Hash for Same {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                0_u8.hash(state);
            }
        }
        let interner = Interner::new();
        assert_eq!([1, 2, 1].map(|value| interner.intern(Same(value))), [0, 1, 0]);
    }
}

#[cfg(all(test, loom))]
mod loom_tests {
    use loom::{sync::Arc, thread};

    use super::*;

    #[test]
    fn loom_threads_agree_on_numbers() {
        loom::model(|| {
            let interner = Arc::new(Interner::new());
            let other = {
                let interner = interner.clone();
                thread::spawn(move || [interner.intern("b"), interner.intern("a")])
            };
            let mine = [interner.intern("a"), interner.intern("c")];
            let theirs = other.join().expect("it does not panic");
            assert_eq!(mine[0], theirs[1]);
            assert_eq!(interner.len(), 3);
            assert_eq!(
                (*interner.get(mine[0]), *interner.get(mine[1]), *interner.get(theirs[0])),
                ("a", "c", "b")
            );
        });
    }
}
