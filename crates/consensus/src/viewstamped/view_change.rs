//! View changes (§4.2): a quorum of replicas replaces a primary that is not heard of.

use std::collections::{BTreeMap, BTreeSet};

use synod_actor::{Actor, Cx, NodeId, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Msg::*, Record, Status, Tail, Timer, Viewstamped, Vote};
use crate::{
    Epoch,
    log::{Indication, Position, Replica},
};

/// What a replica knows on the way to a view.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Change<C, S> {
    /// Who else wants to get there.
    wanted: BTreeSet<NodeId>,
    /// Whether enough do, and the primary to be was told so.
    pub(super) voted: bool,
    /// What the primary to be was told.
    votes: BTreeMap<NodeId, Vote<C, S>>,
}

impl<C: Value, S: Value> Viewstamped<C, S> {
    /// "Backups monitor the primary [...]. If a timeout expires without a communication, the replicas carry out a view change"
    /// (§4.2). If the view change has no outcome: to the next view.
    pub(super) fn lose_patience(&mut self, cx: &mut Cx<'_, Self>) {
        let changes = matches!(self.status, Status::ViewChange(_)) && !(flaw!(self, NeverRetries));
        if changes || self.is_backup() {
            self.change_view(self.view.next(), cx);
        }
    }

    /// 1. "A replica i that notices the need for a view change advances its view-number, sets its status to view-change, and
    ///    sends a STARTVIEWCHANGE message to the other replicas." From here on it takes part in no earlier view, not after a
    ///    crash either: the number is written before anyone hears of it, also if the log is in memory only. The paper
    ///    writes nothing, and then a message of before the crash may count in a view change that the replica, recovered into
    ///    the earlier view, no longer knows of: Michael et al., *Recovering Shared Objects Without Stable Storage* (2017).
    pub(super) fn change_view(&mut self, view: Epoch, cx: &mut Cx<'_, Self>) {
        if flaw!(self, ForgetsPromises) {
            self.replay(Record::View(view));
        } else {
            self.persist(Record::View(view), cx);
        }
        self.begin_view_change(cx);
    }

    pub(super) fn begin_view_change(&mut self, cx: &mut Cx<'_, Self>) {
        cx.mark("view change");
        self.leave_view(cx);
        self.status =
            Status::ViewChange(Change { wanted: BTreeSet::new(), voted: false, votes: BTreeMap::new() });
        cx.indicate(Indication::Leader(self.view, None));
        self.wait_for_primary(cx);
        self.send_again_later(cx);
        self.send_replicas(StartViewChange(self.view), cx);
        self.vote(cx);
    }

    /// It is no longer normal in its view. Of what waits for that nothing comes.
    fn leave_view(&mut self, cx: &mut Cx<'_, Self>) {
        self.asked = None;
        self.reads.refuse(cx);
        self.waiting.refuse(cx);
        cx.cancel(Timer::Idle);
    }

    fn change(&mut self) -> Option<&mut Change<C, S>> {
        match &mut self.status {
            Status::ViewChange(change) => Some(change),
            Status::Backup | Status::Primary(_) | Status::Recovering(_) => None,
        }
    }

    /// 1. "A replica notices the need for a view change either based on its own timer, or because it receives a STARTVIEWCHANGE
    ///    or DOVIEWCHANGE message for a view with a larger number than its own view-number."
    pub(super) fn on_start_view_change(&mut self, from: NodeId, view: Epoch, cx: &mut Cx<'_, Self>) {
        if view > self.view {
            self.change_view(view, cx);
        }
        // Of an earlier view, or of one that has begun, it is late.
        if view == self.view
            && let Some(change) = self.change()
        {
            change.wanted.insert(from);
            self.vote(cx);
        }
    }

    /// 2. "When replica i receives STARTVIEWCHANGE messages for its view-number from f other replicas, it sends a DOVIEWCHANGE
    ///    message to the node that will be the primary in the new view." Once.
    fn vote(&mut self, cx: &mut Cx<'_, Self>) {
        let me = cx.me();
        let Status::ViewChange(change) = &mut self.status else { return };
        let enough = self.members.is_quorum(|node| node == me || change.wanted.contains(&node));
        if enough && !change.voted {
            change.voted = true;
            cx.mark("vote");
            self.send_vote(cx);
        }
    }

