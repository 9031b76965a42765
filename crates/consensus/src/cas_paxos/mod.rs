//! CASPaxos, after Rystsov, *CASPaxos: Replicated State Machines without logs* (2018).
//!
//! [`Paxos`](crate::paxos) decides once. Here what a ballot accepts is a state, and the next ballot accepts a function of it: a
//! proposer learns in phase 1 what the state is, applies a [`Change`], and has the result accepted in phase 2. So there is one state
//! that is rewritten, and no log.
//!
//! - **Assumes** a majority of nodes that are up for long enough, and nothing else: links may lose, duplicate, reorder and
//!   delay; nodes may crash and restart from their disks. No timing is assumed for safety.
//! - **Guarantees** linearizability always ([`Changes`]). Termination only once proposers stop duelling: there is no leader, and any
//!   node proposes what its clients ask.
//! - **Durable** are the promise and what was accepted. What clients asked for is not: a node that crashes owes no answer.
//!
//! Every change takes both phases, also one that changes nothing: what phase 1 finds may be accepted by a few only, and another
//! quorum may not find it. A read that ends there is not linearizable.
//!
//! **One round trip** (§2.2.1, "One-round trip optimization"): whoever accepts a ballot promises the same proposer's next one with
//! it. A proposer whose ballot was chosen knows the state and has a majority's promise, so its next change needs phase 2 only.
//!
//! Deviation: if phase 2 is interrupted nobody knows whether the change has taken place. The paper leaves that to its client. Here
//! the state carries, for each node, the last change that it proposed and the answer: who tries again finds out, and each change
//! takes place once. A node proposes one change at a time, so one is enough.
//!
//! Left out: changes of members (§2.3), and deletion (§3.1), which needs a collector that talks to all acceptors and proposers.
//! Until then a state that is no longer needed takes the room of one value at each node.

#[cfg(feature = "mutants")]
mod flaws;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    ops::Range,
    time::Duration,
};

use synod_actor::{Actor, Cx, Event, NodeId, Nothing};

use crate::{
    Change, Changes,
    changes::RequestId,
    paxos::{Ballot, Vote},
};

#[cfg(feature = "mutants")]
pub use flaws::Flaw;

/// The state, as it is accepted.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Held<F: Change> {
    /// The state.
    pub state: F::State,
    /// The last change that each node has proposed, with its answer: they have taken place.
    pub done: BTreeMap<NodeId, (RequestId, F::Answer)>,
}

/// What the nodes say to each other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Msg<F: Change> {
    /// Phase 1a: promise me to accept nothing below this ballot.
    Prepare(Ballot),
    /// Phase 1b: I promise this ballot; this is what I have accepted so far.
    Promise(Ballot, Vote<Held<F>>),
    /// Phase 2a: accept this at this ballot, and promise my next one.
    Accept(Ballot, Held<F>),
    /// Phase 2b: I have accepted what you proposed at this ballot.
    Accepted(Ballot),
    /// I refuse: this is what I have promised. A courtesy, for the proposer to skip rounds; nothing depends on it.
    Nack(Ballot),
}
use Msg::{Accept, Accepted, Nack, Prepare, Promise};

/// What a node writes to disk.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Record<F: Change> {
    /// Promised to accept nothing below this ballot.
    Promised(Ballot),
    /// Accepted this at this ballot, and promised the proposer's next one.
    Accepted(Ballot, Held<F>),
}

/// The proposer's timer: fires when a ballot takes so long that a new one is worth while.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Retry;

/// How long a proposer waits for its ballot. A range, so that two that duel fall out of step.
const PATIENCE: Range<Duration> = Duration::from_millis(100)..Duration::from_millis(300);

/// How far the proposer is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Phase<F: Change> {
    /// No ballot under way, and none that could go on with phase 2.
    Idle,
    /// Phase 1 of a ballot, which is what this node has promised: who promised, and the highest vote among those reported.
    Preparing { promises: BTreeSet<NodeId>, highest: Vote<Held<F>> },
    /// Phase 2 of this ballot: who accepted, and what to answer. What was proposed is what this node has accepted.
    Proposing { ballot: Ballot, accepts: BTreeSet<NodeId>, answer: F::Answer },
    /// A quorum has promised what this node has promised, and accepted what it has accepted: phase 1 is done.
    Prepared,
}

