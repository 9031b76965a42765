#![doc = include_str!("../README.md")]

/// Whether the node has a known fault, at the very line that the fault changes. Without the feature `mutants` it is
/// the constant `false`, and there is nothing to switch.
#[cfg(feature = "mutants")]
macro_rules! flaw {
    ($node:expr, $flaw:ident) => {
        $node.flaw == Some(Flaw::$flaw)
    };
}
#[cfg(not(feature = "mutants"))]
macro_rules! flaw {
    ($node:expr, $flaw:ident) => {
        false
    };
}

mod barriers;
pub mod cas_paxos;
pub mod changes;
mod epoch;
pub mod fast_paxos;
mod journal;
pub mod log;
mod membership;
pub mod multi_paxos;
pub mod paxos;
mod port;
pub mod quorum;
pub mod raft;
pub mod reconfiguration;
pub mod sessions;
mod shared;
pub mod viewstamped;
mod waiting;
pub mod zab;

pub use cas_paxos::CasPaxos;
pub use changes::{Change, Changes};
pub use epoch::Epoch;
pub use fast_paxos::FastPaxos;
pub use log::Log;
pub use membership::{Membership, Roles};
pub use multi_paxos::MultiPaxos;
pub use paxos::Paxos;
pub use port::Consensus;
pub use quorum::{Quorum, Quorums};
pub use raft::Raft;
pub use reconfiguration::Reconfiguration;
pub use sessions::Sessions;
pub use viewstamped::Viewstamped;
pub use zab::Zab;
