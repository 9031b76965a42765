//! Systems that are here to be measured: other checkers, or a prototype of ours, have explored the same.
//!
//! They are written in the formulation that was measured there, which is not how one would write an algorithm to use it.

pub mod plain_paxos;
