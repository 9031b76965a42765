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

    /// Takes a snapshot in place of the transactions up to there.
    pub(super) fn compact(&mut self, position: Position, state: S, cx: &mut Cx<'_, Self>) {
        let label = if flaw!(self, LabelsSnapshotTooHigh) { self.committed } else { position };
        if let Some(snapshot) = self.journal.snapshot_at(position, self.members.clone(), state) {
            cx.mark("snapshot");
            self.persist(Record::Snapshot(Snapshot { position: label, ..snapshot }), cx);
        }
    }
}
