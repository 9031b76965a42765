//! What only shows in the whole graph: goals that are no longer possible, and fair runs in which something is owed for
//! ever. Both by strongly connected components, with the steps of a state computed when they are needed.
//!
//! Liveness is under weak fairness: a step that is owed and stays possible for ever is taken at last. A run that stays
//! in states in which something is owed visits, from some time on, only states of one component of the graph of these
//! states. If in each state of the component a step is possible and owed, and no step within the component takes it,
//! then no run that stays there is fair; nor in any part of it. If there is no such step, the run that goes round through
//! all of the component is fair. So one look at each component decides. A run may also end: where no step is owed.

use rustc_hash::{FxHashMap, FxHashSet};
use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

use crate::{
    invariants,
    options::Phase,
    paths::Edges,
    scc::{self, Graph},
    search::{Cut, Search},
    worker::Standing,
};

/// The part of the graph of states that is looked at, and what is to be done with its components.
struct Walk<'w, 'c, 's, A: Actor, M, I, V> {
    search: &'w mut Search<'c, 's, A, M>,
    inside: I,
    visit: V,
    steps: Edges,
}

impl<'c, 's, A, M, I, V> Graph for Walk<'_, 'c, 's, A, M, I, V>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
    I: FnMut(&mut Search<'c, 's, A, M>, u32) -> bool,
    V: FnMut(&mut Search<'c, 's, A, M>, &[u32]),
{
    type Stop = Cut;

    fn inside(&mut self, state: u32) -> bool {
        (self.inside)(self.search, state)
    }

    fn successors(&mut self, state: u32, into: &mut Vec<u32>) {
        self.search.edges(state, &mut self.steps);
        into.extend(self.steps.edges.iter().map(|edge| edge.to));
    }

    fn component(&mut self, members: &[u32], done: u64) -> Result<(), Cut> {
        (self.visit)(self.search, members);
        self.search.beat(Phase::Cycles, done).map_or(Ok(()), Err)
    }
}

/// Calls `visit` with each strongly connected component of the states that are `inside`, every component after those that
/// it leads to. Stops, and says why, when the search is to stop.
fn components<'c, 's, A, M>(
    search: &mut Search<'c, 's, A, M>,
    inside: impl FnMut(&mut Search<'c, 's, A, M>, u32) -> bool,
    visit: impl FnMut(&mut Search<'c, 's, A, M>, &[u32]),
) -> Result<(), Cut>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let states = search.reached();
    scc::components(states, &mut Walk { search, inside, visit, steps: Edges::default() })
}

/// The states of the lowest level from which a goal can no longer be reached, and that level. States from which only
/// unexplored ones are reached are given the benefit of the doubt.
pub(crate) fn impossible<A, M>(
    search: &mut Search<'_, '_, A, M>,
    goal: usize,
) -> Result<Option<(Vec<u32>, usize)>, Cut>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let mut hopeful = vec![false; search.reached() as usize];
    let mut steps = Edges::default();
    components(
        search,
        |_, _| true,
        |search, members| {
            let reached = members.iter().any(|&state| {
                let tables = search.store.tables();
                let goal = &search.components.system.possible[goal].goal;
                let monitor = invariants::monitor(search.components, &tables, state);
                monitor.is_none_or(|monitor| {
                    invariants::view(search.components, &tables, state, |nodes| goal(nodes, &monitor))
                })
            });
            let hope = reached
                || members.iter().any(|&state| {
                    let standing = search.edges(state, &mut steps);
                    standing != Standing::Explored
                        || !steps.unpaid.is_empty()
                        || steps.edges.iter().any(|edge| hopeful[edge.to as usize])
                });
            for &member in members {
                hopeful[member as usize] = hope;
            }
        },
    )?;
    let Some(first) = hopeful.iter().position(|&hope| !hope) else { return Ok(None) };
    let level = search.level_of(first as u32);
    let states = search.level(level).filter(|&state| !hopeful[state as usize]).collect();
    Ok(Some((states, level)))
}

/// Where a run may go on for ever, fairly.
#[derive(Clone, Debug)]
pub(crate) enum Trap {
    /// Nothing more needs to happen in these states.
    End(Vec<u32>),
    /// It can go round in these components.
    Cycle(Vec<FxHashSet<u32>>),
}

