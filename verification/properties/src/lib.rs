#![doc = include_str!("../README.md")]

pub mod atomic_commit;
pub mod consensus;
mod monitor;

pub use atomic_commit::AtomicCommitMonitor;
pub use consensus::ConsensusMonitor;
pub use monitor::{Monitor, Observation, Violation};
