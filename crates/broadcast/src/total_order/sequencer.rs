//! A fixed sequencer, and consensus for when it fails.
//!
//! One node numbers all messages: the fixed sequencer of Défago, Schiper and Urbán (2004), *Total Order Broadcast and Multicast
//! Algorithms: Taxonomy and Survey*, §4.1, in the variant in which messages are sent to the sequencer. Delivery waits until a
//! majority has the number, so that no number that was acted upon is lost with the sequencer.
//!
//! Time is cut into epochs, each with a sequencer, in turn. Whoever is told that the sequencer has crashed *seals* its
//! epoch: it accepts no more numbers there, and says what it has accepted. From a majority of such sequences, the longest holds
//! everything that anyone can have delivered, since whoever delivered had a majority that had accepted and not sealed. The
//! survivors propose it to consensus, and what is decided is where the next epoch begins.
//!
//! - **Assumes** FIFO links, a majority that does not crash, consensus; and failure detection, which may be wrong: a sequencer that
//!   is alive can be replaced, at the cost of a delay. Crash-stop.
//! - **Guarantees** total order, uniform; in three message delays while nobody crashes.
//! - The sequence is kept and handed over as a whole: nothing here truncates it.

use std::collections::{BTreeMap, BTreeSet};

use synod_actor::{
    Actor, Cx, Event, Keyed, Never, NodeId,
    Side::{L, R},
    Value,
};
use synod_consensus::Consensus;
use synod_links::FifoLinks;

use crate::{Crashed, Id, PerfectFailureDetector, TotalOrderBroadcast};

/// Messages by their numbers: the first has number 0.
pub type Sequence<M> = Vec<(Id, M)>;

/// What nodes say to each other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Packet<M> {
    /// To the sequencer: number this.
    Forward(Id, M),
    /// From the sequencer of this epoch: this number is for this message.
    Order(u64, usize, Id, M),
    /// In this epoch I have accepted so many numbers.
    Ack(u64, usize),
    /// I accept no more numbers in this epoch. This is what I have.
    Sealed(u64, Sequence<M>),
}
use Packet::{Ack, Forward, Order, Sealed};

/// A node of total-order broadcast with a sequencer. See the documentation of the module.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Sequencer<M> {
    /// How many messages it has broadcast: the number of the last.
    sent: u64,
    epoch: u64,
    /// What has a number.
    sequence: Sequence<M>,
    /// How many of these are delivered.
    delivered: usize,
    /// How many numbers each node is known to have accepted in this epoch.
    accepted: BTreeMap<NodeId, usize>,
    /// What is still to be numbered: our own messages, and those that were forwarded to us.
    waiting: BTreeMap<Id, M>,
    /// Who has sealed this epoch, with what. If we are among them we have sealed it.
    seals: BTreeMap<NodeId, Sequence<M>>,
    /// Whether we have proposed where the next epoch begins.
    proposed: bool,
    crashed: BTreeSet<NodeId>,
    /// What came for epochs that have not begun here, in the order in which it came.
    early: Vec<(NodeId, Packet<M>)>,
    /// Where later epochs begin, as decided.
    decisions: BTreeMap<u64, Sequence<M>>,
    #[cfg(feature = "mutants")]
    flaw: Option<crate::Flaw>,
}

impl<M: Value> Actor for Sequencer<M> {
    type Provides = TotalOrderBroadcast<M>;
    type Uses = (FifoLinks<Packet<M>>, (PerfectFailureDetector, Keyed<u64, Consensus<Sequence<M>>>));
    type Msg = Never;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request(msg) => {
                self.sent += 1;
                let id = Id { origin: cx.me(), number: self.sent };
                self.waiting.insert(id, msg.clone());
                self.submit(id, msg, cx);
            }
            Event::Indication(L((from, packet))) => self.receive(from, packet, cx),
            Event::Indication(R(L(Crashed(node)))) => {
                self.crashed.insert(node);
                self.watch(cx);
            }
            Event::Indication(R(R((epoch, start)))) => {
                self.decisions.insert(epoch, start);
                while let Some(start) = self.decisions.remove(&(self.epoch + 1)) {
                    self.begin(start, cx);
                }
            }
            Event::Receive(_, never) => match never {},
            Event::Timeout(never) => match never {},
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }

    fn marks() -> Vec<&'static str> {
        vec!["accept", "begin epoch", "number", "propose", "seal", "stable"]
    }
}

