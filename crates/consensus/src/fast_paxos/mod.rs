//! Fast Paxos, after Lamport, *Fast Paxos* (2006): consensus in two message delays if proposals do not collide.
//!
//! In [`Paxos`](crate::paxos) a value goes to a proposer, and from there to the acceptors. Here it goes to the acceptors at once:
//! in the one *fast* round each votes for the first value that it sees, and tells everyone. If enough of them saw the same one
//! first, it is chosen. If not, they have *collided*, and a *classic* round chooses: it must not contradict what the fast round
//! may have chosen, although several values were voted for there.
//!
//! - **Assumes** a classic quorum of nodes that are up for long enough, and nothing else: links may lose, duplicate, reorder and
//!   delay; nodes may crash and restart from their disks. No timing is assumed for safety.
//! - **Guarantees** uniform agreement and validity always; termination once proposers stop duelling; two message delays from
//!   the proposal if a fast quorum sees it first.
//! - **Durable** are the promise and the vote of the acceptor, and the proposal that the client made.
//!
//! Sizes (§3, the quorum requirement): with *n* nodes, any *c* are a classic quorum and any *f* a fast one. Two classic
//! quorums must meet, and a classic one must meet what two fast ones have in common: 2*c* > *n* and *c* + 2*f* > 2*n*.
//!
//! Only the lowest round is fast. Nothing can have been chosen below it, so its first phase is empty, and that any value may be
//! accepted in it ("the Any message") need not be said. After a collision its coordinator, the first node, begins a classic round
//! with a first phase of its own: the paper's coordinated recovery saves that by taking the votes for promises (§3, collision
//! recovery).

#[cfg(feature = "mutants")]
mod flaws;

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    time::Duration,
};

use synod_actor::{Actor, Cx, Event, NodeId, Nothing, Value};

use crate::{
    Consensus,
    paxos::{Ballot, Vote},
};

#[cfg(feature = "mutants")]
pub use flaws::Flaw;

/// The round in which values go to acceptors without a proposer between. It comes before all others.
pub const FAST: Ballot = Ballot { round: 1, proposer: NodeId(0) };

/// What the nodes say to each other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Msg<V> {
    /// Vote for this in the fast round, if you have not voted.
    Propose(V),
    /// Phase 2b of the fast round, to everyone: I have voted for this.
    Voted(V),
    /// Phase 1a of a classic round.
    Prepare(Ballot),
    /// Phase 1b: I promise this round; this is my vote so far.
    Promise(Ballot, Vote<V>),
    /// Phase 2a: accept this value.
    Accept(Ballot, V),
    /// Phase 2b of a classic round, to its proposer.
    Accepted(Ballot),
    /// I refuse: this is what I have promised.
    Nack(Ballot),
    /// This value is chosen.
    Decide(V),
}
use Msg::{Accept, Accepted, Decide, Nack, Prepare, Promise, Propose, Voted};

/// What a node writes to disk.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Record<V> {
    /// The client proposed this.
    Input(V),
    /// Promised to accept nothing below this round.
    Promised(Ballot),
    /// Voted for this value in this round, which is a promise of the round as well.
    Accepted(Ballot, V),
}

/// The proposer's timer: fires when a round takes so long that a new one is worth while.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Retry;

/// How long a proposer waits. A range, so that two that duel fall out of step.
const PATIENCE: Range<Duration> = Duration::from_millis(100)..Duration::from_millis(300);

/// How many nodes are enough.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Sizes {
    /// How many nodes there are.
    pub nodes: usize,
    /// How many of them are a quorum of a classic round.
    pub classic: usize,
    /// How many of them are a quorum of the fast round.
    pub fast: usize,
}

impl Sizes {
    /// Majorities for classic rounds, and the least that goes with them for the fast one: about three quarters.
    pub fn of(nodes: usize) -> Sizes {
        let classic = nodes / 2 + 1;
        Sizes { nodes, classic, fast: (2 * nodes - classic.min(nodes)) / 2 + 1 }
    }

