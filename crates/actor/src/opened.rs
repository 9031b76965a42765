//! Instances that come and go: one per key, from when the layer above opens it until it closes it.
//!
//! [`Many`](crate::Many) makes an instance when its key is first heard of, and they are all alike. Here the layer above says
//! which there are, and what each is for: the nodes of a group that changes, for instance.

use std::{
    collections::{BTreeMap, BTreeSet},
    marker::PhantomData,
};

use crate::{
    Actor, Cx, Effect, Event, Keyed, NodeId, Port, Value,
    combine::{Ask, pass_on},
};

/// A protocol of which instances for different purposes are made.
pub trait Seed<X>: Actor {
    /// A new instance for this, which has not started.
    fn instance(&self, purpose: &X) -> Self;

    /// Whether this instance says anything to the node. What is sent to other nodes of the group is not sent.
    fn concerns(&self, _node: NodeId) -> bool {
        true
    }
}

/// A service per key, that is opened and closed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Openable<K, X, A>(PhantomData<(K, X, A)>);

impl<K: Value, X: Value, A: Port> Port for Openable<K, X, A> {
    type Request = Request<K, X, A::Request>;
    type Indication = Indication<K, A::Indication>;
}

/// What the layer above asks.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Request<K, X, R> {
    /// Open an instance for this purpose, unless there is one for the key. It is opened durably: it is there after a restart.
    Open(K, X),
    /// Close all instances whose keys are below this one: they are forgotten, and their timers are cancelled. A key that is opened
    /// again is that of a new instance, which has forgotten what it promised: keys should not be used twice.
    CloseBelow(K),
    /// Ask the instance for the key; nothing happens if there is none.
    Ask(K, R),
}

/// What the layer above is told.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Indication<K, I> {
    /// By an instance.
    Of(K, I),
    /// A message has come from this node for an instance that is not open here. It is dropped.
    Stray(K, NodeId),
}

/// What is written.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Record<K, X, R> {
    /// An instance was opened for this purpose.
    Opened(K, X),
    /// All instances below this key were closed.
    ClosedBelow(K),
    /// What an instance wrote.
    Of(K, R),
}

/// One instance of a protocol per key, from when the layer above opens it until it closes it.
///
/// An instance is made from the seed for its purpose, and started (it is given [`Event::Start`]) when it is opened, and again
/// after each restart.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Opened<K, X, P: Actor> {
    seed: P,
    instances: BTreeMap<K, Instance<P>>,
    of: PhantomData<X>,
}

/// An instance, and which of its timers are set.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Instance<P: Actor> {
    part: P,
    armed: BTreeSet<P::Timer>,
}

impl<K: Ord, X, P: Actor> Opened<K, X, P> {
    /// No instances yet; each will be made from `seed`.
    pub fn of(seed: P) -> Self {
        Opened { seed, instances: BTreeMap::new(), of: PhantomData }
    }

    /// The instance for `key`, if it is open.
    pub fn get(&self, key: &K) -> Option<&P> {
        self.instances.get(key).map(|instance| &instance.part)
    }

    /// The keys of the instances that are open, in order.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.instances.keys()
    }
}

impl<K: Value, X: Value, P: Seed<X>> Actor for Opened<K, X, P> {
    type Provides = Openable<K, X, P::Provides>;
    type Uses = Keyed<K, P::Uses>;
    type Msg = (K, P::Msg);
    type Timer = (K, P::Timer);
    type Record = Record<K, X, P::Record>;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        let (key, event) = match event {
            Event::Start => {
                for (key, instance) in &mut self.instances {
                    instance.on(key, Event::Start, cx);
                }
                return;
            }
            Event::Request(Request::Open(key, _)) if self.instances.contains_key(&key) => return,
            Event::Request(Request::Open(key, purpose)) => {
                self.persist(Record::Opened(key.clone(), purpose), cx);
                (key, Event::Start)
            }
            Event::Request(Request::CloseBelow(key)) => return self.close_below(key, cx),
            Event::Request(Request::Ask(key, r)) => (key, Event::Request(r)),
            Event::Indication((key, i)) => (key, Event::Indication(i)),
            Event::Receive(from, (key, _)) if !self.instances.contains_key(&key) => {
                return cx.indicate(Indication::Stray(key, from));
            }
            Event::Receive(from, (key, m)) => (key, Event::Receive(from, m)),
            Event::Timeout((key, t)) => (key, Event::Timeout(t)),
        };
        if let Some(instance) = self.instances.get_mut(&key) {
            instance.on(&key, event, cx);
        }
    }

    fn replay(&mut self, record: Self::Record) {
        match record {
            Record::Opened(key, purpose) => {
                let part = self.seed.instance(&purpose);
                self.instances.insert(key, Instance { part, armed: BTreeSet::new() });
            }
            Record::ClosedBelow(key) => self.instances = self.instances.split_off(&key),
            Record::Of(key, record) => {
                if let Some(instance) = self.instances.get_mut(&key) {
                    instance.part.replay(record);
                }
            }
        }
    }

    fn marks() -> Vec<&'static str> {
        P::marks()
    }
}

impl<K: Value, X: Value, P: Seed<X>> Opened<K, X, P> {
    fn close_below(&mut self, key: K, cx: &mut Cx<'_, Self>) {
        if self.instances.range(..&key).next().is_none() {
            return;
        }
        for (of, instance) in self.instances.range(..&key) {
            for timer in &instance.armed {
                cx.cancel((of.clone(), timer.clone()));
            }
        }
        self.persist(Record::ClosedBelow(key), cx);
    }
}

impl<P: Actor> Instance<P> {
    fn on<K: Value, X: Value>(&mut self, key: &K, event: Event<P>, cx: &mut Cx<'_, Opened<K, X, P>>)
    where
        P: Seed<X>,
    {
        if let Event::Timeout(timer) = &event {
            self.armed.remove(timer);
        }
        let part = &mut self.part;
        let mut effects = cx.part(|cx| part.on(event, cx));
        effects.retain(|effect| !matches!(effect, Effect::Send(to, _) if !part.concerns(*to)));
        for effect in &effects {
            match effect {
                Effect::Set(timer, _) => _ = self.armed.insert(timer.clone()),
                Effect::Cancel(timer) => _ = self.armed.remove(timer),
                _ => {}
            }
        }
        let key = || key.clone();
        pass_on(
            effects,
            cx,
            |m| (key(), m),
            |t| (key(), t),
            |r| Record::Of(key(), r),
            |cx, ask| match ask {
                Ask::Below(request) => cx.request((key(), request)),
                Ask::Above(indication) => cx.indicate(Indication::Of(key(), indication)),
            },
        );
    }
}
