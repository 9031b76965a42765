//! What can come of each event at each node state, in numbers: each local transition, taken once.

use std::{hash::BuildHasher, ops::Range};

use hashbrown::HashTable;
use rustc_hash::{FxBuildHasher, FxHashSet};
use synod_actor::{Actor, Ground, NodeId};
use synod_properties::Monitor;

use crate::{
    components::{Components, Cost, Envelope, What},
    interner::make_room,
    node::Status,
    store::pair,
};

/// One thing that can come of an event at a node, in numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Step {
    pub(crate) node: u32,
    pub(crate) delta: u32,
    /// Where its messages stand in [`Steps::sends`].
    pub(crate) first_send: u32,
    /// How many these are.
    pub(crate) sends: u16,
    pub(crate) faults: bool,
    /// The number of the set of its marks.
    pub(crate) marks: u8,
}

/// An event of which it is known what can come of it.
pub(crate) struct Event {
    pub(crate) node: u32,
    pub(crate) label: u32,
    /// Where its steps stand in [`Steps::steps`].
    pub(crate) steps: Range<usize>,
    /// Whether it was taken: otherwise one has only looked at what would come of it.
    pub(crate) is_taken: bool,
}

/// The same as it is kept: the node state, the label, and where its steps begin.
struct Stepped {
    node: u32,
    label: u32,
    first: u32,
}

/// What can come of each event at each node that was asked for.
#[derive(Default)]
pub(crate) struct Steps {
    /// By node state and label: which of the events it is.
    numbers: HashTable<u32>,
    /// In the order of their steps: those of one end where those of the next begin.
    events: Vec<Stepped>,
    /// The events that no search has taken: one has only looked at what would come of them.
    looked_at: FxHashSet<u32>,
    pub(crate) steps: Vec<Step>,
    /// Receiver and envelope.
    pub(crate) sends: Vec<(u16, u32)>,
}

impl Steps {
    /// Which state of a node follows on which, by steps that were taken.
    pub(crate) fn edges(&self) -> Vec<(u32, u32)> {
        let of = |event: Event| self.steps[event.steps].iter().map(move |step| (event.node, step.node));
        self.events().filter(|event| event.is_taken).flat_map(of).collect()
    }

    /// Of which events steps are known.
    pub(crate) fn events(&self) -> impl Iterator<Item = Event> {
        (0..self.events.len()).map(|at| self.event(at))
    }

    fn event(&self, at: usize) -> Event {
        let Stepped { node, label, .. } = self.events[at];
        Event { node, label, steps: self.range(at), is_taken: !self.looked_at.contains(&(at as u32)) }
    }

    /// How many events were taken.
    pub(crate) fn taken(&self) -> u64 {
        (self.events.len() - self.looked_at.len()) as u64
    }

    /// Takes an event, if it is known; and returns where its steps stand.
    pub(crate) fn take(&mut self, node: u32, label: u32) -> Option<Range<usize>> {
        let at = self.place(node, label)?;
        self.looked_at.remove(&at);
        Some(self.range(at as usize))
    }

    /// Where the steps of an event stand that has this place among the events.
    fn range(&self, at: usize) -> Range<usize> {
        let end = self.events.get(at + 1).map_or(self.steps.len(), |next| next.first as usize);
        self.events[at].first as usize..end
    }

    /// Adds what comes of an event that is not known yet, each step with its messages; and returns where that stands. It is
    /// taken, or one only looks at it.
    pub(crate) fn add(
        &mut self,
        (node, label): (u32, u32),
        made: Vec<(Step, Vec<(u16, u32)>)>,
        is_taken: bool,
    ) -> Range<usize> {
        let first = self.steps.len();
        make_room(&mut self.steps, made.len());
        for (step, sends) in made {
            let first_send = self.sends.len() as u32;
            make_room(&mut self.sends, sends.len());
            self.sends.extend(sends);
            self.steps.push(Step { first_send, ..step });
        }
        let number = self.events.len() as u32; // no more than there are steps
        make_room(&mut self.events, 1);
        self.events.push(Stepped { node, label, first: first as u32 });
        let Steps { numbers, events, .. } = self;
        let hash_of = |&other: &u32| {
            let Stepped { node, label, .. } = events[other as usize];
            hash(node, label)
        };
        numbers.insert_unique(hash(node, label), number, hash_of);
        if !is_taken {
            self.looked_at.insert(number);
        }
        first..self.steps.len()
    }

    /// The bytes they hold.
    pub(crate) fn bytes(&self) -> u64 {
        (self.numbers.capacity() * 6
            + self.events.capacity() * size_of::<Stepped>()
            + self.looked_at.capacity() * 5
            + self.steps.capacity() * size_of::<Step>()
            + self.sends.capacity() * size_of::<(u16, u32)>()) as u64
    }

    /// What is known of an event.
    pub(crate) fn get(&self, node: u32, label: u32) -> Option<Event> {
        self.place(node, label).map(|at| self.event(at as usize))
    }

    fn place(&self, node: u32, label: u32) -> Option<u32> {
        let is_it = |&number: &u32| {
            let event = &self.events[number as usize];
            (event.node, event.label) == (node, label)
        };
        self.numbers.find(hash(node, label), is_it).copied()
    }
}

impl<A, M> Components<'_, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// Takes the steps of what this label says happens at a node, and returns where they stand in [`Components::steps`].
    pub(crate) fn step(&self, node: u32, label: u32) -> Range<usize> {
        let known = self.steps.read().get(node, label);
        match known {
            Some(known) if known.is_taken => known.steps,
            Some(_) => self.steps.write().take(node, label).expect("it is known"),
            None => self.run(node, label, true),
        }
    }

    /// The same, but only to look at what would come of it.
    pub(crate) fn look(&self, node: u32, label: u32) -> Range<usize> {
        let known = self.steps.read().get(node, label);
        known.map_or_else(|| self.run(node, label, false), |known| known.steps)
    }

    /// Runs the handler.
    fn run(&self, node: u32, label: u32, is_taken: bool) -> Range<usize> {
        let (me, state) = &self.nodes.get(node);
        let What::Happens(happening) = &self.labels.get(label).what else {
            unreachable!("a message that is lost or stays in flight, or is dead, is no event of its own")
        };
        let mut made = Vec::new();
        let outcomes = state.step(*me, happening, self.setting());
        self.look_at_step(*me, state, happening, &outcomes);
        for mut outcome in outcomes {
            self.anonymous(&mut outcome.node);
            let marks = self.marks.number(&outcome.marks().collect());
            let envelope =
                |(to, msg): (NodeId, A::Msg)| (to.0, self.envelope(Envelope { from: *me, to, msg }));
            let sends: Vec<(u16, u32)> = outcome.sends.into_iter().map(envelope).collect();
            let step = Step {
                delta: self.delta(Cost::Free, *me, outcome.observed),
                faults: matches!(outcome.node.status, Status::Faulty(_)),
                node: self.nodes.intern((*me, outcome.node)),
                first_send: 0, // known below
                sends: u16::try_from(sends.len()).expect("a handler sends fewer than 65536 messages"),
                marks,
            };
            made.push((step, sends));
        }
        let mut steps = self.steps.write();
        // Another thread may have come first.
        let known = match is_taken {
            true => steps.take(node, label),
            false => steps.get(node, label).map(|known| known.steps),
        };
        known.unwrap_or_else(|| steps.add((node, label), made, is_taken))
    }
}

/// A hash of an event.
fn hash(node: u32, label: u32) -> u64 {
    FxBuildHasher.hash_one(pair(node, label))
}
