//! Handing over the leadership (dissertation, §3.10).

use synod_actor::{Cx, NodeId, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Msg::*, Point, Raft, Role, Timer::Transfer, Vote};
use crate::Epoch;

impl<C: Value, S: Value> Raft<C, S> {
    /// Whether this node leads, and the other one could.
    pub(super) fn can_transfer_to(&self, to: NodeId, me: NodeId) -> bool {
        self.accepts_commands() && to != me && self.members().voters.contains(&to)
    }

    /// Whether it leads, and appends what it is asked to: not while it hands over.
    pub(super) fn accepts_commands(&self) -> bool {
        matches!(&self.role, Role::Leader(leadership) if leadership.successor.is_none())
    }

    /// 1. "The prior leader stops accepting new client requests." For one election timeout at most. Those that wait for room wait for
    ///    that, too.
    pub(super) fn transfer(&mut self, to: NodeId, cx: &mut Cx<'_, Self>) {
        let Some(leadership) = self.leadership() else { return };
        leadership.successor = Some(to);
        cx.set(Transfer, self.settings.election..self.settings.election);
        self.hand_over(to, cx);
    }

    /// 2. "The prior leader fully updates the target server's log to match its own." 3. "The prior leader sends a TimeoutNow
    ///    request to the target server." It says where the log ends, so that it means nothing any more if this leader has
    ///    given up and gone on.
    pub(super) fn hand_over(&mut self, to: NodeId, cx: &mut Cx<'_, Self>) {
        if self.successor() != Some(to) {
            return;
        }
        let last = self.journal.last();
        if self.follower(to).is_some_and(|follower| follower.matched == last.index) {
            // Its wish frees the voters from keeping faith, now or as late as the message may come: no more leases in this term.
            if self.leases() && !(flaw!(self, LeasesThroughTransfers)) {
                self.end_lease(u64::MAX);
            }
            cx.mark("handover");
            cx.send(to, TimeoutNow(self.term, last));
        }
    }

    /// It takes too long: "the prior leader aborts the transfer and resumes accepting client requests".
    pub(super) fn end_transfer(&mut self, cx: &mut Cx<'_, Self>) {
        if flaw!(self, NeverEndsTransfers) {
            return;
        }
        if let Some(leadership) = self.leadership() {
            leadership.successor = None;
            cx.cancel(Transfer);
            self.append_waiting(cx);
        }
    }

    /// The target: it starts an election at once, and asks to be voted for although the leader is alive. Not if the message is late:
    /// the leader that sent it has given up, or the log has changed since.
    pub(super) fn on_timeout_now(&mut self, term: Epoch, last: Point, cx: &mut Cx<'_, Self>) {
        let is_current = term == self.term && last == self.journal.last();
        if is_current && self.members().is_voter(cx.me()) {
            self.forget_leader(cx);
            self.campaign(Vote::Transfer, cx);
        }
    }
}
