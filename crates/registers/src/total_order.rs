//! A linearizable compare-and-set register from total order broadcast: state machine replication (Schneider 1990) of the
//! smallest machine that solves consensus (Herlihy 1991, section 3.2).
//!
//! - **Assumes** total order broadcast below. Crash-stop: a node that restarts has forgotten the register.
//! - **Guarantees** linearizability, and termination where the broadcast below delivers.
//! - Reads are appended to the order like writes. An answer from the node's own replica would be older than what others have
//!   read: all operations would still take place in one order, but not each between its request and its answer.

use synod_actor::{Actor, Cx, Event, Never, Value};
use synod_broadcast::TotalOrderBroadcast;
use synod_consensus::Change;

use crate::{Answer, Operation, Register, RequestId};

/// A known fault, a switch at the line that it changes.
#[cfg(feature = "mutants")]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Flaw {
    /// A read is answered from the node's own replica, at once.
    ReadsLocally,
    /// A write is answered when it is broadcast, not when it has its place in the order.
    AnswersBeforeDelivery,
    /// A compare-and-set does not compare.
    SetsWithoutComparing,
    /// A node answers what others were asked, too.
    AnswersForOthers,
    /// A compare-and-set that finds something else is not answered.
    KeepsMismatchesToItself,
    /// A node takes for granted that compare-and-set finds what it expects.
    ExpectsToMatch,
}

/// A request on its way through the order.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Command<V> {
    /// Of which request at the node that broadcasts it.
    pub request: RequestId,
    /// What to do.
    pub operation: Operation<V>,
}

/// A node that holds a replica of the register. See the [module](self).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OverTotalOrder<V> {
    /// What the register holds after the commands delivered so far.
    value: V,
    #[cfg(feature = "mutants")]
    flaw: Option<Flaw>,
}

impl<V: Value> Actor for OverTotalOrder<V> {
    type Provides = Register<V>;
    type Uses = TotalOrderBroadcast<Command<V>>;
    type Msg = Never;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request((request, operation)) => {
                if flaw!(self, ReadsLocally) && operation == Operation::Read {
                    return cx.indicate((request, Answer::Value(self.value.clone())));
                }
                if flaw!(self, AnswersBeforeDelivery) && matches!(operation, Operation::Write(_)) {
                    cx.indicate((request, Answer::Done));
                }
                cx.request(Command { request, operation });
            }
            // The order decides, and everyone applies it. Who was asked answers.
            Event::Indication((id, command)) => {
                let Command { request, operation } = command;
                let is_answered =
                    flaw!(self, AnswersBeforeDelivery) && matches!(operation, Operation::Write(_));
                let answer = self.apply(&operation, cx);
                if flaw!(self, KeepsMismatchesToItself) && answer == Answer::Mismatch {
                    return;
                }
                if (id.origin == cx.me() || flaw!(self, AnswersForOthers)) && !is_answered {
                    cx.indicate((request, answer));
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
        vec!["read", "write", "set", "mismatch"]
    }
}

impl<V: Value> OverTotalOrder<V> {
    /// A node of a register that holds `initial`: the same at all nodes.
    pub fn new(initial: V) -> Self {
        OverTotalOrder {
            value: initial,
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// A node with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(initial: V, flaw: Flaw) -> Self {
        OverTotalOrder { flaw: Some(flaw), ..OverTotalOrder::new(initial) }
    }

    fn apply(&mut self, operation: &Operation<V>, cx: &mut Cx<'_, Self>) -> Answer<V> {
        let (value, answer) = match operation {
            Operation::CompareAndSet { new, .. } if flaw!(self, SetsWithoutComparing) => {
                (new.clone(), Answer::Done)
            }
            operation => operation.apply(&self.value),
        };
        assert!(!(flaw!(self, ExpectsToMatch) && answer == Answer::Mismatch), "it holds what is expected");
        cx.mark(operation.step(&answer));
        self.value = value;
        answer
    }
}
