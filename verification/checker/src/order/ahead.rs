//! Looking ahead: whether a step goes with all that can still happen at its node before it.
//!
//! What can happen are events that were taken. Others are only looked at here, to see what would come of them: of that nothing else
//! follows. So the answers depend on what was taken, and neither on names nor on which thread was faster. Where a step goes with
//! all others, these are taken before it, too: then one has to look again.

use rustc_hash::{FxHashMap, FxHashSet};
use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

use super::{is_synchronous, quiet_matters};
use crate::{
    components::{Components, Label, What},
    environment::Order as InOrder,
    node::Happening,
    steps::Step,
    store::{pair, unpair},
};

/// So many pairs of a node's state and a step are looked at, at most, for each event that was taken; and some.
const PAIRS: usize = 4;
const SOME: usize = 1 << 14;
/// After so many looks, each of which has shown something more, half of what shows it is given up.
const TIMES: usize = 8;
/// So often, at most. Then all of it is.
const HALVES: usize = 4;
/// One looks so far: from one state to the next, past at most so many at which nothing was taken.
const FAR: usize = 16;

/// A step that may be taken alone, as far as one has looked.
pub(super) struct Vertex {
    pub(super) node: u32,
    pub(super) label: u32,
    /// Those that lead to it.
    before: Vec<u32>,
    /// What was not taken, and can happen up to this step, itself included: states of the node and labels.
    untaken: Vec<(u32, u32)>,
    pub(super) fails: bool,
    /// Otherwise it is too far away.
    is_looked_at: bool,
}

/// What can happen before a step.
#[derive(Default)]
struct Before {
    /// Where the node comes to by it.
    after: Vec<u32>,
    /// See [`Vertex::untaken`].
    untaken: Vec<(u32, u32)>,
}

/// All that one comes to from these steps by other events. Those steps fail that do not go with all of them, or from which it goes
/// on too far. What can happen before the others was taken when this returns.
///
/// # Errors
/// There is too much to look at.
pub(super) fn look_ahead<A, M>(
    components: &Components<'_, A, M>,
    seeds: &[u64],
) -> Result<Vec<Vertex>, String>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let mut given_up = FxHashSet::default();
    let mut times = 0;
    loop {
        times += 1;
        let mut vertices = look_once(components, (seeds, &given_up), &components.events_by_node())?;
        let leads_on = |vertex: &Vertex| !vertex.fails && !vertex.untaken.is_empty();
        let growing: Vec<&Vertex> = vertices.iter().filter(|vertex| leads_on(vertex)).collect();
        if growing.is_empty() {
            return Ok(vertices);
        }
        if times == TIMES * HALVES {
            vertices.iter_mut().for_each(|vertex| vertex.fails |= leads_on(vertex));
            spread(&mut vertices);
            return Ok(vertices);
        }
        if times % TIMES == 0 {
            given_up.extend(half(components, &growing));
        } else {
            let untaken = growing.iter().flat_map(|vertex| &vertex.untaken);
            untaken.for_each(|&(node, label)| _ = components.step(node, label));
        }
    }
}

/// Where there seems to be no end to it, one may be in the way of another: half of these, by their labels, with all that they are
/// under other names.
fn half<A, M>(components: &Components<'_, A, M>, growing: &[&Vertex]) -> Vec<u64>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let mut labels: Vec<u32> = growing.iter().map(|vertex| vertex.label).collect();
    labels.sort_unstable();
    labels.dedup();
    labels.sort_by_cached_key(|&label| components.labels.get(label).clone());
    let first = &labels[..labels.len().div_ceil(2)];
    let keys = growing.iter().filter(|vertex| first.contains(&vertex.label));
    let keys = keys.map(|vertex| pair(vertex.node, vertex.label));
    keys.flat_map(|key| components.renamed_events(key).into_iter().chain([key])).collect()
}