/// What is found about a liveness property.
#[derive(Default)]
pub(crate) struct Liveness {
    /// Where fair runs go on for ever while something is owed, and the level at which they get there first.
    pub(crate) trap: Option<(Trap, usize)>,
    /// Runs go on for ever only because the budget of timeouts is used up: then nothing is said about them.
    pub(crate) starved: bool,
}

/// Whether the monitor owes a liveness property, by state: by its world, in fact.
struct Owes {
    name: &'static str,
    by_world: FxHashMap<u32, bool>,
}

impl Owes {
    fn at<A, M>(&mut self, search: &Search<'_, '_, A, M>, state: u32) -> bool
    where
        A: Actor<Uses: Ground>,
        M: Monitor<A::Provides>,
    {
        let tables = search.store.tables();
        let world = invariants::world(search.components, &tables, state);
        let name = self.name;
        *self.by_world.entry(world).or_insert_with(|| {
            let monitor = invariants::monitor(search.components, &tables, state);
            monitor.is_some_and(|monitor| monitor.owes(name))
        })
    }
}

/// Looks for fair runs that owe `name` for ever.
pub(crate) fn liveness<A, M>(search: &mut Search<'_, '_, A, M>, name: &'static str) -> Result<Liveness, Cut>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let mut owes = Owes { name, by_world: FxHashMap::default() };
    let mut found = Liveness::default();
    let mut steps = Edges::default();
    components(
        search,
        |search, state| owes.at(search, state),
        |search, members| {
            let inside: FxHashSet<u32> = members.iter().copied().collect();
            // Owed steps that are possible everywhere in the component, and those that are taken within it.
            let mut possible: Option<FxHashSet<u32>> = None;
            let mut taken: FxHashSet<u32> = FxHashSet::default();
            let mut unpaid: FxHashSet<u32> = FxHashSet::default();
            let (mut goes_round, mut ends) = (false, Vec::new());
            for &state in members {
                if search.edges(state, &mut steps) != Standing::Explored {
                    return; // what comes after it is not known
                }
                let owed = steps.edges.iter().filter(|edge| edge.fair).map(|edge| edge.label);
                let here: FxHashSet<u32> = owed.chain(steps.unpaid.iter().copied()).collect();
                if here.is_empty() {
                    ends.push(state);
                }
                possible = Some(match possible {
                    None => here,
                    Some(everywhere) => everywhere.intersection(&here).copied().collect(),
                });
                unpaid.extend(&steps.unpaid);
                for edge in steps.edges.iter().filter(|edge| inside.contains(&edge.to)) {
                    goes_round = true;
                    taken.insert(edge.label);
                }
            }
            let mut neglected = possible.unwrap_or_default();
            neglected.retain(|label| !taken.contains(label));
            if !ends.is_empty() {
                found.add(search, Trap::End(ends));
            } else if neglected.is_empty() && goes_round {
                found.add(search, Trap::Cycle(vec![inside]));
            } else if !neglected.is_empty() && neglected.is_subset(&unpaid) {
                found.starved = true;
            }
        },
    )?;
    Ok(found)
}

impl Liveness {
    /// Keeps what is reached first; at the same level an end rather than a cycle.
    fn add<A, M>(&mut self, search: &Search<'_, '_, A, M>, trap: Trap)
    where
        A: Actor<Uses: Ground>,
        M: Monitor<A::Provides>,
    {
        let first = match &trap {
            Trap::End(states) => states.iter().min(),
            Trap::Cycle(components) => components.iter().flatten().min(),
        };
        let level = search.level_of(*first.expect("a trap has states"));
        match (&mut self.trap, trap) {
            (Some((_, best)), _) if *best < level => {}
            (Some((Trap::End(all), best)), Trap::End(more)) if *best == level => all.extend(more),
            (Some((Trap::Cycle(all), best)), Trap::Cycle(more)) if *best == level => all.extend(more),
            (Some((Trap::End(_), best)), Trap::Cycle(_)) if *best == level => {}
            (kept, trap) => *kept = Some((trap, level)),
        }
    }
}
