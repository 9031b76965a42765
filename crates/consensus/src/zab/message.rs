//! What nodes say to each other, and what they wait for.

use std::{fmt, sync::Arc, time::Duration};

use synod_actor::NodeId;

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

/// Whom a node would have as the leader, and what that one's history is. Ordered by which is better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Vote {
    /// The leader's currentEpoch.
    pub epoch: Epoch,
    /// Its lastZxid.
    pub last: Zxid,
    /// The leader.
    pub leader: NodeId,
}

/// What a node does, as the others are told in an election.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum State {
    /// It looks for a leader.
    Looking,
    /// It follows the one that it votes for.
    Following,
    /// It leads.
    Leading,
}

/// How a follower's history becomes the leader's.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Sync<C, S> {
    /// DIFF: your history is mine up to your last transaction, which is this one. These follow.
    Diff(Zxid, Vec<Stamped<C>>),
    /// TRUNC: drop what comes behind this one. These follow.
    Trunc(Zxid, Vec<Stamped<C>>),
    /// SNAP: take this in place of everything. These follow.
    Snap(Snapshot<S>, Vec<Stamped<C>>),
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

/// How a leader is found.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Election {
    /// Fast leader election: whoever has the best history of a quorum.
    Fast,
    /// Something else says whom to follow: first this node, when that has failed the next one, and so on from the beginning.
    /// Safety does not depend on what it says, nor on whether it says the same to all.
    Oracle(Vec<NodeId>),
}

/// What can be set.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Settings {
    /// How a leader is found.
    pub election: Election,
    /// How long to wait for a better vote when a quorum agrees (finalizeWait).
    pub wait: Duration,
    /// The time from one sign of life of a leader to the next, and after which what needs an answer is repeated (tickTime).
    pub tick: Duration,
    /// The least time without the leader, or a quorum, after which a node looks for a leader (syncLimit). It is drawn from
    /// this to twice as much.
    pub contact: Duration,
    /// With so many transactions proposed and not yet committed, the next ones wait, and go together when there is room again. With
    /// 1 there is one PROPOSE message at a time, and transactions are batched; with more they are pipelined, as in the paper (§3.1:
    /// several outstanding transactions).
    pub window: u64,
    /// How many transactions at most one message has.
    pub batch: usize,
}

impl Default for Settings {
    /// Fast leader election, and times and windows for a local network.
    fn default() -> Self {
        Settings {
            election: Election::Fast,
            wait: Duration::from_millis(50),
            tick: Duration::from_millis(50),
            contact: Duration::from_millis(150),
            window: 4096,
            batch: 1024,
        }
    }
}
