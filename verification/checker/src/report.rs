//! What a search found.

use std::time::Duration;

use crate::{options::Reductions, trace::Trace};

/// What became of a property, or of a whole search.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Verdict {
    /// True in every run within the bounds, all of which were explored.
    Holds,
    /// There is a counterexample.
    Violated,
    /// Neither: the search was cut short, and [`Report::incomplete`] says by what.
    Incomplete,
}

/// What sort of property.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// Nothing bad happens: a monitor or an invariant over states.
    Safety,
    /// Wherever nothing can happen, nothing is owed.
    Deadlock,
    /// From everywhere a goal can still be reached (AG EF).
    Possibility,
    /// In every fair run something good happens at last.
    Liveness,
}

/// What was found about one property.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PropertyReport {
    /// Its name.
    pub name: &'static str,
    /// Its sort.
    pub kind: Kind,
    /// What became of it.
    pub verdict: Verdict,
    /// If violated: a shortest counterexample. A lasso for liveness. The same for any number of threads. `None` if the search was
    /// interrupted before it could be told.
    pub counterexample: Option<Trace>,
}

/// What a search found, and what it cost.
#[derive(Clone, Debug)]
pub struct Report {
    /// Violated if any property is; else incomplete if any is; else holds.
    pub verdict: Verdict,
    /// Each property.
    pub properties: Vec<PropertyReport>,
    /// Why the search is incomplete, if it is.
    pub incomplete: Option<String>,
    /// Distinct states reached.
    pub states: u64,
    /// How many states of the full system these stand for, where nodes are renamed.
    pub represented: Option<u64>,
    /// Steps explored, those that lead back to known states included.
    pub transitions: u64,
    /// The greatest distance of a state from an initial one, in steps.
    pub depth: usize,
    /// How long it took.
    pub elapsed: Duration,
    /// Bytes held at the end by the store of states: keys and index, without components and memos.
    pub store_bytes: u64,
    /// Bytes of states on disk, if memory ended: see [`Options::spill`](crate::Options::spill).
    pub disk_bytes: u64,
    /// Bytes held by components, memos and all else that the search keeps, as the search accounts for it.
    pub component_bytes: u64,
    /// The reductions that took place.
    pub reductions: Reductions,
    /// Why a reduction that was asked for did not.
    pub notes: Vec<String>,
    /// How many searches it took to find out which messages are dead: the last one counts.
    pub searches: usize,
    /// Worker threads.
    pub threads: usize,
    /// Distinct states of single nodes.
    pub node_states: u64,
    /// Distinct states of the monitor, violations included: what can be seen from outside. Where nodes are renamed, those that
    /// differ in their names only are one. 0 if they could not be counted, which
    /// is a [note](Report::notes).
    pub monitor_states: u64,
    /// Distinct messages, each with its sender and receiver.
    pub messages: u64,
    /// How many times a handler ran. Everything else was looked up.
    pub handler_calls: u64,
    /// Marks that were reached, in alphabetical order.
    pub marks: Vec<&'static str>,
    /// Marks that the actor declares and no run within the bounds reached.
    pub unreached: Vec<&'static str>,
}

impl Report {
    /// The report on a property.
    pub fn property(&self, name: &str) -> Option<&PropertyReport> {
        self.properties.iter().find(|property| property.name == name)
    }

    /// The first violated property.
    pub fn violated(&self) -> Option<&PropertyReport> {
        self.properties.iter().find(|property| property.verdict == Verdict::Violated)
    }
}
