//! Stubborn links: send again and again. Cachin, Guerraoui and Rodrigues (2011), Algorithm 2.1, "Retransmit Forever".
//!
//! - **Assumes** fair-loss links: of a message that is sent again and again, some copies arrive. Crash-stop.
//! - **Guarantees** that it is delivered again and again. Deviation: until the user stops it, since a message that was
//!   acknowledged need not be sent for ever.

use std::{collections::BTreeMap, ops::Range, time::Duration};

use synod_actor::{Actor, Cx, Event, Never, NodeId, Nothing, Value};

use crate::{
    StubbornLinks,
    StubbornRequest::{Send, Stop},
};

/// A message under the number that its sender gave it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Numbered<M>(
    /// The number.
    pub u64,
    /// The message.
    pub M,
);

/// The timer: fires when it is time to send again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Resend;

/// How long to wait before sending again. A range, so that nodes do not fall into step.
pub(crate) const PERIOD: Range<Duration> = Duration::from_millis(50)..Duration::from_millis(100);

/// Sends all of this, and will again.
pub(crate) fn send_again<A, M: Value>(sent: &BTreeMap<(NodeId, u64), M>, cx: &mut Cx<'_, A>)
where
    A: Actor<Msg = Numbered<M>, Timer = Resend>,
{
    cx.mark("resend");
    for ((to, number), msg) in sent {
        cx.send(*to, Numbered(*number, msg.clone()));
    }
    cx.set(Resend, PERIOD);
}

/// A node of stubborn links. See the documentation of the crate.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Stubborn<M> {
    /// What is sent again and again, by destination and number.
    sent: BTreeMap<(NodeId, u64), M>,
    #[cfg(feature = "mutants")]
    flaw: Option<crate::Flaw>,
}

impl<M: Value> Actor for Stubborn<M> {
    type Provides = StubbornLinks<M>;
    type Uses = Nothing;
    type Msg = Numbered<M>;
    type Timer = Resend;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request(Send(to, number, msg)) => {
                cx.send(to, Numbered(number, msg.clone()));
                self.sent.insert((to, number), msg);
                cx.set(Resend, PERIOD);
            }
            Event::Request(Stop(to, number)) => {
                let stopped = self.sent.remove(&(to, number)).is_some();
                assert!(stopped || !(flaw!(self, ExpectsOneStop)), "{number} to {to} was stopped already");
                if self.sent.is_empty() {
                    cx.cancel(Resend);
                }
            }
            Event::Timeout(Resend) if self.sent.is_empty() || flaw!(self, SendsOnce) => {}
            Event::Timeout(Resend) => send_again(&self.sent, cx),
            Event::Receive(from, Numbered(number, msg)) => cx.indicate((from, number, msg)),
            Event::Indication(never) => match never {},
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }

    fn marks() -> Vec<&'static str> {
        vec!["resend"]
    }
}

impl<M> Stubborn<M> {
    /// A node that has sent nothing.
    pub fn new() -> Self {
        Stubborn {
            sent: BTreeMap::new(),
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// A node with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(flaw: crate::Flaw) -> Self {
        Stubborn { flaw: Some(flaw), ..Stubborn::new() }
    }
}

impl<M> Default for Stubborn<M> {
    fn default() -> Self {
        Stubborn::new()
    }
}
