//! The search: breadth first, level by level, on all threads.
//!
//! States are numbered in the order of their discovery, so a level is a range of numbers, and nothing else needs to be
//! kept for a state: not its parent (`paths.rs` finds it again), not its depth. A level is always explored whole before
//! anything is concluded, so that neither counts nor counterexamples depend on which thread was faster.

use std::{
    io::ErrorKind,
    ops::Range,
    time::{Duration, Instant},
};

use rustc_hash::FxHashSet;
use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

use explore::Explore;

use crate::{
    checkpoint::{LevelStart, Writer},
    components::Components,
    crew::Crew,
    entries::{Lost, unless_lost},
    forecast::forecast,
    initial::{self, Initial},
    invariants,
    options::{Options, Phase, Progress},
    order::behind,
    parallel::{self, Blocks, Found, Task},
    store::Store,
    sync::{AtomicU64, AtomicUsize, Ordering},
    worker::{LEAST, Worker},
};

mod explore;

/// No more threads work than these.
pub(crate) const THREADS: usize = 128;

/// Tables first grow at so many entries.
const CAPACITY: usize = 1 << 10;

/// Why a search stopped before everything was explored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cut {
    Interrupted,
    Memory(u64),
    /// What does not fit into memory cannot be put on disk.
    Disk(ErrorKind),
    /// What was put on disk cannot be read again.
    Lost(ErrorKind),
    States(u64),
    Depth(usize),
    /// There are states outside of a bound.
    Outside,
    /// A safety property was violated, which is enough.
    Violated,
}

impl From<Lost> for Cut {
    fn from(Lost(why): Lost) -> Self {
        Cut::Lost(why)
    }
}

/// A search under way, or finished.
pub(crate) struct Search<'c, 's, A: Actor, M> {
    pub(crate) components: &'c Components<'s, A, M>,
    pub(crate) store: Store,
    pub(crate) crew: Crew,
    pub(crate) workers: Vec<Worker<'c, 's, A, M>>,
    pub(crate) options: &'c Options,
    /// Where each level begins, and where the last one ends.
    pub(crate) levels: Vec<u32>,
    pub(crate) transitions: u64,
    /// States in which a property is found violated, with its name, and the level they are in.
    pub(crate) found: Vec<(&'static str, u32, usize)>,
    /// The states of the deepest level, by the thread that found them.
    pub(crate) found_by: Vec<Found>,
    /// States that were found to violate a property, and so are not explored.
    pub(crate) left_out: FxHashSet<u32>,
    pub(crate) initial: Vec<Initial>,
    /// How many states of the full system those reached stand for, if nodes are renamed.
    pub(crate) represented: u64,
    /// Why it ended before its time; more than one thing can cut it.
    pub(crate) cuts: Vec<Cut>,
    pub(crate) pulse: Pulse,
    /// Who writes down how far it is, if anybody does.
    pub(crate) writer: Option<Writer>,
}

/// What threads look at while they work, and what they leave there.
pub(crate) struct Pulse {
    /// What workers hold, a place for each.
    memos: Vec<AtomicU64>,
    /// Steps explored in levels that are done.
    transitions: AtomicU64,
    depth: AtomicUsize,
    started: Instant,
    /// When progress was last told, in milliseconds since the start.
    told: AtomicU64,
}

impl<'c, 's, A, M> Search<'c, 's, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// A search that has reached nothing.
    pub(crate) fn empty(components: &'c Components<'s, A, M>, options: &'c Options) -> Self {
        let threads = options.threads.clamp(1, THREADS);
        Search {
            components,
            store: Store::new(
                components.group.len() + 1,
                CAPACITY,
                components.system.translation.is_some(),
                threads,
            ),
            crew: Crew::new(threads),
            workers: (0..threads).map(|_| Worker::new(components)).collect(),
            options,
            levels: vec![0],
            transitions: 0,
            found: Vec::new(),
            found_by: Vec::new(),
            left_out: FxHashSet::default(),
            initial: Vec::new(),
            represented: 0,
            cuts: Vec::new(),
            pulse: Pulse {
                memos: (0..threads).map(|_| AtomicU64::new(0)).collect(),
                transitions: AtomicU64::new(0),
                depth: AtomicUsize::new(0),
                started: Instant::now(),
                told: AtomicU64::new(0),
            },
            writer: None,
        }
    }

    /// A search that has reached the initial states.
    pub(crate) fn new(components: &'c Components<'s, A, M>, options: &'c Options) -> Self {
        let mut search = Search::empty(components, options);
        search.begin();
        search
    }

    /// Reaches the initial states.
    fn begin(&mut self) {
        let (initial, violating) = initial::states(&mut self.workers[0], &self.store);
        self.represented = initial.iter().map(|initial| u64::from(initial.orbit)).sum();
        self.initial = initial;
        self.levels.push(self.states());
        self.conclude_level(violating);
    }

    /// Goes on from where so much had been done.
    pub(crate) fn go_on_from(&mut self, transitions: u64, represented: u64) {
        (self.transitions, self.represented) = (transitions, represented);
        self.pulse.transitions.store(transitions, Ordering::Relaxed);
    }