/// A node of CASPaxos. See the [module](self).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CasPaxos<F: Change> {
    // Durable: changed by `replay` only.
    promised: Ballot,
    accepted: Vote<Held<F>>,
    // Volatile.
    /// The state before the first change: the same at all nodes.
    initial: F::State,
    /// What clients asked for and is not answered yet. The first is being proposed.
    asked: VecDeque<(RequestId, F)>,
    /// The highest round heard of: never below the round promised.
    seen: u64,
    phase: Phase<F>,
    #[cfg(feature = "mutants")]
    flaw: Option<Flaw>,
}

impl<F: Change> Actor for CasPaxos<F> {
    type Provides = Changes<F>;
    type Uses = Nothing;
    type Msg = Msg<F>;
    type Timer = Retry;
    type Record = Record<F>;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => self.start(cx.me()),
            Event::Request(asked) => {
                self.asked.push_back(asked);
                if self.asked.len() == 1 {
                    self.propose_next(cx);
                }
            }
            // The ballot takes too long, or another one has come between.
            Event::Timeout(Retry) if !self.asked.is_empty() => self.prepare(self.next_ballot(cx.me()), cx),
            // Answered, and the timer fired while its cancellation waited for the disk.
            Event::Timeout(Retry) => {}

            // Phase 1b: promise to accept nothing below the ballot, and tell what was accepted so far.
            Event::Receive(from, Prepare(ballot)) if self.promises(ballot) => {
                cx.mark("1b");
                let promise = Promise(ballot, self.accepted.clone());
                self.persist_and(Record::Promised(ballot), from, promise, cx);
            }
            // Phase 2a, once a majority has promised exactly this ballot.
            Event::Receive(from, Promise(ballot, vote)) if self.counts_promise(ballot) => {
                self.count_promise(from, vote, cx);
            }
            // Phase 2b: accept, unless a higher ballot was promised since.
            Event::Receive(from, Accept(ballot, held)) if ballot >= self.promised => {
                cx.mark("2b");
                assert!(
                    !(flaw!(self, ExpectsOwnPromise)) || ballot == self.promised,
                    "accepts what it promised"
                );
                self.persist_and(Record::Accepted(ballot, held), from, Accepted(ballot), cx);
            }
            // Chosen, once a majority has accepted at exactly this ballot.
            Event::Receive(from, Accepted(ballot)) => self.count_accepted(from, ballot, cx),

            // A duplicate: it is accepted already, which is written, and this answer like the first waits until it is durable.
            Event::Receive(from, Accept(ballot, _)) if self.has_accepted(ballot) => {
                cx.send(from, Accepted(ballot));
            }
            // Refused, for a promise to a higher ballot. The timer goes on: it is the back-off.
            Event::Receive(from, Prepare(ballot) | Accept(ballot, _)) if ballot < self.promised => {
                cx.mark("nack");
                cx.send(from, Nack(self.promised));
            }
            // True whichever ballot of ours it answers, so it is not matched with one.
            Event::Receive(_, Nack(promised)) => self.seen = self.seen.max(promised.round),
            // A duplicate: promised already, and answered. (An Accept at or above the promise was handled above.)
            Event::Receive(_, Prepare(_) | Accept(..)) => {}
            // Late: its ballot was superseded, has its majority, or ended in a crash.
            Event::Receive(_, Promise(..)) => {}
            Event::Indication(never) => match never {},
        }
    }

    fn replay(&mut self, record: Record<F>) {
        match record {
            Record::Promised(ballot) => self.promised = ballot,
            Record::Accepted(ballot, held) => {
                if !(flaw!(self, PromiseNotRaisedOnAccept)) {
                    let promised = if flaw!(self, SkipsPhaseOneUnpromised) { ballot } else { next(ballot) };
                    self.promised = self.promised.max(promised);
                }
                self.accepted = Some((ballot, held));
            }
        }
        self.seen = self.seen.max(self.promised.round);
    }

    fn marks() -> Vec<&'static str> {
        vec!["1a", "1b", "2a", "2a at once", "2a again", "2b", "nack", "chosen"]
    }
}

