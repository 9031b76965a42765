//! Partial order: a step that can as well come first comes first, and alone. (And deliveries that can as well come last are not taken at
//! all: see `order/last.rs`.)
//!
//! # What is left out
//! Steps of different nodes can be taken in any order. So of the steps that are possible in a state it is enough to take one, if that
//! one is *unseen* and *goes with* everything that can still happen at its own node before it. Steps that may be so are the
//! delivery of a message, the handling of a message to oneself, and a write that becomes durable. Write `a(t)` for what comes
//! of such a step at a node's state t. It may be taken alone at a state s if
//!
//! 1. for every state t that the node can come to from s without a (local steps that the search has taken, see `dead.rs`, or could
//!    take at `a(t)`): a has one outcome at t, with no indication and no fault, and always the same messages and marks; and every other
//!    event e of the node that is possible at t is possible at `a(t)`, with the same messages, indications and marks, and it comes to the same
//!    whether a is taken before e or after it;
//! 2. s and `a(s)` are in different strongly connected components of the node's local graph, or a takes a message from the inbox
//!    and sends none.
//!
//! # Why that is sound
//! For safety and deadlock, which is what it is offered for ([`unsuited`]). Say that a search is closed if its decisions follow by 1 and
//! 2 from a local graph that has every local step which the search took, and every one of which 1 speaks: where it has the step e at `a(t)`, and
//! so a may be taken before e, it has e at t and a at t as well. (For the search may have taken e at `a(t)` only, or not even there, but behind yet
//! another step that it took alone.)
//!
//! *Every run of the system is covered.* Let x be a state of a closed search and σ a run of the system from x. Then
//! the search has a run from x in which the monitor sees what it sees in σ, with the same marks, whose local steps at each node are those
//! of σ, in which some steps come earlier and some are added; and all local steps of σ are in the graph. By induction on the length of σ,
//! and within it on the number of steps that are taken alone in a row from x (by 2 it is finite, see below). If the search takes all steps at x, go on
//! behind the first step of σ. Otherwise it takes one step, a. It goes with all steps of other nodes: these add to the inbox of its
//! node what is still there afterwards. Before a comes up in σ, or if it never does, the steps at its node are ones of the graph (for
//! all but the last of them by induction; for the last since it is a step behind a, too, and so in the graph there: hence the words "or could take
//! at a(t)"), so by 1 they may follow a as well. So σ with a in front is a run, in which the monitor sees the same; and from `a(x)` on the
//! claim holds by induction. Where a was never taken in σ (its node stopped, or what was in flight stayed there for ever) the messages that it sends are in
//! flight in addition, and may stay there: where that could make a difference, for deadlock or timeouts that wait for quiet,
//! 1 asks for an a that sends nothing wherever the node can stop.
//!
//! *Nothing is put off for ever.* A cycle of steps all of which were taken alone leads every node back to where it was, and so stays within
//! one component of each local graph. So by 2 each step of it takes a message and sends none: then less is in flight at
//! the end than at the beginning, and it is no cycle.
//!
//! *Dead messages* that the search drops are on their way in the system. Their deliveries are local steps of the graph too, though the search
//! does without them: at the state at which one is dropped it changes nothing, but before a step that was taken alone it
//! might have.
//!
//! Deadlock: a run to a state without steps has every delivery in it that was possible on the way, so the run of the search ends in the same
//! state. Timeouts that wait for quiet are never possible before a step that its node is busy with, so 1 need not speak of them.
//!
//! This is the singleton case of persistent sets (Godefroid 1996, chapter 4) and of ample sets (Clarke, Grumberg, Peled 1999, chapter
//! 10), with the cycle condition decided beforehand from local graphs. Liveness and AG EF are left out: fairness tells steps
//! apart by when they are possible, and a message that was delivered cannot be lost any more. So are invariants, bounds and goals
//! over the states of nodes, which see every step.
//!
//! With symmetry, which of several steps comes first must not depend on names: then all steps that may be taken alone are taken, and no
//! others.
//!
//! Counterexamples are runs of the system, but not always the shortest ones: a step that is not needed may come first.
//!
//! # How a closed search is found
//! As for dead messages: by search after search, each with what the one before has taught. What is not known yet is guessed: at first
//! that a step may be taken alone if it is unseen where it is met, later what is true of the same step at most other states. The last
//! search is one in which no guess that a step may be taken alone was wrong.
//!
//! Between two searches one looks ahead (`order/ahead.rs`), again and again, until no step is added to the graph any more. There may be no end to
//! it: the graph knows nothing of how often a message was sent. Then some of what goes on is not taken alone. What it is depends on what
//! the search took, up to names, and on nothing else: so the next search does the same whichever names representatives have, and
//! however many threads there were.

