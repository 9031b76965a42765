//! What nodes say to each other, what they write, and what they wait for.

use std::sync::Arc;

use super::journal::{Point, Stamped};
use crate::{
    Epoch,
    log::{BarrierId, Position, Snapshot},
};

/// What a candidate asks for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Vote {
    /// Would you vote for me in this term? Nothing changes by the answer (dissertation, §9.6).
    Pre,
    /// Vote for me.
    Real,
    /// Vote for me although your leader is alive: it wants me to lead (dissertation, §3.10).
    Transfer,
}

/// What the nodes say to each other. The first field is the sender's term, but for [`Vote::Pre`]: there it is the term
/// that is asked about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Msg<C, S> {
    /// RequestVote (Figure 2): the last entry of the candidate's log, and what it asks for.
    RequestVote(Epoch, Point, Vote),
    /// Its answer: whether the vote is granted. Granted [`Vote::Pre`] echoes the term asked about.
    Voted(Epoch, Vote, bool),
    /// AppendEntries (Figure 2).
    Append(Append<C>),
    /// InstallSnapshot (§7), in one piece.
    Install(Epoch, Snapshot<S>),
    /// My log agrees with yours up to this position; and the last round of yours that I have seen.
    Appended(Epoch, Position, u64),
    /// My log does not agree with yours.
    Rejected(Epoch, Rejection),
    /// All up to this entry is committed. That is true for ever, whoever says so in whatever term.
    Committed(Point),
    /// Start an election at once, if your log ends here (dissertation, §3.10).
    TimeoutNow(Epoch, Point),
    /// Append this for me, if you lead.
    Forward(C),
    /// What is the position that a read of now must see? (dissertation, §6.4)
    AskRead(BarrierId),
    /// It is this; or I do not know.
    ReadAt(BarrierId, Option<Position>),
}

/// The arguments of AppendEntries. Without entries it is a heartbeat.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Append<C> {
    /// The leader's term.
    pub term: Epoch,
    /// The entry right before the new ones (prevLogTerm, prevLogIndex).
    pub prev: Point,
    /// The new ones. All followers are sent the same, and whoever writes them down shares them with the message.
    pub entries: Arc<[Stamped<C>]>,
    /// The leader's commit index.
    pub commit: Position,
    /// The leader's latest round of heartbeats for a read (dissertation, §6.4).
    pub round: u64,
}

/// Why entries were not appended, so that the leader need not step back one by one (§5.3, the last paragraphs).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Rejection {
    /// The position of `prev` in what is rejected.
    pub prev: Position,
    /// The term of the entry that conflicts; `None` if the log is too short to have one.
    pub term: Option<Epoch>,
    /// The first position with that term; or the first one behind the log.
    pub first: Position,
    /// The last round of the leader's that this node has seen.
    pub round: u64,
}

/// What a node writes to disk.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Record<C, S> {
    /// currentTerm and votedFor.
    Term(Epoch, Option<synod_actor::NodeId>),
    /// The log ends at this position, if it went on, and then with these entries. One record, so that no crash leaves a
    /// stale end behind new entries.
    Append(Position, Arc<[Stamped<C>]>),
    /// A snapshot, in place of the entries that it covers; and of all others, unless it fits to them.
    Snapshot(Snapshot<S>),
}

/// What a node waits for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Timer {
    /// Followers and candidates: the election timeout, randomized (§5.2).
    Election,
    /// Followers: the minimum election timeout, within which a leader that was heard of counts as alive (§4.2.3 of the
    /// dissertation).
    Contact,
    /// Leaders: time for heartbeats.
    Heartbeat,
    /// Leaders: an election timeout is over, in which a quorum should have answered (§6.2 of the dissertation).
    Quorum,
    /// Leaders: a transfer of the leadership takes too long (§3.10 of the dissertation).
    Transfer,
    /// Leaders: a round in which new voters catch up is over (§4.2.1 of the dissertation).
    CatchUp,
    /// Leaders: the lease that this round of heartbeats gave is over (§6.4.1 of the dissertation).
    Lease(u64),
}
