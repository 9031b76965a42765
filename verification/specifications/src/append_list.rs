//! A list that grows at its end.

use crate::{Plain, Specification};

/// A list that is read as a whole and grows at its end, empty at first. A read shows the order of everything before it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AppendList<V>(std::marker::PhantomData<V>);

/// What can be asked of a list.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Operation<V> {
    /// Put this at the end.
    Append(V),
    /// What is in it?
    Read,
}

/// What a list can answer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Answer<V> {
    /// To an append: it is in.
    Done,
    /// To a read: these, in order.
    Values(Vec<V>),
}

impl<V> AppendList<V> {
    /// An empty list.
    pub fn new() -> Self {
        AppendList(std::marker::PhantomData)
    }
}

impl<V: Plain> Specification for AppendList<V> {
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
            (Operation::Append(value), None | Some(Answer::Done)) => {
                let mut state = state.clone();
                state.push(value.clone());
                after.push(state);
            }
            (Operation::Read, None) => after.push(state.clone()),
            (Operation::Read, Some(Answer::Values(values))) if values == state => after.push(state.clone()),
            _ => {}
        }
    }

    fn may_come(&self, state: &Vec<V>, _: &Operation<V>, answer: &Answer<V>, _: &[&Operation<V>]) -> bool {
        // A list only grows.
        !matches!(answer, Answer::Values(values) if !values.starts_with(state))
    }

    fn reads_only(&self, operation: &Operation<V>, _: Option<&Answer<V>>) -> bool {
        *operation == Operation::Read
    }
}
