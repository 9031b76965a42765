//! Shortest runs, found again when one is wanted.
//!
//! The search keeps no parents. A level is a range of numbers, so a run to a state of level k is found from its end: the
//! states of level k - 1 with a step into it, those of level k - 2 with a step into these, and so on. Then it is walked
//! forward, and wherever several steps lead on, the one whose name comes first is taken: by value, not by number, so the
//! run is the same whatever thread numbered what.

use std::ops::Range;

use rustc_hash::FxHashSet;
use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

use crate::{
    memo::{Move, Name},
    moves::FAIR,
    options::Phase,
    parallel::{self, Task},
    search::Search,
    store::Tables,
    table::Full,
    worker::{After, Sink, Standing, Worker},
};

/// A step from a known state to a known state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Edge {
    pub(crate) from: u32,
    pub(crate) to: u32,
    pub(crate) label: u32,
    /// Which of the outcomes of that label.
    pub(crate) outcome: u32,
    /// By how much epochs were lowered after it.
    pub(crate) lowered: u64,
    pub(crate) fair: bool,
}

/// The steps of a state, and the labels of those that are owed but that no budget pays for any more.
#[derive(Default)]
pub(crate) struct Edges {
    pub(crate) edges: Vec<Edge>,
    pub(crate) unpaid: Vec<u32>,
}

struct Collect<'t> {
    tables: &'t Tables,
    from: u32,
    into: &'t mut Edges,
}

impl Sink for Collect<'_> {
    fn step(&mut self, by: &Move, row: &[u32], _changed: u32, after: After) {
        let to = self.tables.find(row).expect("every step of an explored state leads to a known one");
        self.into.edges.push(Edge {
            from: self.from,
            to,
            label: after.name.0,
            outcome: after.name.1,
            lowered: after.lowered,
            fair: by.traits & FAIR != 0,
        });
    }

    fn unpaid(&mut self, by: &Move, name: Name) {
        if by.traits & FAIR != 0 {
            self.into.unpaid.push(name.0);
        }
    }
}

impl<A, M> Search<'_, '_, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// Fills in the steps of a state, and returns its standing. In another order for other numbers of threads.
    pub(crate) fn edges(&mut self, state: u32, into: &mut Edges) -> Standing {
        loop {
            into.edges.clear();
            into.unpaid.clear();
            if self.left_out.contains(&state) {
                return Standing::Violating;
            }
            let tables = self.store.tables();
            self.workers[0].tidy();
            let mut rows = tables.rows();
            tables.unfold(state..state + 1, &mut rows);
            let mut collect = Collect { tables: &tables, from: state, into };
            if let Ok(standing) = self.workers[0].expand(&tables, rows.row(0), &mut collect) {
                return standing;
            }
            drop(tables);
            self.store.grow();
        }
    }
}

/// Finds the states of a level with a step to a wanted one.
struct Precede<'w> {
    wanted: &'w FxHashSet<u32>,
    left_out: &'w FxHashSet<u32>,
    hits: Vec<u32>,
}

struct Leads<'t> {
    tables: &'t Tables,
    wanted: &'t FxHashSet<u32>,
    leads: bool,
}

impl Sink for Leads<'_> {
    fn step(&mut self, _: &Move, row: &[u32], _: u32, _: After) {
        // A search that was cut in the middle of a level did not insert all of these.
        self.leads |= self.tables.find(row).is_some_and(|to| self.wanted.contains(&to));
    }
}

impl<A, M> Task<A, M> for Precede<'_>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    fn visit(
        &mut self,
        worker: &mut Worker<'_, '_, A, M>,
        tables: &Tables,
        states: &mut Range<u32>,
    ) -> Result<(), Full> {
        worker.tidy();
        let mut rows = tables.rows();
        tables.unfold(states.clone(), &mut rows);
        for row in 0..rows.len() {
            if self.left_out.contains(&states.start) {
                states.start += 1;
                continue;
            }
            let mut leads = Leads { tables, wanted: self.wanted, leads: false };
            worker.expand(tables, rows.row(row), &mut leads)?;
            if leads.leads {
                self.hits.push(states.start);
            }
            states.start += 1;
        }
        Ok(())
    }
}

/// The first of the shortest runs from an initial state to one of `targets`, all of which are in `level`: where it starts,
/// and its steps. `None` if it is interrupted before it is found again.
pub(crate) fn shortest<A, M>(
    search: &mut Search<'_, '_, A, M>,
    targets: impl IntoIterator<Item = u32>,
    level: usize,
) -> Option<(u32, Vec<Edge>)>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let mut on_the_way: Vec<FxHashSet<u32>> = vec![targets.into_iter().collect()];
    for level in (0..level).rev() {
        let range = search.level(level);
        let wanted = on_the_way.last().expect("there is a level above");
        let make = || Precede { wanted, left_out: &search.left_out, hits: Vec::new() };
        let (pulse, options) = (&search.pulse, search.options);
        let beat = |_, _: &Worker<'_, '_, A, M>| pulse.later(options, Phase::Tracing, 0).is_none();
        let tasks = parallel::run(&mut search.workers, &search.store, range, make, &beat);
        if search.beat(Phase::Tracing, 0).is_some() {
            return None;
        }
        let hits = tasks.into_iter().flat_map(|task| task.hits).collect();
        on_the_way.push(hits);
    }
    on_the_way.reverse();

    // Initial states are numbered by one thread, in the order of the nodes' choices.
    let start = *on_the_way[0].iter().min().expect("every state is reached from an initial one");
    let (mut run, mut at, mut steps) = (Vec::new(), start, Edges::default());
    for wanted in &on_the_way[1..] {
        search.edges(at, &mut steps);
        let next = first(search, steps.edges.iter().filter(|edge| wanted.contains(&edge.to)));
        run.push(next);
        at = next.to;
    }
    Some((start, run))
}

/// The step whose name comes first, by value.
fn first<'e, A, M>(search: &Search<'_, '_, A, M>, edges: impl Iterator<Item = &'e Edge>) -> Edge
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let name = |edge: &Edge| (search.components.labels.get(edge.label), edge.outcome);
    *edges.min_by(|a, b| name(a).cmp(&name(b))).expect("a step leads on")
}
