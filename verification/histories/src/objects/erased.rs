//! Objects of any kind as one type, so that the checkers are compiled once for all that the command line knows, and not for
//! each of them.
//!
//! A state, an operation, an answer and a part are pointers then. Searches work with numbers (see `machine`), and ask for
//! what is behind one only where something is new.

use std::{
    any::Any,
    cmp::Ordering,
    fmt,
    hash::{BuildHasher, Hash, Hasher},
    rc::Rc,
};

use rustc_hash::FxBuildHasher;
use synod_specifications::{Plain, Role, Sight, Specification};

use super::interpret::{Interpret, Reading, Understood};
use crate::operation::Operation;

/// A state, an operation, an answer or a part of some object. Its hash is computed once: states contain others, and are looked
/// up again and again.
#[derive(Clone)]
pub struct Erased {
    hash: u64,
    value: Rc<dyn Hidden>,
}

/// What a [`Plain`] value can do behind a pointer.
trait Hidden {
    fn any(&self) -> &dyn Any;
    fn equals(&self, other: &dyn Any) -> bool;
    fn compare(&self, other: &dyn Any) -> Option<Ordering>;
    fn debug(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

impl<T: Plain + 'static> Hidden for T {
    fn any(&self) -> &dyn Any {
        self
    }

    fn equals(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<T>() == Some(self)
    }

    fn compare(&self, other: &dyn Any) -> Option<Ordering> {
        other.downcast_ref::<T>().map(|other| self.cmp(other))
    }

    fn debug(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt(f)
    }
}

impl Erased {
    fn new<T: Plain + 'static>(value: T) -> Self {
        Erased { hash: FxBuildHasher.hash_one(&value), value: Rc::new(value) }
    }

    /// What it is.
    ///
    /// # Panics
    /// It is of another object, which no caller mixes with this one.
    fn open<T: 'static>(&self) -> &T {
        self.value.any().downcast_ref().expect("objects are not mixed")
    }
}

impl PartialEq for Erased {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
            && (Rc::ptr_eq(&self.value, &other.value) || self.value.equals(other.value.any()))
    }
}

impl Eq for Erased {}

impl PartialOrd for Erased {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Those of one object are in its order. (Those of different kinds never meet; they are alike to the order.)
impl Ord for Erased {
    fn cmp(&self, other: &Self) -> Ordering {
        self.value.compare(other.value.any()).unwrap_or(Ordering::Equal)
    }
}

impl Hash for Erased {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u64(self.hash);
    }
}

impl fmt::Debug for Erased {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.debug(f)
    }
}

/// Any object of the table, behind a pointer.
pub struct AnyObject(Box<dyn Shape>);

impl AnyObject {
    pub(super) fn new<S: Interpret + 'static>(specification: S) -> Self {
        AnyObject(Box::new(specification))
    }
}

impl fmt::Debug for AnyObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AnyObject").field(&self.0.initial()).finish()
    }
}

/// [`Interpret`], as it looks behind a pointer: each method is the one of the same name.
trait Shape {
    fn initial(&self) -> Erased;
    fn step(&self, state: &Erased, operation: &Erased, answer: Option<&Erased>, after: &mut Vec<Erased>);
    fn reads_only(&self, operation: &Erased, answer: Option<&Erased>) -> bool;
    fn may_come(&self, state: &Erased, operation: &Erased, answer: &Erased, others: &[&Erased]) -> bool;
    fn observes(&self, operation: &Erased, answer: &Erased) -> bool;
    fn sight(&self, operation: &Erased, answer: Option<&Erased>) -> Sight;
    fn role(&self, operation: &Erased, answer: Option<&Erased>) -> Role<Erased>;
    fn is_initial(&self, operation: &Erased) -> bool;
    fn parts(&self, operation: &Erased) -> Vec<Erased>;
    fn interpret(&self, operation: &Operation, reading: Reading) -> Result<Understood<AnyObject>, String>;
    fn words(&self, operation: &Erased, answer: Option<&Erased>) -> String;
    fn state_words(&self, state: &Erased) -> String;
}

