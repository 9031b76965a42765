//! Changes of members, in effect as soon as they are in the log (dissertation, ch. 4).
//!
//! First whoever is to get a vote catches up without one (§4.2.1): else nothing may be committed for as long as that takes. Then
//! one voter more or less is one step: any majority of before and any of after meet (§4.1). Everything else goes by joint
//! consensus (§4.3): first both majorities count, then, once that is committed, the new one alone.

use synod_actor::{Cx, NodeId, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Raft, Role, Stamped, Timer::CatchUp, leader::Progress};
use crate::{
    Membership,
    log::{Entry, Indication, Position, Replica, Request},
};

/// A change whose new voters have not caught up yet. Nothing of it is in the log, so it ends with the leader.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Goal {
    members: Membership,
    /// Where the log ended when the present round began: who has got there in this round has caught up.
    target: Position,
    /// How many rounds there still are, this one included.
    rounds: u32,
}

impl<C: Value, S: Value> Raft<C, S> {
    /// Whether the members may be changed to these, now. Two conditions make single steps safe: the change before is
    /// committed; and so is an entry of the present term, for else the majorities of two leaders of different terms, each with
    /// a change of its own, might miss each other (raft-dev, 2015-07-10: the dissertation's first edition lacks this).
    pub(super) fn accepts_change(&self, members: &Membership) -> bool {
        let (since, now) = self.journal.members();
        let before_committed = since <= self.commit || flaw!(self, ChangesBeforeCommit);
        let own_committed =
            self.journal.term(self.commit) == Some(self.term) || flaw!(self, ChangesBeforeOwnCommit);
        self.accepts_commands()
            && members.is_proper()
            && members != now
            && !now.is_joint()
            && before_committed
            && own_committed
            && self.goal().is_none()
    }

    fn goal(&self) -> Option<&Goal> {
        match &self.role {
            Role::Leader(leadership) => leadership.goal.as_ref(),
            _ => None,
        }
    }

    /// Whether it is a voter, which is what may lead (in a joint membership of either side); or was one before the last entry about
    /// members, for as long as that may not be committed. It may be the only one that has that entry, and then nobody else gets its
    /// vote (§4.2.2).
    pub(super) fn may_lead(&self, me: NodeId) -> bool {
        let (since, members) = self.journal.members();
        let may_be_needed = since > self.commit && !(flaw!(self, RemovedStayQuiet));
        members.is_voter(me) || may_be_needed && self.journal.members_at(since.saturating_sub(1)).is_voter(me)
    }

    /// The followers of a leader are these from now on, and who is to be one of them. Nothing is known yet of those that are new (also:
    /// of all, after an election).
    pub(super) fn meet(&mut self, members: &Membership, me: NodeId) {
        let next = self.journal.last().index + 1;
        let mut everyone = members.everyone();
        everyone.extend(self.newcomers());
        everyone.remove(&me);
        let Some(leadership) = self.leadership() else { return };
        leadership.followers.retain(|node, _| everyone.contains(node));
        for node in everyone {
            leadership.followers.entry(node).or_insert(Progress::unknown(next));
        }
    }

    /// Those who are to get a vote and have none yet.
    fn newcomers(&self) -> Vec<NodeId> {
        let voters = self.goal().map(|goal| &goal.members.voters).into_iter().flatten();
        voters.copied().filter(|&node| !self.members().is_voter(node)).collect()
    }

    /// Begins a change, with the phase before it in which a new server has no vote yet (§4.2.1). Only the leader knows of that: so
    /// nothing is left of it if it comes to nothing.
    pub(super) fn change(&mut self, members: Membership, cx: &mut Cx<'_, Self>) {
        let (target, rounds) = (self.journal.last().index, self.settings.rounds);
        if let Some(leadership) = self.leadership() {
            leadership.goal = Some(Goal { members, target, rounds });
        }
        self.pursue_goal(cx);
        if self.goal().is_none() {
            return;
        }
        cx.mark("catch up");
        cx.set(CatchUp, self.settings.election..self.settings.election);
        let mut unknown = self.newcomers();
        unknown.retain(|&node| self.follower(node).is_none()); // a learner is known already
        self.meet(&self.members().clone(), cx.me());
        unknown.into_iter().for_each(|node| self.replicate(node, self.settings.batch, cx));
    }

