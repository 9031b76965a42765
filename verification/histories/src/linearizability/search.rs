//! The search for a linearization of one part of a history.
//!
//! It goes depth first through configurations: which calls took effect, and the state after them (Wing and Gong 1993),
//! remembering those that were visited (Lowe 2017). A call takes effect just in time: the next step always serves the
//! first return that is still waiting. What makes the search small:
//!
//! - A call that changes no state and is possible now takes effect now: whatever comes later can come after it too.
//! - Of calls that are alike, the one that ends first takes effect first.
//! - A configuration in which fewer calls of unknown outcome took effect dominates one with more.
//! - Two neighbours that commute take effect in the order of their returns only; a call of unknown outcome takes effect
//!   only if the next call could not do without it.
//! - Steps that make the waiting return possible are tried first.

use synod_specifications::Specification;

use super::{memo::Memo, plan::Plan};
use crate::{
    answer::{Budget, Shortage},
    machine::{Label, Machine, State},
};

/// How often the budget is looked at: every so many configurations.
const PATIENCE: u64 = 1024;

/// What a search found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Found {
    /// The calls in an order in which they may have taken effect.
    Order(Vec<u32>),
    /// There is none.
    Stuck(Stuck),
}

/// Where a search got stuck.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Stuck {
    /// The call that could not have taken effect before it returned, whatever was chosen before.
    pub call: u32,
    /// The states that were possible before it.
    pub states: Vec<State>,
}

/// What the search spent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Effort {
    /// Distinct configurations.
    pub configurations: u64,
    /// Steps of the specification that were computed.
    pub steps: u64,
    /// Steps that were needed, computed or remembered.
    pub lookups: u64,
}

impl std::ops::AddAssign for Effort {
    fn add_assign(&mut self, other: Effort) {
        self.configurations += other.configurations;
        self.steps += other.steps;
        self.lookups += other.lookups;
    }
}

/// What may take effect next.
#[derive(Clone, Copy, Debug)]
enum Who {
    /// The call that ended at this place among the returns.
    Ended(u32),
    /// One of the optional calls that are alike.
    Optional(u32),
}

/// A step that may be taken.
#[derive(Clone, Copy, Debug)]
struct Step {
    who: Who,
    label: Label,
    to: State,
    /// Small steps are tried first.
    order: (bool, bool, u32),
}

/// The step that led to a configuration, and from where.
#[derive(Clone, Copy, Debug)]
struct Via {
    step: Step,
    from: State,
}

/// A configuration that is being explored.
#[derive(Debug)]
struct Frame {
    /// Which return is waiting.
    at: u32,
    state: State,
    /// Its steps: a range of the stack of steps. The last is taken first.
    steps: (usize, usize),
    /// How long the order was.
    order: usize,
}

/// A search.
pub(super) struct Search<'a, 'm, S: Specification> {
    plan: &'a Plan,
    machine: &'m mut Machine<'a, S>,
    budget: &'a Budget,
    memo: Memo,
    /// The set of slots, in words, and the counts of optional calls: of the configuration at hand.
    at_hand: Vec<u32>,
    /// The same of those being explored.
    sets: Vec<u32>,
    frames: Vec<Frame>,
    steps: Vec<Step>,
    order: Vec<u32>,
    words: usize,
    stuck: (u32, Vec<State>),
    visited: u64,
    key: Vec<u32>,
    seen: Vec<(Label, u32)>,
}

impl<'a, 'm, S: Specification> Search<'a, 'm, S> {
    pub(super) fn new(plan: &'a Plan, machine: &'m mut Machine<'a, S>, budget: &'a Budget) -> Self {
        let words = plan.slots.div_ceil(32);
        let optional = plan.optional.len();
        Search {
            plan,
            machine,
            budget,
            memo: Memo::new(words + 2, optional),
            at_hand: vec![0; words + optional],
            sets: Vec::new(),
            frames: Vec::new(),
            steps: Vec::new(),
            order: Vec::new(),
            words,
            stuck: (0, Vec::new()),
            visited: 0,
            key: Vec::new(),
            seen: Vec::new(),
        }
    }

