//! Single-decree Paxos, after Lamport, *Paxos Made Simple* (2001), §2.
//!
//! Every node has all three roles: it proposes what its client asks, it accepts, and it learns.
//!
//! - **Assumes** a majority of nodes that are up for long enough, and nothing else: links may lose, duplicate, reorder
//!   and delay; nodes may crash and restart from their disks. No timing is assumed for safety.
//! - **Guarantees** uniform agreement and validity always. Termination only once proposers stop duelling (Fischer,
//!   Lynch and Paterson 1985 allow no more): the retry timer's range is what makes that likely.
//! - **Durable** are the promise and the vote of the acceptor, and the proposal that the client made. The decision is
//!   not: a node that crashes may decide again, the same, once it is told or proposes again.

mod ballot;
#[cfg(feature = "mutants")]
mod flaws;
mod learner;

use std::{collections::BTreeSet, ops::Range, time::Duration};

use synod_actor::{Actor, Cx, Event, NodeId, Nothing, Value, Visit, Visitor};

use crate::Consensus;
use learner::Learner;

pub use ballot::Ballot;
#[cfg(feature = "mutants")]
pub use flaws::Flaw;
pub use learner::Learners;

/// What an acceptor accepted last, if anything: the ballot and the value proposed there.
pub type Vote<V> = Option<(Ballot, V)>;

/// What the nodes say to each other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Msg<V> {
    /// Phase 1a: promise me to accept nothing below this ballot.
    Prepare(Ballot),
    /// Phase 1b: I promise this ballot; this is my vote so far.
    Promise(Ballot, Vote<V>),
    /// Phase 2a: accept this value at this ballot.
    Accept(Ballot, V),
    /// Phase 2b: I voted for what you proposed at this ballot.
    Accepted(Ballot),
    /// Phase 2b where [everyone learns](Learners::Everyone): I voted for this value at this ballot.
    Voted(Ballot, V),
    /// I refuse: this is what I have promised. A courtesy, for the proposer to skip rounds; nothing depends on it.
    Nack(Ballot),
    /// This value is chosen.
    Decide(V),
}
use Msg::{Accept, Accepted, Decide, Nack, Prepare, Promise, Voted};

/// What a node writes to disk.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Record<V> {
    /// The client proposed this.
    Input(V),
    /// Promised to accept nothing below this ballot.
    Promised(Ballot),
    /// Voted for this value at this ballot, which is a promise of the ballot as well.
    Accepted(Ballot, V),
}

/// The proposer's timer: fires when a ballot takes so long that a new one is worth while.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Retry;

/// How long a proposer waits for its ballot. A range, so that two that duel fall out of step.
const PATIENCE: Range<Duration> = Duration::from_millis(100)..Duration::from_millis(300);

/// How far the node is, as a proposer and learner. Its ballot, where it has one under way, is what it has promised: its
/// own acceptor is the first to promise it, and promising a higher one supersedes it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Phase<V> {
    /// No ballot under way.
    Idle,
    /// Phase 1: who promised, and the vote of the highest ballot among those reported.
    Preparing { promises: BTreeSet<NodeId>, highest: Vote<V> },
    /// Phase 2: who accepted. The value is our own vote.
    Proposing { accepts: BTreeSet<NodeId> },
    /// Decided, and said so.
    Decided,
}

/// A node of single-decree Paxos. See the [module](self).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Paxos<V> {
    // Durable: changed by `replay` only.
    promised: Ballot,
    accepted: Vote<V>,
    input: Option<V>,
    // Volatile.
    /// The highest round heard of: never below the round promised.
    seen: u64,
    phase: Phase<V>,
    learner: Learner,
    #[cfg(feature = "mutants")]
    flaw: Option<Flaw>,
}