mod ahead;
pub(crate) mod behind;
mod ending;
mod last;

use std::sync::OnceLock;

use ahead::{Vertex, look_ahead};
pub(crate) use ending::ending;
use last::Last;
use rustc_hash::FxHashMap;
use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

use crate::{
    checkpoint::SavedOrder,
    components::{Components, What},
    dead::has_fates,
    environment::Timers,
    local_graph::LocalGraph,
    node::{Happening, Status},
    steps::Step,
    store::{pair, unpair},
    sync::RwLock,
    system::System,
};

/// Why steps cannot be taken alone in this system, if so.
pub(crate) fn unsuited<A: Actor, M>(system: &System<A, M>) -> Option<&'static str> {
    match () {
        () if !system.liveness.is_empty() => Some("what is fair depends on which steps are possible when"),
        () if !system.possible.is_empty() => {
            Some("what stays possible depends on what was not delivered yet")
        }
        () if !system.invariants.is_empty() => Some("invariants see every step"),
        () if !system.bounds.is_empty() => Some("bounds see every step"),
        () if system.translation.is_some() => Some("epochs are shifted"),
        () if has_fates(system) => Some("each message can be lost or duplicated instead"),
        () if system.environment.links.copies.is_some() && quiet_matters(system) => {
            Some("a message that is delivered makes room for a copy")
        }
        () => None,
    }
}

/// Whether it makes a difference that a message is on its way, though it need never arrive.
fn quiet_matters<A: Actor, M>(system: &System<A, M>) -> bool {
    system.deadlock_free || is_synchronous(system)
}

fn is_synchronous<A: Actor, M>(system: &System<A, M>) -> bool {
    system.environment.timers == Timers::Synchronous
}

/// What is known of steps that may be taken alone.
#[derive(Default)]
pub(crate) struct Order {
    /// By node state and label: whether the step may be taken alone, if that was computed.
    known: FxHashMap<u64, bool>,
    /// By label: at how many more of these states it may than it may not.
    balance: FxHashMap<u32, i32>,
    /// How many events had been taken then.
    taken: u64,
    /// What the search did: whether it took a step alone, where that was possible.
    decided: RwLock<FxHashMap<u64, bool>>,
    /// Whether the search is closed, and what it decided stands.
    confirmed: OnceLock<()>,
    /// What is known of deliveries that come last.
    last: Last,
}

impl Order {
    /// With these answers, computed when so many events had been taken.
    fn new(known: FxHashMap<u64, bool>, taken: u64) -> Self {
        let mut balance: FxHashMap<u32, i32> = FxHashMap::default();
        for (&key, &is_alone) in &known {
            *balance.entry(unpair(key).1).or_default() += if is_alone { 1 } else { -1 };
        }
        Order { known, balance, taken, ..Order::default() }
    }

