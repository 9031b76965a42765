//! What orders leaders in time.

use std::fmt;

use synod_actor::{Visit, Visitor};

/// A period with at most one leader: Raft's term, Viewstamped Replication's view, Zab's epoch, the ballot of Paxos.
///
/// Whoever leads a higher one has learnt from a quorum what the lower ones may have decided, and keeps them from
/// deciding anything more. Zero comes before the first. Paxos' ballots, which are pairs, are numbered for the port
/// [`Log`](crate::Log) as Lamport suggests: `round * nodes + proposer`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Epoch(pub u64);

impl Epoch {
    /// Before the first.
    pub const ZERO: Epoch = Epoch(0);

    /// The one after it.
    pub fn next(self) -> Epoch {
        Epoch(self.0.saturating_add(1))
    }
}

impl fmt::Debug for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "e{}", self.0)
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Visit for Epoch {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        visitor.epoch(&mut self.0);
    }
}
