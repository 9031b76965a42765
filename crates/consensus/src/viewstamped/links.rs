//! For links that lose messages: signs of life, and what is repeated.

use synod_actor::{Cx, NodeId, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Msg::*, Status, Timer, Viewstamped};
use crate::log::Replica;

impl<C: Value, S: Value> Viewstamped<C, S> {
    /// 6. "If the primary does not receive a new client request in a timely way, it instead informs the backups of the latest
    ///    commit by sending them a COMMIT message." Who has not acknowledged everything is sent the last entry again, and if it
    ///    lacks others before that, too, asks for them.
    pub(super) fn repeat_itself(&mut self, cx: &mut Cx<'_, Self>) {
        let (me, view, last, commit) = (cx.me(), self.view, self.last(), self.commit);
        if !self.leads() || flaw!(self, SendsNoCommits) {
            return;
        }
        cx.mark("repeat");
        let entry = self.journal.get(last).cloned();
        let backups: Vec<NodeId> = self.members.voters.iter().copied().filter(|&node| node != me).collect();
        let Some(lead) = self.lead() else { return };
        for backup in backups {
            let acked = lead.acks.get(&backup).copied().unwrap_or(0);
            match &entry {
                Some(entry) if acked < last => {
                    cx.send(backup, Prepare(view, last, [entry.clone()].into(), commit));
                }
                _ => cx.send(backup, Commit(view, commit)),
            }
        }
        self.ask_for_confirmation(cx);
        cx.set(Timer::Idle, self.settings.commit..self.settings.commit);
    }

    /// Repeats what needs an answer, for it may be lost.
    pub(super) fn resend(&mut self, cx: &mut Cx<'_, Self>) {
        match &self.status {
            Status::ViewChange(_) if flaw!(self, NeverRetries) => return,
            Status::ViewChange(change) => {
                let voted = change.voted;
                self.send_replicas(StartViewChange(self.view), cx);
                if voted && !self.is_primary(cx.me()) {
                    self.send_vote(cx);
                }
            }
            Status::Recovering(_) => self.ask_for_recovery(cx),
            Status::Backup | Status::Primary(_) => return,
        }
        self.send_again_later(cx);
    }

    pub(super) fn send_again_later(&mut self, cx: &mut Cx<'_, Self>) {
        cx.set(Timer::Resend, self.settings.commit..self.settings.commit);
    }
}
