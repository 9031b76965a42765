//! Shortest runs, found again when one is wanted.
//!
//! The search keeps no parents. A level is a range of numbers, so a run to a state of level k is found from its end: the
//! states of level k - 1 with a step into it, those of level k - 2 with a step into these, and so on. Then it is walked
//! forward, and wherever several steps lead on, the one whose name comes first is taken: by value, not by number, so the
//! run is the same whatever thread numbered what.
//!
//! Where nodes are renamed, levels hold representatives. The way back goes from one to the other. The way forward is a run of the full
//! system: from a state itself, by a step whose representative is on the way. The states that it goes through are stored
//! behind all others, so that they have numbers too.

use rustc_hash::FxHashSet;
use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

use crate::{
    initial::Initial,
    moves::FAIR,
    options::Phase,
    parallel::{self, Blocks, Task},
    rows::{Candidates, Rows},
    search::Search,
    store::Tables,
    table::Full,
    worker::{After, By, Sink, Standing, Target, Worker},
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
    /// What it does to the world.
    pub(crate) delta: u32,
}

impl Edge {
    fn new(from: u32, to: u32, by: By, lowered: u64) -> Self {
        let By { traits, delta, name: (label, outcome), .. } = by;
        Edge { from, to, label, outcome, lowered, fair: traits & FAIR != 0, delta }
    }
}

/// The steps of a state, and the labels of those that are owed but that no budget pays for any more.
#[derive(Default)]
pub(crate) struct Edges {
    pub(crate) edges: Vec<Edge>,
    pub(crate) unpaid: Vec<u32>,
    /// The words of the states that they lead to.
    words: Vec<u64>,
}

/// Collects the steps of a state; where they lead is looked up afterwards, all at once.
struct Collect<'t> {
    words_each: usize,
    from: u32,
    standing: Standing,
    into: &'t mut Edges,
}

