//! A set.

use std::collections::BTreeSet;

use crate::{Plain, Role, Sight, Specification};

/// A set, empty at first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Set<V>(std::marker::PhantomData<V>);

/// What can be asked of a set.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Operation<V> {
    /// This shall be in it.
    Add(V),
    /// This shall not be in it.
    Remove(V),
    /// Is this in it?
    Contains(V),
    /// What is in it?
    Read,
}

/// What a set can answer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Answer<V> {
    /// To an addition or a removal: it is done, whatever was there before.
    Done,
    /// To an addition or a removal: whether it changed anything. To a question: whether it is in.
    Truth(bool),
    /// To a read: these are in it.
    Members(BTreeSet<V>),
}

impl<V> Set<V> {
    /// An empty set.
    pub fn new() -> Self {
        Set(std::marker::PhantomData)
    }
}

impl<V: Plain> Specification for Set<V> {
    type State = BTreeSet<V>;
    type Operation = Operation<V>;
    type Answer = Answer<V>;
    /// A member, present or not, is a part of its own.
    type Part = V;

    fn initial(&self) -> BTreeSet<V> {
        BTreeSet::new()
    }

    fn step(
        &self,
        state: &BTreeSet<V>,
        operation: &Operation<V>,
        answer: Option<&Answer<V>>,
        after: &mut Vec<BTreeSet<V>>,
    ) {
        let (truth, next) = match operation {
            Operation::Add(value) => {
                let mut next = state.clone();
                (next.insert(value.clone()), next)
            }
            Operation::Remove(value) => {
                let mut next = state.clone();
                (next.remove(value), next)
            }
            Operation::Contains(value) => (state.contains(value), state.clone()),
            Operation::Read => (true, state.clone()),
        };
        let is_allowed = match (operation, answer) {
            (_, None) => true,
            (Operation::Add(_) | Operation::Remove(_), Some(Answer::Done)) => true,
            (Operation::Read, Some(answer)) => matches!(answer, Answer::Members(members) if members == state),
            (_, Some(answer)) => *answer == Answer::Truth(truth),
        };
        if is_allowed {
            after.push(next);
        }
    }

    fn may_come(
        &self,
        state: &BTreeSet<V>,
        operation: &Operation<V>,
        answer: &Answer<V>,
        others: &[&Operation<V>],
    ) -> bool {
        // What must be in it, or out of it, and is not.
        let mut wanted: Vec<(&V, bool)> = match (operation, answer) {
            (Operation::Add(value), Answer::Truth(truth)) => vec![(value, !truth)],
            (Operation::Remove(value) | Operation::Contains(value), Answer::Truth(truth)) => {
                vec![(value, *truth)]
            }
            (Operation::Read, Answer::Members(members)) => {
                let missing = members.difference(state).map(|value| (value, true));
                missing.chain(state.difference(members).map(|value| (value, false))).collect()
            }
            _ => return true,
        };
        wanted.retain(|&(value, is_in)| state.contains(value) != is_in);
        let mut others = others.iter();
        while !wanted.is_empty() {
            match others.next().copied() {
                None => return false,
                Some(Operation::Add(value)) => wanted.retain(|&wanted| wanted != (value, true)),
                Some(Operation::Remove(value)) => wanted.retain(|&wanted| wanted != (value, false)),
                Some(Operation::Contains(_) | Operation::Read) => {}
            }
        }
        true
    }

    fn sight(&self, operation: &Operation<V>, answer: Option<&Answer<V>>) -> Sight {
        match (operation, answer) {
            (Operation::Add(_) | Operation::Remove(_), None | Some(Answer::Done)) => Sight::Overwrites,
            (_, None) => Sight::Blind,
            _ => Sight::Sees,
        }
    }

    fn role(&self, operation: &Operation<V>, answer: Option<&Answer<V>>) -> Role<Operation<V>> {
        match (operation, answer) {
            (Operation::Add(_), None | Some(Answer::Done)) => Role::Adds,
            (Operation::Read, Some(Answer::Members(members))) => {
                Role::ReadsAll(members.iter().cloned().map(Operation::Add).collect())
            }
            (Operation::Read, None) => Role::Nothing,
            _ => Role::Other,
        }
    }

    fn reads_only(&self, operation: &Operation<V>, answer: Option<&Answer<V>>) -> bool {
        matches!(operation, Operation::Contains(_) | Operation::Read) || answer == Some(&Answer::Truth(false))
    }

    fn parts(&self, operation: &Operation<V>) -> Vec<V> {
        match operation {
            Operation::Add(value) | Operation::Remove(value) | Operation::Contains(value) => {
                vec![value.clone()]
            }
            Operation::Read => vec![],
        }
    }
}
