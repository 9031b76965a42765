//! A specification with its states and operations as numbers, and its steps remembered.

use std::ops::Range;

use hashbrown::HashTable;
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::hash::BuildHasher;
use synod_specifications::Specification;

/// A state, by number.
pub(crate) type State = u32;
/// An operation with its answer, by number.
pub(crate) type Label = u32;

/// A set whose items have numbers.
#[derive(Debug)]
struct Numbered<T> {
    items: Vec<T>,
    numbers: HashTable<u32>,
}

impl<T: Eq + std::hash::Hash> Numbered<T> {
    fn new() -> Self {
        Numbered { items: Vec::new(), numbers: HashTable::new() }
    }

    fn number(&mut self, item: T) -> u32 {
        let hash = FxBuildHasher.hash_one(&item);
        if let Some(&number) = self.numbers.find(hash, |&number| self.items[number as usize] == item) {
            return number;
        }
        let number = u32::try_from(self.items.len()).expect("a search ends long before 2^32 states");
        self.items.push(item);
        let items = &self.items;
        self.numbers.insert_unique(hash, number, |&number| FxBuildHasher.hash_one(&items[number as usize]));
        number
    }
}

/// What is known of a label.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LabelFacts {
    /// The operation without its answer, by number.
    pub operation: u32,
    /// Whether it changes no state.
    pub reads_only: bool,
}

/// The steps of a specification, each computed once.
#[derive(Debug)]
pub(crate) struct Machine<'a, S: Specification> {
    specification: &'a S,
    states: Numbered<S::State>,
    labels: Numbered<(S::Operation, Option<S::Answer>)>,
    operations: Numbered<S::Operation>,
    facts: Vec<LabelFacts>,
    steps: FxHashMap<(State, Label), (u32, u32)>,
    targets: Vec<State>,
    scratch: Vec<S::State>,
    state_bytes: usize,
    /// How often the specification was asked for a step.
    pub evaluated: u64,
    /// How often a step was looked up.
    pub looked_up: u64,
}

impl<'a, S: Specification> Machine<'a, S> {
    /// Knows the initial state only, which has the number 0.
    pub(crate) fn new(specification: &'a S) -> Self {
        let mut states = Numbered::new();
        states.number(specification.initial());
        Machine {
            specification,
            states,
            labels: Numbered::new(),
            operations: Numbered::new(),
            facts: Vec::new(),
            steps: FxHashMap::default(),
            targets: Vec::new(),
            scratch: Vec::new(),
            state_bytes: 0,
            evaluated: 0,
            looked_up: 0,
        }
    }

    /// The label of an operation that answered so.
    pub(crate) fn label(&mut self, operation: &S::Operation, answer: Option<&S::Answer>) -> Label {
        let label = self.labels.number((operation.clone(), answer.cloned()));
        if label as usize == self.facts.len() {
            self.facts.push(LabelFacts {
                operation: self.operations.number(operation.clone()),
                reads_only: self.specification.reads_only(operation, answer),
            });
        }
        label
    }

    /// What is known of a label.
    pub(crate) fn facts(&self, label: Label) -> LabelFacts {
        self.facts[label as usize]
    }

    /// The state of this number.
    pub(crate) fn state(&self, state: State) -> &S::State {
        &self.states.items[state as usize]
    }

    /// Where a label leads from a state: a range for [`target`](Machine::target).
    pub(crate) fn step(&mut self, from: State, label: Label) -> Range<u32> {
        self.looked_up += 1;
        if let Some(&(start, end)) = self.steps.get(&(from, label)) {
            return start..end;
        }
        self.evaluated += 1;
        let (operation, answer) = &self.labels.items[label as usize];
        let state = &self.states.items[from as usize];
        self.specification.step(state, operation, answer.as_ref(), &mut self.scratch);
        let start = self.targets.len() as u32;
        for after in self.scratch.drain(..) {
            let target = self.states.number(after);
            if !self.targets[start as usize..].contains(&target) {
                self.targets.push(target);
            }
        }
        let end = self.targets.len() as u32;
        self.steps.insert((from, label), (start, end));
        start..end
    }

    /// One of the states that a step leads to.
    pub(crate) fn target(&self, index: u32) -> State {
        self.targets[index as usize]
    }

    /// Whether a label is possible in a state.
    pub(crate) fn allows(&mut self, from: State, label: Label) -> bool {
        !self.step(from, label).is_empty()
    }

    /// Whether a label can lead from one state to the other.
    pub(crate) fn leads(&mut self, from: State, label: Label, to: State) -> bool {
        let targets = self.step(from, label);
        self.targets[targets.start as usize..targets.end as usize].contains(&to)
    }

    /// Whether one label and then another can lead from one state to the other.
    pub(crate) fn leads_twice(&mut self, from: State, first: Label, second: Label, to: State) -> bool {
        self.step(from, first).any(|index| {
            let between = self.target(index);
            self.leads(between, second, to)
        })
    }

    /// About how many bytes it holds, without what states hold elsewhere.
    pub(crate) fn bytes(&self) -> u64 {
        let states = self.states.items.capacity() * (size_of::<S::State>() + 8);
        let steps = self.steps.capacity() * 24 + self.targets.capacity() * 4;
        (states + steps + self.state_bytes) as u64
    }
}
