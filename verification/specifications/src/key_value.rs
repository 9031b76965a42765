//! A key-value store, where a key may be absent.

use std::collections::BTreeMap;

use crate::{Plain, Sight, Specification};

/// Values under keys, none at first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KeyValue<K, V>(std::marker::PhantomData<(K, V)>);

/// What can be asked of a key-value store.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Operation<K, V> {
    /// What is under this key?
    Get(K),
    /// This shall be under this key.
    Put(K, V),
    /// Nothing shall be under this key.
    Delete(K),
    /// If `expected` is under the key (or nothing, for `None`), `new` shall be there instead; if not, do nothing.
    CompareAndSet {
        /// The key.
        key: K,
        /// What must be there.
        expected: Option<V>,
        /// What is then there.
        new: Option<V>,
    },
}

/// What a key-value store can answer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Answer<V> {
    /// To a get: this, or nothing.
    Value(Option<V>),
    /// A put, a delete, or a compare-and-set that found what it expected.
    Done,
    /// A compare-and-set that found something else.
    Mismatch,
}

impl<K, V> Operation<K, V> {
    /// The key.
    pub fn key(&self) -> &K {
        match self {
            Operation::Get(key) | Operation::Put(key, _) | Operation::Delete(key) => key,
            Operation::CompareAndSet { key, .. } => key,
        }
    }
}

impl<K, V> KeyValue<K, V> {
    /// An empty store.
    pub fn new() -> Self {
        KeyValue(std::marker::PhantomData)
    }
}

impl<K: Plain, V: Plain> Specification for KeyValue<K, V> {
    type State = BTreeMap<K, V>;
    type Operation = Operation<K, V>;
    type Answer = Answer<V>;
    type Part = K;

    fn initial(&self) -> Self::State {
        BTreeMap::new()
    }

    fn step(
        &self,
        state: &Self::State,
        operation: &Self::Operation,
        answer: Option<&Answer<V>>,
        after: &mut Vec<Self::State>,
    ) {
        let key = operation.key();
        let held = state.get(key);
        // What shall be under the key; `None` for what is there.
        let (next, right): (Option<Option<&V>>, Answer<V>) = match operation {
            Operation::Get(_) => match answer {
                None => (None, Answer::Done),
                Some(_) => (None, Answer::Value(held.cloned())),
            },
            Operation::Put(_, value) => (Some(Some(value)), Answer::Done),
            Operation::Delete(_) => (Some(None), Answer::Done),
            Operation::CompareAndSet { expected, new, .. } if held == expected.as_ref() => {
                (Some(new.as_ref()), Answer::Done)
            }
            Operation::CompareAndSet { .. } => (None, Answer::Mismatch),
        };
        if answer.is_some_and(|answer| *answer != right) {
            return;
        }
        let mut state = state.clone();
        match next {
            None => {}
            Some(None) => {
                state.remove(key);
            }
            Some(Some(value)) => {
                state.insert(key.clone(), value.clone());
            }
        }
        after.push(state);
    }

    fn may_come(
        &self,
        state: &Self::State,
        operation: &Self::Operation,
        answer: &Answer<V>,
        others: &[&Self::Operation],
    ) -> bool {
        let wanted = match (operation, answer) {
            (Operation::Get(_), Answer::Value(value)) => value.as_ref(),
            (Operation::CompareAndSet { expected, .. }, Answer::Done) => expected.as_ref(),
            _ => return true,
        };
        let key = operation.key();
        state.get(key) == wanted
            || others.iter().any(|other| {
                other.key() == key
                    && match *other {
                        Operation::Get(_) => false,
                        Operation::Put(_, value) => Some(value) == wanted,
                        Operation::Delete(_) => wanted.is_none(),
                        Operation::CompareAndSet { new, .. } => new.as_ref() == wanted,
                    }
            })
    }

    fn sight(&self, operation: &Operation<K, V>, answer: Option<&Answer<V>>) -> Sight {
        match (operation, answer) {
            (Operation::Put(..) | Operation::Delete(_), None | Some(Answer::Done)) => Sight::Overwrites,
            (_, None) => Sight::Blind,
            _ => Sight::Sees,
        }
    }

    fn reads_only(&self, operation: &Self::Operation, answer: Option<&Answer<V>>) -> bool {
        matches!(operation, Operation::Get(_)) || answer == Some(&Answer::Mismatch)
    }

    fn parts(&self, operation: &Self::Operation) -> Vec<K> {
        vec![operation.key().clone()]
    }
}
