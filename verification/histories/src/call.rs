//! Operations as a specification understands them.

use synod_specifications::Specification;

/// An operation of a history that a specification is about. What certainly took no effect and tells nothing is left out
/// before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call<O, A> {
    /// Who, as a number. Processes run their calls one at a time.
    pub process: usize,
    /// What was asked.
    pub operation: O,
    /// What was answered; `None` if that is not known.
    pub answer: Option<A>,
    /// When it began: a position in the history, different from all others.
    pub invoked: usize,
    /// When it ended; `None` if it may still take effect, or never.
    pub returned: Option<usize>,
}

/// A call of the specification `S`.
pub type CallOf<S> = Call<<S as Specification>::Operation, <S as Specification>::Answer>;

impl<O, A> Call<O, A> {
    /// Whether it ended before the other began.
    pub fn precedes<P, B>(&self, other: &Call<P, B>) -> bool {
        self.returned.is_some_and(|returned| returned < other.invoked)
    }
}
