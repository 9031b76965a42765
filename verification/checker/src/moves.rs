//! What a node with its inbox can do next, in numbers: everything that depends on one node only.
//!
//! Menus, of which there is one for each node *and inbox*, are remembered for all threads, in `memo.rs`. What is known of
//! single nodes (their steps), and of single inboxes, is little, and each thread keeps it for itself.

use std::ops::Range;

use rustc_hash::FxHashMap;
use synod_actor::{Actor, Ground, NodeId};
use synod_properties::{Monitor, Observation};

use local::{LocalEvent, LocalInbox, LocalNode, Taken, local_inbox, local_node};

use crate::{
    components::{Components, Cost, Envelope, Fate, Label, NAMELESS, REQUEST, What},
    environment::Limit,
    interner::known,
    memo::{ALONE, Deed, Made, Memo, Move, Name, Outcome, TRAITS},
    node::Happening,
    store::{Tables, pair},
    table::Full,
};

pub(crate) use local::local_labels;

mod local;

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
/// Some of its moves that have a price are the system's own.
pub(crate) const WOULD_GO_ON: u8 = 8;
const _: () = assert!((BUSY | OUTSIDE | FAULTY | WOULD_GO_ON) & !TRAITS == 0, "a menu keeps them");

/// The sign of an event with a price: node states have smaller numbers.
const PRICED: u32 = 1 << 31;

/// What one thread knows of single nodes, and of single inboxes, to make menus.
#[derive(Default)]
pub(crate) struct Moves {
    /// By node, and whether it has a price, and label: where its outcomes begin.
    by_event: FxHashMap<(u32, u32), u32>,
    /// By what they do to the world and their traits: deeds that no actor notices.
    unnoticed: FxHashMap<(u32, u8), u32>,
    /// By node.
    nodes: Vec<Option<LocalNode>>,
    events: Vec<LocalEvent>,
    /// By inbox.
    inboxes: Vec<Option<LocalInbox>>,
    taken: Vec<Taken>,
    /// The label of the arrival of each envelope.
    arrivals: FxHashMap<u32, u32>,
    /// The outcomes that are being made.
    outcomes: Vec<Outcome>,
    /// The menus that are being made.
    drafts: Vec<Draft>,
    /// The moves of all of them.
    made: Unnumbered,
    /// Of the last of them, what has a price.
    priced: Unnumbered,
    /// And those that may be taken alone, and their labels.
    alone: Vec<(usize, u32)>,
}

/// Moves whose nodes are looked up at last, all at once.
#[derive(Default)]
struct Unnumbered {
    /// Their nodes do not matter yet.
    moves: Vec<(Move, Name)>,
    /// The state and inbox that each leads to, as the tables have them.
    leads_to: Vec<u64>,
}

impl Unnumbered {
    fn len(&self) -> usize {
        self.moves.len()
    }

    fn clear(&mut self) {
        self.moves.clear();
        self.leads_to.clear();
    }

    /// Adds a move to this state and inbox.
    #[inline] // by what is compiled for each system
    fn push(&mut self, (state, inbox): (u32, u32), (deed, name): (u32, Name)) {
        self.moves.push((Move { node: u32::MAX, deed }, name));
        self.leads_to.push(pair(state, inbox));
    }

    /// Adds all of these, which are none then.
    fn append(&mut self, others: &mut Unnumbered) {
        self.moves.append(&mut others.moves);
        self.leads_to.append(&mut others.leads_to);
    }

    fn swap(&mut self, one: usize, other: usize) {
        self.moves.swap(one, other);
        self.leads_to.swap(one, other);
    }

    /// All of them, when these nodes have numbers.
    #[inline]
    fn numbered(&mut self, at: usize, tables: &Tables) -> Result<&[(Move, Name)], Full> {
        let Unnumbered { moves, leads_to } = self;
        tables.number_nodes(at, leads_to, |place, number| moves[place].0.node = number)?;
        Ok(moves)
    }
}

/// A menu that is being made: see [`Made`].
#[derive(Clone, Copy)]
struct Draft {
    number: u32,
    moves: usize,
    alone: u8,
    priced: usize,
    traits: u8,
    lowest: u64,
}

