//! Hand-over to a replica that has everything: not in the paper, where views change for want of a primary only.

use synod_actor::{Cx, NodeId, Value};

use super::{Lead, Status, Viewstamped};
use crate::log::Replica;

impl<C: Value, S: Value> Viewstamped<C, S> {
    /// Whether this replica is the primary, and the other one could be without anyone waiting for it.
    pub(super) fn can_transfer_to(&self, to: NodeId, me: NodeId) -> bool {
        let has_all = |lead: &Lead| lead.acks.get(&to) == Some(&self.last()) && self.waiting.is_empty();
        matches!(&self.status, Status::Primary(lead) if to != me && has_all(lead))
    }

    /// Gets to the next view that is the other one's.
    pub(super) fn transfer(&mut self, to: NodeId, cx: &mut Cx<'_, Self>) {
        let mut view = self.view.next();
        while self.primary(view, cx.me()) != to {
            view = view.next();
        }
        self.change_view(view, cx);
    }
}
