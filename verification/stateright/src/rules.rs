//! The rules of a system: where it begins, what becomes of what a node did, which properties are false.

use std::{collections::HashSet, sync::Arc};

use synod_actor::{Actor, Event, Ground, NodeId};
use synod_checker::{Limit, NodeView, Order, StagedNode, System, TOTAL, Timers};
use synod_properties::{Monitor, Observation};

use crate::{
    inbox::{Inbox, Letter},
    node::{Node, Outcome, Place, Status},
    translation::{least_of_inbox, least_of_node, lower_inbox, lower_node},
    world::{Left, Mail, Watch, World},
};

/// A system, with what can be known of it beforehand.
pub(crate) struct Rules<A: Actor, M> {
    /// The system.
    pub(crate) system: Arc<System<A, M>>,
    /// The names of its nodes.
    pub(crate) group: Vec<NodeId>,
    /// The distinct planned requests: for each the position of one of its kind.
    pub(crate) planned: Vec<usize>,
    /// Whether losses without a budget are steps.
    pub(crate) explicit_loss: bool,
    /// An inbox with nothing in it.
    pub(crate) nothing: Arc<Mail<A::Msg>>,
    /// The names of the safety properties. Bits in [`World::broken`] are positions here.
    pub(crate) safety: Vec<&'static str>,
}

