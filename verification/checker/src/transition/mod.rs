//! Transition systems: states and named actions, without actors. For specifications.
//!
//! Write down what a state is, which states there are at first, and which steps each has; [`check`] explores all of them,
//! breadth first and exactly, on all cores, and says of each [`Invariant`] whether it holds, with a shortest run to where it
//! does not. It is the language of TLA+ specifications, and counts as TLC does: see [`Specification::steps`].
//!
//! ```
//! use synod_checker::{Options, Verdict, transition::{Invariant, Specification, State, Whole, check}};
//!
//! /// Two processes that look before they leap, which is not enough.
//! struct Door;
//!
//! #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
//! enum At { Outside, Looked, Inside }
//!
//! #[derive(Clone, PartialEq, Eq, Hash, Debug)]
//! struct Processes { at: [At; 2] }
//! impl State for Processes { type Kept = Whole<Self>; }
//!
//! #[derive(Clone, Copy, Debug)]
//! enum Action { Look(usize), Enter(usize), Leave(usize) }
//!
//! impl Specification for Door {
//!     type State = Processes;
//!     type Action = Action;
//!
//!     fn initial(&self) -> Vec<Processes> {
//!         vec![Processes { at: [At::Outside; 2] }]
//!     }
//!
//!     fn steps(&self, state: &Processes, step: &mut impl FnMut(Action, Processes)) {
//!         for me in 0..2 {
//!             let mut goes = |to, action| {
//!                 let mut next = state.clone();
//!                 next.at[me] = to;
//!                 step(action, next);
//!             };
//!             match state.at[me] {
//!                 At::Outside if state.at[1 - me] != At::Inside => goes(At::Looked, Action::Look(me)),
//!                 At::Outside => {}
//!                 At::Looked => goes(At::Inside, Action::Enter(me)),
//!                 At::Inside => goes(At::Outside, Action::Leave(me)),
//!             }
//!         }
//!     }
//!
//!     fn invariants(&self) -> Vec<Invariant<Self>> {
//!         vec![Invariant { name: "one inside", holds: |_, state| state.at != [At::Inside; 2] }]
//!     }
//! }
//!
//! let report = check(&Door, &Options::default());
//! assert_eq!(report.verdict, Verdict::Violated);
//! let trace = report.violated().unwrap().counterexample.as_ref().unwrap();
//! assert_eq!(trace.steps.len(), 4); // both look, both enter
//! println!("{trace}");
//! ```
//!
//! # States in few bytes
//!
//! A state that is kept [`Whole`] can be of any type that knows equality and a hash. One that [packs](Pack) itself into
//! words of 64 bits is kept in [`Packed`] form, which takes some ten bytes where one word is enough, and is several times
//! faster: then threads insert without locks, and many memory accesses are under way at once. [`Writer`] and [`Reader`] put
//! numbers of few bits side by side. And a search of packed states can be written down and [resumed](resume).

mod bits;
mod checkpoint;
mod counterexample;
mod kept;
mod search;

use std::{fmt::Debug, hash::Hash, path::Path};

use crate::{checkpoint::ResumeError, options::Options, report::Report};

pub use bits::{Reader, Writer};
pub use kept::{Pack, Packed, Whole};

/// A type of states, and how a search keeps them.
pub trait State: Clone + Eq + Hash + Debug + Send + Sync {
    /// [`Whole<Self>`](Whole), or [`Packed<WORDS>`](Packed) if it implements [`Pack<WORDS>`](Pack).
    type Kept: kept::Kept<Self>;
}

/// A transition system: states, and steps between them.
pub trait Specification: Sync {
    /// A state.
    type State: State;
    /// What a step is called. Shown in its `Debug` form.
    type Action: Debug + Send + Sync;

    /// The states to begin with, in an order that is always the same.
    fn initial(&self) -> Vec<Self::State>;

    /// Calls `step` with every step from this state: the action, and where it leads. In an order that is always the same.
    ///
    /// The report counts a step each time that it is told, also one that leads nowhere new, back to the same state, or out of
    /// what [`within`](Specification::within) allows. With the [initial](Specification::initial) states these are what TLC
    /// calls generated states; it tells a step once for each way to make its condition true.
    fn steps(&self, state: &Self::State, step: &mut impl FnMut(Self::Action, Self::State));

    /// What must be true of every state. Asked for once.
    fn invariants(&self) -> Vec<Invariant<Self>>;

    /// Whether runs may go through this state. What leads out of it is checked, but neither counted as a state nor explored:
    /// the verdict speaks of the runs that stay within. Say so where you describe the specification.
    ///
    /// TLC calls it a state constraint.
    fn within(&self, _state: &Self::State) -> bool {
        true
    }

    /// The one state that stands for all that differ from this one by a symmetry only. By default each state stands for itself.
    ///
    /// Exact: two states must have the same representative if and only if one is the other, renamed. Initial states, steps,
    /// invariants and everything else here must not tell apart states that are renamed. A counterexample is a real run all the
    /// same.
    fn canonical(&self, state: Self::State) -> Self::State {
        state
    }

    /// Whether [`DEADLOCK`](crate::DEADLOCK) is a property: that no state without steps is reached, but for those in which
    /// it [may end](Specification::may_end).
    fn deadlock_free(&self) -> bool {
        false
    }

    /// Whether this is a state after which nothing needs to happen.
    fn may_end(&self, _state: &Self::State) -> bool {
        false
    }

    /// What tells it from others of its type, as a text: sizes, bounds. It is looked at where a search is [resumed](resume).
    fn parameters(&self) -> String {
        String::new()
    }

    /// The names of all actions, as their `Debug` form begins. Those that no step takes are reported.
    fn actions() -> Vec<&'static str> {
        Vec::new()
    }
}

/// Something that must be true of every state.
pub struct Invariant<T: Specification + ?Sized> {
    /// Its name, as a property.
    pub name: &'static str,
    /// Whether it is.
    pub holds: fn(&T, &T::State) -> bool,
}

/// Explores every run of the specification. Where states are kept [`Whole`], [`Options::checkpoint`] is not heeded, which is a note of the
/// report.
///
/// In the report a transition is a step, a mark is an action, and there are no nodes and messages. Counts, verdicts and
/// counterexamples do not depend on the number of threads, unless the search was interrupted or ran out of memory.
pub fn check<T: Specification>(specification: &T, options: &Options) -> Report {
    search::check(specification, options)
}

/// Goes on with a search of a specification with [`Packed`] states that [`Options::checkpoint`] wrote down in this file. See
/// [`crate::resume`].
///
/// # Errors
/// The file cannot be read, is damaged, or is of another specification or version.
pub fn resume<T: Specification>(
    specification: &T,
    options: &Options,
    file: &Path,
) -> Result<Report, ResumeError> {
    search::resume(specification, options, file)
}
