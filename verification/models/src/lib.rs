//! The models behind `cargo xtask check`: a file per entry or family, and the only place where bounds live.

mod registry;

pub use registry::{Case, Entry, Expectation, Golden, Mutant, Scale, Size, all, case, find, nearest};
