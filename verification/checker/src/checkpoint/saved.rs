//! What a checkpoint has, in numbers.

use std::{
    fmt::{self, Write},
    hash::Hasher,
};

use rustc_hash::FxHasher;
use serde::{Deserialize, Serialize};
use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

use super::Unfit;
use crate::{
    components::{Cost, Origin, WorldOrigin},
    options::{Options, Reductions},
    system::System,
};

/// All of it but the states, which are many, and stand behind it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Saved {
    pub(crate) head: Head,
    pub(crate) parts: Parts,
    pub(crate) dead: Option<SavedDead>,
    pub(crate) order: Option<SavedOrder>,
    pub(crate) search: SavedSearch,
    /// The parts of each state, one state after the other: in the file they stand behind all else.
    #[serde(skip)]
    pub(crate) states: Vec<u32>,
}

/// Which search it is of, and what had become of its reductions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Head {
    /// A hash of all that can be said of the system.
    system: u64,
    exhaustive: bool,
    /// The reductions that were asked for, and those that take place.
    asked: SavedReductions,
    by: SavedReductions,
    pub(crate) notes: Vec<String>,
    /// The searches that were made before this one.
    pub(crate) searches: u64,
}

/// Whether each reduction is on: dead messages, symmetry, order.
type SavedReductions = (bool, bool, bool);

fn written(Reductions { dead, symmetry, order }: Reductions) -> SavedReductions {
    (dead, symmetry, order)
}

fn read((dead, symmetry, order): SavedReductions) -> Reductions {
    Reductions { dead, symmetry, order }
}

impl Head {
    /// Of this search.
    pub(crate) fn new<A, M>(
        system: &System<A, M>,
        options: &Options,
        by: Reductions,
        notes: &[String],
        searches: usize,
    ) -> Self
    where
        A: Actor<Uses: Ground>,
        M: Monitor<A::Provides>,
    {
        Head {
            system: fingerprint(system),
            exhaustive: options.exhaustive,
            asked: written(options.reductions),
            by: written(by),
            notes: notes.to_vec(),
            searches: searches as u64,
        }
    }

    /// The reductions that take place.
    pub(crate) fn reductions(&self) -> Reductions {
        read(self.by)
    }

    /// Whether it is of this system, explored so.
    pub(super) fn suits<A, M>(&self, system: &System<A, M>, options: &Options) -> Result<(), Unfit>
    where
        A: Actor<Uses: Ground>,
        M: Monitor<A::Provides>,
    {
        if self.system != fingerprint(system) {
            let why = "its system has other nodes, requests, properties or bounds, or another environment; or was of another version";
            return Err(Unfit::Other(why.into()));
        }
        if self.asked != written(options.reductions) {
            let asked = read(self.asked).names();
            let asked = if asked.is_empty() { "none".to_owned() } else { asked.join(",") };
            return Err(Unfit::Other(format!("its reductions were {asked}")));
        }
        if self.exhaustive != options.exhaustive {
            return Err(Unfit::exhaustive(self.exhaustive));
        }
        Ok(())
    }
}

/// A hash of a text, which is not kept for it.
pub(crate) fn hashed(text: fmt::Arguments<'_>) -> u64 {
    let mut hash = Hashed(FxHasher::default());
    hash.write_fmt(text).expect("a hash takes everything");
    hash.0.finish()
}

/// Hashes what is written.
struct Hashed(FxHasher);

impl Write for Hashed {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}

/// A hash of all that a system says of itself. Handlers say nothing: they are compared by what they do.
fn fingerprint<A, M>(system: &System<A, M>) -> u64
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let System { nodes, requests, environment, monitor, deadlock_free, liveness, .. } = system;
    let invariants: Vec<_> = system.invariants.iter().map(|invariant| invariant.name).collect();
    let bounds: Vec<_> = system.bounds.iter().map(|bound| bound.name).collect();
    let possible: Vec<_> = system.possible.iter().map(|possible| possible.name).collect();
    let classes = system.symmetry.as_ref().map(|symmetry| &symmetry.classes);
    let start = system.start.as_deref().map(|start| (&start.nodes, &start.messages));
    let described = (nodes, requests, environment, monitor, deadlock_free, liveness, monitor.safety());
    let more = (invariants, bounds, possible, classes, system.translation.is_some(), start);
    hashed(format_args!("{described:?} {more:?} {}", env!("CARGO_PKG_VERSION")))
}

