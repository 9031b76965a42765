//! Dead messages: those that can never again change their receiver, and so need not be kept.
//!
//! # What is dropped
//! The *local graph* has the states of single nodes as its vertices and every local step that the search has taken as its
//! edges: starts, requests, deliveries, timeouts, writes that become durable, crashes and restarts. A message is **noise** at a
//! node's state if its delivery there changes nothing, sends nothing, indicates nothing, whatever the handler chooses. It is
//! **dead** at a state s if it is noise at every state that the local graph reaches from s. Where a message is dead it is left
//! out of the inbox.
//!
//! # Why that is sound
//! Call a search *closed* if every local step it took is an edge of the local graph that its dead messages were computed from.
//! Say that a state F of the full system and a state R of a closed search are alike if nodes and world are the same, and R's
//! inboxes are F's without messages that are dead at their receiver. Then:
//!
//! * A step of R is one of F, perhaps after deliveries of dead messages that stand before it in a queue (FIFO links), or that
//!   keep the system from being quiet (synchronous timeouts). These deliveries can be made at any time a node is up, and lead to
//!   a state that is like R too, since they change nothing.
//! * A step of F other than the delivery of a dead message is a step of R, with the same effect on the node. That step is an edge
//!   of the local graph, so whatever was dead at the node before is dead after it: what is reached from there was reached before.
//!   What it sends is kept or left out by the receiver's state. So the two states afterwards are alike again.
//! * The delivery of a dead message in F leads to a state that is still like R. There are only finitely many in a row.
//!
//! Initial states are alike, so the two systems are bisimilar up to deliveries of dead messages, which no monitor, invariant or
//! goal can see. So the same properties hold: safety; AG EF; the absence of deadlock (from a state that is stuck but for dead
//! messages their deliveries lead to one that is stuck). Liveness under weak fairness: a fair run of R becomes one of F when
//! dead messages are delivered soon after they were sent; a fair run of F without these deliveries is one of R, for a step
//! that stays possible in R stays possible in F once the dead messages before it are gone, and is then taken. (A step that wants quiet
//! is no exception: where R is quiet, F can only deliver dead messages until it is quiet too.)
//!
//! Where the loss or duplication of a message is a step of its own, with a price or seen by a monitor, there is one more thing
//! to a dead message: it can be lost, or duplicated. Then it is not left out but made nameless ([`NAMELESS`]): all dead messages of
//! a sender are the same. That it is there, and its place in a queue, is all that such a step needs.
//!
//! A counterexample is told with the deliveries of dead messages that the full system needs, before what waits behind them in a queue
//! or for quiet. Only the other steps are counted when a shortest one is looked for: with FIFO links or synchronous timeouts
//! the full system may have one that is shorter in all.
//!
//! Marks are no part of that: a delivery that reaches a mark is not taken for noise, unless the mark was reached before by a run of
//! the full system. Every search is a part of the full one as long as what was dropped could as well be on its way for ever: not
//! where a queue has to go on behind it, or the system has to be quiet.
//!
//! # How a closed search is found
//! By search after search. The first knows no local graph: it drops what is noise where it arrives. That is too much, so it sees
//! too little, but it sees some local steps. From these the dead messages of the next search are computed, and so on until a search
//! takes no local step that is new; or, which is as good, until all that it dropped is dead in the graph with the new steps too, so
//! that the next search would only do the same again. Each search is a part of the full one as long as it can be, so there are few
//! states in all but the last. What each of them drops depends on what the one before took, and not on which thread was faster.

use std::{
    collections::BTreeSet,
    sync::{Arc, OnceLock},
};

use rustc_hash::FxHashMap;
use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

use crate::{
    checkpoint::SavedDead,
    components::{Components, Envelope},
    environment::{Limit, Order, Timers},
    local_graph::LocalGraph,
    node::Status,
    noise::{Answers, Noise, Probe},
    store::{pair, unpair},
    sync::RwLock,
    system::System,
};

/// Why dead messages cannot be left out of this system, if so.
pub(crate) fn unsuited<A: Actor, M>(system: &System<A, M>) -> Option<&'static str> {
    let links = system.environment.links;
    match () {
        () if system.translation.is_some() => Some("a shift of epochs would make other messages of them"),
        () if links.duplicates == Limit::Unbounded && system.environment.timers == Timers::Synchronous => {
            Some("each keeps arriving, and the system from being quiet")
        }
        () if links.duplicates == Limit::Unbounded && system.deadlock_free => {
            Some("each keeps arriving, which is no deadlock")
        }
        () if !has_fates(system) => None,
        () if links.duplicates == Limit::Unbounded => {
            Some("each can be lost, and stays when it is delivered")
        }
        () if links.copies.is_some() => Some("each can be lost or duplicated, and copies of it are limited"),
        () => None,
    }
}

/// Whether the loss or the duplication of a single message is a step.
pub(crate) fn has_fates<A: Actor, M>(system: &System<A, M>) -> bool {
    let links = system.environment.links;
    let lost = match links.loss {
        Limit::Never => false,
        Limit::Budget(_) => true,
        Limit::Unbounded => system.tells_losses(),
    };
    lost || matches!(links.duplicates, Limit::Budget(_))
}

