//! What a node with its inbox can do next, in numbers: everything that depends on one node only.

use rustc_hash::FxHashMap;
use synod_actor::{Actor, Ground};
use synod_properties::{Monitor, Observation};

use crate::{
    components::{Components, Cost, Envelope, Inbox, Label, REQUEST, What},
    environment::{Limit, Order, Timers},
    node::{Happening, Node, Status},
    store::{Tables, pair, unpair},
    table::Full,
    translate::Shift,
};

/// A step at one node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Move {
    /// The node and its inbox afterwards, before the messages it sent are added to the inboxes of others.
    pub(crate) node: u32,
    /// What it does to the world.
    pub(crate) delta: u32,
    /// Its name.
    pub(crate) label: u32,
    /// Where the messages that it sent stand in [`Moves::sends`].
    pub(crate) first_send: u32,
    /// How many these are.
    pub(crate) sends: u16,
    /// Which of the outcomes of its name.
    pub(crate) outcome: u16,
    /// See the constants.
    pub(crate) traits: u8,
}

/// The step is owed: in a fair run, if it stays possible, it happens.
pub(crate) const FAIR: u8 = 1;
/// The step wants the rest of the system to be quiet.
pub(crate) const WHEN_QUIET: u8 = 2;
/// The step ends in a fault of the actor.
pub(crate) const FAULTS: u8 = 4;
/// The step is the system's own, and no fault of the environment: a state with such a step is not a deadlock.
pub(crate) const PROGRESS: u8 = 8;

/// The node has something to receive, or a write to wait for.
pub(crate) const BUSY: u8 = 1;
/// The node is outside of a bound of the search.
pub(crate) const OUTSIDE: u8 = 2;
/// The actor is at fault.
pub(crate) const FAULTY: u8 = 4;

/// What a node with its inbox can do next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Menu {
    /// Where its moves stand in [`Moves::moves`].
    pub(crate) first: u32,
    /// How many these are.
    pub(crate) moves: u16,
    /// See the constants.
    pub(crate) traits: u8,
}

impl Default for Menu {
    /// Not filled in.
    fn default() -> Self {
        Menu { first: u32::MAX, moves: 0, traits: 0 }
    }
}

/// Menus by the number of node and inbox, as far as they were asked for.
#[derive(Default)]
pub(crate) struct Moves {
    menus: Vec<Menu>,
    pub(crate) moves: Vec<Move>,
    /// Receiver and envelope.
    pub(crate) sends: Vec<(u16, u32)>,
    /// The lowest epoch by the number of node and inbox, where epochs are lowered: the largest number where there is none.
    lowest: Vec<u64>,
    /// The label of the arrival of each envelope.
    arrivals: FxHashMap<u32, u32>,
}

impl Moves {
    /// The menu of this number, if it was filled in.
    #[inline]
    pub(crate) fn get(&self, number: u32) -> Option<Menu> {
        self.menus.get(number as usize).copied().filter(|menu| menu.first != u32::MAX)
    }

    /// The lowest epoch at this number, whose menu was filled in.
    pub(crate) fn lowest(&self, number: u32) -> u64 {
        self.lowest[number as usize]
    }

    /// The bytes it holds.
    pub(crate) fn bytes(&self) -> usize {
        self.menus.capacity() * size_of::<Menu>()
            + self.lowest.capacity() * 8
            + self.moves.capacity() * size_of::<Move>()
            + self.sends.capacity() * 8
    }

    /// Forgets everything. It can be asked for again.
    pub(crate) fn clear(&mut self) {
        *self = Moves::default();
    }

