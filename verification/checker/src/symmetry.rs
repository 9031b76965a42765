//! Symmetry: states that differ only by a renaming of nodes are one.
//!
//! # What is done
//! Nodes that the system declares alike may exchange their names: the permutations of their names are a group. Of each state
//! the search keeps one **representative**: of all states that renamings make of it (its *orbit*) the one whose parts' numbers come
//! first. All permutations are tried, so representatives are exact: there is one for each orbit. A renamed part is computed once, and looked up
//! from then on.
//!
//! # Why that is sound
//! A permutation p is an automorphism if, for every step from s to t, there is one from p(s) to p(t). Then a state is reachable in the
//! full system if a state of its orbit is in the search, and what does not tell nodes of a class apart (safety, deadlock, AG
//! EF) is found in the one if it is in the other, at the same distance. (Ip and Dill, "Better Verification Through Symmetry",
//! 1996; Clarke, Enders, Filkorn and Jha 1996.)
//!
//! That renamings are automorphisms is not taken on trust. A step is the step of one node, so it is enough to look at local steps:
//! whenever a handler has run, it is run again with the names exchanged, for permutations that generate the group, and must
//! come to the same with the names exchanged; and so must the monitor. At the first difference the search is given up, and
//! another one is made without symmetry.
//!
//! Under dead-message elimination the local graph is closed under renaming: what is dead at a node is dead at the renamed node under the
//! new name. So leaving out dead messages and renaming may be done in either order.
//!
//! # Counterexamples
//! A run of the search jumps from orbit to orbit. It is told as a run of the full system: from a state, not its representative, on
//! with a step whose representative is the next. See `paths.rs`.
//!
//! Liveness is left out: fairness is about which node takes a step, and a way round through orbits may come back with other names.

use std::cmp::Ordering;

use synod_actor::{Actor, Ground, NodeId, Visitor};
use synod_properties::{Monitor, Observation};

use crate::{
    components::{
        Components, Delta, Envelope, Label, NAMELESS, Origin, REQUEST, Watch, What, World, WorldOrigin,
    },
    environment::Order,
    node::{Happening, Held, Node, Outcome, Status},
    store::{PARTS, Tables, pair, unpair},
    system::{Request, Symmetry, System},
    table::Full,
    worker::Worker,
};

/// Larger groups are not worth what they cost: each state is renamed as often.
const LARGEST: usize = 720;

/// A renaming.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Permutation {
    /// What each node is called afterwards.
    to: Vec<NodeId>,
    /// Who is called so afterwards.
    from: Vec<usize>,
    /// What each planned request is afterwards.
    planned: Vec<u32>,
    /// Its place among all.
    place: u32,
}

impl Visitor for &Permutation {
    fn node(&mut self, node: &mut NodeId) {
        *node = self.of(*node);
    }
}

impl Permutation {
    fn new(to: Vec<NodeId>) -> Self {
        let mut from = vec![0; to.len()];
        to.iter().enumerate().for_each(|(at, node)| from[node.index()] = at);
        Permutation { to, from, planned: Vec::new(), place: 0 }
    }

    /// The new name of a node. What is no node of the group keeps its name.
    fn of(&self, node: NodeId) -> NodeId {
        self.to.get(node.index()).copied().unwrap_or(node)
    }
}

/// The renamings of a system.
pub(crate) struct Renamings {
    /// All but the one that changes nothing.
    all: Vec<Permutation>,
    /// Exchanges of two neighbours in a class: what all others are made of.
    generators: Vec<Permutation>,
}

/// Every way to exchange the names in one class.
fn arrangements(class: &[NodeId]) -> Vec<Vec<NodeId>> {
    let Some((&first, rest)) = class.split_first() else { return vec![Vec::new()] };
    let shorter = arrangements(rest);
    let inserted = |at: usize, shorter: &Vec<NodeId>| {
        let mut longer = shorter.clone();
        longer.insert(at, first);
        longer
    };
    (0..class.len()).flat_map(|at| shorter.iter().map(move |shorter| inserted(at, shorter))).collect()
}

