//! From one configuration to the next (Liskov and Cowling 2012, §7.1 and §7.2).

use std::cmp::Ordering;

use synod_actor::{Actor, Cx, NodeId, Value, opened::Request as Ask};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{
    Configuration,
    Msg::{EpochStarted, GetState, NewState, StartEpoch},
    Number, Reconfiguration, Record, Repeat,
};
use crate::{
    Epoch, Membership,
    journal::Tail,
    log::{Entry, Indication, Position, Request},
};

/// The end of a configuration.
impl<C: Value, S: Value> Reconfiguration<C, S> {
    /// The log of now is stopped: this is its last entry. All nodes that execute it know the same configuration to be next, and
    /// the same position to be the last before it.
    pub(super) fn stop(&mut self, at: Position, epoch: Epoch, members: Membership, cx: &mut Cx<'_, Self>) {
        cx.mark("stop");
        self.tell(at, epoch, Entry::Members(members.clone()), cx);
        let next = Configuration { number: self.now.number + 1, base: at, members };
        let state = self.since.clone();
        self.succeed(next, state, cx);
    }

    /// The next configuration, or a later one, comes now. This is what was committed before it, and not written yet.
    ///
    /// It is one record: no crash separates a configuration from what was committed before it. Only then does the node begin, or
    /// say anything.
    fn succeed(&mut self, next: Configuration, state: Tail<C, S>, cx: &mut Cx<'_, Self>) {
        // Who has not begun the configuration just before has nothing in it that anyone could need.
        let hands_over = next.number == self.now.number + 1 && self.is_member(cx.me());
        self.persist(Record::Succeeded { now: next, state, hands_over }, cx);
        self.started.clear();
        self.tell_history(cx);
        self.refuse(cx);
        cx.indicate(Indication::Leader(self.epoch_of(Epoch::ZERO), None));
        self.enter(cx);
    }

    /// Whatever has no outcome in a configuration that was stopped has none.
    fn refuse(&mut self, cx: &mut Cx<'_, Self>) {
        let commands = std::mem::take(&mut self.commands);
        if !(flaw!(self, ForgetsCommands)) {
            for command in commands {
                cx.indicate(Indication::Refused(Request::Append(command)));
            }
        }
        if !(flaw!(self, PassesOldBarriers)) {
            for id in std::mem::take(&mut self.barriers) {
                cx.indicate(Indication::Refused(Request::Barrier(id)));
            }
        }
        if let Some(other) = self.change.take().filter(|members| *members != self.now.members) {
            cx.indicate(Indication::Refused(Request::Change(other)));
        }
    }

    /// Takes part in the configuration of now, and cares for the others' beginning. It may be done already, but for what a
    /// restart forgets.
    pub(super) fn enter(&mut self, cx: &mut Cx<'_, Self>) {
        self.close(cx);
        if self.is_member(cx.me()) {
            self.started.insert(cx.me());
            cx.request(Ask::Open(self.now.number, self.now.members.clone()));
        }
        if self.hands_over {
            self.announce(cx);
        } else {
            self.announce_later(cx);
        }
        self.end_handover(cx);
    }

    /// Closes the logs that nobody needs any more.
    fn close(&mut self, cx: &mut Cx<'_, Self>) {
        let number = self.now.number;
        cx.request(Ask::CloseBelow(if self.hands_over { number.saturating_sub(1) } else { number }));
    }

    /// Whether someone else may have to be told of the configuration of now: as far as those who hand over know; and as far as
    /// members know, who in the end are the only ones left to tell.
    fn is_responsible(&self, me: NodeId) -> bool {
        let all_have_begun = || self.now.members.everyone().is_subset(&self.started);
        self.hands_over || self.now.number > 0 && self.is_member(me) && !all_have_begun()
    }

    /// "It informs the new replicas about the epoch change by sending them STARTEPOCH messages." Whoever hands over does so at
    /// once, and again as long as it is responsible.
    pub(super) fn announce(&mut self, cx: &mut Cx<'_, Self>) {
        if self.is_responsible(cx.me()) {
            cx.mark("start epoch");
            let (me, members) = (cx.me(), self.now.members.everyone());
            for &node in members.difference(&self.started).filter(|&&node| node != me) {
                cx.send(node, StartEpoch(self.now.clone()));
            }
        }
        self.announce_later(cx);
    }

