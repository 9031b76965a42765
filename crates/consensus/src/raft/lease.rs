//! Reads without asking anyone: leases (dissertation, §6.4.1).
//!
//! A follower that has heard of a leader keeps faith with it for the least election timeout: it votes for nobody else, whatever
//! terms it hears of. So once a quorum has answered a round of heartbeats nobody else can lead until an election timeout after the
//! round was *begun*, and the leader may read what it knows to be committed.
//!
//! **What it takes** are clocks that run at about the same rate: a timer that is set to [`Settings::lease`](super::Settings) at one
//! node must fire before one that is set to [`Settings::election`](super::Settings) at another node, later. A process that is paused, a
//! virtual machine that is moved, a clock that is set do not keep to that, and no algorithm can notice: what is read is stale then.
//! Nothing else depends on it, so leases are off unless asked for, and no clock is read: the lease is a timer.

use synod_actor::{Cx, NodeId, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Raft, Role, Timer};
use crate::Epoch;

impl<C: Value, S: Value> Raft<C, S> {
    /// Whether there are leases.
    pub(super) fn leases(&self) -> bool {
        self.settings.lease.is_some()
    }

    /// A new round of heartbeats, and with it the time in which its lease ends. Repeated heartbeats are new rounds: an answer does
    /// not tell which of two it answers.
    pub(super) fn begin_lease(&mut self, cx: &mut Cx<'_, Self>) {
        let extends = flaw!(self, ExtendsLeases);
        let (true, Some(leadership)) = (self.leases(), self.leadership()) else { return };
        if leadership.rounds.latest() == 0 || !extends {
            leadership.rounds.advance();
        }
        self.time_lease(cx);
    }

    /// The lease of the round of now begins with it.
    pub(super) fn time_lease(&mut self, cx: &mut Cx<'_, Self>) {
        let (Some(lease), Some(leadership)) = (self.settings.lease, self.leadership()) else { return };
        let round = leadership.rounds.latest();
        cx.set(Timer::Lease(round), lease..lease);
    }

    /// The lease of this round is over, and so are those of the rounds before.
    pub(super) fn end_lease(&mut self, round: u64) {
        if flaw!(self, LeasesLastForEver) {
            return;
        }
        if let Some(leadership) = self.leadership() {
            leadership.expired = leadership.expired.max(round);
        }
    }

    /// Whether a quorum keeps faith: it has answered a round whose lease is not over.
    pub(super) fn has_lease(&self, me: NodeId) -> bool {
        let Role::Leader(leadership) = &self.role else { return false };
        let confirmed = self.confirmed_round(leadership, me);
        self.leases() && confirmed > leadership.expired
    }

    /// "The lease approach ... assumes a bound on clock drift": that of followers, who wait for a whole election timeout after they
    /// heard of a leader; and after a restart too, for they may have heard of one right before, unless they have never been in a term.
    pub(super) fn keep_faith(&mut self, cx: &mut Cx<'_, Self>) {
        if self.leases() && self.term > Epoch::ZERO {
            self.faithful = true;
            cx.set(Timer::Contact, self.settings.election..self.settings.election);
        }
    }
}
