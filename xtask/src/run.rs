//! One model, explored by one engine: an [`Outcome`], whichever engine it was.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Duration,
};

use synod_checker::{Kind, Options, Reductions, Report, Trace, Verdict};
use synod_models::{Case, Entry, Size};
use synod_stateright::{Opinion, Settings};

use crate::{MEMORY, checkpoints::Checkpoints, cli::Engine, exit::Failure, progress::Meter};

/// What was found about one property.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its name.
    pub name: &'static str,
    /// Its sort.
    pub kind: Kind,
    /// What became of it.
    pub verdict: Verdict,
    /// A shortest counterexample, where there is one and the engine tells it.
    pub counterexample: Option<Trace>,
}

/// What was found about one model, and what it cost.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What explored it.
    pub engine: Engine,
    /// The environment, in a few words.
    pub environment: String,
    /// The properties that the engine was asked about.
    pub properties: Vec<Found>,
    /// Why not everything was explored, if a limit or an interrupt is the reason.
    pub incomplete: Option<String>,
    /// Distinct states.
    pub states: u64,
    /// Steps explored.
    pub transitions: u64,
    /// Levels.
    pub depth: usize,
    /// How long it took.
    pub elapsed: Duration,
    /// The most that the process held meanwhile, in bytes.
    pub peak_memory: u64,
    /// What the states alone took, in bytes, where the engine knows.
    pub store_bytes: Option<u64>,
    /// Worker threads.
    pub threads: usize,
    /// The reductions that took place.
    pub reductions: Reductions,
    /// Marks that were never reached, where the engine knows.
    pub unreached: Option<Vec<&'static str>>,
    /// What else there is to say: why a reduction did not take place, or nothing was written down.
    pub notes: Vec<String>,
}

impl Outcome {
    /// Violated if any property is; else incomplete if any is, or if a limit cut the search; else holds.
    pub fn verdict(&self) -> Verdict {
        let any = |verdict| self.properties.iter().any(|property| property.verdict == verdict);
        match () {
            () if any(Verdict::Violated) => Verdict::Violated,
            () if any(Verdict::Incomplete) || self.incomplete.is_some() => Verdict::Incomplete,
            () => Verdict::Holds,
        }
    }

    /// Whether every property was decided, and nothing cut the search.
    pub fn is_complete(&self) -> bool {
        self.incomplete.is_none() && self.properties.iter().all(|p| p.verdict != Verdict::Incomplete)
    }

    /// The properties that are violated.
    pub fn violated(&self) -> impl Iterator<Item = &Found> {
        self.properties.iter().filter(|property| property.verdict == Verdict::Violated)
    }

    /// Bytes per state: of the store where that is known, else of the whole process.
    pub fn bytes_per_state(&self) -> f64 {
        self.store_bytes.unwrap_or(self.peak_memory) as f64 / self.states.max(1) as f64
    }
}

/// Explores models, one after the other.
pub struct Runner {
    /// With this.
    pub engine: Engine,
    /// On so many threads.
    pub threads: usize,
    /// Within so many bytes.
    pub memory: Option<u64>,
    /// When memory ends, states are put on disk there.
    pub spill: Option<PathBuf>,
    /// With these reductions, as far as the engine has any.
    pub reductions: Reductions,
    /// Where searches are written down, and go on from.
    pub checkpoints: Checkpoints,
    interrupt: Arc<AtomicBool>,
}

