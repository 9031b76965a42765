//! What a node writes, and what it reads in its history.

use std::sync::Arc;

use synod_actor::Value;

use super::{Sync, Zab, Zxid};
use crate::{
    Epoch,
    journal::Stamped,
    log::{Position, Snapshot},
};

/// What a node writes to disk. Each is a write of its own, and a crash may come between any two.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Record<C, S> {
    /// acceptedEpoch: it takes part in no earlier one.
    AcceptedEpoch(Epoch),
    /// currentEpoch: the history is of this epoch's leader.
    CurrentEpoch(Epoch),
    /// The history ends at this position.
    Truncate(Position),
    /// It goes on with these.
    Append(Arc<[Stamped<C>]>),
    /// A snapshot, in place of what it covers; and of all that follows, unless it fits to that.
    Snapshot(Snapshot<S>),
}

impl<C: Value, S: Value> Zab<C, S> {
    pub(super) fn write_down(&mut self, record: Record<C, S>) {
        match record {
            Record::AcceptedEpoch(epoch) => self.accepted_epoch = epoch,
            Record::CurrentEpoch(epoch) => self.current_epoch = epoch,
            Record::Truncate(after) => self.journal.truncate(after),
            Record::Append(transactions) => self.journal.extend(&transactions),
            Record::Snapshot(snapshot) => {
                if !self.holds(Zxid { epoch: snapshot.epoch, counter: snapshot.position }) {
                    self.journal.truncate(self.journal.start());
                }
                self.journal.compact(snapshot);
            }
        }
    }

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
                let end = Zxid { epoch: snapshot.epoch, counter: snapshot.position };
                Sync::Snap(snapshot.clone(), behind(end))
            }
            (_, before) => {
                let before = before.unwrap_or_default();
                Sync::Trunc(before, behind(before))
            }
        }
    }
}