    /// Whether it was made to stop, whatever there is still to find.
    pub(crate) fn is_stopped(&self) -> bool {
        let stops =
            |cut: &Cut| matches!(cut, Cut::Interrupted | Cut::Memory(_) | Cut::Disk(_) | Cut::Lost(_));
        self.cuts.iter().any(stops)
    }

    /// The deepest level, which is the one being explored.
    pub(crate) fn depth(&self) -> usize {
        self.levels.len() - 2
    }

    /// The states of a level.
    pub(crate) fn level(&self, level: usize) -> Range<u32> {
        self.levels[level]..self.levels[level + 1]
    }

    /// The level of a state.
    pub(crate) fn level_of(&self, state: u32) -> usize {
        self.levels.partition_point(|&start| start <= state) - 1
    }

    /// How many states are stored: while it explores, those that were reached by now.
    pub(crate) fn states(&self) -> u32 {
        self.store.tables().root().len()
    }

    /// How many states were reached, when it has ended. Where nodes are renamed, counterexamples store some more.
    pub(crate) fn reached(&self) -> u32 {
        *self.levels.last().expect("there is a level")
    }

    /// Explores until everything is, or something cuts it.
    pub(crate) fn explore(&mut self) {
        loop {
            let start = self.level_start();
            if self.level(self.depth()).is_empty() {
                self.write(&start);
                break;
            }
            if !self.options.exhaustive && !self.found.is_empty() {
                self.cuts.push(Cut::Violated);
                break;
            }
            if let Some(cut) = self.over_budget() {
                self.write(&start);
                self.cuts.push(cut);
                break;
            }
            if self.writer.as_ref().is_some_and(|writer| writer.pace.is_due()) {
                self.write(&start);
            }
            self.explore_level();
            if self.components.asymmetric.read().is_some() {
                break;
            }
            if self.is_stopped() {
                self.write(&start);
                break;
            }
        }
        if self.levels.len() > 2 && self.level(self.depth()).is_empty() {
            self.levels.pop();
        }
        self.store.with_names(); // what comes now is told to people
    }

    /// Writes down how far it was at the start of a level, if that is wanted.
    fn write(&mut self, start: &LevelStart) {
        if let Some(mut writer) = self.writer.take() {
            writer.write(self, start);
            self.writer = Some(writer);
        }
    }

    pub(crate) fn over_budget(&self) -> Option<Cut> {
        match (self.options.depth, self.options.states) {
            (Some(depth), _) if self.depth() >= depth => Some(Cut::Depth(depth)),
            (_, Some(states)) if u64::from(self.states()) >= states => Some(Cut::States(states)),
            _ => None,
        }
    }

    /// Explores the deepest level. If states turn out to be lost, it is as if it had not begun.
    pub(crate) fn explore_level(&mut self) {
        let (depth, range) = (self.depth(), self.level(self.depth()));
        self.pulse.depth.store(depth, Ordering::Relaxed);
        let threads = self.workers.len();
        let found = Blocks::of_found(range.clone(), std::mem::take(&mut self.found_by));
        let blocks = found.unwrap_or_else(|| Blocks::of(range.clone(), threads));
        let make = || {
            let new = (threads > 1).then(Found::default);
            Explore::new(&self.store.tables(), self.components.system.deadlock_free, &self.left_out, new)
        };
        // Each sort of memo may hold half of what the states do.
        let allowance = self.store.bytes() / 2;
        self.store.prepare(range.end - range.start, forecast(&self.levels), allowance.max(LEAST as u64));
        let each = allowance / self.workers.len() as u64;
        self.workers.iter_mut().for_each(|worker| worker.allow(each));
        let (store, pulse, options) = (&self.store, &self.pulse, self.options);
        let done = range.start;
        let beat = |at: usize, worker: &Worker<'_, '_, A, M>| {
            pulse.beat((at, worker), (store, done), options).is_none()
        };
        let tasks = unless_lost(|| parallel::run(&self.crew, &mut self.workers, store, &blocks, make, &beat));
        let (tasks, None) = (tasks.unwrap_or_default(), self.store.lost()) else {
            self.cuts.extend(self.store.lost().map(Cut::from));
            return;
        };
        let mut violating = Vec::new();
        let mut deadlocked = Vec::new();
        for task in tasks {
            self.transitions += task.transitions;
            self.represented += task.represented;
            self.components.marks.reach(&task.marks);
            self.found_by.extend(task.new);
            violating.extend(task.violating);
            deadlocked.extend(task.deadlocked);
            if task.outside && !self.cuts.contains(&Cut::Outside) {
                self.cuts.push(Cut::Outside);
            }
        }
        self.pulse.transitions.store(self.transitions, Ordering::Relaxed);
        let cut = self.pulse.beat((0, &self.workers[0]), (&self.store, done), self.options);
        self.cuts.extend(cut);
        deadlocked.retain(|&state| self.owes_anything(state));
        self.found.extend(deadlocked.into_iter().map(|state| (crate::DEADLOCK, state, depth)));
        self.levels.push(self.states());
        self.conclude_level(violating);
    }

