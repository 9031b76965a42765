//! Observers (ZooKeeper's): learners of the [`Membership`](crate::Membership), who are informed of what is committed.

use synod_actor::{Cx, NodeId, Value};

use super::{Msg::*, Zab};
use crate::{Epoch, journal::Stamped, log::Position};

impl<C: Value, S: Value> Zab<C, S> {
    /// The leader informs one of what is committed behind this position.
    pub(super) fn inform(&self, observer: NodeId, after: Position, cx: &mut Cx<'_, Self>) {
        cx.mark("inform");
        for at in after + 1..=self.committed {
            if let Some(transaction) = self.journal.get(at) {
                cx.send(observer, Inform(self.accepted_epoch, at, transaction.clone()));
            }
        }
    }

    /// INFORM is PROPOSE and COMMIT in one, for those who have no vote.
    pub(super) fn on_inform(
        &mut self,
        from: NodeId,
        epoch: Epoch,
        at: Position,
        transaction: Stamped<C>,
        cx: &mut Cx<'_, Self>,
    ) {
        self.on_propose(from, epoch, at, [transaction].into(), cx);
        self.on_commit(from, epoch, at, cx);
    }
}
