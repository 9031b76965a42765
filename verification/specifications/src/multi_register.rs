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

    fn may_come(
        &self,
        state: &Self::State,
        operation: &Self::Operation,
        answer: &Self::Answer,
        others: &[&Self::Operation],
    ) -> bool {
        // What is read from before the transaction, and is not there.
        let mut wanted: Vec<(&K, &V)> = Vec::new();
        for (index, access) in operation.iter().enumerate() {
            if let (Access::Read(key), Some(Some(value))) = (access, answer.get(index))
                && state.get(key).unwrap_or(&self.elsewhere) != value
                && !operation[..index]
                    .iter()
                    .any(|access| matches!(access, Access::Write(of, _) if of == key))
            {
                wanted.push((key, value));
            }
        }
        let mut others = others.iter();
        while !wanted.is_empty() {
            let Some(other) = others.next() else { return false };
            for access in *other {
                if let Access::Write(key, value) = access {
                    wanted.retain(|&wanted| wanted != (key, value));
                }
            }
        }
        true
    }

    fn reads_only(&self, operation: &Self::Operation, _: Option<&Self::Answer>) -> bool {
        operation.iter().all(|access| matches!(access, Access::Read(_)))
    }

    fn parts(&self, operation: &Self::Operation) -> Vec<K> {
        operation.iter().map(|access| access.key().clone()).collect()
    }
}
