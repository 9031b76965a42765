//! What nodes say to each other, and what they wait for.

use std::{fmt, sync::Arc};

use super::{State, Sync, Vote};
use crate::{
    Epoch,
    journal::Stamped,
    log::{BarrierId, Position, Snapshot},
};

/// The identity of a transaction: the epoch whose leader proposed it, and a counter. Ordered by the epoch first.
///
/// The paper's counter begins anew with each epoch. Here it goes on, and is the position in the log: then a gap shows
/// between the epochs too, and not only within one. Prints as position and epoch: `4@e2`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Zxid {
    /// The epoch.
    pub epoch: Epoch,
    /// The counter.
    pub counter: Position,
}

impl fmt::Debug for Zxid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{:?}", self.counter, self.epoch)
    }
}

impl Zxid {
    /// The last transaction that a snapshot covers.
    pub fn end_of<S>(snapshot: &Snapshot<S>) -> Self {
        Zxid { epoch: snapshot.epoch, counter: snapshot.position }
    }
}

/// What the nodes say to each other, by the paper's names as far as it has them. But for the first, the epoch is that of the
/// leader who says it or to whom it is said.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Msg<C, S> {
    // Phase 0, election.
    /// What I do, my logicalclock, and my vote.
    Notification(State, u64, Option<Vote>),

    // Phase 1, discovery.
    /// FOLLOWERINFO, the paper's CEPOCH: you are my leader as far as I am concerned; and my acceptedEpoch.
    FollowerInfo(Epoch),
    /// LEADERINFO, the paper's NEWEPOCH.
    LeaderInfo(Epoch),
    /// ACKEPOCH, the paper's ACK-E: this epoch is accepted. My currentEpoch, if that counts as a promise, and the last
    /// transaction of my history.
    AckEpoch(Epoch, Option<Epoch>, Zxid),

    // Phase 2, synchronization.
    /// NEWLEADER, with how to get to the history with which the epoch begins.
    NewLeader(Epoch, Sync<C, S>),
    /// ACK-LD: my history is yours up to this position, and on my disk.
    AckNewLeader(Epoch, Position),
    /// UPTODATE, the paper's COMMIT-LD: the leader is established; and what is committed by now.
    UpToDate(Epoch, Position),

    // Phase 3, broadcast.
    /// Append these, the first of them at this position.
    Propose(Epoch, Position, Arc<[Stamped<C>]>),
    /// My history is yours up to this position, and on my disk.
    Ack(Epoch, Position),
    /// Everything up to this position is committed.
    Commit(Epoch, Position),
    /// To observers: append this at this position, it is committed.
    Inform(Epoch, Position, Stamped<C>),
    /// I am alive; and what is committed.
    Ping(Epoch, Position),

    // Clients that sit at a follower, and reads without transactions.
    /// Propose this for me, if you lead.
    Forward(C),
    /// What is the position that a read of now must see?
    AskRead(BarrierId),
    /// It is this; or I do not know.
    ReadAt(BarrierId, Option<Position>),
    /// Do you still follow me? The round of this question.
    Confirm(Epoch, u64),
    /// I do.
    Confirmed(Epoch, u64),
}

/// What a node writes to disk. Each is a write of its own, and a crash may come between any two.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Record<C, S> {
    /// acceptedEpoch: it takes part in no earlier one.
    AcceptedEpoch(Epoch),
    /// currentEpoch: the history is of this epoch's leader.
    CurrentEpoch(Epoch),
    /// The history ends at this position.
    Truncate(Position),
    /// It goes on with these.
    Append(Arc<[Stamped<C>]>),
    /// A snapshot, in place of what it covers; and of all that follows, unless it fits to that.
    Snapshot(Snapshot<S>),
}

/// What a node waits for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Timer {
    /// Followers: the leader is not heard of. Leaders: a quorum is not.
    Contact,
    /// In an election that a quorum agrees on: nobody has come up with a better vote.
    Wait,
    /// Who is not up to date: what was sent may be lost.
    Resend,
    /// Leaders: time to tell that they are alive.
    Tick,
}
