//! A linearizable compare-and-set register over a replicated log, with reads by position: a read asks how far the log is committed,
//! waits until the node has come so far, and is answered from the node's own copy (the barriers of the port [`Log`]; ZooKeeper calls
//! it `sync`).
//!
//! - **Assumes** a log below, whatever it needs. Commands are appended again until they are committed, and a command that is
//!   committed twice is applied once.
//! - **Guarantees** linearizability; termination where the log commits what is appended again and again.
//! - Nothing is durable here: after a crash the log tells everything again, from the first position on (it keeps no snapshots), and
//!   what was asked before is not answered any more.

use std::{collections::BTreeMap, ops::Range, time::Duration};

use synod_actor::{Actor, Cx, Event, Never, NodeId, Value};
use synod_broadcast::{Id, Seen};
use synod_consensus::{
    Change, Log,
    log::{Entry, Indication, Request},
};

use crate::{Answer, Operation, Register, RequestId};

/// A known fault, a switch at the line that it changes.
#[cfg(feature = "mutants")]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Flaw {
    /// A read does not ask how far the log is.
    DoesNotAskForThePosition,
    /// A command that is committed twice is applied twice.
    AppliesTwice,
    /// A command is appended once.
    NeverAppendsAgain,
    /// A node answers what others were asked, too.
    AnswersForOthers,
    /// A node takes it for granted that its reads are never refused.
    ExpectsNoRefusal,
}

/// A write or compare-and-set, on its way through the log; a read too, if its position could not be told.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Command<V> {
    /// Which request: whose it is, and its identity there.
    pub id: Id,
    /// What to do.
    pub operation: Operation<V>,
}

/// Fires when something that was appended should have been committed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Retry;

/// How long to wait for that: some elections.
const PATIENCE: Range<Duration> = Duration::from_millis(500)..Duration::from_millis(1000);

/// A node of the register. See the [module](self).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OverLog<V> {
    /// What it holds after the commands told so far, and which these are.
    value: V,
    applied: Seen,
    /// What is appended for clients here, and not committed.
    appended: BTreeMap<RequestId, Operation<V>>,
    #[cfg(feature = "mutants")]
    flaw: Option<Flaw>,
}

impl<V: Value> Actor for OverLog<V> {
    type Provides = Register<V>;
    type Uses = Log<Command<V>>;
    type Msg = Never;
    type Timer = Retry;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request((id, Operation::Read)) if flaw!(self, DoesNotAskForThePosition) => {
                cx.indicate((id, Answer::Value(self.value.clone())));
            }
            Event::Request((id, Operation::Read)) => cx.request(Request::Barrier(id)),
            Event::Request((id, operation)) => self.append(id, operation, cx),
            Event::Indication(indication) => self.indication(indication, cx),
            Event::Timeout(Retry) => {
                for (&number, operation) in &self.appended {
                    cx.mark("append again");
                    let id = Id { origin: cx.me(), number };
                    cx.request(Request::Append(Command { id, operation: operation.clone() }));
                }
                self.wait(cx);
            }
            Event::Receive(NodeId(_), never) => match never {},
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }

    fn marks() -> Vec<&'static str> {
        vec!["append again", "repetition", "read", "read refused", "write", "set", "mismatch"]
    }
}

impl<V: Value> OverLog<V> {
    /// A node of a register that holds `initial`: the same at all nodes.
    pub fn new(initial: V) -> Self {
        OverLog {
            value: initial,
            applied: Seen::default(),
            appended: BTreeMap::new(),
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// The same node, with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(self, flaw: Flaw) -> Self {
        OverLog { flaw: Some(flaw), ..self }
    }

    fn append(&mut self, id: RequestId, operation: Operation<V>, cx: &mut Cx<'_, Self>) {
        self.appended.insert(id, operation.clone());
        self.wait(cx);
        cx.request(Request::Append(Command { id: Id { origin: cx.me(), number: id }, operation }));
    }

    fn wait(&self, cx: &mut Cx<'_, Self>) {
        if !self.appended.is_empty() && !(flaw!(self, NeverAppendsAgain)) {
            cx.set(Retry, PATIENCE);
        }
    }

    fn indication(&mut self, indication: Indication<Command<V>>, cx: &mut Cx<'_, Self>) {
        match indication {
            Indication::Committed(_, _, Entry::Command(Command { id, operation })) => {
                if !self.applied.insert(id) && !(flaw!(self, AppliesTwice)) {
                    return cx.mark("repetition");
                }
                let (value, answer) = operation.apply(&self.value);
                cx.mark(operation.step(&answer));
                self.value = value;
                let is_own = id.origin == cx.me() && self.appended.remove(&id.number).is_some();
                if self.appended.is_empty() {
                    cx.cancel(Retry);
                }
                if is_own || flaw!(self, AnswersForOthers) {
                    cx.indicate((id.number, answer));
                }
            }
            // All that was committed anywhere when the read was asked has been applied here.
            Indication::Passed(id) => {
                cx.mark("read");
                cx.indicate((id, Answer::Value(self.value.clone())));
            }
            // Nobody knows how far the log is. So the read takes a place in it, like a write. To ask for the position again is not
            // allowed under the same identity.
            Indication::Refused(Request::Barrier(id)) => {
                if flaw!(self, ExpectsNoRefusal) {
                    panic!("someone knows how far the log is");
                }
                cx.mark("read refused");
                self.append(id, Operation::Read, cx);
            }
            // It will be appended again.
            Indication::Refused(_) => {}
            Indication::Committed(_, _, Entry::Blank | Entry::Members(_)) | Indication::Leader(..) => {}
            // Nobody gives snapshots: see the type of this log.
            Indication::Restore(snapshot) => match snapshot.state {},
        }
    }
}
