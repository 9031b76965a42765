//! A specification with its states and operations as numbers, and its steps remembered.

use std::{hash::BuildHasher, ops::Range};

use hashbrown::HashTable;
use rustc_hash::{FxBuildHasher, FxHashMap};
use synod_specifications::{Sight, Specification};

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
    /// Whether its answer is known.
    pub is_answered: bool,
    /// Whether its answer is known and says something about the state.
    pub observes: bool,
    /// What it must see.
    pub sight: Sight,
}

/// The steps of a specification between states by number: what a search needs to know of it.
pub(crate) trait Steps {
    /// What is known of a label.
    fn facts(&self, label: Label) -> LabelFacts;

    /// Where a label leads from a state: a range for [`target`](Steps::target).
    fn step(&mut self, from: State, label: Label) -> Range<u32>;

    /// One of the states that a step leads to.
    fn target(&self, index: u32) -> State;

    /// Whether a label may still become possible, if it is not now, by any of these others.
    fn may_come(&mut self, from: State, label: Label, others: &[Label]) -> bool;

    /// Whether two labels neither see nor disturb each other in any state: they touch no part in common.
    fn are_apart(&self, one: Label, other: Label) -> bool;

    /// Whether two labels touch the same parts.
    fn touch_the_same(&self, one: Label, other: Label) -> bool;

    /// Whether nobody will see this state before it is overwritten.
    fn is_unseen(&self, _state: State) -> bool {
        false
    }

    /// Whether somebody must see this state before it is overwritten.
    fn must_be_seen(&self, _state: State) -> bool {
        false
    }

    /// About how many bytes it holds, without what states hold elsewhere.
    fn bytes(&self) -> u64;

    /// How often the specification was asked for a step, and how often a step was needed.
    fn counts(&self) -> (u64, u64);

    /// Whether a label is possible in a state.
    fn allows(&mut self, from: State, label: Label) -> bool {
        !self.step(from, label).is_empty()
    }

    /// Whether a label can lead from one state to the other.
    fn leads(&mut self, from: State, label: Label, to: State) -> bool {
        self.step(from, label).any(|index| self.target(index) == to)
    }

    /// Whether one label and then another can lead from one state to the other.
    fn leads_twice(&mut self, from: State, first: Label, second: Label, to: State) -> bool {
        self.step(from, first).any(|index| {
            let between = self.target(index);
            self.leads(between, second, to)
        })
    }
}

/// The steps of a specification, each computed once.
#[derive(Debug)]
pub(crate) struct Machine<'a, S: Specification> {
    specification: &'a S,
    states: Numbered<S::State>,
    labels: Numbered<(S::Operation, Option<S::Answer>)>,
    operations: Numbered<S::Operation>,
    facts: Vec<LabelFacts>,
    parts: Numbered<S::Part>,
    /// For each label the parts that it touches, ascending; none for all.
    touched: Vec<Vec<u32>>,
    steps: FxHashMap<(State, Label), (u32, u32)>,
    targets: Vec<State>,
    scratch: Vec<S::State>,
    /// How often the specification was asked for a step, and how often a step was looked up.
    counts: (u64, u64),
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
            parts: Numbered::new(),
            touched: Vec::new(),
            steps: FxHashMap::default(),
            targets: Vec::new(),
            scratch: Vec::new(),
            counts: (0, 0),
        }
    }

    /// The label of an operation that answered so.
    pub(crate) fn label(&mut self, operation: &S::Operation, answer: Option<&S::Answer>) -> Label {
        let label = self.labels.number((operation.clone(), answer.cloned()));
        if label as usize == self.facts.len() {
            self.facts.push(LabelFacts {
                operation: self.operations.number(operation.clone()),
                reads_only: self.specification.reads_only(operation, answer),
                is_answered: answer.is_some(),
                observes: answer.is_some_and(|answer| self.specification.observes(operation, answer)),
                sight: self.specification.sight(operation, answer),
            });
            let parts = self.specification.parts(operation);
            let mut touched: Vec<u32> = parts.into_iter().map(|part| self.parts.number(part)).collect();
            touched.sort_unstable();
            touched.dedup();
            self.touched.push(touched);
        }
        label
    }

    /// The operation and the answer of a label.
    pub(crate) fn labelled(&self, label: Label) -> &(S::Operation, Option<S::Answer>) {
        &self.labels.items[label as usize]
    }

    /// The number of a state.
    pub(crate) fn number(&mut self, state: S::State) -> State {
        self.states.number(state)
    }

    /// The specification.
    pub(crate) fn specification(&self) -> &'a S {
        self.specification
    }

    /// The state of this number.
    pub(crate) fn state(&self, state: State) -> &S::State {
        &self.states.items[state as usize]
    }
}

impl<S: Specification> Steps for Machine<'_, S> {
    fn facts(&self, label: Label) -> LabelFacts {
        self.facts[label as usize]
    }

    fn step(&mut self, from: State, label: Label) -> Range<u32> {
        self.counts.1 += 1;
        if let Some(&(start, end)) = self.steps.get(&(from, label)) {
            return start..end;
        }
        self.counts.0 += 1;
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

    fn target(&self, index: u32) -> State {
        self.targets[index as usize]
    }

    fn may_come(&mut self, from: State, label: Label, others: &[Label]) -> bool {
        if !self.facts[label as usize].observes {
            return true;
        }
        let (operation, answer) = &self.labels.items[label as usize];
        let Some(answer) = answer else { return true };
        let others: Vec<_> = others.iter().map(|&label| &self.labels.items[label as usize].0).collect();
        self.specification.may_come(&self.states.items[from as usize], operation, answer, &others)
    }

    fn are_apart(&self, one: Label, other: Label) -> bool {
        let (one, other) = (&self.touched[one as usize], &self.touched[other as usize]);
        !one.is_empty() && !other.is_empty() && one.iter().all(|part| other.binary_search(part).is_err())
    }

    fn touch_the_same(&self, one: Label, other: Label) -> bool {
        self.touched[one as usize] == self.touched[other as usize]
    }

    fn bytes(&self) -> u64 {
        let states = self.states.items.capacity() * (size_of::<S::State>() + 8);
        let steps = self.steps.capacity() * 24 + self.targets.capacity() * 4;
        (states + steps) as u64
    }

    fn counts(&self) -> (u64, u64) {
        self.counts
    }
}