/// The parts of states: what their numbers stand for is made again.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Parts {
    /// How many states of nodes there are, and which of them are those in which the nodes begin.
    pub(crate) nodes: u32,
    pub(crate) first_nodes: Vec<u32>,
    pub(crate) node_origins: Vec<(u32, Origin)>,
    /// How many envelopes, and which of them are on their way at first.
    pub(crate) envelopes: u32,
    pub(crate) first_envelopes: Vec<u32>,
    pub(crate) envelope_origins: Vec<(u32, Origin)>,
    /// Labels by number: at which node, and what.
    pub(crate) labels: Vec<(u16, SavedWhat)>,
    pub(crate) deltas: Vec<SavedDelta>,
    /// Worlds by number; none for the first.
    pub(crate) worlds: Vec<Option<WorldOrigin>>,
    pub(crate) inboxes: Vec<Box<[u32]>>,
    pub(crate) steps: Vec<SavedSteps>,
    /// For each node, its states with inboxes, by number.
    pub(crate) pairs: Vec<Vec<(u32, u32)>>,
    /// Hashes of the values that are made again.
    pub(crate) sums: [u64; 5],
}

impl Parts {
    /// Whether as much leads to values as there are values: room is made for what it says.
    pub(super) fn are_plausible(&self) -> Result<(), Unfit> {
        let outcomes = || self.steps.iter().flat_map(|steps| &steps.outcomes);
        let sends: usize = outcomes().map(|step| step.sends.len()).sum();
        let nodes = self.first_nodes.len() + self.node_origins.len() + outcomes().count();
        let envelopes = self.first_envelopes.len() + self.envelope_origins.len() + sends;
        if self.nodes as usize > nodes || self.envelopes as usize > envelopes {
            return Err(Unfit::Damaged("it says that it has more than leads to anything".into()));
        }
        Ok(())
    }
}

/// What happens, by what it is found again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum SavedWhat {
    Start,
    /// One of the alternatives of a planned request.
    Request(u32, u32),
    /// This envelope arrives.
    Receive(u32),
    Own,
    Flush,
    /// This one of the timers of this node state.
    Timeout(u32, u32),
    Crash,
    Stop,
    Restart,
}

/// What a step does to the world, by what it is found again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum SavedDelta {
    /// What a step does that costs nothing: known when that is taken.
    Step,
    /// The same as this one, at a cost.
    Priced(u32, Cost),
    /// Nothing is seen of it, or the loss of a message, at this node.
    Unnoticed { cost: Cost, node: u16, loss: bool },
}

/// What comes of an event.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedSteps {
    pub(crate) node: u32,
    pub(crate) label: u32,
    /// Or one has only looked at it.
    pub(crate) is_taken: bool,
    pub(crate) outcomes: Vec<SavedStep>,
}

/// One of them.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedStep {
    pub(crate) node: u32,
    pub(crate) delta: u32,
    /// The envelopes that it sends: who receives them they say themselves.
    pub(crate) sends: Vec<u32>,
}

/// What is known of dead messages. See `dead.rs`.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedDead {
    pub(crate) places: Vec<u32>,
    pub(crate) sets: Vec<u32>,
    pub(crate) alive: Vec<Box<[u64]>>,
    pub(crate) taken: u64,
    pub(crate) marks: Vec<String>,
    pub(crate) decided: Vec<(u32, u32, bool)>,
}

/// What is known of steps that are taken alone. See `order.rs`.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedOrder {
    /// By node state and label.
    pub(crate) known: Vec<(u64, bool)>,
    pub(crate) taken: u64,
    pub(crate) decided: Vec<(u64, bool)>,
    /// Of deliveries that come last: the labels that were refused, in how many searches, and what was refused in this one.
    pub(crate) refused: Vec<u32>,
    pub(crate) times: usize,
    pub(crate) refusing: Vec<u64>,
}

/// How far the search is.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedSearch {
    pub(crate) levels: Vec<u32>,
    pub(crate) transitions: u64,
    pub(crate) represented: u64,
    /// Property, state, level.
    pub(crate) found: Vec<(String, u32, u64)>,
    pub(crate) initial: Vec<SavedInitial>,
    pub(crate) outside: bool,
    pub(crate) marks: Vec<String>,
    /// The worlds that were come to behind states.
    pub(crate) behind: Vec<u32>,
}

/// See [`Initial`](crate::initial::Initial).
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedInitial {
    pub(crate) state: u32,
    pub(crate) outcomes: Vec<u64>,
    pub(crate) parts: Vec<u32>,
    pub(crate) orbit: u32,
}
