//! A node of a log, some of whose links are cut from some time on: what it sends over them is lost.
//!
//! Timeouts are much longer than delays, so a follower notices when its leader falls silent and never else; and so does a leader
//! that hears of no quorum. Said without clocks: who can be reached and leads is not given up by those who follow it; and who no
//! longer leads says so to all that it reaches, which is what they would notice.
//!
//! A client sits at each node. Some time it wants something to be appended, and asks whenever the node leads in an epoch in which it
//! has not asked.

use std::collections::BTreeSet;

use synod_actor::{Actor, Cx, Effect, Event, Never, NodeId, Nothing, Port};
use synod_consensus::{
    Epoch,
    log::{Position, Replica, Request},
};

use super::groups::Elects;

/// A log of which it is known who leads, and for what its timers are.
pub(super) trait Led: Elects + Replica {
    /// Whom it follows, other than itself.
    fn follows(&self) -> Option<NodeId>;
    /// How many elections there were, as far as it knows; as an epoch, which it is where each has one of its own.
    fn elections(&self) -> Epoch {
        self.epoch()
    }
    /// Whether the timer runs out if the node does not hear of its leader.
    fn is_patience(timer: &Self::Timer) -> bool;
    /// Whether the timer runs out if a leader does not hear of a quorum. It may be the same.
    fn is_doubt(timer: &Self::Timer) -> bool;
}

/// What goes over links.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Signal<M> {
    /// A message.
    Of(M),
    /// Nothing is heard any more of the leader of this epoch, who is the sender.
    Silence(Epoch),
}

/// Clients that want something to be appended, whoever leads.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Wishes;

impl Port for Wishes {
    type Request = ();
    type Indication = Never;
}

/// See the [module](self).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Cut<A: Actor> {
    pub(super) node: A,
    /// The timers that were set when links were cut. Of no interest once they are set again.
    set: BTreeSet<A::Timer>,
    /// The timers of the node's patience that it has set, whether or not they can run out.
    patience: BTreeSet<A::Timer>,
    /// Whom it reaches.
    reaches: BTreeSet<NodeId>,
    /// Whether those are a quorum, with itself.
    has_quorum: bool,
    /// The highest epoch of whose leader nothing is heard any more.
    silent: Epoch,
    /// Whether its client wants something.
    wishes: bool,
    /// The epoch in which its client has asked, of it as the leader.
    asked: Epoch,
    /// The epochs that it has begun to lead since links were cut, if they are counted: each multiplies the states.
    led: Option<BTreeSet<Epoch>>,
    /// What was committed anywhere when links were cut.
    before: Position,
    /// No epoch above this one is of interest.
    last: Epoch,
}

impl<A: Led> Cut<A> {
    /// A node with these timers set, just when links are cut: these are the others that it still reaches.
    pub(super) fn new(
        node: A,
        set: BTreeSet<A::Timer>,
        reaches: BTreeSet<NodeId>,
        nodes: usize,
        before: Position,
        last: Epoch,
    ) -> Self {
        let has_quorum = reaches.len() + 1 > nodes / 2;
        let (silent, asked, patience) = (Epoch::ZERO, Epoch::ZERO, BTreeSet::new());
        Cut {
            node,
            set,
            patience,
            reaches,
            has_quorum,
            silent,
            wishes: false,
            asked,
            led: None,
            before,
            last,
        }
    }

    /// The same, with a client that wants something from the start.
    pub(super) fn wishing(self) -> Self {
        Cut { wishes: true, ..self }
    }

    /// The same, and it is counted how often it begins to lead.
    pub(super) fn counting(self) -> Self {
        Cut { led: Some(BTreeSet::new()), ..self }
    }

    /// How often it has begun to lead since links were cut, if that is counted.
    pub(super) fn turns(&self) -> usize {
        self.led.as_ref().map_or(0, BTreeSet::len)
    }

    /// Whether it has committed something since links were cut.
    pub(super) fn has_decided(&self) -> bool {
        self.node.committed() > self.before
    }

    /// Whether it has got to an epoch that is not of interest.
    pub(super) fn is_beyond(&self) -> bool {
        self.node.elections() > self.last
    }

    /// Whether it hears of the leader that it follows.
    fn hears_leader(&self) -> bool {
        self.node.epoch() > self.silent
            && self.node.follows().is_some_and(|leader| self.reaches.contains(&leader))
    }

    fn step(&mut self, event: Event<A>, cx: &mut Cx<'_, Self>) {
        let node = &mut self.node;
        for effect in cx.part(|cx| node.on(event, cx)) {
            match effect {
                Effect::Send(to, msg) if to == cx.me() || self.reaches.contains(&to) => {
                    cx.send(to, Signal::Of(msg));
                }
                // Over a link that is cut; durable at once, and nobody crashes; of no interest.
                Effect::Send(..) | Effect::Persist(_) | Effect::Indicate(_) => {}
                Effect::Set(timer, after) => self.set(timer, after, cx),
                Effect::Cancel(timer) => {
                    self.patience.remove(&timer);
                    cx.cancel(timer);
                }
                Effect::Mark(mark) => cx.mark(mark),
                Effect::Request(never) => match never {},
            }
        }
    }

    fn set(&mut self, timer: A::Timer, after: std::ops::Range<std::time::Duration>, cx: &mut Cx<'_, Self>) {
        if A::is_doubt(&timer) && self.node.leads() {
            self.patience.remove(&timer);
            match self.has_quorum {
                true => cx.cancel(timer),
                false => cx.set(timer, after),
            }
        } else if A::is_patience(&timer) {
            self.patience.insert(timer);
        } else {
            cx.set(timer, after);
        }
    }
}

impl<A: Led> Actor for Cut<A> {
    type Provides = Wishes;
    type Uses = Nothing;
    type Msg = Signal<A::Msg>;
    type Timer = A::Timer;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        if self.has_decided() || self.is_beyond() {
            return; // what comes then is of no interest
        }
        let led = Some(self.node.epoch()).filter(|_| self.node.leads());
        match event {
            // It goes on with what it was doing.
            Event::Start => {
                for timer in std::mem::take(&mut self.set) {
                    self.set(timer, Default::default(), cx);
                }
            }
            Event::Receive(from, Signal::Of(msg)) => self.step(Event::Receive(from, msg), cx),
            Event::Receive(_, Signal::Silence(epoch)) => self.silent = self.silent.max(epoch),
            Event::Timeout(timer) => {
                self.patience.remove(&timer);
                self.step(Event::Timeout(timer), cx);
            }
            Event::Request(()) => self.wishes = true,
            Event::Indication(never) => match never {},
        }
        if self.wishes && self.node.leads() && self.asked < self.node.epoch() {
            self.asked = self.node.epoch();
            self.step(Event::Request(Request::Append('n')), cx);
        }
        let leads = Some(self.node.epoch()).filter(|_| self.node.leads());
        if let (Some(counted), Some(epoch)) = (&mut self.led, leads.filter(|_| leads != led)) {
            counted.insert(epoch);
        }
        if let Some(epoch) = led.filter(|_| leads != led) {
            self.reaches.iter().for_each(|&node| cx.send(node, Signal::Silence(epoch)));
        }
        let hears = self.hears_leader();
        for timer in &self.patience {
            match hears {
                true => cx.cancel(timer.clone()),
                false => cx.set(timer.clone(), Default::default()),
            }
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }

    fn marks() -> Vec<&'static str> {
        A::marks()
    }
}
