//! The formats of records: how each is read, and how ours is written.

pub mod edn;
pub mod jepsen;
mod source;
