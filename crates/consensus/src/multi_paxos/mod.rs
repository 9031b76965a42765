//! Multi-Paxos, after Lamport, *Paxos Made Simple* (2001), §3, with the roles of van Renesse and Altinbuken, *Paxos Made
//! Moderately Complex* (2015), and the quorums of Howard, Malkhi and Spiegelman, *Flexible Paxos* (2016).
//!
//! A log is a sequence of positions, and for each of them an instance of [`Paxos`](crate::paxos) chooses a decree. All of them
//! share their first phase: who has a quorum's promises of a ballot leads it, and from then on a command takes the second phase
//! only, one round trip.
//!
//! - **Assumes** that some quorum of each kind is up for long enough, and nothing else for safety, if any two quorums of the two
//!   kinds meet ([`Quorums::disjoint`]): links may lose, duplicate, reorder and delay; nodes may crash and restart from their
//!   disks. No clock is read.
//! - **Guarantees** what the port [`Log`] says. Commands are committed once a quorum for replication is up, links deliver,
//!   and somebody leads: which takes a quorum for election, and waiting times that differ enough to end duels.
//! - **Durable** are the promise and the votes, with the snapshot. What is chosen is not: a node that restarts is told again, and
//!   tells again.
//!
//! Ballots are [`Epoch`]s: `round * nodes + proposer`. Every node is an acceptor, a learner and a proposer; one that is in no
//! quorum only learns. `acceptor.rs`, `leader.rs` (the proposer) and `learner.rs` are these roles; `journal.rs` is what acceptors
//! remember, `catch_up.rs` is for nodes that have missed something, and `reads.rs` answers barriers.
//!
//! **To read in this order**: `message.rs`, this file, `leader.rs`, `acceptor.rs`, `learner.rs`. They are the core, for which
//! `journal.rs` is a map from positions to votes. A first reading leaves out `catch_up.rs` and `reads.rs`, which are options, and
//! `outside.rs`, which is how a node is made and looked at.
//!
//! Beyond the paper: votes carry the ballot in which their decree was proposed first, for the port promises an epoch with each
//! entry; learners are told *how far* everything is chosen, together with the ballot, rather than each decree once more; and a
//! node that has missed something is proposed it again, or given a snapshot, which is the only way to catch up.
//! [`Change`](Request::Change) is refused: the quorums are what they are from the beginning. Members change in a layer above:
//! [`reconfiguration`](crate::reconfiguration).

mod acceptor;
mod catch_up;
#[cfg(feature = "mutants")]
mod flaws;
mod journal;
mod leader;
mod learner;
mod message;
mod outside;
mod reads;

use synod_actor::{Actor, Cx, Event, NodeId, Nothing, Value};

use crate::{
    Epoch, Log, Membership, Quorums,
    barriers::Barriers,
    log::{Indication, Position, Replica, Request},
    waiting::Waiting,
};

#[cfg(feature = "mutants")]
pub use flaws::Flaw;
pub use journal::Journal;
use leader::{Leadership, Scout};
pub use message::{Decree, Msg, Proposal, Record, Report, Timer, Vote};
use message::{Msg::*, Timer::*};
pub use outside::Settings;

/// How far the node is as a proposer. Its ballot, where it has one under way, is what it has promised: its own acceptor is the
/// first to promise it, and promising a higher one supersedes it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Phase<C> {
    /// No ballot under way.
    Idle,
    /// Phase 1, for all positions at once.
    Preparing(Scout<C>),
    /// Phase 2, for one position after the other.
    Leading(Leadership),
}

/// A node of Multi-Paxos. See the [module](self).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MultiPaxos<C, S> {
    // Durable: changed by `replay` only.
    /// The highest ballot promised.
    promised: Epoch,
    /// What was accepted, for each position.
    journal: Journal<C, S>,
    // Volatile.
    /// Everything up to here is known to be chosen, and indicated.
    chosen: Position,
    /// The highest ballot heard of from those who refuse.
    seen: Epoch,
    phase: Phase<C>,
    /// The commands that wait for room in the leader's window.
    waiting: Waiting<C>,
    /// Who leads the ballot that is promised, as long as it counts as alive.
    leader: Option<NodeId>,
    /// What the layer above wants to read.
    reads: Barriers,
    quorums: Quorums,
    /// Who is in some quorum.
    members: Membership,
    settings: Settings,
    #[cfg(feature = "mutants")]
    flaw: Option<Flaw>,
}

