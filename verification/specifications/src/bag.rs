//! A bag: what goes in comes out, in any order.

use crate::{Plain, Specification};

/// A bag (a multiset, an unordered queue), empty at first. Which of its items a [`Take`](Operation::Take) takes is not
/// determined.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Bag<V>(std::marker::PhantomData<V>);

/// What can be asked of a bag.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Operation<V> {
    /// Put this in.
    Put(V),
    /// Take any one out.
    Take,
    /// Take everything.
    Drain,
}

/// What a bag can answer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Answer<V> {
    /// To a put: it is in.
    Done,
    /// To a take: this one.
    Value(V),
    /// To a take: there was nothing.
    Empty,
    /// To a drain: these, in any order.
    Values(Vec<V>),
}

impl<V> Bag<V> {
    /// An empty bag.
    pub fn new() -> Self {
        Bag(std::marker::PhantomData)
    }
}

impl<V: Plain> Specification for Bag<V> {
    /// Sorted.
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
        let without = |index: usize| {
            let mut state = state.clone();
            state.remove(index);
            state
        };
        match (operation, answer) {
            (Operation::Put(value), None | Some(Answer::Done)) => {
                let mut state = state.clone();
                state.insert(state.partition_point(|held| held < value), value.clone());
                after.push(state);
            }
            (Operation::Take, Some(Answer::Value(value))) => {
                after.extend(state.binary_search(value).ok().map(without));
            }
            (Operation::Take, None | Some(Answer::Empty)) if state.is_empty() => after.push(state.clone()),
            (Operation::Take, None) => {
                // Of equal items it does not matter which.
                let distinct =
                    (0..state.len()).filter(|&index| index == 0 || state[index - 1] != state[index]);
                after.extend(distinct.map(without));
            }
            (Operation::Drain, None) => after.push(Vec::new()),
            (Operation::Drain, Some(Answer::Values(values))) => {
                let mut values = values.clone();
                values.sort();
                if values == *state {
                    after.push(Vec::new());
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
            || others.iter().any(|other| matches!(other, Operation::Put(put) if put == value))
    }

    fn reads_only(&self, _: &Operation<V>, answer: Option<&Answer<V>>) -> bool {
        answer == Some(&Answer::Empty)
    }
}
