//! The rules as a model of the stateright crate.

use std::sync::{Arc, atomic::Ordering::Relaxed};

use stateright::{Model, Property};
use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

use crate::{Tally, rules::Rules, world::World};

/// A property that is always true. As long as one is left, stateright goes on searching.
pub(crate) const SOMETHING_LEFT: &str = "something is left to find";

/// A system as stateright sees it.
///
/// An action is the state that it leads to. Stateright asks which actions there are before it takes any of them, and
/// an actor's choices are known only once it has run; so the run is kept, not repeated.
pub(crate) struct SystemModel<A: Actor, M> {
    /// The rules.
    pub(crate) rules: Rules<A, M>,
    /// What is counted.
    pub(crate) tally: Arc<Tally>,
}

impl<A, M> Model for SystemModel<A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    type State = World<A, M>;
    type Action = World<A, M>;

    fn init_states(&self) -> Vec<World<A, M>> {
        self.rules.initial()
    }

    fn actions(&self, world: &World<A, M>, actions: &mut Vec<World<A, M>>) {
        self.tally.visited.fetch_add(1, Relaxed);
        if world.broken != 0 {
            return;
        }
        if self.tally.halt.load(Relaxed) || !self.rules.is_inside(world) {
            self.tally.cut.store(true, Relaxed);
            return;
        }
        self.rules.successors(world, actions);
        self.tally.transitions.fetch_add(actions.len() as u64, Relaxed);
    }

    fn next_state(&self, _: &World<A, M>, next: World<A, M>) -> Option<World<A, M>> {
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let safety = self.rules.safety.iter().zip(conditions());
        let mut properties: Vec<_> =
            safety.map(|(name, condition)| Property::always(name, condition)).collect();
        properties.push(Property::always(SOMETHING_LEFT, |_, _| true));
        properties
    }
}

type Condition<A, M> = fn(&SystemModel<A, M>, &World<A, M>) -> bool;

/// Whether the safety property at each position holds: a condition of stateright is a plain function, which cannot
/// know for which property it is asked, so there is one for each.
fn conditions<A: Actor, M>() -> [Condition<A, M>; 32] {
    fn holds<const POSITION: u32, A: Actor, M>(_: &SystemModel<A, M>, world: &World<A, M>) -> bool {
        world.broken & (1 << POSITION) == 0
    }
    macro_rules! each {
        ($($position:literal)*) => { [$(holds::<$position, A, M>),*] };
    }
    each!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31)
}
