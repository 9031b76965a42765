//! A priority queue: smallest first.

use crate::{Discipline, Plain, Role, Specification};

/// A priority queue without bounds, empty at first. Equal values may be in it several times.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PriorityQueue<V>(std::marker::PhantomData<V>);

/// What can be asked of a priority queue.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Operation<V> {
    /// Put this in.
    Insert(V),
    /// Take the smallest.
    RemoveLeast,
}

/// What a priority queue can answer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Answer<V> {
    /// To an insertion: it is in.
    Done,
    /// To a removal: this was the smallest.
    Value(V),
    /// To a removal: there was nothing.
    Empty,
}

impl<V> PriorityQueue<V> {
    /// An empty priority queue.
    pub fn new() -> Self {
        PriorityQueue(std::marker::PhantomData)
    }
}

impl<V: Plain> Specification for PriorityQueue<V> {
    /// Sorted, the smallest last.
    type State = Vec<V>;
    type Operation = Operation<V>;
    type Answer = Answer<V>;
    type Part = ();

    fn initial(&self) -> Vec<V> {
        Vec::new()
    }

    fn step(
        &self,
        state: &Vec<V>,
        operation: &Operation<V>,
        answer: Option<&Answer<V>>,
        after: &mut Vec<Vec<V>>,
    ) {
        match (operation, answer) {
            (Operation::Insert(value), None | Some(Answer::Done)) => {
                let mut state = state.clone();
                state.insert(state.partition_point(|held| held > value), value.clone());
                after.push(state);
            }
            (Operation::RemoveLeast, None | Some(Answer::Empty)) if state.is_empty() => {
                after.push(state.clone())
            }
            (Operation::RemoveLeast, None | Some(Answer::Value(_))) => {
                let Some((least, rest)) = state.split_last() else { return };
                if answer.is_none_or(|answer| *answer == Answer::Value(least.clone())) {
                    after.push(rest.to_vec());
                }
            }
            _ => {}
        }
    }

    fn may_come(
        &self,
        state: &Vec<V>,
        _: &Operation<V>,
        answer: &Answer<V>,
        others: &[&Operation<V>],
    ) -> bool {
        let Answer::Value(value) = answer else { return true };
        state.contains(value)
            || others.iter().any(|other| matches!(other, Operation::Insert(put) if put == value))
    }

    fn role(&self, operation: &Operation<V>, answer: Option<&Answer<V>>) -> Role<Operation<V>> {
        match (operation, answer) {
            (Operation::Insert(_), None | Some(Answer::Done)) => Role::Puts(Discipline::Least),
            (Operation::RemoveLeast, Some(Answer::Value(value))) => {
                Role::Takes(Operation::Insert(value.clone()))
            }
            (Operation::RemoveLeast, Some(Answer::Empty)) => Role::FindsNothing,
            _ => Role::Other,
        }
    }

    fn reads_only(&self, _: &Operation<V>, answer: Option<&Answer<V>>) -> bool {
        answer == Some(&Answer::Empty)
    }
}
