//! Making causality visible: which requests happened before which.
//!
//! A monitor sees what is asked and told, but not what nodes say to each other; and whether one request happened before
//! another is a matter of that. So a witness sits around each node and adds to each message what the node knows of.

use std::marker::PhantomData;

use synod_actor::{Actor, Cx, Effect, Event, NodeId, Port};
use synod_clocks::VersionVector;

/// The port `P`, with what its requests knew of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Witnessed<P>(PhantomData<P>);

/// What a witness tells.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Seen<P: Port> {
    /// This was asked here, right now.
    Asked {
        /// What.
        request: P::Request,
        /// The requests that happened before or are this one: of each node the first so many.
        past: VersionVector<NodeId>,
    },
    /// What the actor tells.
    Told(P::Indication),
}

impl<P: Port> Port for Witnessed<P> {
    type Request = P::Request;
    type Indication = Seen<P>;
}

/// Any actor, at a node that also keeps account of the requests that happened before: as auxiliary variables do in a proof. The
/// actor does not notice.
///
/// The account is lost in a crash; use it in systems without recovery.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Witness<A> {
    actor: A,
    /// The requests that happened before what happens next here.
    past: VersionVector<NodeId>,
}

impl<A> Witness<A> {
    /// The actor, at a node that knows of no request.
    pub fn of(actor: A) -> Self {
        Witness { actor, past: VersionVector::new() }
    }
}

impl<A: Actor> Actor for Witness<A> {
    type Provides = Witnessed<A::Provides>;
    type Uses = A::Uses;
    type Msg = (VersionVector<NodeId>, A::Msg);
    type Timer = A::Timer;
    type Record = A::Record;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        let event = match event {
            Event::Start => Event::Start,
            Event::Request(request) => {
                self.past.increment(cx.me()).expect("nobody asks so often");
                cx.indicate(Seen::Asked { request: request.clone(), past: self.past.clone() });
                Event::Request(request)
            }
            Event::Indication(indication) => Event::Indication(indication),
            Event::Receive(from, (past, msg)) => {
                self.past.join(&past);
                Event::Receive(from, msg)
            }
            Event::Timeout(timer) => Event::Timeout(timer),
        };
        for effect in cx.part(|cx| self.actor.on(event, cx)) {
            cx.issue(match effect {
                Effect::Persist(record) => Effect::Persist(record),
                Effect::Send(to, msg) => Effect::Send(to, (self.past.clone(), msg)),
                Effect::Set(timer, after) => Effect::Set(timer, after),
                Effect::Cancel(timer) => Effect::Cancel(timer),
                Effect::Request(request) => Effect::Request(request),
                Effect::Indicate(indication) => Effect::Indicate(Seen::Told(indication)),
                Effect::Mark(step) => Effect::Mark(step),
            });
        }
    }

    fn replay(&mut self, record: A::Record) {
        self.actor.replay(record);
    }

    fn marks() -> Vec<&'static str> {
        A::marks()
    }
}
