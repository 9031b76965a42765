//! Epidemic broadcast: over a few neighbours each, instead of from everyone to everyone.

mod plumtree;
mod view;

pub use plumtree::{Gossip, Missing, Plumtree};
pub use view::{FixedView, Neighbour, PartialView};