    /// Looks for violations in the level that was just reached; of `violating` it is known that there is one.
    fn conclude_level(&mut self, violating: Vec<u32>) {
        let level = self.depth();
        let invariants = invariants::violated(self, self.level(level));
        if self.beat(Phase::Exploring, u64::from(self.states())).is_some() && !self.is_stopped() {
            self.cuts.push(Cut::Interrupted); // perhaps in the middle of that
        }
        self.found.extend(invariants.into_iter().map(|(name, state)| (name, state, level)));
        for state in violating {
            let violations = invariants::violations(self.components, &self.store.tables(), state);
            self.found.extend(violations.map(|violation| (violation.property, state, level)));
        }
        self.left_out
            .extend(self.found.iter().filter(|&&(_, _, at)| at == level).map(|&(_, state, _)| state));
        // A state behind which something is violated is explored all the same: what else it leads to is not behind that.
        for (name, state) in behind::violated(self, self.level(level)) {
            if !self.found.iter().any(|&(found, _, at)| found == name && at < level) {
                self.found.push((name, state, level));
            }
        }
    }

    /// Looks at all states of a range, on all threads; not at all of them if it is interrupted.
    pub(crate) fn look_at<T: Task<A, M>>(&mut self, range: Range<u32>, make: impl Fn() -> T) -> Vec<T> {
        let blocks = Blocks::of(range, self.workers.len());
        let (pulse, options, states) = (&self.pulse, self.options, u64::from(self.states()));
        let beat = |_, _: &Worker<'_, '_, A, M>| pulse.later(options, Phase::Exploring, states).is_none();
        parallel::run(&self.crew, &mut self.workers, &self.store, &blocks, make, &beat)
    }

    /// Whether the monitor waits for something in this state.
    fn owes_anything(&self, state: u32) -> bool {
        let tables = self.store.tables();
        let monitor = invariants::monitor(self.components, &tables, state);
        monitor.is_some_and(|monitor| monitor.liveness().into_iter().any(|name| monitor.owes(name)))
    }

    /// For later phases: tells how far they are, and whether they are to stop.
    pub(crate) fn beat(&self, phase: Phase, states: u64) -> Option<Cut> {
        self.pulse.later(self.options, phase, states)
    }

    /// The bytes that components and memos hold.
    pub(crate) fn component_bytes(&self) -> u64 {
        let workers = self.workers.iter().map(Worker::bytes).sum::<u64>();
        self.components.bytes() + self.store.memo_bytes() + workers
    }
}

impl Pulse {
    /// Tells how far a worker is, and whether it is to stop. States below `done` are of levels that are done: they are put on disk if
    /// memory ends, and that may be.
    fn beat<A, M>(
        &self,
        (at, worker): (usize, &Worker<'_, '_, A, M>),
        (store, done): (&Store, u32),
        options: &Options,
    ) -> Option<Cut>
    where
        A: Actor<Uses: Ground>,
        M: Monitor<A::Provides>,
    {
        if options.interrupt.load(std::sync::atomic::Ordering::Relaxed) {
            return Some(Cut::Interrupted);
        }
        if options.spill.is_some()
            && let Some(lost) = store.lost()
        {
            return Some(lost.into());
        }
        if let Some(limit) = options.memory {
            self.memos[at].store(worker.bytes(), Ordering::Relaxed);
            let memos: u64 = self.memos.iter().map(|bytes| bytes.load(Ordering::Relaxed)).sum();
            let is_beyond = || store.bytes() + store.memo_bytes() + worker.components.bytes() + memos > limit;
            // Another thread may have made room meanwhile.
            while is_beyond() {
                match options.spill.as_ref().map(|folder| store.spill(done, folder)) {
                    Some(Ok(true)) => {}
                    Some(Err(why)) => return Some(Cut::Disk(why.kind())),
                    Some(Ok(false)) | None if is_beyond() => {
                        return Some(store.lost().map_or(Cut::Memory(limit), Cut::from));
                    }
                    Some(Ok(false)) | None => {}
                }
            }
        }
        if at == 0 {
            self.tell(options, Phase::Exploring, u64::from(store.tables().root().len()));
        }
        None
    }

    /// For phases in which the search does not grow.
    pub(crate) fn later(&self, options: &Options, phase: Phase, states: u64) -> Option<Cut> {
        self.tell(options, phase, states);
        options.interrupt.load(std::sync::atomic::Ordering::Relaxed).then_some(Cut::Interrupted)
    }

    fn tell(&self, options: &Options, phase: Phase, states: u64) {
        const EVERY: Duration = Duration::from_millis(100);
        let Some(progress) = &options.progress else { return };
        let now = self.started.elapsed();
        if now >= Duration::from_millis(self.told.load(Ordering::Relaxed)) + EVERY {
            self.told.store(now.as_millis() as u64, Ordering::Relaxed);
            progress(Progress {
                phase,
                states,
                transitions: self.transitions.load(Ordering::Relaxed),
                depth: self.depth.load(Ordering::Relaxed),
            });
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
