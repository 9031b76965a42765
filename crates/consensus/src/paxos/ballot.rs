//! Proposal numbers.

use std::fmt;

use synod_actor::{NodeId, Visit, Visitor};

/// A proposal number: ordered by round, then by proposer, so that no two proposers ever use the same one.
///
/// Prints as round and proposer: `2.n1`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ballot {
    /// Counts up. Round 0 is below every ballot that is ever used.
    pub round: u64,
    /// Whose it is.
    pub proposer: NodeId,
}

impl Ballot {
    /// Below every ballot that is ever used: what an acceptor has promised that has promised nothing.
    pub const ZERO: Ballot = Ballot { round: 0, proposer: NodeId(0) };
}

impl fmt::Debug for Ballot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.round, self.proposer)
    }
}

impl fmt::Display for Ballot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl Visit for Ballot {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        visitor.epoch(&mut self.round);
        visitor.node(&mut self.proposer);
    }
}
