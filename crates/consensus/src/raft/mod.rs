//! Raft, after Ongaro and Ousterhout, *In Search of an Understandable Consensus Algorithm* (2014; "the paper", whose
//! sections are cited as §5.2) and Ongaro, *Consensus: Bridging Theory and Practice* (2014; "the dissertation").
//!
//! - **Assumes** that a majority of the voters is up for long enough, and nothing else for safety: links may lose, duplicate,
//!   reorder and delay; nodes may crash and restart from their disks. No clock is read. Only lease reads, which are off by default,
//!   assume that clocks run alike: see [`Settings::lease`].
//! - **Guarantees** what the port [`Log`] says. Commands are committed once a majority is up, links deliver, and election
//!   timeouts are long enough that a leader can be heard of within them (§5.6).
//! - **Durable** are the term, the vote and the log with its snapshot. What is committed is not: a node that restarts is
//!   told again, and tells again.
//!
//! The state is the left half of Figure 2, and what happens is its right half: in `election.rs` candidates and those who
//! vote; in `leader.rs` replication as the leader sees it, in `follower.rs` as the others do.
//!
//! **To read in this order**: `message.rs`, this file, `election.rs`, `leader.rs`, `follower.rs`. They are the core, for which
//! `journal.rs` (with `shared.rs`) is a list of entries ([`Stamped`], each at a [`Point`]). A first reading leaves out what goes beyond the figure: `conflicts.rs` (where
//! logs part, found in few steps) and `notices.rs` (of what is committed), which save time; `snapshots.rs` (§7), `disruptions.rs` (pre-vote
//! and check-quorum), `change.rs` (of members), `reads.rs`, `lease.rs`, `transfer.rs` (of leadership), which are options; and `outside.rs`,
//! which is how a node is made and looked at.
//!
//! Deviations, each explained where it is: votes are written together with the term that they raise; a leader sends entries
//! before it has written them, and lets commands wait, in no log yet, while many entries are not yet committed; it tells the others
//! at once that an entry is committed, by a message that nobody answers; all of Figure 2's replies say more than "false", to save steps.

mod change;
mod conflicts;
mod disruptions;
mod election;
#[cfg(feature = "mutants")]
mod flaws;
mod follower;
mod journal;
mod leader;
mod lease;
mod message;
mod notices;
mod outside;
mod reads;
mod snapshots;
mod transfer;

use std::collections::BTreeSet;

use synod_actor::{Actor, Cx, Event, NodeId, Nothing, Value};

use crate::{
    Epoch, Log,
    barriers::Barriers,
    log::{Indication, Position, Replica, Request},
    waiting::Waiting,
};

#[cfg(feature = "mutants")]
pub use flaws::Flaw;
pub use journal::{Journal, Point, Stamped};
use leader::Leadership;
pub use message::{Append, Msg, Record, Rejection, Timer, Vote};
use message::{Msg::*, Timer::*};
pub use outside::Settings;

/// What a node is at the moment (Figure 4).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Role {
    /// Answers, and waits for a leader to be heard of.
    Follower,
    /// Asks who would vote for it in the next term (dissertation, §9.6).
    PreCandidate { votes: BTreeSet<NodeId> },
    /// Asks for votes in this term.
    Candidate { votes: BTreeSet<NodeId> },
    /// Won the election of this term.
    Leader(Leadership),
}

/// A node of Raft. See the [module](self).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Raft<C, S> {
    // Persistent state on all servers (Figure 2): changed by `replay` only.
    /// currentTerm.
    term: Epoch,
    /// votedFor, in that term.
    voted_for: Option<NodeId>,
    /// log[], and what it begins with.
    journal: Journal<C, S>,
    // Volatile state on all servers.
    /// commitIndex; and lastApplied, for what is committed is indicated at once.
    commit: Position,
    role: Role,
    /// What a leader was asked to append, and has not yet appended.
    waiting: Waiting<C>,
    /// Who leads this term, while it counts as alive: until a timer says that it was not heard of.
    leader: Option<NodeId>,
    /// With leases: whether it may have heard of a leader within the least election timeout.
    faithful: bool,
    /// What the layer above wants to read, and where it must have got to if the leader has answered.
    reads: Barriers,
    settings: Settings,
    #[cfg(feature = "mutants")]
    flaw: Option<Flaw>,
}

impl<C: Value, S: Value> Actor for Raft<C, S> {
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

            // Followers and candidates (§5.2): nobody was heard of for an election timeout.
            Event::Timeout(Election) => self.lose_patience(cx),
            // A leader was not heard of for the least election timeout: it no longer counts as alive.
            Event::Timeout(Contact) => self.lose_contact(cx),
            // Leaders: repeat heartbeats during idle periods (§5.2).
            Event::Timeout(Heartbeat) => self.heartbeat(cx),
            // Leaders: has a quorum answered in the meantime?
            Event::Timeout(Quorum) => self.check_quorum(cx),
            Event::Timeout(Transfer) => self.end_transfer(cx),
            Event::Timeout(CatchUp) => self.end_round(cx),
            Event::Timeout(Lease(round)) => self.end_lease(round),
            Event::Indication(never) => match never {},
        }
    }

    fn replay(&mut self, record: Record<C, S>) {
        match record {
            Record::Term(term, vote) => (self.term, self.voted_for) = (term, vote),
            Record::Append(after, entries) => self.journal.append(after, &entries),
            Record::Snapshot(snapshot) => self.install(snapshot),
        }
    }

    fn marks() -> Vec<&'static str> {
        let election = ["pre-vote", "campaign", "vote", "refuse", "leader", "resign"];
        let replication = ["append", "truncate", "reject", "go back", "commit", "snapshot", "install"];
        let beyond = ["batch", "catch up", "give up", "change", "leave", "handover", "read"];
        [&election[..], &replication[..], &beyond[..]].concat()
    }
}

