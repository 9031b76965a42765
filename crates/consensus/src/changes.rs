//! The port of a state that all nodes hold together, and that functions change.

use std::marker::PhantomData;

use synod_actor::{Port, Value};

/// Which request: unique at its node, for ever. Its answer carries it, and answers are matched by nothing else.
pub type RequestId = u64;

/// A function of a state, as a value: it can be sent, written and compared. It gives the state after it, and what to answer.
///
/// ```
/// use synod_consensus::changes::{Change, Increment};
///
/// assert_eq!(Increment.apply(&4), (5, 5));
/// ```
pub trait Change: Value {
    /// What is changed.
    type State: Value;
    /// What whoever asked is told.
    type Answer: Value;

    /// The state after it, and the answer. The same whenever and wherever it is called.
    fn apply(&self, state: &Self::State) -> (Self::State, Self::Answer);
}

/// A state of which it looks as if there were one copy, changed by one `F` at a time.
///
/// **Linearizability**: each change seems to take place at one moment between its request and its answer (Herlihy and Wing
/// 1990), once. What was asked of a node that crashes takes place at any time from then on, or never. **Termination**: a
/// request at a node that does not crash is answered at last; on what this depends the algorithm says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Changes<F>(PhantomData<F>);

impl<F: Change> Port for Changes<F> {
    /// Change it so. A node is asked with each id once.
    type Request = (RequestId, F);
    /// What came of it.
    type Indication = (RequestId, F::Answer);
}

/// Adds 1, and answers with what comes out: an increment-and-get register, zero at first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Increment;

impl Change for Increment {
    type State = u64;
    type Answer = u64;

    fn apply(&self, state: &u64) -> (u64, u64) {
        let next = state.wrapping_add(1);
        (next, next)
    }
}
