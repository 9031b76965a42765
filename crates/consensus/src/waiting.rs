//! What logs share that batch: commands that wait while a leader's window is full, and then are proposed together.

use synod_actor::{Actor, Cx, NodeId, Value};

use crate::{
    Log,
    log::{Indication, Request},
};

/// Commands that wait to be proposed, in the order in which they came, each with the node at which it was asked for. They are on
/// no disk and in no log yet: what waits together is written together. There are none at a node that does not lead.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Waiting<C>(Vec<(NodeId, C)>);

impl<C> Default for Waiting<C> {
    fn default() -> Self {
        Waiting(Vec::new())
    }
}

impl<C: Value> Waiting<C> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One more.
    pub(crate) fn push(&mut self, from: NodeId, command: C) {
        self.0.push((from, command));
    }

    /// The first of them, at most so many but at least one if there is any. They wait no more.
    pub(crate) fn take(&mut self, most: usize) -> impl Iterator<Item = C> {
        let count = most.max(1).min(self.0.len());
        self.0.drain(..count).map(|(_, command)| command)
    }

    /// Nothing comes of them, for this node leads no more. The layer above is told of its own; those that others have passed on
    /// might as well have been lost on their way.
    pub(crate) fn refuse<A, S: Value>(&mut self, cx: &mut Cx<'_, A>)
    where
        A: Actor<Provides = Log<C, S>>,
    {
        let me = cx.me();
        for (_, command) in self.0.drain(..).filter(|(from, _)| *from == me) {
            cx.indicate(Indication::Refused(Request::Append(command)));
        }
    }
}
