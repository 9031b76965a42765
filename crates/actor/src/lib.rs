#![doc = include_str!("../README.md")]

mod actor;
pub mod combine;
mod cx;
pub mod opened;
mod visit;

pub use actor::{Actor, Effect, Event, Never, Nothing, Port, Value};
pub use combine::{Beside, Ground, Keyed, Many, Side, Stack};
pub use cx::{Cx, Env, NodeId};
pub use opened::{Openable, Opened, Seed};
pub use visit::{Visit, Visitor};
