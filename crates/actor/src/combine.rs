//! The algebra of protocols: over ([`Stack`]), beside ([`Beside`]), and one per key ([`Many`]). One per key that comes and goes
//! is [`Opened`](crate::Opened).
//!
//! Each is written once, for every pair of protocols, and is a protocol again. Their laws are in
//! `tests/combinators.rs`.

use std::{
    collections::{BTreeMap, VecDeque},
    marker::PhantomData,
};

use crate::{
    Actor, Cx, Effect, Event, Never, Nothing, Port, Value, Visit,
    combine::Side::{L, R},
};

/// One of two: the message, timer, record, request or indication of the left or of the right part.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Side<A, B> {
    /// Of the left part: in a [`Stack`] the upper one.
    L(A),
    /// Of the right part: in a [`Stack`] the lower one.
    R(B),
}

/// Two services side by side.
impl<A: Port, B: Port> Port for (A, B) {
    type Request = Side<A::Request, B::Request>;
    type Indication = Side<A::Indication, B::Indication>;
}

/// One service per key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Keyed<K, A>(PhantomData<(K, A)>);

impl<K: Value, A: Port> Port for Keyed<K, A> {
    type Request = (K, A::Request);
    type Indication = (K, A::Indication);
}

/// A port without requests and indications, however composed: what a protocol uses that can run on a host.
pub trait Ground: Port {
    /// There is no such request, as this function shows: from one, anything follows.
    fn impossible<T>(request: Self::Request) -> T;
}

impl Ground for Nothing {
    fn impossible<T>(request: Never) -> T {
        match request {}
    }
}

impl<A: Ground, B: Ground> Ground for (A, B) {
    fn impossible<T>(request: Self::Request) -> T {
        match request {
            L(request) => A::impossible(request),
            R(request) => B::impossible(request),
        }
    }
}

impl<K: Value, A: Ground> Ground for Keyed<K, A> {
    fn impossible<T>((_, request): Self::Request) -> T {
        A::impossible(request)
    }
}

/// What a part asks of its neighbours, as against what it does to the world.
pub(crate) enum Ask<P: Actor> {
    Below(<P::Uses as Port>::Request),
    Above(<P::Provides as Port>::Indication),
}

/// Runs one step of `part` inside the protocol `W`, and passes on what it did.
fn step<P: Actor, W: Actor>(
    part: &mut P,
    event: Event<P>,
    cx: &mut Cx<'_, W>,
    msg: impl Fn(P::Msg) -> W::Msg,
    timer: impl Fn(P::Timer) -> W::Timer,
    record: impl Fn(P::Record) -> W::Record,
    ask: impl FnMut(&mut Cx<'_, W>, Ask<P>),
) {
    let effects = cx.part(|cx| part.on(event, cx));
    pass_on(effects, cx, msg, timer, record, ask);
}

/// What a part of the protocol `W` did: its effects on the world go out wrapped, what it asks of its neighbours goes to
/// `ask`, all in the order issued.
pub(crate) fn pass_on<P: Actor, W: Actor>(
    effects: Vec<Effect<P>>,
    cx: &mut Cx<'_, W>,
    msg: impl Fn(P::Msg) -> W::Msg,
    timer: impl Fn(P::Timer) -> W::Timer,
    record: impl Fn(P::Record) -> W::Record,
    mut ask: impl FnMut(&mut Cx<'_, W>, Ask<P>),
) {
    for effect in effects {
        match effect {
            Effect::Persist(r) => cx.issue(Effect::Persist(record(r))),
            Effect::Send(to, m) => cx.issue(Effect::Send(to, msg(m))),
            Effect::Set(t, after) => cx.issue(Effect::Set(timer(t), after)),
            Effect::Cancel(t) => cx.issue(Effect::Cancel(timer(t))),
            Effect::Mark(step) => cx.issue(Effect::Mark(step)),
            Effect::Request(request) => ask(cx, Ask::Below(request)),
            Effect::Indicate(indication) => ask(cx, Ask::Above(indication)),
        }
    }
}

/// `upper` over `lower`: the upper's requests reach the lower, whose indications come back up.
///
/// Within one event these are handled in the order issued, each to completion, so a node is never seen with a
/// request between its layers. Two layers that answer each other without end would never finish an event.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Stack<U, D> {
    /// The layer above: its port is what the stack provides.
    pub upper: U,
    /// The layer below: what it uses is what the stack uses.
    pub lower: D,
}

impl<U, D> Actor for Stack<U, D>
where
    D: Actor,
    U: Actor<Uses = D::Provides>,
{
    type Provides = U::Provides;
    type Uses = D::Uses;
    type Msg = Side<U::Msg, D::Msg>;
    type Timer = Side<U::Timer, D::Timer>;
    type Record = Side<U::Record, D::Record>;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        let mut pending: VecDeque<Side<Event<U>, Event<D>>> = match event {
            // The lower layer starts first: the upper may use it from its own start on.
            Event::Start => [R(Event::Start), L(Event::Start)].into(),
            Event::Request(r) => [L(Event::Request(r))].into(),
            Event::Indication(i) => [R(Event::Indication(i))].into(),
            Event::Receive(from, L(m)) => [L(Event::Receive(from, m))].into(),
            Event::Receive(from, R(m)) => [R(Event::Receive(from, m))].into(),
            Event::Timeout(L(t)) => [L(Event::Timeout(t))].into(),
            Event::Timeout(R(t)) => [R(Event::Timeout(t))].into(),
        };
        while let Some(event) = pending.pop_front() {
            match event {
                L(event) => step(&mut self.upper, event, cx, L, L, L, |cx, ask| match ask {
                    Ask::Below(request) => pending.push_back(R(Event::Request(request))),
                    Ask::Above(indication) => cx.indicate(indication),
                }),
                R(event) => step(&mut self.lower, event, cx, R, R, R, |cx, ask| match ask {
                    Ask::Below(request) => cx.request(request),
                    Ask::Above(indication) => pending.push_back(L(Event::Indication(indication))),
                }),
            }
        }
    }

    fn replay(&mut self, record: Self::Record) {
        match record {
            L(r) => self.upper.replay(r),
            R(r) => self.lower.replay(r),
        }
    }

    fn marks() -> Vec<&'static str> {
        both(U::marks(), D::marks())
    }
}

