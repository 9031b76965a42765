#![doc = include_str!("../README.md")]

mod actor;
pub mod combine;
mod cx;
mod visit;

pub use actor::{Actor, Effect, Event, Never, Nothing, Port, Value};
pub use combine::{Beside, Ground, Keyed, Many, Side, Stack};
pub use cx::{Cx, Env, NodeId};
pub use visit::{Visit, Visitor};
