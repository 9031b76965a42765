//! Failure detection, as far as broadcast needs it. Cachin, Guerraoui and Rodrigues (2011), §2.6.

use std::{collections::BTreeSet, ops::Range, time::Duration};

use synod_actor::{Actor, Cx, Event, Never, NodeId, Nothing, Port};

/// Perfect failure detection: who crashes is reported at last at every node that does not (**strong completeness**), and
/// nobody is reported who did not (**strong accuracy**).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PerfectFailureDetector;

/// This node has crashed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Crashed(
    /// Who.
    pub NodeId,
);

impl Port for PerfectFailureDetector {
    type Request = Never;
    type Indication = Crashed;
}

/// Messages of the failure detector.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Heartbeat {
    /// Are you there?
    Request,
    /// Yes.
    Reply,
}

/// The timer: fires when a reply would have come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Delay;

/// How long to wait for a reply: longer than any can take. Where that cannot be known, neither can who has crashed.
const DELAY: Range<Duration> = Duration::from_millis(1000)..Duration::from_millis(1500);

/// "Exclude on Timeout", Algorithm 2.5.
///
/// - **Assumes** that links are reliable and a reply comes within a known time. Crash-stop.
/// - **Guarantees** perfect failure detection then. Otherwise nodes may be reported that are merely slow.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ExcludeOnTimeout {
    /// Whom it watches, if not everyone.
    only: Option<BTreeSet<NodeId>>,
    /// Who has replied in this round.
    alive: BTreeSet<NodeId>,
    /// Who was reported.
    detected: BTreeSet<NodeId>,
}

impl Actor for ExcludeOnTimeout {
    type Provides = PerfectFailureDetector;
    type Uses = Nothing;
    type Msg = Heartbeat;
    type Timer = Delay;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => self.ask(cx),
            Event::Timeout(Delay) => {
                for node in self.watched(cx) {
                    if !self.alive.contains(&node) {
                        cx.mark("detect");
                        self.detected.insert(node);
                        cx.indicate(Crashed(node));
                    }
                }
                self.alive.clear();
                self.ask(cx);
            }
            Event::Receive(from, Heartbeat::Request) => cx.send(from, Heartbeat::Reply),
            Event::Receive(from, Heartbeat::Reply) => _ = self.alive.insert(from),
            Event::Request(never) => match never {},
            Event::Indication(never) => match never {},
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }

    fn marks() -> Vec<&'static str> {
        vec!["detect"]
    }
}

impl ExcludeOnTimeout {
    /// A node that has heard of nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// A node that watches only these, for groups in which the others cannot crash or do not matter.
    pub fn of(nodes: impl IntoIterator<Item = NodeId>) -> Self {
        ExcludeOnTimeout { only: Some(nodes.into_iter().collect()), ..Self::default() }
    }

    /// Those that are still to be watched.
    fn watched(&self, cx: &Cx<'_, Self>) -> Vec<NodeId> {
        let is_watched = |node: &NodeId| self.only.as_ref().is_none_or(|only| only.contains(node));
        cx.others().filter(|node| is_watched(node) && !self.detected.contains(node)).collect()
    }

    /// The next round.
    fn ask(&self, cx: &mut Cx<'_, Self>) {
        let watched = self.watched(cx);
        for &node in &watched {
            cx.send(node, Heartbeat::Request);
        }
        if !watched.is_empty() {
            cx.set(Delay, DELAY);
        }
    }
}
