//! Mutual exclusion by logical clocks: Lamport, *Time, Clocks, and the Ordering of Events in a Distributed System* (1978),
//! pp. 561–562. The rules are numbered as there.
//!
//! - **Assumes** FIFO links, and nodes that do not crash: everyone takes part in every grant, so one node that is down stops
//!   all (Lamport says so, p. 562). No timing.
//! - **Guarantees** the three conditions of [`MutualExclusion`].
//! - It costs 3(n − 1) messages for each grant, and two message delays before it where nobody else asks.
//!
//! Nodes do not keep a queue of messages, as the paper has it, but of each node only what matters: its request, if it is not
//! released, and the time of its last message.

#[cfg(feature = "mutants")]
mod flaws;

use std::collections::BTreeMap;

use synod_actor::{Actor, Cx, Event, Never, NodeId};
use synod_clocks::{LamportClock, Timestamp};
use synod_links::FifoLinks;

#[cfg(feature = "mutants")]
pub use flaws::Flaw;

use crate::{Indication, MutualExclusion, Request};

/// What the nodes say to each other, each with the time at which it was sent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Msg {
    /// When.
    pub time: u64,
    /// What.
    pub says: Says,
}

/// What a message says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Says {
    /// I request the resource, at the time of this message.
    Request,
    /// I know of your request; all that I send from now on is later.
    Acknowledge,
    /// I have released the resource: forget my request.
    Release,
}

/// A node of Lamport's mutual exclusion. See the [module](self).
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Lamport {
    clock: LamportClock,
    /// The request queue: when each node asked that has not released the resource since, this one included.
    requests: BTreeMap<NodeId, u64>,
    /// When the last message came from each other node, by its own clock.
    heard: BTreeMap<NodeId, u64>,
    /// Whether the resource is ours.
    holds: bool,
    #[cfg(feature = "mutants")]
    flaw: Option<Flaw>,
}

impl Actor for Lamport {
    type Provides = MutualExclusion;
    type Uses = FifoLinks<Msg>;
    type Msg = Never;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            // Rule 1: put the request into the queue, and tell everyone.
            Event::Request(Request::Acquire) if !self.requests.contains_key(&cx.me()) => {
                cx.mark("request");
                let Some(time) = self.tell_others(Says::Request, cx) else { return };
                self.requests.insert(cx.me(), time);
            }
            // Rule 3: remove it, and tell everyone.
            Event::Request(Request::Release) if self.holds => {
                cx.mark("release");
                self.holds = false;
                if !flaw!(self, KeepsItsRequest) {
                    self.requests.remove(&cx.me());
                }
                cx.indicate(Indication::Released);
                if !flaw!(self, ReleasesInSilence) {
                    self.tell_others(Says::Release, cx);
                }
            }
            Event::Indication((from, Msg { time, says })) => {
                let skips = flaw!(self, DoesNotAdvanceTheClock);
                // A clock at its end stops here: only a peer that lies brings it so far.
                if !skips && self.clock.receive(time).is_err() {
                    return;
                }
                self.heard.insert(from, time);
                match says {
                    // Rule 2: put it into the queue, and acknowledge it with a later time.
                    Says::Request => {
                        cx.mark("acknowledge");
                        if !flaw!(self, ForgetsRequests) {
                            self.requests.insert(from, time);
                        }
                        self.tell(from, Says::Acknowledge, cx);
                    }
                    // Rule 4: remove it.
                    Says::Release => {
                        let removed = self.requests.remove(&from).is_some();
                        assert!(removed || !flaw!(self, ExpectsOneRelease), "{from} has released already");
                        if flaw!(self, LooksBeforeReleasesOnly) {
                            return;
                        }
                    }
                    Says::Acknowledge => {}
                }
            }

            // Asked already; or it has nothing to release.
            Event::Request(Request::Acquire | Request::Release) => {}
            Event::Receive(_, never) => match never {},
            Event::Timeout(never) => match never {},
        }
        if !self.holds && self.may_enter(cx) {
            cx.mark("enter");
            self.holds = true;
            cx.indicate(Indication::Granted);
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }

    fn marks() -> Vec<&'static str> {
        vec!["request", "acknowledge", "enter", "release"]
    }
}

impl Lamport {
    /// A node that nobody has heard of.
    pub fn new() -> Self {
        Lamport::default()
    }

    /// A node with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(flaw: Flaw) -> Self {
        Lamport { flaw: Some(flaw), ..Lamport::default() }
    }

    /// Whether the resource is this node's.
    pub fn holds(&self) -> bool {
        self.holds
    }

    /// Rule 5: (i) our request is before all others in the order ⇒, and (ii) a message came from every other node that is
    /// later than our request: since links are FIFO, no earlier request can still come.
    fn may_enter(&self, cx: &Cx<'_, Self>) -> bool {
        let Some(&time) = self.requests.get(&cx.me()) else { return false };
        let ours = Timestamp { time, node: cx.me() };
        let is_before = |other: Timestamp<NodeId>| {
            ours < other || flaw!(self, ComparesTimesOnly) && ours.time == other.time
        };
        let mut others = self.requests.iter().filter(|&(&node, _)| node != cx.me());
        let is_first = others.all(|(&node, &time)| is_before(Timestamp { time, node }));
        let is_later = |&node: &NodeId| match self.heard.get(&node) {
            Some(&time) => ours < Timestamp { time, node } || flaw!(self, CountsOldMessages),
            None => false,
        };
        let later = cx.others().filter(is_later).count();
        let majority = later + 1 >= cx.majority() && flaw!(self, DoesNotWaitForAll);
        is_first && (later == cx.others().count() || majority)
    }

    /// Tells every other node, as one event. `None`, and nothing is said, if the clock is at its end.
    fn tell_others(&mut self, says: Says, cx: &mut Cx<'_, Self>) -> Option<u64> {
        let mut time = self.clock.tick().ok()?;
        if says == Says::Request && flaw!(self, DatesItsRequestBack) {
            time = 1;
        }
        cx.others().for_each(|node| cx.request((node, Msg { time, says })));
        Some(time)
    }

    fn tell(&mut self, node: NodeId, says: Says, cx: &mut Cx<'_, Self>) {
        if let Ok(time) = self.clock.tick() {
            cx.request((node, Msg { time, says }));
        }
    }
}
