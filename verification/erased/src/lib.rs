#![doc = include_str!("../README.md")]

mod actor;
mod monitor;
mod system;
mod value;

pub use system::ErasedSystem;