/// The same proposer's next ballot: higher than that of any other proposer in this round.
fn next(ballot: Ballot) -> Ballot {
    Ballot { round: ballot.round + 1, ..ballot }
}

/// The proposer.
impl<F: Change> CasPaxos<F> {
    /// Nothing is left to be resumed: what was asked before a crash is forgotten.
    fn start(&mut self, me: NodeId) {
        if flaw!(self, AmnesiacAcceptor) {
            (self.promised, self.accepted) = (Ballot::ZERO, None);
        }
        if let (true, Some((ballot, _))) = (flaw!(self, BallotReusedAfterRestart), &self.accepted) {
            let is_own = ballot.proposer == me;
            self.seen = if is_own { ballot.round - 1 } else { self.seen };
        }
    }

    /// Proposes what was asked for first, if anything waits: without phase 1 if that was done with the ballot before.
    fn propose_next(&mut self, cx: &mut Cx<'_, Self>) {
        match (&self.phase, &self.accepted) {
            _ if self.asked.is_empty() => {}
            (Phase::Prepared, Some((ballot, held))) => {
                cx.mark("2a at once");
                let (ballot, held) = (next(*ballot), held.clone());
                self.set_timer(cx);
                self.propose(ballot, held, cx);
            }
            _ => self.prepare(self.next_ballot(cx.me()), cx),
        }
    }

    /// A ballot above everything heard of. It is promised durably before anyone hears of it, so that no restart can come up with
    /// it again.
    fn next_ballot(&self, me: NodeId) -> Ballot {
        let proposer = if flaw!(self, BallotsNotUnique) { NodeId(0) } else { me };
        Ballot { round: self.seen + 1, proposer }
    }

    fn set_timer(&self, cx: &mut Cx<'_, Self>) {
        if !(flaw!(self, NeverRetries)) {
            cx.set(Retry, PATIENCE);
        }
    }

    /// Phase 1a. The proposer is the first to promise its own ballot: see [`Paxos`](crate::Paxos) for why that counts before it is
    /// durable.
    fn prepare(&mut self, ballot: Ballot, cx: &mut Cx<'_, Self>) {
        cx.mark("1a");
        self.persist(Record::Promised(ballot), cx);
        self.phase = Phase::Preparing { promises: BTreeSet::new(), highest: None };
        cx.send_others(Prepare(ballot));
        self.set_timer(cx);
        self.count_promise(cx.me(), self.accepted.clone(), cx);
    }

    fn counts_promise(&self, ballot: Ballot) -> bool {
        matches!(self.phase, Phase::Preparing { .. })
            && (ballot == self.promised || flaw!(self, PromiseForAnyBallot))
    }

    /// Once a majority has promised: what the highest vote among them says is the state, or the initial one if nobody has voted.
    fn count_promise(&mut self, from: NodeId, vote: Vote<Held<F>>, cx: &mut Cx<'_, Self>) {
        let Phase::Preparing { promises, highest } = &mut self.phase else { return };
        promises.insert(from);
        *highest = highest.take().max(vote); // None is below every vote
        if promises.len() < cx.majority() {
            return;
        }
        let held = highest.take().map(|(_, held)| held);
        let held = held.unwrap_or_else(|| Held { state: self.initial.clone(), done: BTreeMap::new() });
        self.propose(self.promised, held, cx);
    }

