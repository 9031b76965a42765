//! The models behind `cargo xtask check`: a file per entry or family, and the only place where bounds live.

mod paxos;
mod paxos_mutants;
mod registry;
pub mod specifications;
mod two_phase;
mod two_phase_mutants;

pub use registry::{
    Case, Entry, Expectation, Golden, Mutant, Scale, Size, all, case, find, nearest, specified,
};
