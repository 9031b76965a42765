//! The search: breadth first, level by level, on all threads, as `search.rs` does it for actors.

use std::{
    mem::{Discriminant, discriminant},
    ops::Range,
    path::Path,
    time::{Duration, Instant},
};

use rustc_hash::FxHashSet;

use super::{Invariant, Specification, State, counterexample, kept::Kept};
use crate::{
    DEADLOCK,
    checkpoint::{Pace, ResumeError},
    crew::Crew,
    options::{Options, Phase, Progress, Reductions},
    parallel::{self, Blocks},
    report::{Kind, PropertyReport, Report, Verdict},
    search::{Cut, THREADS},
    sync::{AtomicU64, Ordering},
};

/// States are inserted when so many are waiting: enough for their cache misses to overlap.
const BATCH: usize = 512;

/// How the states of a specification are kept.
pub(super) type KeptOf<T> = <<T as Specification>::State as State>::Kept;
/// A state of a specification, as it is kept.
type KeyOf<T> = <KeptOf<T> as Kept<<T as Specification>::State>>::Key;

/// A property found violated, in the state of this number: or, if there is none, in one that is not within the constraint.
type Found = (&'static str, Option<u32>);

/// A search under way, or finished.
pub(super) struct Search<'a, T: Specification> {
    pub(super) specification: &'a T,
    pub(super) options: &'a Options,
    pub(super) crew: Crew,
    pub(super) invariants: Vec<Invariant<T>>,
    pub(super) states: KeptOf<T>,
    /// Where each level begins, and where the last one ends.
    pub(super) levels: Vec<u32>,
    pub(super) transitions: u64,
    /// Properties found violated, with the level.
    pub(super) found: Vec<(Found, usize)>,
    /// States in which a property is violated: they are not explored.
    pub(super) left_out: FxHashSet<u32>,
    /// An example of each sort of action that was taken.
    pub(super) taken: Vec<(Discriminant<T::Action>, T::Action)>,
    /// The same of those that were taken before it was resumed, as they are shown.
    pub(super) taken_before: Vec<String>,
    /// When it is written down, if it is.
    pub(super) pace: Option<Pace>,
    cuts: Vec<Cut>,
    started: Instant,
    /// When progress was last told, in milliseconds since the start.
    told: AtomicU64,
}

/// A level's work, of one thread.
struct Explore<T: Specification> {
    /// Where steps lead, waiting to be inserted.
    batch: Vec<KeyOf<T>>,
    states: Vec<KeyOf<T>>,
    transitions: u64,
    found: Vec<Found>,
    deadlocked: Vec<u32>,
    taken: Vec<(Discriminant<T::Action>, T::Action)>,
}

/// See [`super::check`].
pub(super) fn check<T: Specification>(specification: &T, options: &Options) -> Report {
    let mut search = Search::new(specification, options);
    search.explore();
    search.report()
}

/// See [`super::resume`].
pub(super) fn resume<T: Specification>(
    specification: &T,
    options: &Options,
    file: &Path,
) -> Result<Report, ResumeError> {
    let mut search = Search::resumed(specification, options, file)?;
    search.explore();
    Ok(search.report())
}

impl<'a, T: Specification> Search<'a, T> {
    /// A search that has reached nothing.
    pub(super) fn empty(specification: &'a T, options: &'a Options) -> Self {
        Search {
            specification,
            options,
            crew: Crew::new(options.threads.clamp(1, THREADS)),
            invariants: specification.invariants(),
            states: KeptOf::<T>::new(options.threads.clamp(1, THREADS)),
            levels: vec![0],
            transitions: 0,
            found: Vec::new(),
            left_out: FxHashSet::default(),
            taken: Vec::new(),
            taken_before: Vec::new(),
            pace: Search::<T>::pace(options),
            cuts: Vec::new(),
            started: Instant::now(),
            told: AtomicU64::new(0),
        }
    }

    /// A search that has reached the initial states.
    fn new(specification: &'a T, options: &'a Options) -> Self {
        let mut search = Search::empty(specification, options);
        let mut explore = search.task();
        for state in specification.initial() {
            if specification.within(&state) {
                explore.batch.push(KeptOf::<T>::key(specification.canonical(state)));
            } else {
                explore.found.extend(search.violated(&state).map(|name| (name, None)));
            }
        }
        search.insert(&mut explore);
        search.levels.push(search.states.len());
        search.conclude(vec![explore], 0);
        search
    }

