//! What can come of each event at each node state, in numbers: each local transition, taken once.

use std::hash::BuildHasher;

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use crate::{interner::make_room, store::pair};

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

/// An event of which it is known what can come of it: the node state, the label, and where its steps begin.
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
    pub(crate) steps: Vec<Step>,
    /// Receiver and envelope.
    pub(crate) sends: Vec<(u16, u32)>,
}

impl Steps {
    /// Which state of a node follows on which.
    pub(crate) fn edges(&self) -> Vec<(u32, u32)> {
        let of = |(node, _, range): (u32, u32, std::ops::Range<usize>)| {
            self.steps[range].iter().map(move |step| (node, step.node))
        };
        self.events().flat_map(of).collect()
    }

    /// Of which events steps are known: node state, label, and where its steps stand.
    pub(crate) fn events(&self) -> impl Iterator<Item = (u32, u32, std::ops::Range<usize>)> {
        let range = |at| self.range(at);
        self.events.iter().enumerate().map(move |(at, event)| (event.node, event.label, range(at)))
    }

    /// Where the steps of an event stand that has this place among the events.
    fn range(&self, at: usize) -> std::ops::Range<usize> {
        let end = self.events.get(at + 1).map_or(self.steps.len(), |next| next.first as usize);
        self.events[at].first as usize..end
    }

    /// Adds what comes of an event that is not known yet, each step with its messages; and returns where that stands.
    pub(crate) fn add(
        &mut self,
        (node, label): (u32, u32),
        made: Vec<(Step, Vec<(u16, u32)>)>,
    ) -> std::ops::Range<usize> {
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
        first..self.steps.len()
    }

    /// The bytes they hold.
    pub(crate) fn bytes(&self) -> u64 {
        (self.numbers.capacity() * 6
            + self.events.capacity() * size_of::<Stepped>()
            + self.steps.capacity() * size_of::<Step>()
            + self.sends.capacity() * size_of::<(u16, u32)>()) as u64
    }

    /// Where the steps of an event stand.
    pub(crate) fn get(&self, node: u32, label: u32) -> Option<std::ops::Range<usize>> {
        let is_it = |&number: &u32| {
            let event = &self.events[number as usize];
            (event.node, event.label) == (node, label)
        };
        self.numbers.find(hash(node, label), is_it).map(|&number| self.range(number as usize))
    }
}

/// A hash of an event.
fn hash(node: u32, label: u32) -> u64 {
    FxBuildHasher.hash_one(pair(node, label))
}
