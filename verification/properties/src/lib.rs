#![doc = include_str!("../README.md")]

pub mod atomic_commit;
pub mod broadcast;
pub mod consensus;
pub mod links;
mod monitor;

pub use atomic_commit::AtomicCommitMonitor;
pub use broadcast::BroadcastMonitor;
pub use consensus::ConsensusMonitor;
pub use links::LinksMonitor;
pub use monitor::{Monitor, Observation, Violation};
