//! Total-order broadcast: everyone delivers the same sequence.

mod lamport;
mod over_consensus;
mod over_counter;
mod over_log;
mod sequencer;
mod skeen;

pub use lamport::{AllAck, Stamped};
pub use over_consensus::{Batch, OverConsensus};
pub use over_counter::{OverCounter, Ticketed};
pub use over_log::{Numbered, OverLog, Retry};
pub use sequencer::{Packet, Sequence, Sequencer};
pub use skeen::{Gone, Negotiation, Orphans, Settlement, Skeen};

/// When, by Lamport's logical clocks: ordered by time, then by node, so that no two are the same.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// What the clock of the node showed.
    pub time: u64,
    /// Whose clock.
    pub node: synod_actor::NodeId,
}

impl std::fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.time, self.node)
    }
}
