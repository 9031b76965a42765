//! Registers that are read and written several at a time.

use std::collections::BTreeMap;

use crate::{Plain, Specification};

/// Registers under keys, accessed by atomic transactions that say beforehand what they do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MultiRegister<K, V> {
    initial: BTreeMap<K, V>,
    elsewhere: V,
}

/// An access of a transaction.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Access<K, V> {
    /// What does the register under this key hold?
    Read(K),
    /// It shall hold this.
    Write(K, V),
}

impl<K, V> Access<K, V> {
    /// The key.
    pub fn key(&self) -> &K {
        match self {
            Access::Read(key) | Access::Write(key, _) => key,
        }
    }
}

impl<K: Ord, V> MultiRegister<K, V> {
    /// Registers that all hold `value` at first.
    pub fn new(value: V) -> Self {
        MultiRegister { initial: BTreeMap::new(), elsewhere: value }
    }

    /// The register under `key` holds `value` at first.
    #[must_use]
    pub fn holding(mut self, key: K, value: V) -> Self {
        self.initial.insert(key, value);
        self
    }
}

impl<K: Plain, V: Plain> Specification for MultiRegister<K, V> {
    /// What the registers hold that were written, or that hold something of their own at first.
    type State = BTreeMap<K, V>;
    type Operation = Vec<Access<K, V>>;
    /// What was read, access by access; `None` where nothing was read, or it is not known what.
    type Answer = Vec<Option<V>>;
    type Part = K;

    fn initial(&self) -> Self::State {
        self.initial.clone()
    }

    fn step(
        &self,
        state: &Self::State,
        operation: &Self::Operation,
        answer: Option<&Self::Answer>,
        after: &mut Vec<Self::State>,
    ) {
        let mut state = state.clone();
        for (index, access) in operation.iter().enumerate() {
            match access {
                Access::Write(key, value) => {
                    state.insert(key.clone(), value.clone());
                }
                Access::Read(key) => {
                    let read = answer.and_then(|answer| answer.get(index)).and_then(Option::as_ref);
                    if read.is_some_and(|value| value != state.get(key).unwrap_or(&self.elsewhere)) {
                        return;
                    }
                }
            }
        }
        after.push(state);
    }

    fn reads_only(&self, operation: &Self::Operation, _: Option<&Self::Answer>) -> bool {
        operation.iter().all(|access| matches!(access, Access::Read(_)))
    }

    fn parts(&self, operation: &Self::Operation) -> Vec<K> {
        operation.iter().map(|access| access.key().clone()).collect()
    }
}
