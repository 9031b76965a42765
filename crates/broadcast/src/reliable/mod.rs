//! Reliable broadcast: relay, so that what one node has the others get, although the origin crashed.

mod eager;
mod lazy;

pub use eager::Eager;
pub use lazy::Lazy;