impl Sink for Collect<'_> {
    fn stands(&mut self, _: usize, standing: Standing) {
        self.standing = standing;
    }

    fn step<const W: usize>(&mut self, _: usize, by: By, to: Target<'_, W>, after: After) {
        self.into.words.extend_from_slice(&to.words[..self.words_each]);
        self.into.edges.push(Edge::new(self.from, 0, by, after.lowered)); // known below
    }

    fn unpaid(&mut self, _: usize, by: By) {
        if by.traits & FAIR != 0 {
            self.into.unpaid.push(by.name.0);
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
            into.words.clear();
            if self.left_out.contains(&state) {
                return Standing::Violating;
            }
            let tables = self.store.tables();
            self.workers[0].tidy();
            let mut rows = Rows::default();
            tables.unfold(&[state], &mut rows);
            tables.ask(&mut rows);
            let (words_each, standing) = (rows.words_each, Standing::Explored);
            let mut collect = Collect { words_each, from: state, standing, into };
            if self.workers[0].expand(&tables, rows.all(), &mut collect).is_ok() {
                let standing = collect.standing;
                let Edges { edges, words, .. } = into;
                tables.find_all(words, |at, to| {
                    edges[at].to = to.expect("every step of an explored state leads to a known one");
                });
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

/// Collects the words of where a state leads.
struct Leads {
    words_each: usize,
    words: Vec<u64>,
}

impl Sink for Leads {
    fn step<const W: usize>(&mut self, _: usize, _: By, to: Target<'_, W>, _: After) {
        self.words.extend_from_slice(&to.words[..self.words_each]);
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
        states: &mut &[u32],
    ) -> Result<(), Full> {
        worker.tidy();
        let mut rows = Rows::default();
        tables.unfold(states, &mut rows);
        tables.ask(&mut rows);
        let mut leads = Leads { words_each: rows.words_each, words: Vec::new() };
        for at in 0..rows.len() {
            let state = states[0];
            if !self.left_out.contains(&state) {
                leads.words.clear();
                worker.expand(tables, rows.stretch(at..at + 1), &mut leads)?;
                let mut is_hit = false;
                // A search that was cut in the middle of a level did not insert all of these.
                tables.find_all(&leads.words, |_, to| {
                    is_hit |= to.is_some_and(|to| self.wanted.contains(&to));
                });
                if is_hit {
                    self.hits.push(state);
                }
            }
            *states = &states[1..];
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
        let blocks = Blocks::of(search.level(level), search.workers.len());
        let wanted = on_the_way.last().expect("there is a level above");
        let make = || Precede { wanted, left_out: &search.left_out, hits: Vec::new() };
        let (pulse, options) = (&search.pulse, search.options);
        let beat = |_, _: &Worker<'_, '_, A, M>| pulse.later(options, Phase::Tracing, 0).is_none();
        let tasks = parallel::run(&search.crew, &mut search.workers, &search.store, &blocks, make, &beat);
        if search.beat(Phase::Tracing, 0).is_some() {
            return None;
        }
        let hits = tasks.into_iter().flat_map(|task| task.hits).collect();
        on_the_way.push(hits);
    }
    on_the_way.reverse();

    // Initial states are numbered by one thread, in the order of the nodes' choices.
    let start = *on_the_way[0].iter().min().expect("every state is reached from an initial one");
    if search.components.renamings.is_some() {
        return Some(search.unfold(start, &on_the_way[1..]));
    }
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

/// Collects the steps of a state, with the states they lead to, which need not be stored.
struct Plain<'p> {
    tables: &'p Tables,
    from: u32,
    steps: &'p mut Vec<(Edge, Vec<u32>)>,
}

impl Sink for Plain<'_> {
    fn step<const W: usize>(&mut self, _: usize, by: By, to: Target<'_, W>, after: After) {
        let parts = self.tables.parts_of(to.words).collect();
        self.steps.push((Edge::new(self.from, u32::MAX, by, after.lowered), parts));
    }
}

impl<A, M> Search<'_, '_, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// A run of the full system whose representatives are these: where it starts, and its steps.
    fn unfold(&mut self, start: u32, on_the_way: &[FxHashSet<u32>]) -> (u32, Vec<Edge>) {
        let initial = self.initial.iter().find(|initial| initial.state == start);
        let Initial { outcomes, parts, .. } = initial.expect("it is an initial state").clone();
        let start = self.keep(&parts);
        self.initial.push(Initial { state: start, outcomes, parts, orbit: 0 });
        let (mut run, mut at) = (Vec::new(), start);
        for wanted in on_the_way {
            let steps = loop {
                if let Ok(steps) = self.plain_steps(at, wanted) {
                    break steps;
                }
                self.store.grow();
            };
            let mut next = first(self, steps.iter().map(|(edge, _)| edge));
            let same =
                |(edge, _): &&(Edge, Vec<u32>)| (edge.label, edge.outcome) == (next.label, next.outcome);
            let (_, parts) = steps.iter().find(same).expect("it is one of them");
            next.to = self.keep(parts);
            run.push(next);
            at = next.to;
        }
        (start, run)
    }

    /// The steps of a state itself to a state whose representative is wanted.
    fn plain_steps(&mut self, state: u32, wanted: &FxHashSet<u32>) -> Result<Vec<(Edge, Vec<u32>)>, Full> {
        let (tables, worker) = (self.store.tables(), &mut self.workers[0]);
        let mut rows = Rows::default();
        tables.unfold(&[state], &mut rows);
        tables.ask(&mut rows);
        let mut steps = Vec::new();
        worker.plain = true;
        let mut plain = Plain { tables: &tables, from: state, steps: &mut steps };
        let expanded = worker.expand(&tables, rows.all(), &mut plain);
        worker.plain = false;
        expanded?;
        let mut on_the_way = Vec::new();
        for (edge, parts) in steps {
            let mut representative = parts.clone();
            worker.represent(&tables, &mut representative)?;
            if tables.find_parts(&representative).is_some_and(|state| wanted.contains(&state)) {
                on_the_way.push((edge, parts));
            }
        }
        Ok(on_the_way)
    }

    /// The number of a state, which is stored if it is not yet.
    pub(crate) fn keep(&mut self, parts: &[u32]) -> u32 {
        loop {
            let tables = self.store.tables();
            let (mut candidates, mut number) = (Candidates::new(&tables), None);
            let kept = candidates
                .push_parts(&tables, parts)
                .and_then(|()| tables.fold(&mut candidates, |_, state, _| number = Some(state)));
            if kept.is_ok() {
                return number.expect("one state, one answer");
            }
            drop(tables);
            self.store.grow();
        }
    }
}
