//! The participant's column.

use synod_actor::{Cx, Event};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Msg, PATIENCE, Phase, Record, TwoPhase, Wait, coordinator};
use crate::{
    Indication,
    Outcome::{self, Abort, Commit},
    Request,
    Vote::{No, Yes},
};

pub(super) const MARKS: &[&str] = &[
    "ask",
    "vote yes",
    "vote no",
    "learn commit",
    "learn abort",
    "inquire",
    "answer peer",
    "acknowledge again",
];

impl TwoPhase {
    pub(super) fn participate(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            // In doubt: ask.
            Event::Start if self.in_doubt() => self.inquire(cx),
            // Decided, but perhaps the client was not told before the crash.
            Event::Start => {
                if let Some(outcome) = self.outcome() {
                    cx.indicate(Indication::Decided(outcome));
                }
            }

            // Phase 1: the vote, once both the coordinator has asked and the client has answered.
            Event::Receive(_, Msg::Prepare) if self.is_active() && self.phase == Phase::Willing => {
                self.vote_yes(cx)
            }
            Event::Receive(_, Msg::Prepare) if self.is_active() && flaw!(self, RefusesWhenNotReady) => {
                self.phase = Phase::Asked;
                self.veto(cx);
            }
            Event::Receive(_, Msg::Prepare) if self.is_active() && self.phase == Phase::Quiet => {
                cx.mark("ask");
                self.phase = Phase::Asked;
                cx.indicate(Indication::Prepare);
            }
            Event::Request(Request::Vote(Yes)) if self.is_active() && self.phase == Phase::Asked => {
                self.vote_yes(cx)
            }
            Event::Request(Request::Vote(Yes)) if self.is_active() && !(flaw!(self, DropsEarlyVote)) => {
                self.phase = Phase::Willing;
            }
            // Until it has said yes a participant may abort alone.
            Event::Request(Request::Vote(No)) if self.is_active() => self.veto(cx),
            Event::Receive(_, Msg::Prepare) if self.outcome() == Some(Abort) => {
                cx.mark("vote no");
                cx.send(coordinator(cx), Msg::Vote(No));
            }

            // Phase 2, or an answer. In doubt it obeys either outcome; before its yes there can be no commit.
            Event::Receive(_, Msg::Decision(outcome))
                if self.in_doubt() || self.is_active() && outcome == Abort =>
            {
                self.learn(outcome, cx);
            }
            Event::Receive(_, Msg::Decision(outcome))
                if flaw!(self, ObeysLateDecisions)
                    && self.outcome().is_some_and(|known| known != outcome) =>
            {
                self.learn(outcome, cx);
            }
            // The acknowledgement was lost, or the coordinator crashed: once more.
            Event::Receive(from, Msg::Decision(Commit))
                if self.outcome() == Some(Commit) && from == coordinator(cx) =>
            {
                cx.mark("acknowledge again");
                cx.send(from, Msg::Ack);
            }

            // In doubt for long. It may neither commit nor abort, only ask.
            Event::Timeout(Wait::Outcome) if self.in_doubt() && flaw!(self, AbortsAfterYes) => {
                self.learn(Abort, cx)
            }
            Event::Timeout(Wait::Outcome) if self.in_doubt() => self.inquire(cx),
            // Cooperative termination: a peer in doubt asks. Who has not voted makes the outcome known by aborting.
            Event::Receive(from, Msg::Inquire) if self.is_active() => {
                cx.mark("answer peer");
                if !(flaw!(self, AnswersWithoutAborting)) {
                    self.veto(cx);
                }
                cx.send(from, Msg::Decision(Abort));
            }
            Event::Receive(from, Msg::Inquire) => {
                if let Some(outcome) = self.outcome() {
                    cx.mark("answer peer");
                    cx.send(from, Msg::Decision(outcome));
                } // else in doubt as well
            }

            // Asked already, or answered already, or even decided.
            Event::Receive(_, Msg::Prepare) => {}
            // Voted already, or aborted.
            Event::Request(Request::Vote(_)) => {}
            // Decided already. An abort after a commit is the presumption of a coordinator that has forgotten; a commit
            // without our yes cannot be.
            Event::Receive(_, Msg::Decision(_)) => {}
            // Told, while the cancellation of the timer waited for the disk.
            Event::Timeout(Wait::Outcome) => {}
            // Not for a participant.
            Event::Request(Request::Begin) => {}
            Event::Receive(_, Msg::Vote(_) | Msg::Ack) | Event::Timeout(Wait::Votes | Wait::Acks) => {}
            Event::Indication(never) => match never {},
        }
    }

    /// Neither voted yes nor decided.
    fn is_active(&self) -> bool {
        self.logged.is_none()
    }

    fn outcome(&self) -> Option<Outcome> {
        match self.logged {
            Some(Record::Decided(outcome)) => Some(outcome),
            Some(Record::Prepared | Record::End) | None => None,
        }
    }

    /// From here on the participant is in doubt.
    fn vote_yes(&mut self, cx: &mut Cx<'_, Self>) {
        cx.mark("vote yes");
        self.phase = Phase::Quiet;
        let early = flaw!(self, VoteBeforeDurable);
        let waits = !(flaw!(self, NeverInquires));
        self.persist_then(Record::Prepared, early, cx, |cx| {
            cx.send(coordinator(cx), Msg::Vote(Yes));
            if waits {
                cx.set(Wait::Outcome, PATIENCE);
            }
        });
    }

    /// Aborts alone. If the coordinator has asked, this is the answer; if not, it gets it when it asks.
    fn veto(&mut self, cx: &mut Cx<'_, Self>) {
        let asked = self.phase == Phase::Asked;
        self.learn(Abort, cx);
        if asked {
            cx.mark("vote no");
            cx.send(coordinator(cx), Msg::Vote(No));
        }
    }

    /// The outcome is durable before the client or the coordinator hears of it.
    fn learn(&mut self, outcome: Outcome, cx: &mut Cx<'_, Self>) {
        self.phase = Phase::Quiet;
        let early = flaw!(self, AcknowledgesBeforeDurable);
        self.persist_then(Record::Decided(outcome), early, cx, |cx| {
            cx.mark(if outcome == Commit { "learn commit" } else { "learn abort" });
            cx.cancel(Wait::Outcome);
            cx.indicate(Indication::Decided(outcome));
            if outcome == Commit {
                cx.send(coordinator(cx), Msg::Ack);
            }
        });
    }

    fn inquire(&mut self, cx: &mut Cx<'_, Self>) {
        if flaw!(self, NeverInquires) {
            return;
        }
        cx.mark("inquire");
        cx.send_others(Msg::Inquire);
        cx.set(Wait::Outcome, PATIENCE);
    }
}
