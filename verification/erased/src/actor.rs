//! Actors behind pointers.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::Arc,
};

use synod_actor::{Actor, Cx, Effect, Event, Ground, Nothing, Port};

use crate::value::{AnyValue, Erased, as_value};

/// Any port.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum AnyPort {}

impl Port for AnyPort {
    type Request = Erased;
    type Indication = Erased;
}

/// Any actor that can run on a host.
#[derive(Clone)]
pub(crate) struct AnyActor(Arc<dyn DynActor>);
as_value!(AnyActor);

trait DynActor: Send + Sync {
    fn value(&self) -> &dyn AnyValue;
    /// The actor after the event.
    fn after(&self, event: Event<AnyActor>, cx: &mut Cx<'_, AnyActor>) -> Arc<dyn DynActor>;
    /// The actor with the record replayed.
    fn replayed(&self, record: Erased) -> Arc<dyn DynActor>;
}

impl<A: Actor<Uses: Ground>> DynActor for A {
    fn value(&self) -> &dyn AnyValue {
        self
    }

    fn after(&self, event: Event<AnyActor>, cx: &mut Cx<'_, AnyActor>) -> Arc<dyn DynActor> {
        let event = match event {
            Event::Start => Event::Start,
            Event::Request(request) => {
                Event::Request(request.get::<<A::Provides as Port>::Request>().clone())
            }
            Event::Indication(never) => match never {},
            Event::Receive(from, msg) => Event::Receive(from, msg.get::<A::Msg>().clone()),
            Event::Timeout(timer) => Event::Timeout(timer.get::<A::Timer>().clone()),
        };
        let mut actor = self.clone();
        let mut panic = None;
        let effects = cx.part(|cx| {
            // What a handler did before it panicked is a part of what it did.
            panic = catch_unwind(AssertUnwindSafe(|| actor.on(event, cx))).err();
        });
        for effect in effects {
            cx.issue(match effect {
                Effect::Persist(record) => Effect::Persist(Erased::new(record)),
                Effect::Send(to, msg) => Effect::Send(to, Erased::new(msg)),
                Effect::Set(timer, after) => Effect::Set(Erased::new(timer), after),
                Effect::Cancel(timer) => Effect::Cancel(Erased::new(timer)),
                Effect::Indicate(indication) => Effect::Indicate(Erased::new(indication)),
                Effect::Mark(step) => Effect::Mark(step),
                Effect::Request(request) => A::Uses::impossible(request),
            });
        }
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
        Arc::new(actor)
    }

    fn replayed(&self, record: Erased) -> Arc<dyn DynActor> {
        let mut actor = self.clone();
        actor.replay(record.get::<A::Record>().clone());
        Arc::new(actor)
    }
}

impl AnyActor {
    /// The actor, behind a pointer.
    pub(crate) fn new<A: Actor<Uses: Ground>>(actor: A) -> Self {
        AnyActor(Arc::new(actor))
    }

    /// The actor, as what it is.
    pub(crate) fn get<A: Actor>(&self) -> &A {
        self.value().as_any().downcast_ref().expect("all nodes of a system run actors of one type")
    }

    /// Changes the actor.
    pub(crate) fn change<A: Actor<Uses: Ground>>(&mut self, change: impl FnOnce(&mut A)) {
        let mut actor = self.get::<A>().clone();
        change(&mut actor);
        *self = AnyActor::new(actor);
    }

    fn value(&self) -> &dyn AnyValue {
        self.0.value()
    }
}

impl Actor for AnyActor {
    type Provides = AnyPort;
    type Uses = Nothing;
    type Msg = Erased;
    type Timer = Erased;
    type Record = Erased;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        self.0 = self.0.after(event, cx);
    }

    fn replay(&mut self, record: Erased) {
        self.0 = self.0.replayed(record);
    }
}
