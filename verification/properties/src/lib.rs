#![doc = include_str!("../README.md")]

mod monitor;

pub use monitor::{Monitor, Observation, Violation};