    /// What is written of it.
    pub(crate) fn saved(&self, refusing: &[u64]) -> SavedOrder {
        let sorted = |answers: &FxHashMap<u64, bool>| {
            let mut sorted: Vec<_> = answers.iter().map(|(&key, &is_alone)| (key, is_alone)).collect();
            sorted.sort_unstable();
            sorted
        };
        let decided = sorted(&self.decided.read());
        let (refused, times) = self.last.saved();
        let refusing = refusing.to_vec();
        SavedOrder { known: sorted(&self.known), taken: self.taken, decided, refused, times, refusing }
    }

    /// Why no delivery comes last any more, if that was found just now.
    pub(crate) fn gives_up_last(&self) -> Option<String> {
        self.last.gives_up()
    }

    /// The deliveries that do not come last in the next search: states of their node, and labels.
    pub(crate) fn refusing(&self) -> Vec<u64> {
        self.last.refusing_events()
    }

    /// The same, of so many states of nodes and labels; `None` if it contradicts itself.
    pub(crate) fn restored(saved: &SavedOrder, nodes: u32, labels: u32) -> Option<Self> {
        let is_sound = |key: u64| {
            let (node, label) = unpair(key);
            node < nodes && label < labels
        };
        let keys = saved.known.iter().chain(&saved.decided).map(|&(key, _)| key);
        let are_sound = keys.chain(saved.refusing.iter().copied()).all(is_sound)
            && saved.refused.iter().all(|&label| label < labels);
        are_sound.then(|| Order {
            decided: RwLock::new(saved.decided.iter().copied().collect()),
            last: Last::restored(&saved.refused, saved.times, &saved.refusing),
            ..Order::new(saved.known.iter().copied().collect(), saved.taken)
        })
    }
}