/// Two independent protocols at one node, neither of which sees the other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Beside<A, B>(
    /// The left one.
    pub A,
    /// The right one.
    pub B,
);

impl<A: Actor, B: Actor> Actor for Beside<A, B> {
    type Provides = (A::Provides, B::Provides);
    type Uses = (A::Uses, B::Uses);
    type Msg = Side<A::Msg, B::Msg>;
    type Timer = Side<A::Timer, B::Timer>;
    type Record = Side<A::Record, B::Record>;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        let (left, right) = match event {
            Event::Start => (Some(Event::Start), Some(Event::Start)),
            Event::Request(L(r)) => (Some(Event::Request(r)), None),
            Event::Request(R(r)) => (None, Some(Event::Request(r))),
            Event::Indication(L(i)) => (Some(Event::Indication(i)), None),
            Event::Indication(R(i)) => (None, Some(Event::Indication(i))),
            Event::Receive(from, L(m)) => (Some(Event::Receive(from, m)), None),
            Event::Receive(from, R(m)) => (None, Some(Event::Receive(from, m))),
            Event::Timeout(L(t)) => (Some(Event::Timeout(t)), None),
            Event::Timeout(R(t)) => (None, Some(Event::Timeout(t))),
        };
        if let Some(event) = left {
            step(&mut self.0, event, cx, L, L, L, |cx, ask| match ask {
                Ask::Below(request) => cx.request(L(request)),
                Ask::Above(indication) => cx.indicate(L(indication)),
            });
        }
        if let Some(event) = right {
            step(&mut self.1, event, cx, R, R, R, |cx, ask| match ask {
                Ask::Below(request) => cx.request(R(request)),
                Ask::Above(indication) => cx.indicate(R(indication)),
            });
        }
    }

    fn replay(&mut self, record: Self::Record) {
        match record {
            L(r) => self.0.replay(r),
            R(r) => self.1.replay(r),
        }
    }

    fn marks() -> Vec<&'static str> {
        both(A::marks(), B::marks())
    }
}

/// One instance of a protocol per key, each made from a seed when its key is first heard of.
///
/// An instance starts (it is given [`Event::Start`]) right before its first event, and again after a restart if it
/// had written anything. One that had written nothing is forgotten by a crash, and made again when needed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Many<K, P> {
    seed: P,
    instances: BTreeMap<K, P>,
}

impl<K: Ord, P> Many<K, P> {
    /// No instances yet; each will begin as a copy of `seed`.
    pub fn of(seed: P) -> Self {
        Many { seed, instances: BTreeMap::new() }
    }

    /// The instance for `key`, if it was heard of.
    pub fn get(&self, key: &K) -> Option<&P> {
        self.instances.get(key)
    }

    /// The keys heard of so far, in order.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.instances.keys()
    }
}

impl<K: Value, P: Actor> Actor for Many<K, P> {
    type Provides = Keyed<K, P::Provides>;
    type Uses = Keyed<K, P::Uses>;
    type Msg = (K, P::Msg);
    type Timer = (K, P::Timer);
    type Record = (K, P::Record);

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        let (key, event) = match event {
            Event::Start => {
                for (key, instance) in &mut self.instances {
                    keyed_step(key, instance, Event::Start, cx);
                }
                return;
            }
            Event::Request((key, r)) => (key, Event::Request(r)),
            Event::Indication((key, i)) => (key, Event::Indication(i)),
            Event::Receive(from, (key, m)) => (key, Event::Receive(from, m)),
            Event::Timeout((key, t)) => (key, Event::Timeout(t)),
        };
        let instance = self.instances.entry(key.clone()).or_insert_with(|| {
            let mut instance = self.seed.clone();
            keyed_step(&key, &mut instance, Event::Start, cx);
            instance
        });
        keyed_step(&key, instance, event, cx);
    }

    fn replay(&mut self, (key, record): Self::Record) {
        self.instances.entry(key).or_insert_with(|| self.seed.clone()).replay(record);
    }

    fn marks() -> Vec<&'static str> {
        P::marks()
    }
}

fn keyed_step<K: Value, P: Actor>(key: &K, part: &mut P, event: Event<P>, cx: &mut Cx<'_, Many<K, P>>) {
    let key = || key.clone();
    step(
        part,
        event,
        cx,
        |m| (key(), m),
        |t| (key(), t),
        |r| (key(), r),
        |cx, ask| match ask {
            Ask::Below(request) => cx.request((key(), request)),
            Ask::Above(indication) => cx.indicate((key(), indication)),
        },
    );
}

fn both(mut marks: Vec<&'static str>, more: Vec<&'static str>) -> Vec<&'static str> {
    marks.extend(more);
    marks
}

impl<A: Visit, B: Visit> Visit for Side<A, B> {
    fn visit(&mut self, visitor: &mut dyn crate::Visitor) {
        match self {
            L(a) => a.visit(visitor),
            R(b) => b.visit(visitor),
        }
    }
}
crate::visit!(Stack<U, D> where U, D { upper, lower });
crate::visit!(Beside<A, B> where A, B { 0, 1 });
crate::visit!(Many<K, P> where K, P { seed, instances });
