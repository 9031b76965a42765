//! Sequential consistency (Lamport 1979): there is one order of all calls that the specification allows, in which the
//! calls of each process come in the order in which it made them. Real time does not count.
//!
//! Unlike linearizability it is not local: parts of an object that are sequentially consistent each need not be so
//! together. So nothing is checked part by part.

use std::collections::BTreeMap;

use synod_specifications::Specification;

use crate::{
    answer::{Answer, Budget, Exhausted, Shortage},
    call::CallOf,
    linearizability::{Effort, places, replay},
    machine::{Label, Machine, State, Steps},
    memo::Memo,
};

/// How often the budget is looked at: every so many configurations.
const PATIENCE: u64 = 1024;
/// Looking ahead costs too much where there are more kinds of operations than this.
const KINDS: usize = 256;

/// Why a history is not sequentially consistent: there is no order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoOrder {
    /// The most calls that any order had, before it could not go on.
    pub longest: usize,
}

/// Whether these calls are sequentially consistent. The certificate is an order of calls, by their places in the history.
pub fn check<S: Specification>(
    specification: &S,
    calls: &[CallOf<S>],
    budget: &Budget,
) -> (Answer<Vec<usize>, NoOrder>, Effort) {
    check_within(specification, calls, budget, u64::MAX)
}

/// The same, with at most so many configurations visited.
pub fn check_within<S: Specification>(
    specification: &S,
    calls: &[CallOf<S>],
    budget: &Budget,
    configurations: u64,
) -> (Answer<Vec<usize>, NoOrder>, Effort) {
    let mut machine = Machine::new(specification);
    let labels: Vec<Label> =
        calls.iter().map(|call| machine.label(&call.operation, call.answer.as_ref())).collect();
    let mut by_process: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut begun: Vec<usize> = (0..calls.len()).collect();
    begun.sort_by_key(|&call| calls[call].invoked);
    let mut optional = Vec::new();
    let mut processes: BTreeMap<usize, usize> = BTreeMap::new();
    for call in begun {
        let next = processes.len();
        let process = *processes.entry(calls[call].process).or_insert(next);
        let before = by_process.entry(process).or_default();
        if calls[call].returned.is_some() {
            before.push(call);
        } else if !machine.facts(labels[call]).reads_only {
            // It may take effect when what its process did before has, or never.
            optional.push((call, process, before.len()));
        }
    }
    let lanes: Vec<Vec<usize>> = by_process.into_values().collect();
    let mut search = Search::new(&mut machine, &lanes, &optional, &labels, budget);
    search.limit = configurations;
    let result = search.explore();
    let Search { order, longest, visited, .. } = search;
    let (steps, lookups) = machine.counts();
    let effort = Effort { configurations: visited, steps, lookups };
    let answer = match result {
        Ok(true) => Answer::Valid(order),
        Ok(false) => Answer::Invalid(NoOrder { longest }),
        Err(what) => {
            let known = format!("an order of {longest} calls was found");
            Answer::Unknown(Exhausted { what, known })
        }
    };
    (answer, effort)
}

/// Whether an order of calls shows that they are sequentially consistent: the verifier of the certificate.
///
/// # Errors
/// It does not: why, in a sentence.
pub fn verify<S: Specification>(
    specification: &S,
    calls: &[CallOf<S>],
    order: &[usize],
) -> Result<(), String> {
    let place = places(calls, order)?;
    for (call, one) in calls.iter().enumerate() {
        for (other, two) in calls.iter().enumerate() {
            let in_order = one.process == two.process && one.precedes(two);
            if in_order && place[other].is_some() && place[call] > place[other] {
                return Err(format!("call {other} comes before {call}, which its process made before"));
            }
        }
    }
    replay(specification, calls, order).map(drop)
}

/// What may take effect next: the next call of a process, or an optional call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Who {
    Lane(u32),
    Optional(u32),
}

#[derive(Clone, Copy, Debug)]
struct Step {
    who: Who,
    label: Label,
    to: State,
    /// Small steps are tried first.
    order: (bool, Who),
}

