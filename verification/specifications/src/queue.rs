//! A queue: first in, first out.

use std::collections::VecDeque;

use crate::{Discipline, Plain, Role, Specification};

/// A queue without bounds, empty at first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Queue<V>(std::marker::PhantomData<V>);

/// What can be asked of a queue.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Operation<V> {
    /// Put this at the end.
    Enqueue(V),
    /// Take from the front.
    Dequeue,
    /// Take everything.
    Drain,
}

/// What a queue can answer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Answer<V> {
    /// To an enqueue: it is in.
    Done,
    /// To a dequeue: this was at the front.
    Value(V),
    /// To a dequeue: there was nothing.
    Empty,
    /// To a drain: these, from the front on.
    Values(Vec<V>),
}

impl<V> Queue<V> {
    /// An empty queue.
    pub fn new() -> Self {
        Queue(std::marker::PhantomData)
    }
}

impl<V: Plain> Specification for Queue<V> {
    type State = VecDeque<V>;
    type Operation = Operation<V>;
    type Answer = Answer<V>;
    type Part = ();

    fn initial(&self) -> VecDeque<V> {
        VecDeque::new()
    }

    fn step(
        &self,
        state: &VecDeque<V>,
        operation: &Operation<V>,
        answer: Option<&Answer<V>>,
        after: &mut Vec<VecDeque<V>>,
    ) {
        match (operation, answer) {
            (Operation::Enqueue(value), None | Some(Answer::Done)) => {
                let mut state = state.clone();
                state.push_back(value.clone());
                after.push(state);
            }
            (Operation::Dequeue, None | Some(Answer::Empty)) if state.is_empty() => after.push(state.clone()),
            (Operation::Dequeue, None | Some(Answer::Value(_))) => {
                let taken = answer.and_then(|answer| match answer {
                    Answer::Value(value) => Some(value),
                    _ => None,
                });
                if state.front().is_some_and(|front| taken.is_none_or(|taken| taken == front)) {
                    let mut state = state.clone();
                    state.pop_front();
                    after.push(state);
                }
            }
            (Operation::Drain, None) => after.push(VecDeque::new()),
            (Operation::Drain, Some(Answer::Values(values))) if state == values => {
                after.push(VecDeque::new())
            }
            _ => {}
        }
    }

    fn may_come(
        &self,
        state: &VecDeque<V>,
        _: &Operation<V>,
        answer: &Answer<V>,
        others: &[&Operation<V>],
    ) -> bool {
        let Answer::Value(value) = answer else { return true };
        state.contains(value)
            || others.iter().any(|other| matches!(other, Operation::Enqueue(put) if put == value))
    }

    fn role(&self, operation: &Operation<V>, answer: Option<&Answer<V>>) -> Role<Operation<V>> {
        match (operation, answer) {
            (Operation::Enqueue(_), None | Some(Answer::Done)) => Role::Puts(Discipline::FirstIn),
            (Operation::Dequeue, Some(Answer::Value(value))) => {
                Role::Takes(Operation::Enqueue(value.clone()))
            }
            (Operation::Dequeue, Some(Answer::Empty)) => Role::FindsNothing,
            _ => Role::Other,
        }
    }

    fn reads_only(&self, operation: &Operation<V>, answer: Option<&Answer<V>>) -> bool {
        match (operation, answer) {
            (Operation::Dequeue, Some(Answer::Empty)) => true,
            (Operation::Drain, Some(Answer::Values(values))) => values.is_empty(),
            _ => false,
        }
    }
}
