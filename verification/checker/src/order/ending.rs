//! The end of a counterexample whose violation is seen behind a state only: deliveries that come last.
//!
//! The order in which nodes are looked at, and of deliveries at a node, is that of their labels by value: so the end is the same whatever
//! thread numbered what.

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};
use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

use super::behind::Parted;
use crate::{
    components::{Components, NAMELESS, Watch, What},
    invariants,
    node::Happening,
    paths::Edge,
    search::Search,
};

/// A node in the middle of that: its state, the labels that are left, and those of all else.
type At = (u32, u32, u32);

/// Something that a node can show: what is seen, the deliveries up to that, and the node then.
#[derive(Clone)]
struct Shown {
    seen: u32,
    labels: Vec<u32>,
    then: At,
}

/// Deliveries that lead from a state, behind which this property is violated, to where it is. None if it is violated there already, or
/// is no property of the monitor.
pub(crate) fn ending<A, M>(search: &mut Search<'_, '_, A, M>, state: u32, property: &str) -> Vec<Edge>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let components = search.components;
    let is_it = |world: u32| match &components.worlds.get(world).watch {
        Watch::Violated(violation) => violation.property == property,
        Watch::Fine(_) => false,
    };
    let is_here = invariants::violations(components, &search.store.tables(), state)
        .any(|violation| violation.property == property);
    if components.order.is_none() || is_here {
        return Vec::new();
    }
    let parts = search.store.tables().parts(state);
    let (nodes, world) = (parts.len() - 1, parts[parts.len() - 1]);
    let first: Vec<At> = (0..nodes)
        .map(|at| {
            let node = search.store.tables().node(at, parts[at]);
            let behind = &mut search.workers[0].behind;
            let Parted { node, last, rest } = behind.part(components, node);
            (node, behind.sequences.insert(&last).0, behind.sequences.insert(&rest).0)
        })
        .collect();
    // Breadth first, over worlds and what nodes can still show.
    let first = (world, first);
    let mut known: FxHashSet<(u32, Vec<At>)> = FxHashSet::from_iter([first.clone()]);
    let mut queue = VecDeque::from([(first, Vec::new())]);
    let mut shown: FxHashMap<At, Vec<Shown>> = FxHashMap::default();
    while let Some(((world, all), labels)) = queue.pop_front() {
        for node in 0..nodes {
            let at = all[node];
            let shown = shown.entry(at).or_insert_with(|| search.can_show(at));
            for Shown { seen, labels: more, then } in shown.clone() {
                let (world, violated) = components.after(world, seen).expect("it costs nothing");
                let labels: Vec<u32> = labels.iter().chain(&more).copied().collect();
                if is_it(world) {
                    return search.delivered(state, &labels);
                }
                let mut next = (world, all.clone());
                next.1[node] = then;
                if !violated && known.insert(next.clone()) {
                    queue.push_back((next, labels));
                }
            }
        }
    }
    Vec::new()
}

impl<A, M> Search<'_, '_, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// What a node can show next: each thing, and what can be shown then, in the shortest way, and of these in the first.
    fn can_show(&mut self, at: At) -> Vec<Shown> {
        let (components, behind) = (self.components, &mut self.workers[0].behind);
        let mut known = FxHashSet::from_iter([at]);
        let (mut queue, mut shown) = (VecDeque::from([(at, Vec::new())]), Vec::new());
        let mut are_shown: FxHashSet<(u32, u32)> = FxHashSet::default();
        while let Some(((node, last, rest), labels)) = queue.pop_front() {
            let all: Vec<u32> = behind.sequences.get(last).to_vec();
            let mut in_order: Vec<usize> = (0..all.len()).collect();
            in_order.sort_by_cached_key(|&at| components.labels.get(all[at]).clone());
            for at in in_order {
                let Some(step) = components.told(node, all[at]) else { continue };
                let fewer = behind.sequences.insert(&[&all[..at], &all[at + 1..]].concat()).0;
                let then = (step.node, fewer, rest);
                let labels: Vec<u32> = labels.iter().copied().chain([all[at]]).collect();
                if step.delta == 0 {
                    if known.insert(then) {
                        queue.push_back((then, labels));
                    }
                } else if are_shown.insert((step.delta, behind.shows(components, step.node, fewer, rest))) {
                    shown.push(Shown { seen: step.delta, labels, then });
                }
            }
        }
        shown
    }

    /// The steps from a state that are these deliveries.
    fn delivered(&mut self, state: u32, labels: &[u32]) -> Vec<Edge> {
        let (components, mut from) = (self.components, state);
        let mut edges = Vec::new();
        for &label in labels {
            let mut parts = self.store.tables().parts(from);
            let receiver = components.labels.get(label).node.index();
            let (node, inbox) = self.store.tables().node(receiver, parts[receiver]);
            let step = components.told(node, label).expect("it comes last");
            let without = components.without(inbox, label);
            let number = loop {
                let numbered = self.store.tables().number_node(receiver, step.node, without);
                match numbered {
                    Ok(number) => break number,
                    Err(_) => self.store.grow(),
                }
            };
            parts[receiver] = number;
            let world = parts.len() - 1;
            (parts[world], _) = components.after(parts[world], step.delta).expect("it costs nothing");
            let to = self.keep(&parts);
            edges.push(Edge { from, to, label, outcome: 0, lowered: 0, fair: true, delta: step.delta });
            from = to;
        }
        edges
    }
}

impl<A, M> Components<'_, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// An inbox without the message that arrives by this label.
    fn without(&self, inbox: u32, label: u32) -> u32 {
        let (label, inbox) = (self.labels.get(label), self.inboxes.get(inbox));
        let What::Happens(Happening::Receive(from, msg)) = &label.what else {
            unreachable!("only deliveries come last")
        };
        let is_it = |&item: &u32| {
            let envelope = self.envelopes.get(item);
            (envelope.from, &envelope.msg) == (*from, msg)
        };
        let messages = &inbox[..inbox.partition_point(|&item| item < NAMELESS)];
        let at = messages.iter().position(is_it).expect("the message is there");
        self.inboxes.intern(&[&inbox[..at], &inbox[at + 1..]].concat())
    }
}
