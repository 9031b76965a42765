//! Replication (§5.3, §5.4.2) as the leader sees it.

use std::{collections::BTreeMap, sync::Arc};

use synod_actor::{Actor, Cx, NodeId, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Msg::*, Point, Raft, Record, Rejection, Role, Stamped, Timer::*, change::Goal, message};
use crate::{
    barriers::Rounds,
    log::{Entry, Position, Replica},
};

/// What a leader knows of a follower.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Progress {
    /// matchIndex: the log of the follower agrees with the leader's up to here.
    pub(super) matched: Position,
    /// nextIndex: what to send next. It runs ahead of what was acknowledged (pipelining, dissertation §10.2.2).
    pub(super) next: Position,
    /// Whether it is not known where the logs agree. Then what is next stays the same until the follower has answered.
    pub(super) probing: bool,
    /// With check-quorum: whether it has answered since the quorum was checked last.
    pub(super) heard: bool,
    /// The last round of heartbeats that it has answered.
    pub(super) round: u64,
}

impl Progress {
    /// Nothing is known of the follower: it is asked whether it has what is before this.
    pub(super) fn unknown(next: Position) -> Self {
        Progress { matched: 0, next, probing: true, heard: false, round: 0 }
    }

    /// Whether it is to be sent more of a log that ends there.
    pub(super) fn lacks(&self, last: Position, window: u64) -> bool {
        !self.probing && self.next <= last && self.has_room(window)
    }

    /// Whether fewer entries than this are on their way; or none counts as on its way, for it is a probe.
    fn has_room(&self, window: u64) -> bool {
        self.probing || self.next <= self.matched.saturating_add(window)
    }

    /// So many entries are on their way.
    fn sent(&mut self, count: usize) {
        self.next += if self.probing { 0 } else { count as u64 };
    }
}

/// Volatile state on leaders (Figure 2), reinitialized after election.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(super) struct Leadership {
    pub(super) followers: BTreeMap<NodeId, Progress>,
    /// The rounds of heartbeats for reads, and the reads that wait for one.
    pub(super) rounds: Rounds,
    /// The change of members that waits until new voters have caught up.
    pub(super) goal: Option<Goal>,
    /// Who is to lead next. Until then nothing is appended.
    pub(super) successor: Option<NodeId>,
    /// The rounds up to here give no lease any more.
    pub(super) expired: u64,
}

impl<C: Value, S: Value> Raft<C, S> {
    pub(super) fn leadership(&mut self) -> Option<&mut Leadership> {
        match &mut self.role {
            Role::Leader(leadership) => Some(leadership),
            _ => None,
        }
    }

    pub(super) fn follower(&mut self, node: NodeId) -> Option<&mut Progress> {
        self.leadership().and_then(|leadership| leadership.followers.get_mut(&node))
    }

    /// "If command received from client: append entry to local log" (Figure 2, leaders): as soon as there is room.
    pub(super) fn on_command(&mut self, from: NodeId, command: C, cx: &mut Cx<'_, Self>) {
        self.waiting.push(from, command);
        self.append_waiting(cx);
    }

    /// Appends the commands that wait, unless as many entries as may be are not yet committed. What has waited together is written
    /// together, and sent together (batching, dissertation §10.2.2).
    pub(super) fn append_waiting(&mut self, cx: &mut Cx<'_, Self>) -> bool {
        let (term, last) = (self.term, self.journal.last().index);
        let has_room = last.saturating_sub(self.commit) < self.settings.window;
        if !has_room || self.waiting.is_empty() || !self.accepts_commands() {
            return false;
        }
        let stamped = |command| Stamped { term, entry: Entry::Command(command) };
        let entries: Arc<[_]> = self.waiting.take(self.settings.batch).map(stamped).collect();
        if entries.len() > 1 {
            cx.mark("batch");
        }
        self.append(entries, cx);
        true
    }

    /// Appends entries, and sends them to the followers who have, or may have, all that is before. The others are sent them when
    /// they have answered.
    ///
    /// The messages leave before the entries are written: "the leader can write to its disk in parallel with replicating to the
    /// followers" (dissertation, §10.2.1). The leader counts itself at once: whatever follows from the count waits behind the
    /// write (the barrier of [`Actor::persist`]), and is gone with it if there is a crash.
    pub(super) fn append(&mut self, entries: Arc<[Stamped<C>]>, cx: &mut Cx<'_, Self>) {
        let (term, prev, commit) = (self.term, self.journal.last(), self.commit);
        let Role::Leader(leadership) = &mut self.role else { return };
        let round = leadership.rounds.latest();
        for (&node, follower) in &mut leadership.followers {
            if follower.next == prev.index + 1 && follower.has_room(self.settings.window) {
                follower.sent(entries.len());
                let entries = entries.clone();
                cx.send(node, Append(message::Append { term, prev, entries, commit, round }));
            }
        }
        let record = Record::Append(prev.index, entries);
        if flaw!(self, CommitsBeforeDurable) {
            self.replay(record.clone());
            self.advance_commit(cx);
            return cx.issue(synod_actor::Effect::Persist(record));
        }
        self.persist(record, cx);
        self.advance_commit(cx);
    }

