//! Nodes that pass on what they are told, one to the next.

use std::time::Duration;

use synod_actor::{Actor, Cx, Event, NodeId, Nothing};

use super::Adding;

/// Passes on what it is told, in some way, to the next node; the last one says so, unless it has lost patience before.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Relay {
    pub way: Way,
    pub passed: bool,
}

/// How a relay passes something on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Way {
    AtOnce,
    /// When a message to itself has come back.
    Remembered,
    /// When a record, which changes nothing, is durable.
    Written,
}

impl Relay {
    fn pass_on(&mut self, cx: &mut Cx<'_, Self>) {
        match cx.group().get(usize::from(cx.me().0) + 1) {
            Some(&next) => cx.send(next, 0),
            None => {
                cx.cancel(());
                cx.indicate(0);
            }
        }
    }
}

impl Actor for Relay {
    type Provides = Adding;
    type Uses = Nothing;
    type Msg = u32;
    type Timer = ();
    type Record = bool;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        let is_last = Some(&cx.me()) == cx.group().last();
        match event {
            Event::Start if is_last => cx.set((), Duration::ZERO..Duration::from_secs(1)),
            Event::Start if cx.me() == NodeId(0) => cx.send(NodeId(1), 0),
            Event::Start | Event::Request(_) => {}
            Event::Receive(from, _) if from == cx.me() => self.pass_on(cx),
            Event::Receive(..) if self.passed => {}
            Event::Receive(..) => {
                self.persist(self.way != Way::Written, cx);
                match self.way {
                    Way::Remembered if !is_last => cx.send(cx.me(), 0),
                    _ => self.pass_on(cx),
                }
            }
            Event::Timeout(()) => cx.indicate(9),
            Event::Indication(never) => match never {},
        }
    }

    fn replay(&mut self, passed: bool) {
        self.passed |= passed;
    }
}