    fn announce_later(&mut self, cx: &mut Cx<'_, Self>) {
        if self.is_responsible(cx.me()) && !(flaw!(self, NeverRepeats)) {
            cx.set(Repeat, self.settings.repeat..self.settings.repeat);
        } else {
            cx.cancel(Repeat);
        }
    }

    /// "[It] waits until it receives f'+1 EPOCHSTARTED messages" from different members of the configuration of now; then the one
    /// before can go: whoever still has to begin gets what it needs from those that have.
    fn end_handover(&mut self, cx: &mut Cx<'_, Self>) {
        let started = &self.started;
        let enough = self.now.members.is_quorum(|node| started.contains(&node));
        if self.hands_over && (enough || flaw!(self, RetiresEarly)) {
            cx.mark("retire");
            self.persist(Record::HandedOver, cx);
            self.close(cx);
            self.announce_later(cx);
        }
    }

    /// A member of the configuration of now has begun it.
    pub(super) fn on_epoch_started(&mut self, from: NodeId, number: Number, cx: &mut Cx<'_, Self>) {
        if number != self.now.number || !self.is_responsible(cx.me()) {
            return; // late
        }
        self.started.insert(from);
        self.end_handover(cx);
        if !self.is_responsible(cx.me()) {
            cx.cancel(Repeat);
        }
    }
}

/// Nodes that are behind.
impl<C: Value, S: Value> Reconfiguration<C, S> {
    /// Someone is in this configuration. Whoever is behind asks; whoever has begun it says so, perhaps again; whoever is ahead tells.
    pub(super) fn on_start_epoch(&mut self, from: NodeId, theirs: Configuration, cx: &mut Cx<'_, Self>) {
        match theirs.number.cmp(&self.now.number) {
            Ordering::Greater if flaw!(self, BeginsWithoutState) => {
                let nothing = Tail { snapshot: None, after: self.history.last(), entries: Vec::new() };
                self.catch_up(from, theirs, nothing, cx);
            }
            Ordering::Greater => self.get_state(from, cx),
            Ordering::Equal if self.is_member(cx.me()) => {
                cx.mark("epoch started");
                cx.send(from, EpochStarted(self.now.number));
            }
            Ordering::Equal => {}
            Ordering::Less => cx.send(from, StartEpoch(self.now.clone())),
        }
    }

    /// A message has come of a log that is not open here. "If the sender is behind" it is told of the configuration of now; if it is
    /// ahead, this node has missed something.
    pub(super) fn on_stray(&mut self, number: Number, from: NodeId, cx: &mut Cx<'_, Self>) {
        match number.cmp(&self.now.number) {
            // Its own, of before the log was closed.
            _ if from == cx.me() => {}
            Ordering::Greater => self.get_state(from, cx),
            // It takes this node for a member, which it is not.
            Ordering::Equal => {}
            Ordering::Less => cx.send(from, StartEpoch(self.now.clone())),
        }
    }

    /// What it was told of in the log of now is asked for as well: it is not on the disk of this layer.
    fn get_state(&self, from: NodeId, cx: &mut Cx<'_, Self>) {
        cx.mark("get state");
        cx.send(from, GetState(self.history.last()));
    }

    pub(super) fn on_get_state(&mut self, from: NodeId, after: Position, cx: &mut Cx<'_, Self>) {
        if after <= self.history.last() {
            cx.send(from, NewState(self.now.clone(), self.history.tail(after)));
        }
    }

    /// "It brings its state up to date", and begins.
    pub(super) fn on_new_state(
        &mut self,
        from: NodeId,
        mut theirs: Configuration,
        mut state: Tail<C, S>,
        cx: &mut Cx<'_, Self>,
    ) {
        let fits = state.continues(self.history.last()) && state.last() >= theirs.base;
        if theirs.number <= self.now.number || !fits {
            return; // late
        }
        if flaw!(self, SucceedsAtChange) {
            state.entries.pop();
            theirs.base -= 1;
        }
        cx.mark("new state");
        self.catch_up(from, theirs, state, cx);
    }

    fn catch_up(&mut self, from: NodeId, theirs: Configuration, state: Tail<C, S>, cx: &mut Cx<'_, Self>) {
        let (number, is_member, early) =
            (theirs.number, theirs.members.contains(cx.me()), flaw!(self, ConfirmsBeforeDurable));
        if is_member && early {
            cx.send(from, EpochStarted(number));
        }
        self.succeed(theirs, state, cx);
        if is_member && !early {
            cx.mark("epoch started");
            cx.send(from, EpochStarted(number));
        }
    }
}
