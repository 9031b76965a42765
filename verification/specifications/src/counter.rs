//! A counter.

use crate::Specification;

/// A counter, zero at first. It wraps around at the ends of its type.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counter;

/// What can be asked of a counter.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Operation {
    /// Add this, which may be negative.
    Add(i64),
    /// Add this, and say what comes out: an increment-and-get register.
    AddAndGet(i64),
    /// What is the sum?
    Read,
}

/// What a counter can answer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Answer {
    /// To an addition: it is done.
    Done,
    /// The sum, with what was just added.
    Value(i64),
}

impl Specification for Counter {
    type State = i64;
    type Operation = Operation;
    type Answer = Answer;
    type Part = ();

    fn initial(&self) -> i64 {
        0
    }

    fn step(&self, state: &i64, operation: &Operation, answer: Option<&Answer>, after: &mut Vec<i64>) {
        let (next, right) = match operation {
            Operation::Add(amount) => (state.wrapping_add(*amount), Answer::Done),
            Operation::AddAndGet(amount) => {
                let next = state.wrapping_add(*amount);
                (next, Answer::Value(next))
            }
            Operation::Read => (*state, Answer::Value(*state)),
        };
        if answer.is_none_or(|answer| *answer == right) {
            after.push(next);
        }
    }

    fn may_come(&self, state: &i64, operation: &Operation, answer: &Answer, others: &[&Operation]) -> bool {
        let Answer::Value(sum) = answer else { return true };
        let before = match operation {
            Operation::AddAndGet(amount) => sum.wrapping_sub(*amount),
            Operation::Add(_) | Operation::Read => *sum,
        };
        // In which directions can it go? Near the ends of its type, anywhere.
        let is_far = |value: i64| value.unsigned_abs() < 1 << 62;
        *state == before
            || !(is_far(*state) && is_far(before))
            || others.iter().any(|other| match *other {
                Operation::Add(amount) | Operation::AddAndGet(amount) => {
                    *amount != 0 && (*amount > 0) == (before > *state)
                }
                Operation::Read => false,
            })
    }

    fn reads_only(&self, operation: &Operation, _: Option<&Answer>) -> bool {
        matches!(operation, Operation::Read | Operation::Add(0) | Operation::AddAndGet(0))
    }
}