/// So many pairs of a node's state and a message are looked at, at most: beyond it, dead messages are not looked for.
const PAIRS: u64 = 1 << 27;

/// What is known of dead messages.
pub(crate) struct Dead {
    /// For each envelope that was known when this was computed, its place among those to the same node.
    places: Vec<u32>,
    /// For each node state that was known then, which of the sets below it has.
    sets: Vec<u32>,
    /// Messages that are alive, a bit for each place.
    alive: Vec<Box<[u64]>>,
    /// How many events had been taken then.
    taken: u64,
    /// Marks that are known to be reached by runs of the full system.
    marks: BTreeSet<&'static str>,
    answers: Arc<RwLock<Answers>>,
    /// What the search did with a message at a node's state, where a graph with more steps might have it do otherwise: whether it
    /// dropped it.
    decided: RwLock<FxHashMap<u64, bool>>,
    /// The same, computed from more steps, if all that was decided stands.
    confirmed: OnceLock<Box<Dead>>,
}

impl Dead {
    /// Before anything is known.
    pub(crate) fn new() -> Self {
        Dead {
            places: Vec::new(),
            sets: Vec::new(),
            alive: Vec::new(),
            taken: 0,
            marks: BTreeSet::new(),
            answers: Arc::default(),
            decided: RwLock::default(),
            confirmed: OnceLock::new(),
        }
    }

    /// What is written of it: what was computed, and what was decided. The rest is computed again.
    pub(crate) fn saved(&self) -> SavedDead {
        let decided = self.decided.read();
        let mut decided: Vec<_> = decided
            .iter()
            .map(|(&key, &is_dead)| {
                let (node, envelope) = unpair(key);
                (node, envelope, is_dead)
            })
            .collect();
        decided.sort_unstable();
        SavedDead {
            places: self.places.clone(),
            sets: self.sets.clone(),
            alive: self.alive.clone(),
            taken: self.taken,
            marks: self.marks.iter().map(|&mark| mark.to_owned()).collect(),
            decided,
        }
    }

    /// The same, of so many states of nodes and envelopes, with these marks; `None` if it contradicts itself.
    pub(crate) fn restored(
        saved: &SavedDead,
        marks: BTreeSet<&'static str>,
        nodes: u32,
        envelopes: u32,
    ) -> Option<Self> {
        let SavedDead { places, sets, alive, taken, decided, .. } = saved;
        let words = places.iter().max().map_or(0, |&place| place as usize / 64 + 1);
        let sound = places.len() <= envelopes as usize
            && sets.len() <= nodes as usize
            && sets.iter().all(|&set| (set as usize) < alive.len())
            && decided.iter().all(|&(node, envelope, _)| node < nodes && envelope < envelopes);
        // A set has a bit for each message to its node, which may be fewer than to another.
        let widened = |set: &[u64]| {
            let mut set = set.to_vec();
            set.resize(words.max(set.len()), 0);
            set.into()
        };
        sound.then(|| Dead {
            places: places.clone(),
            sets: sets.clone(),
            alive: alive.iter().map(|set| widened(set)).collect(),
            taken: *taken,
            marks,
            decided: RwLock::new(
                decided.iter().map(|&(node, envelope, is_dead)| (pair(node, envelope), is_dead)).collect(),
            ),
            ..Dead::new()
        })
    }

    /// The messages that the search dropped, each with the state of the node at which it did.
    pub(crate) fn dropped(&self) -> Vec<(u32, u32)> {
        self.decided.read().iter().filter(|(_, is_dead)| **is_dead).map(|(&key, _)| unpair(key)).collect()
    }

    /// Whether a message is dead, if that was computed.
    fn known(&self, node: u32, envelope: u32) -> Option<bool> {
        let place = *self.places.get(envelope as usize)? as usize;
        let alive = &self.alive[*self.sets.get(node as usize)? as usize];
        Some(alive[place / 64] >> (place % 64) & 1 == 0)
    }
}

