#![doc = include_str!("../README.md")]

pub mod atomic_commit;
pub mod consensus;
mod monitor;
pub mod stamping;
pub mod uniqueness;

pub use atomic_commit::AtomicCommitMonitor;
pub use consensus::ConsensusMonitor;
pub use monitor::{Monitor, Observation, Violation};
pub use stamping::StampingMonitor;
pub use uniqueness::UniquenessMonitor;
