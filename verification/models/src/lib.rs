//! The models behind `cargo xtask check`: a file per entry or family, and the only place where bounds live.

mod broadcast;
mod cas_paxos;
mod clocks;
mod clocks_mutants;
pub mod consensus;
mod fast_paxos;
mod links;
mod links_mutants;
mod lockstep;
mod logs;
mod multi_paxos;
mod mutex;
mod mutex_mutants;
mod patience;
pub mod paxos;
mod paxos_mutants;
mod raft;
mod reconfiguration;
mod reductions;
mod registers;
mod registers_mutants;
mod registry;
mod sessions;
mod split_brain;
mod tla_examples;
mod two_phase;
mod two_phase_mutants;
mod unplanted;
mod viewstamped;
mod zab;

pub use broadcast::cost;
pub use registry::{Case, Entry, Expectation, Golden, Mutant, Scale, Size, all, find, nearest};
pub use unplanted::{UNPLANTED, Unplanted};
