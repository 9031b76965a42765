#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

pub mod answer;
pub mod call;
#[cfg(feature = "cli")]
pub mod cli;
pub mod event;
pub mod formats;
pub mod generate;
pub mod linearizability;
mod machine;
pub mod malformed;
mod memo;
pub mod objects;
pub mod operation;
pub mod reduce;
pub mod replicated;
pub mod report;
pub mod sequential;
pub mod transactions;
pub mod value;

pub use answer::{Answer, Budget, Exhausted, Shortage, Verdict};
pub use call::{Call, CallOf};
pub use event::{Event, Kind, Process};
pub use malformed::{Malformed, ReadError};
pub use operation::{Operation, Outcome, Pairing};
pub use synod_specifications as specifications;
pub use value::Value;
