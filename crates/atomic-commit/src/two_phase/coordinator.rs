//! The coordinator's column.

use std::collections::BTreeSet;

use synod_actor::{Actor, Cx, Event, NodeId};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Msg, PATIENCE, Phase, Record, TwoPhase, Wait};
use crate::{
    Indication,
    Outcome::{Abort, Commit},
    Request,
    Vote::{No, Yes},
};

pub(super) const MARKS: &[&str] = &["begin", "commit", "abort", "presume abort", "answer", "resend", "end"];

impl TwoPhase {
    pub(super) fn coordinate(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            // The log has a commit that may not have reached everyone: tell it again, to the client too.
            Event::Start if self.logged == Some(Record::Decided(Commit)) => {
                cx.indicate(Indication::Decided(Commit));
                self.tell_commit(cx);
            }
            // The log has nothing, or the end: the transaction, if there was one, is unknown.
            Event::Start => {}

            // Phase 1: ask all participants for their votes. Nothing is logged: if this is forgotten, it is an abort.
            Event::Request(Request::Begin) if self.is_unknown() => {
                cx.mark("begin");
                self.phase = Phase::Collecting(BTreeSet::new());
                cx.send_others(Msg::Prepare);
                cx.set(Wait::Votes, PATIENCE);
                self.commit_if_unanimous(cx);
            }
            Event::Receive(from, Msg::Vote(Yes)) if self.is_collecting() => self.count_yes(from, cx),
            Event::Receive(from, Msg::Vote(No)) if self.is_collecting() && flaw!(self, CountsEveryVote) => {
                self.count_yes(from, cx);
            }
            // Phase 2, the other way: one veto, or one vote that does not come, is enough.
            Event::Receive(_, Msg::Vote(No)) if self.is_collecting() => self.abort(cx),
            Event::Timeout(Wait::Votes) if self.is_collecting() && flaw!(self, CommitsOnTimeout) => {
                self.commit(cx)
            }
            Event::Timeout(Wait::Votes) if self.is_collecting() => self.abort(cx),

            // Phase 2, until everyone has it.
            Event::Timeout(Wait::Acks) => self.resend(cx),
            Event::Receive(from, Msg::Ack) => self.count_ack(from, cx),

            // In doubt, and not yet told: there is an answer, unless votes are still coming in.
            Event::Receive(from, Msg::Inquire) if self.logged == Some(Record::Decided(Commit)) => {
                cx.mark("answer");
                cx.send(from, Msg::Decision(Commit));
            }
            Event::Receive(from, Msg::Inquire)
                if !self.is_collecting() || flaw!(self, PresumesAbortWhileCollecting) =>
            {
                self.presume_abort(cx);
                cx.send(from, Msg::Decision(Abort));
            }
            // A vote on a transaction that is unknown, aborted, or ended. Who voted no needs no answer.
            Event::Receive(from, Msg::Vote(Yes)) if self.logged != Some(Record::Decided(Commit)) => {
                self.presume_abort(cx);
                cx.send(from, Msg::Decision(Abort));
            }
            Event::Receive(_, Msg::Vote(No)) if self.is_unknown() => self.presume_abort(cx),

            // Still collecting: the answer will come by itself, or the inquiry again.
            Event::Receive(_, Msg::Inquire) => {}
            // A duplicate, or another veto.
            Event::Receive(_, Msg::Vote(_)) => {}
            // The cancellation of the timer waited for the disk.
            Event::Timeout(Wait::Votes) => {}
            // Once only.
            Event::Request(Request::Begin) => {}
            // Not for a coordinator: it neither votes, nor is in doubt.
            Event::Request(Request::Vote(_)) => {}
            Event::Receive(_, Msg::Prepare | Msg::Decision(_)) | Event::Timeout(Wait::Outcome) => {}
            Event::Indication(never) => match never {},
        }
    }

    fn is_collecting(&self) -> bool {
        matches!(self.phase, Phase::Collecting(_))
    }

    fn is_unknown(&self) -> bool {
        self.logged.is_none() && self.phase == Phase::Quiet
    }

    fn count_yes(&mut self, from: NodeId, cx: &mut Cx<'_, Self>) {
        if let Phase::Collecting(yes) = &mut self.phase {
            yes.insert(from);
        }
        self.commit_if_unanimous(cx);
    }

    fn commit_if_unanimous(&mut self, cx: &mut Cx<'_, Self>) {
        let Phase::Collecting(yes) = &self.phase else { return };
        let majority = yes.len() + 1 >= cx.majority() && flaw!(self, CommitsOnMajority);
        if yes.len() == cx.others().count() || majority {
            self.commit(cx);
        }
    }

    /// The commit point: once this record is durable the transaction is committed, and not before.
    fn commit(&mut self, cx: &mut Cx<'_, Self>) {
        cx.mark("commit");
        cx.cancel(Wait::Votes);
        if flaw!(self, CommitsBeforeDurable) {
            cx.send_others(Msg::Decision(Commit));
        }
        self.persist(Record::Decided(Commit), cx);
        cx.indicate(Indication::Decided(Commit));
        self.tell_commit(cx);
    }

    fn tell_commit(&mut self, cx: &mut Cx<'_, Self>) {
        cx.send_others(Msg::Decision(Commit));
        cx.set(Wait::Acks, PATIENCE);
        self.phase = Phase::Committing(cx.others().collect());
        self.end_if_acknowledged(cx);
    }

    fn resend(&mut self, cx: &mut Cx<'_, Self>) {
        let Phase::Committing(waiting) = &self.phase else { return }; // ended, while the cancellation waited
        cx.mark("resend");
        for &node in waiting {
            cx.send(node, Msg::Decision(Commit));
        }
        cx.set(Wait::Acks, PATIENCE);
    }

    fn count_ack(&mut self, from: NodeId, cx: &mut Cx<'_, Self>) {
        if let Phase::Committing(waiting) = &mut self.phase {
            let counted = waiting.remove(&from);
            assert!(counted || !(flaw!(self, ExpectsEachAckOnce)), "{from} acknowledged already");
        }
        self.end_if_acknowledged(cx);
    }

    /// Nobody can be in doubt any more. From here on the transaction is unknown, and whoever asks late is told abort.
    fn end_if_acknowledged(&mut self, cx: &mut Cx<'_, Self>) {
        let Phase::Committing(waiting) = &self.phase else { return }; // a late acknowledgement
        let forgets = waiting.len() < cx.others().count() && flaw!(self, ForgetsBeforeAllAcks);
        if waiting.is_empty() || forgets {
            cx.mark("end");
            self.persist(Record::End, cx);
            self.phase = Phase::Quiet;
            cx.cancel(Wait::Acks);
        }
    }

    /// Not logged, and told only to those in doubt: who votes yes later is answered then.
    fn abort(&mut self, cx: &mut Cx<'_, Self>) {
        cx.mark("abort");
        if let Phase::Collecting(yes) = std::mem::replace(&mut self.phase, Phase::Aborted) {
            for node in yes {
                cx.send(node, Msg::Decision(Abort));
            }
        }
        cx.cancel(Wait::Votes);
        cx.indicate(Indication::Decided(Abort));
    }

    /// No record of a commit means that there was none, unless it has ended and everyone knows.
    fn presume_abort(&mut self, cx: &mut Cx<'_, Self>) {
        if self.is_unknown() {
            cx.mark("presume abort");
            self.phase = Phase::Aborted;
            cx.indicate(Indication::Decided(Abort));
        }
    }
}
