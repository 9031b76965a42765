//! What one thread does with the states of a level: takes their steps, and inserts where these lead.

use std::ops::RangeInclusive;

use rustc_hash::FxHashSet;
use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

use crate::{
    marks::{NUMBERS, Reached},
    moves::PROGRESS,
    parallel::{Found, Task},
    rows::{Candidates, Rows, Stretch},
    store::Tables,
    table::Full,
    worker::{After, By, Sink, Standing, Target, Worker},
};

/// Roots are inserted when so many are waiting: enough for their cache misses to overlap.
const BATCH: usize = 512;

/// So many of those that were found last are kept at hand. Of states that had been reached before most are among so many, in models of
/// Paxos; four times as many would be asked for little more often.
const RECENT: usize = 1 << 11;

/// So many states are asked about at once: enough for their cache misses to overlap.
const ASKED: usize = 128;

/// At least and at most so many steps are taken together, if that can be foreseen: enough for what is done once for all of them not to matter,
/// and so few that all of it stays near the processor.
const TOGETHER: RangeInclusive<u64> = 80..=192;

/// What is to be known of a new state.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Fate {
    violates: bool,
    /// How many states it stands for.
    orbit: u32,
}

/// The fate of nearly all states, unless nodes are renamed.
const USUAL: Fate = Fate { violates: false, orbit: 1 };

/// A level's work, of one thread.
pub(super) struct Explore<'e> {
    /// Where steps lead, waiting to be inserted.
    candidates: Candidates,
    /// What is to be known of each if it is new; of those that this is too short for: [`USUAL`].
    fates: Vec<Fate>,
    pub(super) marks: Reached,
    pub(super) transitions: u64,
    /// Of the states that are expanded now, whether each goes on; if it matters.
    goes_on: Vec<bool>,
    /// So many states are expanded together.
    together: usize,
    /// Whether a table was full when the last of them was to be expanded.
    was_full: bool,
    deadlock_free: bool,
    left_out: &'e FxHashSet<u32>,
    pub(super) violating: Vec<u32>,
    pub(super) deadlocked: Vec<u32>,
    pub(super) outside: bool,
    /// How many states the new ones stand for.
    pub(super) represented: u64,
    /// The new ones, if there are other threads.
    pub(super) new: Option<Found>,
}

impl<'e> Explore<'e> {
    /// Nothing is explored yet.
    pub(super) fn new(
        tables: &Tables,
        deadlock_free: bool,
        left_out: &'e FxHashSet<u32>,
        new: Option<Found>,
    ) -> Self {
        Explore {
            candidates: Candidates::new(tables).remembering(RECENT),
            fates: Vec::new(),
            marks: [false; NUMBERS],
            transitions: 0,
            goes_on: Vec::new(),
            together: 8,
            was_full: false,
            deadlock_free,
            left_out,
            violating: Vec::new(),
            deadlocked: Vec::new(),
            outside: false,
            represented: 0,
            new,
        }
    }

    /// Keeps what is to be known of the candidate that came last.
    #[cold]
    fn keep_in_mind(&mut self, fate: Fate) {
        self.fates.resize(self.candidates.len() - 1, USUAL);
        self.fates.push(fate);
    }

    /// Takes the steps of these states, which are in `before`, or of the first of them; returns how many that are.
    fn expand<A, M>(
        &mut self,
        worker: &mut Worker<'_, '_, A, M>,
        tables: &Tables,
        before: Stretch<'_>,
        states: &[u32],
    ) -> Result<usize, Full>
    where
        A: Actor<Uses: Ground>,
        M: Monitor<A::Provides>,
    {
        let transitions = self.transitions;
        self.goes_on.clear();
        let expanded = worker.expand(tables, before, self).inspect_err(|_| self.was_full = true)?;
        if self.deadlock_free {
            let ended = states.iter().zip(&self.goes_on).filter(|&(_, goes_on)| !goes_on);
            self.deadlocked.extend(ended.map(|(state, _)| state));
        }
        if expanded == self.together {
            match self.transitions - transitions {
                few if few < *TOGETHER.start() => self.together = (2 * self.together).min(ASKED),
                many if many > *TOGETHER.end() => self.together = (self.together / 2).max(1),
                _ => {}
            }
        }
        Ok(expanded)
    }

    /// A state with such a step is no deadlock, if the step is the system's own.
    #[inline]
    fn may_go_on(&mut self, of: usize, by: By) {
        if self.deadlock_free {
            self.goes_on[of] |= by.traits & PROGRESS != 0;
        }
    }
}

impl Sink for Explore<'_> {
    const WANTS_ALL: bool = false;

    #[inline]
    fn stands(&mut self, _: usize, standing: Standing) {
        self.outside |= standing == Standing::Outside;
        if self.deadlock_free {
            self.goes_on.push(standing != Standing::Explored);
        }
    }

    #[inline(always)] // see `push_unless_recent`
    fn step<const W: usize>(&mut self, of: usize, by: By, to: Target<'_, W>, after: After) {
        self.transitions += 1;
        self.marks[usize::from(by.marks)] = true;
        self.may_go_on(of, by);
        if to.changed != 0 {
            let is_new = self.candidates.push_unless_recent(to.words, to.inner, to.changed);
            let fate = Fate { violates: after.violates, orbit: after.orbit };
            if fate != USUAL && is_new {
                self.keep_in_mind(fate);
            }
        }
    }

    fn unpaid(&mut self, of: usize, by: By) {
        self.may_go_on(of, by); // the bound ended this run, not the system
    }

    #[inline]
    fn would_go_on(&mut self, of: usize) {
        if self.deadlock_free {
            self.goes_on[of] = true;
        }
    }
}

impl<A, M> Task<A, M> for Explore<'_>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    fn visit(
        &mut self,
        worker: &mut Worker<'_, '_, A, M>,
        tables: &Tables,
        states: &mut &[u32],
    ) -> Result<(), Full> {
        let (mut before, some) = (Rows::default(), states.len().min(ASKED));
        tables.unfold(&states[..some], &mut before);
        tables.ask(&mut before);
        self.candidates.lay_out_as(tables)?;
        worker.tidy();
        // Of states that are left out nothing is to be known. After a table was full one state is done, at least, before menus of many are
        // made: else these could be forgotten again and again before the last of them is there.
        if self.left_out.is_empty() && !std::mem::take(&mut self.was_full) {
            worker.make_menus(tables, &mut before);
        }
        let (mut first, all) = (0, before.len());
        while first < all {
            if self.candidates.len() >= BATCH {
                Task::<A, M>::flush(self, tables)?;
            }
            // One at a time if some are left out, which is seldom.
            let together = if self.left_out.is_empty() { self.together } else { 1 };
            let now = &states[..together.min(all - first)];
            let done = match self.left_out.contains(&now[0]) {
                true => 1,
                false => self.expand(worker, tables, before.stretch(first..first + now.len()), now)?,
            };
            first += done;
            *states = &states[done..];
            if tables.are_awaited() {
                break;
            }
        }
        Ok(())
    }

    fn flush(&mut self, tables: &Tables) -> Result<(), Full> {
        let Explore { candidates, fates, violating, represented, new: found, .. } = self;
        tables.fold(candidates, |at, state, new| {
            if new {
                found.iter_mut().for_each(|found| found.add(state));
                let fate = fates.get(at).unwrap_or(&USUAL);
                *represented += u64::from(fate.orbit);
                if fate.violates {
                    violating.push(state);
                }
            }
        })?;
        fates.clear();
        Ok(())
    }
}