    /// Whether all quorums meet as they must (§3, the quorum requirement).
    pub fn are_safe(&self) -> bool {
        2 * self.classic > self.nodes && self.classic + 2 * self.fast > 2 * self.nodes
    }
}

/// How far the node is with a classic round. Its ballot is what it has promised.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Phase<V> {
    /// None under way.
    Idle,
    /// Phase 1: what those who promised have voted for.
    Preparing(BTreeMap<NodeId, Vote<V>>),
    /// Phase 2: who accepted.
    Proposing(BTreeSet<NodeId>),
    /// Decided, and said so.
    Decided,
}

/// A node of Fast Paxos. See the [module](self).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FastPaxos<V> {
    // Durable: changed by `replay` only.
    promised: Ballot,
    accepted: Vote<V>,
    input: Option<V>,
    // Volatile.
    /// The highest round heard of.
    seen: u64,
    /// The votes of the fast round that were heard of.
    votes: BTreeMap<NodeId, V>,
    phase: Phase<V>,
    sizes: Sizes,
    #[cfg(feature = "mutants")]
    flaw: Option<Flaw>,
}

impl<V: Value> Actor for FastPaxos<V> {
    type Provides = Consensus<V>;
    type Uses = Nothing;
    type Msg = Msg<V>;
    type Timer = Retry;
    type Record = Record<V>;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            // A restart resumes what was asked before it, in a classic round: what it voted for in the fast one, others know.
            Event::Start if self.pursues() => self.prepare(cx),
            Event::Start => {}
            // The first proposal counts. It goes to the acceptors without a detour.
            Event::Request(value) if self.input.is_none() && self.undecided() => {
                cx.mark("propose");
                self.persist(Record::Input(value.clone()), cx);
                cx.send_others(Propose(value.clone()));
                self.be_patient(cx);
                self.vote_fast(value, cx);
            }
            Event::Request(_) => {}
            Event::Timeout(Retry) if self.pursues() => self.prepare(cx),
            // Decided, and the timer fired while its cancellation waited for the disk.
            Event::Timeout(Retry) => {}

            // The fast round: the first value that is seen is voted for.
            Event::Receive(_, Propose(value)) => self.vote_fast(value, cx),
            Event::Receive(from, Voted(value)) if self.undecided() => self.count_vote(from, value, cx),

            // Classic rounds, as in Paxos.
            Event::Receive(from, Prepare(ballot)) if ballot > self.promised => {
                cx.mark("1b");
                let promise = Promise(ballot, self.accepted.clone());
                self.persist(Record::Promised(ballot), cx);
                cx.send(from, promise);
                self.supersede();
            }
            Event::Receive(from, Promise(ballot, vote)) if ballot == self.promised => {
                self.count_promise(from, vote, cx);
            }
            Event::Receive(from, Accept(ballot, value)) if ballot >= self.promised => {
                cx.mark("2b");
                if self.accepted != Some((ballot, value.clone())) {
                    self.persist(Record::Accepted(ballot, value), cx);
                }
                cx.send(from, Accepted(ballot));
                self.supersede();
            }
            Event::Receive(from, Accepted(ballot)) if ballot == self.promised => {
                self.count_accepted(from, cx);
            }
            Event::Receive(_, Decide(value)) if self.undecided() || flaw!(self, DecidesAgain) => {
                self.decide(value, cx);
            }
            // Refused, for a promise to a higher round.
            Event::Receive(from, Prepare(ballot) | Accept(ballot, _)) if ballot < self.promised => {
                cx.mark("nack");
                cx.send(from, Nack(self.promised));
            }
            Event::Receive(_, Nack(promised)) if self.undecided() => {
                self.seen = self.seen.max(promised.round)
            }

