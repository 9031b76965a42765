//! Elections (§5.2, §5.4.1).

use std::{collections::BTreeSet, time::Duration};

use synod_actor::{Actor, Cx, NodeId, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Msg::*, Point, Raft, Record, Role, Stamped, Timer::*, Vote, leader::Leadership};
use crate::{
    Epoch,
    log::{Entry, Indication, Replica},
};

/// Followers and candidates.
impl<C: Value, S: Value> Raft<C, S> {
    /// "If a follower receives no communication over a period of time called the election timeout, then it assumes there is
    /// no viable leader and begins an election" (§5.2). So does a candidate whose election has no outcome.
    pub(super) fn lose_patience(&mut self, cx: &mut Cx<'_, Self>) {
        if self.leads() {
            return; // it fired while its cancellation waited for the disk
        }
        if self.faithful {
            return self.wait_for_election(cx); // it heard of a leader later than it set this timer
        }
        self.forget_leader(cx);
        if self.may_lead(cx.me()) && self.settings.pre_vote {
            self.ask_first(cx);
        } else if self.may_lead(cx.me()) {
            self.campaign(Vote::Real, cx);
        }
    }

    /// Candidates (Figure 2): "On conversion to candidate, start election: increment currentTerm, vote for self, reset
    /// election timer, send RequestVote RPCs to all other servers."
    pub(super) fn campaign(&mut self, vote: Vote, cx: &mut Cx<'_, Self>) {
        cx.mark("campaign");
        let own = Some(cx.me()).filter(|_| !(flaw!(self, DoesNotVoteForItself)));
        self.persist(Record::Term(self.term.next(), own), cx);
        self.role = Role::Candidate { votes: BTreeSet::new() };
        self.ask_for_votes(self.term, vote, cx);
        self.count_vote(cx.me(), self.term, vote, cx);
    }

    pub(super) fn ask_for_votes(&mut self, term: Epoch, vote: Vote, cx: &mut Cx<'_, Self>) {
        if !(flaw!(self, NeverRetries)) {
            self.set_election_timer(cx);
        }
        let (me, last) = (cx.me(), self.journal.last());
        let voters = self.members().voters.union(&self.members().outgoing).copied();
        for voter in voters.filter(|&voter| voter != me) {
            cx.send(voter, RequestVote(term, last, vote));
        }
    }

    /// "If votes received from majority of servers: become leader" (Figure 2). Only votes of exactly the present attempt
    /// count, and those of nodes that are no voters do not. The own vote need not be durable yet: see
    /// [`Paxos`](crate::paxos), whose proposer counts its own promise for the same reason.
    pub(super) fn count_vote(&mut self, from: NodeId, term: Epoch, vote: Vote, cx: &mut Cx<'_, Self>) {
        let votes = match &mut self.role {
            Role::PreCandidate { votes } if vote == Vote::Pre && term == self.term.next() => votes,
            Role::Candidate { votes } if vote != Vote::Pre && term == self.term => votes,
            // Late: the election was won, or lost, or begun again.
            Role::PreCandidate { .. } | Role::Candidate { .. } | Role::Follower | Role::Leader(_) => return,
        };
        let members = self.journal.members().1;
        if !(flaw!(self, MissesOwnOldVote)) || from != cx.me() || members.voters.contains(&from) {
            votes.insert(from);
        }
        let half = flaw!(self, QuorumOfHalf) && 2 * votes.len() >= members.voters.len();
        let wins = half || members.is_quorum(|node| votes.contains(&node));
        if wins && vote == Vote::Pre {
            self.campaign(Vote::Real, cx);
        } else if wins {
            self.lead(cx);
        }
    }

    /// Leaders (Figure 2): "upon election: send initial empty AppendEntries RPCs to each server". They are not empty: an
    /// entry of its own term is what lets a leader know what is committed (§8), so it appends a blank one at once.
    fn lead(&mut self, cx: &mut Cx<'_, Self>) {
        cx.mark("leader");
        self.role = Role::Leader(Leadership::default());
        self.leader = Some(cx.me());
        cx.cancel(Election);
        cx.cancel(Contact);
        self.faithful = false;
        if !(flaw!(self, SendsNoHeartbeats)) {
            cx.set(Heartbeat, self.settings.heartbeat..self.settings.heartbeat);
        }
        self.count_answers(cx);
        cx.indicate(Indication::Leader(self.term, self.leader));
        self.begin_lease(cx);
        self.meet(&self.members().clone(), cx.me());
        self.append([Stamped { term: self.term, entry: Entry::Blank }].into(), cx);
        self.after_commit(cx);
    }
}