impl Renamings {
    /// The renamings of a system, whose distinct planned requests are these.
    ///
    /// # Errors
    /// Why there are none.
    pub(crate) fn of<A, M>(
        system: &System<A, M>,
        symmetry: &Symmetry<A, M>,
        planned: &[(NodeId, Vec<Request<A>>)],
    ) -> Result<Self, String>
    where
        A: Actor<Uses: Ground>,
        M: Monitor<A::Provides>,
    {
        if system.translation.is_some() {
            return Err("epochs are shifted".into());
        }
        if !system.liveness.is_empty() {
            return Err("what is fair depends on which node is which".into());
        }
        let identity = NodeId::group(system.nodes.len());
        let (mut all, mut generators) = (vec![identity.clone()], Vec::new());
        for class in &symmetry.classes {
            let mut nodes = class.clone();
            nodes.sort_unstable();
            nodes.dedup();
            assert!(
                nodes.iter().all(|node| node.index() < identity.len()),
                "of the nodes {nodes:?}, which are said to be alike, one is not in the system"
            );
            let size = (1..=nodes.len()).try_fold(all.len(), |size, factor| size.checked_mul(factor));
            if size.is_none_or(|size| size > LARGEST) {
                return Err(format!("there would be more than {LARGEST} renamings"));
            }
            for two in nodes.windows(2) {
                let mut exchanged = identity.clone();
                exchanged.swap(two[0].index(), two[1].index());
                generators.push(exchanged);
            }
            let ways = arrangements(&nodes);
            let arranged = |to: &Vec<NodeId>, way: &Vec<NodeId>| {
                let mut to = to.clone();
                nodes.iter().zip(way).for_each(|(node, new)| to[node.index()] = *new);
                to
            };
            all = all.iter().flat_map(|to| ways.iter().map(move |way| arranged(to, way))).collect();
        }
        all.sort_unstable();
        all.dedup(); // classes may share nodes
        all.retain(|to| *to != identity);
        if let Some(only) = &system.environment.crashes.only {
            let keeps = |to: &Vec<NodeId>| only.iter().all(|node| only.contains(&to[node.index()]));
            if !all.iter().all(keeps) {
                return Err("some of its nodes crash, and others do not".into());
            }
        }
        let complete = |to: Vec<NodeId>| {
            let mut permutation = Permutation::new(to);
            for (node, alternatives) in planned {
                let mut renamed = alternatives.clone();
                renamed.iter_mut().for_each(|request| (symmetry.request)(request, &mut &permutation));
                let (node, renamed) = (permutation.of(*node), renamed);
                let same = |(at, other): &(NodeId, Vec<Request<A>>)| (*at, other) == (node, &renamed);
                let place = planned.iter().position(same);
                let place = place.ok_or_else(|| format!("{node} is not asked what its like is asked"))?;
                permutation.planned.push(place as u32);
            }
            Ok::<_, String>(permutation)
        };
        let complete = |all: Vec<Vec<NodeId>>| all.into_iter().map(complete).collect::<Result<Vec<_>, _>>();
        let mut all = complete(all)?;
        (0..).zip(&mut all).for_each(|(place, permutation)| permutation.place = place);
        Ok(Renamings { all, generators: complete(generators)? })
    }
}

/// Sorts messages by receiver that wait for the same write: they leave at the same moment. A handler that sends to everyone does
/// so in the order of names, which would tell nodes apart.
fn put_sends_in_order<A: Actor>(node: &mut Node<A>) {
    let receiver = |held: &Held<A>| match held {
        Held::Send(to, _) => Some(*to),
        _ => None,
    };
    let both_are_sent = |one: &Held<A>, other: &Held<A>| receiver(one).is_some() && receiver(other).is_some();
    let waiting = node.disk.make_contiguous();
    waiting.chunk_by_mut(both_are_sent).for_each(|sent| sent.sort_by_key(receiver));
}

