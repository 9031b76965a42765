//! Plumtree: a tree for the messages, and announcements over all other links to mend it. Leitão, Pereira and Rodrigues,
//! *Epidemic Broadcast Trees* (SRDS 2007), Algorithms 1 and 2.
//!
//! - **Assumes** a partial view of neighbours that keeps the overlay connected, and links that mostly deliver, once at most: a
//!   copy that the network makes is taken for one that came another way, and its link leaves the tree. Crash-stop.
//! - **Guarantees** that a message reaches every node as long as the overlay stays connected and announcements arrive, once each;
//!   after some messages over a tree: N - 1 copies, and an announcement over each other link.
//! - Of messages that are under way together each prunes as if it were alone, so they may prune all links of a node. It is not
//!   lost: it hears the next message announced, and grafts.
//! - Left out are the paper's batching of announcements, and its optimisation of the tree by rounds, which needs distances
//!   between nodes; so the rounds are not carried either. Messages are kept for ever: for how long is a matter of
//!   configuration in the paper.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    time::Duration,
};

use synod_actor::{Actor, Cx, Event, NodeId, Value};

use super::view::{Neighbour, PartialView};
use crate::{Id, ProbabilisticBroadcast};

/// What nodes say to each other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Gossip<M> {
    /// A message.
    Push(Id, M),
    /// I have this message.
    IHave(Id),
    /// I had that already: our link is not of the tree.
    Prune,
    /// I lack this message, and our link is of the tree from now on.
    Graft(Id),
}
use Gossip::{Graft, IHave, Prune, Push};

/// The timer: fires when a message that was announced should have come by itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Missing(
    /// Which message.
    pub Id,
);

/// How long to wait for the tree to bring a message that was announced.
const FIRST: Range<Duration> = Duration::from_millis(100)..Duration::from_millis(200);
/// How long to wait for an answer to a graft, before trying the next who announced it.
const NEXT: Range<Duration> = Duration::from_millis(50)..Duration::from_millis(100);

/// A node of Plumtree. See the documentation of the module.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Plumtree<M> {
    /// How many messages it has broadcast: the number of the last.
    sent: u64,
    /// Neighbours to whom messages go.
    eager: BTreeSet<NodeId>,
    /// Neighbours to whom announcements go.
    lazy: BTreeSet<NodeId>,
    received: BTreeMap<Id, M>,
    /// Who announced what we lack, in this order.
    missing: BTreeMap<Id, Vec<NodeId>>,
    #[cfg(feature = "mutants")]
    flaw: Option<crate::Flaw>,
}

impl<M: Value> Actor for Plumtree<M> {
    type Provides = ProbabilisticBroadcast<M>;
    type Uses = PartialView;
    type Msg = Gossip<M>;
    type Timer = Missing;
    type Record = synod_actor::Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request(msg) => {
                self.sent += 1;
                self.deliver(Id { origin: cx.me(), number: self.sent }, msg, cx.me(), cx);
            }
            Event::Receive(from, Push(id, _)) if self.received.contains_key(&id) => {
                cx.mark("prune");
                self.make_lazy(from);
                cx.send(from, Prune);
            }
            Event::Receive(from, Push(id, msg)) => {
                self.missing.remove(&id);
                cx.cancel(Missing(id));
                if flaw!(self, PrunesFirst) {
                    self.make_lazy(from);
                    cx.send(from, Prune);
                } else {
                    self.make_eager(from);
                }
                self.deliver(id, msg, from, cx);
            }
            Event::Receive(from, Prune) => self.make_lazy(from),
            Event::Receive(from, IHave(id)) if !self.received.contains_key(&id) => {
                let announced = self.missing.entry(id).or_default();
                if announced.is_empty() {
                    cx.set(Missing(id), FIRST);
                }
                announced.push(from);
            }
            Event::Receive(_, IHave(_)) => {} // received already
            Event::Timeout(Missing(id)) => self.graft(id, cx),
            Event::Receive(from, Graft(id)) => {
                self.make_eager(from);
                if let Some(msg) = self.received.get(&id) {
                    cx.mark("grafted");
                    cx.send(from, Push(id, msg.clone()));
                }
            }
            Event::Indication(Neighbour::Up(node)) => {
                self.lazy.remove(&node);
                self.eager.insert(node);
            }
            Event::Indication(Neighbour::Down(node)) => {
                self.eager.remove(&node);
                self.lazy.remove(&node);
                for announced in self.missing.values_mut() {
                    announced.retain(|other| *other != node);
                }
            }
        }
    }

    fn replay(&mut self, record: synod_actor::Never) {
        match record {}
    }

    fn marks() -> Vec<&'static str> {
        vec!["graft", "grafted", "prune"]
    }
}

impl<M: Value> Plumtree<M> {
    /// A node that has broadcast and delivered nothing, and knows nobody yet.
    pub fn new() -> Self {
        Plumtree {
            sent: 0,
            eager: BTreeSet::new(),
            lazy: BTreeSet::new(),
            received: BTreeMap::new(),
            missing: BTreeMap::new(),
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// A node with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(flaw: crate::Flaw) -> Self {
        Plumtree { flaw: Some(flaw), ..Plumtree::new() }
    }

    /// The neighbours to whom messages go: the links of the tree, as far as it is known here.
    pub fn eager(&self) -> &BTreeSet<NodeId> {
        &self.eager
    }

    /// Delivers, pushes along the tree, and announces over the other links; not back to where it came from.
    fn deliver(&mut self, id: Id, msg: M, from: NodeId, cx: &mut Cx<'_, Self>) {
        self.received.insert(id, msg.clone());
        for &node in self.eager.iter().filter(|&&node| node != from) {
            cx.send(node, Push(id, msg.clone()));
        }
        for &node in self.lazy.iter().filter(|&&node| node != from) {
            cx.send(node, IHave(id));
        }
        cx.indicate((id, msg));
    }

    /// The tree has not brought the message: takes in the link of who announced it first, and waits for it, or for the next.
    fn graft(&mut self, id: Id, cx: &mut Cx<'_, Self>) {
        let Some(announced) = self.missing.get_mut(&id).filter(|announced| !announced.is_empty()) else {
            return;
        };
        let node = announced.remove(0);
        if !announced.is_empty() {
            cx.set(Missing(id), NEXT);
        }
        if flaw!(self, NeverGrafts) {
            return;
        }
        cx.mark("graft");
        self.make_eager(node);
        cx.send(node, Graft(id));
    }

    /// Only neighbours: a message may arrive from one that is none any more.
    fn make_eager(&mut self, node: NodeId) {
        if self.lazy.remove(&node) {
            self.eager.insert(node);
        }
    }

    fn make_lazy(&mut self, node: NodeId) {
        if self.eager.remove(&node) {
            self.lazy.insert(node);
        }
    }
}

impl<M: Value> Default for Plumtree<M> {
    fn default() -> Self {
        Plumtree::new()
    }
}
