//! The parts of global states as numbers: nodes, messages, inboxes, worlds; and each local transition, taken once.
//!
//! This is the slow path, shared by all threads: every question is asked once for each *local* situation, of which there
//! are few, and its answer is remembered. What is asked for each global state is in `worker.rs`.

use crossbeam::utils::CachePadded;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use synod_actor::{Actor, Ground, NodeId};
use synod_properties::{Monitor, Observation, Violation};

use crate::{
    dead::Dead,
    environment::{Limit, Order, Timers},
    interner::Interner,
    marks::Marks,
    node::{Happening, Setting, Status},
    nodes::{Named, Nodes},
    options::Reductions,
    order::Order as TakenAlone,
    sequences::SharedSequences,
    steps::Steps,
    store::PARTS,
    symmetry::Renamings,
    sync::RwLock,
    system::{Request, System},
};

/// A message with its ends.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Envelope<A: Actor> {
    pub(crate) from: NodeId,
    pub(crate) to: NodeId,
    pub(crate) msg: A::Msg,
}

/// What is on its way to a node: numbers of envelopes, of nameless messages ([`NAMELESS`]), and of planned requests
/// ([`REQUEST`]). Unordered links: in the order of the numbers. FIFO links: by sender, and in the order sent. Requests come
/// last, in order.
pub(crate) type Inbox = Box<[u32]>;

/// Marks an item of an inbox as a planned request.
pub(crate) const REQUEST: u32 = 1 << 31;

/// From here on, below requests, items are dead messages of which nothing is kept but, with FIFO links, the sender, which is
/// added. See `dead.rs`.
pub(crate) const NAMELESS: u32 = REQUEST - (1 << 16);

/// What a step does to whom, as people read it: also its identity, for fairness, and its place, where one of several
/// steps is to be chosen in a way that does not depend on numbers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Label<A: Actor> {
    pub(crate) node: NodeId,
    pub(crate) what: What<A>,
}

/// See [`Label`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum What<A: Actor> {
    Happens(Happening<A>),
    /// A message arrives, and stays in flight.
    Duplicate(NodeId, A::Msg),
    /// A message is lost.
    Lose(NodeId, A::Msg),
    /// A nameless message of this sender meets its fate.
    Nameless(u16, Fate),
}

/// What becomes of a message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Fate {
    Arrive,
    Duplicate,
    Lose,
}

/// What a step takes from a budget.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(crate) enum Cost {
    Free,
    Loss,
    Duplicate,
    Timeout,
    Stop,
    Recover,
}

/// What a step does to the world: what it costs, and what a monitor sees, at the node.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Delta<A: Actor> {
    pub(crate) cost: Cost,
    pub(crate) node: NodeId,
    pub(crate) observed: Vec<Observation<A::Provides>>,
}

/// What is left of each budget; 0 as well where nothing is counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Budgets {
    loss: u8,
    duplicates: u8,
    timeouts: u8,
    stop: u8,
    recover: u8,
}

impl Budgets {
    /// Whether there is nothing left to pay with.
    pub(crate) fn are_empty(self) -> bool {
        let Budgets { loss, duplicates, timeouts, stop, recover } = self;
        [loss, duplicates, timeouts, stop, recover] == [0; 5]
    }

    fn pay(&mut self, cost: Cost) -> Option<()> {
        let budget = match cost {
            Cost::Free => return Some(()),
            Cost::Loss => &mut self.loss,
            Cost::Duplicate => &mut self.duplicates,
            Cost::Timeout => &mut self.timeouts,
            Cost::Stop => &mut self.stop,
            Cost::Recover => &mut self.recover,
        };
        *budget = budget.checked_sub(1)?;
        Some(())
    }
}

/// What a monitor has come to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Watch<M> {
    Fine(M),
    Violated(Violation),
}

/// The part of a global state that is no node's.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct World<M> {
    pub(crate) budgets: Budgets,
    pub(crate) watch: Watch<M>,
}

/// What a part was made of that no step gave: how, and of which.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Origin {
    /// By this renaming.
    Renamed(u32, u32),
    /// With all epochs lower by so much.
    Lowered(u64, u32),
}

