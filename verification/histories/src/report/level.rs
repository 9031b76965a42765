//! The levels of histories of operations.

use std::fmt;

use crate::replicated;

/// A consistency level of histories of operations, strongest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Level {
    /// One order of all, which respects real time.
    Linearizable,
    /// One order of all, which respects the order of each process.
    Sequential,
    /// Weaker than one order for all.
    Replicated(replicated::Level),
}

impl Level {
    /// Every level.
    pub const ALL: [Level; 10] = [
        Level::Linearizable,
        Level::Sequential,
        Level::Replicated(replicated::Level::CausalMemory),
        Level::Replicated(replicated::Level::CausalConvergence),
        Level::Replicated(replicated::Level::Causal),
        Level::Replicated(replicated::Level::ReadYourWrites),
        Level::Replicated(replicated::Level::MonotonicReads),
        Level::Replicated(replicated::Level::MonotonicWrites),
        Level::Replicated(replicated::Level::WritesFollowReads),
        Level::Replicated(replicated::Level::Convergence),
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        use replicated::Level as R;
        match self {
            Level::Linearizable => "linearizable",
            Level::Sequential => "sequential",
            Level::Replicated(R::CausalMemory) => "causal-memory",
            Level::Replicated(R::CausalConvergence) => "causal-convergence",
            Level::Replicated(R::Causal) => "causal",
            Level::Replicated(R::ReadYourWrites) => "read-your-writes",
            Level::Replicated(R::MonotonicReads) => "monotonic-reads",
            Level::Replicated(R::MonotonicWrites) => "monotonic-writes",
            Level::Replicated(R::WritesFollowReads) => "writes-follow-reads",
            Level::Replicated(R::Convergence) => "convergence",
        }
    }

    /// The level of this name.
    pub fn named(name: &str) -> Option<Level> {
        Level::ALL.into_iter().find(|level| level.name() == name)
    }

    /// Whether every history that keeps this level keeps the other.
    pub fn implies(self, other: Level) -> bool {
        use replicated::Level as R;
        match (self, other) {
            (one, other) if one == other => true,
            (Level::Linearizable, _) => true,
            // Real time is what convergence is about.
            (_, Level::Linearizable | Level::Replicated(R::Convergence)) => false,
            (Level::Sequential, _) => true,
            (_, Level::Sequential) => false,
            (Level::Replicated(R::CausalMemory | R::CausalConvergence), Level::Replicated(other)) => {
                !matches!(other, R::CausalMemory | R::CausalConvergence)
            }
            // Who cannot have monotonic reads cannot have the guarantees that are about whoever has them.
            (Level::Replicated(R::MonotonicWrites | R::WritesFollowReads), Level::Replicated(other)) => {
                other == R::MonotonicReads
            }
            _ => false,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl serde::Serialize for Level {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
