#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;

#[cfg(feature = "actors")]
pub mod actors;
mod dotted;
mod error;
mod hybrid;
mod interval;
mod lamport;
mod siblings;
mod vector;
mod version_vector;

pub use dotted::DottedVersionVector;
pub use error::{DriftError, IntervalError, Invalid, Overflow};
pub use hybrid::{HybridClock, HybridTime};
pub use interval::{CommitWait, Interval, IntervalClock};
pub use lamport::{LamportClock, Timestamp};
pub use siblings::Siblings;
pub use vector::VectorClock;
pub use version_vector::{Dot, VersionVector};
