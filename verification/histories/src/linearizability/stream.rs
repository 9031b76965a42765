//! Linearizability of a history that still grows.
//!
//! After each return, all configurations in which it took effect are known: which open calls took effect, and the state (the
//! just-in-time linearization of Lowe 2017, section 5). What ended and took effect is forgotten, so that memory is bounded by
//! how many calls are open at a time, and how many were lost. A return is looked at as soon as it is known how all calls that
//! began before it ended: until then nobody knows what they may have answered.

use std::collections::{BTreeMap, VecDeque};

use rustc_hash::{FxHashMap, FxHashSet};
use synod_specifications::Specification;

use crate::machine::{Label, Machine, State, Steps};

/// How many bytes of states and steps may be remembered, whatever use they are.
const MEMORY: u64 = 1 << 24;

/// How a call ended.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Fate {
    Open,
    Ended(Label),
    /// It may take effect at any later time, or never.
    Lost(Label),
}

/// A history that grows.
#[derive(Debug)]
pub struct Stream<'a, S: Specification> {
    machine: Machine<'a, S>,
    calls: BTreeMap<u64, (S::Operation, Fate)>,
    begun: u64,
    /// Returns that wait until enough is known: which call, and how many had begun.
    returns: VecDeque<(u64, u64)>,
    /// The state, and the calls that took effect and are not forgotten.
    frontier: FxHashSet<Configuration>,
    limit: usize,
}

type Configuration = (State, Vec<u64>);

/// What a stream says when it can no longer go on.
#[derive(Clone, Debug)]
pub enum Stop<S: Specification> {
    /// The history is not linearizable: this operation with this answer could not have taken effect before it ended, and these
    /// states were possible before it.
    Wrong((S::Operation, Option<S::Answer>), Vec<S::State>),
    /// There are more configurations than are allowed.
    TooMany(usize),
}

impl<'a, S: Specification> Stream<'a, S> {
    /// An empty history; it may come to at most `limit` configurations at a time.
    pub fn new(specification: &'a S, limit: usize) -> Self {
        Stream {
            machine: Machine::new(specification),
            calls: BTreeMap::new(),
            begun: 0,
            returns: VecDeque::new(),
            frontier: FxHashSet::from_iter([(0, Vec::new())]),
            limit,
        }
    }

    /// A call begins. What comes back names it from then on.
    pub fn begin(&mut self, operation: S::Operation) -> u64 {
        let call = self.begun;
        self.begun += 1;
        self.calls.insert(call, (operation, Fate::Open));
        call
    }

    /// A call ended, and took effect; the answer is `None` if it is not known.
    ///
    /// # Errors
    /// The history is not linearizable, or too much is possible.
    pub fn end(&mut self, call: u64, answer: Option<&S::Answer>) -> Result<(), Stop<S>> {
        if let Some((operation, fate)) = self.calls.get_mut(&call) {
            *fate = Fate::Ended(self.machine.label(operation, answer));
            self.returns.push_back((call, self.begun));
        }
        self.advance(false)
    }

    /// Nobody will ever know how a call ended.
    ///
    /// # Errors
    /// The history is not linearizable, or too much is possible.
    pub fn lose(&mut self, call: u64) -> Result<(), Stop<S>> {
        if let Some((operation, fate)) = self.calls.get_mut(&call) {
            let label = self.machine.label(operation, None);
            *fate = Fate::Lost(label);
            if self.machine.facts(label).reads_only {
                self.calls.remove(&call);
            }
        }
        self.advance(false)
    }

    /// A call failed: it took no effect.
    ///
    /// # Errors
    /// The history is not linearizable, or too much is possible.
    pub fn fail(&mut self, call: u64) -> Result<(), Stop<S>> {
        self.calls.remove(&call);
        self.advance(false)
    }

    /// The history ended: what is open is lost.
    ///
    /// # Errors
    /// The history is not linearizable, or too much is possible.
    pub fn finish(&mut self) -> Result<(), Stop<S>> {
        self.advance(true)
    }

    /// How many configurations are possible now.
    pub fn configurations(&self) -> usize {
        self.frontier.len()
    }