    /// Phase 2a: the change of the state. The proposer is the first to accept it.
    fn propose(&mut self, ballot: Ballot, mut held: Held<F>, cx: &mut Cx<'_, Self>) {
        let me = cx.me();
        let Some((id, change)) = self.asked.front() else { return };
        let again = flaw!(self, AppliesTwice);
        let answer = match held.done.get(&me) {
            // It has taken place: an earlier ballot of ours was interrupted, but not in vain. Phase 2 has to be completed all
            // the same.
            Some((done, answer)) if done == id && !again => {
                cx.mark("2a again");
                answer.clone()
            }
            _ => {
                cx.mark("2a");
                let (state, answer) = change.apply(&held.state);
                let is_the_same = state == held.state;
                if flaw!(self, AnswersAfterPhaseOne) && is_the_same {
                    self.phase = Phase::Idle;
                    return self.answer(answer, cx);
                }
                held.state = state;
                held.done.insert(me, (*id, answer.clone()));
                answer
            }
        };
        self.persist(Record::Accepted(ballot, held.clone()), cx);
        self.phase = Phase::Proposing { ballot, accepts: BTreeSet::new(), answer };
        cx.send_others(Accept(ballot, held));
        self.count_accepted(me, ballot, cx);
    }

    /// The change has taken place once a majority has accepted it at one ballot.
    fn count_accepted(&mut self, from: NodeId, of: Ballot, cx: &mut Cx<'_, Self>) {
        let Phase::Proposing { ballot, accepts, answer } = &mut self.phase else { return };
        if of != *ballot {
            return; // late: its ballot was superseded, or ended in a crash
        }
        accepts.insert(from);
        if accepts.len() < cx.majority() {
            return;
        }
        cx.mark("chosen");
        let answer = answer.clone();
        self.phase = Phase::Prepared;
        if let (true, Some((_, held))) = (flaw!(self, AnswersForOthers), &self.accepted) {
            for (id, answer) in held.done.values() {
                cx.indicate((*id, answer.clone()));
            }
        }
        self.answer(answer, cx);
    }

    /// Answers what was asked for first, and goes on with what comes next.
    fn answer(&mut self, answer: F::Answer, cx: &mut Cx<'_, Self>) {
        let Some((id, _)) = self.asked.pop_front() else { return };
        cx.cancel(Retry);
        cx.indicate((id, answer));
        self.propose_next(cx);
    }
}

/// The acceptor.
impl<F: Change> CasPaxos<F> {
    fn promises(&self, ballot: Ballot) -> bool {
        ballot > self.promised || (flaw!(self, BallotsNotUnique) && ballot == self.promised)
    }

    fn has_accepted(&self, ballot: Ballot) -> bool {
        self.accepted.as_ref().is_some_and(|(accepted, _)| *accepted == ballot)
    }

    /// Writes, and answers once the write is durable. If it raised the promise, our own ballot, and what it has prepared, is
    /// superseded.
    fn persist_and(&mut self, record: Record<F>, to: NodeId, answer: Msg<F>, cx: &mut Cx<'_, Self>) {
        let before = self.promised;
        if flaw!(self, ForgetfulAcceptor) {
            cx.send(to, answer);
            self.persist(record, cx);
        } else {
            self.persist(record, cx);
            cx.send(to, answer);
        }
        if self.promised > before {
            self.phase = Phase::Idle;
        }
    }
}

/// What outsiders may see.
impl<F: Change> CasPaxos<F> {
    /// A node that was asked for nothing, of a state that is `initial` at first: the same at all nodes.
    pub fn new(initial: F::State) -> Self {
        CasPaxos {
            promised: Ballot::ZERO,
            accepted: None,
            initial,
            asked: VecDeque::new(),
            seen: 0,
            phase: Phase::Idle,
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// The same node, with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(self, flaw: Flaw) -> Self {
        CasPaxos { flaw: Some(flaw), ..self }
    }

    /// The highest ballot promised; [`Ballot::ZERO`] if none was.
    pub fn promised(&self) -> Ballot {
        self.promised
    }

    /// What was accepted last, and at which ballot. It need not be chosen.
    pub fn accepted(&self) -> Option<&(Ballot, Held<F>)> {
        self.accepted.as_ref()
    }
}