impl<S: Interpret + 'static> Shape for S {
    fn initial(&self) -> Erased {
        Erased::new(Specification::initial(self))
    }

    fn step(&self, state: &Erased, operation: &Erased, answer: Option<&Erased>, after: &mut Vec<Erased>) {
        let mut states = Vec::new();
        Specification::step(self, state.open(), operation.open(), answer.map(Erased::open), &mut states);
        after.extend(states.into_iter().map(Erased::new));
    }

    fn reads_only(&self, operation: &Erased, answer: Option<&Erased>) -> bool {
        Specification::reads_only(self, operation.open(), answer.map(Erased::open))
    }

    fn may_come(&self, state: &Erased, operation: &Erased, answer: &Erased, others: &[&Erased]) -> bool {
        let others: Vec<&S::Operation> = others.iter().map(|other| other.open()).collect();
        Specification::may_come(self, state.open(), operation.open(), answer.open(), &others)
    }

    fn observes(&self, operation: &Erased, answer: &Erased) -> bool {
        Specification::observes(self, operation.open(), answer.open())
    }

    fn sight(&self, operation: &Erased, answer: Option<&Erased>) -> Sight {
        Specification::sight(self, operation.open(), answer.map(Erased::open))
    }

    fn role(&self, operation: &Erased, answer: Option<&Erased>) -> Role<Erased> {
        Specification::role(self, operation.open(), answer.map(Erased::open)).map(Erased::new)
    }

    fn is_initial(&self, operation: &Erased) -> bool {
        Specification::is_initial(self, operation.open())
    }

    fn parts(&self, operation: &Erased) -> Vec<Erased> {
        Specification::parts(self, operation.open()).into_iter().map(Erased::new).collect()
    }

    fn interpret(&self, operation: &Operation, reading: Reading) -> Result<Understood<AnyObject>, String> {
        let understood = Interpret::interpret(self, operation, reading)?;
        Ok(understood.map(|(operation, answer)| (Erased::new(operation), answer.map(Erased::new))))
    }

    fn words(&self, operation: &Erased, answer: Option<&Erased>) -> String {
        Interpret::words(self, operation.open(), answer.map(Erased::open))
    }

    fn state_words(&self, state: &Erased) -> String {
        Interpret::state_words(self, state.open())
    }
}

impl Specification for AnyObject {
    type State = Erased;
    type Operation = Erased;
    type Answer = Erased;
    type Part = Erased;

    fn initial(&self) -> Erased {
        self.0.initial()
    }

    fn step(&self, state: &Erased, operation: &Erased, answer: Option<&Erased>, after: &mut Vec<Erased>) {
        self.0.step(state, operation, answer, after);
    }

    fn reads_only(&self, operation: &Erased, answer: Option<&Erased>) -> bool {
        self.0.reads_only(operation, answer)
    }

    fn may_come(&self, state: &Erased, operation: &Erased, answer: &Erased, others: &[&Erased]) -> bool {
        self.0.may_come(state, operation, answer, others)
    }

    fn observes(&self, operation: &Erased, answer: &Erased) -> bool {
        self.0.observes(operation, answer)
    }

    fn sight(&self, operation: &Erased, answer: Option<&Erased>) -> Sight {
        self.0.sight(operation, answer)
    }

    fn role(&self, operation: &Erased, answer: Option<&Erased>) -> Role<Erased> {
        self.0.role(operation, answer)
    }

    fn is_initial(&self, operation: &Erased) -> bool {
        self.0.is_initial(operation)
    }

    fn parts(&self, operation: &Erased) -> Vec<Erased> {
        self.0.parts(operation)
    }
}

impl Interpret for AnyObject {
    fn interpret(&self, operation: &Operation, reading: Reading) -> Result<Understood<Self>, String> {
        self.0.interpret(operation, reading)
    }

    fn words(&self, operation: &Erased, answer: Option<&Erased>) -> String {
        self.0.words(operation, answer)
    }

    fn state_words(&self, state: &Erased) -> String {
        self.0.state_words(state)
    }
}