#[derive(Debug)]
struct Frame {
    state: State,
    steps: (usize, usize),
    order: usize,
}

struct Search<'a> {
    machine: &'a mut dyn Steps,
    /// For each process its calls that ended, in order.
    lanes: &'a [Vec<usize>],
    /// Calls that may take effect or not: of which process, and after how many calls of it.
    optional: &'a [(usize, usize, usize)],
    labels: &'a [Label],
    budget: &'a Budget,
    memo: Memo,
    /// How far each process is, and which optional calls took effect: of the configuration at hand.
    at_hand: Vec<u32>,
    positions: Vec<u32>,
    frames: Vec<Frame>,
    steps: Vec<Step>,
    order: Vec<usize>,
    /// For each call whether it must take effect, since it ended.
    must: Vec<bool>,
    left: usize,
    /// How many calls with each label are left.
    left_of: BTreeMap<Label, usize>,
    longest: usize,
    visited: u64,
    limit: u64,
    key: Vec<u32>,
}

impl<'a> Search<'a> {
    fn new(
        machine: &'a mut dyn Steps,
        lanes: &'a [Vec<usize>],
        optional: &'a [(usize, usize, usize)],
        labels: &'a [Label],
        budget: &'a Budget,
    ) -> Self {
        let mut left_of = BTreeMap::new();
        let mut must = vec![false; labels.len()];
        for &call in lanes.iter().flatten() {
            must[call] = true;
            *left_of.entry(labels[call]).or_default() += 1;
        }
        Search {
            machine,
            lanes,
            optional,
            labels,
            budget,
            memo: Memo::new(lanes.len() + 1, optional.len()),
            at_hand: vec![0; lanes.len() + optional.len()],
            positions: Vec::new(),
            frames: Vec::new(),
            steps: Vec::new(),
            order: Vec::new(),
            must,
            left: lanes.iter().map(Vec::len).sum(),
            left_of,
            longest: 0,
            visited: 0,
            limit: u64::MAX,
            key: Vec::new(),
        }
    }

    /// The next call of a process.
    fn front(&self, lane: usize) -> Option<usize> {
        self.lanes[lane].get(self.at_hand[lane] as usize).copied()
    }

    /// Lets a call take effect.
    fn take(&mut self, who: Who) {
        match who {
            Who::Lane(lane) => {
                let call = self.front(lane as usize).expect("only what is there is taken");
                self.at_hand[lane as usize] += 1;
                self.left -= 1;
                *self.left_of.entry(self.labels[call]).or_default() -= 1;
                self.order.push(call);
            }
            Who::Optional(index) => {
                self.at_hand[self.lanes.len() + index as usize] = 1;
                self.order.push(self.optional[index as usize].0);
            }
        }
    }

    /// Takes back what took effect after the order had this length.
    fn back_to(&mut self, length: usize) {
        for call in self.order.drain(length..) {
            if self.must[call] {
                self.left += 1;
                *self.left_of.entry(self.labels[call]).or_default() += 1;
            }
        }
    }