    /// How many threads work.
    pub(super) fn threads(&self) -> usize {
        self.options.threads.clamp(1, THREADS)
    }

    fn task(&self) -> Explore<T> {
        Explore {
            batch: Vec::with_capacity(2 * BATCH),
            states: Vec::new(),
            transitions: 0,
            found: Vec::new(),
            deadlocked: Vec::new(),
            taken: Vec::new(),
        }
    }

    /// The deepest level, which is the one being explored.
    fn depth(&self) -> usize {
        self.levels.len() - 2
    }

    /// The states of a level.
    pub(super) fn level(&self, level: usize) -> Range<u32> {
        self.levels[level]..self.levels[level + 1]
    }

    /// The invariants that are not true of this state.
    pub(super) fn violated(&self, state: &T::State) -> impl Iterator<Item = &'static str> {
        let broken = self.invariants.iter().filter(|invariant| !(invariant.holds)(self.specification, state));
        broken.map(|invariant| invariant.name)
    }

    /// The number of the state that stands for this one, if that was reached.
    pub(super) fn find(&self, state: &T::State) -> Option<u32> {
        self.states.find(&KeptOf::<T>::key(self.specification.canonical(state.clone())))
    }

    /// Calls `visit` with the states of these numbers, but for those that are not explored.
    pub(super) fn visit(
        &self,
        numbers: Range<u32>,
        keys: &mut Vec<KeyOf<T>>,
        mut visit: impl FnMut(u32, T::State),
    ) {
        keys.clear();
        self.states.get(numbers.clone(), keys);
        for (number, key) in numbers.zip(keys) {
            if self.left_out.is_empty() || !self.left_out.contains(&number) {
                visit(number, KeptOf::<T>::state(key));
            }
        }
    }

    fn explore(&mut self) {
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
            match (self.options.depth, self.options.states) {
                (Some(depth), _) if self.depth() >= depth => self.cuts.push(Cut::Depth(depth)),
                (_, Some(states)) if u64::from(self.states.len()) >= states => {
                    self.cuts.push(Cut::States(states))
                }
                _ => {}
            }
            if self.cuts.is_empty() {
                if self.pace.as_ref().is_some_and(Pace::is_due) {
                    self.write(&start);
                }
                self.explore_level();
            }
            if !self.cuts.is_empty() {
                self.write(&start);
                break;
            }
        }
        if self.levels.len() > 2 && self.level(self.depth()).is_empty() {
            self.levels.pop();
        }
    }

    fn explore_level(&mut self) {
        let depth = self.depth();
        let mut workers = vec![(); self.threads()];
        let this = &*self;
        let blocks = Blocks::of(this.level(depth), workers.len());
        let tasks =
            parallel::each(&this.crew, &mut workers, &blocks, || this.task(), &|at, _, explore, blocks| {
                for numbers in blocks.flatten() {
                    this.part(explore, numbers.clone());
                    if at == 0 {
                        this.tell(Phase::Exploring, u64::from(this.states.len()));
                    }
                    if this.beat().is_some() {
                        break;
                    }
                }
            });
        self.levels.push(self.states.len());
        self.conclude(tasks, depth);
        self.cuts.extend(self.beat());
    }

    /// The steps of some states.
    fn part(&self, explore: &mut Explore<T>, numbers: Range<u32>) {
        let mut keys = std::mem::take(&mut explore.states);
        self.visit(numbers, &mut keys, |number, state| {
            let before = explore.transitions;
            let mut last = explore.taken.last().map(|&(sort, _)| sort);
            self.specification.steps(&state, &mut |action, next| {
                explore.transitions += 1;
                let sort = discriminant(&action);
                if last != Some(sort) {
                    last = Some(sort);
                    note(&mut explore.taken, action);
                }
                if self.specification.within(&next) {
                    explore.batch.push(KeptOf::<T>::key(self.specification.canonical(next)));
                } else {
                    explore.found.extend(self.violated(&next).map(|name| (name, None)));
                }
            });
            let ended = explore.transitions == before && self.specification.deadlock_free();
            if ended && !self.specification.may_end(&state) {
                explore.deadlocked.push(number);
            }
            if explore.batch.len() >= BATCH {
                self.insert(explore);
            }
        });
        explore.states = keys;
        self.insert(explore);
    }

    fn insert(&self, explore: &mut Explore<T>) {
        let Explore { batch, found, .. } = explore;
        self.states.insert(batch, |key, number| {
            found.extend(self.violated(&KeptOf::<T>::state(key)).map(|name| (name, Some(number))));
        });
    }

    /// Takes note of what was found at `level`, in states without steps, and in the last level, which it leads to.
    fn conclude(&mut self, tasks: Vec<Explore<T>>, level: usize) {
        let last = self.depth();
        for task in tasks {
            self.transitions += task.transitions;
            self.left_out.extend(task.found.iter().filter_map(|&(_, number)| number));
            self.found.extend(task.found.into_iter().map(|found| (found, last)));
            self.found.extend(task.deadlocked.into_iter().map(|number| ((DEADLOCK, Some(number)), level)));
            task.taken.into_iter().for_each(|(_, action)| note(&mut self.taken, action));
        }
    }

    /// Whether to stop.
    pub(super) fn beat(&self) -> Option<Cut> {
        if self.options.interrupt.load(std::sync::atomic::Ordering::Relaxed) {
            return Some(Cut::Interrupted);
        }
        self.options.memory.filter(|&limit| self.states.bytes() > limit).map(Cut::Memory)
    }

    /// Says how far it is.
    pub(super) fn tell(&self, phase: Phase, states: u64) {
        const EVERY: Duration = Duration::from_millis(100);
        let Some(progress) = &self.options.progress else { return };
        let now = self.started.elapsed();
        if now >= Duration::from_millis(self.told.load(Ordering::Relaxed)) + EVERY {
            self.told.store(now.as_millis() as u64, Ordering::Relaxed);
            progress(Progress { phase, states, transitions: self.transitions, depth: self.depth() });
        }
    }

    fn report(&self) -> Report {
        let deadlock = self.specification.deadlock_free().then_some((DEADLOCK, Kind::Deadlock));
        let invariants = self.invariants.iter().map(|invariant| (invariant.name, Kind::Safety));
        let otherwise = if self.cuts.is_empty() { Verdict::Holds } else { Verdict::Incomplete };
        let property = |(name, kind)| {
            let level =
                self.found.iter().filter(|((found, _), _)| *found == name).map(|&(_, level)| level).min();
            let counterexample = level.and_then(|level| {
                let targets = self.found.iter().filter(|((found, _), at)| (*found, *at) == (name, level));
                counterexample::shortest(
                    self,
                    name,
                    targets.filter_map(|((_, number), _)| *number).collect(),
                    level,
                )
            });
            let verdict = if level.is_some() { Verdict::Violated } else { otherwise };
            PropertyReport { name, kind, verdict, counterexample }
        };
        let properties: Vec<PropertyReport> = invariants.chain(deadlock).map(property).collect();
        let verdict = match self.found.is_empty() {
            false => Verdict::Violated,
            true => otherwise,
        };
        let mut declared = T::actions();
        declared.sort_unstable();
        let taken = self.taken.iter().map(|(_, action)| format!("{action:?}"));
        let taken: Vec<String> = self.taken_before.iter().cloned().chain(taken).collect();
        let is_taken = |name: &&str| {
            let named = |text: &String| {
                text.strip_prefix(*name).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
            };
            taken.iter().any(named)
        };
        let (marks, unreached) = declared.into_iter().partition(is_taken);
        let reasons: Vec<String> = self.cuts.iter().map(|cut| cut.reason([].into_iter(), None)).collect();
        Report {
            verdict,
            properties,
            incomplete: (!reasons.is_empty()).then(|| reasons.join("; ")),
            states: self.states.len().into(),
            represented: None,
            transitions: self.transitions,
            depth: self.depth(),
            elapsed: self.started.elapsed(),
            store_bytes: self.states.bytes(),
            disk_bytes: 0,
            component_bytes: 0,
            reductions: Reductions::NONE,
            notes: self.note().into_iter().collect(),
            searches: 1,
            threads: self.threads(),
            node_states: 0,
            monitor_states: 0,
            messages: 0,
            handler_calls: 0,
            marks,
            unreached,
        }
    }
}

/// Takes note of an action, if it is the first of its sort.
fn note<A>(taken: &mut Vec<(Discriminant<A>, A)>, action: A) {
    let sort = discriminant(&action);
    if !taken.iter().any(|&(known, _)| known == sort) {
        taken.push((sort, action));
    }
}
