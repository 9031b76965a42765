//! The proposer (Lamport 2001, §2.2, phases 1a and 2a; §3), for all positions at once: a scout that becomes a leader, with a
//! commander for each open position (van Renesse and Altinbuken 2015, §4.2 calls them so).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use synod_actor::{Actor, Cx, NodeId, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Decree, Msg::*, MultiPaxos, Phase, Proposal, Record, Report, Timer::*, Vote};
use crate::{
    Epoch,
    barriers::Rounds,
    log::{Entry, Indication, Position, Replica},
};

/// Phase 1 under way.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Scout<C> {
    promises: BTreeSet<NodeId>,
    /// Of the votes that were reported, for each position the one of the highest ballot.
    votes: BTreeMap<Position, Vote<C>>,
}

/// What a leader knows.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(super) struct Leadership {
    /// What each node of the group has accepted of what was proposed.
    accepted: BTreeMap<NodeId, Positions>,
    /// The last position for which anything was reported in phase 1. Whatever was chosen in an earlier ballot is not behind it.
    pub(super) inherited: Position,
    /// The reads that wait until it is known that nobody else led when they were asked; and who has answered to which round.
    pub(super) rounds: Rounds,
    pub(super) followers: BTreeMap<NodeId, u64>,
}

/// Positions: all up to one, and some behind it. Acceptors accept in order, nearly always.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
struct Positions {
    upto: Position,
    scattered: BTreeSet<Position>,
}

impl Positions {
    fn contains(&self, at: Position) -> bool {
        at <= self.upto || self.scattered.contains(&at)
    }

    /// These as well.
    fn add(&mut self, first: Position, last: Position) {
        if first <= self.upto.saturating_add(1) {
            self.add_upto(last);
        } else {
            self.scattered.extend(first..=last);
        }
    }

    /// All up to here as well.
    fn add_upto(&mut self, last: Position) {
        self.upto = self.upto.max(last);
        while let Some(&next) = self.scattered.first().filter(|&&next| next <= self.upto.saturating_add(1)) {
            self.upto = self.upto.max(next);
            self.scattered.pop_first();
        }
    }
}

/// Phase 1.
impl<C: Value, S: Value> MultiPaxos<C, S> {
    pub(super) fn leadership(&mut self) -> Option<&mut Leadership> {
        match &mut self.phase {
            Phase::Leading(leadership) => Some(leadership),
            Phase::Preparing(_) | Phase::Idle => None,
        }
    }

    /// A ballot above all that were heard of, which nobody else can come up with: `round * nodes + proposer`.
    fn next_ballot(&self, cx: &Cx<'_, Self>) -> Epoch {
        let nodes = cx.group().len().max(1) as u64;
        let round = self.promised.max(self.seen).0 / nodes + 1;
        let proposer = if flaw!(self, BallotsNotUnique) { 0 } else { u64::from(cx.me().0) };
        Epoch(round.saturating_mul(nodes).saturating_add(proposer))
    }

    /// Phase 1a, once for all positions that are not known to be chosen, which are infinitely many (§3). The ballot is promised
    /// here before anyone hears of it: so no restart can come up with it again (§2.5).
    ///
    /// The own promise is counted at once although it is not durable yet, as in [`Paxos`](crate::paxos): whatever follows from
    /// the count waits behind the write.
    pub(super) fn prepare(&mut self, cx: &mut Cx<'_, Self>) {
        cx.mark("1a");
        let ballot = self.next_ballot(cx);
        self.forget_leader(cx);
        if flaw!(self, BallotNotDurable) {
            self.promised = ballot;
        } else {
            self.persist(Record::Promised(ballot), cx);
        }
        self.phase = Phase::Preparing(Scout { promises: BTreeSet::new(), votes: BTreeMap::new() });
        cx.send_others(Prepare(ballot, self.chosen));
        if !(flaw!(self, NeverRetries)) {
            self.set_patience(cx);
        }
        self.on_promise(cx.me(), self.journal.report(self.chosen), cx);
    }

    /// A promise of exactly the own ballot.
    pub(super) fn on_promise(&mut self, from: NodeId, report: Report<C, S>, cx: &mut Cx<'_, Self>) {
        // What a snapshot covers is chosen, so it is not to be proposed but learnt.
        if let Some(snapshot) = report.snapshot {
            self.install(snapshot, cx);
        }
        let lowest = flaw!(self, AdoptsLowestBallot);
        let Phase::Preparing(scout) = &mut self.phase else { return };
        scout.promises.insert(from);
        for (at, vote) in report.votes {
            let highest = scout.votes.entry(at).or_insert_with(|| vote.clone());
            if (vote > *highest) != lowest {
                *highest = vote;
            }
        }
        let promises = &scout.promises;
        if self.quorums.election.is_met(&|node| promises.contains(&node)) {
            self.lead(cx);
        }
    }

