//! Links for nodes that crash and restart, with what they must remember on disk.
//!
//! They say again after a restart what they said before it: a layer above that is restarted too has forgotten it, or may
//! have failed to write it down. That is what Cachin, Guerraoui and Rodrigues (2011), §2.4.5, call *log-delivery*. The logs
//! only grow: nothing here truncates them.

mod fifo;
mod reliable;
mod stubborn;

pub use fifo::Fifo;
pub use reliable::{Record, Reliable};
pub use stubborn::{Outgoing, Stubborn};
