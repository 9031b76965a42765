#![doc = include_str!("../README.md")]

pub mod atomic_commit;
pub mod broadcast;
pub mod consensus;
pub mod linearizability;
pub mod links;
pub mod log;
mod monitor;
pub mod mutex;
pub mod registers;
pub mod stamping;
pub mod uniqueness;
pub mod witness;

pub use atomic_commit::AtomicCommitMonitor;
pub use broadcast::BroadcastMonitor;
pub use consensus::ConsensusMonitor;
pub use linearizability::LinearizabilityMonitor;
pub use links::LinksMonitor;
pub use log::{LogMonitor, SessionsMonitor};
pub use monitor::{Monitor, Observation, Violation};
pub use mutex::{GrantOrderMonitor, MutexMonitor};
pub use registers::RegisterMonitor;
pub use stamping::StampingMonitor;
pub use uniqueness::UniquenessMonitor;
pub use witness::Witness;
