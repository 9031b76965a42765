//! State transfer (§5.2): a replica that has missed something, in its view or by missing a view, asks for it.

use synod_actor::{Cx, NodeId, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Msg::*, Record, Tail, Viewstamped};
use crate::{
    Epoch,
    log::{Position, Replica},
};

impl<C: Value, S: Value> Viewstamped<C, S> {
    /// Asks for what comes behind this position in this view; not for the same again at each entry that shows that it is
    /// lacking, but `again` at each sign of life of an idle primary, for the question or its answer may be lost.
    ///
    /// "If the replica needs to get to a later view, it sets its op-number to its commit-number and removes all entries after
    /// this from its log" says the paper, and only then asks. That loses committed entries: they may be known to be committed
    /// to others only, and this replica may be asked for its log in a view change before it has an answer. So it keeps
    /// everything, its view included, until it can exchange all of it at once.
    pub(super) fn ask(
        &mut self,
        of: NodeId,
        view: Epoch,
        after: Position,
        again: bool,
        cx: &mut Cx<'_, Self>,
    ) {
        let truncates = view > self.view && self.is_backup() && flaw!(self, TruncatesBeforeState);
        if truncates {
            let nothing = Tail { snapshot: None, after, entries: Vec::new() };
            self.write(Record::Normal(view, nothing), cx);
        }
        let keeps = flaw!(self, KeepsUncommittedTail);
        let after = if keeps { self.last() } else { after };
        if again || self.asked != Some((view, after)) {
            cx.mark("ask");
            self.asked = Some((view, after));
            cx.send(of, GetState(view, after));
        }
    }

    /// "A replica responds to a GETSTATE message only if its status is normal and it is currently in view v."
    pub(super) fn on_get_state(&mut self, from: NodeId, view: Epoch, after: Position, cx: &mut Cx<'_, Self>) {
        if self.normal_in() != Some(view) || after > self.last() {
            return;
        }
        let is_compacted = after < self.journal.start();
        assert!(!(flaw!(self, PanicsOnCompacted) && is_compacted), "the other one has what is compacted");
        cx.send(from, NewState(view, after, self.journal.tail(after), self.commit));
    }

    /// "When replica i receives the NEWSTATE message, it appends the log in the message to its log and updates its state
    /// using the other information in the message." Only if it answers the last question.
    pub(super) fn on_new_state(
        &mut self,
        view: Epoch,
        after: Position,
        log: Tail<C, S>,
        commit: Position,
        cx: &mut Cx<'_, Self>,
    ) {
        if self.asked != Some((view, after)) {
            return; // late
        }
        // In its own view it may have got on in the meantime, and further. (It asks for no earlier view than its own.)
        let is_news = self.normal_in() != Some(view) || log.last() > self.last();
        let fits = is_news && log.continues(after);
        if fits {
            cx.mark("catch up");
            self.adopt(view, log, commit, cx);
        }
    }
}
