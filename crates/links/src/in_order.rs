//! Giving out in order what arrives in any.

use std::collections::BTreeMap;

/// What arrives from one sender, numbered from 1 on: given out in the order of the numbers, each once. What is ahead of its
/// turn is held back.
///
/// ```
/// use synod_links::InOrder;
/// let mut from_alice = InOrder::new();
/// assert!(from_alice.insert(2, "cake")); // held back
/// assert_eq!(from_alice.take_next(), None);
/// assert!(!from_alice.insert(1, "tea"));
/// assert_eq!(from_alice.take_next(), Some((1, "tea")));
/// assert_eq!(from_alice.take_next(), Some((2, "cake")));
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct InOrder<M> {
    /// How many were given out: the number of the last.
    given: u64,
    /// What is ahead of its turn, by number.
    early: BTreeMap<u64, M>,
}

impl<M> InOrder<M> {
    /// Nothing has arrived.
    pub const fn new() -> Self {
        InOrder { given: 0, early: BTreeMap::new() }
    }

    /// Takes in a message. Whether it is held back, since an earlier one is missing. What was given out already is dropped.
    pub fn insert(&mut self, number: u64, msg: M) -> bool {
        if number > self.given {
            self.early.insert(number, msg);
        }
        number > self.given + 1
    }

    /// The next in turn, with its number, if it has arrived. Takes it out.
    pub fn take_next(&mut self) -> Option<(u64, M)> {
        let msg = self.early.remove(&(self.given + 1))?;
        self.given += 1;
        Some((self.given, msg))
    }
}

impl<M> Default for InOrder<M> {
    fn default() -> Self {
        InOrder::new()
    }
}