    /// Phase 2a for every position for which a quorum has reported anything, and for those between: "where v is the value of
    /// the highest-numbered proposal among the responses" (§2.2); and in the gaps "a special no-op command that leaves the
    /// state unchanged" (§3). A gap is free, for nothing can have been chosen there; and it must be filled, for what is behind
    /// it waits.
    fn lead(&mut self, cx: &mut Cx<'_, Self>) {
        let Phase::Preparing(scout) = std::mem::replace(&mut self.phase, Phase::Idle) else { return };
        cx.mark("lead");
        let mut votes = scout.votes;
        if flaw!(self, IgnoresVotes) {
            votes.clear();
        }
        let inherited = votes.keys().next_back().copied().unwrap_or(0).max(self.chosen);
        let gap = flaw!(self, LeavesGaps);
        let first = votes.keys().next().copied().filter(|_| gap).unwrap_or(self.chosen + 1);
        let (ballot, restamps) = (self.promised, flaw!(self, RestampsDecrees));
        let decree = |at| match votes.remove(&at) {
            Some(vote) => {
                cx.mark("adopt");
                if restamps { Decree { epoch: ballot, ..vote.decree } } else { vote.decree }
            }
            None => {
                cx.mark("fill gap");
                Decree { epoch: ballot, entry: Entry::Blank }
            }
        };
        let decrees: Arc<[_]> = (first..=inherited).map(decree).collect();
        // What is chosen nobody needs to accept any more.
        let nothing = Positions { upto: self.chosen, ..Positions::default() };
        let accepted = cx.group().iter().map(|&node| (node, nothing.clone())).collect();
        self.phase = Phase::Leading(Leadership { accepted, inherited, ..Leadership::default() });
        self.leader = Some(cx.me());
        cx.cancel(Patience);
        if !(flaw!(self, SendsNoHeartbeats)) {
            cx.set(Repeat, self.settings.heartbeat..self.settings.heartbeat);
        }
        cx.indicate(Indication::Leader(ballot, self.leader));
        if decrees.is_empty() {
            self.ask_followers(cx); // so that they hear of their leader
        } else {
            self.propose(first, decrees, cx);
        }
    }
}

/// Phase 2.
impl<C: Value, S: Value> MultiPaxos<C, S> {
    /// A command of a client. It waits while as many decrees as may be are proposed and not yet chosen.
    pub(super) fn append(&mut self, from: NodeId, command: C, cx: &mut Cx<'_, Self>) {
        if self.leads() {
            self.waiting.push(from, command);
            self.propose_waiting(cx);
        }
    }

    /// Phase 2a for what waits, if there is room: for the next positions, for all before them were proposed by now.
    fn propose_waiting(&mut self, cx: &mut Cx<'_, Self>) -> bool {
        let (epoch, last) = (self.promised, self.last());
        let has_room = last.saturating_sub(self.chosen) < self.settings.window;
        if !has_room || self.waiting.is_empty() {
            return false;
        }
        let decree = |command| Decree { epoch, entry: Entry::Command(command) };
        let decrees: Arc<[_]> = self.waiting.take(self.settings.batch).map(decree).collect();
        if decrees.len() > 1 {
            cx.mark("batch");
        }
        self.propose(last + 1, decrees, cx);
        true
    }

    /// Phase 2a. It tells what is chosen as well. The leader is an acceptor too, and its own vote is written while the others
    /// receive the proposal. It counts at once: see [`prepare`](Self::prepare).
    fn propose(&mut self, first: Position, decrees: Arc<[Decree<C>]>, cx: &mut Cx<'_, Self>) {
        cx.mark("2a");
        let (ballot, chosen, last) = (self.promised, self.chosen, first + decrees.len() as u64 - 1);
        cx.send_others(Accept(Proposal { ballot, first, decrees: decrees.clone(), chosen }));
        self.persist(Record::Accepted(ballot, first, decrees), cx);
        self.on_accepted(cx.me(), first, last, cx);
    }

    /// Phase 2b has been answered, in exactly the own ballot.
    pub(super) fn on_accepted(
        &mut self,
        from: NodeId,
        first: Position,
        last: Position,
        cx: &mut Cx<'_, Self>,
    ) {
        let last = if flaw!(self, CountsWhatFollows) { Position::MAX } else { last };
        let proposed = self.last();
        let Some(accepted) = self.leadership().and_then(|leadership| leadership.accepted.get_mut(&from))
        else {
            return;
        };
        // What was not proposed cannot have been accepted.
        accepted.add(first, last.min(proposed));
        if last > self.chosen {
            self.advance(cx);
        }
    }

