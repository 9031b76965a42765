//! Snapshots in place of the history's beginning.

use synod_actor::{Actor, Cx, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Record, Zab};
use crate::log::{Position, Snapshot};

impl<C: Value, S: Value> Zab<C, S> {
    /// Tells of the snapshot, if it covers more than what was told.
    pub(super) fn restore(&mut self, cx: &mut Cx<'_, Self>) {
        let told = if flaw!(self, RestoresOldSnapshots) { 0 } else { self.committed };
        self.journal.restore(told, &mut self.committed, cx);
    }

    /// Whether the layer above may have taken a snapshot there that is worth keeping.
    pub(super) fn can_compact(&self, position: Position) -> bool {
        self.journal.start() < position && position <= self.committed
    }

    /// Takes a snapshot in place of the transactions up to there.
    pub(super) fn compact(&mut self, position: Position, state: S, cx: &mut Cx<'_, Self>) {
        let Some(epoch) = self.journal.epoch(position) else { return };
        cx.mark("snapshot");
        let position = if flaw!(self, LabelsSnapshotTooHigh) { self.committed } else { position };
        let members = self.members.clone();
        self.persist(Record::Snapshot(Snapshot { position, epoch, members, state }), cx);
    }
}