/// Renaming parts.
impl<'s, A, M> Components<'s, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    fn declared(&self) -> &'s Symmetry<A, M> {
        self.system.symmetry.as_ref().expect("there are renamings only where a symmetry is declared")
    }

    fn renamed_node(&self, node: &Node<A>, by: &Permutation) -> Node<A> {
        let mut node = self.declared().names.node(node.clone(), &mut &*by);
        put_sends_in_order(&mut node);
        node
    }

    /// The number of a node after a renaming.
    fn node_after(&self, node: u32, by: &Permutation) -> u32 {
        self.node_from(self.other_node(&self.nodes.get(node), by), Origin::Renamed(by.place, node))
    }

    fn other_node(&self, (me, state): &(NodeId, Node<A>), by: &Permutation) -> (NodeId, Node<A>) {
        (by.of(*me), self.renamed_node(state, by))
    }

    /// The number of an envelope after a renaming.
    fn envelope_after(&self, envelope: u32, by: &Permutation) -> u32 {
        let other = self.other_envelope(&self.envelopes.get(envelope), by);
        self.envelope_from(other, Some(Origin::Renamed(by.place, envelope)))
    }

    fn other_envelope(&self, Envelope { from, to, msg }: &Envelope<A>, by: &Permutation) -> Envelope<A> {
        let msg = self.declared().names.msg(msg.clone(), &mut &*by);
        Envelope { from: by.of(*from), to: by.of(*to), msg }
    }

    /// What a renaming that is known by its place makes of a node; `None` if there is no such renaming.
    pub(crate) fn node_by(&self, place: u32, node: &(NodeId, Node<A>)) -> Option<(NodeId, Node<A>)> {
        Some(self.other_node(node, self.renamings.as_ref()?.all.get(place as usize)?))
    }

    /// What it makes of an envelope.
    pub(crate) fn envelope_by(&self, place: u32, envelope: &Envelope<A>) -> Option<Envelope<A>> {
        Some(self.other_envelope(envelope, self.renamings.as_ref()?.all.get(place as usize)?))
    }

    /// What it makes of a world.
    pub(crate) fn world_by(&self, place: u32, world: &World<M>) -> Option<World<M>> {
        Some(self.renamed_world(world, self.renamings.as_ref()?.all.get(place as usize)?))
    }

    fn inbox_after(&self, inbox: u32, by: &Permutation) -> u32 {
        let order = self.system.environment.links.order;
        let item = |&item: &u32| match item {
            request if request & REQUEST != 0 => REQUEST + by.planned[(request - REQUEST) as usize],
            nameless if nameless >= NAMELESS && order == Order::Fifo => {
                NAMELESS + u32::from(by.of(NodeId((nameless - NAMELESS) as u16)).0)
            }
            nameless if nameless >= NAMELESS => nameless,
            envelope => self.envelope_after(envelope, by),
        };
        let mut items: Vec<u32> = self.inboxes.get(inbox).iter().map(item).collect();
        match order {
            Order::Unordered => items.sort_unstable(),
            Order::Fifo => {
                let messages = items.iter().position(|item| item & REQUEST != 0).unwrap_or(items.len());
                let (messages, requests) = items.split_at_mut(messages);
                messages.sort_by_key(|&item| self.sender(item));
                requests.sort_unstable();
            }
        }
        self.inboxes.intern(&items)
    }

    /// The number of a node with its inbox after a renaming, which makes another node of it.
    fn part_after(
        &self,
        tables: &Tables,
        (from, number): (usize, u32),
        to: usize,
        by: &Permutation,
    ) -> Result<u32, Full> {
        let (node, inbox) = tables.node(from, number);
        tables.number_node(to, self.node_after(node, by), self.inbox_after(inbox, by))
    }

    fn renamed_world(&self, world: &World<M>, by: &Permutation) -> World<M> {
        let mut world = world.clone();
        if let Watch::Fine(monitor) = &mut world.watch {
            (self.declared().monitor)(monitor, &mut &*by);
        }
        world
    }

    /// What the monitor has come to: the first, by value, of all that renamings make of it.
    pub(crate) fn nameless_watch(&self, world: &World<M>) -> Watch<M> {
        let all = self.renamings.iter().flat_map(|renamings| &renamings.all);
        let renamed = all.map(|by| self.renamed_world(world, by).watch);
        renamed.chain([world.watch.clone()]).min().expect("there is one at least")
    }

    /// Adds everything that renamings make of known nodes and messages, and returns the local steps that they make of these.
    pub(crate) fn close_under_renaming(&self, edges: &[(u32, u32)]) -> Vec<(u32, u32)> {
        let Some(renamings) = &self.renamings else { return Vec::new() };
        let (nodes, envelopes) = (self.nodes.len() as u32, self.envelopes.len() as u32);
        let mut more = Vec::with_capacity(edges.len() * renamings.all.len());
        for by in &renamings.all {
            (0..envelopes).for_each(|envelope| _ = self.envelope_after(envelope, by));
            let after: Vec<u32> = (0..nodes).map(|node| self.node_after(node, by)).collect();
            more.extend(edges.iter().map(|&(from, to)| (after[from as usize], after[to as usize])));
        }
        more
    }
}