    /// All of the log goes with it, and the snapshot before it, as the paper has it at first. (Its §5.3 would send the last
    /// entries only, and the new primary might have to ask for others before it could begin.)
    pub(super) fn send_vote(&mut self, cx: &mut Cx<'_, Self>) {
        let vote = Vote { last_normal: self.last_normal, log: self.journal.tail(0), commit: self.commit };
        let primary = self.primary(self.view, cx.me());
        if primary == cx.me() {
            self.on_do_view_change(primary, self.view, vote, cx);
        } else {
            cx.send(primary, DoViewChange(self.view, vote));
        }
    }

    /// 3. "When the new primary receives f+1 DOVIEWCHANGE messages from different replicas (including itself), it [...] selects
    ///    as the new log the one contained in the message with the largest v'; if several messages have the same v' it
    ///    selects the one among them with the largest n. It sets [...] its commit-number to the largest such number it
    ///    received [...]."
    pub(super) fn on_do_view_change(
        &mut self,
        from: NodeId,
        view: Epoch,
        vote: Vote<C, S>,
        cx: &mut Cx<'_, Self>,
    ) {
        if view > self.view {
            self.change_view(view, cx);
        }
        // Of an earlier view, or of one that has begun, it is late.
        if view != self.view || !self.is_primary(cx.me()) {
            return;
        }
        let (me, members) = (cx.me(), &self.members);
        let (longest, alone) = (flaw!(self, ChoosesLongestLog), flaw!(self, StartsViewAlone));
        let Status::ViewChange(change) = &mut self.status else { return };
        change.votes.insert(from, vote);
        let votes = &change.votes;
        let enough = members.is_quorum(|node| votes.contains_key(&node)) || alone;
        if !enough || !votes.contains_key(&me) {
            return;
        }
        let rank = |vote: &Vote<C, S>| (vote.last_normal.0 * u64::from(!longest), vote.log.last());
        let commit = votes.values().map(|vote| vote.commit).max().unwrap_or(0);
        let knows = votes.iter().map(|(&node, vote)| (node, vote.commit)).collect();
        if let Some(best) = votes.values().max_by_key(|vote| rank(vote)).map(|vote| vote.log.clone()) {
            self.start_view(best, commit, &knows, cx);
        }
    }

    /// 3. "[It] changes its status to normal, and informs the other replicas of the completion of the view change by sending
    ///    STARTVIEW messages." They are the proposal of all that is not yet committed. To whom is known to have the log up to
    ///    its commit-number goes only what follows.
    fn start_view(
        &mut self,
        log: Tail<C, S>,
        commit: Position,
        knows: &BTreeMap<NodeId, Position>,
        cx: &mut Cx<'_, Self>,
    ) {
        self.write(Record::Normal(self.view, log), cx);
        self.be_normal(cx);
        let me = cx.me();
        for &replica in self.members.voters.iter().filter(|&&replica| replica != me) {
            let after = knows.get(&replica).copied().unwrap_or(0);
            cx.send(replica, StartView(self.view, self.journal.tail(after), commit));
        }
        self.restore(cx);
        self.commit_to(commit, cx);
        self.advance_commit(cx);
    }

    /// 5. "When other replicas receive the STARTVIEW message, they replace their log with the one in the message, set their
    ///    op-number [...], set their view-number [...], change their status to normal [...]." Once in a view: later it would
    ///    drop what was prepared since.
    pub(super) fn on_start_view(
        &mut self,
        from: NodeId,
        view: Epoch,
        log: Tail<C, S>,
        commit: Position,
        cx: &mut Cx<'_, Self>,
    ) {
        let is_new = !self.is_normal() || flaw!(self, StartsViewTwice) && self.is_backup();
        if view < self.view || view == self.view && !is_new {
            return; // late
        }
        if log.continues(self.commit) {
            self.adopt(view, log, commit, cx);
        } else {
            self.ask(from, view, self.commit, true, cx);
        }
    }

    /// Becomes normal in a view of another one's, with its log. 5. "If there are non-committed operations in the log, they send
    /// a PREPAREOK message to the primary."
    pub(super) fn adopt(&mut self, view: Epoch, log: Tail<C, S>, commit: Position, cx: &mut Cx<'_, Self>) {
        if self.primary(view, cx.me()) == cx.me() {
            return; // it alone begins its views
        }
        let is_new = self.normal_in() != Some(view);
        self.asked = None;
        self.write(Record::Normal(view, log), cx);
        if is_new {
            self.leave_view(cx);
            self.be_normal(cx);
        }
        cx.send(self.primary(view, cx.me()), PrepareOk(view, self.last()));
        self.restore(cx);
        self.commit_to(commit, cx);
    }
}
