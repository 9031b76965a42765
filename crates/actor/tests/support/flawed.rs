//! What breaks a combinator: a wrapper with a flaw, so that each law of composition is tried on one that violates it.

use std::marker::PhantomData;

use synod_actor::{Actor, Cx, Effect, Event, Value};

/// A protocol, or a flawed one around it.
pub trait Whole<P: Actor>:
    Actor<Provides = P::Provides, Uses = P::Uses, Msg = P::Msg, Timer = P::Timer, Record = P::Record>
{
    fn of(inner: P) -> Self;
    fn inner(&self) -> &P;
}

impl<P: Actor> Whole<P> for P {
    fn of(inner: P) -> Self {
        inner
    }
    fn inner(&self) -> &P {
        self
    }
}

/// A protocol that is not treated as it should be.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Flawed<P, F>(P, PhantomData<F>);

/// How it is treated.
pub trait Flaw<P: Actor>: Value {
    /// What it gets instead of `event`.
    fn instead(event: Event<P>) -> Vec<Event<P>>;
    /// What it does with a record in recovery.
    fn replay(inner: &mut P, record: P::Record) {
        inner.replay(record);
    }
    /// The marks it declares.
    fn marks() -> Vec<&'static str> {
        P::marks()
    }
}

impl<P: Actor, F: Flaw<P>> Whole<P> for Flawed<P, F> {
    fn of(inner: P) -> Self {
        Flawed(inner, PhantomData)
    }
    fn inner(&self) -> &P {
        &self.0
    }
}

impl<P: Actor, F: Flaw<P>> Actor for Flawed<P, F> {
    type Provides = P::Provides;
    type Uses = P::Uses;
    type Msg = P::Msg;
    type Timer = P::Timer;
    type Record = P::Record;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        for event in F::instead(same_event::<Self, P>(event)) {
            for effect in cx.part(|cx| self.0.on(event, cx)) {
                cx.issue(match effect {
                    Effect::Persist(r) => Effect::Persist(r),
                    Effect::Send(to, m) => Effect::Send(to, m),
                    Effect::Set(t, after) => Effect::Set(t, after),
                    Effect::Cancel(t) => Effect::Cancel(t),
                    Effect::Request(r) => Effect::Request(r),
                    Effect::Indicate(i) => Effect::Indicate(i),
                    Effect::Mark(step) => Effect::Mark(step),
                });
            }
        }
    }

    fn replay(&mut self, record: P::Record) {
        F::replay(&mut self.0, record);
    }

    fn marks() -> Vec<&'static str> {
        F::marks()
    }
}

/// The same event, for another protocol with the same types.
pub fn same_event<A, B>(event: Event<A>) -> Event<B>
where
    A: Actor,
    B: Actor<Provides = A::Provides, Uses = A::Uses, Msg = A::Msg, Timer = A::Timer>,
{
    match event {
        Event::Start => Event::Start,
        Event::Request(r) => Event::Request(r),
        Event::Indication(i) => Event::Indication(i),
        Event::Receive(from, m) => Event::Receive(from, m),
        Event::Timeout(t) => Event::Timeout(t),
    }
}

/// Indications from below do not arrive.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Deaf;
impl<P: Actor> Flaw<P> for Deaf {
    fn instead(event: Event<P>) -> Vec<Event<P>> {
        if matches!(event, Event::Indication(_)) { vec![] } else { vec![event] }
    }
}

/// Forgets what was written.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Amnesic;
impl<P: Actor> Flaw<P> for Amnesic {
    fn instead(event: Event<P>) -> Vec<Event<P>> {
        vec![event]
    }
    fn replay(_: &mut P, _: P::Record) {}
}
