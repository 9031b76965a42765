//! Zab, the atomic broadcast of ZooKeeper, after Junqueira, Reed and Serafini, *Zab: High-performance broadcast for
//! primary-backup systems* (2011; "the paper") as ZooKeeper has it since ("Zab 1.0").
//!
//! - **Assumes** that a majority of the voters is up for long enough, and nothing else for safety: links may lose,
//!   duplicate, reorder and delay; nodes may crash and restart from their disks. No clock is read. (The paper assumes
//!   FIFO links.)
//! - **Guarantees** what the port [`Log`] says, and what the paper calls primary order: nothing of an earlier leader
//!   comes behind what a later one has proposed, and a leader proposes only once all that earlier ones have committed is
//!   committed with it.
//! - **Durable** are acceptedEpoch, currentEpoch, and the history with its snapshot. What is committed is not: a node
//!   that restarts is told again, and tells again.
//!
//! Phase 0 is in `election.rs`, phase 1 in `discovery.rs`, phase 2 in `synchronization.rs`, phase 3 in `broadcast.rs`;
//! what of its history a follower is sent is in `history.rs`; `reads.rs` is ours. Observers are the
//! learners of the [`Membership`]: they do as followers do, are informed of what is committed, and count nowhere.
//!
//! **To read in this order**: `message.rs`, this file, `discovery.rs`, `synchronization.rs`, `broadcast.rs`. They are the core, in which an
//! oracle says who leads ([`Election::Oracle`]), links are as in the paper, and the `journal.rs` of the crate is a list of transactions. A
//! first reading leaves out `election.rs`, which takes the place of the oracle, `history.rs`, which sends less than a whole history,
//! `links.rs`, for links that lose and reorder, `observers.rs`, `snapshots.rs` and `reads.rs`, which are options, and `outside.rs`, which
//! is how a node is made and looked at.
//!
//! Deviations, each explained where it is: the counter of a [`Zxid`] goes on across epochs; NEWLEADER brings the history
//! along; what may be lost is repeated, and a gap is asked for, in place of a link that breaks; a leader sends proposals
//! before it has written them; one that hears of a later promise than its epoch gives up. The members stay, and nobody
//! hands over: [`Change`](Request::Change) and [`Transfer`](Request::Transfer) are refused. Members change in a layer above:
//! [`reconfiguration`](crate::reconfiguration).

mod broadcast;
mod discovery;
mod election;
#[cfg(feature = "mutants")]
mod flaws;
mod history;
mod links;
mod message;
mod observers;
mod outside;
mod reads;
mod snapshots;
mod synchronization;

use std::collections::{BTreeMap, BTreeSet};

use synod_actor::{Actor, Cx, Event, NodeId, Nothing, Value};

use crate::{
    Epoch, Log, Membership,
    barriers::{Barriers, Rounds},
    journal::Journal,
    log::{Indication, Position, Replica, Request},
    waiting::Waiting,
};

use election::Looking;
pub use election::{State, Vote};
#[cfg(feature = "mutants")]
pub use flaws::Flaw;
pub use history::Sync;
pub use message::{Msg, Record, Timer, Zxid};
use message::{Msg::*, Timer::*};
pub use outside::{Election, Settings};

/// How far a leader, or a follower with its leader, has got.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
enum Phase {
    #[default]
    Discovery,
    Synchronization,
    Broadcast,
}

/// What a node does: phase 0, or the others as one of the two.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Role {
    Looking(Looking),
    /// Or observing.
    Following(Following),
    Leading(Lead),
}

/// What a follower knows.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Following {
    leader: NodeId,
    phase: Phase,
    /// Whether what it has accepted is a promise to this leader.
    promises: bool,
    /// Where its history ended when it asked to be synchronized again.
    asked: Option<Position>,
}

/// What a leader knows.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
struct Lead {
    phase: Phase,
    /// Phase 1: who follows, itself included, and what epochs they have accepted.
    connected: BTreeMap<NodeId, Epoch>,
    /// Phase 1: whether it has an epoch, which is the one that it has accepted then.
    has_epoch: bool,
    /// Phase 1: who has promised that epoch.
    promised: BTreeSet<NodeId>,
    /// Phase 1: who is to be synchronized, and where their histories end.
    to_synchronize: BTreeMap<NodeId, Zxid>,
    /// Phases 2 and 3: who is sent proposals; and up to where they have acknowledged the history, if they have.
    followers: BTreeMap<NodeId, Option<Position>>,
    /// Who was heard of since it looked last.
    heard: BTreeSet<NodeId>,
    /// The reads that wait, and the latest round that each follower has confirmed.
    rounds: Rounds,
    confirmed: BTreeMap<NodeId, u64>,
}

/// A node of Zab. See the [module](self).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Zab<C, S> {
    // Durable: changed by `replay` only.
    /// acceptedEpoch, the paper's f.p: the last one that it has promised.
    accepted_epoch: Epoch,
    /// currentEpoch, the paper's f.a: the one whose leader's history it has.
    current_epoch: Epoch,
    /// history.
    journal: Journal<C, S>,
    // Volatile.
    /// lastCommitted; what is committed is delivered at once.
    committed: Position,
    role: Role,
    /// logicalclock: the round of the election.
    clock: u64,
    /// The commands that wait for room in the leader's window.
    waiting: Waiting<C>,
    /// What the layer above wants to read, and where it must have got to if the leader has answered.
    reads: Barriers,
    members: Membership,
    settings: Settings,
    #[cfg(feature = "mutants")]
    flaw: Option<Flaw>,
}

