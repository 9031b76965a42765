//! Is a recorded history consistent, how much, and why not?
//!
//! A history is a record of what clients asked a system and what it answered: [`event`]s, paired to [`operation`]s. The
//! [`formats`] read and write them. A checker takes operations and a consistency level and gives an [`Answer`]: valid
//! (with a certificate that is easy to verify), invalid (with a small explanation), or unknown (what ran out). Histories of
//! [`transactions`] have levels, formats and explanations of their own.

#![warn(missing_docs)]

pub mod answer;
pub mod call;
#[cfg(feature = "cli")]
pub mod cli;
pub mod event;
pub mod formats;
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
