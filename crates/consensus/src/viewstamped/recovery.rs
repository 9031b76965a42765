//! Recovery of replicas that keep their log in memory (§4.3).

use std::collections::BTreeMap;

use synod_actor::{Cx, NodeId, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Msg::*, Status, Tail, Viewstamped};
use crate::{
    Epoch,
    log::{Position, Replica},
};

/// The responses so far: the view of each replica, and of primaries the log and commit-number.
pub(super) type Responses<C, S> = BTreeMap<NodeId, (Epoch, Option<(Tail<C, S>, Position)>)>;

impl<C: Value, S: Value> Viewstamped<C, S> {
    /// 1. "The recovering replica, i, sends a RECOVERY message to all other replicas, where x is a nonce." The number of this
    ///    start is one: it was written before.
    pub(super) fn recover(&mut self, cx: &mut Cx<'_, Self>) {
        cx.mark("recover");
        self.status = Status::Recovering(BTreeMap::new());
        self.ask_for_recovery(cx);
        self.send_again_later(cx);
    }

    pub(super) fn ask_for_recovery(&mut self, cx: &mut Cx<'_, Self>) {
        self.send_replicas(Recovery(self.view, self.incarnation), cx);
    }

    /// 2. "A replica j replies to a RECOVERY message only when its status is normal. [...] If j is the primary of its view, l is
    ///    its log, n is its op-number, and k is the commit-number; otherwise these values are nil."
    ///
    /// The other one will not recover into an earlier view than it has promised to get to. It cannot repeat what it sent on
    /// the way there, so the question does that too.
    pub(super) fn on_recovery(&mut self, from: NodeId, promised: Epoch, nonce: u64, cx: &mut Cx<'_, Self>) {
        if promised > self.view {
            self.change_view(promised, cx);
        }
        if self.is_normal() {
            let knows = self.leads() || flaw!(self, RecoversFromBackups);
            let log = knows.then(|| (self.journal.tail(0), self.commit));
            cx.send(from, RecoveryResponse(self.view, nonce, log));
        }
    }

    /// 3. "The recovering replica waits to receive at least f+1 RECOVERYRESPONSE messages from different replicas, all containing
    ///    the nonce it sent in its RECOVERY message, including one from the primary of the latest view it learns of in these
    ///    messages. Then it updates its state using the information from the primary, changes its status to normal, and the
    ///    recovery protocol is complete." If that view is not before what it has promised.
    pub(super) fn on_recovery_response(
        &mut self,
        from: NodeId,
        view: Epoch,
        nonce: u64,
        log: Option<(Tail<C, S>, Position)>,
        cx: &mut Cx<'_, Self>,
    ) {
        let is_answer = nonce == self.incarnation || flaw!(self, IgnoresNonce);
        let from_any = flaw!(self, RecoversFromBackups);
        let Status::Recovering(responses) = &mut self.status else { return };
        if !is_answer {
            return;
        }
        responses.insert(from, (view, log));
        let responses = responses.clone();
        let enough = self.members.is_quorum(|node| responses.contains_key(&node));
        let latest = responses.values().map(|(view, _)| *view).max().unwrap_or_default();
        let primary = if from_any { from } else { self.primary(latest, cx.me()) };
        if enough
            && latest >= self.view
            && let Some((view, Some((log, commit)))) = responses.get(&primary)
            && *view == latest
        {
            cx.mark("recovered");
            self.adopt(latest, log.clone(), *commit, cx);
        }
    }
}