            // A duplicate: promised already, and answered.
            Event::Receive(_, Prepare(_) | Accept(..)) => {}
            // Late: of a round that was superseded, has its quorum, or ended in a crash; or decided already.
            Event::Receive(_, Promise(..) | Accepted(_) | Voted(_) | Nack(_) | Decide(_)) => {}
            Event::Indication(never) => match never {},
        }
    }

    fn replay(&mut self, record: Record<V>) {
        match record {
            Record::Input(value) => self.input = Some(value),
            Record::Promised(ballot) => self.promised = ballot,
            Record::Accepted(ballot, value) => {
                self.promised = self.promised.max(ballot);
                self.accepted = Some((ballot, value));
            }
        }
        self.seen = self.seen.max(self.promised.round);
    }

    fn marks() -> Vec<&'static str> {
        let fast = ["propose", "vote", "collision", "chosen fast"];
        let classic = ["1a", "1b", "2a", "2a picks", "2b", "nack", "chosen", "decide"];
        [&fast[..], &classic[..]].concat()
    }
}

/// The fast round.
impl<V: Value> FastPaxos<V> {
    /// An acceptor treats a proposal as if the coordinator of the round had proposed it (§3): once, and unless it has promised
    /// more.
    fn vote_fast(&mut self, value: V, cx: &mut Cx<'_, Self>) {
        let free = self.accepted.is_none()
            || (flaw!(self, VotesAgain) && self.accepted.as_ref().is_some_and(|(ballot, _)| *ballot == FAST));
        if !free || (self.promised > FAST && !(flaw!(self, VotesBelowPromise))) {
            return;
        }
        cx.mark("vote");
        if flaw!(self, VotesBeforeDurable) {
            cx.send_others(Voted(value.clone()));
            self.persist(Record::Accepted(FAST, value.clone()), cx);
        } else {
            self.persist(Record::Accepted(FAST, value.clone()), cx);
            cx.send_others(Voted(value.clone()));
        }
        self.count_vote(cx.me(), value, cx);
    }

    /// Every node learns for itself. Votes of others are durable; the own one need not be yet, for what follows from the count
    /// waits behind the write.
    fn count_vote(&mut self, from: NodeId, value: V, cx: &mut Cx<'_, Self>) {
        if !self.undecided() {
            return;
        }
        self.votes.insert(from, value);
        let (heard, fast) = (self.votes.len(), self.sizes.fast);
        let count = |value: &V| self.votes.values().filter(|&other| other == value).count();
        if let Some(chosen) = self.votes.values().find(|&value| count(value) >= fast).cloned() {
            cx.mark("chosen fast");
            // Whoever asked for it sees to it that all hear of it, for some may have missed votes.
            if self.input.as_ref() == Some(&chosen) {
                cx.send_others(Decide(chosen.clone()));
            }
            return self.decide(chosen, cx);
        }
        let unheard = self.sizes.nodes.saturating_sub(heard);
        let collided = self.votes.values().all(|value| count(value) + unheard < fast);
        assert!(!(flaw!(self, ExpectsNoCollision) && collided), "all vote alike");
        if collided && cx.me() == FAST.proposer && self.promised <= FAST && self.phase == Phase::Idle {
            cx.mark("collision");
            self.prepare(cx);
        }
    }
}

/// Classic rounds.
impl<V: Value> FastPaxos<V> {
    fn pursues(&self) -> bool {
        self.input.is_some() && self.undecided()
    }

    fn undecided(&self) -> bool {
        self.phase != Phase::Decided
    }

    /// A round of another proposer was promised.
    fn supersede(&mut self) {
        if self.undecided() {
            self.phase = Phase::Idle;
        }
    }

    fn be_patient(&self, cx: &mut Cx<'_, Self>) {
        if !(flaw!(self, NeverRetries)) {
            cx.set(Retry, PATIENCE);
        }
    }

    /// Phase 1a, in a round above all that were heard of. It is promised durably before anyone hears of it.
    fn prepare(&mut self, cx: &mut Cx<'_, Self>) {
        cx.mark("1a");
        let ballot = Ballot { round: self.seen.max(FAST.round).saturating_add(1), proposer: cx.me() };
        self.persist(Record::Promised(ballot), cx);
        self.phase = Phase::Preparing(BTreeMap::new());
        cx.send_others(Prepare(ballot));
        self.be_patient(cx);
        self.count_promise(cx.me(), self.accepted.clone(), cx);
    }

