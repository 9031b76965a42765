//! What one thread does with the states of a level: takes their steps, and inserts where these lead.

use rustc_hash::FxHashSet;
use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

use crate::{
    marks::{NUMBERS, Reached},
    memo::{Deed, Name},
    moves::PROGRESS,
    parallel::{Found, Task},
    rows::{Candidates, Rows},
    store::Tables,
    table::Full,
    worker::{After, Sink, Standing, Target, Worker},
};

/// Roots are inserted when so many are waiting: enough for their cache misses to overlap.
const BATCH: usize = 512;

/// So many of those that were found last are kept at hand. Of states that had been reached before most are among so many, in models of
/// Paxos; four times as many would be asked for little more often.
const RECENT: usize = 1 << 11;

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
    progress: bool,
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
            progress: false,
            deadlock_free,
            left_out,
            violating: Vec::new(),
            deadlocked: Vec::new(),
            outside: false,
            represented: 0,
            new,
        }
    }
}

impl Sink for Explore<'_> {
    const WANTS_ALL: bool = false;

    #[inline(always)] // see `push_unless_recent`
    fn step<const W: usize>(&mut self, by: &Deed, to: Target<'_, W>, after: After) {
        self.transitions += 1;
        self.marks[usize::from(by.marks)] = true;
        self.progress |= by.traits & PROGRESS != 0;
        if to.changed != 0 {
            let is_new = self.candidates.push_unless_recent(to.words, to.inner, to.changed);
            let fate = Fate { violates: after.violates, orbit: after.orbit };
            if fate != USUAL && is_new {
                self.fates.resize(self.candidates.len() - 1, USUAL);
                self.fates.push(fate);
            }
        }
    }

    fn unpaid(&mut self, by: &Deed, _: Name) {
        self.progress |= by.traits & PROGRESS != 0; // the bound ended this run, not the system
    }

    fn would_go_on(&mut self) {
        self.progress = true;
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
        let (mut before, mut menus) = (Rows::default(), Vec::new());
        tables.unfold(states.iter().copied(), &mut before);
        tables.ask(&before, &mut menus);
        let nodes = menus.len() / before.len();
        self.candidates.lay_out_as(tables);
        worker.tidy();
        for (before, menus) in before.rows().zip(menus.chunks_exact_mut(nodes)) {
            if self.candidates.len() >= BATCH {
                Task::<A, M>::flush(self, tables)?;
            }
            let state = states[0];
            if !self.left_out.contains(&state) {
                let (candidates, transitions) = (self.candidates.len(), self.transitions);
                self.progress = false;
                match worker.expand(tables, before, menus, self) {
                    Ok(Standing::Explored) => {
                        if self.deadlock_free && !self.progress {
                            self.deadlocked.push(state);
                        }
                    }
                    Ok(Standing::Violating) => {}
                    Ok(Standing::Outside) => self.outside = true,
                    Err(full) => {
                        self.candidates.truncate(candidates);
                        self.fates.truncate(candidates);
                        self.transitions = transitions;
                        return Err(full);
                    }
                }
            }
            *states = &states[1..];
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