    /// Fills in the menu of a node with its inbox.
    pub(crate) fn fill<A, M>(
        &mut self,
        number: u32,
        components: &Components<'_, A, M>,
        tables: &Tables,
    ) -> Result<Menu, Full>
    where
        A: Actor<Uses: Ground>,
        M: Monitor<A::Provides>,
    {
        let (from_moves, from_sends) = (self.moves.len(), self.sends.len());
        let (node, inbox) = unpair(tables.nodes.get(number));
        let mut filler = Filler {
            components,
            tables,
            number: node,
            placed: components.nodes.get(node),
            inbox: components.inboxes.get(inbox),
            moves: self,
        };
        match filler.fill() {
            Ok((traits, lowest)) => {
                let moves =
                    u16::try_from(self.moves.len() - from_moves).expect("fewer than 65536 steps of a node");
                let menu = Menu { first: from_moves as u32, moves, traits };
                let slot = number as usize;
                if self.menus.len() <= slot {
                    self.menus.resize(slot + 1, Menu::default());
                }
                self.menus[slot] = menu;
                if components.system.translation.is_some() {
                    self.lowest.resize(self.menus.len(), u64::MAX);
                    self.lowest[slot] = lowest;
                }
                Ok(menu)
            }
            Err(full) => {
                self.moves.truncate(from_moves);
                self.sends.truncate(from_sends);
                Err(full)
            }
        }
    }
}

struct Filler<'f, 's, A: Actor, M> {
    components: &'f Components<'s, A, M>,
    tables: &'f Tables,
    number: u32,
    placed: std::sync::Arc<(synod_actor::NodeId, Node<A>)>,
    inbox: std::sync::Arc<Inbox>,
    moves: &'f mut Moves,
}

