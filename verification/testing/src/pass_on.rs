//! The least layer.

use std::marker::PhantomData;

use synod_actor::{Actor, Cx, Event, Never, Port};

/// A layer that passes everything on: requests down, indications up. What it costs is what a layer
/// costs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PassOn<P>(PhantomData<P>);

impl<P> PassOn<P> {
    /// The layer.
    pub fn new() -> Self {
        PassOn(PhantomData)
    }
}

impl<P> Default for PassOn<P> {
    fn default() -> Self {
        PassOn::new()
    }
}

impl<P: Port> Actor for PassOn<P> {
    type Provides = P;
    type Uses = P;
    type Msg = Never;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request(request) => cx.request(request),
            Event::Indication(indication) => cx.indicate(indication),
            Event::Receive(_, never) | Event::Timeout(never) => match never {},
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }
}
