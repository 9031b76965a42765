//! Snapshots in place of the log's beginning (§5.1).

use synod_actor::{Cx, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Record, Viewstamped};
use crate::log::{Position, Snapshot};

impl<C: Value, S: Value> Viewstamped<C, S> {
    /// Tells of the snapshot, if it covers more than what was told.
    pub(super) fn restore(&mut self, cx: &mut Cx<'_, Self>) {
        let told = if flaw!(self, RestoresOldSnapshots) { 0 } else { self.commit };
        self.journal.restore(told, &mut self.commit, cx);
    }

    /// Takes a snapshot in place of the entries up to there (§5.1).
    pub(super) fn compact(&mut self, position: Position, state: S, cx: &mut Cx<'_, Self>) {
        let label = if flaw!(self, LabelsSnapshotTooHigh) { self.commit } else { position };
        if let Some(snapshot) = self.journal.snapshot_at(position, self.members.clone(), state) {
            cx.mark("snapshot");
            self.write(Record::Snapshot(Snapshot { position: label, ..snapshot }), cx);
        }
    }
}
