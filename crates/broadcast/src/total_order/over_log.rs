//! Total order from a replicated log: a message is appended, and delivered when it is committed. Hadzilacos and Toueg (1994): the
//! two are the same problem.
//!
//! What is left to do is what a log does not promise. It may lose what is appended, so that is appended again until it is
//! committed; and it may commit it more than once, so all but the first are passed over.
//!
//! - **Assumes** a log below, whatever it needs.
//! - **Guarantees** total order, uniform; delivery where the log commits what is appended again and again.
//! - **Durable** is how many messages were broadcast, so that none gets the number of another. A message that is not committed when
//!   its node crashes may be delivered or not. After a restart the log tells everything again, and so does this.

use std::{collections::BTreeMap, ops::Range, time::Duration};

use synod_actor::{Actor, Cx, Event, Never, NodeId, Value};
use synod_consensus::{
    Log,
    log::{Entry, Indication, Request},
};

use crate::{Id, Seen, TotalOrderBroadcast};

/// Fires when something that was appended should have been committed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Retry;

/// How long to wait for that: some elections.
const PATIENCE: Range<Duration> = Duration::from_millis(500)..Duration::from_millis(1000);

/// So many messages were broadcast here.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Numbered(
    /// The number of the last.
    pub u64,
);

/// A node of total-order broadcast over any log. See the documentation of the module.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OverLog<M> {
    // Durable: changed by `replay` only.
    /// The number of the last message that was broadcast here.
    sent: u64,
    // Volatile.
    /// Those of them that are not delivered yet.
    appended: BTreeMap<u64, M>,
    /// What was delivered.
    delivered: Seen,
    #[cfg(feature = "mutants")]
    flaw: Option<crate::Flaw>,
}

impl<M: Value> Actor for OverLog<M> {
    type Provides = TotalOrderBroadcast<M>;
    type Uses = Log<(Id, M)>;
    type Msg = Never;
    type Timer = Retry;
    type Record = Numbered;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request(msg) => {
                self.persist(Numbered(self.sent + 1), cx);
                let id = Id { origin: cx.me(), number: self.sent };
                self.appended.insert(id.number, msg.clone());
                if flaw!(self, DeliversUnordered) {
                    self.deliver(id, msg.clone(), cx);
                }
                cx.request(Request::Append((id, msg)));
                self.wait(cx);
            }
            Event::Indication(Indication::Committed(_, _, Entry::Command((id, msg)))) => {
                self.deliver(id, msg, cx);
            }
            // Nothing is asked of the log but to append; and what it refuses is appended again.
            Event::Indication(Indication::Refused(_) | Indication::Passed(_)) => {}
            // These positions are the log's own.
            Event::Indication(Indication::Committed(_, _, Entry::Blank | Entry::Members(_))) => {}
            Event::Indication(Indication::Leader(..)) => {}
            // Nobody gives snapshots: see the type of this log.
            Event::Indication(Indication::Restore(snapshot)) => match snapshot.state {},
            Event::Timeout(Retry) => {
                for (&number, msg) in &self.appended {
                    cx.mark("append again");
                    cx.request(Request::Append((Id { origin: cx.me(), number }, msg.clone())));
                }
                self.wait(cx);
            }
            Event::Receive(NodeId(_), never) => match never {},
        }
    }

    fn replay(&mut self, Numbered(sent): Numbered) {
        self.sent = sent;
    }

    fn marks() -> Vec<&'static str> {
        vec!["append again", "deliver", "repetition"]
    }
}

impl<M: Value> OverLog<M> {
    /// A node that has broadcast and delivered nothing.
    pub fn new() -> Self {
        OverLog {
            sent: 0,
            appended: BTreeMap::new(),
            delivered: Seen::default(),
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// A node with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(flaw: crate::Flaw) -> Self {
        OverLog { flaw: Some(flaw), ..OverLog::new() }
    }

    fn wait(&self, cx: &mut Cx<'_, Self>) {
        if !self.appended.is_empty() && !(flaw!(self, NeverAppendsAgain)) {
            cx.set(Retry, PATIENCE);
        }
    }

    fn deliver(&mut self, id: Id, msg: M, cx: &mut Cx<'_, Self>) {
        let is_new = self.delivered.insert(id);
        assert!(is_new || !flaw!(self, ExpectsNoRepetition), "{id} was delivered");
        if !is_new && !(flaw!(self, DeliversRepetitions)) {
            return cx.mark("repetition");
        }
        if id.origin == cx.me() && self.appended.remove(&id.number).is_some() && self.appended.is_empty() {
            cx.cancel(Retry);
        }
        cx.mark("deliver");
        let origin = if flaw!(self, CreditsTheReceiver) { cx.me() } else { id.origin };
        cx.indicate((Id { origin, ..id }, msg));
    }
}

impl<M: Value> Default for OverLog<M> {
    fn default() -> Self {
        OverLog::new()
    }
}