/// Looking whether renamings are automorphisms.
impl<A, M> Components<'_, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// What renamings make of an event at a node, both by number.
    pub(crate) fn renamed_events(&self, event: u64) -> Vec<u64> {
        let Some(renamings) = &self.renamings else { return Vec::new() };
        let (node, label) = unpair(event);
        let label = self.labels.get(label);
        let What::Happens(happening) = &label.what else { return Vec::new() };
        let message = match happening {
            Happening::Receive(from, msg) => {
                self.envelopes.find(&Envelope { from: *from, to: label.node, msg: msg.clone() })
            }
            _ => None,
        };
        let by = |by: &Permutation| {
            // What arrives is known as what was sent, too: a checkpoint tells the one by the other.
            message.into_iter().for_each(|message| _ = self.envelope_after(message, by));
            let what = What::Happens(self.renamed_happening(happening.clone(), by));
            pair(self.node_after(node, by), self.labels.intern(Label { node: by.of(label.node), what }))
        };
        renamings.all.iter().map(by).collect()
    }

    fn renamed_happening(&self, happening: Happening<A>, by: &Permutation) -> Happening<A> {
        match happening {
            Happening::Request(mut request) => {
                (self.declared().request)(&mut request, &mut &*by);
                Happening::Request(request)
            }
            other => self.declared().names.happening(other, &mut &*by),
        }
    }

    /// Looks whether what came of this is the same if names are exchanged.
    pub(crate) fn look_at_step(
        &self,
        me: NodeId,
        state: &Node<A>,
        happening: &Happening<A>,
        outcomes: &[Outcome<A>],
    ) {
        let Some(renamings) = &self.renamings else { return };
        for by in &renamings.generators {
            let renamed = self.renamed_happening(happening.clone(), by);
            let there = self.renamed_node(state, by).step(by.of(me), &renamed, self.setting());
            let mut there: Vec<_> = there.iter().map(|outcome| self.visible(outcome, None)).collect();
            let mut as_here = outcomes.iter().map(|outcome| self.visible(outcome, Some(by)));
            let are_alike = there.len() == outcomes.len()
                && as_here.all(|here| {
                    let found = there.iter().position(|there| *there == here);
                    found.is_some_and(|at| {
                        there.swap_remove(at);
                        true
                    })
                });
            if !are_alike {
                self.find_asymmetric(format!(
                    "{me}, given {happening:?}, does not what {} would do under its own name",
                    by.of(me)
                ));
            }
        }
    }

    /// What came of a step, after a renaming, so far as others can tell.
    #[expect(clippy::type_complexity, reason = "it is compared, and nothing else")]
    fn visible(
        &self,
        outcome: &Outcome<A>,
        by: Option<&Permutation>,
    ) -> (Node<A>, Vec<(NodeId, A::Msg)>, Vec<Observation<A::Provides>>) {
        let (mut node, mut sends, mut observed) =
            (outcome.node.clone(), outcome.sends.clone(), outcome.observed.clone());
        if let Some(by) = by {
            node = self.renamed_node(&node, by);
            for (to, msg) in &mut sends {
                *to = by.of(*to);
                (self.declared().names.msg)(msg, &mut &*by);
            }
            self.rename_observed(&mut observed, by);
        }
        self.anonymous(&mut node);
        // What goes to different nodes is at different places; to one node it is in order.
        sends.sort_by_key(|(to, _)| *to);
        (node, sends, observed)
    }

    /// Takes out of a node what names tell of and nobody but people can see.
    pub(crate) fn anonymous(&self, node: &mut Node<A>) {
        if self.renamings.is_some() {
            put_sends_in_order(node);
            if let Status::Faulty(why) = &mut node.status {
                why.clear(); // it is found again when it is told
            }
        }
    }

    fn rename_observed(&self, observed: &mut [Observation<A::Provides>], by: &Permutation) {
        for what in observed {
            match what {
                Observation::Request(request) => (self.declared().request)(request, &mut &*by),
                Observation::Indication(indication) => {
                    (self.declared().names.indication)(indication, &mut &*by);
                }
                Observation::Crash | Observation::Restart | Observation::Timeout | Observation::Loss => {}
            }
        }
    }

    /// Looks whether the monitor, which came to `here`, comes to the same if names are exchanged.
    pub(crate) fn look_at_world(&self, before: &World<M>, delta: &Delta<A>, here: &World<M>) {
        let Some(renamings) = &self.renamings else { return };
        for by in &renamings.generators {
            let mut renamed = delta.clone();
            renamed.node = by.of(delta.node);
            self.rename_observed(&mut renamed.observed, by);
            let there = self.world_after(&self.renamed_world(before, by), &renamed);
            if there != Some(self.renamed_world(here, by)) {
                self.find_asymmetric(format!(
                    "the monitor, told {:?} by {}, tells it from {}",
                    delta.observed,
                    delta.node,
                    by.of(delta.node)
                ));
            }
        }
    }

    fn find_asymmetric(&self, why: String) {
        // Of several the first in the alphabet, whichever thread came first.
        let mut found = self.asymmetric.write();
        *found = Some(found.take().map_or(why.clone(), |other| other.min(why)));
    }
}

