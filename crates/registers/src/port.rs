//! What a register promises.

use synod_actor::Value;
use synod_consensus::{Change, Changes};

pub use synod_consensus::changes::RequestId;

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

/// What a register answers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Answer<V> {
    /// To a read: it holds this.
    Value(V),
    /// A write, or a compare-and-set that found what it expected.
    Done,
    /// A compare-and-set that found something else.
    Mismatch,
}

/// One register, held by all nodes together: a value of the type `V` that any client may read and write at any node.
///
/// It is [`Changes`] by read, write and compare-and-set, so whatever takes changes is a register too:
/// [`CasPaxos`](synod_consensus::CasPaxos) for instance.
pub type Register<V> = Changes<Operation<V>>;

impl<V: Value> Change for Operation<V> {
    type State = V;
    type Answer = Answer<V>;

    fn apply(&self, held: &V) -> (V, Answer<V>) {
        match self {
            Operation::Read => (held.clone(), Answer::Value(held.clone())),
            Operation::Write(value) => (value.clone(), Answer::Done),
            Operation::CompareAndSet { expected, new } if held == expected => (new.clone(), Answer::Done),
            Operation::CompareAndSet { .. } => (held.clone(), Answer::Mismatch),
        }
    }
}

impl<V> Operation<V> {
    /// The name of the step in which it took place with this answer.
    pub(crate) fn step(&self, answer: &Answer<V>) -> &'static str {
        match (self, answer) {
            (Operation::Read, _) => "read",
            (Operation::Write(_), _) => "write",
            (Operation::CompareAndSet { .. }, Answer::Mismatch) => "mismatch",
            (Operation::CompareAndSet { .. }, _) => "set",
        }
    }
}
