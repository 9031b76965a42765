//! A counterexample of synod-checker, gone through again by the rules of this crate.

use std::collections::HashSet;

use synod_actor::{Actor, Ground};
use synod_checker::{Trace, TraceStep};
use synod_properties::Monitor;

use crate::{rules::Rules, world::World};

type Worlds<A, M> = HashSet<World<A, M>>;

impl<A, M> Rules<A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// Whether steps at the nodes of the trace, in its order, lead from an initial world to one in which its property is
    /// violated, if it is one of safety; and, if it repeats, whether they can come back to where that begins.
    pub(crate) fn replays(&self, trace: &Trace) -> bool {
        let (way, round) = trace.steps.split_at(trace.repeats_from.unwrap_or(trace.steps.len()));
        let worlds = self.after(self.initial().into_iter().collect(), way);
        let is_reached = match self.safety.iter().position(|name| *name == trace.property) {
            Some(property) => worlds.iter().any(|world| world.broken & (1 << property) != 0),
            None => !worlds.is_empty(),
        };
        let comes_back =
            |world: &World<A, M>| self.after(HashSet::from([world.clone()]), round).contains(world);
        is_reached && (round.is_empty() || worlds.iter().any(comes_back))
    }

    /// Where steps like these lead.
    fn after(&self, worlds: Worlds<A, M>, steps: &[TraceStep]) -> Worlds<A, M> {
        steps.iter().fold(worlds, |worlds, step| {
            let mut next = HashSet::new();
            let mut successors = Vec::new();
            for world in worlds.iter().filter(|world| world.broken == 0) {
                self.successors(world, &mut successors);
                next.extend(successors.drain(..).filter(|after| {
                    let nodes = self.group.iter().zip(world.nodes.iter().zip(&after.nodes));
                    nodes.into_iter().all(|(id, (before, after))| *id == step.node || before == after)
                }));
            }
            next
        })
    }
}