impl<C: Value, S: Value> Actor for MultiPaxos<C, S> {
    type Provides = Log<C, S>;
    type Uses = Nothing;
    type Msg = Msg<C, S>;
    type Timer = Timer;
    type Record = Record<C, S>;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => self.start(cx),
            Event::Request(request) => self.request(request, cx),
            Event::Receive(from, msg) => self.receive(from, msg, cx),
            // Phase 1a: nobody was heard of, or the own ballot has no outcome.
            Event::Timeout(Patience) if !self.leads() => self.prepare(cx),
            // It fired while its cancellation waited for the disk.
            Event::Timeout(Patience) => {}
            Event::Timeout(Repeat) => self.heartbeat(cx),
            Event::Indication(never) => match never {},
        }
    }

    fn replay(&mut self, record: Record<C, S>) {
        match record {
            Record::Promised(ballot) => self.promised = ballot,
            Record::Accepted(ballot, first, decrees) => {
                if !(flaw!(self, PromiseNotRaisedOnAccept)) {
                    self.promised = ballot;
                }
                self.journal.accept(ballot, first, &decrees);
            }
            Record::Snapshot(snapshot) => {
                if flaw!(self, PrunesPromise) {
                    self.promised = Epoch::ZERO;
                }
                self.journal.install(snapshot);
            }
        }
    }

    fn marks() -> Vec<&'static str> {
        let proposer =
            ["1a", "2a", "batch", "adopt", "fill gap", "lead", "preempted", "catch up", "take over"];
        let acceptor = ["1b", "2b", "nack"];
        let learner = ["chosen", "snapshot", "install", "read"];
        [&proposer[..], &acceptor[..], &learner[..]].concat()
    }
}

impl<C: Value, S: Value> MultiPaxos<C, S> {
    /// Handles a message.
    fn receive(&mut self, from: NodeId, msg: Msg<C, S>, cx: &mut Cx<'_, Self>) {
        match msg {
            // To acceptors. Phases 1b and 2b.
            Prepare(ballot, after) if self.promises(ballot) => self.on_prepare(from, ballot, after, cx),
            Accept(proposal) if self.accepts(proposal.ballot) => self.on_accept(from, proposal, cx),

            // To the proposer of exactly this ballot. Phases 1 and 2.
            Promise(ballot, report) if ballot == self.promised || flaw!(self, CountsOtherPromises) => {
                self.on_promise(from, report, cx);
            }
            Accepted(ballot, first, last) if ballot == self.promised => {
                self.on_accepted(from, first, last, cx);
            }
            Following(ballot, round) if ballot == self.promised => self.on_following(from, round, cx),
            Missing(ballot, after) if ballot == self.promised => self.on_missing(from, after, cx),
            // Late: of a ballot in which this node led, or tried to, before.
            Promise(..) | Accepted(..) | Following(..) | Missing(..) => {}

            // To learners, from whoever leads.
            Chosen(ballot, chosen) if ballot >= self.promised => {
                self.obey(from, ballot, cx);
                self.learn(from, ballot, chosen, cx);
            }
            Heartbeat(ballot, chosen, round) if ballot >= self.promised => {
                self.obey(from, ballot, cx);
                cx.send(from, Following(ballot, round));
                self.learn(from, ballot, chosen, cx);
            }
            Install(ballot, snapshot) if ballot >= self.promised => {
                self.obey(from, ballot, cx);
                self.install(snapshot, cx);
            }
            TakeOver(ballot) if ballot == self.promised && !self.leads() => {
                cx.mark("take over");
                self.prepare(cx);
            }
            // Late: somebody else has led, or tried to, since.
            TakeOver(_) => {}

            // Refused, for the promise of a higher ballot. It is a courtesy: nothing depends on it.
            Prepare(ballot, _) | Chosen(ballot, _) | Heartbeat(ballot, ..) | Install(ballot, _)
                if ballot < self.promised =>
            {
                self.refuse(from, cx);
            }
            Accept(_) => self.refuse(from, cx),
            Nack(promised) => self.on_nack(promised, cx),
            // A duplicate: promised already, and answered.
            Prepare(..) | Chosen(..) | Heartbeat(..) | Install(..) => {}

            // Who has passed it on may believe in a leader of the past: then it is not passed on further.
            Forward(command) => self.append(from, command, cx),
            AskRead(id) => self.on_ask_read(from, id, cx),
            ReadAt(id, position) => self.on_read_at(id, position, cx),
        }
    }

    fn refuse(&self, from: NodeId, cx: &mut Cx<'_, Self>) {
        cx.mark("nack");
        cx.send(from, Nack(self.promised));
    }

    /// Handles a request of the layer above.
    fn request(&mut self, request: Request<C, S>, cx: &mut Cx<'_, Self>) {
        match (request, self.leader) {
            (Request::Append(command), _) if self.leads() => self.append(cx.me(), command, cx),
            // "Clients send commands to the leader" (§3).
            (Request::Append(command), Some(leader)) => cx.send(leader, Forward(command)),
            (Request::Barrier(id), _) => self.read(id, cx),
            (Request::Snapshot(position, state), _) if self.can_compact(position) => {
                self.compact(position, state, cx);
            }
            // Anyone may lead at any time, whatever it has missed: phase 1 tells it. So the other one is just told to.
            (Request::Transfer(to), _) if self.leads() && to != cx.me() && self.members.is_voter(to) => {
                cx.send(to, TakeOver(self.promised));
            }
            // No leader is known, or it is for the leader only, or it makes no sense (now).
            (request, _) => cx.indicate(Indication::Refused(request)),
        }
    }

    /// Begins, or begins again with what is durable.
    fn start(&mut self, cx: &mut Cx<'_, Self>) {
        if flaw!(self, ForgetsOnRestart) {
            (self.promised, self.journal) = (Epoch::ZERO, Journal::new());
        }
        if let Some(snapshot) = self.journal.snapshot() {
            self.chosen = snapshot.position;
            cx.indicate(Indication::Restore(snapshot.clone()));
        }
        self.set_patience(cx);
    }
}
