//! What an entry is, and the list of them all.

use std::{ops::RangeInclusive, path::Path};

use synod_actor::{Actor, Ground};
use synod_checker::{
    Environment, NodeView, Options, Reductions, Report, ResumeError, System,
    audit::{Audit, AuditOptions},
};
use synod_erased::{ErasedSpecification, ErasedSystem};
use synod_properties::Monitor;
use synod_stateright::{Opinion, Settings};

/// How much of a model to explore.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scale {
    /// Seconds: what the gate runs.
    Quick,
    /// Minutes.
    Full,
}

/// Which instance of a model to build.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Size {
    /// How many nodes: within [`Entry::nodes`].
    pub nodes: usize,
    /// How much of it.
    pub scale: Scale,
}

/// A system, whatever its actor and monitor; or a specification without actors.
pub trait Case: Send + Sync {
    /// The environment, in a few words; of a specification, its bounds.
    fn environment(&self) -> String;
    /// Explores it.
    fn check(&self, options: &Options) -> Report;
    /// Goes on with a search that was written down. See [`synod_checker::resume`] and [`synod_checker::transition::resume`].
    ///
    /// # Errors
    /// Like these.
    fn resume(&self, options: &Options, file: &Path) -> Result<Report, ResumeError>;
    /// Explores it with stateright.
    fn stateright(&self, settings: &Settings) -> Opinion;
    /// Looks whether its actor keeps to what the checker takes for granted; `None` if it has no actor.
    fn audit(&self, _options: &AuditOptions) -> Option<Audit> {
        None
    }
}

impl Case for ErasedSystem {
    fn environment(&self) -> String {
        ErasedSystem::environment(self).to_string()
    }

    fn check(&self, options: &Options) -> Report {
        ErasedSystem::check(self, options)
    }

    fn resume(&self, options: &Options, file: &Path) -> Result<Report, ResumeError> {
        ErasedSystem::resume(self, options, file)
    }

    fn stateright(&self, settings: &Settings) -> Opinion {
        ErasedSystem::stateright(self, settings)
    }

    fn audit(&self, options: &AuditOptions) -> Option<Audit> {
        Some(ErasedSystem::audit(self, options))
    }
}

/// A system as a case. Its actor and monitor are put behind pointers: nothing is compiled for it but the actor.
pub(crate) fn case<A, M>(system: System<A, M>) -> Box<dyn Case>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    Box::new(ErasedSystem::new(system))
}

/// A system from a state on in which `goal` is true, in another environment.
pub(crate) fn staged<A, M>(
    system: System<A, M>,
    goal: impl Fn(&[NodeView<'_, A>], &M) -> bool + Send + Sync + 'static,
    environment: Environment,
) -> Box<dyn Case>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    Box::new(ErasedSystem::new(system).from(goal, environment))
}

/// A specification without actors, and the bounds of its runs.
struct Specified {
    specification: ErasedSpecification,
    bounds: String,
}

impl Case for Specified {
    fn environment(&self) -> String {
        self.bounds.clone()
    }

    fn check(&self, options: &Options) -> Report {
        self.specification.check(options)
    }

    fn resume(&self, options: &Options, file: &Path) -> Result<Report, ResumeError> {
        self.specification.resume(options, file)
    }

    fn stateright(&self, settings: &Settings) -> Opinion {
        self.specification.stateright(settings)
    }
}

/// A specification as a case, with its bounds in a few words.
pub(crate) fn specified(
    specification: impl Into<ErasedSpecification>,
    bounds: impl Into<String>,
) -> Box<dyn Case> {
    Box::new(Specified { specification: specification.into(), bounds: bounds.into() })
}

/// What a model is expected to show.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expectation {
    /// The properties expected to be violated. All others are expected to hold, or, if the search stopped early at a
    /// violation of safety, not to be decided.
    pub violated: &'static [&'static str],
    /// The marks that are expected never to be reached at quick scale with the default number of nodes. Says nothing of a
    /// search that stopped early at a violation of safety.
    pub unreached: &'static [&'static str],
}

/// Everything holds, and every step that the protocol names is taken at quick scale.
pub(crate) const HOLDS: Expectation = Expectation { violated: &[], unreached: &[] };

/// Everything holds, and all steps but these are taken at quick scale.
pub(crate) const fn unreached(marks: &'static [&'static str]) -> Expectation {
    Expectation { unreached: marks, ..HOLDS }
}

/// What most entries have in common: three nodes, and nothing that is expected to be violated.
pub(crate) fn three() -> Entry {
    Entry {
        name: "",
        about: "",
        nodes: 3..=3,
        default_nodes: 3,
        build: |_| unreachable!("each entry has its own"),
        expect: HOLDS,
        golden: &[],
        mutant: None,
        tour: false,
    }
}

/// What was counted once, and must be counted again: any change is a change of the protocol or a fault of the checker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Golden {
    /// For how many nodes.
    pub nodes: usize,
    /// At which scale.
    pub scale: Scale,
    /// Distinct states.
    pub states: u64,
    /// Steps.
    pub transitions: u64,
    /// Levels.
    pub depth: usize,
    /// States, steps and levels without dead messages; if nothing is said they are not compared.
    pub reduced: Option<(u64, u64, usize)>,
    /// The same with symmetry too, where nodes are alike.
    pub symmetric: Option<(u64, u64, usize)>,
}

