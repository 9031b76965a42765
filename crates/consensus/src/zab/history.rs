//! What a node reads in its history: where it ends, and how another one becomes it, by ZooKeeper's DIFF, TRUNC and SNAP.

use synod_actor::{Actor, Cx, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Record, Zab, Zxid};
use crate::{
    journal::Stamped,
    log::{Position, Snapshot},
};

/// How a follower's history becomes the leader's.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Sync<C, S> {
    /// DIFF: your history is mine up to your last transaction, which is this one. These follow.
    Diff(Zxid, Vec<Stamped<C>>),
    /// TRUNC: drop what comes behind this one. These follow.
    Trunc(Zxid, Vec<Stamped<C>>),
    /// SNAP: take this in place of everything. These follow.
    Snap(Snapshot<S>, Vec<Stamped<C>>),
}

impl<C, S> Sync<C, S> {
    /// What replaces everything, if something does; behind which transaction the others follow; and these.
    pub(super) fn into_parts(self) -> (Option<Snapshot<S>>, Zxid, Vec<Stamped<C>>) {
        match self {
            Sync::Diff(after, transactions) | Sync::Trunc(after, transactions) => (None, after, transactions),
            Sync::Snap(snapshot, transactions) => {
                let end = Zxid::end_of(&snapshot);
                (Some(snapshot), end, transactions)
            }
        }
    }
}

impl<C: Value, S: Value> Zab<C, S> {
    /// lastZxid. What is told of it leaves the node behind the writes that it is of: so it is what a crash would leave.
    pub(super) fn last_zxid(&self) -> Zxid {
        self.zxid(self.journal.last()).unwrap_or_default()
    }

    fn zxid(&self, counter: Position) -> Option<Zxid> {
        self.journal.epoch(counter).map(|epoch| Zxid { epoch, counter })
    }

    pub(super) fn holds(&self, zxid: Zxid) -> bool {
        self.zxid(zxid.counter) == Some(zxid)
    }

    /// The last transaction of the history that comes before this one in order, if it is not in the snapshot.
    pub(super) fn last_before(&self, zxid: Zxid) -> Option<Zxid> {
        let known = (self.journal.start()..=self.journal.last()).rev().filter_map(|at| self.zxid(at));
        known.into_iter().find(|known| *known < zxid)
    }

    /// How a history that ends with this transaction becomes this one.
    ///
    /// ZooKeeper sends a snapshot where that is cheaper; here it is sent where the transactions before are gone.
    pub(super) fn sync_from(&self, last: Zxid) -> Sync<C, S> {
        let behind = |after: Zxid| self.journal.tail(after.counter).entries;
        match (self.journal.snapshot(), self.last_before(last)) {
            _ if self.holds(last) => Sync::Diff(last, behind(last)),
            (Some(snapshot), before) if last.counter < snapshot.position || before.is_none() => {
                let end = Zxid::end_of(snapshot);
                if flaw!(self, OmitsSnapshots) {
                    return Sync::Diff(end, behind(end));
                }
                Sync::Snap(snapshot.clone(), behind(end))
            }
            (_, before) => {
                let before = before.unwrap_or_default();
                Sync::Trunc(before, behind(before))
            }
        }
    }

    /// Writes a part of the history of another node; or keeps it in memory only, which is a fault.
    pub(super) fn write(&mut self, record: Record<C, S>, only_in_memory: bool, cx: &mut Cx<'_, Self>) {
        if only_in_memory {
            self.replay(record);
        } else {
            self.persist(record, cx);
        }
    }
}
