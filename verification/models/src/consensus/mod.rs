//! Algorithms for consensus and for replicated logs, side by side.

pub mod cost;
mod cut;
mod groups;
pub mod progress;
