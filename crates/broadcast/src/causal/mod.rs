//! Causal broadcast: no effect before its cause.

mod no_waiting;

pub use no_waiting::{NoWaiting, Past};
