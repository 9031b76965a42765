//! A register, with compare-and-set.

use crate::{Plain, Role, Sight, Specification};

/// A register that holds one value. Without [`CompareAndSet`](Operation::CompareAndSet) it is the plain read-write
/// register; with it, it solves consensus for any number of processes (Herlihy 1991).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Register<V> {
    initial: V,
}

/// What can be asked of a register.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Operation<V> {
    /// What does it hold?
    Read,
    /// Hold this.
    Write(V),
    /// Hold `new` if it holds `expected`, and do nothing if not.
    CompareAndSet {
        /// What it must hold.
        expected: V,
        /// What it then holds.
        new: V,
    },
}

/// What a register can answer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Answer<V> {
    /// To a read: it holds this.
    Value(V),
    /// A write, or a compare-and-set that found what it expected.
    Done,
    /// A compare-and-set that found something else.
    Mismatch,
}

impl<V> Register<V> {
    /// A register that holds `initial`.
    pub fn new(initial: V) -> Self {
        Register { initial }
    }
}

impl<V: Plain> Specification for Register<V> {
    type State = V;
    type Operation = Operation<V>;
    type Answer = Answer<V>;
    type Part = ();

    fn initial(&self) -> V {
        self.initial.clone()
    }

    fn step(&self, state: &V, operation: &Operation<V>, answer: Option<&Answer<V>>, after: &mut Vec<V>) {
        match (operation, answer) {
            (Operation::Read, Some(Answer::Value(value))) if value == state => after.push(state.clone()),
            (Operation::Read, None) => after.push(state.clone()),
            (Operation::Write(value), None | Some(Answer::Done)) => after.push(value.clone()),
            (Operation::CompareAndSet { expected, new }, None | Some(Answer::Done)) if expected == state => {
                after.push(new.clone());
            }
            (Operation::CompareAndSet { expected, .. }, None | Some(Answer::Mismatch))
                if expected != state =>
            {
                after.push(state.clone());
            }
            _ => {}
        }
    }

    fn may_come(
        &self,
        state: &V,
        operation: &Operation<V>,
        answer: &Answer<V>,
        others: &[&Operation<V>],
    ) -> bool {
        let wanted = match (operation, answer) {
            (Operation::Read, Answer::Value(value)) => value,
            (Operation::CompareAndSet { expected, .. }, Answer::Done) => expected,
            _ => return true,
        };
        state == wanted
            || others.iter().any(|other| match *other {
                Operation::Read => false,
                Operation::Write(value) | Operation::CompareAndSet { new: value, .. } => value == wanted,
            })
    }

    fn sight(&self, operation: &Operation<V>, answer: Option<&Answer<V>>) -> Sight {
        match (operation, answer) {
            (Operation::Write(_), None | Some(Answer::Done)) => Sight::Overwrites,
            (_, None) => Sight::Blind,
            _ => Sight::Sees,
        }
    }

    fn role(&self, operation: &Operation<V>, answer: Option<&Answer<V>>) -> Role<Operation<V>> {
        match (operation, answer) {
            (Operation::Write(_), None | Some(Answer::Done)) => Role::Writes,
            (Operation::Read, Some(Answer::Value(value))) if *value == self.initial => Role::ReadsInitial,
            (Operation::Read, Some(Answer::Value(value))) => Role::Reads(Operation::Write(value.clone())),
            (Operation::Read, None) => Role::Nothing,
            _ => Role::Other,
        }
    }

    fn is_initial(&self, operation: &Operation<V>) -> bool {
        matches!(operation, Operation::Write(value) if *value == self.initial)
    }

    fn reads_only(&self, operation: &Operation<V>, answer: Option<&Answer<V>>) -> bool {
        matches!((operation, answer), (Operation::Read, _) | (_, Some(Answer::Mismatch)))
    }
}
