//! From what was written to a search that goes on, once the parts of states are known again (`restore.rs`).

use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

use super::{
    Unfit,
    saved::{Parts, Saved, SavedSearch},
};
use crate::{
    components::Components,
    initial::Initial,
    invariants,
    options::Options,
    search::{Cut, Search},
    system::System,
};

impl<'c, 's, A, M> Search<'c, 's, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// A search that goes on from there. Its components are restored already.
    pub(crate) fn restored(
        components: &'c Components<'s, A, M>,
        options: &'c Options,
        saved: Saved,
    ) -> Result<Self, Unfit> {
        let Saved { parts, search: from, states, .. } = saved;
        let mut search = Search::empty(components, options);
        search.put_states(&parts, &states)?;
        drop(states);
        let SavedSearch { levels, transitions, represented, found, initial, outside, behind, .. } = from;
        if levels.len() < 2 || levels[0] != 0 || !levels.is_sorted() {
            return Err(Unfit::Damaged("its levels are not in order".into()));
        }
        let known = search.states();
        let names: Vec<String> = found.iter().map(|(name, ..)| name.clone()).collect();
        let names = components.names_of(&names, properties(components.system))?;
        for (name, (_, state, level)) in names.into_iter().zip(found) {
            if state >= known || level as usize >= levels.len() - 1 {
                return Err(Unfit::damaged("a state"));
            }
            search.found.push((name, state, level as usize));
            // Behind a state, with steps put in order (then there are no invariants), unless it is violated there already.
            let is_there = || {
                invariants::violations(components, &search.store.tables(), state)
                    .any(|violation| violation.property == name)
            };
            if name != crate::DEADLOCK && (components.order.is_none() || is_there()) {
                search.left_out.insert(state);
            }
        }
        for one in initial {
            if one.state >= known || one.parts.len() != components.group.len() + 1 {
                return Err(Unfit::damaged("a state"));
            }
            let outcomes = one.outcomes.iter().map(|&outcome| outcome as usize).collect();
            search.initial.push(Initial { state: one.state, outcomes, parts: one.parts, orbit: one.orbit });
        }
        if behind.iter().any(|&world| world as usize >= components.worlds.len()) {
            return Err(Unfit::damaged("a state of the monitor"));
        }
        search.workers[0].behind.worlds.extend(behind);
        search.levels = levels;
        search.go_on_from(transitions, represented);
        if outside {
            search.cuts.push(Cut::Outside);
        }
        Ok(search)
    }

    /// Stores the states, under the numbers that they had.
    fn put_states(&mut self, parts: &Parts, states: &[u32]) -> Result<(), Unfit> {
        let (nodes, inboxes) = (self.components.nodes.len(), self.components.inboxes.len());
        if parts.pairs.len() != self.components.group.len() {
            return Err(Unfit::damaged("the states of its nodes"));
        }
        for (at, of_node) in parts.pairs.iter().enumerate() {
            for (expected, &(node, inbox)) in (0..).zip(of_node) {
                let is_its_own = (node as usize) < nodes && self.components.nodes.owner(node).index() == at;
                if !is_its_own || inbox as usize >= inboxes {
                    return Err(Unfit::damaged("a node with its inbox"));
                }
                let number = loop {
                    let inserted = self.store.tables().number_node(at, node, inbox);
                    match inserted {
                        Ok(number) => break number,
                        Err(_) => self.store.grow(),
                    }
                };
                if number != expected {
                    return Err(Unfit::Damaged("it has a node with its inbox twice".into()));
                }
            }
        }
        let (places, worlds) = (self.components.group.len() + 1, self.components.worlds.len());
        let mut twice = false;
        for (first, block) in (0..).step_by(BLOCK).zip(states.chunks(BLOCK * places)) {
            let mut expected = first..;
            for state in block.chunks(places) {
                let (world, nodes) = state.split_last().expect("a state has parts");
                let mut all = nodes.iter().zip(&parts.pairs);
                if *world as usize >= worlds || all.any(|(&part, known)| part as usize >= known.len()) {
                    return Err(Unfit::damaged("a part of a state"));
                }
            }
            while !self.store.put(block.chunks(places), |number| {
                twice |= expected.next() != Some(number);
            }) {
                expected = first..;
                twice = false;
                self.store.grow();
            }
        }
        if twice { Err(Unfit::Damaged("it has a state twice".into())) } else { Ok(()) }
    }
}

/// So many states are stored at once.
const BLOCK: usize = 1 << 10;

/// All names that a violation may have.
fn properties<A, M>(system: &System<A, M>) -> Vec<&'static str>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let invariants = system.invariants.iter().map(|invariant| invariant.name);
    let own = [crate::TOTAL, crate::DEADLOCK];
    system.monitor.safety().into_iter().chain(invariants).chain(own).collect()
}