impl<A, M> Components<'_, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// Whether it is enough to take this step at this state of its node.
    pub(crate) fn is_alone(&self, node: u32, label: u32) -> bool {
        let Some(order) = &self.order else { return false };
        let key = pair(node, label);
        let decided = order.decided.read().get(&key).copied();
        if decided.is_some() || order.confirmed.get().is_some() {
            return decided.unwrap_or(false);
        }
        let guess = || order.balance.get(&label).is_none_or(|&balance| balance > 0);
        let known = order.known.get(&key).copied();
        if known.is_none() && !self.seems_alone(node, label) {
            return false; // and never will be
        }
        let is_alone = known.unwrap_or_else(guess);
        order.decided.write().insert(key, is_alone);
        is_alone
    }

    fn seems_alone(&self, node: u32, label: u32) -> bool {
        let unseen = self.unseen(node, label);
        unseen.is_some_and(|unseen| unseen.node != node || self.shrinks_inbox(label, &unseen))
    }

    /// Whether a step takes a message from the inbox and sends none.
    fn shrinks_inbox(&self, label: u32, step: &Step) -> bool {
        let receives = matches!(self.labels.get(label).what, What::Happens(Happening::Receive(..)));
        receives && step.sends == 0 && !self.stays()
    }

    /// Whether what happens can happen at this state of the node; a message is taken to be there.
    fn is_possible(&self, node: u32, label: u32) -> bool {
        let What::Happens(what) = &self.labels.get(label).what else { return false };
        let status = self.nodes.status(node);
        let is_up = status == Status::Up;
        match what {
            Happening::Start => false, // it happened
            Happening::Restart => status == Status::Down,
            Happening::Own => is_up && self.nodes.is_busy(node).0,
            Happening::Flush => is_up && self.nodes.is_busy(node).1,
            Happening::Timeout(timer) => is_up && self.nodes.is_armed(node, timer),
            Happening::Request(_) | Happening::Receive(..) | Happening::Crash | Happening::Stop => is_up,
        }
    }

    /// Whether the search that was just made took no local step that was not taken before, and guessed nothing.
    pub(crate) fn is_in_order(&self) -> bool {
        self.order.as_ref().is_none_or(|order| {
            let knows_dropped = || {
                let dropped = self.dropped();
                let steps = self.steps.read();
                let is_taken = |(node, label)| steps.get(node, label).is_some_and(|event| event.is_taken);
                dropped.iter().all(|&event| is_taken(unpair(event)))
            };
            self.steps.read().taken() == order.taken && self.confirms_order(order) && knows_dropped()
        })
    }

    /// The deliveries of dead messages that the search did without: node states and labels.
    fn dropped(&self) -> Vec<u64> {
        let dropped = self.dead.iter().flat_map(|dead| dead.dropped());
        let events = dropped.map(|(node, envelope)| (node, self.arrival(envelope)));
        let possible = events.filter(|&(node, label)| self.is_possible(node, label));
        possible.map(|(node, label)| pair(node, label)).collect()
    }

    /// Whether by what was learned since all that the search took alone may be.
    pub(crate) fn confirms_order(&self, learned: &Order) -> bool {
        let stands = |(key, is_alone): (&u64, &bool)| !is_alone || learned.known.get(key) == Some(&true);
        self.order.as_ref().is_none_or(|order| order.last.stands() && order.decided.read().iter().all(stands))
    }

    /// From now on goes by what the search did.
    pub(crate) fn confirm_order(&self) {
        if let Some(order) = &self.order {
            _ = order.confirmed.set(()); // it is the first
        }
    }

    /// Computes what may be taken alone, with the local steps that were taken by now.
    ///
    /// # Errors
    /// There is too much to compute.
    pub(crate) fn learn_order(&self) -> Result<Option<Order>, String> {
        let Some(order) = &self.order else { return Ok(None) };
        let refused = |key: &u64| order.known.get(key) == Some(&false);
        let mut seeds: Vec<u64> = order.decided.read().keys().copied().filter(|key| !refused(key)).collect();
        seeds.extend(seeds.clone().into_iter().flat_map(|seed| self.renamed_events(seed)));
        let vertices = look_ahead(self, &seeds)?;
        let mut edges = self.steps.read().edges();
        edges.extend(self.close_under_renaming(&edges));
        let mut component = vec![0; self.nodes.len()];
        let mut number = 0;
        LocalGraph::new(component.len(), edges).components(|members| {
            members.iter().for_each(|&member| component[member as usize] = number);
            number += 1;
        });
        let leads_on = |vertex: &Vertex| {
            self.unseen(vertex.node, vertex.label).is_some_and(|unseen| {
                component[vertex.node as usize] != component[unseen.node as usize]
                    || self.shrinks_inbox(vertex.label, &unseen)
            })
        };
        let computed = vertices
            .iter()
            .map(|vertex| (pair(vertex.node, vertex.label), !vertex.fails && leads_on(vertex)));
        // With more steps, what could not be taken alone never can.
        let refused = order.known.iter().map(|(&key, _)| (key, false)).filter(|(key, _)| refused(key));
        let known = computed.chain(refused).collect();
        let last = self.learn_last(&order.last);
        Ok(Some(Order { last, ..Order::new(known, self.steps.read().taken()) }))
    }

    /// For each state of a node the events that were taken there, under all names.
    fn events_by_node(&self) -> Vec<Vec<u32>> {
        for event in self.dropped() {
            let (node, label) = unpair(event);
            self.step(node, label);
        }
        let known: Vec<u64> = {
            let steps = self.steps.read();
            let taken = steps.events().filter(|event| event.is_taken);
            taken.map(|event| pair(event.node, event.label)).collect()
        };
        let mut all = known.clone();
        for renamed in known.into_iter().flat_map(|event| self.renamed_events(event)) {
            let (node, label) = unpair(renamed);
            if self.is_possible(node, label) {
                self.step(node, label);
                all.push(renamed);
            }
        }
        let mut events = vec![Vec::new(); self.nodes.len()];
        for event in all {
            let (node, label) = unpair(event);
            events[node as usize].push(label);
        }
        for events in &mut events {
            events.sort_unstable();
            events.dedup();
        }
        events
    }
}
