//! Numbers for values: equal values get the same number, unequal ones never do.

use std::{
    borrow::Borrow,
    hash::{BuildHasher, Hash},
    sync::Arc,
};

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use crate::sync::RwLock;

/// Values, numbered from 0 in the order in which they were first seen. Shared between threads.
pub(crate) struct Interner<T> {
    inner: RwLock<Inner<T>>,
}

struct Inner<T> {
    numbers: HashTable<u32>,
    values: Vec<Arc<T>>,
}

impl<T: Eq + Hash> Interner<T> {
    pub(crate) fn new() -> Self {
        Interner { inner: RwLock::new(Inner { numbers: HashTable::new(), values: Vec::new() }) }
    }

    /// These values, numbered as they stand; `None` if one is there twice.
    pub(crate) fn of(values: Vec<Arc<T>>) -> Option<Self> {
        let mut numbers = HashTable::with_capacity(values.len());
        for (number, value) in (0..).zip(&values) {
            let hash = |&other: &u32| FxBuildHasher.hash_one(&values[other as usize]);
            let own = FxBuildHasher.hash_one(value);
            if numbers.find(own, |&other| values[other as usize] == *value).is_some() {
                return None;
            }
            numbers.insert_unique(own, number, hash);
        }
        Some(Interner { inner: RwLock::new(Inner { numbers, values }) })
    }

    /// The number of `value`, which is given the next one if it has none.
    pub(crate) fn intern(&self, value: T) -> u32 {
        self.insert(value).0
    }

    /// The number of `value`, and whether it had none and was given the next one.
    pub(crate) fn insert(&self, value: T) -> (u32, bool) {
        let hash = FxBuildHasher.hash_one(&value);
        if let Some(number) = self.inner.read().find(hash, &value) {
            return (number, false);
        }
        let mut inner = self.inner.write();
        if let Some(number) = inner.find(hash, &value) {
            return (number, false); // another thread came first
        }
        let number = u32::try_from(inner.values.len()).expect("fewer than 2^32 values");
        inner.values.push(Arc::new(value));
        let Inner { numbers, values } = &mut *inner;
        numbers.insert_unique(hash, number, |&other| FxBuildHasher.hash_one(&values[other as usize]));
        (number, true)
    }

    /// The number of `value`, if it has one.
    pub(crate) fn find(&self, value: &T) -> Option<u32> {
        self.inner.read().find(FxBuildHasher.hash_one(value), value)
    }

    /// The same for a value that is borrowed, and only cloned if it is new.
    pub(crate) fn intern_slice<E>(&self, value: &[E]) -> u32
    where
        T: Borrow<[E]> + for<'a> From<&'a [E]>,
        E: Eq + Hash,
    {
        // A boxed slice hashes like the slice, which is what `Borrow` promises.
        let hash = FxBuildHasher.hash_one(value);
        let known = |inner: &Inner<T>| {
            let equal = |&number: &u32| (*inner.values[number as usize]).borrow() == value;
            inner.numbers.find(hash, equal).copied()
        };
        let number = known(&self.inner.read());
        number.unwrap_or_else(|| self.intern(T::from(value)))
    }

    /// The value of a number that [`intern`](Interner::intern) returned.
    pub(crate) fn get(&self, number: u32) -> Arc<T> {
        self.inner.read().values[number as usize].clone()
    }

    /// A hash of all of them, in their order.
    pub(crate) fn sum(&self) -> u64 {
        FxBuildHasher.hash_one(&self.inner.read().values)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.inner.read().values.len()
    }

    /// The bytes they hold, without what the values own elsewhere.
    pub(crate) fn bytes(&self) -> u64 {
        // A value with its two counts, the pointer to it, and its slot at a load of about two thirds.
        self.len() as u64 * (size_of::<T>() as u64 + 16 + 8 + 8)
    }
}

impl<T: Eq + Hash> Inner<T> {
    fn find(&self, hash: u64, value: &T) -> Option<u32> {
        self.numbers.find(hash, |&number| *self.values[number as usize] == *value).copied()
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
