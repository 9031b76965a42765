//! Linearizability, watched while it happens: Herlihy and Wing (1990).
//!
//! The monitor carries every way in which the object may have come to what was answered so far: a *configuration* is a state of the
//! object and the operations that have taken place in it although they were not answered yet. Operations take place as late as they
//! can, which is when one of them is answered (just-in-time linearization: Lowe, Testing for Linearizability, 2017, section 4). When
//! no configuration is left, no order of the operations explains the answers.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
};

use synod_actor::{NodeId, Port, Value};
use synod_specifications::Specification;

use crate::{Monitor, Observation, Violation};

/// There is one order of all operations in which each takes place between its request and its answer, and is answered as the
/// object alone would have answered.
pub const LINEARIZABILITY: &str = "linearizability";
/// What is answered was asked, and is answered once. After a crash the same answer may come again.
pub const ANSWERS: &str = "answers what was asked";
/// What is asked of a node that does not crash is answered at last.
pub const TERMINATION: &str = "every operation is answered";

/// How requests and indications of a port are operations on an object, and answers of it.
pub trait Object<P: Port>: Value {
    /// What tells an operation from all others, at all nodes.
    type Id: Value;
    /// What the object does when operations come one at a time.
    type Specification: Specification<State: Value, Operation: Value, Answer: Value>;

    /// The object.
    fn specification(&self) -> Self::Specification;
    /// What a client asks at this node.
    fn asked(&self, node: NodeId, request: &P::Request) -> Option<(Self::Id, Operation<P, Self>)>;
    /// What this node answers.
    fn answered(&self, node: NodeId, indication: &P::Indication) -> Option<(Self::Id, Answer<P, Self>)>;
}

type State<P, O> = <<O as Object<P>>::Specification as Specification>::State;
/// What can be asked of the object.
pub type Operation<P, O> = <<O as Object<P>>::Specification as Specification>::Operation;
/// What it can answer.
pub type Answer<P, O> = <<O as Object<P>>::Specification as Specification>::Answer;

/// An operation that was not answered yet.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Pending<T> {
    operation: T,
    /// Where it was asked; `None` once that node has crashed, and owes nothing any more.
    owed_by: Option<NodeId>,
}

/// One way in which the object may have come to what was answered.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Configuration<I, S> {
    state: S,
    /// Operations that have taken place and are not answered: between which states. The answer has to fit these.
    taken: BTreeMap<I, (S, S)>,
}

/// Watches an object that the nodes provide together.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LinearizabilityMonitor<P: Port, O: Object<P>> {
    object: O,
    pending: BTreeMap<O::Id, Pending<Operation<P, O>>>,
    answered: BTreeMap<O::Id, Answer<P, O>>,
    possible: BTreeSet<Configuration<O::Id, State<P, O>>>,
}

impl<P: Port, O: Object<P>> LinearizabilityMonitor<P, O> {
    /// Watches from the object's initial state on.
    pub fn new(object: O) -> Self {
        let state = object.specification().initial();
        let possible = BTreeSet::from([Configuration { state, taken: BTreeMap::new() }]);
        LinearizabilityMonitor { object, pending: BTreeMap::new(), answered: BTreeMap::new(), possible }
    }

    fn ask(&mut self, node: NodeId, id: O::Id, operation: Operation<P, O>) {
        self.pending.insert(id, Pending { operation, owed_by: Some(node) });
    }

    fn answer(&mut self, node: NodeId, id: O::Id, answer: Answer<P, O>) -> Result<(), Violation> {
        let Some(Pending { operation, .. }) = self.pending.get(&id) else {
            return match self.answered.get(&id) {
                Some(before) if *before == answer => Ok(()),
                Some(before) => Err(Violation::new(
                    ANSWERS,
                    format!("{node} answers {id:?} with {answer:?}, and has answered it with {before:?}"),
                )),
                None => Err(Violation::new(ANSWERS, format!("{node} answers {id:?}, which nobody asked"))),
            };
        };
        let possible = self.after(&id, &answer);
        if possible.is_empty() {
            let states: BTreeSet<_> = self.possible.iter().map(|one| &one.state).collect();
            let others = self.pending.iter().filter(|(other, _)| **other != id);
            let others: Vec<_> = others.map(|(_, pending)| &pending.operation).collect();
            let because = format!(
                "{node} answers {operation:?} ({id:?}) with {answer:?}; but before it the object is in {}, and {}",
                listed(states, " or "),
                match &others[..] {
                    [] => "nothing else is under way".to_owned(),
                    others => format!("no order of {} leads there", listed(others, ", ")),
                }
            );
            return Err(Violation::new(LINEARIZABILITY, because));
        }
        self.possible = possible;
        self.pending.remove(&id);
        self.answered.insert(id, answer);
        Ok(())
    }

    /// The configurations in which the operation has taken place, with this answer, and in each as few others as need be.
    fn after(&self, id: &O::Id, answer: &Answer<P, O>) -> BTreeSet<Configuration<O::Id, State<P, O>>> {
        let specification = self.object.specification();
        let operation = &self.pending[id].operation;
        let mut after = BTreeSet::new();
        let mut known = self.possible.clone();
        let mut open: Vec<_> = self.possible.iter().cloned().collect();
        let mut states = Vec::new();
        while let Some(mut one) = open.pop() {
            if let Some((from, to)) = one.taken.remove(id) {
                specification.step(&from, operation, Some(answer), &mut states);
                if states.contains(&to) {
                    after.insert(one);
                }
                states.clear();
                continue;
            }
            specification.step(&one.state, operation, Some(answer), &mut states);
            for state in states.drain(..) {
                after.insert(Configuration { state, ..one.clone() });
            }
            for (other, pending) in &self.pending {
                if other == id || one.taken.contains_key(other) {
                    continue;
                }
                specification.step(&one.state, &pending.operation, None, &mut states);
                for state in states.drain(..) {
                    let mut next = one.clone();
                    next.taken.insert(other.clone(), (one.state.clone(), state.clone()));
                    next.state = state;
                    if known.insert(next.clone()) {
                        open.push(next);
                    }
                }
            }
        }
        after
    }
}

fn listed<T: Debug>(values: impl IntoIterator<Item = T>, between: &str) -> String {
    let texts: Vec<String> = values.into_iter().map(|value| format!("{value:?}")).collect();
    texts.join(between)
}

impl<P: Port, O: Object<P>> Monitor<P> for LinearizabilityMonitor<P, O> {
    fn safety(&self) -> Vec<&'static str> {
        vec![LINEARIZABILITY, ANSWERS]
    }

    fn liveness(&self) -> Vec<&'static str> {
        vec![TERMINATION]
    }

    fn observe(&mut self, node: NodeId, what: &Observation<P>) -> Result<(), Violation> {
        match what {
            Observation::Request(request) => {
                if let Some((id, operation)) = self.object.asked(node, request) {
                    self.ask(node, id, operation);
                }
                Ok(())
            }
            Observation::Indication(indication) => match self.object.answered(node, indication) {
                Some((id, answer)) => self.answer(node, id, answer),
                None => Ok(()),
            },
            // What it was asked may take place all the same, at any time.
            Observation::Crash => {
                for pending in self.pending.values_mut().filter(|pending| pending.owed_by == Some(node)) {
                    pending.owed_by = None;
                }
                Ok(())
            }
            Observation::Restart | Observation::Timeout | Observation::Loss => Ok(()),
        }
    }

    fn owes(&self, liveness: &str) -> bool {
        liveness == TERMINATION && self.pending.values().any(|pending| pending.owed_by.is_some())
    }
}