/// Those who vote.
impl<C: Value, S: Value> Raft<C, S> {
    /// §5.4.1: a log is at least as up-to-date as another one if its last entry is of a later term, or of the same and not before it.
    pub(super) fn is_outdone_by(&self, last: Point) -> bool {
        last >= self.journal.last() || flaw!(self, VotesForAnyLog)
    }

    /// RequestVote, the receiver (Figure 2). Whether the candidate, or this node, is a member by this node's own log does
    /// not matter: the candidate may know better (dissertation, §4.2).
    pub(super) fn on_request_vote(
        &mut self,
        from: NodeId,
        term: Epoch,
        last: Point,
        vote: Vote,
        cx: &mut Cx<'_, Self>,
    ) {
        // 1. "Reply false if term < currentTerm." 2. "If votedFor is null or candidateId, and candidate's log is at least as
        // up-to-date as receiver's log, grant vote."
        let free = term > self.term || [None, Some(from)].contains(&self.voted_for);
        let grants = term >= self.term && free && self.is_outdone_by(last);
        let granted = Some(from).filter(|_| grants);
        cx.mark(if grants { "vote" } else { "refuse" });
        let early = grants && flaw!(self, VotesBeforeDurable);
        if early {
            cx.send(from, Voted(term, vote, true));
        }
        if term > self.term {
            self.follow(term, granted, cx);
        } else if grants && self.voted_for.is_none() {
            self.persist(Record::Term(term, granted), cx);
            self.wait_for_election(cx);
        }
        if !early {
            cx.send(from, Voted(self.term, vote, grants));
        }
    }

    /// Follows in this term, which is higher than the own one or won by another. The vote is written with the term: one
    /// write, where the paper has two. It is forgotten only when the term grows (Figure 2).
    pub(super) fn follow(&mut self, term: Epoch, vote: Option<NodeId>, cx: &mut Cx<'_, Self>) {
        if term > self.term {
            self.persist(Record::Term(term, vote), cx);
            if flaw!(self, StampsWithTheNextTerm) && self.leads() {
                let queued = Stamped { term, entry: Entry::Members(self.members().clone()) };
                self.persist(Record::Append(self.journal.last().index, [queued].into()), cx);
            }
        } else if flaw!(self, ForgetsVoteOnStepDown) {
            self.persist(Record::Term(term, None), cx);
        }
        if self.leads() {
            cx.mark("resign");
            self.drop_goal(cx);
            self.waiting.refuse(cx);
            [Heartbeat, Quorum, Transfer].into_iter().for_each(|timer| cx.cancel(timer));
        }
        self.role = Role::Follower;
        self.forget_leader(cx);
        self.wait_for_election(cx);
    }

    /// A message of the leader of this term has arrived. Candidates: "If AppendEntries RPC received from new leader: convert
    /// to follower" (Figure 2).
    pub(super) fn hear_of_leader(&mut self, leader: NodeId, cx: &mut Cx<'_, Self>) {
        if self.role != Role::Follower {
            self.follow(self.term, None, cx);
        }
        if self.leader != Some(leader) {
            self.leader = Some(leader);
            cx.indicate(Indication::Leader(self.term, self.leader));
        }
        self.wait_for_election(cx);
        self.stick_to_leader(cx);
    }

    /// The leader no longer counts as alive.
    pub(super) fn forget_leader(&mut self, cx: &mut Cx<'_, Self>) {
        if self.leader.take().is_some() {
            self.cancel_contact(cx);
            cx.indicate(Indication::Leader(self.term, None));
        }
        self.reads.refuse(cx);
    }

    /// Sets the election timer anew, if this node could be elected.
    pub(super) fn wait_for_election(&mut self, cx: &mut Cx<'_, Self>) {
        if self.may_lead(cx.me()) {
            self.set_election_timer(cx);
        } else {
            cx.cancel(Election);
        }
    }

    /// "Raft uses randomized election timeouts to ensure that split votes are rare" (§5.2). What is drawn is up to the host.
    fn set_election_timer(&mut self, cx: &mut Cx<'_, Self>) {
        let least: Duration = self.settings.election;
        cx.set(Election, least..least.saturating_mul(2));
    }
}
