//! Causal broadcast: no effect before its cause.

mod no_waiting;
mod waiting;

pub use no_waiting::{NoWaiting, Past};
pub use waiting::Waiting;
