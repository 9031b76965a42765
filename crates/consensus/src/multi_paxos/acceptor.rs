//! The acceptor (Lamport 2001, §2.2, phases 1b and 2b), for all positions at once.

use synod_actor::{Actor, Cx, NodeId, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Msg::*, MultiPaxos, Proposal, Record};
use crate::{Epoch, log::Position};

impl<C: Value, S: Value> MultiPaxos<C, S> {
    pub(super) fn promises(&self, ballot: Epoch) -> bool {
        ballot > self.promised || (flaw!(self, BallotsNotUnique) && ballot == self.promised)
    }

    pub(super) fn accepts(&self, ballot: Epoch) -> bool {
        ballot >= self.promised || flaw!(self, AcceptsBelowPromise)
    }

    /// Phase 1b: "it responds to the request with a promise not to accept any more proposals numbered less than n and with the
    /// highest-numbered proposal (if any) that it has accepted". The answer leaves once the promise is durable.
    pub(super) fn on_prepare(&mut self, from: NodeId, ballot: Epoch, after: Position, cx: &mut Cx<'_, Self>) {
        cx.mark("1b");
        let mut report = self.journal.report(after);
        if flaw!(self, ReportsLastVoteOnly) {
            report.votes = report.votes.pop_last().into_iter().collect();
        }
        if flaw!(self, PromisesBeforeDurable) {
            cx.send(from, Promise(ballot, report));
            self.persist(Record::Promised(ballot), cx);
        } else {
            self.persist(Record::Promised(ballot), cx);
            cx.send(from, Promise(ballot, report));
        }
        self.follow(ballot, None, cx);
    }

    /// Phase 2b: "it accepts the proposal unless it has already responded to a prepare request having a number greater than n".
    /// To accept is to promise as well: the paper leaves that to the reader, and whoever forgets it lets an earlier ballot
    /// overwrite what this one may have chosen. The answer leaves once the votes are durable.
    pub(super) fn on_accept(&mut self, from: NodeId, proposal: Proposal<C>, cx: &mut Cx<'_, Self>) {
        let Proposal { ballot, first, decrees, chosen } = proposal;
        let last = first.saturating_add(decrees.len() as u64).saturating_sub(1);
        assert!(
            !(flaw!(self, PanicsOnCompacted) && first <= self.journal.start()),
            "the leader knows what is chosen"
        );
        let durable = !(flaw!(self, AcceptsBeforeDurable));
        if !durable {
            cx.send(from, Accepted(ballot, first, last));
        }
        if ballot > self.promised {
            self.forget_leader(cx);
        }
        // A duplicate, or proposed again since the answer was lost, is not written again.
        if ballot > self.promised || !self.journal.has(ballot, first, &decrees) {
            cx.mark("2b");
            self.persist(Record::Accepted(ballot, first, decrees), cx);
        }
        if durable {
            cx.send(from, Accepted(ballot, first, last));
        }
        self.follow(ballot, Some(from), cx);
        self.learn(from, ballot, chosen, cx);
    }

    /// Whoever leads a ballot is obeyed, also by those who missed its first phase: a promise may be made at any time.
    pub(super) fn obey(&mut self, leader: NodeId, ballot: Epoch, cx: &mut Cx<'_, Self>) {
        if ballot > self.promised {
            self.forget_leader(cx);
            self.persist(Record::Promised(ballot), cx);
        }
        self.follow(ballot, Some(leader), cx);
    }
}