/// In an epoch.
impl<M: Value> Sequencer<M> {
    fn receive(&mut self, from: NodeId, packet: Packet<M>, cx: &mut Cx<'_, Self>) {
        match packet {
            // Whoever is not the sequencer keeps it for when it is, and the sender will send it again to whoever is.
            Forward(id, msg) => {
                self.waiting.insert(id, msg.clone());
                if self.sequencer(cx) == cx.me() {
                    self.submit(id, msg, cx);
                }
            }
            Order(epoch, ..) | Ack(epoch, _) | Sealed(epoch, _) if epoch > self.epoch => {
                self.early.push((from, packet));
            }
            Order(epoch, number, id, msg)
                if epoch == self.epoch && number == self.sequence.len() && !self.is_sealed(cx) =>
            {
                cx.mark("accept");
                self.accept(id, msg);
                for to in cx.others() {
                    cx.request(L((to, Ack(epoch, self.sequence.len()))));
                }
                self.accepted.insert(from, number + 1);
                self.accepted.insert(cx.me(), number + 1);
                self.deliver(cx);
            }
            Ack(epoch, accepted) if epoch == self.epoch => {
                let known = self.accepted.entry(from).or_default();
                *known = accepted.max(*known);
                self.deliver(cx);
            }
            // One who gives up the sequencer is enough: the others follow.
            Sealed(epoch, sequence) if epoch == self.epoch => {
                self.seals.insert(from, sequence);
                self.seal(cx);
            }
            // Of an epoch that is over, or sealed.
            Order(..) | Ack(..) | Sealed(..) => {}
        }
    }

    /// Who numbers in this epoch: the nodes take turns.
    fn sequencer(&self, cx: &Cx<'_, Self>) -> NodeId {
        let nodes = cx.group().len() as u64;
        cx.group()[usize::try_from(self.epoch % nodes).expect("a node's place fits")]
    }

    /// Has a message numbered: here, if it is our turn.
    fn submit(&mut self, id: Id, msg: M, cx: &mut Cx<'_, Self>) {
        let sequencer = self.sequencer(cx);
        if sequencer != cx.me() {
            cx.request(L((sequencer, Forward(id, msg))));
            return;
        }
        let is_numbered = self.sequence.iter().any(|(numbered, _)| *numbered == id);
        if self.is_sealed(cx) || (is_numbered && !(flaw!(self, OrdersTwice))) {
            return;
        }
        cx.mark("number");
        for to in cx.others() {
            cx.request(L((to, Order(self.epoch, self.sequence.len(), id, msg.clone()))));
        }
        self.accept(id, msg);
        self.accepted.insert(cx.me(), self.sequence.len());
        self.deliver(cx);
    }

    fn accept(&mut self, id: Id, msg: M) {
        self.waiting.remove(&id);
        self.sequence.push((id, msg));
    }

    /// Delivers what a majority has accepted.
    fn deliver(&mut self, cx: &mut Cx<'_, Self>) {
        let quorum = if flaw!(self, DeliversUnstable) { 1 } else { cx.majority() };
        while let Some((id, msg)) = self.sequence.get(self.delivered) {
            let number = self.delivered;
            if self.accepted.values().filter(|&&accepted| accepted > number).count() < quorum {
                return;
            }
            cx.mark("stable");
            cx.indicate((*id, msg.clone()));
            self.delivered += 1;
        }
    }
}

/// From one epoch to the next.
impl<M: Value> Sequencer<M> {
    fn is_sealed(&self, cx: &Cx<'_, Self>) -> bool {
        self.seals.contains_key(&cx.me())
    }

