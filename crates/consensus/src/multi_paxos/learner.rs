//! The learner (Lamport 2001, §2.3), and what it tells the layer above.

use std::{mem, time::Duration};

use synod_actor::{Actor, Cx, NodeId, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Msg::*, MultiPaxos, Phase, Record, Timer::*, Vote};
use crate::{
    Epoch,
    log::{Indication, Position, Snapshot},
};

/// What is chosen.
impl<C: Value, S: Value> MultiPaxos<C, S> {
    /// The leader of a ballot knows everything up to here to be chosen. So it is: what this node has accepted **in that
    /// ballot**, for there is one decree for each position in it. What it has accepted in an earlier one may be something else;
    /// then it asks.
    pub(super) fn learn(&mut self, leader: NodeId, ballot: Epoch, upto: Position, cx: &mut Cx<'_, Self>) {
        let any = flaw!(self, LearnsFromAnyVote);
        let before = self.chosen;
        self.commit(upto, |vote| vote.ballot == ballot || any, cx);
        if self.chosen > before {
            cx.mark("chosen");
            self.reads.pass(self.chosen, cx);
        }
        if self.chosen < upto {
            cx.send(leader, Missing(ballot, self.chosen));
        }
    }

    /// The positions up to here are chosen, and the votes for them say what, as long as they are known to be for that.
    pub(super) fn commit(&mut self, upto: Position, known: impl Fn(&Vote<C>) -> bool, cx: &mut Cx<'_, Self>) {
        let votes = (self.chosen + 1..=upto).zip(self.journal.behind(self.chosen));
        for (at, vote) in votes.take_while(|(_, vote)| known(vote)) {
            self.chosen = at;
            cx.indicate(Indication::Committed(at, vote.decree.epoch, vote.decree.entry.clone()));
        }
    }

    /// Takes a snapshot of somebody else: all that it covers is chosen.
    pub(super) fn install(&mut self, snapshot: Snapshot<S>, cx: &mut Cx<'_, Self>) {
        if snapshot.position > self.chosen || flaw!(self, InstallsOldSnapshots) {
            cx.mark("install");
            self.chosen = snapshot.position;
            self.persist(Record::Snapshot(snapshot.clone()), cx);
            cx.indicate(Indication::Restore(snapshot));
            self.reads.pass(self.chosen, cx);
        }
    }

    /// Whether the layer above may have taken a snapshot there that is worth keeping.
    pub(super) fn can_compact(&self, position: Position) -> bool {
        self.journal.start() < position && position <= self.chosen
    }

    /// Takes the snapshot of the layer above in place of the votes up to there. They are chosen, and the promise stays: else an
    /// earlier ballot could have something else accepted there.
    pub(super) fn compact(&mut self, position: Position, state: S, cx: &mut Cx<'_, Self>) {
        let Some(vote) = self.journal.vote(position) else { return };
        cx.mark("snapshot");
        let (epoch, members) = (vote.decree.epoch, self.members.clone());
        let position = if flaw!(self, LabelsSnapshotTooHigh) { self.chosen } else { position };
        self.persist(Record::Snapshot(Snapshot { position, epoch, members, state }), cx);
    }
}

/// Who leads.
impl<C: Value, S: Value> MultiPaxos<C, S> {
    /// Obeys this leader of a ballot, which is promised by now; or whoever will be heard of in it. An own ballot is superseded.
    pub(super) fn follow(&mut self, ballot: Epoch, leader: Option<NodeId>, cx: &mut Cx<'_, Self>) {
        if let Phase::Leading(leadership) = mem::replace(&mut self.phase, Phase::Idle) {
            cx.mark("preempted");
            cx.cancel(Repeat);
            leadership.waiting.refuse(cx);
        }
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