impl<C: Value, S: Value> Actor for Zab<C, S> {
    type Provides = Log<C, S>;
    type Uses = Nothing;
    type Msg = Msg<C, S>;
    type Timer = Timer;
    type Record = Record<C, S>;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            // Everyone begins with phase 0.
            Event::Start if self.is_member(cx.me()) => {
                self.restore(cx);
                self.look(cx);
            }
            Event::Request(request) => self.request(request, cx),
            Event::Receive(from, msg) if self.is_member(from) && self.is_member(cx.me()) => {
                self.receive(from, msg, cx);
            }
            Event::Start | Event::Receive(..) => {} // not a member

            Event::Timeout(Contact) => self.lose_contact(cx),
            Event::Timeout(Wait) => self.end_wait(cx),
            Event::Timeout(Resend) => self.resend(cx),
            Event::Timeout(Tick) => self.tick(cx),
            Event::Indication(never) => match never {},
        }
    }

    fn replay(&mut self, record: Record<C, S>) {
        match record {
            Record::AcceptedEpoch(epoch) => self.accepted_epoch = epoch,
            Record::CurrentEpoch(epoch) => self.current_epoch = epoch,
            Record::Truncate(after) => self.journal.truncate(after),
            Record::Append(transactions) => self.journal.extend(&transactions),
            Record::Snapshot(snapshot) => {
                if !self.holds(Zxid::end_of(&snapshot)) {
                    self.journal.truncate(self.journal.start());
                }
                self.journal.compact(snapshot);
            }
        }
    }

    fn marks() -> Vec<&'static str> {
        let election = ["look", "vote", "elect"];
        let discovery = ["new epoch", "accept epoch", "give up"];
        let synchronization = ["diff", "trunc", "snap", "gap", "synchronize", "establish", "up to date"];
        let broadcast = ["propose", "append", "commit", "inform", "ping"];
        let beyond = ["snapshot", "restore", "read"];
        [&election[..], &discovery[..], &synchronization[..], &broadcast[..], &beyond[..]].concat()
    }
}

impl<C: Value, S: Value> Zab<C, S> {
    /// Handles a message. Each handler looks whether it is of the present leader or epoch.
    fn receive(&mut self, from: NodeId, msg: Msg<C, S>, cx: &mut Cx<'_, Self>) {
        match msg {
            Notification(state, clock, vote) => self.on_notification(from, state, clock, vote, cx),

            FollowerInfo(accepted) => self.on_follower_info(from, accepted, cx),
            LeaderInfo(epoch) => self.on_leader_info(from, epoch, cx),
            AckEpoch(epoch, current, last) => self.on_ack_epoch(from, epoch, current, last, cx),

            NewLeader(epoch, sync) => self.on_new_leader(from, epoch, sync, cx),
            AckNewLeader(epoch, at) => self.on_ack_new_leader(from, epoch, at, cx),
            UpToDate(epoch, at) => self.on_commit(from, epoch, at, cx),

            Propose(epoch, first, transactions) => self.on_propose(from, epoch, first, transactions, cx),
            Ack(epoch, at) => self.on_ack(from, epoch, at, cx),
            Commit(epoch, at) => {
                let early = self.is_synchronized() && self.follows().is_none();
                assert!(!(flaw!(self, PanicsOnEarlyCommit) && early), "UPTODATE has come before");
                self.on_commit(from, epoch, at, cx);
            }
            Inform(epoch, at, transaction) => self.on_inform(from, epoch, at, transaction, cx),
            Ping(epoch, at) => self.on_ping(from, epoch, at, cx),

            // Who has passed it on may believe in a leader of the past: then it is not passed on further.
            Forward(command) => self.on_command(from, command, cx),
            AskRead(id) => self.on_ask_read(from, id, cx),
            ReadAt(id, position) => self.on_read_at(id, position, cx),
            Confirm(epoch, round) => self.on_confirm(from, epoch, round, cx),
            Confirmed(epoch, round) => self.on_confirmed(from, epoch, round, cx),
        }
    }

    /// Handles a request of the layer above.
    fn request(&mut self, request: Request<C, S>, cx: &mut Cx<'_, Self>) {
        match (request, self.follows()) {
            (Request::Append(command), _) if self.accepts_commands() => {
                self.on_command(cx.me(), command, cx);
            }
            // A server passes on to its leader what changes the state; an observer too.
            (Request::Append(command), Some(leader)) => cx.send(leader, Forward(command)),
            (Request::Barrier(id), None) if self.leads() => self.read(id, cx.me(), cx),
            (Request::Barrier(id), Some(leader)) => self.read(id, leader, cx),
            (Request::Snapshot(position, state), _) if self.journal.can_compact(position, self.committed) => {
                self.compact(position, state, cx);
            }
            // No leader is established, as far as this node knows; or it makes no sense (now), or is not offered.
            (request, _) => cx.indicate(Indication::Refused(request)),
        }
    }

    /// Delivers everything up to this position, which is committed, as far as the history goes.
    fn commit_to(&mut self, position: Position, cx: &mut Cx<'_, Self>) {
        self.journal.commit(&mut self.committed, position, cx);
        self.reads.pass(self.committed, cx);
    }

    fn is_member(&self, node: NodeId) -> bool {
        self.members.contains(node)
    }

    /// What it knows as a follower of this leader, if it is one.
    fn following(&mut self, leader: NodeId) -> Option<&mut Following> {
        match &mut self.role {
            Role::Following(following) if following.leader == leader => Some(following),
            _ => None,
        }
    }

    fn accepts_commands(&self) -> bool {
        let early = matches!(&self.role, Role::Leading(lead) if lead.phase == Phase::Synchronization);
        self.leads() || early && flaw!(self, ProposesBeforeEstablished)
    }
}
