//! Consistency checkers for recorded histories.

pub mod answer;
pub mod event;
pub mod malformed;
pub mod operation;
pub mod transactions;
pub mod value;