    fn explore(&mut self) -> Result<bool, Shortage> {
        if self.arrive(0, None)? {
            return Ok(true);
        }
        let stride = self.at_hand.len();
        while let Some(frame) = self.frames.last_mut() {
            let (length, from) = (frame.order, frame.state);
            if frame.steps.0 == frame.steps.1 {
                self.steps.truncate(frame.steps.0);
                self.frames.pop();
                self.positions.truncate(self.frames.len() * stride);
                continue;
            }
            frame.steps.1 -= 1;
            let step = self.steps[frame.steps.1];
            self.back_to(length);
            self.at_hand.copy_from_slice(&self.positions[self.positions.len() - stride..]);
            self.take(step.who);
            if self.arrive(step.to, Some((step, from)))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Arrives at the configuration at hand. Says whether nothing is left to do.
    fn arrive(&mut self, state: State, via: Option<(Step, State)>) -> Result<bool, Shortage> {
        let before = self.order.len();
        // What changes no state and is possible now takes effect now.
        for lane in 0..self.lanes.len() {
            while let Some(call) = self.front(lane) {
                let label = self.labels[call];
                if !self.machine.facts(label).reads_only || !self.machine.allows(state, label) {
                    break;
                }
                self.take(Who::Lane(lane as u32));
            }
        }
        self.longest = self.longest.max(self.order.len());
        if self.left == 0 {
            return Ok(true);
        }
        if !self.has_hope(state) {
            return Ok(false);
        }
        self.key.clear();
        self.key.push(state);
        self.key.extend_from_slice(&self.at_hand[..self.lanes.len()]);
        if !self.memo.visit(&self.key, &self.at_hand[self.lanes.len()..]) {
            return Ok(false);
        }
        self.visited += 1;
        if self.visited > self.limit {
            return Err(Shortage::Configurations(self.limit));
        }
        if self.visited.is_multiple_of(PATIENCE) {
            self.budget
                .check(self.memo.bytes() + self.machine.bytes() + self.positions.capacity() as u64 * 4)?;
        }
        let first = self.steps.len();
        self.find_steps(state, via.filter(|_| self.order.len() == before));
        self.frames.push(Frame { state, steps: (first, self.steps.len()), order: self.order.len() });
        self.positions.extend_from_slice(&self.at_hand);
        Ok(false)
    }

    /// Whether what waits at the front of each process may still become possible, as far as one can see from here.
    fn has_hope(&mut self, state: State) -> bool {
        let mut others: Vec<Label> =
            self.left_of.iter().filter(|(_, left)| **left > 0).map(|(&label, _)| label).collect();
        if others.len() > KINDS {
            return true;
        }
        let unused =
            self.optional.iter().zip(&self.at_hand[self.lanes.len()..]).filter(|(_, used)| **used == 0);
        others.extend(unused.map(|(&(call, ..), _)| self.labels[call]));
        (0..self.lanes.len()).all(|lane| {
            self.front(lane).is_none_or(|call| self.machine.may_come(state, self.labels[call], &others))
        })
    }

    fn find_steps(&mut self, state: State, via: Option<(Step, State)>) {
        let first = self.steps.len();
        let lanes = 0..self.lanes.len() as u32;
        let optional = 0..self.optional.len() as u32;
        for who in lanes.map(Who::Lane).chain(optional.map(Who::Optional)) {
            let call = match who {
                Who::Lane(lane) => self.front(lane as usize),
                Who::Optional(index) => {
                    let (call, process, after) = self.optional[index as usize];
                    let is_unused = self.at_hand[self.lanes.len() + index as usize] == 0;
                    (is_unused && self.at_hand[process] as usize >= after).then_some(call)
                }
            };
            let Some(call) = call else { continue };
            let label = self.labels[call];
            for index in self.machine.step(state, label) {
                let to = self.machine.target(index);
                if to == state && matches!(who, Who::Optional(_)) {
                    continue;
                }
                let helps = (0..self.lanes.len()).any(|lane| {
                    let next = self.front(lane);
                    next.is_some_and(|next| next != call && self.machine.allows(to, self.labels[next]))
                });
                let step = Step { who, label, to, order: (!helps, who) };
                if !self.is_redundant(step, via) {
                    self.steps.push(step);
                }
            }
        }
        self.steps[first..].sort_unstable_by_key(|step| std::cmp::Reverse(step.order));
    }

    /// Whether what this step leads to is also reached, or dominated, without it, as in the search for linearizations.
    fn is_redundant(&mut self, step: Step, via: Option<(Step, State)>) -> bool {
        let Some((last, from)) = via else { return false };
        // What follows in the same process was not possible before.
        let follows = match (step.who, last.who) {
            (Who::Lane(this), Who::Lane(last)) => this == last,
            (Who::Optional(this), Who::Lane(last)) => self.optional[this as usize].1 == last as usize,
            _ => false,
        };
        if follows {
            return false;
        }
        let is_needless =
            matches!(last.who, Who::Optional(_)) && self.machine.leads(from, step.label, step.to);
        is_needless || step.who < last.who && self.machine.leads_twice(from, step.label, last.label, step.to)
    }
}
