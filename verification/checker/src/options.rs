//! How to search.

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
};

use crate::checkpoint::Checkpoint;

/// How to search. The default: every core, no limits, stop at the first level with a violation.
#[derive(Clone)]
pub struct Options {
    /// Worker threads; at least 1. Counts and counterexamples do not depend on it.
    pub threads: usize,
    /// Stop, incomplete, when the search would hold more bytes than this.
    pub memory: Option<u64>,
    /// When memory ends, first put states of levels that are done into a file in this folder, and go on: slower, and with more than
    /// half of a state's bytes out of memory. The file has no name there, and goes when the search does. If it cannot be read again the
    /// search ends, incomplete, with what is known by then.
    pub spill: Option<PathBuf>,
    /// Stop, incomplete, once so many states were reached (at the end of the level in which it happens).
    pub states: Option<u64>,
    /// Do not explore beyond so many steps; incomplete if there is more.
    pub depth: Option<usize>,
    /// What not to explore, since it would show nothing new.
    pub reductions: Reductions,
    /// Explore everything even after a violation of safety was found. States in violation are never explored further.
    pub exhaustive: bool,
    /// Set it from anywhere to stop the search, incomplete, with what is known by then.
    pub interrupt: Arc<AtomicBool>,
    /// Write down how far the search is, so that it can be [resumed](crate::resume). That it could not be written is a
    /// [note](crate::Report::notes) of the report.
    pub checkpoint: Option<Checkpoint>,
    /// Told how far the search is, a few times a second at most.
    pub progress: Option<Arc<dyn Fn(Progress) + Send + Sync>>,
}

/// What makes a search smaller and changes nothing in what it finds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Reductions {
    /// Leave out messages that can never again change their receiver.
    pub dead: bool,
    /// Take states for one that differ only by a renaming of nodes that the system declares [symmetric](crate::System::symmetric).
    pub symmetry: bool,
    /// Take alone, of the steps that are possible, one that can as well come first; and do not take deliveries that can as well
    /// come last, but only look at what could be seen of them. Counterexamples are no longer the shortest.
    pub order: bool,
}

impl Reductions {
    /// Every state of the system is a state of the search.
    pub const NONE: Reductions = Reductions { dead: false, symmetry: false, order: false };
    /// Those that leave shortest counterexamples as they are. The default.
    pub const USUAL: Reductions = Reductions { dead: true, symmetry: true, order: false };
    /// All there are.
    pub const ALL: Reductions = Reductions { dead: true, symmetry: true, order: true };

    /// The names of those that are on.
    pub fn names(self) -> Vec<&'static str> {
        [(self.dead, "dead"), (self.symmetry, "symmetry"), (self.order, "order")]
            .into_iter()
            .filter(|(on, _)| *on)
            .map(|(_, name)| name)
            .collect()
    }
}

/// How far a search is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// What is being done.
    pub phase: Phase,
    /// Distinct states so far (exploring), or states done (in later phases).
    pub states: u64,
    /// Steps explored so far.
    pub transitions: u64,
    /// The level being explored.
    pub depth: usize,
}

/// What a search is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// Exploring states.
    Exploring,
    /// Analysing cycles, for liveness and possibility.
    Cycles,
    /// Reconstructing a counterexample.
    Tracing,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            threads: std::thread::available_parallelism().map_or(1, |cores| cores.get()),
            memory: None,
            spill: None,
            states: None,
            depth: None,
            reductions: Reductions::USUAL,
            exhaustive: false,
            interrupt: Arc::default(),
            checkpoint: None,
            progress: None,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("threads", &self.threads)
            .field("memory", &self.memory)
            .field("spill", &self.spill)
            .field("states", &self.states)
            .field("depth", &self.depth)
            .field("reductions", &self.reductions)
            .field("exhaustive", &self.exhaustive)
            .field("checkpoint", &self.checkpoint)
            .finish_non_exhaustive()
    }
}