/// What a world was made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum WorldOrigin {
    /// Of this one, by a step that does this.
    After(u32, u32),
    /// By this renaming, of this one.
    Renamed(u32, u32),
}

/// Where parts came from that cannot be found by taking the steps of nodes again; by number.
#[derive(Default)]
pub(crate) struct Origins {
    pub(crate) nodes: RwLock<FxHashMap<u32, Origin>>,
    pub(crate) envelopes: RwLock<FxHashMap<u32, Origin>>,
    pub(crate) worlds: RwLock<FxHashMap<u32, WorldOrigin>>,
}

impl Origins {
    fn bytes(&self) -> u64 {
        let parts = self.nodes.read().capacity() + self.envelopes.read().capacity();
        (parts * 25 + self.worlds.read().capacity() * 17) as u64
    }
}

/// The system in numbers. Locks are on cache lines of their own: taking them writes there, and all else is read with each step.
pub(crate) struct Components<'s, A: Actor, M> {
    pub(crate) system: &'s System<A, M>,
    pub(crate) group: Vec<NodeId>,
    /// The distinct planned requests: those alike are interchangeable.
    pub(crate) planned: Vec<(NodeId, Vec<Request<A>>)>,
    pub(crate) explicit_loss: bool,
    pub(crate) nodes: Nodes<A>,
    pub(crate) envelopes: Interner<Envelope<A>>,
    /// The sender of each envelope.
    pub(crate) senders: CachePadded<RwLock<Vec<u16>>>,
    pub(crate) inboxes: SharedSequences,
    pub(crate) labels: Interner<Label<A>>,
    pub(crate) deltas: Interner<Delta<A>>,
    pub(crate) worlds: Interner<World<M>>,
    pub(crate) steps: CachePadded<RwLock<Steps>>,
    pub(crate) marks: Marks,
    /// Which messages are left out, if any are to be.
    pub(crate) dead: Option<Dead>,
    /// Which steps are taken alone, if any are to be.
    pub(crate) order: Option<TakenAlone>,
    /// How nodes are renamed, if they are.
    pub(crate) renamings: Option<Renamings>,
    /// Why they cannot be.
    pub(crate) asymmetric: RwLock<Option<String>>,
    /// Where parts came from, if a checkpoint may be asked for.
    pub(crate) origins: Option<Origins>,
}

