//! Numbers for states of nodes: equal ones get the same number, unequal ones never do.
//!
//! A node's state is large, but states share what they are made of: the same actor has other writes under way, and the same
//! writes are under way at another actor. So a state is kept as the numbers of its parts, one behind the other, and each part
//! once; what is handed out is put together again, and shares the actors.

use std::{
    collections::{BTreeSet, VecDeque},
    hash::{Hash, Hasher},
    sync::Arc,
};

use crossbeam::utils::CachePadded;
use rustc_hash::FxHasher;
use synod_actor::{Actor, NodeId};

use crate::{
    interner::Numbered,
    node::{Held, Node, Status},
    sequences::Sequences,
    sync::RwLock,
};

/// A node's name, and its state.
pub(crate) type Named<A> = (NodeId, Node<A>);

/// What of a node is neither an actor nor on the way to the disk: little, and the same for many.
#[derive(PartialEq, Eq, Hash)]
struct Rest<A: Actor> {
    status: Status,
    timers: BTreeSet<A::Timer>,
    own: VecDeque<A::Msg>,
}

/// States of nodes, numbered from 0 in the order in which they were first seen. Shared between threads.
pub(crate) struct Nodes<A: Actor> {
    inner: CachePadded<RwLock<Inner<A>>>,
}

struct Inner<A: Actor> {
    /// Of each state the name, and the numbers of `live`, `durable`, the rest, and all that waits for the disk.
    states: Sequences,
    actors: Numbered<A>,
    rests: Numbered<Rest<A>>,
    held: Numbered<Held<A>>,
}

/// A state in its parts.
struct Parts<A: Actor> {
    me: NodeId,
    live: Arc<A>,
    durable: Arc<A>,
    rest: Rest<A>,
    disk: VecDeque<Held<A>>,
}

impl<A: Actor> Parts<A> {
    fn of((me, node): Named<A>) -> Self {
        let Node { status, live, durable, timers, disk, own } = node;
        Parts { me, live, durable, rest: Rest { status, timers, own }, disk }
    }
}

impl<A: Actor> Nodes<A> {
    pub(crate) fn new() -> Self {
        let (states, actors) = (Sequences::default(), Numbered::default());
        let inner = Inner { states, actors, rests: Numbered::default(), held: Numbered::default() };
        Nodes { inner: CachePadded::new(RwLock::new(inner)) }
    }

    /// These states, numbered as they stand; `None` if one is there twice.
    pub(crate) fn of(states: impl IntoIterator<Item = Named<A>>) -> Option<Self> {
        let nodes = Nodes::new();
        states.into_iter().all(|state| nodes.insert(state).1).then_some(nodes)
    }

    /// The number of a state, which is given the next one if it has none.
    pub(crate) fn intern(&self, state: Named<A>) -> u32 {
        self.insert(state).0
    }

    /// The number of a state, and whether it had none and was given the next one.
    pub(crate) fn insert(&self, state: Named<A>) -> (u32, bool) {
        let parts = Parts::of(state);
        let known = self.inner.read().find(&parts);
        // If it has none, another thread may still come first.
        known.map_or_else(|| self.inner.write().insert(parts), |number| (number, false))
    }

    /// The number of a state, if it has one.
    pub(crate) fn find(&self, state: &Named<A>) -> Option<u32> {
        self.inner.read().find(&Parts::of(state.clone()))
    }

    /// The state of a number that was given.
    pub(crate) fn get(&self, number: u32) -> Named<A> {
        self.inner.read().get(number)
    }

    /// Whose state it is.
    pub(crate) fn owner(&self, number: u32) -> NodeId {
        NodeId(self.inner.read().states.get(number)[ME] as u16)
    }

    /// The running actor, what is durable of it, and whether it runs: what a predicate is shown.
    pub(crate) fn shown(&self, number: u32) -> (Arc<A>, Arc<A>, Status) {
        let inner = self.inner.read();
        let state = inner.states.get(number);
        let actor = |place: usize| inner.actors.get(state[place]).clone();
        (actor(LIVE), actor(DURABLE), inner.rests.get(state[REST]).status.clone())
    }

    /// Whether it runs.
    pub(crate) fn status(&self, number: u32) -> Status {
        let inner = self.inner.read();
        inner.rests.get(inner.states.get(number)[REST]).status.clone()
    }

    /// Whether this timer is armed.
    pub(crate) fn is_armed(&self, number: u32, timer: &A::Timer) -> bool {
        let inner = self.inner.read();
        inner.rests.get(inner.states.get(number)[REST]).timers.contains(timer)
    }

    /// Whether there are messages to itself, and whether there are writes under way.
    pub(crate) fn is_busy(&self, number: u32) -> (bool, bool) {
        let inner = self.inner.read();
        let state = inner.states.get(number);
        (!inner.rests.get(state[REST]).own.is_empty(), state.len() > DISK)
    }

    /// A hash of all of them, in their order.
    pub(crate) fn sum(&self) -> u64 {
        let (inner, mut hash) = (self.inner.read(), FxHasher::default());
        inner.states.len().hash(&mut hash);
        (0..inner.states.len() as u32).for_each(|number| inner.get(number).hash(&mut hash));
        hash.finish()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.inner.read().states.len()
    }

