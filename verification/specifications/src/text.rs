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

    fn reads_only(&self, operation: &Operation, _: Option<&Answer>) -> bool {
        *operation == Operation::Get
    }
}
