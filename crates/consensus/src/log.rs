//! The port of everything that replicates a log: Raft, Multi-Paxos, Viewstamped Replication, Zab.
//!
//! # Why it is like this
//!
//! - **Every position is indicated, in order, also those that hold nothing for the layer above** (a leader's blank, a
//!   change of members). So a gap is always a fault, and a position alone says whether a node has seen everything before it.
//!   [`Position`]s count from 1; 0 is the empty log.
//! - **An entry carries the epoch in which a leader appended it first**, and all nodes are told the same one. So it is a
//!   number that a replicated state machine may use, a fencing token for instance. Raft's terms and Zab's epochs are
//!   stored with each entry anyway; Multi-Paxos and Viewstamped Replication propose an entry again in a later epoch with
//!   the stamp that it had. Where entries can be filled in later (Multi-Paxos), epochs need not grow with positions.
//! - **A command is its own identity.** What answers an [`Append`](Request::Append) is the command itself, committed, at
//!   the node where it was asked for and at every other. Whoever must tell two equal commands apart numbers them.
//! - **Anyone may append.** A node that does not lead passes the command to the leader that it knows of, for only the log
//!   knows who that is, and broadcast, registers and services can then stand on the port alone, without links of their
//!   own. It does so once: a command may be lost on its way, and whoever asks again may see it committed twice. "At least
//!   once" above and "at most once" by identity are one layer for all algorithms, not four times a part of one.
//! - **What surely comes to nothing is [`Refused`](Indication::Refused)**, with the request itself, so that it needs no
//!   identity beyond its content. Silence means that the outcome is not known (yet).
//! - **Snapshots come from above, when the layer above likes.** It knows its state and how large it is; the log never looks
//!   into it. The log keeps the latest in place of the entries that it covers, and hands it to nodes that are behind. `S` is
//!   [`Never`] where there are none, which is then visible in the type.
//! - **A read is a [`Barrier`](Request::Barrier), not a command.** The answer is given where it was asked, once the node has
//!   indicated everything that any node had indicated when it was asked: its state then is fit to be read, and the read is
//!   linearizable. Each algorithm may have its own way (asking a quorum, a lease, appending a blank). The identity must not
//!   be used again at the same node, not after a restart either: a late answer to the earlier question would count for
//!   the later one.
//! - **A change of members names the goal**, and the algorithm finds the way (one at a time, joint, by stopping), or refuses.
//!   On the way entries with other memberships may be committed.
//! - **Leadership is told, and is only an opinion.** Two nodes may believe that they lead at one moment, never in one epoch.
//!   So it is good for placing work, and for nothing that must be exclusive: that is what epochs and positions are for.
//!
//! # Across a crash
//!
//! Indications are at least once: a node that restarts begins again, with [`Restore`](Indication::Restore) if it has a
//! snapshot, and else at position 1. Positions show what is a repetition. A layer above that is durable itself skips what
//! it has; one that is not is thereby rebuilt.

use std::marker::PhantomData;

use synod_actor::{Never, NodeId, Port, Value};

use crate::{Epoch, Membership};

/// The place of an entry in the log. The first is 1.
pub type Position = u64;

/// What a barrier is recognised by. See the [module](self).
pub type BarrierId = u64;

/// A log that all nodes see alike: entries are committed one after the other, at the same positions everywhere, and what
/// is committed stays.
///
/// `C` are the commands, `S` the snapshots of the layer above. See the [module](self) for what is promised, and why.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Log<C, S = Never>(PhantomData<(C, S)>);

impl<C: Value, S: Value> Port for Log<C, S> {
    type Request = Request<C, S>;
    type Indication = Indication<C, S>;
}

/// What the layer above may ask of a log.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Request<C, S = Never> {
    /// Append this command.
    Append(C),
    /// Tell me when I have seen everything that was committed by now.
    Barrier(BarrierId),
    /// This is my state after the entry at this position, which I was told of. The entries up to there may go.
    Snapshot(Position, S),
    /// Make these the members.
    Change(Membership),
    /// Let this node lead, if it can be done without harm.
    Transfer(NodeId),
}

/// What a log tells the layer above.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Indication<C, S = Never> {
    /// The next entry is committed: its position, the epoch in which it was appended first, and the entry.
    Committed(Position, Epoch, Entry<C>),
    /// In place of all entries up to this one: the state after it, as a snapshot at some node.
    Restore(Snapshot<S>),
    /// Everything that was committed at any node when this barrier was asked for has been indicated here.
    Passed(BarrierId),
    /// Who leads in this epoch, as far as this node knows; nobody, if it has lost patience with who did.
    Leader(Epoch, Option<NodeId>),
    /// Nothing comes of this request.
    Refused(Request<C, S>),
}

/// What a position of the log holds.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Entry<C> {
    /// A command of the layer above.
    Command(C),
    /// From here on these are the members.
    Members(Membership),
    /// Nothing: a leader's first entry, or a gap that was filled.
    Blank,
}

/// The state after an entry, in place of all entries up to it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Snapshot<S> {
    /// The position of the last entry that it covers.
    pub position: Position,
    /// The epoch of that entry.
    pub epoch: Epoch,
    /// The members after that entry.
    pub members: Membership,
    /// The state of the layer above.
    pub state: S,
}

/// A node with a replicated log, as seen from outside: by properties, by operators. Nothing in it is promised to be
/// current.
pub trait Replica {
    /// What is appended.
    type Command;

    /// The highest epoch that the node takes part in.
    fn epoch(&self) -> Epoch;
    /// Whether it believes to lead that epoch.
    fn leads(&self) -> bool;
    /// The last position that it knows to be committed.
    fn committed(&self) -> Position;
    /// The last position that its log holds, committed or not.
    fn last(&self) -> Position;
    /// The entry at a position, with its epoch; `None` if the log does not reach so far, or a snapshot has replaced it.
    fn entry(&self, at: Position) -> Option<(Epoch, &Entry<Self::Command>)>;
}