    /// Appends the first entry of the change, which is the only one if it is a single step, once the new voters have caught up.
    pub(super) fn pursue_goal(&mut self, cx: &mut Cx<'_, Self>) {
        if self.goal().is_none() || !self.accepts_commands() {
            return; // there is none; or not now, for the leadership is handed over
        }
        let (newcomers, at_once) = (self.newcomers(), flaw!(self, PromotesAtOnce));
        let Some(leadership) = self.leadership() else { return };
        let reached = |node: &NodeId| leadership.followers.get(node).map_or(0, |follower| follower.matched);
        let has_caught_up = |goal: &mut Goal| newcomers.iter().all(|node| reached(node) >= goal.target);
        let Some(Goal { members, .. }) = leadership.goal.take_if(|goal| at_once || has_caught_up(goal))
        else {
            return;
        };
        cx.mark("change");
        cx.cancel(CatchUp);
        let now = self.members();
        let next = if now.is_one_step_from(&members) || flaw!(self, ChangesAtOnce) {
            members
        } else {
            members.with_outgoing(now.voters.iter().copied())
        };
        self.append_members(next, cx);
    }

    /// "Once a given server adds the new configuration entry to its log, it uses that configuration for all future decisions" (§6 of the paper): this
    /// entry goes to the new members already.
    fn append_members(&mut self, members: Membership, cx: &mut Cx<'_, Self>) {
        self.meet(&members, cx.me());
        let entry = Entry::Members(members);
        self.append([Stamped { term: self.term, entry }].into(), cx);
    }

    /// A round is over, and someone has not caught up in it. Here a round is an election timeout long, and not as long as it takes to
    /// get to the target: so whoever gets there in it is close enough (§4.2.1), and who cannot be reached is given up as well.
    pub(super) fn end_round(&mut self, cx: &mut Cx<'_, Self>) {
        let last = self.journal.last().index;
        let Some(leadership) = self.leadership() else { return };
        let Some(goal) = &mut leadership.goal else { return };
        if goal.rounds > 1 {
            (goal.target, goal.rounds) = (last, goal.rounds - 1);
            return cx.set(CatchUp, self.settings.election..self.settings.election);
        }
        cx.mark("give up");
        self.drop_goal(cx);
        self.meet(&self.members().clone(), cx.me());
    }

    /// Nothing comes of the change that has waited, if there is one.
    pub(super) fn drop_goal(&mut self, cx: &mut Cx<'_, Self>) {
        if let Some(goal) = self.leadership().and_then(|leadership| leadership.goal.take()) {
            cx.cancel(CatchUp);
            cx.indicate(Indication::Refused(Request::Change(goal.members)));
        }
    }

    /// What a leader does about the members once something was committed. It may be another leader than the one that began
    /// the change.
    pub(super) fn after_commit(&mut self, cx: &mut Cx<'_, Self>) {
        let (since, members) = self.journal.members();
        if !self.leads() || (since > self.commit && !(flaw!(self, LeavesJointEarly))) {
            return;
        }
        if members.is_joint() {
            if flaw!(self, LeavesOwnJointsOnly) && self.journal.term(since) != Some(self.term) {
                return;
            }
            // "Once the joint consensus has been committed, the system then transitions to the new configuration" (§4.3).
            cx.mark("leave");
            let members = members.clone().with_outgoing([]);
            self.append_members(members, cx);
        } else if !members.is_voter(cx.me()) {
            // "A leader that is removed from the configuration steps down once the C_new entry is committed" (§4.2.2).
            self.follow(self.term, None, cx);
        }
    }
}