impl Runner {
    /// A runner that an interrupt from the keyboard stops; a second one ends the process.
    pub fn new(engine: Engine, threads: usize, memory: Option<u64>) -> Runner {
        let interrupt = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&interrupt);
        // Another handler is set already if this is the second runner of the gate; there the default would do.
        let _ = ctrlc::set_handler(move || {
            if flag.swap(true, Ordering::SeqCst) {
                std::process::exit(130);
            }
        });
        let (reductions, checkpoints) = (Reductions::USUAL, Checkpoints::default());
        Runner { engine, threads, memory, spill: None, reductions, checkpoints, interrupt }
    }

    /// With states put on disk in this folder, when memory ends.
    pub fn spill(self, spill: Option<PathBuf>) -> Runner {
        Runner { spill, ..self }
    }

    /// With searches written down, and gone on with.
    pub fn keep(self, checkpoints: Checkpoints) -> Runner {
        Runner { checkpoints, ..self }
    }

    /// With these reductions, not all of them.
    pub fn reduce(self, reductions: Reductions) -> Runner {
        Runner { reductions, ..self }
    }

    /// Whether it was told to stop.
    pub fn is_interrupted(&self) -> bool {
        self.interrupt.load(Ordering::SeqCst)
    }

    /// Explores a model, and shows how far it is, headed by `title`.
    ///
    /// # Errors
    /// A search that was written down cannot be gone on with.
    pub fn run(&self, entry: &Entry, size: Size, title: String) -> Result<Outcome, Failure> {
        let golden =
            entry.golden.iter().find(|golden| (golden.nodes, golden.scale) == (size.nodes, size.scale));
        let reductions = match self.engine {
            Engine::Synod => self.reductions,
            Engine::Stateright => Reductions::NONE,
        };
        let states = golden.and_then(|golden| golden.counts(reductions)).map(|(states, ..)| states);
        let meter = Arc::new(Meter::start(title, states));
        MEMORY.reset_peak_usage();
        let case = (entry.build)(size);
        let outcome = match self.engine {
            Engine::Synod => self.synod(entry.name, case.as_ref(), &meter),
            Engine::Stateright => Ok(self.stateright(case)),
        };
        meter.clear();
        outcome
    }

    fn synod(&self, name: &str, case: &dyn Case, meter: &Arc<Meter>) -> Result<Outcome, Failure> {
        let shown = Arc::clone(meter);
        let options = Options {
            threads: self.threads,
            memory: self.memory,
            spill: self.spill.clone(),
            reductions: self.reductions,
            interrupt: Arc::clone(&self.interrupt),
            checkpoint: self.checkpoints.of(name),
            progress: Some(Arc::new(move |progress| shown.show(progress))),
            ..Options::default()
        };
        let report = match self.checkpoints.written(name) {
            Some(file) => case.resume(&options, &file).map_err(|why| Failure::Usage(why.to_string()))?,
            None => case.check(&options),
        };
        Ok(of_report(case.environment(), report, MEMORY.peak_usage() as u64))
    }

    /// Stateright listens to no interrupt and knows no limit of memory, so it is watched from outside and, if need be, left
    /// alone until the process ends, which it soon does.
    fn stateright(&self, case: Box<dyn Case>) -> Outcome {
        let environment = case.environment();
        let asked = properties(case.as_ref());
        let settings = Settings { threads: self.threads, exhaustive: false, states: None };
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            let opinion = case.stateright(&settings);
            // Nobody listens any more if it was given up.
            let _ = sender.send(opinion);
        });
        let (opinion, incomplete) = loop {
            match receiver.recv_timeout(Duration::from_millis(50)) {
                Ok(opinion) => break (Some(opinion), None),
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    break (None, Some("stateright panicked".into()));
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
            }
            if self.is_interrupted() {
                break (None, Some("interrupted".into()));
            }
            if self.memory.is_some_and(|limit| MEMORY.current_usage() as u64 > limit) {
                self.interrupt.store(true, Ordering::SeqCst);
                break (None, Some("the memory limit was reached".into()));
            }
        };
        let mut outcome = of_opinion(environment, asked, opinion, MEMORY.peak_usage() as u64);
        outcome.incomplete = incomplete;
        outcome.threads = self.threads;
        outcome
    }
}

/// The names and sorts of a case's properties: a search that does not leave the initial state tells them.
fn properties(case: &dyn Case) -> Vec<(&'static str, Kind)> {
    let options = Options { threads: 1, depth: Some(0), ..Options::default() };
    case.check(&options).properties.iter().map(|property| (property.name, property.kind)).collect()
}

fn of_report(environment: String, report: Report, peak_memory: u64) -> Outcome {
    let found = |property: synod_checker::PropertyReport| Found {
        name: property.name,
        kind: property.kind,
        verdict: property.verdict,
        counterexample: property.counterexample,
    };
    Outcome {
        engine: Engine::Synod,
        environment,
        properties: report.properties.into_iter().map(found).collect(),
        incomplete: report.incomplete,
        states: report.states,
        transitions: report.transitions,
        depth: report.depth,
        elapsed: report.elapsed,
        peak_memory,
        store_bytes: Some(report.store_bytes),
        threads: report.threads,
        reductions: report.reductions,
        unreached: Some(report.unreached),
        notes: report.notes,
    }
}

