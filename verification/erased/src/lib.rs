#![doc = include_str!("../README.md")]

mod actor;
mod monitor;
mod specification;
mod system;
mod value;

pub use specification::ErasedSpecification;
pub use system::ErasedSystem;
