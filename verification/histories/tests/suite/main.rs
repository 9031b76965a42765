//! All tests of the crate's interface in one program: linked once, and the checkers compiled once for all of them.

#[cfg(feature = "cli")]
mod command;
mod corpus;
mod formats;
mod generated;
mod jepsen;
mod linearizability;
mod replicated;
mod support;
mod transactions;
mod unique;
