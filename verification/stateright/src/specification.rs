//! A specification without actors as a model of the stateright crate.

use std::{
    marker::PhantomData,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use stateright::{Model, Property};
use synod_checker::transition::{Invariant, Specification};

use crate::{Tally, model::SOMETHING_LEFT};

/// A specification as stateright sees it. As for [systems](crate::model::SystemModel), an action is the state that it leads to.
pub(crate) struct SpecificationModel<T: Specification> {
    specification: Arc<T>,
    invariants: Vec<Invariant<T>>,
    tally: Arc<Tally>,
}

impl<T: Specification> SpecificationModel<T> {
    pub(crate) fn new(specification: Arc<T>, tally: Arc<Tally>) -> Self {
        let invariants = specification.invariants();
        assert!(
            invariants.len() <= Conditions::<T>::ALL.len(),
            "more invariants than stateright is asked about"
        );
        SpecificationModel { specification, invariants, tally }
    }

    fn holds(&self, position: usize, state: &T::State) -> bool {
        (self.invariants[position].holds)(&self.specification, state)
    }
}

impl<T> Model for SpecificationModel<T>
where
    T: Specification + Send + 'static,
    T::State: 'static,
{
    type State = T::State;
    type Action = T::State;

    fn init_states(&self) -> Vec<T::State> {
        let within =
            self.specification.initial().into_iter().filter(|state| self.specification.within(state));
        let mut states: Vec<T::State> = Vec::new();
        for state in within.map(|state| self.specification.canonical(state)) {
            if !states.contains(&state) {
                states.push(state);
            }
        }
        states
    }

    fn actions(&self, state: &T::State, actions: &mut Vec<T::State>) {
        self.tally.visited.fetch_add(1, Relaxed);
        if !(0..self.invariants.len()).all(|position| self.holds(position, state)) {
            return;
        }
        if self.tally.halt.load(Relaxed) {
            self.tally.cut.store(true, Relaxed);
            return;
        }
        let mut transitions = 0;
        self.specification.steps(state, &mut |_, next| {
            transitions += 1;
            if self.specification.within(&next) {
                actions.push(self.specification.canonical(next));
            }
        });
        self.tally.transitions.fetch_add(transitions, Relaxed);
    }

    fn next_state(&self, _: &T::State, next: T::State) -> Option<T::State> {
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let named = self.invariants.iter().zip(Conditions::<T>::ALL);
        let mut properties: Vec<_> =
            named.map(|(invariant, condition)| Property::always(invariant.name, condition)).collect();
        properties.push(Property::always(SOMETHING_LEFT, |_, _| true));
        properties
    }
}

/// Whether the invariant at each position holds, as plain functions, which is what stateright asks for.
struct Conditions<T>(PhantomData<T>);

type Condition<T> = fn(&SpecificationModel<T>, &<T as Specification>::State) -> bool;

impl<T: Specification> Conditions<T> {
    const ALL: [Condition<T>; 4] = [
        |model, state| model.holds(0, state),
        |model, state| model.holds(1, state),
        |model, state| model.holds(2, state),
        |model, state| model.holds(3, state),
    ];
}
