//! Changes of members, in effect as soon as they are in the log (dissertation, ch. 4).
//!
//! One voter more or less is one step: any majority of before and any of after meet (§4.1). Everything else goes by joint
//! consensus (§4.3): first both majorities count, then, once that is committed, the new one alone.

use synod_actor::{Cx, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::Raft;
use crate::{
    Membership,
    log::{Entry, Replica},
};

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
    }

    /// Appends the first entry of a change, which is the only one if it is a single step.
    pub(super) fn change(&mut self, members: Membership, cx: &mut Cx<'_, Self>) {
        cx.mark("change");
        let now = self.members();
        let next = if now.is_one_step_from(&members) || flaw!(self, ChangesAtOnce) {
            members
        } else {
            members.with_outgoing(now.voters.iter().copied())
        };
        self.append_new(Entry::Members(next), cx);
    }

    /// What a leader does about the members once something was committed. It may be another leader than the one that began
    /// the change.
    pub(super) fn after_commit(&mut self, cx: &mut Cx<'_, Self>) {
        let (since, members) = self.journal.members();
        if !self.leads() || (since > self.commit && !(flaw!(self, LeavesJointEarly))) {
            return;
        }
        let begun_here = self.journal.term(since) == Some(self.term);
        if members.is_joint() && flaw!(self, LeavesOwnJointsOnly) && !begun_here {
            return;
        }
        if members.is_joint() {
            // "Once the joint consensus has been committed, the system then transitions to the new configuration" (§4.3).
            cx.mark("leave");
            let members = members.clone().with_outgoing([]);
            self.append_new(Entry::Members(members), cx);
        } else if !members.is_voter(cx.me()) {
            // "A leader that is removed from the configuration steps down once the C_new entry is committed" (§4.2.2).
            self.follow(self.term, None, cx);
        }
    }
}