    /// Gives up a sequencer that has crashed; and may have to propose in the place of who has.
    fn watch(&mut self, cx: &mut Cx<'_, Self>) {
        if self.crashed.contains(&self.sequencer(cx)) {
            self.seal(cx);
        }
        self.propose(cx);
    }

    fn seal(&mut self, cx: &mut Cx<'_, Self>) {
        if !self.is_sealed(cx) {
            cx.mark("seal");
            self.seals.insert(cx.me(), self.sequence.clone());
            for to in cx.others() {
                cx.request(L((to, Sealed(self.epoch, self.sequence.clone()))));
            }
        }
        self.propose(cx);
    }

    /// Once a majority has sealed, the longest sequence holds all that was delivered. Anyone may propose; that the first
    /// in turn does who is not known to have crashed spares consensus a duel.
    fn propose(&mut self, cx: &mut Cx<'_, Self>) {
        let nodes = cx.group().len();
        let first = self.epoch as usize % nodes + 1;
        let mut in_turn = (first..first + nodes).map(|place| cx.group()[place % nodes]);
        let proposer = in_turn.find(|node| !self.crashed.contains(node));
        if self.proposed || self.seals.len() < cx.majority() || proposer != Some(cx.me()) {
            return;
        }
        cx.mark("propose");
        self.proposed = true;
        let longest = self.seals.values().max_by_key(|sequence| sequence.len());
        let start = match flaw!(self, NumbersTwiceAfterFailover) {
            true => self.sequence[..self.delivered].to_vec(),
            false => longest.cloned().unwrap_or_default(),
        };
        cx.request(R(R((self.epoch + 1, start))));
    }

    /// The next epoch begins here. What was decided is the same everywhere, so it can be delivered at once.
    fn begin(&mut self, start: Sequence<M>, cx: &mut Cx<'_, Self>) {
        cx.mark("begin epoch");
        self.epoch += 1;
        for (id, msg) in start.iter().skip(self.delivered) {
            self.waiting.remove(id);
            cx.indicate((*id, msg.clone()));
        }
        self.delivered = self.delivered.max(start.len());
        // Numbers that were accepted and are not in it were delivered by nobody. Our own messages among them wait again.
        for (id, msg) in self.sequence.drain(..) {
            let is_kept = start.iter().any(|(kept, _)| *kept == id);
            if id.origin == cx.me() && (!is_kept || flaw!(self, OrdersTwice)) {
                self.waiting.insert(id, msg);
            }
        }
        self.sequence = start;
        self.accepted.clear();
        self.seals.clear();
        self.proposed = false;
        let me = cx.me();
        let is_ours = |id: &Id| id.origin == me || self.sequencer(cx) == me;
        let waiting: Vec<_> =
            self.waiting.iter().filter(|(id, _)| is_ours(id)).map(|(id, msg)| (*id, msg.clone())).collect();
        for (id, msg) in waiting {
            self.submit(id, msg, cx);
        }
        for (from, packet) in std::mem::take(&mut self.early) {
            self.receive(from, packet, cx);
        }
        self.watch(cx);
    }
}

impl<M: Value> Sequencer<M> {
    /// A node that has broadcast and delivered nothing.
    pub fn new() -> Self {
        Sequencer {
            sent: 0,
            epoch: 0,
            sequence: Vec::new(),
            delivered: 0,
            accepted: BTreeMap::new(),
            waiting: BTreeMap::new(),
            seals: BTreeMap::new(),
            proposed: false,
            crashed: BTreeSet::new(),
            early: Vec::new(),
            decisions: BTreeMap::new(),
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// A node with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(flaw: crate::Flaw) -> Self {
        Sequencer { flaw: Some(flaw), ..Sequencer::new() }
    }
}

impl<M: Value> Default for Sequencer<M> {
    fn default() -> Self {
        Sequencer::new()
    }
}