impl Golden {
    /// Without dead messages there are so many states, steps and levels.
    pub(crate) const fn reduced(self, states: u64, transitions: u64, depth: usize) -> Golden {
        Golden { reduced: Some((states, transitions, depth)), ..self }
    }

    /// And these where states that differ by a renaming of nodes are one.
    pub(crate) const fn symmetric(self, states: u64, transitions: u64, depth: usize) -> Golden {
        Golden { symmetric: Some((states, transitions, depth)), ..self }
    }

    /// States, steps and levels, if it is known what they are with these reductions.
    pub fn counts(&self, reductions: Reductions) -> Option<(u64, u64, usize)> {
        match reductions {
            Reductions::NONE => Some((self.states, self.transitions, self.depth)),
            Reductions { dead: true, symmetry: false, order: false } => self.reduced,
            Reductions::USUAL => self.symmetric.or(self.reduced),
            _ => None,
        }
    }
}

/// Distinct states, steps and levels at quick scale, without reductions.
pub(crate) const fn quick(nodes: usize, states: u64, transitions: u64, depth: usize) -> Golden {
    Golden { nodes, scale: Scale::Quick, states, transitions, depth, reduced: None, symmetric: None }
}

/// A known fault, which must be caught.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mutant {
    /// The crate whose protocol has the fault: `consensus`, `clocks`, `links`; or `tla-examples`.
    pub of: &'static str,
    /// What is wrong, in a sentence.
    pub fault: &'static str,
    /// Where it happened: a public report or a paper.
    pub source: &'static str,
}

/// What a model that breaks these properties is expected to show: everything else.
pub(crate) const fn breaks(violated: &'static [&'static str]) -> Expectation {
    Expectation { violated, ..HOLDS }
}

/// An entry for a fault that shows with so many nodes.
pub(crate) fn mutant(
    name: &'static str,
    nodes: usize,
    mutant: Mutant,
    expect: Expectation,
    build: fn(Size) -> Box<dyn Case>,
) -> Entry {
    Entry {
        name,
        about: mutant.fault,
        nodes: nodes..=nodes,
        default_nodes: nodes,
        build,
        expect,
        golden: &[],
        mutant: Some(mutant),
        tour: false,
    }
}

/// An entry of `cargo xtask check`.
pub struct Entry {
    /// Its name, which begins with the algorithm.
    pub name: &'static str,
    /// What it shows, in a short sentence for tables.
    pub about: &'static str,
    /// How many nodes it supports.
    pub nodes: RangeInclusive<usize>,
    /// How many it has when nothing is said.
    pub default_nodes: usize,
    /// Builds an instance.
    pub build: fn(Size) -> Box<dyn Case>,
    /// What is expected.
    pub expect: Expectation,
    /// What was counted.
    pub golden: &'static [Golden],
    /// If it is one: the mutant.
    pub mutant: Option<Mutant>,
    /// Whether it is a part of the tour, which is what `check` without names shows.
    pub tour: bool,
}

/// Every entry, mutants included, in alphabetical order.
pub fn all() -> Vec<Entry> {
    let mut entries: Vec<Entry> = [
        crate::broadcast::entries(),
        crate::cas_paxos::entries(),
        crate::cas_paxos::mutants(),
        crate::fast_paxos::entries(),
        crate::fast_paxos::mutants(),
        crate::links::entries(),
        crate::links_mutants::entries(),
        crate::clocks::entries(),
        crate::clocks_mutants::entries(),
        crate::multi_paxos::entries_of_multi_paxos(),
        crate::mutex::entries(),
        crate::mutex_mutants::entries(),
        crate::paxos::entries(),
        crate::paxos_mutants::entries(),
        crate::raft::entries_of_raft(),
        crate::reconfiguration::entries_of_reconfiguration(),
        crate::reductions::entries_of_reductions(),
        crate::registers::entries(),
        crate::registers_mutants::entries(),
        crate::sessions::entries(),
        crate::split_brain::entries(),
        crate::split_brain::mutants(),
        crate::tla_examples::entries(),
        crate::two_phase::entries(),
        crate::two_phase_mutants::entries(),
        crate::viewstamped::entries_of_viewstamped(),
        crate::zab::entries_of_zab(),
    ]
    .into_iter()
    .flatten()
    .collect();
    entries.sort_by_key(|entry| entry.name);
    entries
}

/// The entry of this name.
pub fn find(name: &str) -> Option<Entry> {
    all().into_iter().find(|entry| entry.name == name)
}

/// The names most like `name`, best first, for error messages. At most three, and none that is not like it at all.
pub fn nearest(name: &str) -> Vec<&'static str> {
    let mut scored: Vec<(f64, &'static str)> = all()
        .iter()
        .map(|entry| {
            // A part of a name, like "duel", is as good as a small misspelling.
            let part = if entry.name.contains(name) { 0.9 } else { 0.0 };
            (strsim::jaro_winkler(name, entry.name).max(part), entry.name)
        })
        .filter(|&(score, _)| score >= 0.75)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.into_iter().map(|(_, name)| name).take(3).collect()
}
