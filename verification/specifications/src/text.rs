//! A string that is put and appended to.

use crate::{Sight, Specification};

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
        // A string only grows, but for puts: what it is, or one of the others puts, grows by what others append. How often
        // each of them can append is not looked at.
        let put = others.iter().filter_map(|other| match other {
            Operation::Put(put) => Some(put),
            _ => None,
        });
        let mut reached: Vec<usize> = std::iter::once(state)
            .chain(put)
            .filter(|start| value.starts_with(start.as_str()))
            .map(String::len)
            .collect();
        let mut next = 0;
        while let Some(&length) = reached.get(next) {
            if length == value.len() {
                return true;
            }
            for other in others {
                if let Operation::Append(more) = other
                    && value[length..].starts_with(more.as_str())
                    && !reached.contains(&(length + more.len()))
                {
                    reached.push(length + more.len());
                }
            }
            next += 1;
        }
        false
    }

    fn observes(&self, _: &Operation, answer: &Answer) -> bool {
        matches!(answer, Answer::Value(_))
    }

    fn sight(&self, operation: &Operation, answer: Option<&Answer>) -> Sight {
        match (operation, answer) {
            (Operation::Put(_), None | Some(Answer::Done)) => Sight::Overwrites,
            (Operation::Append(_), Some(Answer::Done)) | (_, None) => Sight::Blind,
            _ => Sight::Sees,
        }
    }

    fn reads_only(&self, operation: &Operation, _: Option<&Answer>) -> bool {
        *operation == Operation::Get
    }
}