    /// The bytes they hold, without what their parts own elsewhere.
    pub(crate) fn bytes(&self) -> u64 {
        let Inner { states, actors, rests, held } = &*self.inner.read();
        states.bytes() + actors.bytes() + rests.bytes() + held.bytes()
    }
}

/// Where the parts stand in a sequence.
const ME: usize = 0;
const LIVE: usize = 1;
const DURABLE: usize = 2;
const REST: usize = 3;
const DISK: usize = 4;

impl<A: Actor> Inner<A> {
    fn find(&self, parts: &Parts<A>) -> Option<u32> {
        let live = self.actors.find(&parts.live)?;
        let durable = self.actors.find(&parts.durable)?;
        let mut state = Vec::with_capacity(DISK + parts.disk.len());
        state.extend([u32::from(parts.me.0), live, durable, self.rests.find(&parts.rest)?]);
        for held in &parts.disk {
            state.push(self.held.find(held)?);
        }
        self.states.find(&state)
    }

    fn insert(&mut self, Parts { me, live, durable, rest, disk }: Parts<A>) -> (u32, bool) {
        let mut state = Vec::with_capacity(DISK + disk.len());
        let (live, durable) = (self.actors.insert(live).0, self.actors.insert(durable).0);
        state.extend([u32::from(me.0), live, durable, self.rests.insert(rest).0]);
        state.extend(disk.into_iter().map(|held| self.held.insert(held).0));
        self.states.insert(&state)
    }

    fn get(&self, number: u32) -> Named<A> {
        let state = self.states.get(number);
        let Rest { status, timers, own } = &**self.rests.get(state[REST]);
        let node = Node {
            status: status.clone(),
            live: self.actors.get(state[LIVE]).clone(),
            durable: self.actors.get(state[DURABLE]).clone(),
            timers: timers.clone(),
            disk: state[DISK..].iter().map(|&held| Held::clone(self.held.get(held))).collect(),
            own: own.clone(),
        };
        (NodeId(state[ME] as u16), node)
    }
}

#[cfg(test)]
mod a_node {
    use synod_actor::{Cx, Event, Never, Nothing};

    use super::*;

    /// Does nothing.
    #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub(super) struct Still(pub(super) u8);

    impl Actor for Still {
        type Provides = Nothing;
        type Uses = Nothing;
        type Msg = u8;
        type Timer = Never;
        type Record = u8;
        fn on(&mut self, _: Event<Self>, _: &mut Cx<'_, Self>) {}
        fn replay(&mut self, record: u8) {
            self.0 = record;
        }
    }

    /// Its state, with these writes under way.
    pub(super) fn state(me: u16, live: u8, writes: &[u8]) -> Named<Still> {
        let mut node = Node::new(Still(0));
        node.live = Arc::new(Still(live));
        node.disk = writes.iter().copied().map(Held::Persist).collect();
        (NodeId(me), node)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{a_node::state, *};

    /// States that share parts are told apart by each of them, and come back as they were.
    #[test]
    fn states_come_back_as_they_were() {
        let mut own = state(0, 1, &[]);
        own.1.own.push_back(7);
        let mut stopped = state(0, 1, &[]);
        stopped.1.status = Status::Stopped;
        let states = [
            state(0, 0, &[]),
            state(1, 0, &[]),
            state(0, 1, &[]),
            state(0, 1, &[1, 2]),
            state(0, 1, &[2, 1]),
            own,
            stopped,
        ];
        let nodes = Nodes::new();
        for (number, state) in (0..).zip(&states) {
            assert_eq!(nodes.find(state), None);
            assert_eq!(
                (nodes.insert(state.clone()), nodes.insert(state.clone())),
                ((number, true), (number, false))
            );
        }
        for (number, state) in (0..).zip(&states) {
            let (live, durable, status) = nodes.shown(number);
            assert_eq!((nodes.get(number), nodes.find(state)), (state.clone(), Some(number)));
            assert_eq!((nodes.owner(number), nodes.status(number)), (state.0, state.1.status.clone()));
            assert_eq!((&live, &durable, &status), (&state.1.live, &state.1.durable, &state.1.status));
            assert_eq!(nodes.is_busy(number), (!state.1.own.is_empty(), !state.1.disk.is_empty()));
        }
        assert!(Nodes::of(states.iter().cloned()).is_some_and(|same| same.sum() == nodes.sum()));
        assert!(Nodes::of([&states[0], &states[1], &states[0]].map(Clone::clone)).is_none());
    }
}

#[cfg(all(test, loom))]
mod loom_tests {
    use loom::thread;

    use super::{a_node::state, *};

    #[test]
    fn loom_threads_agree_on_numbers() {
        loom::model(|| {
            let nodes = loom::sync::Arc::new(Nodes::new());
            let other = {
                let nodes = nodes.clone();
                thread::spawn(move || [nodes.intern(state(0, 2, &[1])), nodes.intern(state(0, 1, &[]))])
            };
            let mine = [nodes.intern(state(0, 1, &[])), nodes.intern(state(1, 2, &[]))];
            let theirs = other.join().expect("it does not panic");
            assert_eq!((mine[0], nodes.len()), (theirs[1], 3));
            let read = [mine[0], mine[1], theirs[0]].map(|number| nodes.get(number));
            assert_eq!(read, [state(0, 1, &[]), state(1, 2, &[]), state(0, 2, &[1])]);
        });
    }
}
