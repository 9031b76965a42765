//! A linearizable compare-and-set register from total order broadcast, with reads from one replica that every write waits for.
//!
//! All nodes apply all writes in the order, and one of them answers: a write is answered once that node has applied it, and a read
//! is its state. So reads take no place in the order, and cost a round trip to one node, or nothing at that node. It is what the tail
//! of a chain is in chain replication (van Renesse and Schneider 2004).
//!
//! It has to be *one* replica. Reads from any of two that both are waited for are not linearizable: one may have applied a write, and
//! be read, before the other has, and is read after.
//!
//! - **Assumes** total order broadcast below, and reliable links. Crash-stop.
//! - **Guarantees** linearizability; termination as long as the broadcast delivers and the replica is up.

use synod_actor::{Actor, Cx, Event, Never, NodeId, Value};
use synod_broadcast::TotalOrderBroadcast;
use synod_consensus::Change;

use crate::{Answer, Operation, Register, RequestId, total_order::Command};

/// A known fault, a switch at the line that it changes.
#[cfg(feature = "mutants")]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Flaw {
    /// A write is answered when the node that was asked has applied it, which may be before the replica has.
    WritesDoNotWait,
    /// A read is answered from the node's own copy, as if all were waited for.
    ReadsAnyReplica,
    /// A node takes every answer for one to its own request of that number.
    TellsEveryone,
}

/// What nodes say to each other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Msg<V> {
    /// What does it hold? For this request of mine.
    Read(RequestId),
    /// This is the answer to your request: I have applied all that it depends on.
    Tell(RequestId, Answer<V>),
}
use Msg::{Read, Tell};

/// A node of the register: the replica that answers, or another. See the [module](self).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SynchronousReplica<V> {
    replica: NodeId,
    /// What the register holds after the writes delivered so far.
    value: V,
    #[cfg(feature = "mutants")]
    flaw: Option<Flaw>,
}

impl<V: Value> Actor for SynchronousReplica<V> {
    type Provides = Register<V>;
    type Uses = TotalOrderBroadcast<Command<V>>;
    type Msg = Msg<V>;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request((request, Operation::Read))
                if cx.me() == self.replica || flaw!(self, ReadsAnyReplica) =>
            {
                cx.mark("read");
                cx.indicate((request, Answer::Value(self.value.clone())));
            }
            Event::Request((request, Operation::Read)) => cx.send(self.replica, Read(request)),
            Event::Request((request, operation)) => cx.request(Command { request, operation }),
            Event::Indication((id, Command { request, operation })) => {
                let (value, answer) = operation.apply(&self.value);
                cx.mark(operation.step(&answer));
                self.value = value;
                let answers = if flaw!(self, WritesDoNotWait) { id.origin } else { self.replica };
                if cx.me() == answers {
                    self.tell(id.origin, request, answer, cx);
                }
            }
            Event::Receive(from, Read(request)) => {
                cx.mark("read");
                self.tell(from, request, Answer::Value(self.value.clone()), cx);
            }
            Event::Receive(_, Tell(request, answer)) => cx.indicate((request, answer)),
            Event::Timeout(never) => match never {},
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }

    fn marks() -> Vec<&'static str> {
        vec!["read", "write", "set", "mismatch"]
    }
}

impl<V: Value> SynchronousReplica<V> {
    /// A node of a register that holds `initial`, and is read at `replica`: the same at all nodes.
    pub fn new(replica: NodeId, initial: V) -> Self {
        SynchronousReplica {
            replica,
            value: initial,
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// The same node, with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(self, flaw: Flaw) -> Self {
        SynchronousReplica { flaw: Some(flaw), ..self }
    }

    fn tell(&self, to: NodeId, request: RequestId, answer: Answer<V>, cx: &mut Cx<'_, Self>) {
        if flaw!(self, TellsEveryone) {
            return cx.send_all(Tell(request, answer));
        }
        if to == cx.me() {
            cx.indicate((request, answer));
        } else {
            cx.send(to, Tell(request, answer));
        }
    }
}