    /// What a quorum has accepted in one ballot is chosen. It is told in the order of positions.
    fn advance(&mut self, cx: &mut Cx<'_, Self>) {
        let before = self.chosen;
        while let Some(upto) = self.next_chosen(cx.me()) {
            if flaw!(self, CommitsOutOfOrder) {
                self.chosen = upto - 1;
            }
            self.commit(upto, |_| true, cx);
        }
        let chosen = self.chosen;
        if chosen > before {
            cx.mark("chosen");
            let Some(leadership) = self.leadership() else { return };
            leadership.accepted.values_mut().for_each(|accepted| accepted.add_upto(chosen));
            // The others' clients would have to wait for the next heartbeat.
            if !self.propose_waiting(cx) {
                cx.send_others(Chosen(self.promised, self.chosen));
            }
            self.reads.pass(self.chosen, cx);
            self.confirm_reads(cx);
        }
    }

    /// Up to where a quorum has accepted what follows on what is known to be chosen; nowhere, if it has not accepted what comes next.
    fn next_chosen(&self, me: NodeId) -> Option<Position> {
        let Phase::Leading(Leadership { accepted, .. }) = &self.phase else { return None };
        let (alone, out_of_order) = (flaw!(self, ChoosesAlone), flaw!(self, CommitsOutOfOrder));
        let quorum = &self.quorums.replication;
        // Acceptors accept in order, nearly always: then a look at how far they have got tells of many positions at once.
        let reached = quorum.reached(&|node| accepted.get(&node).map_or(0, |of| of.upto));
        let is_in_order = accepted.values().all(|of| of.scattered.is_empty()) && !alone;
        if reached > self.chosen || is_in_order {
            return Some(reached).filter(|&reached| reached > self.chosen);
        }
        let next = self.chosen + 1;
        let last = if out_of_order { self.last() } else { next };
        let has = |node: NodeId, at| accepted.get(&node).is_some_and(|of| of.contains(at));
        let is_chosen = |at: &Position| quorum.is_met(&|node| has(node, *at)) || alone && has(me, *at);
        (next..=last).filter(|&at| self.journal.vote(at).is_some()).find(is_chosen)
    }

    /// Leaders: time to be heard of. What was not accepted by someone may have been lost, and is proposed to them again.
    pub(super) fn heartbeat(&mut self, cx: &mut Cx<'_, Self>) {
        if !self.leads() {
            return;
        }
        self.ask_followers(cx);
        for node in cx.others() {
            let Phase::Leading(Leadership { accepted, .. }) = &self.phase else { return };
            let has = |node: NodeId, at| accepted.get(&node).is_some_and(|of| of.contains(at));
            let lacks = |&at: &Position| has(cx.me(), at) && !has(node, at);
            if let Some(first) = (self.chosen + 1..=self.last()).find(lacks) {
                self.propose_again(node, first, usize::MAX, cx);
            }
        }
        cx.set(Repeat, self.settings.heartbeat..self.settings.heartbeat);
    }

    /// A heartbeat: it tells what is chosen, and asks whether this node is still followed.
    pub(super) fn ask_followers(&mut self, cx: &mut Cx<'_, Self>) {
        let (ballot, chosen) = (self.promised, self.chosen);
        let Some(leadership) = self.leadership() else { return };
        let round = leadership.rounds.latest();
        cx.send_others(Heartbeat(ballot, chosen, round));
    }

    /// Proposes again what was proposed before, or is chosen: in this ballot nothing else can be proposed there.
    pub(super) fn propose_again(&mut self, to: NodeId, first: Position, most: usize, cx: &mut Cx<'_, Self>) {
        let decrees = self.journal.decrees(first, most);
        if !decrees.is_empty() {
            cx.send(to, Accept(Proposal { ballot: self.promised, first, decrees, chosen: self.chosen }));
        }
    }

    /// An acceptor has promised a higher ballot. It need not be the end of this one, if there are others; but a leader that is
    /// not obeyed by all had better begin anew (van Renesse and Altinbuken 2015, §4.2: it is preempted).
    pub(super) fn on_nack(&mut self, promised: Epoch, cx: &mut Cx<'_, Self>) {
        self.seen = self.seen.max(promised);
        if promised > self.promised && self.leads() {
            self.follow(self.promised, None, cx);
        }
    }
}
