//! States that nobody sees, taken for one.
//!
//! Where calls write over each other, most of the states between are seen by nobody: ten concurrent appends before a write lead
//! to millions of them. So the search goes through other states than those of the object:
//!
//! - a state that somebody *will see* before it is overwritten: whoever goes there promises it, and overwriting is not possible;
//! - a state that somebody *saw*;
//! - the *unseen* state, one for all that nobody sees before they are overwritten: what is blind is possible and leads back to
//!   it, what overwrites leads out of it, and what must see something is not possible.
//!
//! An order of calls is possible in the one system just if it is in the other. Take the states that it goes through: one before
//! whose overwriting, or before the end, nothing sees anything becomes the unseen state, any other stays what it is. The other
//! way round, in place of the unseen state there may be any state, since what happens in it is possible in all of them, and what
//! leads out of it comes to the same.

use std::ops::Range;

use rustc_hash::FxHashMap;
use synod_specifications::Sight;

use super::plan::Plan;
use crate::machine::{Label, LabelFacts, State, Steps};

/// The state that nobody sees. (A search ends long before there are so many others.)
const UNSEEN: State = State::MAX;

/// The state of the object behind one that is seen, or will be.
pub(super) fn behind(state: State) -> Option<State> {
    (state != UNSEEN).then_some(state / 2)
}

fn seen(state: State) -> State {
    2 * state
}

fn promised(state: State) -> State {
    2 * state + 1
}

/// The steps of an object, with the states that nobody sees taken for one. The initial state keeps its number.
pub(super) struct Unseen<'m> {
    inner: &'m mut dyn Steps,
    steps: FxHashMap<(State, Label), (u32, u32)>,
    targets: Vec<State>,
}

impl<'m> Unseen<'m> {
    /// Whether it is of use: some call overwrites, and all touch the same, so that it overwrites everything.
    pub(super) fn is_of_use(plan: &Plan, machine: &dyn Steps) -> bool {
        let mut labels = plan.labels();
        let Some(first) = labels.next() else { return false };
        let overwrites = |label| machine.facts(label).sight == Sight::Overwrites;
        plan.labels().any(overwrites) && labels.all(|label| machine.touch_the_same(first, label))
    }

    pub(super) fn new(inner: &'m mut dyn Steps) -> Self {
        Unseen { inner, steps: FxHashMap::default(), targets: Vec::new() }
    }

    /// Adds what a step of the object leads to.
    fn add(&mut self, from: State, label: Label, as_what: fn(State) -> State) {
        for index in self.inner.step(from, label) {
            self.targets.push(as_what(self.inner.target(index)));
        }
    }
}

impl Steps for Unseen<'_> {
    fn facts(&self, label: Label) -> LabelFacts {
        self.inner.facts(label)
    }

    fn step(&mut self, from: State, label: Label) -> Range<u32> {
        if let Some(&(start, end)) = self.steps.get(&(from, label)) {
            return start..end;
        }
        let start = self.targets.len() as u32;
        let LabelFacts { sight, reads_only, .. } = self.inner.facts(label);
        let is_promised = self.must_be_seen(from);
        match (sight, behind(from)) {
            (Sight::Sees, None) => {}
            (Sight::Sees, Some(state)) => self.add(state, label, seen),
            (Sight::Blind, None) => self.targets.push(UNSEEN),
            // It is possible and changes nothing.
            (Sight::Blind, Some(_)) if reads_only => self.targets.push(from),
            (Sight::Overwrites, _) if is_promised => {}
            (Sight::Blind | Sight::Overwrites, state) => {
                // What overwrites comes to the same from any state.
                self.add(state.unwrap_or(0), label, promised);
                if !is_promised {
                    self.targets.push(UNSEEN);
                }
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
        if let Some(state) = behind(from) {
            return self.inner.may_come(state, label, others);
        }
        if self.inner.facts(label).sight != Sight::Sees {
            return true;
        }
        // Something must overwrite first, and it does not matter what: another may do so later.
        let overwrites = |other: &&Label| self.inner.facts(**other).sight == Sight::Overwrites;
        let Some(&first) = others.iter().find(overwrites) else { return false };
        self.inner.step(0, first).any(|index| {
            let to = self.inner.target(index);
            self.inner.may_come(to, label, others)
        })
    }

    fn are_apart(&self, one: Label, other: Label) -> bool {
        self.inner.are_apart(one, other)
    }

    fn touch_the_same(&self, one: Label, other: Label) -> bool {
        self.inner.touch_the_same(one, other)
    }

    fn is_unseen(&self, state: State) -> bool {
        state == UNSEEN
    }

    fn must_be_seen(&self, state: State) -> bool {
        state != UNSEEN && state % 2 == 1
    }

    fn bytes(&self) -> u64 {
        self.inner.bytes() + (self.steps.capacity() * 24 + self.targets.capacity() * 4) as u64
    }

    fn counts(&self) -> (u64, u64) {
        self.inner.counts()
    }
}
