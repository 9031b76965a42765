//! Snapshots (§7): what the layer above makes of the entries that are committed, in place of them.

use synod_actor::{Actor, Cx, NodeId, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Msg::*, Raft, Record};
use crate::log::{Indication, Position, Snapshot};

impl<C: Value, S: Value> Raft<C, S> {
    /// Whether the layer above may have taken a snapshot there that is worth keeping.
    pub(super) fn can_compact(&self, position: Position) -> bool {
        self.journal.start().index < position && position <= self.commit
    }

    /// Takes a snapshot in place of the entries up to there (§7).
    pub(super) fn compact(&mut self, position: Position, state: S, cx: &mut Cx<'_, Self>) {
        let Some(epoch) = self.journal.term(position) else { return };
        cx.mark("snapshot");
        let members = self.journal.members_at(position).clone();
        let position = if flaw!(self, LabelsSnapshotTooHigh) { self.commit } else { position };
        self.persist(Record::Snapshot(Snapshot { position, epoch, members, state }), cx);
    }

    /// A snapshot is on the disk.
    pub(super) fn install(&mut self, snapshot: Snapshot<S>) {
        self.journal.install(snapshot);
        if !(flaw!(self, KeepsMembersOfDiscarded)) {
            self.journal.look_for_members();
        }
    }

    /// After a restart: tells of the snapshot. What it covers is committed.
    pub(super) fn restore(&mut self, cx: &mut Cx<'_, Self>) {
        if let Some(snapshot) = self.journal.snapshot() {
            self.commit = snapshot.position;
            cx.indicate(Indication::Restore(snapshot.clone()));
        }
    }

    /// The entries that the follower lacks are gone. It is a probe like others: what comes next is sent once this has arrived.
    pub(super) fn send_snapshot(&self, to: NodeId, cx: &mut Cx<'_, Self>) {
        if let Some(snapshot) = self.journal.snapshot() {
            cx.send(to, Install(self.term, snapshot.clone()));
        }
    }

    /// InstallSnapshot, the receiver (Figure 13), in one piece.
    pub(super) fn on_install(&mut self, from: NodeId, snapshot: Snapshot<S>, cx: &mut Cx<'_, Self>) {
        self.hear_of_leader(from, cx);
        let position = snapshot.position;
        // What it covers is committed here already: all logs agree on that.
        if position > self.commit || flaw!(self, InstallsOldSnapshots) {
            cx.mark("install");
            self.persist(Record::Snapshot(snapshot.clone()), cx);
            self.commit = position;
            cx.indicate(Indication::Restore(snapshot));
            self.wait_for_election(cx);
            self.reads.pass(self.commit, cx);
        }
        cx.send(from, Appended(self.term, position, 0));
    }
}
