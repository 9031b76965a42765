//! A string that is put and appended to.

use crate::Specification;

/// A string, empty at first: the object under a key of the key-value stores of the well-known laboratory exercises, and
/// of the logs made from them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Text;

/// What can be asked of a string.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Operation {
    /// What is it?
    Get,
    /// It shall be this.
    Put(String),
    /// Add this at its end.
    Append(String),
}

/// What a string can answer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Answer {
    /// To a put or an append: it is done.
    Done,
    /// To a get: it is this.
    Value(String),
}

impl Specification for Text {
    type State = String;
    type Operation = Operation;
    type Answer = Answer;
    type Part = ();

    fn initial(&self) -> String {
        String::new()
    }

    fn step(&self, state: &String, operation: &Operation, answer: Option<&Answer>, after: &mut Vec<String>) {
        match (operation, answer) {
            (Operation::Get, None) => after.push(state.clone()),
            (Operation::Get, Some(Answer::Value(value))) if value == state => after.push(state.clone()),
            (Operation::Put(value), None | Some(Answer::Done)) => after.push(value.clone()),
            (Operation::Append(value), None | Some(Answer::Done)) => after.push(format!("{state}{value}")),
            _ => {}
        }
    }

    fn may_come(&self, state: &String, _: &Operation, answer: &Answer, others: &[&Operation]) -> bool {
        let Answer::Value(value) = answer else { return true };
        // A string only grows, but for puts.
        value.starts_with(state)
            || others.iter().any(|other| matches!(other, Operation::Put(put) if value.starts_with(put)))
    }

    fn reads_only(&self, operation: &Operation, _: Option<&Answer>) -> bool {
        *operation == Operation::Get
    }
}