impl Moves {
    /// The bytes it holds.
    pub(crate) fn bytes(&self) -> usize {
        self.by_event.capacity() * 15
            + self.nodes.capacity() * size_of::<Option<LocalNode>>()
            + self.events.capacity() * size_of::<LocalEvent>()
            + self.inbox_bytes()
    }

    fn inbox_bytes(&self) -> usize {
        self.inboxes.capacity() * size_of::<Option<LocalInbox>>() + self.taken.capacity() * size_of::<Taken>()
    }

    /// Drops what it knows of inboxes if that takes more bytes than this.
    pub(crate) fn tidy(&mut self, allowance: usize) {
        if self.inbox_bytes() > allowance {
            (self.inboxes, self.taken) = (Vec::new(), Vec::new());
        }
    }

    /// Makes the menus of a node with its inbox, which have these numbers.
    pub(crate) fn fill<A, M>(
        &mut self,
        (at, numbers): (usize, &[u32]),
        components: &Components<'_, A, M>,
        tables: &Tables,
    ) -> Result<(), Full>
    where
        A: Actor<Uses: Ground>,
        M: Monitor<A::Provides>,
    {
        self.drafts.clear();
        self.made.clear();
        for &number in numbers {
            self.draft((at, number), components, tables)?;
        }
        let mut rest = self.made.numbered(at, tables)?;
        for &Draft { number, moves, alone, priced, traits, lowest } in &self.drafts {
            let moves = rest.split_off(..moves).expect("the moves of all of them are there");
            tables.memo.publish((at, number), &Made { moves, alone, priced, traits }, lowest)?;
        }
        Ok(())
    }

    /// Looks for all moves of a menu.
    fn draft<A, M>(
        &mut self,
        (at, number): (usize, u32),
        components: &Components<'_, A, M>,
        tables: &Tables,
    ) -> Result<(), Full>
    where
        A: Actor<Uses: Ground>,
        M: Monitor<A::Provides>,
    {
        let first = self.made.len();
        self.priced.clear();
        self.alone.clear();
        let (node, inbox) = tables.node(at, number);
        let (local, local_inbox) = (self.local(node, components), self.local_inbox(inbox, components));
        let mut filler = Filler { components, memo: &tables.memo, node, inbox, moves: self };
        let (mut traits, lowest) = filler.fill(local, local_inbox)?;
        if self.priced.moves.iter().any(|(moved, _)| tables.memo.deed(moved.deed).traits & PROGRESS != 0) {
            traits |= WOULD_GO_ON;
        }
        let (alone, priced) = (self.put_first(first, components), self.priced.len());
        self.made.append(&mut self.priced);
        let moves = self.made.len() - first;
        self.drafts.push(Draft { number, moves, alone, priced, traits, lowest });
        Ok(())
    }