impl<'s, A, M> Components<'s, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// # Panics
    /// The system contradicts itself; the message says how.
    pub(crate) fn new(system: &'s System<A, M>, reductions: Reductions) -> Self {
        let links = system.environment.links;
        assert!((1..PARTS).contains(&system.nodes.len()), "a system has 1 to {} nodes", PARTS - 1);
        assert!(!system.environment.clock.is_empty(), "a clock shows at least one time");
        assert!(links.copies != Some(0), "links without room for a message: `copies` is at least 1");
        assert!(
            (links.order, links.duplicates) != (Order::Fifo, Limit::Unbounded),
            "FIFO links want a budget of duplicates: the first message could be delivered for ever"
        );
        assert!(
            links.copies.is_none() || links.order == Order::Unordered,
            "`copies` is for unordered links: in a queue identical messages are different"
        );
        assert!(
            system.liveness.is_empty() || links.duplicates != Limit::Unbounded,
            "liveness wants a budget of duplicates: where they are unbounded, what is fair is not defined"
        );
        let mut planned: Vec<(NodeId, Vec<Request<A>>)> = Vec::new();
        for entry in &system.requests {
            assert!(
                entry.node.index() < system.nodes.len(),
                "a request is planned at {}, which is not a node",
                entry.node
            );
            assert!(
                !entry.alternatives.is_empty(),
                "a planned request at {} without alternatives",
                entry.node
            );
            if !planned
                .iter()
                .any(|(node, alternatives)| (*node, alternatives) == (entry.node, &entry.alternatives))
            {
                planned.push((entry.node, entry.alternatives.clone()));
            }
        }
        let symmetry = system.symmetry.as_ref().filter(|_| reductions.symmetry);
        let (renamings, asymmetric) = match symmetry.map(|symmetry| Renamings::of(system, symmetry, &planned))
        {
            None => (None, None),
            Some(Ok(renamings)) => (Some(renamings), None),
            Some(Err(why)) => (None, Some(why)),
        };
        let components = Components {
            system,
            group: NodeId::group(system.nodes.len()),
            planned,
            explicit_loss: system.tells_losses(),
            nodes: Nodes::new(),
            envelopes: Interner::new(),
            senders: CachePadded::default(),
            inboxes: SharedSequences::default(),
            labels: Interner::new(),
            deltas: Interner::new(),
            worlds: Interner::new(),
            steps: CachePadded::default(),
            marks: Marks::default(),
            dead: reductions.dead.then(Dead::new),
            order: reductions.order.then(TakenAlone::default),
            renamings,
            asymmetric: RwLock::new(asymmetric),
            origins: None,
        };
        // The number of what changes nothing is 0.
        components.deltas.intern(Delta { cost: Cost::Free, node: NodeId(0), observed: Vec::new() });
        components
    }

    pub(crate) fn setting(&self) -> Setting<'_> {
        Setting {
            group: &self.group,
            loopback: self.system.environment.links.loopback,
            disk: self.system.environment.disk,
            clock: &self.system.environment.clock,
        }
    }

    /// The inbox of a node before anything happened: what its client will ask.
    pub(crate) fn first_inbox(&self, node: NodeId) -> Inbox {
        let here = self.system.requests.iter().filter(|entry| entry.node == node);
        let mut items: Vec<u32> = here
            .map(|entry| {
                let same = |(node, alternatives): &(NodeId, Vec<Request<A>>)| {
                    (*node, alternatives) == (entry.node, &entry.alternatives)
                };
                REQUEST + self.planned.iter().position(same).expect("every request was planned") as u32
            })
            .collect();
        items.sort_unstable();
        items.into()
    }

    /// The world before anything happened.
    pub(crate) fn first_world(&self) -> World<M> {
        let environment = &self.system.environment;
        let budget = |limit| if let Limit::Budget(budget) = limit { budget } else { 0 };
        World {
            budgets: Budgets {
                loss: budget(environment.links.loss),
                duplicates: budget(environment.links.duplicates),
                timeouts: match environment.timers {
                    Timers::Asynchronous(limit) => budget(limit),
                    Timers::Synchronous => 0,
                },
                stop: environment.crashes.stop,
                recover: environment.crashes.recover,
            },
            watch: Watch::Fine(self.system.monitor.clone()),
        }
    }

    /// Whether a step that costs this is paid for by a budget; what costs nothing is free.
    pub(crate) fn cost(limit: Limit, cost: Cost) -> Option<Cost> {
        match limit {
            Limit::Never => None,
            Limit::Budget(_) => Some(cost),
            Limit::Unbounded => Some(Cost::Free),
        }
    }

    /// The number of an envelope.
    pub(crate) fn envelope(&self, envelope: Envelope<A>) -> u32 {
        self.envelope_from(envelope, None)
    }

    /// The label of the arrival of a message.
    pub(crate) fn arrival(&self, envelope: u32) -> u32 {
        let Envelope { from, to, msg } = &*self.envelopes.get(envelope);
        let what = What::Happens(Happening::Receive(*from, msg.clone()));
        self.labels.intern(Label { node: *to, what })
    }

    /// The number of an envelope that another was changed into.
    pub(crate) fn envelope_from(&self, envelope: Envelope<A>, origin: Option<Origin>) -> u32 {
        let from = envelope.from.0;
        let (number, is_new) = self.envelopes.insert(envelope);
        if let (true, Some(origin), Some(origins)) = (is_new, origin, &self.origins) {
            origins.envelopes.write().insert(number, origin);
        }
        let mut senders = self.senders.write();
        if senders.len() <= number as usize {
            senders.resize(number as usize + 1, 0); // those between are filled in by the threads that numbered them
        }
        senders[number as usize] = from;
        number
    }

    /// The number of a node that another was changed into.
    pub(crate) fn node_from(&self, node: Named<A>, origin: Origin) -> u32 {
        let (number, is_new) = self.nodes.insert(node);
        if let (true, Some(origins)) = (is_new, &self.origins) {
            origins.nodes.write().insert(number, origin);
        }
        number
    }

    /// The number of a world that another was changed into.
    pub(crate) fn world_from(&self, world: World<M>, origin: WorldOrigin) -> u32 {
        let (number, is_new) = self.worlds.insert(world);
        if let (true, Some(origins)) = (is_new, &self.origins) {
            origins.worlds.write().insert(number, origin);
        }
        number
    }

    /// The number of what a step does to the world.
    pub(crate) fn delta(&self, cost: Cost, node: NodeId, observed: Vec<Observation<A::Provides>>) -> u32 {
        if cost == Cost::Free && observed.is_empty() {
            return 0;
        }
        self.deltas.intern(Delta { cost, node, observed })
    }

    /// The same, at a cost.
    pub(crate) fn priced(&self, delta: u32, cost: Cost) -> u32 {
        if cost == Cost::Free {
            return delta;
        }
        let delta = &*self.deltas.get(delta);
        self.deltas.intern(Delta { cost, ..delta.clone() })
    }

    /// The world after a step, and whether the monitor found a violation; `None` if the budget does not allow the step.
    pub(crate) fn after(&self, world: u32, delta: u32) -> Option<(u32, bool)> {
        let origin = WorldOrigin::After(world, delta);
        let (before, delta) = (self.worlds.get(world), self.deltas.get(delta));
        let after = self.world_after(&before, &delta)?;
        self.look_at_world(&before, &delta, &after);
        let violated = matches!(after.watch, Watch::Violated(_));
        Some((self.world_from(after, origin), violated))
    }

    /// The world after a step; `None` if the budget does not allow it.
    pub(crate) fn world_after(&self, before: &World<M>, delta: &Delta<A>) -> Option<World<M>> {
        let mut after = told(before, delta)?;
        if self.renamings.is_some() {
            forget_names(&mut after);
        }
        Some(after)
    }

    /// Why the monitor found a violation in this step.
    pub(crate) fn objection(&self, world: u32, delta: u32) -> Option<Violation> {
        match told(&*self.worlds.get(world), &*self.deltas.get(delta))?.watch {
            Watch::Fine(_) => None,
            Watch::Violated(violation) => Some(violation),
        }
    }

    /// What is wrong with what an actor does in this step.
    pub(crate) fn fault(&self, node: u32, label: &Label<A>, outcome: u32) -> Option<String> {
        let happening = match label.what.clone() {
            What::Happens(happening) => happening,
            What::Duplicate(from, msg) => Happening::Receive(from, msg),
            What::Lose(..) | What::Nameless(..) => return None,
        };
        let outcomes = self.nodes.get(node).1.step(label.node, &happening, self.setting());
        match &outcomes.get(outcome as usize)?.node.status {
            Status::Faulty(why) => Some(why.clone()),
            _ => None,
        }
    }

    /// How many runs of a handler (or of a disk, or a crash) are remembered.
    pub(crate) fn handler_calls(&self) -> u64 {
        self.steps.read().steps.len() as u64
    }

    /// The bytes that components hold, by the sizes of their types: what they own elsewhere is not counted.
    pub(crate) fn bytes(&self) -> u64 {
        let steps = self.steps.read().bytes();
        let origins = self.origins.as_ref().map_or(0, Origins::bytes);
        [self.nodes.bytes(), self.envelopes.bytes(), self.inboxes.bytes(), self.labels.bytes()]
            .into_iter()
            .chain([self.deltas.bytes(), self.worlds.bytes(), steps, origins])
            .sum()
    }
}

/// The world after a step; `None` if the budget does not allow it.
fn told<A, M>(world: &World<M>, delta: &Delta<A>) -> Option<World<M>>
where
    A: Actor,
    M: Monitor<A::Provides>,
{
    let mut world = world.clone();
    world.budgets.pay(delta.cost)?;
    for observed in &delta.observed {
        if let Watch::Fine(monitor) = &mut world.watch
            && let Err(violation) = monitor.observe(delta.node, observed)
        {
            world.watch = Watch::Violated(violation);
        }
    }
    Some(world)
}

/// Why a property is violated is told with the names of nodes, which may be others in another state of the same orbit.
fn forget_names<M>(world: &mut World<M>) {
    if let Watch::Violated(violation) = &mut world.watch {
        violation.because.clear();
    }
}
