//! Sequential specifications of shared objects: what each operation may answer, and what it leaves behind.
//!
//! A specification says what an object does when operations come one at a time. Consistency conditions say how much of
//! that is left when they do not: linearizability (Herlihy and Wing 1990) asks for one order of all operations that
//! the specification allows and that respects real time. Whoever checks such a condition, over recorded histories or
//! over every history of a model, takes the object from here, by the one trait [`Specification`].
//!
//! ```
//! use synod_specifications::{Register, Specification, register::{Answer, Operation}};
//!
//! let register = Register::new(0);
//! let mut after = Vec::new();
//! register.step(&0, &Operation::Write(7), Some(&Answer::Done), &mut after);
//! assert_eq!(after, [7]);
//! // A read that answers something else than what was written is not allowed: nothing can come after it.
//! after.clear();
//! register.step(&7, &Operation::Read, Some(&Answer::Value(8)), &mut after);
//! assert!(after.is_empty());
//! ```

pub mod append_list;
pub mod bag;
pub mod counter;
pub mod key_value;
pub mod keyed;
pub mod multi_register;
pub mod mutex;
pub mod priority_queue;
pub mod queue;
pub mod register;
pub mod set;
pub mod stack;
pub mod text;

use std::{fmt::Debug, hash::Hash};

pub use append_list::AppendList;
pub use bag::Bag;
pub use counter::Counter;
pub use key_value::KeyValue;
pub use keyed::Keyed;
pub use multi_register::MultiRegister;
pub use mutex::Mutex;
pub use priority_queue::PriorityQueue;
pub use queue::Queue;
pub use register::Register;
pub use set::Set;
pub use stack::Stack;
pub use text::Text;

/// What states, operations, answers and parts of them are: plain values.
pub trait Plain: Clone + Eq + Ord + Hash + Debug {}

impl<T: Clone + Eq + Ord + Hash + Debug> Plain for T {}

/// What an object does when operations come one at a time: a relation between a state, an operation, its answer, and the
/// states after it.
///
/// It may be nondeterministic in both ways: several answers in one state, and several states after one answer.
pub trait Specification {
    /// All that the object remembers.
    type State: Plain;
    /// What can be asked of it, with its arguments.
    type Operation: Plain;
    /// What it can answer.
    type Answer: Plain;
    /// A part of the object, such as a key, that behaves like an object of its own.
    type Part: Plain;

    /// The state before the first operation.
    fn initial(&self) -> Self::State;

    /// Adds to `after` every state in which the object may be after `operation` in `state`, if it answers `answer`; or
    /// whatever it answers, if that is not known. Adds nothing if it cannot answer so.
    fn step(
        &self,
        state: &Self::State,
        operation: &Self::Operation,
        answer: Option<&Self::Answer>,
        after: &mut Vec<Self::State>,
    );

    /// Whether the operation never changes any state when it answers so (or whatever it answers). Checkers take such
    /// operations as early as they can, and leave out those whose answer is not known. `false` is always right.
    fn reads_only(&self, _operation: &Self::Operation, _answer: Option<&Self::Answer>) -> bool {
        false
    }

    /// The parts that the operation touches; none if it may touch everything.
    ///
    /// Two operations that touch parts, but none in common, neither see nor disturb each other. Linearizability is local
    /// (Herlihy and Wing 1990, section 3.3), so parts that no operation connects can be checked one by one. Sequential
    /// consistency is not, and there this is not used.
    fn parts(&self, _operation: &Self::Operation) -> Vec<Self::Part> {
        Vec::new()
    }
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
