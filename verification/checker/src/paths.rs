//! Shortest runs, found again when one is wanted.
//!
//! The search keeps no parents. A level is a range of numbers, so a run to a state of level k is found from its end: the
//! states of level k - 1 with a step into it, those of level k - 2 with a step into these, and so on. Then it is walked
//! forward, and wherever several steps lead on, the one whose name comes first is taken: by value, not by number, so the
//! run is the same whatever thread numbered what.

use rustc_hash::FxHashSet;
use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

use crate::{
    moves::{FAIR, Move},
    parallel::{self, Task},
    search::Search,
    store::{Store, Tables},
    table::Full,
    worker::{Sink, Standing, Worker},
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
    fn step(&mut self, by: &Move, root: u64, _violates: bool, lowered: u64) {
        let to = self.tables.root().find(root).expect("every step of an explored state leads to a known one");
        self.into.edges.push(Edge {
            from: self.from,
            to,
            label: by.label,
            outcome: by.outcome,
            lowered,
            fair: by.traits & FAIR != 0,
        });
    }

    fn unpaid(&mut self, by: &Move) {
        if by.traits & FAIR != 0 {
            self.into.unpaid.push(by.label);
        }
    }
}

/// Fills in the steps of an explored state, and returns its standing. In another order for other numbers of threads.
pub(crate) fn edges<A, M>(
    worker: &mut Worker<'_, '_, A, M>,
    store: &Store,
    state: u32,
    into: &mut Edges,
) -> Standing
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    loop {
        into.edges.clear();
        into.unpaid.clear();
        let tables = store.tables();
        if let Ok(standing) = worker.expand(&tables, state, &mut Collect { tables: &tables, from: state, into }) { return standing }
        drop(tables);
        store.grow();
    }
}

/// Finds the states of a level with a step to a wanted one.
struct Precede<'w> {
    wanted: &'w FxHashSet<u32>,
    roots: Roots,
    hits: Vec<u32>,
}

#[derive(Default)]
struct Roots(Vec<u64>);

impl Sink for Roots {
    fn step(&mut self, _: &Move, root: u64, _: bool, _: u64) {
        self.0.push(root);
    }
}

impl<A, M> Task<A, M> for Precede<'_>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    fn visit(&mut self, worker: &mut Worker<'_, '_, A, M>, tables: &Tables, state: u32) -> Result<(), Full> {
        self.roots.0.clear();
        worker.expand(tables, state, &mut self.roots)?;
        // A search that was cut in the middle of a level did not insert all of these.
        let wanted = |&root: &u64| tables.root().find(root).is_some_and(|to| self.wanted.contains(&to));
        if self.roots.0.iter().any(wanted) {
            self.hits.push(state);
        }
        Ok(())
    }
}

/// The first of the shortest runs from an initial state to one of `targets`, all of which are in `level`: where it starts,
/// and its steps.
pub(crate) fn shortest<A, M>(
    search: &mut Search<'_, '_, A, M>,
    targets: impl IntoIterator<Item = u32>,
    level: usize,
) -> (u32, Vec<Edge>)
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let mut on_the_way: Vec<FxHashSet<u32>> = vec![targets.into_iter().collect()];
    for level in (0..level).rev() {
        let range = search.level(level);
        let wanted = on_the_way.last().expect("there is a level above");
        let make = || Precede { wanted, roots: Roots::default(), hits: Vec::new() };
        let tasks = parallel::run(&mut search.workers, &search.store, range, make, &|_, _| true);
        let hits = tasks.into_iter().flat_map(|task| task.hits).collect();
        on_the_way.push(hits);
    }
    on_the_way.reverse();

    // Initial states are numbered by one thread, in the order of the nodes' choices.
    let start = *on_the_way[0].iter().min().expect("every state is reached from an initial one");
    let (mut run, mut at, mut steps) = (Vec::new(), start, Edges::default());
    for wanted in &on_the_way[1..] {
        edges(&mut search.workers[0], &search.store, at, &mut steps);
        let next = first(search, steps.edges.iter().filter(|edge| wanted.contains(&edge.to)));
        run.push(next);
        at = next.to;
    }
    (start, run)
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
