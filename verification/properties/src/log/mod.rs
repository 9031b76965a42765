//! What a replicated log promises: [`synod_consensus::log`].
//!
//! [`LogMonitor`] watches what is asked and told, of any algorithm that offers the port. The functions in [`state`] look at
//! the nodes themselves.

mod monitor;
mod sessions;
pub mod state;

pub use monitor::LogMonitor;
pub use sessions::SessionsMonitor;

/// No two nodes are told different entries, or epochs, for the same position: not before and after a crash either. So what is
/// committed once never changes.
pub const AGREEMENT: &str = "uniform agreement";
/// In each incarnation a node is told every position in order, once; a snapshot may take the place of the first, or of more
/// that are to come, and goes never back.
pub const INTEGRITY: &str = "integrity";
/// What is committed, but for blanks, was asked for before at some node, and not refused. What is restored was given by a node as
/// its state after that position.
pub const VALIDITY: &str = "validity";
/// All that are told who leads an epoch are told the same.
pub const ONE_LEADER: &str = "one leader per epoch";
/// A barrier is passed only when everything is indicated at the node that was, at any node, when it was asked for.
pub const FRESH_READS: &str = "linearizable reads";
/// A command that a node was asked to append is committed, as the node is told at last, unless the node refuses it or crashes.
pub const TERMINATION: &str = "termination";
/// What one node was told to be committed, every node that is up is told at last.
pub const CATCHING_UP: &str = "catching up";
/// No node is told a command of a client twice, nor one of the client's after a later one.
pub const AT_MOST_ONCE: &str = "at most once per session";
