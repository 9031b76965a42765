//! Every step that can be taken from a state.

use std::sync::Arc;

use synod_actor::{Actor, Event, Ground, NodeId};
use synod_checker::{Limit, Timers};
use synod_properties::{Monitor, Observation};

use crate::{
    node::{Node, Status},
    rules::Rules,
    world::{Mail, World, spend},
};

type Worlds<A, M> = Vec<World<A, M>>;

impl<A, M> Rules<A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// Whether every node is within the bounds of the search.
    pub(crate) fn is_inside(&self, world: &World<A, M>) -> bool {
        self.system.bounds.iter().all(|bound| {
            let nodes = self.group.iter().zip(&world.nodes);
            nodes.into_iter().all(|(&id, node)| (bound.inside)(id, &node.live))
        })
    }

    /// Where one step leads: one world for each step and each combination of choices in it, so that worlds that
    /// are reached in several ways come several times.
    pub(crate) fn successors(&self, world: &World<A, M>, out: &mut Worlds<A, M>) {
        let first = out.len();
        self.requests(world, out);
        let timers = self.timers(world);
        for &at in &self.group {
            let node = &*world.nodes[at.index()];
            self.losses(world, at, out);
            match node.status {
                Status::Up => {
                    self.deliveries(world, at, node, out);
                    self.own(world, at, node, out);
                    self.flush(world, at, node, out);
                    self.timeouts(world, at, node, timers, out);
                    self.crashes(world, at, node, out);
                }
                Status::Down => self.restart(world, at, node, out),
                Status::Stopped | Status::Faulty(_) => {}
            }
        }
        for world in &mut out[first..] {
            self.settle(world);
        }
    }

    /// A client asks.
    fn requests(&self, world: &World<A, M>, out: &mut Worlds<A, M>) {
        for (kind, &planned) in self.planned.iter().enumerate() {
            let planned = &self.system.requests[planned];
            let node = &*world.nodes[planned.node.index()];
            if world.pending[kind] == 0 || !node.is_up() {
                continue;
            }
            for request in &planned.alternatives {
                let mut next = world.clone();
                Arc::make_mut(&mut next.pending)[kind] -= 1;
                next.watch.observe::<A>(planned.node, &Observation::Request(request.clone()));
                self.react(next, planned.node, node, &Event::Request(request.clone()), out);
            }
        }
    }

    /// A message arrives. It may stay in flight.
    fn deliveries(&self, world: &World<A, M>, at: NodeId, node: &Node<A>, out: &mut Worlds<A, M>) {
        let duplicates = self.system.environment.links.duplicates;
        for letter in world.mail[at.index()].inbox.deliverable() {
            let event = Event::Receive(letter.0, letter.1.clone());
            if duplicates != Limit::Unbounded {
                self.react(self.without(world, at, &letter), at, node, &event, out);
            }
            if let Some(left) = spend(duplicates, world.left.duplicates) {
                let mut next = world.clone();
                next.left.duplicates = left;
                self.react(next, at, node, &event, out);
            }
        }
    }

    /// A message is lost.
    fn losses(&self, world: &World<A, M>, at: NodeId, out: &mut Worlds<A, M>) {
        let loss = self.system.environment.links.loss;
        if loss == Limit::Unbounded && !self.explicit_loss {
            return;
        }
        let Some(left) = spend(loss, world.left.losses) else { return };
        for letter in world.mail[at.index()].inbox.deliverable() {
            let mut next = self.without(world, at, &letter);
            next.left.losses = left;
            next.watch.observe::<A>(at, &Observation::Loss);
            out.push(next);
        }
    }

    /// A message to itself is handled.
    fn own(&self, world: &World<A, M>, at: NodeId, node: &Node<A>, out: &mut Worlds<A, M>) {
        if let Some(msg) = node.own.front() {
            let mut ready = node.clone();
            ready.own.pop_front();
            self.react(world.clone(), at, &ready, &Event::Receive(at, msg.clone()), out);
        }
    }

    /// The oldest write becomes durable.
    fn flush(&self, world: &World<A, M>, at: NodeId, node: &Node<A>, out: &mut Worlds<A, M>) {
        if !node.disk.is_empty() {
            out.push(self.carry_out(world.clone(), at, node.flush(self.place(at))));
        }
    }

    /// What is left of the budget of timeouts after one of them, if one is possible at all.
    fn timers(&self, world: &World<A, M>) -> Option<u8> {
        match self.system.environment.timers {
            Timers::Asynchronous(limit) => spend(limit, world.left.timeouts),
            Timers::Synchronous => {
                let mut nodes = world.nodes.iter().zip(&world.mail);
                let busy = |(node, mail): (&Arc<Node<A>>, &Arc<Mail<A::Msg>>)| {
                    node.is_up() && !(mail.inbox.is_empty() && node.own.is_empty() && node.disk.is_empty())
                };
                (!nodes.any(busy)).then_some(world.left.timeouts)
            }
        }
    }

    /// A timer fires.
    fn timeouts(
        &self,
        world: &World<A, M>,
        at: NodeId,
        node: &Node<A>,
        left: Option<u8>,
        out: &mut Worlds<A, M>,
    ) {
        let Some(left) = left else { return };
        for timer in &node.timers {
            let mut ready = node.clone();
            ready.timers.remove(timer);
            let mut next = world.clone();
            next.left.timeouts = left;
            next.watch.observe::<A>(at, &Observation::Timeout);
            self.react(next, at, &ready, &Event::Timeout(timer.clone()), out);
        }
    }

    /// A node crashes, for a while or for good.
    fn crashes(&self, world: &World<A, M>, at: NodeId, node: &Node<A>, out: &mut Worlds<A, M>) {
        if self.system.environment.crashes.only.as_ref().is_some_and(|only| !only.contains(&at)) {
            return;
        }
        let crash = |status| {
            let mut next = world.clone();
            next.nodes[at.index()] = Arc::new(self.seal(node.crashed(status)));
            next.watch.observe::<A>(at, &Observation::Crash);
            next
        };
        if let Some(left) = world.left.recoveries.checked_sub(1) {
            let mut next = crash(Status::Down);
            next.left.recoveries = left;
            out.push(next);
        }
        if let Some(left) = world.left.stops.checked_sub(1) {
            let mut next = crash(Status::Stopped);
            next.left.stops = left;
            // Nothing that was meant for it can matter any more.
            if !world.mail[at.index()].inbox.is_empty() {
                next.mail[at.index()] = self.nothing.clone();
            }
            for (kind, &planned) in self.planned.iter().enumerate() {
                if self.system.requests[planned].node == at && world.pending[kind] > 0 {
                    Arc::make_mut(&mut next.pending)[kind] = 0;
                }
            }
            out.push(next);
        }
    }

    /// A crashed node comes back.
    fn restart(&self, world: &World<A, M>, at: NodeId, node: &Node<A>, out: &mut Worlds<A, M>) {
        let ready = Node { status: Status::Up, ..node.clone() };
        let mut next = world.clone();
        next.watch.observe::<A>(at, &Observation::Restart);
        self.react(next, at, &ready, &Event::Start, out);
    }
}
