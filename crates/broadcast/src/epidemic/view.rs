//! Whom an epidemic spreads to: some of the nodes, not all.

use std::collections::BTreeSet;

use synod_actor::{Actor, Cx, Event, Never, NodeId, Nothing, Port};

/// A partial view: a few neighbours, such that the graph of all of them is connected and mutual. A membership protocol (like
/// HyParView; Leitão, Pereira and Rodrigues, DSN 2007) keeps it so as nodes come and go.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PartialView;

/// What becomes of a neighbour.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Neighbour {
    /// It is one from now on.
    Up(NodeId),
    /// It is none any more: it has crashed, or was replaced.
    Down(NodeId),
}

impl Port for PartialView {
    type Request = Never;
    type Indication = Neighbour;
}

/// A view that is fixed: neighbours by decree, for small groups and for tests.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FixedView {
    neighbours: BTreeSet<NodeId>,
}

impl FixedView {
    /// These neighbours, for ever. Neighbourhood must be mutual.
    pub fn of(neighbours: impl IntoIterator<Item = NodeId>) -> Self {
        FixedView { neighbours: neighbours.into_iter().collect() }
    }
}

impl Actor for FixedView {
    type Provides = PartialView;
    type Uses = Nothing;
    type Msg = Never;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {
                for &node in &self.neighbours {
                    cx.indicate(Neighbour::Up(node));
                }
            }
            Event::Receive(_, never) => match never {},
            Event::Request(never) => match never {},
            Event::Indication(never) => match never {},
            Event::Timeout(never) => match never {},
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }
}
