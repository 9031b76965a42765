//! Partial order: a step that can as well come first comes first, and alone.
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
//! 2 from a local graph that has every local step which the search took.
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

use std::sync::OnceLock;

use rustc_hash::FxHashMap;
use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

use crate::{
    checkpoint::SavedOrder,
    components::{Components, Label, What},
    dead::has_fates,
    environment::{Order as InOrder, Timers},
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

/// So many pairs of a node's state and a step are looked at, at most.
const PAIRS: usize = 1 << 22;
/// So many times one looks ahead, at most, each time from the local steps that were taken to look at them the time before.
const TIMES: usize = 4;
/// At most so many local steps are only looked at for each one that a search has taken, and some.
const AHEAD: u64 = 4;
const SOME: u64 = 1_000;

/// What is known of steps that may be taken alone.
#[derive(Default)]
pub(crate) struct Order {
    /// By node state and label: whether the step may be taken alone, if that was computed.
    known: FxHashMap<u64, bool>,
    /// By label: at how many more of these states it may than it may not.
    balance: FxHashMap<u32, i32>,
    /// How many local steps were known then, and how many of them were only looked at.
    steps: u64,
    ahead: u64,
    /// What the search did: whether it took a step alone, where that was possible.
    decided: RwLock<FxHashMap<u64, bool>>,
    /// Whether the search is closed, and what it decided stands.
    confirmed: OnceLock<()>,
}

/// What comes of a step that has one outcome and is not seen.
#[derive(Clone, Copy)]
struct Unseen {
    after: u32,
    step: Step,
}

/// A step that may be taken alone, as far as one has looked.
struct Vertex {
    node: u32,
    label: u32,
    /// Those that lead to it.
    before: Vec<u32>,
    fails: bool,
    /// Whether a local step had to be taken that was not known.
    is_new: bool,
}

impl Order {
    /// With these answers, computed from so many local steps, of which so many were only looked at.
    fn new(known: FxHashMap<u64, bool>, (steps, ahead): (u64, u64)) -> Self {
        let mut balance: FxHashMap<u32, i32> = FxHashMap::default();
        for (&key, &is_alone) in &known {
            *balance.entry(unpair(key).1).or_default() += if is_alone { 1 } else { -1 };
        }
        Order { known, balance, steps, ahead, ..Order::default() }
    }

    /// What is written of it.
    pub(crate) fn saved(&self) -> SavedOrder {
        let sorted = |answers: &FxHashMap<u64, bool>| {
            let mut sorted: Vec<_> = answers.iter().map(|(&key, &is_alone)| (key, is_alone)).collect();
            sorted.sort_unstable();
            sorted
        };
        let decided = sorted(&self.decided.read());
        SavedOrder { known: sorted(&self.known), steps: self.steps, ahead: self.ahead, decided }
    }

    /// The same, of so many states of nodes and labels; `None` if it contradicts itself.
    pub(crate) fn restored(saved: &SavedOrder, nodes: u32, labels: u32) -> Option<Self> {
        let is_sound = |key: u64| {
            let (node, label) = unpair(key);
            node < nodes && label < labels
        };
        saved.known.iter().chain(&saved.decided).all(|&(key, _)| is_sound(key)).then(|| Order {
            decided: RwLock::new(saved.decided.iter().copied().collect()),
            ..Order::new(saved.known.iter().copied().collect(), (saved.steps, saved.ahead))
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
        unseen.is_some_and(|unseen| unseen.after != node || self.shrinks_inbox(label, &unseen.step))
    }

    /// Whether a step takes a message from the inbox and sends none.
    fn shrinks_inbox(&self, label: u32, step: &Step) -> bool {
        let receives = matches!(self.labels.get(label).what, What::Happens(Happening::Receive(..)));
        receives && step.sends == 0 && !self.stays()
    }

    /// What comes of a step, if it is possible, has one outcome, and is not seen.
    fn unseen(&self, node: u32, label: u32) -> Option<Unseen> {
        if !self.is_possible(node, label) {
            return None;
        }
        let outcomes = self.step(node, label);
        let is_one = outcomes.len() == 1;
        let step = self.steps.read().steps[outcomes.start];
        (is_one && step.delta == 0 && !step.faults).then_some(Unseen { after: step.node, step })
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

    /// Whether two steps do the same to the rest of the system.
    fn are_alike(&self, one: &Step, other: &Step) -> bool {
        let steps = self.steps.read();
        let sends = |step: &Step| &steps.sends[step.first_send as usize..][..usize::from(step.sends)];
        (one.delta, one.marks, one.faults) == (other.delta, other.marks, other.faults)
            && sends(one) == sends(other)
    }

    /// The outcomes of an event at two states, in pairs, if they are alike.
    fn in_pairs(&self, (here, there): (u32, u32), label: u32) -> Option<Vec<(Step, Step)>> {
        let (here, there) = (self.step(here, label), self.step(there, label));
        let pairs: Vec<(Step, Step)> = {
            let steps = self.steps.read();
            (here.len() == there.len()).then(|| {
                steps.steps[here].iter().copied().zip(steps.steps[there].iter().copied()).collect()
            })?
        };
        pairs.iter().all(|(here, there)| self.are_alike(here, there)).then_some(pairs)
    }

    /// Whether the search that was just made took no local step that was unknown before, and guessed nothing.
    pub(crate) fn is_in_order(&self) -> bool {
        self.order.as_ref().is_none_or(|order| {
            let knows_dropped = || {
                let dropped = self.dropped();
                let steps = self.steps.read();
                dropped.iter().all(|&event| steps.get(unpair(event).0, unpair(event).1).is_some())
            };
            self.handler_calls() == order.steps && self.confirms_order(order) && knows_dropped()
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
        self.order.as_ref().is_none_or(|order| order.decided.read().iter().all(stands))
    }

    /// From now on goes by what the search did.
    pub(crate) fn confirm_order(&self) {
        if let Some(order) = &self.order {
            _ = order.confirmed.set(()); // it is the first
        }
    }

    /// Computes what may be taken alone, with the local steps that were seen by now.
    ///
    /// # Errors
    /// There is too much to compute.
    pub(crate) fn learn_order(&self) -> Result<Option<Order>, String> {
        let Some(order) = &self.order else { return Ok(None) };
        let refused = |key: &u64| order.known.get(key) == Some(&false);
        let mut seeds: Vec<u64> = order.decided.read().keys().copied().filter(|key| !refused(key)).collect();
        seeds.extend(seeds.clone().into_iter().flat_map(|seed| self.renamed_events(seed)));
        let begin = self.handler_calls();
        let limit = begin + (AHEAD * (begin - order.ahead) + SOME).saturating_sub(order.ahead);
        let mut vertices = self.look_ahead(&seeds, limit)?;
        // What was looked at may be new, and then there is more to look at. Where there is no end to it, that is a failure, too.
        for _ in 1..TIMES {
            if !vertices.iter().any(|vertex| vertex.is_new) {
                break;
            }
            vertices = self.look_ahead(&seeds, limit)?;
        }
        vertices.iter_mut().for_each(|vertex| vertex.fails |= vertex.is_new);
        spread(&mut vertices);
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
                component[vertex.node as usize] != component[unseen.after as usize]
                    || self.shrinks_inbox(vertex.label, &unseen.step)
            })
        };
        let computed = vertices
            .iter()
            .map(|vertex| (pair(vertex.node, vertex.label), !vertex.fails && leads_on(vertex)));
        // With more steps, what could not be taken alone never can.
        let refused = order.known.iter().map(|(&key, _)| (key, false)).filter(|(key, _)| refused(key));
        let known = computed.chain(refused).collect();
        let steps = self.handler_calls();
        Ok(Some(Order::new(known, (steps, order.ahead + steps - begin))))
    }

    /// For each state of a node the events that are known to have happened there, under all names.
    fn events_by_node(&self) -> Vec<Vec<u32>> {
        for event in self.dropped() {
            let (node, label) = unpair(event);
            self.step(node, label);
        }
        let known: Vec<u64> = {
            let steps = self.steps.read();
            steps.events().map(|(node, label, _)| pair(node, label)).collect()
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

    /// All that one comes to from these steps by other events.
    fn look_ahead(&self, seeds: &[u64], limit: u64) -> Result<Vec<Vertex>, String> {
        let events = self.events_by_node();
        let mut places: FxHashMap<u64, u32> = FxHashMap::default();
        let mut vertices: Vec<Vertex> = Vec::new();
        let mut add = |key: u64, vertices: &mut Vec<Vertex>| {
            *places.entry(key).or_insert_with(|| {
                let (node, label) = unpair(key);
                vertices.push(Vertex { node, label, before: Vec::new(), fails: false, is_new: false });
                vertices.len() as u32 - 1
            })
        };
        for &seed in seeds {
            add(seed, &mut vertices);
        }
        let mut at = 0;
        while at < vertices.len() {
            if vertices.len() > PAIRS || self.handler_calls() > limit {
                return Err("steps were not put in order: looking ahead leads too far".into());
            }
            let (node, label) = (vertices[at].node, vertices[at].label);
            let steps = self.handler_calls();
            let after = self.after_others(node, label, &events);
            vertices[at].is_new = self.handler_calls() > steps;
            match after {
                None => vertices[at].fails = true,
                Some(after) => {
                    for node in after {
                        let next = add(pair(node, label), &mut vertices);
                        vertices[next as usize].before.push(at as u32);
                    }
                }
            }
            at += 1;
        }
        Ok(vertices)
    }

    /// Where the node can come to by one other event, if this step goes with all of them.
    fn after_others(&self, node: u32, label: u32, events: &[Vec<u32>]) -> Option<Vec<u32>> {
        let first = self.unseen(node, label)?;
        let this = self.labels.get(label);
        let known = |node: u32| events.get(node as usize).map_or(&[][..], |events| &events[..]);
        let others = known(node).iter().chain(known(first.after).iter().filter(|e| !known(node).contains(e)));
        let mut after = Vec::new();
        for &other in others {
            let event = self.labels.get(other);
            let What::Happens(what) = &event.what else { continue };
            let cannot_come_before = match (what, &this.what) {
                _ if other == label => true,
                (Happening::Timeout(_), _) => is_synchronous(self.system),
                (Happening::Receive(from, _), What::Happens(Happening::Receive(sender, _))) => {
                    self.system.environment.links.order == InOrder::Fifo && from == sender
                }
                _ => false,
            };
            if cannot_come_before || !self.is_possible(node, other) {
                continue;
            }
            if !self.is_possible(first.after, other) {
                return None;
            }
            for (here, there) in self.in_pairs((node, first.after), other)? {
                if here.faults {
                    continue;
                }
                match what {
                    Happening::Stop => self.may_be_lost(&first.step).then_some(())?,
                    Happening::Crash => {
                        self.goes_with_a_crash((here.node, there.node), label, &first.step, &mut after)?;
                    }
                    _ => {
                        self.comes_to((here.node, there.node), label, &first.step)?;
                        after.push(here.node);
                    }
                }
            }
        }
        after.sort_unstable();
        after.dedup();
        Some(after)
    }

    /// Whether a step leads from one state to the other, and is otherwise what it was before.
    fn comes_to(&self, (here, there): (u32, u32), label: u32, before: &Step) -> Option<()> {
        let unseen = self.unseen(here, label)?;
        (unseen.after == there && self.are_alike(&unseen.step, before)).then_some(())
    }

    /// Whether a step may never come, and its messages be there all the same.
    fn may_be_lost(&self, step: &Step) -> bool {
        step.sends == 0 || !quiet_matters(self.system)
    }

    /// The same after a crash, which leads to `here` without the step and to `there` behind it.
    fn goes_with_a_crash(
        &self,
        (here, there): (u32, u32),
        label: u32,
        step: &Step,
        after: &mut Vec<u32>,
    ) -> Option<()> {
        let this = self.labels.get(label);
        if !matches!(this.what, What::Happens(Happening::Receive(..))) {
            // What the node had still to do is gone.
            return (here == there && self.may_be_lost(step)).then_some(());
        }
        // While it is down nobody waits for what is on its way to it.
        if is_synchronous(self.system) && step.sends > 0 {
            return None;
        }
        let restart = self.labels.intern(Label { node: this.node, what: What::Happens(Happening::Restart) });
        for (here, there) in self.in_pairs((here, there), restart)? {
            if !here.faults {
                self.comes_to((here.node, there.node), label, step)?;
                after.push(here.node);
            }
        }
        Some(())
    }
}

/// What leads to a failure fails.
fn spread(vertices: &mut [Vertex]) {
    let mut failed: Vec<u32> = (0..vertices.len() as u32).filter(|&at| vertices[at as usize].fails).collect();
    while let Some(at) = failed.pop() {
        for before in std::mem::take(&mut vertices[at as usize].before) {
            let before_it = &mut vertices[before as usize];
            if !before_it.fails {
                before_it.fails = true;
                failed.push(before);
            }
        }
    }
}