impl<V: Value> Actor for Paxos<V> {
    type Provides = Consensus<V>;
    type Uses = Nothing;
    type Msg = Msg<V>;
    type Timer = Retry;
    type Record = Record<V>;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => self.start(cx),
            Event::Request(value) if self.input.is_none() && self.undecided() => {
                self.persist(Record::Input(value), cx);
                self.prepare(self.next_ballot(cx.me()), cx);
            }
            // The first proposal counts; and whoever has decided has answered.
            Event::Request(_) => {}
            Event::Timeout(Retry) if self.pursues() => self.prepare(self.next_ballot(cx.me()), cx),
            // Decided, and the timer fired while its cancellation waited for the disk.
            Event::Timeout(Retry) => {}

            // Phase 1b: promise to accept nothing below the ballot, and tell the vote so far.
            Event::Receive(from, Prepare(ballot)) if self.promises(ballot) => {
                cx.mark("1b");
                let promise = Promise(ballot, self.accepted.clone());
                self.persist_and(Record::Promised(ballot), cx, |_, cx| cx.send(from, promise));
            }
            // Phase 2a, once a majority has promised exactly this ballot.
            Event::Receive(from, Promise(ballot, vote)) if self.counts_promise(ballot) => {
                self.count_promise(from, vote, cx);
            }
            // Phase 2b: vote, unless a higher ballot was promised since.
            Event::Receive(from, Accept(ballot, value)) if self.accepts(ballot) => {
                cx.mark("2b");
                assert!(
                    !(flaw!(self, ExpectsOwnPromise)) || ballot == self.promised,
                    "accepts what it promised"
                );
                if self.accepted == Some((ballot, value.clone())) {
                    // A duplicate. The vote is written, and this answer like the first waits until it is durable.
                    self.tell_vote(from, ballot, value, cx);
                } else {
                    self.vote(from, ballot, value, cx);
                }
            }
            // Chosen, once a majority has voted at exactly this ballot.
            Event::Receive(from, Accepted(ballot)) if self.is_proposing() && ballot == self.promised => {
                self.count_accepted(from, cx);
            }
            Event::Receive(from, Voted(ballot, value)) => self.count_vote(from, ballot, value, cx),
            Event::Receive(_, Decide(value)) if self.undecided() || flaw!(self, DecidesAgain) => {
                self.decide(value, cx);
            }

            // Refused, for a promise to a higher ballot. The timer goes on: it is the back-off.
            Event::Receive(from, Prepare(ballot) | Accept(ballot, _)) if ballot < self.promised => {
                cx.mark("nack");
                cx.send(from, Nack(self.promised));
            }
            // True whichever ballot of ours it answers, so it is not matched with one.
            Event::Receive(_, Nack(promised)) if self.undecided() => {
                self.seen = self.seen.max(promised.round);
                if flaw!(self, GivesUpOnNack) {
                    cx.cancel(Retry);
                }
            }

            // A duplicate: promised already, and answered. (An Accept at or above the promise was handled above.)
            Event::Receive(_, Prepare(_) | Accept(..)) => {}
            // Late: its ballot was superseded, has its majority, or ended in a crash.
            Event::Receive(_, Promise(..) | Accepted(_)) => {}
            // Late: decided already.
            Event::Receive(_, Nack(_) | Decide(_)) => {}
            Event::Indication(never) => match never {},
        }
    }

    fn replay(&mut self, record: Record<V>) {
        match record {
            Record::Input(value) => self.input = Some(value),
            Record::Promised(ballot) => self.promised = ballot,
            Record::Accepted(ballot, value) => {
                if !(flaw!(self, PromiseNotRaisedOnAccept)) {
                    self.promised = ballot;
                }
                self.accepted = Some((ballot, value));
            }
        }
        self.seen = self.seen.max(self.promised.round);
    }

    fn marks() -> Vec<&'static str> {
        vec!["1a", "1b", "2a", "2a adopts", "2b", "nack", "chosen", "decide"]
    }
}

/// The proposer.
impl<V: Value> Paxos<V> {
    /// A restart resumes what was asked before it. First boot has nothing to resume.
    fn start(&mut self, cx: &mut Cx<'_, Self>) {
        if flaw!(self, AmnesiacAcceptor) {
            (self.promised, self.accepted) = (Ballot::ZERO, None);
        }
        if self.pursues() {
            let reused = flaw!(self, BallotReusedAfterRestart) && self.promised.proposer == cx.me();
            self.prepare(if reused { self.promised } else { self.next_ballot(cx.me()) }, cx);
        }
    }

