//! Many objects of a kind, each under a key.

use std::{collections::BTreeMap, marker::PhantomData};

use crate::{Plain, Role, Sight, Specification};

/// Objects that all follow the specification `S`, one under each key.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Keyed<K, S> {
    each: S,
    keys: PhantomData<K>,
}

impl<K, S> Keyed<K, S> {
    /// Under each key an object like this.
    pub fn new(each: S) -> Self {
        Keyed { each, keys: PhantomData }
    }

    /// What is under each key.
    pub fn each(&self) -> &S {
        &self.each
    }
}

impl<K: Plain, S: Specification> Specification for Keyed<K, S> {
    /// The objects that are no longer as at first.
    type State = BTreeMap<K, S::State>;
    type Operation = (K, S::Operation);
    type Answer = S::Answer;
    type Part = K;

    fn initial(&self) -> Self::State {
        BTreeMap::new()
    }

    fn step(
        &self,
        state: &Self::State,
        (key, operation): &Self::Operation,
        answer: Option<&S::Answer>,
        after: &mut Vec<Self::State>,
    ) {
        let initial = self.each.initial();
        let mut each = Vec::new();
        self.each.step(state.get(key).unwrap_or(&initial), operation, answer, &mut each);
        after.extend(each.into_iter().map(|next| {
            let mut state = state.clone();
            if next == initial {
                state.remove(key);
            } else {
                state.insert(key.clone(), next);
            }
            state
        }));
    }

    fn may_come(
        &self,
        state: &Self::State,
        (key, operation): &Self::Operation,
        answer: &S::Answer,
        others: &[&Self::Operation],
    ) -> bool {
        let others: Vec<_> = others.iter().filter(|(of, _)| of == key).map(|(_, other)| other).collect();
        match state.get(key) {
            Some(held) => self.each.may_come(held, operation, answer, &others),
            None => self.each.may_come(&self.each.initial(), operation, answer, &others),
        }
    }

    fn observes(&self, (_, operation): &Self::Operation, answer: &S::Answer) -> bool {
        self.each.observes(operation, answer)
    }

    fn sight(&self, (_, operation): &Self::Operation, answer: Option<&S::Answer>) -> Sight {
        self.each.sight(operation, answer)
    }

    fn role(&self, (key, operation): &Self::Operation, answer: Option<&S::Answer>) -> Role<Self::Operation> {
        self.each.role(operation, answer).map(|operation| (key.clone(), operation))
    }

    fn is_initial(&self, (_, operation): &Self::Operation) -> bool {
        self.each.is_initial(operation)
    }

    fn reads_only(&self, (_, operation): &Self::Operation, answer: Option<&S::Answer>) -> bool {
        self.each.reads_only(operation, answer)
    }

    /// The key alone: what touches all of an object must share a part with what touches a part of it.
    fn parts(&self, (key, _): &Self::Operation) -> Vec<Self::Part> {
        vec![key.clone()]
    }
}
