//! A lock.

use crate::{Plain, Specification};

/// A lock that one holds at a time, free at first, and that only its holder releases.
///
/// `P` is who may hold it. With `()` for everybody, a release by anyone frees it: then all that is checked is that
/// acquisitions and releases alternate.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mutex<P>(std::marker::PhantomData<P>);

/// What can be asked of a lock.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Operation<P> {
    /// Get it, for this one.
    Acquire(P),
    /// Give it back.
    Release(P),
}

/// What a lock can answer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Answer {
    /// It is done.
    Done,
    /// It is held by someone (to an acquisition), or not by this one (to a release).
    Refused,
}

impl<P> Mutex<P> {
    /// A free lock.
    pub fn new() -> Self {
        Mutex(std::marker::PhantomData)
    }
}

impl<P: Plain> Specification for Mutex<P> {
    /// Who holds it.
    type State = Option<P>;
    type Operation = Operation<P>;
    type Answer = Answer;
    type Part = ();

    fn initial(&self) -> Option<P> {
        None
    }

    fn step(
        &self,
        state: &Option<P>,
        operation: &Operation<P>,
        answer: Option<&Answer>,
        after: &mut Vec<Option<P>>,
    ) {
        let (next, right) = match operation {
            Operation::Acquire(who) if state.is_none() => (Some(who.clone()), Answer::Done),
            Operation::Release(who) if state.as_ref() == Some(who) => (None, Answer::Done),
            Operation::Acquire(_) | Operation::Release(_) => (state.clone(), Answer::Refused),
        };
        if answer.is_none_or(|answer| *answer == right) {
            after.push(next);
        }
    }

    fn reads_only(&self, _: &Operation<P>, answer: Option<&Answer>) -> bool {
        answer == Some(&Answer::Refused)
    }
}