    /// Phase 2a, once a quorum has promised.
    fn count_promise(&mut self, from: NodeId, vote: Vote<V>, cx: &mut Cx<'_, Self>) {
        let Phase::Preparing(promises) = &mut self.phase else { return };
        promises.insert(from, vote);
        if promises.len() < self.sizes.classic {
            return;
        }
        let promises = std::mem::take(promises);
        let Some(value) = self.pick(&promises, cx) else { return };
        cx.mark("2a");
        let ballot = self.promised;
        self.persist(Record::Accepted(ballot, value.clone()), cx);
        self.phase = Phase::Proposing(BTreeSet::new());
        cx.send_others(Accept(ballot, value));
        self.count_accepted(cx.me(), cx);
    }

    /// The value to propose (§3, the rule by which a coordinator picks). Of the votes of the highest round that is reported: if
    /// the round is classic, all are for one value, and that is it. If it is the fast one, there may be several. The one that may
    /// have been chosen is it: all who were not heard of may have voted for it too. By the sizes of the quorums there is one at
    /// most; if there is none, any that was proposed will do.
    fn pick(&self, promises: &BTreeMap<NodeId, Vote<V>>, cx: &mut Cx<'_, Self>) -> Option<V> {
        let ignores = flaw!(self, IgnoresFastVotes);
        let counts = |ballot: Ballot| !ignores || ballot != FAST;
        let reported = || promises.values().flatten().filter(|(ballot, _)| counts(*ballot));
        let Some(highest) = reported().map(|(ballot, _)| *ballot).max() else { return self.input.clone() };
        let votes: Vec<&V> =
            reported().filter(|(ballot, _)| *ballot == highest).map(|(_, value)| value).collect();
        let unheard = self.sizes.nodes.saturating_sub(promises.len());
        let any = flaw!(self, PicksAnyVote);
        let may_be_chosen = |value: &&&V| {
            let voters = votes.iter().filter(|other| other == value).count();
            highest != FAST || (voters + unheard >= self.sizes.fast && !any)
        };
        cx.mark("2a picks");
        votes.iter().find(may_be_chosen).or(votes.iter().max()).map(|&value| value.clone())
    }

    fn count_accepted(&mut self, from: NodeId, cx: &mut Cx<'_, Self>) {
        let Phase::Proposing(accepts) = &mut self.phase else { return };
        accepts.insert(from);
        if accepts.len() < self.sizes.classic {
            return;
        }
        let Some((_, value)) = self.accepted.clone() else { return };
        cx.mark("chosen");
        cx.send_others(Decide(value.clone()));
        self.decide(value, cx);
    }

    fn decide(&mut self, value: V, cx: &mut Cx<'_, Self>) {
        cx.mark("decide");
        self.phase = Phase::Decided;
        self.votes.clear();
        self.seen = self.promised.round; // what else was heard of no longer matters
        cx.cancel(Retry);
        cx.indicate(value);
    }
}

/// What outsiders may see.
impl<V: Value> FastPaxos<V> {
    /// A node that has promised, accepted and proposed nothing. That the sizes are safe is up to the caller:
    /// [`Sizes::are_safe`] tells.
    pub fn new(sizes: Sizes) -> Self {
        FastPaxos {
            promised: Ballot::ZERO,
            accepted: None,
            input: None,
            seen: 0,
            votes: BTreeMap::new(),
            phase: Phase::Idle,
            sizes,
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// The same node, with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(self, flaw: Flaw) -> Self {
        FastPaxos { flaw: Some(flaw), ..self }
    }

    /// The vote: what was accepted last.
    pub fn accepted(&self) -> Option<&(Ballot, V)> {
        self.accepted.as_ref()
    }

    /// Whether this incarnation has decided.
    pub fn has_decided(&self) -> bool {
        self.phase == Phase::Decided
    }
}
