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
//! - Calls on other parts of the object than those that the waiting return may depend on wait until it is served.
//! - States that nobody sees before they are overwritten are taken for one (see `unseen`).
//!
//! Here it is explored; what may take effect next is found in `branching`, what can no longer come to a good end in `lookahead`.

mod branching;
mod lookahead;

use super::{
    plan::Plan,
    unseen::{self, Unseen},
};
use crate::{
    answer::{Budget, Shortage},
    machine::{Label, State, Steps},
    memo::Memo,
};

/// How often the budget is looked at: every so many configurations.
const PATIENCE: u64 = 1024;
/// After how many configurations enough is known of the states before a call that is wrong.
const STATES: u64 = 10_000;

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
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize)]
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

/// Searches for an order of the calls of a plan.
///
/// # Errors
/// The budget is exhausted: what ran out, and how many returns are known to be consistent.
pub(super) fn search(
    plan: &Plan,
    machine: &mut dyn Steps,
    budget: &Budget,
    limit: u64,
    effort: &mut Effort,
) -> Result<Found, (Shortage, u32)> {
    let before = machine.counts();
    let result = decide(plan, machine, budget, limit, effort);
    let after = machine.counts();
    effort.steps += after.0 - before.0;
    effort.lookups += after.1 - before.1;
    result
}

fn decide(
    plan: &Plan,
    machine: &mut dyn Steps,
    budget: &Budget,
    limit: u64,
    effort: &mut Effort,
) -> Result<Found, (Shortage, u32)> {
    let is_of_use = Unseen::is_of_use(plan, machine);
    let low = if is_of_use {
        prefix(plan, &mut Unseen::new(machine), budget, limit, effort)?
    } else {
        prefix(plan, machine, budget, limit, effort)?
    };
    let low = match low {
        Ok(order) => return Ok(Found::Order(order)),
        Err(low) => low,
    };
    let mut states = states_before(plan, machine, budget, low, effort);
    if states.is_empty() && is_of_use {
        // There are too many that nobody sees: those that somebody saw, or will see, must do.
        let some = states_before(plan, &mut Unseen::new(machine), budget, low, effort);
        states = some.into_iter().filter_map(unseen::behind).collect();
    }
    states.sort_unstable();
    states.dedup();
    Ok(Found::Stuck(Stuck { call: plan.returns[low as usize].call, states }))
}

/// States that are possible when the call that returns there should take effect, up to a number; none, if the search does not
/// get there.
fn states_before(
    plan: &Plan,
    machine: &mut dyn Steps,
    budget: &Budget,
    low: u32,
    effort: &mut Effort,
) -> Vec<State> {
    // It does not look at the call that is wrong. Whether it comes to its end does not matter.
    let mut search = Search::new(plan, machine, budget, (low + 1, low), STATES);
    let _ = search.explore();
    let Search { stuck: (reached, states), visited, .. } = search;
    effort.configurations += visited;
    if reached == low { states } else { Vec::new() }
}

/// An order of all calls; or how many returns the longest prefix has that is consistent.
fn prefix(
    plan: &Plan,
    machine: &mut dyn Steps,
    budget: &Budget,
    limit: u64,
    effort: &mut Effort,
) -> Result<Result<Vec<u32>, u32>, (Shortage, u32)> {
    let mut run = |until: u32| {
        let mut search = Search::new(plan, &mut *machine, budget, (until, until), limit);
        let result = search.explore();
        let Search { order, stuck, doubt, visited, .. } = search;
        effort.configurations += visited;
        (result, order, stuck.0, doubt)
    };
    let (result, order, stuck, doubt) = run(plan.returns.len() as u32);
    match result {
        Ok(true) => return Ok(Ok(order)),
        Err(shortage) => return Err((shortage, stuck)),
        Ok(false) => {}
    }
    // The returns before `low` are consistent; those up to `high` are not. Looking ahead, it may have stopped early.
    let (mut low, mut high) = (stuck, stuck.max(doubt));
    let mut stride = 1;
    while low < high {
        let middle = (low + stride - 1).min(low + (high - low) / 2);
        match run(middle + 1).0 {
            Ok(true) => (low, stride) = (middle + 1, stride * 2),
            Ok(false) => high = middle,
            Err(shortage) => return Err((shortage, low)),
        }
    }
    Ok(Err(low))
}

/// A search.
struct Search<'a> {
    plan: &'a Plan,
    machine: &'a mut dyn Steps,
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
    others: Vec<Label>,
    watched: Vec<u32>,
    /// It is done when no return before this one waits any more.
    until: u32,
    /// It looks ahead to returns before this one only.
    watch: u32,
    /// Up to this return it might have got without looking ahead.
    doubt: u32,
    /// How many configurations it may visit.
    limit: u64,
    /// Of what is open at the return `near_at`, and then of the optional calls: which of them are near it.
    near: Vec<bool>,
    near_at: u32,
    /// Whether all calls touch the same.
    is_one: bool,
    /// How often it was a question whether two steps commute, and how often they did.
    commuting: (u32, u32),
}

impl<'a> Search<'a> {
    fn new(
        plan: &'a Plan,
        machine: &'a mut dyn Steps,
        budget: &'a Budget,
        (until, watch): (u32, u32),
        limit: u64,
    ) -> Self {
        let words = plan.slots.div_ceil(32);
        let optional = plan.optional.len();
        let first = plan.labels().next();
        let is_one =
            plan.labels().all(|label| first.is_none_or(|first| machine.touch_the_same(first, label)));
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
            others: Vec::new(),
            watched: Vec::new(),
            until,
            watch,
            doubt: 0,
            limit,
            near: Vec::new(),
            near_at: u32::MAX,
            is_one,
            commuting: (0, 0),
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
    fn arrive(&mut self, mut at: u32, mut state: State, via: Option<Via>) -> Result<bool, Shortage> {
        let settled = self.settle(&mut at, &mut state);
        if at == self.until {
            return Ok(true);
        }
        if !self.has_hope(at, state) {
            return Ok(false);
        }
        self.key.clear();
        self.key.extend_from_slice(&[at, state]);
        self.key.extend_from_slice(&self.at_hand[..self.words]);
        if !self.memo.visit(&self.key, &self.at_hand[self.words..]) {
            return Ok(false);
        }
        self.visited += 1;
        if self.visited > self.limit {
            return Err(Shortage::Configurations(self.limit));
        }
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
    fn settle(&mut self, at: &mut u32, state: &mut State) -> bool {
        let mut settled = false;
        loop {
            let mut more = false;
            while *at < self.until {
                let ended = self.plan.returns[*at as usize];
                let (word, bit) = (ended.slot as usize / 32, 1 << (ended.slot % 32));
                if self.at_hand[word] & bit == 0 {
                    break;
                }
                self.at_hand[word] &= !bit;
                *at += 1;
                more = true;
            }
            if *at == self.until {
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
                    && let Some(index) = self.machine.step(*state, ended.label).next()
                {
                    *state = self.machine.target(index);
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
}
