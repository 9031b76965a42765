#![doc = include_str!("../README.md")]

pub mod ewd998;
pub mod lamport_mutex;
pub mod paxos;
pub mod paxos_commit;
pub mod set;
pub mod two_phase;

use synod_erased::ErasedSpecification;

/// No resource manager commits if another aborts.
pub const CONSISTENT: &str = "consistent";

/// The checkers are compiled for these types here, and not where they are used.
macro_rules! behind_pointers {
    ($($specification:ty),*) => { $(
        impl From<$specification> for ErasedSpecification {
            fn from(specification: $specification) -> Self {
                ErasedSpecification::new(specification)
            }
        }
    )* };
}
behind_pointers!(
    ewd998::Ewd998,
    lamport_mutex::LamportMutex,
    paxos::Paxos,
    paxos_commit::PaxosCommit,
    two_phase::TwoPhase
);