    /// Searches.
    ///
    /// # Errors
    /// The budget is exhausted.
    pub(super) fn run(mut self, effort: &mut Effort) -> Result<Found, (Shortage, u32)> {
        let before = (self.machine.evaluated, self.machine.looked_up);
        let result = self.explore();
        *effort += Effort {
            configurations: self.visited,
            steps: self.machine.evaluated - before.0,
            lookups: self.machine.looked_up - before.1,
        };
        match result {
            Ok(true) => Ok(Found::Order(self.order)),
            Ok(false) => {
                let (at, mut states) = self.stuck;
                states.sort_unstable();
                states.dedup();
                Ok(Found::Stuck(Stuck { call: self.plan.returns[at as usize].call, states }))
            }
            Err(shortage) => Err((shortage, self.stuck.0)),
        }
    }

    /// Whether there is an order; it is left in `self.order`.
    fn explore(&mut self) -> Result<bool, Shortage> {
        if self.arrive(0, 0, None)? {
            return Ok(true);
        }
        let stride = self.at_hand.len();
        while let Some(frame) = self.frames.last_mut() {
            self.order.truncate(frame.order);
            if frame.steps.0 == frame.steps.1 {
                self.steps.truncate(frame.steps.0);
                self.frames.pop();
                self.sets.truncate(self.frames.len() * stride);
                continue;
            }
            frame.steps.1 -= 1;
            let step = self.steps[frame.steps.1];
            let (at, from) = (frame.at, frame.state);
            self.at_hand.copy_from_slice(&self.sets[self.sets.len() - stride..]);
            self.order.push(match step.who {
                Who::Ended(place) => {
                    let ended = self.plan.returns[place as usize];
                    self.at_hand[ended.slot as usize / 32] |= 1 << (ended.slot % 32);
                    ended.call
                }
                Who::Optional(index) => {
                    let count = &mut self.at_hand[self.words + index as usize];
                    *count += 1;
                    self.plan.optional[index as usize].calls[*count as usize - 1].0
                }
            });
            if self.arrive(at, step.to, Some(Via { step, from }))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Arrives at the configuration at hand, in which the return `at` waits. Says whether none waits any more.
    fn arrive(&mut self, mut at: u32, state: State, via: Option<Via>) -> Result<bool, Shortage> {
        let settled = self.settle(&mut at, state);
        if at as usize == self.plan.returns.len() {
            return Ok(true);
        }
        self.key.clear();
        self.key.extend_from_slice(&[at, state]);
        self.key.extend_from_slice(&self.at_hand[..self.words]);
        if !self.memo.visit(&self.key, &self.at_hand[self.words..]) {
            return Ok(false);
        }
        self.visited += 1;
        if self.visited.is_multiple_of(PATIENCE) {
            let held = (self.sets.capacity() + self.order.capacity()) * 4
                + self.steps.capacity() * size_of::<Step>();
            self.budget.check(self.memo.bytes() + self.machine.bytes() + held as u64)?;
        }
        if at > self.stuck.0 {
            self.stuck = (at, Vec::new());
        }
        if at == self.stuck.0 && self.stuck.1.last() != Some(&state) {
            self.stuck.1.push(state);
        }
        let first = self.steps.len();
        self.find_steps(at, state, if settled { None } else { via });
        self.frames.push(Frame { at, state, steps: (first, self.steps.len()), order: self.order.len() });
        self.sets.extend_from_slice(&self.at_hand);
        Ok(false)
    }

    /// Lets what changes no state take effect, and what took effect return. Whether there was any such thing.
    fn settle(&mut self, at: &mut u32, state: State) -> bool {
        let mut settled = false;
        loop {
            let mut more = false;
            while let Some(ended) = self.plan.returns.get(*at as usize) {
                let (word, bit) = (ended.slot as usize / 32, 1 << (ended.slot % 32));
                if self.at_hand[word] & bit == 0 {
                    break;
                }
                self.at_hand[word] &= !bit;
                *at += 1;
                more = true;
            }
            if *at as usize == self.plan.returns.len() {
                return true;
            }
            // What is open now was open before, but for a return.
            if settled && !more {
                return true;
            }
            let mut read = false;
            for &place in self.plan.open(*at) {
                let ended = self.plan.returns[place as usize];
                let (word, bit) = (ended.slot as usize / 32, 1 << (ended.slot % 32));
                if self.at_hand[word] & bit == 0
                    && self.machine.facts(ended.label).reads_only
                    && self.machine.allows(state, ended.label)
                {
                    self.at_hand[word] |= bit;
                    self.order.push(ended.call);
                    read = true;
                }
            }
            settled |= more || read;
            if !read {
                return settled;
            }
        }
    }

    /// Finds what may take effect next.
    fn find_steps(&mut self, at: u32, state: State, via: Option<Via>) {
        let plan = self.plan;
        let first = self.steps.len();
        let target = plan.returns[at as usize].label;
        self.seen.clear();
        for &place in plan.open(at) {
            let ended = plan.returns[place as usize];
            if self.at_hand[ended.slot as usize / 32] & (1 << (ended.slot % 32)) != 0 {
                continue;
            }
            let facts = self.machine.facts(ended.label);
            // What only reads and is possible was taken; of calls that are alike, the first to end is the one.
            if facts.reads_only || self.seen.iter().any(|&(label, _)| label == ended.label) {
                continue;
            }
            self.seen.push((ended.label, facts.operation));
            for index in self.machine.step(state, ended.label) {
                let to = self.machine.target(index);
                let helps = place == at || self.machine.allows(to, target);
                let step =
                    Step { who: Who::Ended(place), label: ended.label, to, order: (!helps, false, place) };
                if !self.is_redundant(step, via) {
                    self.steps.push(step);
                }
            }
        }
        for (index, optional) in plan.optional.iter().enumerate() {
            let used = self.at_hand[self.words + index] as usize;
            if optional.calls.get(used).is_none_or(|&(_, from)| from > at) {
                continue;
            }
            let operation = self.machine.facts(optional.label).operation;
            for target_index in self.machine.step(state, optional.label) {
                let to = self.machine.target(target_index);
                // Without an effect it need not happen; and a call that must happen and does the same is better.
                let alike = |step: &Step| step.to == to && self.seen.contains(&(step.label, operation));
                if to == state || self.steps[first..].iter().any(alike) {
                    continue;
                }
                let helps = self.machine.allows(to, target);
                let step = Step {
                    who: Who::Optional(index as u32),
                    label: optional.label,
                    to,
                    order: (!helps, true, index as u32),
                };
                if !self.is_redundant(step, via) {
                    self.steps.push(step);
                }
            }
        }
        self.steps[first..].sort_unstable_by_key(|step| std::cmp::Reverse(step.order));
    }

    /// Whether what this step leads to is also reached, or dominated, without it: nothing took effect between the step
    /// `via` and this one.
    fn is_redundant(&mut self, step: Step, via: Option<Via>) -> bool {
        let Some(Via { step: last, from }) = via else { return false };
        let earlier = match (step.who, last.who) {
            (Who::Ended(this), Who::Ended(last)) => this < last,
            // Whatever comes next, what may be left out is left out if it makes no difference.
            (_, Who::Optional(_)) if self.machine.leads(from, step.label, step.to) => return true,
            (Who::Ended(_), Who::Optional(_)) => true,
            (Who::Optional(this), Who::Optional(last)) => this < last,
            (Who::Optional(_), Who::Ended(_)) => false,
        };
        earlier && self.machine.leads_twice(from, step.label, last.label, step.to)
    }
}