impl<C: Value, S: Value> Raft<C, S> {
    /// Handles a message. First come the rules for all servers (Figure 2).
    fn receive(&mut self, from: NodeId, msg: Msg<C, S>, cx: &mut Cx<'_, Self>) {
        // "If RPC request or response contains term T > currentTerm: set currentTerm = T, convert to follower."
        // Votes have their own way to do so, with the vote in the same write.
        if let Some(term) = msg.term().filter(|&term| term > self.term) {
            self.follow(term, None, cx);
        }
        match msg {
            RequestVote(..) if flaw!(self, LearnersRefuse) && !self.may_lead(cx.me()) => {}
            RequestVote(term, last, Vote::Pre) => self.answer_pre_vote(from, term, last, cx),
            RequestVote(_, _, vote) if self.ignores_candidates(vote) => {}
            RequestVote(term, last, vote) => self.on_request_vote(from, term, last, vote, cx),
            Voted(term, vote, true) => self.count_vote(from, term, vote, cx),
            // Refused, in our term. If it was in a higher one we know by now, and follow.
            Voted(_, _, false) => {}

            // A leader of an earlier term is told of the later one.
            Append(message::Append { term, .. }) | Install(term, _)
                if term < self.term && !(flaw!(self, FollowsOldLeaders)) =>
            {
                cx.send(from, Rejected(self.term, Rejection::default()));
            }
            // There is at most one leader in a term (§5.2). A message of another one is not to be believed.
            Append(_) | Install(..) if self.leads() => {}
            Append(append) => self.on_append(from, append, cx),
            Install(_, snapshot) => self.on_install(from, snapshot, cx),

            Appended(term, index, round) if term == self.term => self.on_appended(from, index, round, cx),
            Rejected(term, rejection) if term == self.term => self.on_rejected(from, rejection, cx),
            // Late: of a term in which this node led before.
            Appended(..) | Rejected(..) => {}

            Committed(point) => self.on_committed(point, cx),

            TimeoutNow(term, last) => self.on_timeout_now(term, last, cx),

            // Who has passed it on may believe in a leader of the past. It is not passed on further.
            Forward(command) if self.accepts_commands() => self.on_command(from, command, cx),
            Forward(_) => {}
            AskRead(id) => self.on_ask_read(from, id, cx),
            ReadAt(id, position) => self.on_read_at(id, position, cx),
        }
    }

    /// Handles a request of the layer above.
    fn request(&mut self, request: Request<C, S>, cx: &mut Cx<'_, Self>) {
        match (request, self.leader) {
            (Request::Append(command), _) if self.accepts_commands() => self.on_command(cx.me(), command, cx),
            // "If a client contacts a follower, the follower redirects it to the leader" (§5.1).
            (Request::Append(command), Some(leader)) if !self.leads() => cx.send(leader, Forward(command)),
            (Request::Barrier(id), _) => self.read(id, cx),
            (Request::Snapshot(at, state), _) if self.can_compact(at) => self.compact(at, state, cx),
            (Request::Change(members), _) if self.accepts_change(&members) => self.change(members, cx),
            (Request::Transfer(to), _) if self.can_transfer_to(to, cx.me()) => self.transfer(to, cx),
            // No leader is known, or it is for the leader only, or it makes no sense (now).
            (request, _) => cx.indicate(Indication::Refused(request)),
        }
    }

    /// Begins, or begins again with what is durable.
    fn start(&mut self, cx: &mut Cx<'_, Self>) {
        if flaw!(self, TruncatesOnRestart) {
            self.persist(Record::Append(self.journal.start().index, Default::default()), cx);
        }
        self.restore(cx);
        self.wait_for_election(cx);
        if !(flaw!(self, ForgetsFaith)) {
            self.keep_faith(cx);
        }
    }

    /// Indicates everything up to this position, which is committed, as far as the log goes.
    fn commit_to(&mut self, index: Position, cx: &mut Cx<'_, Self>) {
        let before = self.commit;
        while self.commit < index {
            let Some(stamped) = self.journal.get(self.commit + 1) else { break };
            self.commit += 1;
            cx.indicate(Indication::Committed(self.commit, stamped.term, stamped.entry.clone()));
        }
        if self.commit > before {
            cx.mark("commit");
            self.reads.pass(self.commit, cx);
        }
    }
}

impl<C, S> Msg<C, S> {
    /// The term that the sender is in; `None` where the receiver's term is not to be raised by the message alone.
    fn term(&self) -> Option<Epoch> {
        match self {
            RequestVote(..) | Voted(_, Vote::Pre, true) => None,
            Append(append) => Some(append.term),
            Voted(term, ..)
            | Install(term, _)
            | Appended(term, ..)
            | Rejected(term, _)
            | TimeoutNow(term, _) => Some(*term),
            Committed(_) | Forward(_) | AskRead(_) | ReadAt(..) => None,
        }
    }
}