    /// Whether there is something left to propose.
    fn pursues(&self) -> bool {
        self.input.is_some() && self.undecided()
    }

    /// A ballot above everything heard of. It is promised durably before anyone hears of it, so that no restart can
    /// come up with it again.
    fn next_ballot(&self, me: NodeId) -> Ballot {
        let proposer = if flaw!(self, BallotsNotUnique) { NodeId(0) } else { me };
        let again = flaw!(self, RetriesSameBallot) && self.promised.round > 0 && self.promised.proposer == me;
        Ballot { round: self.seen + u64::from(!again), proposer }
    }

    /// Phase 1a. The proposer is the first to promise its own ballot.
    ///
    /// Its promise is counted at once although it is not durable yet. That is safe: whatever follows from the count is
    /// a later effect, so it waits for the disk (the barrier of [`Actor::persist`]), and the count itself is volatile,
    /// so a crash that loses the record loses the count with it. The same holds for its vote in phase 2.
    fn prepare(&mut self, ballot: Ballot, cx: &mut Cx<'_, Self>) {
        cx.mark("1a");
        self.persist(Record::Promised(ballot), cx);
        self.phase = Phase::Preparing { promises: BTreeSet::new(), highest: None };
        cx.send_others(Prepare(ballot));
        if !(flaw!(self, NeverRetries)) {
            cx.set(Retry, PATIENCE);
        }
        // A vote at a reused ballot is not an *earlier* vote.
        let earlier = |&(vote, _): &(Ballot, V)| vote < ballot || !(flaw!(self, BallotReusedAfterRestart));
        let vote = self.accepted.clone().filter(earlier);
        self.count_promise(cx.me(), vote, cx);
    }

    fn counts_promise(&self, ballot: Ballot) -> bool {
        matches!(self.phase, Phase::Preparing { .. })
            && (ballot == self.promised || flaw!(self, PromiseForAnyBallot))
    }

    /// Phase 2a, once a majority has promised: propose the value of the highest vote among them, or our own if none
    /// has voted. The proposer is the first to vote for it.
    fn count_promise(&mut self, from: NodeId, vote: Vote<V>, cx: &mut Cx<'_, Self>) {
        let lowest = flaw!(self, LowestBallotValue);
        let quorum = self.quorum(cx);
        let Phase::Preparing { promises, highest } = &mut self.phase else { return };
        promises.insert(from);
        *highest = match (highest.take(), vote) {
            (Some(one), Some(other)) if lowest => Some(one.min(other)),
            (one, other) => one.max(other), // None is below every vote
        };
        if promises.len() < quorum {
            return;
        }
        cx.mark("2a");
        let bound = highest.take().map(|(_, value)| value).filter(|_| !(flaw!(self, IgnoresVotes)));
        if bound.is_some() {
            cx.mark("2a adopts");
        }
        let value = bound.or_else(|| self.input.clone()).expect("only a node with an input prepares");
        let ballot = self.promised;
        self.persist(Record::Accepted(ballot, value.clone()), cx);
        self.phase = Phase::Proposing { accepts: BTreeSet::new() };
        cx.send_others(Accept(ballot, value.clone()));
        match self.learner {
            Learner::Told => self.count_accepted(cx.me(), cx),
            Learner::Counts(_) => self.tell_vote(cx.me(), ballot, value, cx),
        }
    }

    fn is_proposing(&self) -> bool {
        matches!(self.phase, Phase::Proposing { .. })
    }

    /// The value is chosen once a majority has voted for it at one ballot.
    fn count_accepted(&mut self, from: NodeId, cx: &mut Cx<'_, Self>) {
        let quorum = self.quorum(cx);
        let Phase::Proposing { accepts } = &mut self.phase else { return };
        accepts.insert(from);
        if accepts.len() < quorum {
            return;
        }
        cx.mark("chosen");
        let (_, value) = self.accepted.clone().expect("the proposer voted first");
        cx.send_others(Decide(value.clone()));
        self.decide(value, cx);
    }