/// Stateright is asked about safety only. It stops at the first violation, which leaves the other properties undecided.
fn of_opinion(
    environment: String,
    asked: Vec<(&'static str, Kind)>,
    opinion: Option<Opinion>,
    peak_memory: u64,
) -> Outcome {
    let violated = opinion.as_ref().map(|opinion| opinion.violated.clone()).unwrap_or_default();
    let complete = opinion.as_ref().is_some_and(|opinion| opinion.complete && violated.is_empty());
    let found = |name| {
        let verdict = match () {
            () if violated.contains(&name) => Verdict::Violated,
            () if complete => Verdict::Holds,
            () => Verdict::Incomplete,
        };
        Found { name, kind: Kind::Safety, verdict, counterexample: None }
    };
    let safety = asked.iter().filter(|(_, kind)| *kind == Kind::Safety).map(|(name, _)| *name);
    Outcome {
        engine: Engine::Stateright,
        environment,
        properties: safety.map(found).collect(),
        // Without a limit only the model's own bounds leave anything out, and then the properties are undecided.
        incomplete: None,
        states: opinion.as_ref().map_or(0, |opinion| opinion.states),
        transitions: opinion.as_ref().map_or(0, |opinion| opinion.transitions),
        depth: opinion.as_ref().map_or(0, |opinion| opinion.depth),
        elapsed: opinion.map_or(Duration::ZERO, |opinion| opinion.elapsed),
        peak_memory,
        store_bytes: None,
        threads: 0,
        reductions: Reductions::NONE,
        unreached: None,
        notes: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{self, size};

    #[test]
    fn a_model_is_explored_by_either_engine() {
        let entry = testing::entry("fake-holds");
        let by = |engine| {
            Runner::new(engine, 2, None).run(&entry, size(3), "title".into()).expect("nothing is resumed")
        };
        let (ours, theirs) = (by(Engine::Synod), by(Engine::Stateright));
        assert_eq!((ours.states, theirs.states), (1_234, 1_234));
        assert_eq!((ours.verdict(), theirs.verdict()), (Verdict::Holds, Verdict::Holds));
        assert_eq!((ours.threads, theirs.threads), (2, 2));
        // Liveness is not asked of stateright.
        assert_eq!((ours.properties.len(), theirs.properties.len()), (3, 2));
        assert_eq!((ours.bytes_per_state(), ours.peak_memory > 0), (8.0, true));
    }

    #[test]
    fn a_violation_leaves_the_rest_undecided() {
        let entry = testing::entry("fake-broken");
        let outcome = Runner::new(Engine::Stateright, 1, None)
            .run(&entry, size(3), String::new())
            .expect("nothing is resumed");
        assert_eq!(outcome.verdict(), Verdict::Violated);
        assert_eq!(outcome.violated().map(|property| property.name).collect::<Vec<_>>(), ["agreement"]);
        assert!(!outcome.is_complete() && outcome.incomplete.is_none());
    }

    #[test]
    fn an_interrupt_stops_even_stateright() {
        let entry = testing::entry("fake-endless");
        let runner = Runner::new(Engine::Stateright, 1, None);
        runner.interrupt.store(true, Ordering::SeqCst);
        let outcome = runner.run(&entry, size(3), String::new()).expect("nothing is resumed");
        assert_eq!(
            (outcome.verdict(), outcome.incomplete.as_deref()),
            (Verdict::Incomplete, Some("interrupted"))
        );
    }

    #[test]
    fn a_limit_of_memory_stops_stateright() {
        let entry = testing::entry("fake-endless");
        let runner = Runner::new(Engine::Stateright, 1, Some(1));
        let outcome = runner.run(&entry, size(3), String::new()).expect("nothing is resumed");
        assert_eq!(outcome.incomplete.as_deref(), Some("the memory limit was reached"));
        assert!(runner.is_interrupted(), "nothing more is started beside it");
    }
}
