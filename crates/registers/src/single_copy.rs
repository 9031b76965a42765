//! A state at one node, of which the others ask: what linearizability looks like, made the simplest way.
//!
//! - **Assumes** reliable links, and that the node which holds the state does not crash.
//! - **Guarantees** linearizability: what happens at one node happens in one order. Termination as long as that node is up.

use synod_actor::{Actor, Cx, Event, Never, NodeId, Nothing};
use synod_consensus::{Change, Changes, changes::RequestId};

/// What nodes say to each other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Msg<F: Change> {
    /// Change it so, for this request of mine.
    Ask(RequestId, F),
    /// It is done, and this comes out.
    Tell(RequestId, F::Answer),
}
use Msg::{Ask, Tell};

/// A node of it: the one that holds the state, or another. See the [module](self).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SingleCopy<F: Change> {
    holder: NodeId,
    state: F::State,
}

impl<F: Change> Actor for SingleCopy<F> {
    type Provides = Changes<F>;
    type Uses = Nothing;
    type Msg = Msg<F>;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request((id, change)) if cx.me() == self.holder => {
                let answer = self.apply(&change);
                cx.indicate((id, answer));
            }
            Event::Request((id, change)) => cx.send(self.holder, Ask(id, change)),
            Event::Receive(from, Ask(id, change)) => {
                let answer = self.apply(&change);
                cx.send(from, Tell(id, answer));
            }
            Event::Receive(_, Tell(id, answer)) => cx.indicate((id, answer)),
            Event::Indication(never) => match never {},
            Event::Timeout(never) => match never {},
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }
}

impl<F: Change> SingleCopy<F> {
    /// A node of a state that is at `holder`, and `initial` at first: the same at all nodes.
    pub fn new(holder: NodeId, initial: F::State) -> Self {
        SingleCopy { holder, state: initial }
    }

    fn apply(&mut self, change: &F) -> F::Answer {
        let (state, answer) = change.apply(&self.state);
        self.state = state;
        answer
    }
}
