#![doc = include_str!("../README.md")]

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

/// Which of the values in a container is taken out next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Discipline {
    /// The first that was put in: a queue.
    FirstIn,
    /// The last that was put in: a stack.
    LastIn,
    /// The least: a priority queue. Of two operations that put something in, the one with the lesser value is the lesser.
    Least,
}

/// What an operation does to an object in which every value is told apart, such as a register or a queue. The write or the
/// enqueue of a value stands for the value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Role<O> {
    /// It writes a value into a register.
    Writes,
    /// It reads the value that this write wrote.
    Reads(O),
    /// It reads what a register holds at first.
    ReadsInitial,
    /// It puts a value into a container.
    Puts(Discipline),
    /// It takes the value that this put out of a container.
    Takes(O),
    /// It finds nothing in a container.
    FindsNothing,
    /// It adds a value to a set, from which nothing is removed.
    Adds,
    /// It reads a whole set, and finds what these added.
    ReadsAll(Vec<O>),
    /// It neither changes nor shows anything.
    Nothing,
    /// None of these.
    Other,
}

impl<O> Role<O> {
    /// The same role, with operations of another type.
    pub fn map<P>(self, map: impl Fn(O) -> P) -> Role<P> {
        match self {
            Role::Reads(write) => Role::Reads(map(write)),
            Role::Takes(put) => Role::Takes(map(put)),
            Role::ReadsAll(adds) => Role::ReadsAll(adds.into_iter().map(map).collect()),
            Role::Writes => Role::Writes,
            Role::ReadsInitial => Role::ReadsInitial,
            Role::Puts(discipline) => Role::Puts(discipline),
            Role::FindsNothing => Role::FindsNothing,
            Role::Adds => Role::Adds,
            Role::Nothing => Role::Nothing,
            Role::Other => Role::Other,
        }
    }
}

/// Whether an operation that answered so depends on what was there before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Sight {
    /// It may be possible in some states, and not in others.
    Sees,
    /// It is possible in every state.
    Blind,
    /// It is possible in every state, and what it touches is the same afterwards, whatever it was before.
    Overwrites,
}

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

    /// Whether it may still come to a state in which `operation` answers `answer`: from `state`, by any of `others`, each
    /// as often as one likes and in any order. Checkers leave a state from which something that was observed cannot be
    /// observed any more. `true` is always right.
    fn may_come(
        &self,
        _state: &Self::State,
        _operation: &Self::Operation,
        _answer: &Self::Answer,
        _others: &[&Self::Operation],
    ) -> bool {
        true
    }

    /// Whether [`may_come`](Specification::may_come) can ever say no to this answer: not if it is the same in every state.
    /// `true` is always right.
    fn observes(&self, _operation: &Self::Operation, _answer: &Self::Answer) -> bool {
        true
    }

    /// What the operation, when it answers so, must see of the state: of the parts that it [touches](Specification::parts).
    /// Checkers do not tell states apart that nobody sees before they are overwritten. [`Sight::Sees`] is always right.
    fn sight(&self, _operation: &Self::Operation, _answer: Option<&Self::Answer>) -> Sight {
        Sight::Sees
    }

    /// What the operation does to a register, a container or a set, if the object is one: there are methods for those that are faster
    /// than any search. [`Role::Other`] is always right.
    fn role(&self, _operation: &Self::Operation, _answer: Option<&Self::Answer>) -> Role<Self::Operation> {
        Role::Other
    }

    /// Whether the operation writes what a register holds at first.
    fn is_initial(&self, _operation: &Self::Operation) -> bool {
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