impl<A, M> Filler<'_, '_, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// Adds the moves, and returns the traits of the node and its lowest epoch.
    fn fill(&mut self) -> Result<(u8, u64), Full> {
        let placed = self.placed.clone();
        let (me, node) = &*placed;
        let inbox = self.inbox.clone();
        let environment = &self.components.system.environment;
        let deliverable = self.components.deliverable(&inbox);
        let mut traits = 0;
        if self.components.system.bounds.iter().any(|bound| !(bound.inside)(*me, &node.live)) {
            traits |= OUTSIDE;
        }
        match &node.status {
            Status::Up => {
                if !(deliverable.is_empty() && node.own.is_empty() && node.disk.is_empty()) {
                    traits |= BUSY;
                }
                self.requests(&inbox)?;
                self.deliveries(&inbox, &deliverable)?;
                if !node.own.is_empty() {
                    self.happens(&Happening::Own, &inbox, Cost::Free, FAIR | PROGRESS)?;
                }
                if !node.disk.is_empty() {
                    self.happens(&Happening::Flush, &inbox, Cost::Free, FAIR | PROGRESS)?;
                }
                let timeouts = match environment.timers {
                    Timers::Synchronous => Some((Cost::Free, FAIR | PROGRESS | WHEN_QUIET)),
                    Timers::Asynchronous(limit) => {
                        Components::<A, M>::cost(limit, Cost::Timeout).map(|cost| (cost, FAIR | PROGRESS))
                    }
                };
                if let Some((cost, traits)) = timeouts {
                    for timer in &node.timers {
                        self.happens(&Happening::Timeout(timer.clone()), &inbox, cost, traits)?;
                    }
                }
                let crashes = &environment.crashes;
                if crashes.only.as_ref().is_none_or(|only| only.contains(me)) {
                    if crashes.recover > 0 {
                        self.happens(&Happening::Crash, &inbox, Cost::Recover, 0)?;
                    }
                    if crashes.stop > 0 {
                        // Nothing that is on its way to it, or its client would ask, can matter any more.
                        self.happens(&Happening::Stop, &[], Cost::Stop, 0)?;
                    }
                }
                self.losses(&inbox, &deliverable)?;
            }
            Status::Down => {
                self.happens(&Happening::Restart, &inbox, Cost::Free, FAIR | PROGRESS)?;
                self.losses(&inbox, &deliverable)?;
            }
            Status::Stopped => {}
            Status::Faulty(_) => traits |= FAULTY,
        }
        Ok((traits, self.components.lowest(node, &inbox)))
    }

    fn requests(&mut self, inbox: &[u32]) -> Result<(), Full> {
        for (at, &item) in inbox.iter().enumerate() {
            if item & REQUEST != 0 && (at == 0 || inbox[at - 1] != item) {
                let rest = without(inbox, at);
                let alternatives = &self.components.planned[(item - REQUEST) as usize].1;
                for request in alternatives {
                    self.happens(&Happening::Request(request.clone()), &rest, Cost::Free, FAIR | PROGRESS)?;
                }
            }
        }
        Ok(())
    }

    fn deliveries(&mut self, inbox: &[u32], deliverable: &[usize]) -> Result<(), Full> {
        let links = self.components.system.environment.links;
        // Where any message may be lost at no cost, and no step says so, a message is owed nothing.
        let owed = if links.loss == Limit::Unbounded && !self.components.explicit_loss { 0 } else { FAIR };
        for &at in deliverable {
            let arrival = self.arrival(inbox[at]);
            if self.components.stays() {
                self.push(arrival, arrival, inbox, Cost::Free, owed | PROGRESS)?;
                continue;
            }
            self.push(arrival, arrival, &without(inbox, at), Cost::Free, owed | PROGRESS)?;
            if let Some(cost) = Components::<A, M>::cost(links.duplicates, Cost::Duplicate) {
                let Envelope { from, msg, .. } = &*self.components.envelopes.get(inbox[at]);
                let label = Label { node: self.placed.0, what: What::Duplicate(*from, msg.clone()) };
                let label = self.components.labels.intern(label);
                self.push(arrival, label, inbox, cost, 0)?;
            }
        }
        Ok(())
    }

    fn losses(&mut self, inbox: &[u32], deliverable: &[usize]) -> Result<(), Full> {
        let loss = self.components.system.environment.links.loss;
        let Some(cost) = Components::<A, M>::cost(loss, Cost::Loss) else { return Ok(()) };
        if loss == Limit::Unbounded && !self.components.explicit_loss {
            return Ok(());
        }
        let me = self.placed.0;
        for &at in deliverable {
            let Envelope { from, msg, .. } = &*self.components.envelopes.get(inbox[at]);
            let label = Label { node: me, what: What::Lose(*from, msg.clone()) };
            let rest = self.components.inboxes.intern(without(inbox, at).into());
            let moved = Move {
                node: self.tables.nodes.insert(pair(self.number, rest))?.0,
                delta: self.components.delta(cost, me, vec![Observation::Loss]),
                label: self.components.labels.intern(label),
                first_send: 0,
                sends: 0,
                outcome: 0,
                traits: 0,
            };
            self.moves.moves.push(moved);
        }
        Ok(())
    }

    /// The label of the arrival of a message.
    fn arrival(&mut self, envelope: u32) -> u32 {
        let components = self.components;
        *self.moves.arrivals.entry(envelope).or_insert_with(|| {
            let Envelope { from, to, msg } = &*components.envelopes.get(envelope);
            let what = What::Happens(Happening::Receive(*from, msg.clone()));
            components.labels.intern(Label { node: *to, what })
        })
    }

    fn happens(
        &mut self,
        happening: &Happening<A>,
        inbox: &[u32],
        cost: Cost,
        traits: u8,
    ) -> Result<(), Full> {
        let label = Label { node: self.placed.0, what: What::Happens(happening.clone()) };
        let label = self.components.labels.intern(label);
        self.push(label, label, inbox, cost, traits)
    }

    /// Adds a move for everything that can come of what happens, which leaves the inbox so. Its label is `label`.
    fn push(&mut self, happens: u32, label: u32, inbox: &[u32], cost: Cost, traits: u8) -> Result<(), Full> {
        let inbox = self.components.inboxes.intern(inbox.into());
        for (outcome, step) in self.components.steps(self.number, happens).iter().enumerate() {
            let first_send = self.moves.sends.len() as u32;
            self.moves.sends.extend(step.sends.iter());
            let moved = Move {
                node: self.tables.nodes.insert(pair(step.node, inbox))?.0,
                delta: self.components.priced(step.delta, cost),
                label,
                first_send,
                sends: u16::try_from(step.sends.len()).expect("a handler sends fewer than 65536 messages"),
                outcome: u16::try_from(outcome).expect("a handler has fewer than 65536 outcomes"),
                traits: if step.faults { traits | FAULTS } else { traits },
            };
            self.moves.moves.push(moved);
        }
        Ok(())
    }
}