    /// "If last log index >= nextIndex for a follower: send AppendEntries RPC with log entries starting at nextIndex" (Figure 2): at
    /// most so many, and without any it is a heartbeat. If a snapshot has replaced them, that is sent.
    pub(super) fn replicate(&mut self, to: NodeId, most: usize, cx: &mut Cx<'_, Self>) {
        let start = self.journal.start().index;
        let Role::Leader(leadership) = &mut self.role else { return };
        let Some(follower) = leadership.followers.get_mut(&to) else { return };
        if follower.next <= start {
            // Where the snapshot ends is where the logs agree once it has arrived. A heartbeat asks whether they agree there already.
            (follower.next, follower.probing) = (start + 1, true);
            if most > 0 {
                return self.send_snapshot(to, cx);
            }
        }
        let index = follower.next - 1;
        let Some(term) = self.journal.term(index) else { return };
        let entries = self.journal.from(follower.next, most);
        if entries.len() > 1 && !follower.probing {
            cx.mark("batch");
        }
        follower.sent(entries.len());
        let (prev, round) = (Point { term, index }, leadership.rounds.latest());
        cx.send(to, Append(message::Append { term: self.term, prev, entries, commit: self.commit, round }));
    }

    /// "Repeat during idle periods to prevent election timeouts" (§5.2).
    pub(super) fn heartbeat(&mut self, cx: &mut Cx<'_, Self>) {
        if self.leads() {
            self.begin_lease(cx);
            self.send_heartbeats(cx);
            cx.set(Heartbeat, self.settings.heartbeat..self.settings.heartbeat);
        }
    }

    /// Without entries, right before what is next: so a follower that lost something on the way rejects it, and is sent it again.
    pub(super) fn send_heartbeats(&mut self, cx: &mut Cx<'_, Self>) {
        let Some(leadership) = self.leadership() else { return };
        for node in leadership.followers.keys().copied().collect::<Vec<_>>() {
            self.replicate(node, 0, cx);
        }
    }

    /// "If successful: update nextIndex and matchIndex for follower" (§5.3).
    pub(super) fn on_appended(&mut self, from: NodeId, index: Position, round: u64, cx: &mut Cx<'_, Self>) {
        let (last, window) = (self.journal.last().index, self.settings.window);
        let index = if flaw!(self, CountsWhatWaits) { last } else { index.min(last) };
        let checks = self.settings.check_quorum;
        let Some(follower) = self.follower(from) else { return };
        let before = *follower;
        follower.matched = before.matched.max(index);
        follower.next = before.next.max(index + 1);
        // It is known where the logs agree if this answers the probe.
        follower.probing &= index < follower.next - 1;
        follower.round = before.round.max(round);
        follower.heard |= checks;
        // If it lacks something. Else it is sent what is appended next at once, or when it has answered for what it was sent before.
        let lacks = follower.lacks(last, window);
        if index > before.matched.max(self.commit) {
            self.advance_commit(cx);
        }
        if round > before.round {
            self.confirm_reads(cx);
        }
        if lacks {
            self.replicate(from, self.settings.batch, cx);
        }
        self.pursue_goal(cx);
        self.hand_over(from, cx);
    }

    /// "If AppendEntries fails because of log inconsistency: decrement nextIndex and retry" (§5.3).
    pub(super) fn on_rejected(&mut self, from: NodeId, rejection: Rejection, cx: &mut Cx<'_, Self>) {
        let guess = self.last_agreement(&rejection) + 1;
        let Rejection { prev, round, .. } = rejection;
        let (checks, ignores) = (self.settings.check_quorum, flaw!(self, IgnoresRejections));
        let Some(follower) = self.follower(from) else { return };
        let before = *follower;
        follower.round = before.round.max(round);
        follower.heard |= checks;
        // Late, if it contradicts what was acknowledged, or what is being tried is something else by now.
        let is_current = prev > before.matched && (!before.probing || prev == before.next - 1);
        if is_current && !ignores {
            cx.mark("go back");
            follower.next = guess.clamp(before.matched + 1, prev);
            follower.probing = true;
            self.replicate(from, self.settings.batch, cx);
        }
        if round > before.round {
            self.confirm_reads(cx);
        }
    }

    /// "If there exists an N such that N > commitIndex, a majority of matchIndex[i] >= N, and log[N].term == currentTerm: set
    /// commitIndex = N" (Figure 2, §5.4.2). Entries of earlier terms are committed by what follows them: to count their
    /// replicas is not enough (Figure 8).
    fn advance_commit(&mut self, cx: &mut Cx<'_, Self>) {
        let (me, last) = (cx.me(), self.journal.last().index);
        let Role::Leader(leadership) = &self.role else { return };
        let matched = |node| match leadership.followers.get(&node) {
            _ if node == me => last,
            Some(follower) => follower.matched,
            None => 0,
        };
        let Some(reached) = self.members().reached_beyond(self.commit, matched) else { return };
        if self.journal.term(reached) == Some(self.term) || flaw!(self, CountsReplicasOfOldTerms) {
            self.commit_to(reached, cx);
            // There is room, perhaps. The entries that come next tell what is committed, as in the paper.
            if !self.append_waiting(cx) {
                self.tell_of_commit(cx);
            }
            self.after_commit(cx);
        }
    }
}
