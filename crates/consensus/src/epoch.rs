//! What orders leaders in time.

use std::fmt;

use synod_actor::{Visit, Visitor};

/// A period with at most one leader: Raft's term, Viewstamped Replication's view, Zab's epoch, the ballot of Paxos.
///
/// Whoever leads a higher one has learnt from a quorum what the lower ones may have decided, and keeps them from
/// deciding anything more. Zero comes before the first. Paxos' ballots, which are pairs, are numbered for the port
/// [`Log`](crate::Log) as Lamport suggests: `round * nodes + proposer`.
///
/// Where each configuration of members has epochs of its own ([`reconfiguration`](crate::reconfiguration)), those of a later one are
/// greater: the upper 24 bits are the number of the configuration, which is 0 for the first and where there is only one.
/// Prints as `e3`, or with the configuration as `e1.3`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Epoch(pub u64);

impl Epoch {
    /// Before the first.
    pub const ZERO: Epoch = Epoch(0);

    /// The one after it.
    pub fn next(self) -> Epoch {
        Epoch(self.0.saturating_add(1))
    }

    /// This epoch of the configuration with this number, among the epochs of all configurations. There is room for 2^40 epochs in each
    /// of 2^24 configurations, which no log lives to see; what is beyond is cut off at the last.
    pub fn of_configuration(self, number: u64) -> Epoch {
        Epoch(number.min(u64::MAX >> EPOCH_BITS) << EPOCH_BITS | self.0.min((1 << EPOCH_BITS) - 1))
    }

    /// The number of the configuration that it is of.
    pub fn configuration(self) -> u64 {
        self.0 >> EPOCH_BITS
    }
}

/// How many bits there are for the epochs within a configuration.
const EPOCH_BITS: u32 = 40;

impl fmt::Debug for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.configuration() {
            0 => write!(f, "e{}", self.0),
            number => write!(f, "e{number}.{}", self.0 & ((1 << EPOCH_BITS) - 1)),
        }
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