    fn quorum(&self, cx: &Cx<'_, Self>) -> usize {
        if flaw!(self, QuorumOfHalf) { cx.group().len() / 2 } else { cx.majority() }
    }
}

/// The acceptor.
impl<V: Value> Paxos<V> {
    fn promises(&self, ballot: Ballot) -> bool {
        ballot > self.promised || (flaw!(self, BallotsNotUnique) && ballot == self.promised)
    }

    fn accepts(&self, ballot: Ballot) -> bool {
        ballot >= self.promised || flaw!(self, AcceptsBelowPromise)
    }

    /// Phase 2b.
    fn vote(&mut self, proposer: NodeId, ballot: Ballot, value: V, cx: &mut Cx<'_, Self>) {
        let record = Record::Accepted(ballot, value.clone());
        self.persist_and(record, cx, |node, cx| node.tell_vote(proposer, ballot, value, cx));
    }

    /// Writes, and answers once the write is durable. If it raised the promise, a ballot of our own is superseded.
    fn persist_and(
        &mut self,
        record: Record<V>,
        cx: &mut Cx<'_, Self>,
        answer: impl FnOnce(&mut Self, &mut Cx<'_, Self>),
    ) {
        let before = self.promised;
        if flaw!(self, ForgetfulAcceptor) {
            answer(self, cx);
            self.persist(record, cx);
        } else {
            self.persist(record, cx);
            answer(self, cx);
        }
        if self.promised > before && self.undecided() {
            self.phase = Phase::Idle;
        }
    }
}

/// What outsiders may see.
impl<V: Value> Paxos<V> {
    /// A node that has promised, accepted and proposed nothing.
    pub fn new() -> Self {
        Paxos {
            promised: Ballot::ZERO,
            accepted: None,
            input: None,
            seen: 0,
            phase: Phase::Idle,
            learner: Learner::Told,
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// A node with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(flaw: Flaw) -> Self {
        Paxos { flaw: Some(flaw), ..Paxos::new() }
    }

    /// The highest ballot promised; [`Ballot::ZERO`] if none was.
    pub fn promised(&self) -> Ballot {
        self.promised
    }

    /// The vote: what was accepted last.
    pub fn accepted(&self) -> Option<&(Ballot, V)> {
        self.accepted.as_ref()
    }

    /// Whether this incarnation has decided.
    pub fn has_decided(&self) -> bool {
        self.phase == Phase::Decided
    }

    fn undecided(&self) -> bool {
        !self.has_decided()
    }
}

impl<V: Value> Default for Paxos<V> {
    fn default() -> Self {
        Paxos::new()
    }
}

impl<V: Value + Visit> Visit for Paxos<V> {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        self.promised.visit(visitor);
        self.accepted.visit(visitor);
        self.input.visit(visitor);
        visitor.epoch(&mut self.seen);
        self.phase.visit(visitor);
        self.learner.visit(visitor);
    }
}

impl<V: Value + Visit> Visit for Phase<V> {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        match self {
            Phase::Idle | Phase::Decided => {}
            Phase::Preparing { promises, highest } => {
                promises.visit(visitor);
                highest.visit(visitor);
            }
            Phase::Proposing { accepts } => accepts.visit(visitor),
        }
    }
}

impl<V: Value + Visit> Visit for Msg<V> {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        match self {
            Prepare(ballot) | Accepted(ballot) | Nack(ballot) => ballot.visit(visitor),
            Promise(ballot, vote) => {
                ballot.visit(visitor);
                vote.visit(visitor);
            }
            Accept(ballot, value) | Voted(ballot, value) => {
                ballot.visit(visitor);
                value.visit(visitor);
            }
            Decide(value) => value.visit(visitor),
        }
    }
}

impl<V: Value + Visit> Visit for Record<V> {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        match self {
            Record::Input(value) => value.visit(visitor),
            Record::Promised(ballot) => ballot.visit(visitor),
            Record::Accepted(ballot, value) => {
                ballot.visit(visitor);
                value.visit(visitor);
            }
        }
    }
}

synod_actor::visit!(Retry {});
