//! Nodes that have missed something, and snapshots, which take the place of what is chosen.

use synod_actor::{Actor, Cx, NodeId, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Msg::*, MultiPaxos, Record};
use crate::log::{Indication, Position, Replica, Snapshot};

impl<C: Value, S: Value> MultiPaxos<C, S> {
    /// Someone does not know what was chosen. It is proposed to it once more; by that vote it will know.
    pub(super) fn on_missing(&mut self, from: NodeId, after: Position, cx: &mut Cx<'_, Self>) {
        if flaw!(self, IgnoresMissing) || !self.leads() || after >= self.chosen {
            return;
        }
        cx.mark("catch up");
        if let Some(snapshot) = self.journal.snapshot().filter(|snapshot| snapshot.position > after) {
            return cx.send(from, Install(self.promised, snapshot.clone()));
        }
        let most = usize::try_from(self.chosen - after).unwrap_or(usize::MAX);
        self.propose_again(from, after + 1, most.min(self.settings.batch), cx);
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
        let Some((_, decree)) = self.journal.vote(position) else { return };
        cx.mark("snapshot");
        let (epoch, members) = (decree.epoch, self.members.clone());
        let position = if flaw!(self, LabelsSnapshotTooHigh) { self.chosen } else { position };
        self.persist(Record::Snapshot(Snapshot { position, epoch, members, state }), cx);
    }
}
