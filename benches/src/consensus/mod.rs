//! Replicated logs in one process, without a network: ours beside those of other crates, each driven in the same way.
//!
//! - [`cluster`]: the driver. It knows a [`Replica`](cluster::Replica) only, hands messages over in memory, and looks that every
//!   node tells of every command, in order;
//! - [`ours`]: a host for the logs of this workspace;
//! - [`raft_rs`], [`omni_paxos`]: the others, with the storage in memory that comes with each;
//! - [`race`]: all of them in turn, as a table.

pub mod cluster;
pub mod omni_paxos;
pub mod ours;
pub mod race;
pub mod raft_rs;