impl<A, M> Components<'_, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// Whether a dead message is made nameless, since its loss or duplication is a step.
    pub(crate) fn keeps_nameless(&self) -> bool {
        has_fates(self.system)
    }

    /// Whether a message to this node can never change it again.
    pub(crate) fn is_dead(&self, node: u32, envelope: u32) -> bool {
        let Some(dead) = &self.dead else { return false };
        let dead = dead.confirmed.get().map_or(dead, |confirmed| confirmed);
        let known = dead.known(node, envelope);
        let is_dead = known.unwrap_or_else(|| {
            // What is not known yet: is it noise here? Of a node that is down nobody can tell before it is up again.
            self.nodes.status(node) != Status::Down && self.is_noise(dead, node, envelope)
        });
        // With more steps messages can only come to life; but for what was not known and kept for that.
        let may_change = is_dead || known.is_none();
        let key = pair(node, envelope);
        if may_change && !dead.decided.read().contains_key(&key) {
            dead.decided.write().insert(key, is_dead);
        }
        is_dead
    }

    fn is_noise(&self, dead: &Dead, node: u32, envelope: u32) -> bool {
        if let Some(is_noise) = dead.answers.read().get((node, envelope), &dead.marks) {
            return is_noise;
        }
        let (me, state) = &self.nodes.get(node);
        let noise = self.noise(&mut Probe::new(*me, state, self.setting()), envelope);
        dead.answers.write().add((node, envelope), noise, &dead.marks)
    }

    /// The marks that come of the delivery of a message, which may never have to do with that node's state, if nothing else does.
    fn noise(&self, probe: &mut Probe<'_, A>, envelope: u32) -> Noise {
        let Envelope { from, msg, .. } = &*self.envelopes.get(envelope);
        probe.noise(*from, msg)
    }

    /// Whether the search that was just made is closed: it took no local step that was not taken before.
    pub(crate) fn is_closed(&self) -> bool {
        self.dead.as_ref().is_none_or(|dead| {
            self.steps.read().taken() == dead.taken && self.real_marks().is_subset(&dead.marks)
        })
    }

    /// Whether a search that knew what was learned since would do as the one that was just made. If so it is closed, too.
    pub(crate) fn confirms(&self, learned: &Dead) -> bool {
        self.dead.as_ref().is_none_or(|dead| {
            let stands = |(&key, &is_dead): (&u64, &bool)| {
                let (node, envelope) = unpair(key);
                learned.known(node, envelope) == Some(is_dead)
            };
            learned.marks == dead.marks && dead.decided.read().iter().all(stands)
        })
    }

    /// From now on goes by what was learned.
    pub(crate) fn confirm(&self, learned: Dead) {
        if let Some(dead) = &self.dead {
            _ = dead.confirmed.set(Box::new(learned)); // it is the first
        }
    }

    /// The marks that were reached, if a search that is not closed is a part of the full one.
    fn real_marks(&self) -> BTreeSet<&'static str> {
        let environment = &self.system.environment;
        let is_part =
            environment.links.order == Order::Unordered && environment.timers != Timers::Synchronous;
        if is_part { self.marks.all() } else { BTreeSet::new() }
    }

    /// The marks reached by runs of the full system, if the search that was just made is closed.
    pub(crate) fn all_marks(&self) -> BTreeSet<&'static str> {
        let before = self.dead.iter().flat_map(|dead| dead.marks.iter().copied());
        self.marks.all().into_iter().chain(before).collect()
    }

    /// Computes dead messages anew, with the local steps that were taken by now.
    ///
    /// # Errors
    /// There is too much to compute.
    pub(crate) fn learn(&self) -> Result<Option<Dead>, String> {
        let Some(dead) = &self.dead else { return Ok(None) };
        let (taken, mut marks) = (self.steps.read().taken(), self.real_marks());
        marks.extend(&dead.marks);
        let mut edges = self.steps.read().edges();
        edges.extend(self.close_under_renaming(&edges));
        let receivers: Vec<u16> =
            (0..self.envelopes.len() as u32).map(|envelope| self.envelopes.get(envelope).to.0).collect();
        let mut messages: Vec<Vec<u32>> = vec![Vec::new(); self.group.len()];
        let mut places = Vec::with_capacity(receivers.len());
        for (envelope, &to) in receivers.iter().enumerate() {
            places.push(messages[usize::from(to)].len() as u32);
            messages[usize::from(to)].push(envelope as u32);
        }
        let owners: Vec<usize> =
            (0..self.nodes.len() as u32).map(|node| self.nodes.owner(node).index()).collect();
        let pairs: u64 = owners.iter().map(|&owner| messages[owner].len() as u64).sum();
        if pairs > PAIRS {
            return Err(format!(
                "dead messages were not eliminated: {} states of nodes and {} messages are more than is looked through",
                owners.len(),
                receivers.len()
            ));
        }
        let graph = LocalGraph::new(owners.len(), edges);
        let next = Dead { taken, marks, places, answers: dead.answers.clone(), ..Dead::new() };
        let mut answers = dead.answers.write();
        let (mut sets, mut alive) = (vec![0; owners.len()], Vec::<Box<[u64]>>::new());
        // Successors come first, so what is alive after a state is known when the state is looked at.
        graph.components(|component| {
            let number = alive.len() as u32;
            let here = &messages[owners[component[0] as usize]];
            let mut set = vec![0_u64; here.len().div_ceil(64)];
            component.iter().for_each(|&node| sets[node as usize] = number);
            for &node in component {
                for &after in graph.after(node).iter().filter(|&&after| sets[after as usize] != number) {
                    let after = &alive[sets[after as usize] as usize];
                    set.iter_mut().zip(after).for_each(|(here, after)| *here |= after);
                }
            }
            for &node in component {
                let (me, state) = &self.nodes.get(node);
                let mut probe = Probe::new(*me, state, self.setting());
                answers.add_alive((node, here), &next.marks, &mut set, |envelope| {
                    self.noise(&mut probe, envelope)
                });
            }
            alive.push(set.into());
        });
        Ok(Some(Dead { sets, alive, ..next }))
    }
}
