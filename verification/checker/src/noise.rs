//! Whether nothing comes of the arrival of a message.

use std::collections::BTreeSet;

use synod_actor::{Actor, Cx, Effect, Event, Ground, NodeId};

use crate::{
    choices::Choices,
    node::{Happening, Node, Setting, Status},
    quiet,
};

/// Delivers messages to a node, one at a time, each to the node as it is.
pub(crate) struct Probe<'n, A: Actor> {
    me: NodeId,
    node: &'n Node<A>,
    setting: Setting<'n>,
    /// A copy of what runs there, which handlers may change: made again only when one did.
    live: Option<A>,
}

impl<'n, A: Actor<Uses: Ground>> Probe<'n, A> {
    /// Of this node in this state.
    pub(crate) fn new(me: NodeId, node: &'n Node<A>, setting: Setting<'n>) -> Self {
        Probe { me, node, setting, live: None }
    }

    /// The marks that the arrival of this message would set, if nothing else comes of it whatever the handler chooses: nothing changes,
    /// nothing is sent, nothing is indicated. `None` if something does.
    pub(crate) fn noise(&mut self, from: NodeId, msg: &A::Msg) -> Option<BTreeSet<&'static str>> {
        let mut marks = BTreeSet::new();
        if self.node.status != Status::Up {
            return Some(marks); // it does not arrive
        }
        let mut choices = Choices::first(self.setting.clock);
        loop {
            let mut live = self.live.take().unwrap_or_else(|| A::clone(&self.node.live));
            let (event, mut issued) = (Event::Receive(from, msg.clone()), Vec::new());
            let handler =
                || live.on(event, &mut Cx::new(self.me, self.setting.group, &mut choices, &mut issued));
            let is_unchanged =
                quiet::catch(handler).is_ok() && quiet::catch(|| live == *self.node.live) == Ok(true);
            if !is_unchanged {
                return None;
            }
            self.live = Some(live);
            for effect in issued {
                match effect {
                    Effect::Mark(mark) => _ = marks.insert(mark),
                    // What it does may be no more than what is so already: a timer that is set again.
                    _ => return self.comes_to_nothing(from, msg),
                }
            }
            if !choices.advance() {
                return Some(marks);
            }
        }
    }

    /// The same, by what comes of it in full.
    fn comes_to_nothing(&self, from: NodeId, msg: &A::Msg) -> Option<BTreeSet<&'static str>> {
        let outcomes = self.node.step(self.me, &Happening::Receive(from, msg.clone()), self.setting);
        let is_nothing = outcomes.iter().all(|outcome| {
            outcome.node == *self.node && outcome.sends.is_empty() && outcome.observed.is_empty()
        });
        is_nothing.then(|| outcomes.iter().flat_map(|outcome| outcome.marks()).collect())
    }
}
