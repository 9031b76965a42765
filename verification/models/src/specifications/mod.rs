//! Specifications without actors, at the level of the TLA+ examples of the same names: whose counts of states are published, so
//! that ours can be compared with them.

mod entries;
pub mod ewd998;
pub mod lamport_mutex;
pub mod paxos;
pub mod paxos_commit;
pub mod set;
pub mod two_phase;

pub(crate) use entries::entries;

/// No resource manager commits if another aborts.
pub const CONSISTENT: &str = "consistent";