/// The same, with these events, and nothing is taken. Some steps fail whatever they lead to.
fn look_once<A, M>(
    components: &Components<'_, A, M>,
    (seeds, given_up): (&[u64], &FxHashSet<u64>),
    events: &[Vec<u32>],
) -> Result<Vec<Vertex>, String>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let mut places: FxHashMap<u64, u32> = FxHashMap::default();
    let mut vertices: Vec<Vertex> = Vec::new();
    let mut find = |key: u64, vertices: &mut Vec<Vertex>| {
        *places.entry(key).or_insert_with(|| {
            let (node, label) = unpair(key);
            vertices.push(Vertex {
                node,
                label,
                before: Vec::new(),
                untaken: Vec::new(),
                fails: false,
                is_looked_at: false,
            });
            vertices.len() as u32 - 1
        })
    };
    // At a state at which nothing was taken there may be no end: it can grow while the one behind the step stays what it is.
    let is_new = |node: u32| events.get(node as usize).is_none_or(Vec::is_empty);
    let limit = SOME + PAIRS * components.steps.read().taken() as usize;
    let mut queue: Vec<u32> = seeds.iter().map(|&seed| find(seed, &mut vertices)).collect();
    for _ in 0..=FAR {
        let mut further = Vec::new();
        while let Some(at) = queue.pop() {
            let vertex = &mut vertices[at as usize];
            if std::mem::replace(&mut vertex.is_looked_at, true) {
                continue;
            }
            let (node, label) = (vertex.node, vertex.label);
            let goes_on = !given_up.contains(&pair(node, label));
            match goes_on.then(|| components.before(node, label, events)).flatten() {
                None => vertices[at as usize].fails = true,
                Some(before) => {
                    vertices[at as usize].untaken = before.untaken;
                    for node in before.after {
                        let next = find(pair(node, label), &mut vertices);
                        vertices[next as usize].before.push(at);
                        let queue = if is_new(node) { &mut further } else { &mut queue };
                        queue.push(next);
                    }
                }
            }
            if vertices.len() > limit {
                return Err("steps were not put in order: looking ahead leads too far".into());
            }
        }
        queue = further;
    }
    vertices.iter_mut().for_each(|vertex| vertex.fails |= !vertex.is_looked_at);
    spread(&mut vertices);
    Ok(vertices)
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

impl<A, M> Components<'_, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// What can happen once before this step, if the step goes with all of it.
    fn before(&self, node: u32, label: u32, events: &[Vec<u32>]) -> Option<Before> {
        let first = self.unseen(node, label)?;
        let this = self.labels.get(label);
        let known = |node: u32| events.get(node as usize).map_or(&[][..], |events| &events[..]);
        let others = known(node).iter().chain(known(first.node).iter().filter(|e| !known(node).contains(e)));
        let mut before = Before::default();
        self.needs((node, label), &mut before);
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
            if !self.is_possible(first.node, other) {
                return None;
            }
            self.needs((node, other), &mut before);
            for (here, there) in self.in_pairs((node, first.node), other)? {
                if here.faults {
                    continue;
                }
                match what {
                    Happening::Stop => self.may_be_lost(&first).then_some(())?,
                    Happening::Crash => {
                        self.goes_with_a_crash((here.node, there.node), label, &first, &mut before)?;
                    }
                    _ => {
                        self.comes_to((here.node, there.node), label, &first)?;
                        before.after.push(here.node);
                    }
                }
            }
        }
        before.after.sort_unstable();
        before.after.dedup();
        Some(before)
    }

    /// Takes note of an event that can happen before the step, if it was not taken.
    fn needs(&self, (node, label): (u32, u32), before: &mut Before) {
        let known = self.steps.read().get(node, label);
        if known.is_none_or(|event| !event.is_taken) {
            before.untaken.push((node, label));
        }
    }

    /// Whether a step leads from one state to the other, and is otherwise what it was before.
    fn comes_to(&self, (here, there): (u32, u32), label: u32, before: &Step) -> Option<()> {
        let unseen = self.unseen(here, label)?;
        (unseen.node == there && self.are_alike(&unseen, before)).then_some(())
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
        before: &mut Before,
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
        self.needs((here, restart), before);
        for (here, there) in self.in_pairs((here, there), restart)? {
            if !here.faults {
                self.comes_to((here.node, there.node), label, step)?;
                before.after.push(here.node);
            }
        }
        Some(())
    }

    /// What comes of a step, if it is possible, has one outcome, and is not seen.
    pub(super) fn unseen(&self, node: u32, label: u32) -> Option<Step> {
        if !self.is_possible(node, label) {
            return None;
        }
        let outcomes = self.look(node, label);
        let is_one = outcomes.len() == 1;
        let step = self.steps.read().steps[outcomes.start];
        (is_one && step.delta == 0 && !step.faults).then_some(step)
    }

    /// Whether two steps do the same to the rest of the system.
    pub(super) fn are_alike(&self, one: &Step, other: &Step) -> bool {
        let steps = self.steps.read();
        let sends = |step: &Step| &steps.sends[step.first_send as usize..][..usize::from(step.sends)];
        (one.delta, one.marks, one.faults) == (other.delta, other.marks, other.faults)
            && sends(one) == sends(other)
    }

    /// The outcomes of an event at two states, in pairs, if they are alike.
    pub(super) fn in_pairs(&self, (here, there): (u32, u32), label: u32) -> Option<Vec<(Step, Step)>> {
        let (here, there) = (self.look(here, label), self.look(there, label));
        let pairs: Vec<(Step, Step)> = {
            let steps = self.steps.read();
            (here.len() == there.len()).then(|| {
                steps.steps[here].iter().copied().zip(steps.steps[there].iter().copied()).collect()
            })?
        };
        pairs.iter().all(|(here, there)| self.are_alike(here, there)).then_some(pairs)
    }
}