    /// Puts moves that may be taken alone before all others, where the first stands, and returns how many are to be.
    fn put_first<A, M>(&mut self, first: usize, components: &Components<'_, A, M>) -> u8
    where
        A: Actor<Uses: Ground>,
        M: Monitor<A::Provides>,
    {
        if components.renamings.is_none() && self.alone.len() > 1 {
            // One is enough: not the one that was numbered first, which is chance.
            let least = self.alone.iter().min_by_key(|(_, label)| components.labels.get(*label));
            self.alone = least.copied().into_iter().collect();
        }
        let Some(count) = u8::try_from(self.alone.len()).ok().filter(|&count| count <= ALONE) else {
            return 0;
        };
        for (place, &(at, _)) in self.alone.iter().enumerate() {
            self.made.swap(first + place, at);
        }
        count
    }

    /// What is to be known of a node.
    fn local<A, M>(&mut self, number: u32, components: &Components<'_, A, M>) -> LocalNode
    where
        A: Actor<Uses: Ground>,
        M: Monitor<A::Provides>,
    {
        let events = &mut self.events;
        *known(&mut self.nodes, number).get_or_insert_with(|| local_node(number, components, events))
    }

    /// What is to be known of an inbox.
    fn local_inbox<A, M>(&mut self, number: u32, components: &Components<'_, A, M>) -> LocalInbox
    where
        A: Actor<Uses: Ground>,
        M: Monitor<A::Provides>,
    {
        let taken = &mut self.taken;
        *known(&mut self.inboxes, number).get_or_insert_with(|| local_inbox(number, components, taken))
    }

    /// What can come of an event at a node, at a price: where its outcomes begin. Where it has a price, that and the traits are
    /// always the same.
    fn outcomes<A, M>(
        &mut self,
        (node, label): (u32, u32),
        (cost, traits): (Cost, u8),
        components: &Components<'_, A, M>,
        memo: &Memo,
    ) -> Result<u32, Full>
    where
        A: Actor<Uses: Ground>,
        M: Monitor<A::Provides>,
    {
        let key = (if cost == Cost::Free { node } else { node | PRICED }, label);
        if let Some(&known) = self.by_event.get(&key) {
            return Ok(known);
        }
        if let Some(known) = memo.outcomes_of(key) {
            self.by_event.insert(key, known);
            return Ok(known);
        }
        let range = components.step(node, label);
        let shared = components.steps.read();
        self.outcomes.clear();
        for step in &shared.steps[range] {
            let deed = Deed {
                delta: components.priced(step.delta, cost),
                traits: if step.faults { traits | FAULTS } else { traits },
                marks: step.marks,
                ..Deed::default()
            };
            let sends = &shared.sends[step.first_send as usize..][..usize::from(step.sends)];
            self.outcomes.push(Outcome { state: step.node, deed: memo.deed_number(deed, sends)? });
        }
        let first = memo.publish_outcomes_of(key, &self.outcomes)?;
        self.by_event.insert(key, first);
        Ok(first)
    }
}

struct Filler<'f, 's, A: Actor, M> {
    components: &'f Components<'s, A, M>,
    memo: &'f Memo,
    node: u32,
    inbox: u32,
    moves: &'f mut Moves,
}

impl<A, M> Filler<'_, '_, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// Adds the moves, and returns the traits of the node and its lowest epoch.
    fn fill(&mut self, local: LocalNode, inbox: LocalInbox) -> Result<(u8, u64), Full> {
        let messages = inbox.first..inbox.first + u32::from(inbox.messages);
        let mut traits = local.traits;
        if local.up {
            if local.busy || !messages.is_empty() {
                traits |= BUSY;
            }
            self.requests(messages.end..messages.end + u32::from(inbox.requests))?;
            self.deliveries(messages.clone())?;
        }
        for at in local.first_event..local.first_event + local.events {
            let event = self.moves.events[at as usize];
            // Of what is on its way to a node that stops, or its client would ask, nothing can matter any more.
            let rest = if event.empties { self.components.inboxes.intern(&[]) } else { self.inbox };
            self.push(event.label, event.label, rest, event.cost, event.traits)?;
            if event.may_be_alone {
                self.look_whether_alone(event.label);
            }
        }
        if local.up || local.down {
            self.losses(messages)?;
        }
        Ok((traits, self.components.lowest_of_inbox(self.inbox).min(local.lowest)))
    }

    fn requests(&mut self, requests: Range<u32>) -> Result<(), Full> {
        for at in requests {
            let Taken { item, rest } = self.moves.taken[at as usize];
            let (node, alternatives) = &self.components.planned[(item - REQUEST) as usize];
            for request in alternatives {
                let what = What::Happens(Happening::Request(request.clone()));
                let label = self.components.labels.intern(Label { node: *node, what });
                self.push(label, label, rest, Cost::Free, FAIR | PROGRESS)?;
            }
        }
        Ok(())
    }

    fn deliveries(&mut self, messages: Range<u32>) -> Result<(), Full> {
        let links = self.components.system.environment.links;
        // Where any message may be lost at no cost, and no step says so, a message is owed nothing.
        let owed = if links.loss == Limit::Unbounded && !self.components.explicit_loss { 0 } else { FAIR };
        let duplicate = Components::<A, M>::cost(links.duplicates, Cost::Duplicate);
        for at in messages {
            let Taken { item, rest } = self.moves.taken[at as usize];
            if item >= NAMELESS {
                self.nameless(item, Fate::Arrive, rest, (Cost::Free, owed | PROGRESS))?;
                if let Some(cost) = duplicate {
                    self.nameless(item, Fate::Duplicate, self.inbox, (cost, 0))?;
                }
                continue;
            }
            let arrival = self.arrival(item);
            if self.components.comes_last(self.node, arrival) {
                continue; // one only looks at what could be seen of it
            }
            let stays = self.components.stays();
            let rest = if stays { self.inbox } else { rest };
            self.push(arrival, arrival, rest, Cost::Free, owed | PROGRESS)?;
            self.look_whether_alone(arrival);
            if let (Some(cost), false) = (duplicate, stays) {
                let label = self.fate(item, What::Duplicate);
                self.push(arrival, label, self.inbox, cost, 0)?;
            }
        }
        Ok(())
    }

    fn losses(&mut self, messages: Range<u32>) -> Result<(), Full> {
        let Some(cost) = self.components.loss() else { return Ok(()) };
        for at in messages {
            let Taken { item, rest } = self.moves.taken[at as usize];
            if item >= NAMELESS {
                self.nameless(item, Fate::Lose, rest, (cost, 0))?;
                continue;
            }
            let label = self.fate(item, What::Lose);
            self.unnoticed(label, rest, (cost, 0), vec![Observation::Loss])?;
        }
        Ok(())
    }

    /// Adds what becomes of a nameless message.
    fn nameless(&mut self, item: u32, fate: Fate, rest: u32, price: (Cost, u8)) -> Result<(), Full> {
        let mut label = u32::MAX;
        if self.memo.has_names() {
            let what = What::Nameless((item - NAMELESS) as u16, fate);
            label = self.components.labels.intern(Label { node: self.me(), what });
        }
        let observed = if fate == Fate::Lose { vec![Observation::Loss] } else { Vec::new() };
        self.unnoticed(label, rest, price, observed)
    }

    /// Adds a move that the actor does not notice.
    fn unnoticed(
        &mut self,
        label: u32,
        rest: u32,
        (cost, traits): (Cost, u8),
        observed: Vec<Observation<A::Provides>>,
    ) -> Result<(), Full> {
        let delta = self.components.delta(cost, self.me(), observed);
        let deed = match self.moves.unnoticed.get(&(delta, traits)) {
            Some(&known) => known,
            None => {
                let deed = Deed { delta, traits, ..Deed::default() };
                let number = self.memo.deed_number(deed, &[])?;
                self.moves.unnoticed.insert((delta, traits), number);
                number
            }
        };
        self.add((self.node, rest), (deed, (label, 0)), cost);
        Ok(())
    }

    fn me(&self) -> NodeId {
        self.components.nodes.owner(self.node)
    }

    /// The label of the arrival of a message.
    fn arrival(&mut self, envelope: u32) -> u32 {
        let components = self.components;
        *self.moves.arrivals.entry(envelope).or_insert_with(|| components.arrival(envelope))
    }

    /// The label of what else may become of a message, if names are wanted.
    fn fate(&mut self, envelope: u32, what: impl FnOnce(NodeId, A::Msg) -> What<A>) -> u32 {
        if !self.memo.has_names() {
            return u32::MAX;
        }
        let Envelope { from, to, msg } = &*self.components.envelopes.get(envelope);
        self.components.labels.intern(Label { node: *to, what: what(*from, msg.clone()) })
    }

    /// Adds a move for everything that can come of what happens, which leaves the inbox so. Its label is `label`.
    fn push(&mut self, happens: u32, label: u32, inbox: u32, cost: Cost, traits: u8) -> Result<(), Full> {
        let Filler { components, memo, node, .. } = *self;
        let first = self.moves.outcomes((node, happens), (cost, traits), components, memo)?;
        for at in first.. {
            let (Outcome { state, deed }, is_last) = memo.outcome(at);
            self.add((state, components.settle(state, inbox)), (deed, (label, at - first)), cost);
            if is_last {
                break;
            }
        }
        Ok(())
    }

    /// Takes note if the move that was just added may be taken alone.
    fn look_whether_alone(&mut self, label: u32) {
        if self.components.is_alone(self.node, label) {
            self.moves.alone.push((self.moves.made.len() - 1, label)); // it has one outcome
        }
    }

    /// Adds a move to this state and inbox.
    fn add(&mut self, to: (u32, u32), by: (u32, Name), cost: Cost) {
        let moves = if cost == Cost::Free { &mut self.moves.made } else { &mut self.moves.priced };
        moves.push(to, by);
    }
}
