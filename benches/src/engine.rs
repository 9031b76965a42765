//! The checkers that are compared.

use std::{fmt, sync::Arc};

use synod_checker::{Options, Reductions, Verdict};
use synod_models::paxos::Model;
use synod_stateright::Settings;

/// A checker, and how it is run. Each explores everything, with all limits off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    /// `synod_checker`, on so many threads.
    Synod(usize),
    /// The stateright crate, on one thread.
    Stateright,
}

/// What a search counted. Two checkers that take a system for the same count the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Count {
    /// Distinct states.
    pub states: u64,
    /// Steps, those that lead back to known states included.
    pub transitions: u64,
}

impl Engine {
    /// Explores a system, and counts.
    ///
    /// # Panics
    /// If a property is violated, or the search came to no end: then what it took says nothing.
    pub fn explore(self, system: &Arc<Model>) -> Count {
        match self {
            Engine::Synod(threads) => {
                let reductions = Reductions::NONE; // stateright has none of them
                let options = Options { threads, exhaustive: true, reductions, ..Options::default() };
                let report = synod_checker::check(system, &options);
                assert_eq!(report.verdict, Verdict::Holds, "{:?}", report.incomplete);
                Count { states: report.states, transitions: report.transitions }
            }
            Engine::Stateright => {
                let settings = Settings { threads: 1, exhaustive: true, states: None };
                let opinion = synod_stateright::check(system, &settings);
                assert!(opinion.complete && opinion.violated.is_empty(), "{opinion:?}");
                Count { states: opinion.states, transitions: opinion.transitions }
            }
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Engine::Synod(1) => write!(f, "synod, 1 thread"),
            Engine::Synod(threads) => write!(f, "synod, {threads} threads"),
            Engine::Stateright => write!(f, "stateright, 1 thread"),
        }
    }
}
