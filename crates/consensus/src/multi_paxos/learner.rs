//! The learner (Lamport 2001, §2.3), and what it tells the layer above.

use std::time::Duration;

use synod_actor::{Cx, NodeId, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Msg::*, MultiPaxos, Phase, Timer::*};
use crate::{
    Epoch,
    log::{Indication, Position, Replica},
};

/// What is chosen.
impl<C: Value, S: Value> MultiPaxos<C, S> {
    /// The leader of a ballot knows everything up to here to be chosen. So it is: what this node has accepted **in that
    /// ballot**, for there is one decree for each position in it. What it has accepted in an earlier one may be something else;
    /// then it asks.
    pub(super) fn learn(&mut self, leader: NodeId, ballot: Epoch, upto: Position, cx: &mut Cx<'_, Self>) {
        let any = flaw!(self, LearnsFromAnyVote);
        let before = self.chosen;
        self.commit(upto, |of| of == ballot || any, cx);
        if self.chosen > before {
            cx.mark("chosen");
            self.reads.pass(self.chosen, cx);
        }
        if self.chosen < upto {
            cx.send(leader, Missing(ballot, self.chosen));
        }
    }

    /// The positions up to here are chosen, and the votes for them say what, as long as their ballots are known to be of that.
    pub(super) fn commit(&mut self, upto: Position, known: impl Fn(Epoch) -> bool, cx: &mut Cx<'_, Self>) {
        let votes =
            self.journal.behind(self.chosen).take_while(|&(at, ballot, _)| at <= upto && known(ballot));
        for (at, _, decree) in votes {
            self.chosen = at;
            cx.indicate(Indication::Committed(at, decree.epoch, decree.entry.clone()));
        }
    }
}

/// Who leads.
impl<C: Value, S: Value> MultiPaxos<C, S> {
    /// Obeys this leader of a ballot, which is promised by now; or whoever will be heard of in it. An own ballot is superseded.
    pub(super) fn follow(&mut self, ballot: Epoch, leader: Option<NodeId>, cx: &mut Cx<'_, Self>) {
        if self.leads() {
            cx.mark("preempted");
            cx.cancel(Repeat);
            self.waiting.refuse(cx);
        }
        self.phase = Phase::Idle;
        if leader.is_none() {
            self.forget_leader(cx);
        } else if self.leader != leader {
            self.leader = leader;
            cx.indicate(Indication::Leader(ballot, leader));
        }
        self.set_patience(cx);
    }

    /// The leader no longer counts as alive, or has been superseded.
    pub(super) fn forget_leader(&mut self, cx: &mut Cx<'_, Self>) {
        if self.leader.take().is_some() {
            cx.indicate(Indication::Leader(self.promised, None));
        }
        self.reads.refuse(cx);
    }

    /// What a node waits before it tries to lead. What is drawn is up to the host.
    pub(super) fn set_patience(&mut self, cx: &mut Cx<'_, Self>) {
        if self.members.is_voter(cx.me()) {
            let least: Duration = self.settings.patience;
            cx.set(Patience, least..least.saturating_mul(2));
        }
    }
}
