//! Normal operation (§4.1).

use std::{collections::BTreeMap, sync::Arc};

use synod_actor::{Cx, NodeId, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Msg::*, Record, Stamped, Status, Timer, Viewstamped};
use crate::{
    Epoch,
    barriers::Rounds,
    log::{Entry, Indication, Position, Replica},
};

/// What a primary knows.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(super) struct Lead {
    /// Up to which op-number each backup has acknowledged in this view.
    pub(super) acks: BTreeMap<NodeId, Position>,
    /// Where the log ended with which the view began: some of it may be committed without the primary's knowing.
    pub(super) inherited: Position,
    /// The reads that wait, and the latest round that each backup has confirmed.
    pub(super) rounds: Rounds,
    pub(super) confirmed: BTreeMap<NodeId, u64>,
}

/// The primary.
impl<C: Value, S: Value> Viewstamped<C, S> {
    pub(super) fn lead(&mut self) -> Option<&mut Lead> {
        match &mut self.status {
            Status::Primary(lead) => Some(lead),
            Status::Backup | Status::ViewChange(_) | Status::Recovering(_) => None,
        }
    }

    /// A client's request. Batching is to collect some and to prepare them together (§6.2): here those that come while there is no
    /// room in the window.
    pub(super) fn on_request(&mut self, from: NodeId, command: C, cx: &mut Cx<'_, Self>) {
        if self.leads() {
            self.waiting.push(from, command);
            self.prepare(cx);
        }
    }

    /// 3. "The primary advances op-number, adds the request to the end of the log, [and] sends a PREPARE message to the other
    ///    replicas"; here with all requests that wait, if there is room, and with the commit-number. The message leaves before
    ///    the entries are written. The primary counts itself at once: whatever follows from the count waits behind the write
    ///    (the barrier of [`Actor::persist`](synod_actor::Actor::persist)), and is gone with it if there is a crash.
    fn prepare(&mut self, cx: &mut Cx<'_, Self>) -> bool {
        let (view, last, commit) = (self.view, self.last(), self.commit);
        let has_room = last.saturating_sub(commit) < self.settings.window;
        if !has_room || self.waiting.is_empty() {
            return false;
        }
        let request = |command| (view, Entry::Command(command));
        let entries: Arc<[_]> = self.waiting.take(usize::MAX).map(request).collect();
        cx.mark(if entries.len() > 1 { "batch" } else { "prepare" });
        self.send_replicas(Prepare(view, last + 1, entries.clone(), commit), cx);
        self.write(Record::Append(entries), cx);
        self.advance_commit(cx);
        true
    }

    /// 5. "The primary waits for f PREPAREOK messages from different backups" which says that they have this entry "and all
    ///    earlier ones". Those of another view tell nothing of this view's log.
    pub(super) fn on_prepare_ok(
        &mut self,
        from: NodeId,
        view: Epoch,
        number: Position,
        cx: &mut Cx<'_, Self>,
    ) {
        let is_of_view = view == self.view;
        let number = if flaw!(self, CountsWhatFollows) { self.last() } else { number };
        let Some(lead) = self.lead().filter(|_| is_of_view) else { return };
        let ack = lead.acks.entry(from).or_insert(0);
        *ack = number.max(*ack);
        if number > self.commit {
            self.advance_commit(cx);
        }
    }

    /// 5. "At this point it considers the operation (and all earlier ones) to be committed."
    pub(super) fn advance_commit(&mut self, cx: &mut Cx<'_, Self>) {
        let (me, last, alone) = (cx.me(), self.last(), flaw!(self, CommitsAlone));
        let Status::Primary(lead) = &self.status else { return };
        let acked = |node| match lead.acks.get(&node) {
            _ if node == me || alone => last,
            Some(&acked) => acked.min(last),
            None => 0,
        };
        if let Some(reached) = self.members.reached_beyond(self.commit, acked) {
            self.commit_to(reached, cx);
            // 6. "Normally the primary informs backups about the commit when it sends the next PREPARE message." Clients that
            // sit at a backup would wait for that; so backups are told at once.
            if !self.prepare(cx) {
                self.send_replicas(Commit(self.view, self.commit), cx);
            }
            self.confirm_reads(cx);
        }
    }
}

