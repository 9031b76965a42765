//! Replication (§5.3, §5.4.2, §7) as the leader sees it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

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
    /// Whether it is not known where the logs agree. Then there is one message at a time.
    pub(super) probing: bool,
    /// The last round of heartbeats that it has answered.
    pub(super) round: u64,
}

impl Progress {
    /// Nothing is known of the follower: it is asked whether it has what is before this.
    pub(super) fn unknown(next: Position) -> Self {
        Progress { matched: 0, next, probing: true, round: 0 }
    }

    /// Whether it is to be sent more of a log that ends there.
    fn lacks(&self, last: Position, window: u64) -> bool {
        !self.probing && self.next <= last && self.has_room(window)
    }

    /// Whether fewer entries than this are on their way.
    fn has_room(&self, window: u64) -> bool {
        self.next <= self.matched.saturating_add(window)
    }
}

/// Volatile state on leaders (Figure 2), reinitialized after election.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(super) struct Leadership {
    pub(super) followers: BTreeMap<NodeId, Progress>,
    /// Who has answered since the quorum was checked last.
    pub(super) heard: BTreeSet<NodeId>,
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

    /// Whether it appends what it is asked to.
    pub(super) fn accepts_commands(&self) -> bool {
        matches!(&self.role, Role::Leader(leadership) if leadership.successor.is_none())
    }

    /// "If command received from client: append entry to local log" (Figure 2). The entry leaves for the followers first:
    /// "the leader can write to its disk in parallel with replicating to the followers" (dissertation, §10.2.1). It counts
    /// itself at once although its write is not durable yet: whatever follows from the count waits behind the write (the
    /// barrier of [`Actor::persist`]), and is gone with it if there is a crash.
    pub(super) fn append_new(&mut self, entry: Entry<C>, cx: &mut Cx<'_, Self>) {
        let (term, prev, commit, window) =
            (self.term, self.journal.last(), self.commit, self.settings.window);
        // Members count from here on, this entry included. Who is to be one receives everything, too.
        let mut everyone = match &entry {
            Entry::Members(members) => Some(members.everyone()),
            // The first of its term.
            Entry::Blank => Some(self.members().everyone()),
            Entry::Command(_) => None,
        };
        if let Some(everyone) = &mut everyone {
            everyone.extend(self.newcomers());
        }
        let entries: Arc<[_]> = [Stamped { term, entry }].into();
        let Role::Leader(leadership) = &mut self.role else { return };
        let new = everyone.map_or(Vec::new(), |everyone| leadership.meet(&everyone, cx.me(), prev.index + 1));
        let round = leadership.rounds.latest();
        for (node, follower) in &mut leadership.followers {
            let is_new = new.contains(node);
            let in_step = follower.next == prev.index + 1 && !follower.probing;
            if in_step && (is_new || follower.has_room(window)) {
                follower.probing = is_new;
                follower.next += u64::from(!is_new);
                cx.send(
                    *node,
                    Append(message::Append { term, prev, entries: entries.clone(), commit, round }),
                );
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

    /// Sends what the follower lacks, as far as there is room.
    pub(super) fn replicate(&mut self, to: NodeId, cx: &mut Cx<'_, Self>) {
        let (start, last, window, batch) = (
            self.journal.start().index,
            self.journal.last().index,
            self.settings.window,
            self.settings.batch,
        );
        let Some(leadership) = self.leadership() else { return };
        let round = leadership.rounds.latest();
        let Some(follower) = leadership.followers.get_mut(&to) else { return };
        if follower.next <= start {
            return self.send_snapshot(to, cx);
        }
        let (first, probing) = (follower.next, follower.probing);
        // What has waited goes together.
        let has_room = probing || follower.has_room(window);
        let count = if has_room { (last + 1 - first.min(last + 1)).min(batch as u64) } else { 0 };
        if !probing {
            follower.next += count;
            if count > 1 {
                cx.mark("batch");
            }
        }
        self.send_append(to, first, count, round, cx);
    }

    fn send_append(&mut self, to: NodeId, first: Position, count: u64, round: u64, cx: &mut Cx<'_, Self>) {
        let Some(term) = self.journal.term(first - 1) else { return };
        let append = message::Append {
            term: self.term,
            prev: Point { term, index: first - 1 },
            entries: self.journal.from(first, usize::try_from(count).unwrap_or(usize::MAX)),
            commit: self.commit,
            round,
        };
        cx.send(to, Append(append));
    }

    /// "Repeat during idle periods to prevent election timeouts" (§5.2). Without entries, right before what is next: so a
    /// follower that lost something on the way rejects it, and is sent it again.
    pub(super) fn heartbeat(&mut self, cx: &mut Cx<'_, Self>) {
        if self.leads() {
            self.begin_lease(cx);
            self.send_heartbeats(cx);
            cx.set(Heartbeat, self.settings.heartbeat..self.settings.heartbeat);
        }
    }

    pub(super) fn send_heartbeats(&mut self, cx: &mut Cx<'_, Self>) {
        let start = self.journal.start().index;
        let Some(leadership) = self.leadership() else { return };
        let round = leadership.rounds.latest();
        let mut to = Vec::new();
        for (&node, follower) in &mut leadership.followers {
            // Entries may have been replaced by a snapshot since. It is asked whether it needs that, too.
            if follower.next <= start {
                (follower.next, follower.probing) = (start + 1, true);
            }
            to.push((node, follower.next));
        }
        for (node, next) in to {
            self.send_append(node, next, 0, round, cx);
        }
    }

    /// "If successful: update nextIndex and matchIndex for follower" (§5.3).
    pub(super) fn on_appended(&mut self, from: NodeId, index: Position, round: u64, cx: &mut Cx<'_, Self>) {
        let last = self.journal.last().index;
        let check_quorum = self.settings.check_quorum;
        let index = if flaw!(self, CountsWhatWaits) { last } else { index };
        let Some(leadership) = self.leadership() else { return };
        let Some(follower) = leadership.followers.get_mut(&from) else { return };
        if check_quorum {
            leadership.heard.insert(from);
        }
        let before = *follower;
        follower.matched = follower.matched.max(index.min(last));
        follower.next = follower.next.max(follower.matched + 1);
        // It is known where the logs agree if this answers the probe.
        follower.probing &= index < follower.next - 1;
        follower.round = follower.round.max(round);
        let after = *follower;
        if after.matched > before.matched.max(self.commit) {
            self.advance_commit(cx);
        }
        if after.round > before.round {
            self.confirm_reads(cx);
        }
        // What is next: if it did not go with what was just committed.
        let window = self.settings.window;
        let progress = self.leadership().and_then(|leadership| leadership.followers.get(&from));
        if progress.is_some_and(|follower| follower.lacks(last, window)) {
            self.replicate(from, cx);
        }
        self.pursue_goal(cx);
        self.hand_over(from, cx);
    }

    /// "If AppendEntries fails because of log inconsistency: decrement nextIndex and retry" (§5.3), past all entries of the
    /// conflicting term at once.
    pub(super) fn on_rejected(&mut self, from: NodeId, rejection: Rejection, cx: &mut Cx<'_, Self>) {
        let Rejection { prev, term, first, round } = rejection;
        let (check_quorum, ignores) = (self.settings.check_quorum, flaw!(self, IgnoresRejections));
        let guess = match term.map(|term| (term, self.journal.last_up_to_term(term, prev.saturating_sub(1))))
        {
            // The same index and term is the same entry, if the follower's term reaches down to it.
            Some((term, Some(index))) if self.journal.term(index) == Some(term) => index + 1,
            Some((_, Some(index))) => first.min(index + 1),
            Some((_, None)) | None => first,
        };
        let Some(leadership) = self.leadership() else { return };
        let Some(follower) = leadership.followers.get_mut(&from) else { return };
        if check_quorum {
            leadership.heard.insert(from);
        }
        let answered = round > follower.round;
        follower.round = follower.round.max(round);
        // Late, if it contradicts what was acknowledged, or what is being tried is something else by now.
        let is_current = prev > follower.matched && (!follower.probing || prev == follower.next - 1);
        if is_current && !ignores {
            cx.mark("go back");
            follower.next = guess.clamp(follower.matched + 1, prev);
            follower.probing = true;
            self.replicate(from, cx);
        }
        if answered {
            self.confirm_reads(cx);
        }
    }

    /// "If there exists an N such that N > commitIndex, a majority of matchIndex[i] >= N, and log[N].term == currentTerm: set
    /// commitIndex = N" (Figure 2, §5.4.2). Entries of earlier terms are committed by what follows them: to count their
    /// replicas is not enough (Figure 8).
    pub(super) fn advance_commit(&mut self, cx: &mut Cx<'_, Self>) {
        let (me, last) = (cx.me(), self.journal.last().index);
        let Role::Leader(leadership) = &self.role else { return };
        let matched = |node| match leadership.followers.get(&node) {
            _ if node == me => last,
            Some(follower) => follower.matched,
            None => 0,
        };
        let Some(reached) = self.members().reached_beyond(self.commit, matched) else { return };
        if self.journal.term(reached) != Some(self.term) && !(flaw!(self, CountsReplicasOfOldTerms)) {
            return;
        }
        self.commit_to(reached, cx);
        self.tell_of_commit(cx);
        self.after_commit(cx);
    }

    /// The paper tells the followers with the next entries or heartbeat. Their clients would wait for that, so they are told at once,
    /// by a message that nobody answers, for it asks nothing. If it is lost, the next heartbeat makes good for it. Those for whom
    /// entries wait are told with them, when they answer for the ones before.
    fn tell_of_commit(&mut self, cx: &mut Cx<'_, Self>) {
        let (last, window) = (self.journal.last().index, self.settings.window);
        let Some(term) = self.journal.term(self.commit) else { return };
        let notice = Point { term, index: self.commit };
        let Some(leadership) = self.leadership() else { return };
        for (&node, follower) in &leadership.followers {
            if !follower.probing && !follower.lacks(last, window) {
                cx.send(node, Committed(notice));
            }
        }
    }
}

impl Leadership {
    /// Its followers are these from now on. Nothing is known yet of those that are new (also: of all, after an election): they get
    /// what comes next, at this position, to probe with.
    fn meet(&mut self, everyone: &BTreeSet<NodeId>, me: NodeId, next: Position) -> Vec<NodeId> {
        let fresh = Progress { probing: false, ..Progress::unknown(next) };
        self.followers.retain(|node, _| everyone.contains(node));
        let is_new = |node: &NodeId| *node != me && !self.followers.contains_key(node);
        let new: Vec<NodeId> = everyone.iter().copied().filter(is_new).collect();
        self.followers.extend(new.iter().map(|&node| (node, fresh)));
        new
    }
}