impl<A, M> Worker<'_, '_, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// Puts the representative in the place of a state, and returns how many states it stands for.
    pub(crate) fn represent(&mut self, tables: &Tables, row: &mut [u32]) -> Result<u32, Full> {
        let components = self.components;
        let Some(renamings) = &components.renamings else { return Ok(1) };
        let nodes = components.group.len();
        let (mut best, mut fixed) = ([0; PARTS], 1);
        best[..=nodes].copy_from_slice(&row[..=nodes]);
        for (at, by) in renamings.all.iter().enumerate() {
            let (mut other, mut order) = ([0; PARTS], Ordering::Equal);
            for place in 0..=nodes {
                other[place] = match by.from.get(place) {
                    Some(&from) => {
                        let number = row[from];
                        let key = (at as u32, pair(from as u32, number));
                        match self.renamed.get(&key) {
                            Some(&known) => known,
                            None => {
                                let after = components.part_after(tables, (from, number), place, by)?;
                                self.renamed.insert(key, after);
                                after
                            }
                        }
                    }
                    None => {
                        let world = row[nodes];
                        *self.renamed_worlds.entry((at as u32, world)).or_insert_with(|| {
                            let renamed = components.renamed_world(&components.worlds.get(world), by);
                            components.world_from(renamed, WorldOrigin::Renamed(by.place, world))
                        })
                    }
                };
                order = order.then(other[place].cmp(&best[place]));
                if order == Ordering::Greater {
                    break;
                }
            }
            match order {
                Ordering::Less => (best, fixed) = (other, 1),
                Ordering::Equal => fixed += 1,
                Ordering::Greater => {}
            }
        }
        row[..=nodes].copy_from_slice(&best[..=nodes]);
        // The renamings that make the representative of this state are as many as those that change nothing about it.
        Ok((renamings.all.len() as u32 + 1) / fixed)
    }
}