/// Backups.
impl<C: Value, S: Value> Viewstamped<C, S> {
    /// 4. "Backups process PREPARE messages in order: a backup won't accept a prepare with op-number n until it has entries for
    ///    all earlier requests in its log."
    pub(super) fn on_prepare(
        &mut self,
        from: NodeId,
        view: Epoch,
        number: Position,
        entries: Arc<[Stamped<C>]>,
        commit: Position,
        cx: &mut Cx<'_, Self>,
    ) {
        if !self.hears_primary(from, view, false, cx) {
            return;
        }
        let last = self.last();
        if number > last + 1 {
            return self.ask(from, view, last, false, cx);
        }
        let early = flaw!(self, AcksBeforeDurable);
        if early {
            cx.send(from, PrepareOk(view, number));
        }
        let present = usize::try_from(last + 1 - number).unwrap_or(usize::MAX);
        if present < entries.len() {
            cx.mark("append");
            let entries = if present == 0 { entries } else { entries[present..].into() };
            self.write(Record::Append(entries), cx);
        }
        if !early {
            cx.send(from, PrepareOk(view, self.last()));
        }
        self.commit_to(commit, cx);
    }

    /// 7. "When a backup learns of a commit, it waits until it has the request in its log [...] and until it has executed all
    ///    earlier operations."
    pub(super) fn on_commit(&mut self, from: NodeId, view: Epoch, commit: Position, cx: &mut Cx<'_, Self>) {
        if !self.hears_primary(from, view, true, cx) {
            if view > self.view && flaw!(self, CommitsWhileBehind) {
                self.commit_to(commit, cx);
            }
            return;
        }
        self.commit_to(commit, cx);
        if commit > self.last() {
            self.ask(from, view, self.last(), true, cx);
        }
    }

    /// Whether a message of a primary is one of the view in which this replica is a backup. "Replicas only process normal
    /// protocol messages containing a view-number that matches the view-number they know" (§4.1). "If the sender is behind,
    /// the receiver drops the message. If the sender is ahead, the replica performs a state transfer." Until that is over
    /// it acknowledges nothing of the later view.
    fn hears_primary(&mut self, from: NodeId, view: Epoch, again: bool, cx: &mut Cx<'_, Self>) -> bool {
        let lags = matches!(self.status, Status::ViewChange(_)) && flaw!(self, AcceptsOldViews);
        if self.is_backup() && view == self.view || lags && view == self.last_normal {
            self.wait_for_primary(cx);
            return true;
        }
        // Of the same view too, if it has missed that the view has begun.
        if view > self.view || view == self.view && !self.leads() {
            self.ask(from, view, self.commit, again, cx);
        }
        false
    }

    /// The primary is alive. Backups wait for the next sign of that.
    pub(super) fn wait_for_primary(&mut self, cx: &mut Cx<'_, Self>) {
        let least = self.settings.view_change;
        cx.set(Timer::ViewChange, least..least.saturating_mul(2));
    }

    /// Its status is normal now, in this view and with this log.
    pub(super) fn be_normal(&mut self, cx: &mut Cx<'_, Self>) {
        self.asked = None;
        cx.cancel(Timer::Resend);
        let primary = self.primary(self.view, cx.me());
        cx.indicate(Indication::Leader(self.view, Some(primary)));
        if primary == cx.me() {
            cx.mark("primary");
            let last = self.last();
            self.status = Status::Primary(Lead { inherited: last, ..Lead::default() });
            cx.cancel(Timer::ViewChange);
            cx.set(Timer::Idle, self.settings.commit..self.settings.commit);
        } else {
            cx.mark("backup");
            self.status = Status::Backup;
            self.wait_for_primary(cx);
        }
    }
}
