//! A lasso: a shortest run into a trap, and a fair way to go round in it.

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};
use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

use crate::{
    cycles::Trap,
    paths::{self, Edge, Edges},
    search::Search,
};

/// A run that goes on for ever: where it starts, its steps, and the step from which it repeats; if that is their number,
/// nothing more happens.
pub(crate) struct Lasso {
    pub(crate) start: u32,
    pub(crate) steps: Vec<Edge>,
    pub(crate) repeats_from: usize,
}

/// The lasso that gets there first, and among these the one whose steps' names come first. `None` if it is interrupted.
pub(crate) fn lasso<A, M>(search: &mut Search<'_, '_, A, M>, trap: &Trap, level: usize) -> Option<Lasso>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let range = search.level(level);
    let entries: Vec<u32> = match trap {
        Trap::End(states) => states.iter().copied().filter(|state| range.contains(state)).collect(),
        Trap::Cycle(components) => {
            components.iter().flatten().copied().filter(|state| range.contains(state)).collect()
        }
    };
    let (start, mut steps) = paths::shortest(search, entries, level)?;
    let repeats_from = steps.len();
    if let Trap::Cycle(components) = trap {
        let entry = steps.last().map_or(start, |edge| edge.to);
        let component = components.iter().find(|component| component.contains(&entry));
        let mut round = Round {
            search,
            component: component.expect("it ends in one of them"),
            ranks: FxHashMap::default(),
        };
        steps.extend(round.go(entry));
    }
    Some(Lasso { start, steps, repeats_from })
}

struct Round<'r, 'c, 's, A: Actor, M> {
    search: &'r mut Search<'c, 's, A, M>,
    component: &'r FxHashSet<u32>,
    /// The place of each label among all, by value.
    ranks: FxHashMap<u32, usize>,
}

impl<A, M> Round<'_, '_, '_, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// A way round from `entry`, on which every owed step that is possible all the way is taken.
    fn go(&mut self, entry: u32) -> Vec<Edge> {
        let labels = &self.search.components.labels;
        let mut by_value: Vec<u32> = (0..labels.len() as u32).collect();
        by_value.sort_by_cached_key(|&label| labels.get(label));
        self.ranks = by_value.into_iter().enumerate().map(|(rank, label)| (label, rank)).collect();

        let mut way: Vec<Edge> = Vec::new();
        let mut at = entry;
        let mut neglected = self.owed(entry);
        while !neglected.is_empty() {
            // Steps that are never taken in the component are not possible somewhere in it: it would not be fair.
            let leg = self.nearest(at, |round, edge| {
                neglected.contains(&edge.label) || {
                    let owed = round.owed(edge.to);
                    neglected.iter().any(|label| !owed.contains(label))
                }
            });
            for edge in &leg {
                neglected.remove(&edge.label);
                let owed = self.owed(edge.to);
                neglected.retain(|label| owed.contains(label));
                at = edge.to;
            }
            way.extend(leg);
        }
        if at != entry || way.is_empty() {
            way.extend(self.nearest(at, |_, edge| edge.to == entry));
        }
        way
    }

    /// The labels of the owed steps that are possible in a state.
    fn owed(&mut self, state: u32) -> FxHashSet<u32> {
        let mut steps = Edges::default();
        self.search.edges(state, &mut steps);
        let owed = steps.edges.iter().filter(|edge| edge.fair).map(|edge| edge.label);
        owed.chain(steps.unpaid).collect()
    }

    /// The shortest way within the component from a state whose last step is a goal; the first of these by names.
    fn nearest(&mut self, from: u32, mut goal: impl FnMut(&mut Self, &Edge) -> bool) -> Vec<Edge> {
        let mut came_by: FxHashMap<u32, Edge> = FxHashMap::default();
        let mut queue = VecDeque::from([from]);
        let mut steps = Edges::default();
        while let Some(state) = queue.pop_front() {
            self.search.edges(state, &mut steps);
            steps.edges.retain(|edge| self.component.contains(&edge.to));
            steps.edges.sort_by_key(|edge| (self.ranks[&edge.label], edge.outcome));
            for edge in &steps.edges {
                if goal(self, edge) {
                    let mut way = vec![*edge];
                    let mut at = edge.from;
                    while at != from {
                        let before = came_by[&at];
                        way.push(before);
                        at = before.from;
                    }
                    way.reverse();
                    return way;
                }
                if edge.to != from && !came_by.contains_key(&edge.to) {
                    came_by.insert(edge.to, *edge);
                    queue.push_back(edge.to);
                }
            }
        }
        unreachable!("a component is strongly connected, and fair")
    }
}
