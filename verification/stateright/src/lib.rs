#![doc = include_str!("../README.md")]

mod choices;
mod inbox;
mod model;
mod node;
mod replay;
mod rules;
mod specification;
mod steps;
mod translation;
mod world;

use std::{
    hash::Hash,
    panic::resume_unwind,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use stateright::{Checker, HasDiscoveries, Model};
use synod_actor::{Actor, Ground};
use synod_checker::{System, Trace, transition::Specification};
use synod_properties::Monitor;

use crate::{model::SystemModel, rules::Rules, specification::SpecificationModel};

/// What stateright found.
#[derive(Clone, PartialEq, Debug)]
pub struct Opinion {
    /// Unique states. Stateright tells states apart by a hash of 64 bits, so with some hundred millions of states
    /// it may count one too few.
    pub states: u64,
    /// Steps explored, those that lead back to known states included.
    pub transitions: u64,
    /// The greatest distance of a state from an initial one, in steps. With several threads stateright does not
    /// search strictly level by level, and this may be more or less than that.
    pub depth: usize,
    /// How long it took.
    pub elapsed: Duration,
    /// The safety properties that it found violated, in alphabetical order.
    pub violated: Vec<&'static str>,
    /// Whether everything was explored: neither a bound of the system nor a limit of the search cut anything, nor did
    /// the search stop at a violation with something left to explore.
    pub complete: bool,
}

/// How stateright is to search.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Worker threads.
    pub threads: usize,
    /// Explore everything even after a violation was found. States in violation are never explored further.
    pub exhaustive: bool,
    /// Give up, incomplete, after so many unique states. It takes a few milliseconds to notice, so there may be more.
    pub states: Option<u64>,
}

impl Default for Settings {
    /// One thread, everything, no limit: the settings under which all counts are exact.
    fn default() -> Self {
        Settings { threads: 1, exhaustive: true, states: None }
    }
}

/// Explores the system with stateright's breadth-first checker.
///
/// # Panics
///
/// If the system makes no sense: FIFO links with unbounded duplicates, a clock that shows nothing, a client at a node
/// outside of the group, a monitor that reports a property which it does not list; or has more than 32 safety
/// properties.
pub fn check<A, M>(system: &Arc<System<A, M>>, settings: &Settings) -> Opinion
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let tally = Arc::new(Tally::default());
    let model = SystemModel { rules: Rules::new(system.clone()), tally: tally.clone() };
    explore(model, &tally, settings)
}

/// Whether a counterexample of synod-checker is a run by the rules of this crate: whether steps at its nodes, in its order, lead to
/// a violation of its property, if that is one of safety; and, if it repeats, back to where it begins to. Not for systems
/// whose epochs are translated, where a step may change every node.
pub fn replays<A, M>(system: &Arc<System<A, M>>, trace: &Trace) -> bool
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    Rules::new(system.clone()).replays(trace)
}

/// Explores a specification, which has no actors, with stateright's breadth-first checker. States that are not
/// [within](Specification::within) it are not looked at, symmetry is made use of, and deadlock is not asked for.
///
/// # Panics
///
/// If it has more than 4 invariants.
pub fn check_specification<T>(specification: &Arc<T>, settings: &Settings) -> Opinion
where
    T: Specification + Send + 'static,
    T::State: 'static,
{
    let tally = Arc::new(Tally::default());
    explore(SpecificationModel::new(specification.clone(), tally.clone()), &tally, settings)
}

/// What a model counts beside stateright, and what it is told.
#[derive(Debug, Default)]
struct Tally {
    /// How many states stateright has looked at.
    visited: AtomicU64,
    /// Steps from them.
    transitions: AtomicU64,
    /// Whether something was not explored that is a part of the system.
    cut: AtomicBool,
    /// Set from outside: explore nothing more.
    halt: AtomicBool,
}

fn explore<M>(model: M, tally: &Tally, settings: &Settings) -> Opinion
where
    M: Model<State: Clone + PartialEq + Hash + Send + Sync + 'static, Action: Clone + PartialEq>
        + Send
        + Sync
        + 'static,
{
    let begin = Instant::now();
    let until = if settings.exhaustive { HasDiscoveries::All } else { HasDiscoveries::AnyFailures };
    let mut checker = model.checker().threads(settings.threads.max(1)).finish_when(until).spawn_bfs();

    let workers = checker.handles();
    if let Some(limit) = settings.states {
        // Stateright's own limit counts states as often as they are reached, so we look ourselves.
        let mut pause = Duration::from_micros(50);
        while !workers.iter().all(|worker| worker.is_finished()) {
            if checker.unique_state_count() as u64 >= limit {
                tally.halt.store(true, Relaxed);
                break;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(5));
        }
    }
    for worker in workers {
        worker.join().unwrap_or_else(|panic| resume_unwind(panic));
    }

    let states = checker.unique_state_count() as u64;
    // Read before stateright replays the counterexamples, which counts as looking at their states again.
    let visited = tally.visited.load(Relaxed);
    let transitions = tally.transitions.load(Relaxed);
    let cut = tally.cut.load(Relaxed);
    let mut violated: Vec<_> = checker.discoveries().into_keys().collect();
    violated.sort_unstable();
    Opinion {
        states,
        transitions,
        depth: checker.max_depth().saturating_sub(1),
        elapsed: begin.elapsed(),
        violated,
        complete: !cut && visited == states,
    }
}