impl<A, M> Rules<A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// The rules of `system`.
    pub(crate) fn new(system: Arc<System<A, M>>) -> Self {
        let group = NodeId::group(system.nodes.len());
        let links = system.environment.links;
        assert!(
            (links.order, links.duplicates) != (Order::Fifo, Limit::Unbounded),
            "a FIFO link that may deliver its first message for ever has no meaning",
        );
        assert!(!system.environment.clock.is_empty(), "a clock must show something");
        for planned in &system.requests {
            assert!(group.contains(&planned.node), "a client sits at {}, outside of the group", planned.node);
        }

        let mut safety = system.monitor.safety();
        safety.extend(system.invariants.iter().map(|invariant| invariant.name));
        safety.push(TOTAL);
        let mut known = HashSet::new();
        safety.retain(|name| known.insert(*name));
        assert!(safety.len() <= 32, "more than 32 safety properties");

        let explicit_loss = system.deadlock_free
            || !system.possible.is_empty()
            || system.environment.timers == Timers::Synchronous;
        let planned = kinds(&system).into_iter().map(|(position, _)| position).collect();
        let nothing = Arc::new(Mail { inbox: Inbox::empty(&links), least: None });
        Rules { group, planned, explicit_loss, nothing, safety, system }
    }

    /// Where a node is.
    pub(crate) fn place(&self, me: NodeId) -> Place<'_> {
        let environment = &self.system.environment;
        Place {
            me,
            group: &self.group,
            loopback: environment.links.loopback,
            disk: environment.disk,
            clock: &environment.clock,
        }
    }

    /// The initial states, without repetitions: every node has started, in order.
    pub(crate) fn initial(&self) -> Vec<World<A, M>> {
        let system = &*self.system;
        let blank = World {
            nodes: system
                .nodes
                .iter()
                .map(|initial| Arc::new(self.seal(Node::new(initial.clone()))))
                .collect(),
            mail: vec![self.nothing.clone(); self.group.len()],
            pending: Arc::new(kinds(system).into_iter().map(|(_, count)| count).collect()),
            left: Left::all(&system.environment),
            watch: Watch::Watching(Arc::new(system.monitor.clone())),
            broken: 0,
        };
        if let Some(staged) = system.staged() {
            return vec![self.begin(blank, &staged)];
        }
        let mut worlds = vec![blank];
        for &node in &self.group {
            let before = std::mem::take(&mut worlds);
            for world in before {
                let unstarted = world.nodes[node.index()].clone();
                self.react(world, node, &unstarted, &Event::Start, &mut worlds);
            }
        }
        let mut known = HashSet::new();
        worlds.iter_mut().for_each(|world| self.settle(world));
        worlds.retain(|world| known.insert(world.clone()));
        worlds
    }

    /// The world with these nodes, and what is on its way to them.
    fn begin(&self, mut world: World<A, M>, staged: &[StagedNode<'_, A>]) -> World<A, M> {
        world.nodes = staged.iter().map(|node| Arc::new(self.seal(Node::staged(node)))).collect();
        for (&to, node) in self.group.iter().zip(staged) {
            for &(from, msg) in &node.inbox {
                self.send(&mut world, to, (from, msg.clone()));
            }
        }
        self.settle(&mut world);
        world
    }

    /// Node `at`, which is `ready`, handles `event`: one world for each combination of its choices is added to `out`.
    pub(crate) fn react(
        &self,
        world: World<A, M>,
        at: NodeId,
        ready: &Node<A>,
        event: &Event<A>,
        out: &mut Vec<World<A, M>>,
    ) {
        let mut outcomes = ready.handle(event, &world.nodes[at.index()], self.place(at));
        let last = outcomes.pop();
        for outcome in outcomes {
            out.push(self.carry_out(world.clone(), at, outcome));
        }
        out.extend(last.map(|outcome| self.carry_out(world, at, outcome)));
    }

    /// What node `at` did reaches the world.
    pub(crate) fn carry_out(&self, mut world: World<A, M>, at: NodeId, outcome: Outcome<A>) -> World<A, M> {
        world.nodes[at.index()] = Arc::new(self.seal(outcome.node));
        for (to, msg) in outcome.sent {
            self.send(&mut world, to, (at, msg));
        }
        for indication in outcome.told {
            world.watch.observe::<A>(at, &Observation::Indication(indication));
        }
        world
    }

    fn send(&self, world: &mut World<A, M>, to: NodeId, letter: Letter<A::Msg>) {
        let stopped = world.nodes[to.index()].status == Status::Stopped;
        let full = world.mail[to.index()].inbox.is_full(&letter, self.system.environment.links.copies);
        if !stopped && !full {
            self.change_mail(world, to, |inbox| inbox.add(letter));
        }
    }

    /// The world without a letter that was deliverable at `to`.
    pub(crate) fn without(&self, world: &World<A, M>, to: NodeId, letter: &Letter<A::Msg>) -> World<A, M> {
        let mut world = world.clone();
        self.change_mail(&mut world, to, |inbox| inbox.remove(letter));
        world
    }

    fn change_mail(&self, world: &mut World<A, M>, to: NodeId, change: impl FnOnce(&mut Inbox<A::Msg>)) {
        let mail = Arc::make_mut(&mut world.mail[to.index()]);
        change(&mut mail.inbox);
        let translation = self.system.translation.as_ref();
        mail.least = translation.and_then(|translation| least_of_inbox::<A>(translation, &mail.inbox));
    }

    /// The node with its least epoch.
    pub(crate) fn seal(&self, mut node: Node<A>) -> Node<A> {
        node.least =
            self.system.translation.as_ref().and_then(|translation| least_of_node(translation, &node));
        node
    }

    /// Completes a step: shifts the epochs down, and judges the world.
    pub(crate) fn settle(&self, world: &mut World<A, M>) {
        self.shift(world);
        world.broken = self.judge(world);
    }

    fn shift(&self, world: &mut World<A, M>) {
        let Some(translation) = &self.system.translation else { return };
        let nodes = world.nodes.iter().filter_map(|node| node.least);
        let mail = world.mail.iter().filter_map(|mail| mail.least);
        let by = nodes.chain(mail).min().map_or(0, |least| least.saturating_sub(1));
        if by == 0 {
            return;
        }
        for node in world.nodes.iter_mut().filter(|node| node.least.is_some()) {
            lower_node(translation, Arc::make_mut(node), by);
        }
        for mail in world.mail.iter_mut().filter(|mail| mail.least.is_some()) {
            let mail = Arc::make_mut(mail);
            lower_inbox::<A>(translation, &mut mail.inbox, by);
            mail.least = mail.least.map(|least| least - by);
        }
    }

    /// The safety properties that are false in this world.
    fn judge(&self, world: &World<A, M>) -> u32 {
        let mut broken = 0;
        if let Watch::Violated(violation) = &world.watch {
            broken |= self.bit(violation.property);
        }
        if world.nodes.iter().any(|node| matches!(node.status, Status::Faulty(_))) {
            broken |= self.bit(TOTAL);
        }
        if !self.system.invariants.is_empty() {
            let view: Vec<_> = world.nodes.iter().map(|node| view(node)).collect();
            for invariant in &self.system.invariants {
                if !(invariant.holds)(&view) {
                    broken |= self.bit(invariant.name);
                }
            }
        }
        broken
    }

    fn bit(&self, name: &'static str) -> u32 {
        let position = self.safety.iter().position(|known| *known == name);
        1 << position
            .unwrap_or_else(|| panic!("{name:?} is violated, but not among the monitor's properties"))
    }
}

fn view<A: Actor<Uses: Ground>>(node: &Node<A>) -> NodeView<'_, A> {
    NodeView { live: &node.live, durable: &node.durable, up: node.is_up() }
}

/// The distinct planned requests of a system: the position of the first of each, and how many there are.
fn kinds<A: Actor, M>(system: &System<A, M>) -> Vec<(usize, usize)> {
    let mut kinds: Vec<(usize, usize)> = Vec::new();
    for (position, planned) in system.requests.iter().enumerate() {
        let same = kinds.iter_mut().find(|(first, _)| {
            let first = &system.requests[*first];
            (first.node, &first.alternatives) == (planned.node, &planned.alternatives)
        });
        match same {
            Some((_, count)) => *count += 1,
            None => kinds.push((position, 1)),
        }
    }
    kinds
}