fn without(items: &[u32], at: usize) -> Vec<u32> {
    [&items[..at], &items[at + 1..]].concat()
}

impl<A, M> Components<'_, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// Whether a message stays in flight when it is delivered, always: then an inbox is a set.
    fn stays(&self) -> bool {
        self.system.environment.links.duplicates == Limit::Unbounded
    }

    /// The positions of what may arrive next, each distinct message once.
    fn deliverable(&self, inbox: &[u32]) -> Vec<usize> {
        let messages = inbox.partition_point(|item| item & REQUEST == 0);
        (0..messages)
            .filter(|&at| match self.system.environment.links.order {
                Order::Unordered => at == 0 || inbox[at - 1] != inbox[at],
                Order::Fifo => {
                    let from = |at: usize| self.envelopes.get(inbox[at]).from;
                    at == 0 || from(at - 1) != from(at)
                }
            })
            .collect()
    }

    /// A node with its inbox, after a message was put there.
    pub(crate) fn add(&self, tables: &Tables, number: u32, envelope: u32) -> Result<u32, Full> {
        let (node, inbox) = unpair(tables.nodes.get(number));
        if self.nodes.get(node).1.status == Status::Stopped {
            return Ok(number);
        }
        let inbox = self.inboxes.get(inbox);
        let links = self.system.environment.links;
        let at = match links.order {
            Order::Unordered => {
                let at = inbox.partition_point(|&item| item < envelope);
                let copies = inbox[at..].iter().take_while(|&&item| item == envelope).count();
                let room = if self.stays() { 1 } else { links.copies.map_or(usize::MAX, usize::from) };
                if copies >= room {
                    return Ok(number);
                }
                at
            }
            Order::Fifo => {
                let from = self.envelopes.get(envelope).from;
                inbox.partition_point(|&item| item & REQUEST == 0 && self.envelopes.get(item).from <= from)
            }
        };
        let more = [&inbox[..at], &[envelope], &inbox[at..]].concat();
        let inbox = self.inboxes.intern(more.into());
        Ok(tables.nodes.insert(pair(node, inbox))?.0)
    }

    /// The lowest epoch of a node and its inbox.
    fn lowest(&self, node: &Node<A>, inbox: &[u32]) -> u64 {
        let Some(translation) = &self.system.translation else { return u64::MAX };
        let messages = inbox.iter().filter(|&item| item & REQUEST == 0);
        messages
            .map(|&item| translation.lowest_of_msg(&self.envelopes.get(item).msg))
            .fold(translation.lowest_of_node(node), u64::min)
    }

    /// A node with its inbox, all epochs lowered by `by`.
    pub(crate) fn lowered(&self, tables: &Tables, number: u32, by: u64) -> Result<u32, Full> {
        let translation = self.system.translation.as_ref().expect("only states with epochs are lowered");
        let mut shift = Shift(-i64::try_from(by).expect("epochs are small"));
        let (node, inbox) = unpair(tables.nodes.get(number));
        let (me, state) = &*self.nodes.get(node);
        let node = self.nodes.intern((*me, translation.node(state.clone(), &mut shift)));
        let mut items: Vec<u32> = self.inboxes.get(inbox).to_vec();
        for item in items.iter_mut().filter(|item| **item & REQUEST == 0) {
            let Envelope { from, to, msg } = &*self.envelopes.get(*item);
            let msg = translation.msg(msg.clone(), &mut shift);
            *item = self.envelopes.intern(Envelope { from: *from, to: *to, msg });
        }
        if self.system.environment.links.order == Order::Unordered {
            items.sort_unstable();
        }
        let inbox = self.inboxes.intern(items.into());
        Ok(tables.nodes.insert(pair(node, inbox))?.0)
    }
}
