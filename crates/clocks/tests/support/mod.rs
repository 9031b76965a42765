//! Random executions, with the happens-before relation itself: as reachability in the graph of events.

#![allow(dead_code, reason = "each test is compiled with it, and uses a part")]

use std::time::Duration;

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};

/// What a law says of a case.
pub type Said = Result<(), TestCaseError>;

fn attempt<S: Strategy>(cases: S, law: impl Fn(S::Value) -> Said) -> Result<(), TestError<S::Value>> {
    let config = Config { cases: 512, failure_persistence: None, ..Config::default() };
    TestRunner::new(config).run(&cases, law)
}

/// The law holds of every case.
#[track_caller]
pub fn holds<S: Strategy>(cases: S, law: impl Fn(S::Value) -> Said) {
    if let Err(error) = attempt(cases, law) {
        panic!("{error}");
    }
}

/// The law is broken, and one of many cases shows it: the same ones each time, so that it is not a matter of luck.
#[track_caller]
pub fn is_noticed<S: Strategy>(cases: S, law: impl Fn(S::Value) -> Said) {
    let config = Config { cases: 8192, failure_persistence: None, ..Config::default() };
    let always_alike = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    match TestRunner::new_with_rng(config, always_alike).run(&cases, law) {
        Err(TestError::Fail(..)) => {}
        Err(TestError::Abort(reason)) => panic!("gave up: {reason}"),
        Ok(()) => panic!("the law says nothing: it holds of what breaks it"),
    }
}

/// An event of an execution.
#[derive(Clone, Debug)]
pub struct Happening {
    /// Where.
    pub node: usize,
    /// If it is the arrival of a message: the event that sent it. Any event may have sent messages, also more than one.
    pub sent_by: Option<usize>,
    /// What the physical clock of the node shows. It may be anything.
    pub reading: Duration,
}

/// A run of some nodes that send each other messages: the events in an order in which they can have happened.
#[derive(Clone, Debug)]
pub struct Execution {
    pub nodes: usize,
    pub events: Vec<Happening>,
}

/// Runs of at most four nodes. An arrival refers to any earlier event of another node, so messages are reordered, delivered
/// more than once, late, or never.
pub fn executions() -> impl Strategy<Value = Execution> {
    let event = (0..4_usize, proptest::option::weighted(0.6, 0..64_usize), 0..30_u64);
    (1..=4_usize, vec(event, 0..24)).prop_map(|(nodes, drawn)| {
        let mut events: Vec<Happening> = Vec::new();
        for (node, from, reading) in drawn {
            let node = node % nodes;
            let senders: Vec<usize> = (0..events.len()).filter(|&event| events[event].node != node).collect();
            let sent_by = from.filter(|_| !senders.is_empty()).map(|from| senders[from % senders.len()]);
            events.push(Happening { node, sent_by, reading: Duration::from_secs(reading) });
        }
        Execution { nodes, events }
    })
}

impl Execution {
    /// The relation →: `relation[a][b]` if a happened before b. Lamport (1978), p. 559: the smallest transitive relation in
    /// which events of a node are in their order, and a message is sent before it arrives.
    pub fn happened_before(&self) -> Vec<Vec<bool>> {
        let count = self.events.len();
        let mut relation = vec![vec![false; count]; count];
        for (end, _) in self.events.iter().enumerate() {
            let mut open = vec![end];
            while let Some(event) = open.pop() {
                let node = self.events[event].node;
                let before_here = (0..event).rev().find(|&earlier| self.events[earlier].node == node);
                for cause in before_here.into_iter().chain(self.events[event].sent_by) {
                    if !relation[cause][end] {
                        relation[cause][end] = true;
                        open.push(cause);
                    }
                }
            }
        }
        relation
    }

    /// The timestamp of each event, by a clock at each node that begins as `clock`.
    pub fn stamp<C: Stamps>(&self, clock: &C) -> Vec<C::Stamp> {
        let mut clocks = vec![clock.clone(); self.nodes];
        let mut stamps: Vec<C::Stamp> = Vec::new();
        for event in &self.events {
            let sent = event.sent_by.map(|sender| stamps[sender].clone());
            let stamp = clocks[event.node].stamp(event.node, sent.as_ref(), event.reading);
            stamps.push(stamp);
        }
        stamps
    }
}

/// A clock that is put to the laws, or a broken one.
pub trait Stamps: Clone {
    type Stamp: Clone + std::fmt::Debug;
    /// An event happens at `node`. If it is the arrival of a message, this is what that carries.
    fn stamp(&mut self, node: usize, sent: Option<&Self::Stamp>, reading: Duration) -> Self::Stamp;
}

/// A clock that remembers an `S`, and makes timestamps `T`.
#[derive(Clone)]
pub struct Clock<S, T> {
    memory: S,
    stamp: fn(&mut S, usize, Option<&T>, Duration) -> T,
}

impl<S: Clone, T: Clone + std::fmt::Debug> Stamps for Clock<S, T> {
    type Stamp = T;
    fn stamp(&mut self, node: usize, sent: Option<&T>, reading: Duration) -> T {
        (self.stamp)(&mut self.memory, node, sent, reading)
    }
}

/// A clock that begins so, and stamps so.
pub fn clock<S, T>(memory: S, stamp: fn(&mut S, usize, Option<&T>, Duration) -> T) -> Clock<S, T> {
    Clock { memory, stamp }
}
