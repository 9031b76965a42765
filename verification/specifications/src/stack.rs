//! A stack: last in, first out.

use crate::{Discipline, Plain, Role, Specification};

/// A stack without bounds, empty at first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Stack<V>(std::marker::PhantomData<V>);

/// What can be asked of a stack.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Operation<V> {
    /// Put this on top.
    Push(V),
    /// Take from the top.
    Pop,
}

/// What a stack can answer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Answer<V> {
    /// To a push: it is on.
    Done,
    /// To a pop: this was on top.
    Value(V),
    /// To a pop: there was nothing.
    Empty,
}

impl<V> Stack<V> {
    /// An empty stack.
    pub fn new() -> Self {
        Stack(std::marker::PhantomData)
    }
}

impl<V: Plain> Specification for Stack<V> {
    /// From the bottom to the top.
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
            (Operation::Push(value), None | Some(Answer::Done)) => {
                let mut state = state.clone();
                state.push(value.clone());
                after.push(state);
            }
            (Operation::Pop, None | Some(Answer::Empty)) if state.is_empty() => after.push(state.clone()),
            (Operation::Pop, None | Some(Answer::Value(_))) => {
                let Some((top, rest)) = state.split_last() else { return };
                if answer.is_none_or(|answer| *answer == Answer::Value(top.clone())) {
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
            || others.iter().any(|other| matches!(other, Operation::Push(put) if put == value))
    }

    fn role(&self, operation: &Operation<V>, answer: Option<&Answer<V>>) -> Role<Operation<V>> {
        match (operation, answer) {
            (Operation::Push(_), None | Some(Answer::Done)) => Role::Puts(Discipline::LastIn),
            (Operation::Pop, Some(Answer::Value(value))) => Role::Takes(Operation::Push(value.clone())),
            (Operation::Pop, Some(Answer::Empty)) => Role::FindsNothing,
            _ => Role::Other,
        }
    }

    fn reads_only(&self, _: &Operation<V>, answer: Option<&Answer<V>>) -> bool {
        answer == Some(&Answer::Empty)
    }
}
