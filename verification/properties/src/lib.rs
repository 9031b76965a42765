#![doc = include_str!("../README.md")]

pub mod atomic_commit;
pub mod consensus;
mod monitor;
pub mod mutex;
pub mod stamping;
pub mod uniqueness;
pub mod witness;

pub use atomic_commit::AtomicCommitMonitor;
pub use consensus::ConsensusMonitor;
pub use monitor::{Monitor, Observation, Violation};
pub use mutex::{GrantOrderMonitor, MutexMonitor};
pub use stamping::StampingMonitor;
pub use uniqueness::UniquenessMonitor;
pub use witness::Witness;
