//! What the tests and benches of several crates share.
//!
//! Published crates name it as a development dependency by its path alone, without a version: so cargo leaves it out of what is
//! published, which is complete without its tests.

mod cluster;
mod host;
mod pass_on;

pub use cluster::{Cluster, Fate};
pub use host::{Frozen, Host, indicated, sent};
pub use pass_on::PassOn;