    /// Looks at the returns of which enough is known, or at all.
    fn advance(&mut self, is_over: bool) -> Result<(), Stop<S>> {
        if is_over {
            for (operation, fate) in self.calls.values_mut().filter(|(_, fate)| *fate == Fate::Open) {
                *fate = Fate::Lost(self.machine.label(operation, None));
            }
        }
        while let Some(&(call, begun)) = self.returns.front() {
            if self.calls.range(..begun).any(|(_, (_, fate))| *fate == Fate::Open) {
                break;
            }
            self.returns.pop_front();
            self.look_at(call, begun)?;
            self.calls.remove(&call);
            if self.machine.bytes() > MEMORY {
                self.renew();
            }
        }
        Ok(())
    }

    /// Forgets states and steps that are of no use any more.
    fn renew(&mut self) {
        let mut machine = Machine::new(self.machine.specification());
        for (_, fate) in self.calls.values_mut() {
            if let Fate::Ended(label) | Fate::Lost(label) = fate {
                let (operation, answer) = self.machine.labelled(*label);
                *label = machine.label(operation, answer.as_ref());
            }
        }
        let frontier = std::mem::take(&mut self.frontier);
        let number = |(state, done): Configuration| (machine.number(self.machine.state(state).clone()), done);
        self.frontier = frontier.into_iter().map(number).collect();
        self.machine = machine;
    }

    /// Finds the configurations in which this call took effect, from those that were possible before.
    fn look_at(&mut self, target: u64, begun: u64) -> Result<(), Stop<S>> {
        // What may take effect: whether it must, and what it is.
        let open: Vec<(u64, bool, Label)> = self
            .calls
            .range(..begun)
            .filter_map(|(&call, (_, fate))| match *fate {
                Fate::Ended(label) => Some((call, true, label)),
                Fate::Lost(label) => Some((call, false, label)),
                Fate::Open => None,
            })
            .collect();
        let mut seen: FxHashSet<Configuration> = std::mem::take(&mut self.frontier);
        let mut next: Vec<Configuration> = seen.iter().cloned().collect();
        let mut states: FxHashSet<State> = FxHashSet::default();
        // By state and calls that must take effect: those of the others that did, the fewer the better.
        let mut found: FxHashMap<Configuration, Vec<Vec<u64>>> = FxHashMap::default();
        let is_lost = |call: &u64| open.iter().any(|&(other, must, _)| other == *call && !must);
        while let Some((state, mut done)) = next.pop() {
            for &(call, must, label) in &open {
                let reads = must && self.machine.facts(label).reads_only && self.machine.allows(state, label);
                if reads && let Err(place) = done.binary_search(&call) {
                    done.insert(place, call);
                }
            }
            if let Ok(place) = done.binary_search(&target) {
                done.remove(place);
                let (lost, must): (Vec<u64>, Vec<u64>) = done.into_iter().partition(is_lost);
                let known = found.entry((state, must)).or_default();
                if !known.iter().any(|fewer| fewer.iter().all(|call| lost.contains(call))) {
                    known.retain(|more| !lost.iter().all(|call| more.contains(call)));
                    known.push(lost);
                }
                continue;
            }
            states.insert(state);
            for &(call, must, label) in &open {
                let Err(place) = done.binary_search(&call) else { continue };
                for index in self.machine.step(state, label) {
                    let to = self.machine.target(index);
                    if to == state && !must {
                        continue;
                    }
                    let mut more = done.clone();
                    more.insert(place, call);
                    if seen.len() >= self.limit {
                        return Err(Stop::TooMany(self.limit));
                    }
                    if seen.insert((to, more.clone())) {
                        next.push((to, more));
                    }
                }
            }
        }
        if found.is_empty() {
            let mut states: Vec<S::State> =
                states.into_iter().map(|state| self.machine.state(state).clone()).collect();
            states.sort_unstable();
            let label = open.iter().find(|&&(call, ..)| call == target).map(|&(.., label)| label);
            let wrong = self.machine.labelled(label.expect("what returns is open")).clone();
            return Err(Stop::Wrong(wrong, states));
        }
        self.frontier = found
            .into_iter()
            .flat_map(|((state, must), lost)| {
                lost.into_iter().map(move |lost| {
                    let mut done = [must.clone(), lost].concat();
                    done.sort_unstable();
                    (state, done)
                })
            })
            .collect();
        Ok(())
    }
}
