//! Messages on their way in a run, dead ones included: a search may have left these out, but a counterexample shows them.

use synod_actor::{Actor, Ground, NodeId};
use synod_properties::Monitor;

use crate::{
    components::{Components, Envelope},
    environment::{Order, Timers},
    node::{Happening, Node},
};

/// What is on its way to each node: from whom, and what, in the order sent.
pub(crate) struct InFlight<'c, 's, A: Actor, M> {
    components: &'c Components<'s, A, M>,
    to: Vec<Vec<(NodeId, A::Msg)>>,
}

impl<'c, 's, A, M> InFlight<'c, 's, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    pub(crate) fn new(components: &'c Components<'s, A, M>) -> Self {
        InFlight { components, to: vec![Vec::new(); components.group.len()] }
    }

    /// `from` sent this.
    pub(crate) fn send(&mut self, from: NodeId, sends: Vec<(NodeId, A::Msg)>) {
        for (to, msg) in sends {
            let pending = &mut self.to[to.index()];
            let copies = pending.iter().filter(|other| **other == (from, msg.clone())).count();
            if copies < self.components.room() {
                pending.push((from, msg));
            }
        }
    }

    /// What stands before a message in its queue, and so has to arrive before it can.
    pub(crate) fn before(&self, to: NodeId, from: NodeId, msg: &A::Msg) -> Vec<A::Msg> {
        if self.components.system.environment.links.order == Order::Unordered {
            return Vec::new();
        }
        let queue = self.to[to.index()].iter().filter(|(sender, _)| *sender == from).map(|(_, msg)| msg);
        queue.take_while(|other| *other != msg).cloned().collect()
    }

    /// A message is no longer on its way: it arrived, or was lost.
    pub(crate) fn remove(&mut self, to: NodeId, from: NodeId, msg: &A::Msg) {
        let pending = &mut self.to[to.index()];
        if let Some(at) = pending.iter().position(|(sender, other)| (*sender, other) == (from, msg)) {
            pending.remove(at);
        }
    }

    /// A node stopped: nothing is on its way to it any more.
    pub(crate) fn stop(&mut self, to: NodeId) {
        self.to[to.index()].clear();
    }

    /// The first message from `sender`, or from anyone where links keep no order, that is dead at this node.
    pub(crate) fn nameless(&self, to: NodeId, node: u32, sender: NodeId) -> Option<(NodeId, A::Msg)> {
        let pending = self.to[to.index()].iter();
        match self.components.system.environment.links.order {
            Order::Fifo => pending.cloned().find(|(from, _)| *from == sender),
            Order::Unordered => {
                pending.filter(|(from, msg)| self.is_dead(to, node, *from, msg)).min().cloned()
            }
        }
    }

    /// All messages that are dead, to nodes that are up, by receiver; within these by value, or in their order.
    pub(crate) fn dead(&self, nodes: &[(u32, &Node<A>)]) -> Vec<(NodeId, NodeId, A::Msg)> {
        let mut all = Vec::new();
        for (&to, &(number, node)) in self.components.group.iter().zip(nodes) {
            if node.status != crate::node::Status::Up {
                continue;
            }
            let pending = self.to[to.index()].iter();
            let dead = pending.filter(|(from, msg)| self.is_dead(to, number, *from, msg));
            let mut dead: Vec<_> = dead.map(|(from, msg)| (to, *from, msg.clone())).collect();
            match self.components.system.environment.links.order {
                Order::Unordered => dead.sort(),
                Order::Fifo => dead.sort_by_key(|(_, from, _)| *from),
            }
            all.extend(dead);
        }
        all
    }

    fn is_dead(&self, to: NodeId, node: u32, from: NodeId, msg: &A::Msg) -> bool {
        let envelope = self.components.envelope(Envelope { from, to, msg: msg.clone() });
        self.components.is_dead(node, envelope)
    }
}

/// Whether this happens only when nothing else is under way.
pub(crate) fn wants_quiet<A: Actor>(happening: &Happening<A>, timers: Timers) -> bool {
    timers == Timers::Synchronous && matches!(happening, Happening::Timeout(_))
}
