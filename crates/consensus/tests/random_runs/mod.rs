//! Replicated logs under a random scheduler: messages lost, doubled and overtaking, disks that are late, crashes, timers that
//! fire as they like. More of everything than the models have, and not exhaustively.

use proptest::prelude::*;
use synod_actor::{Actor, NodeId};
use synod_consensus::{
    Log, Membership,
    log::{Entry, Replica, Request},
};
use synod_properties::{
    LogMonitor, Monitor, Observation,
    log::state::{committed_agree, leaders_are_complete, logs_match, one_leader},
};
use synod_testing::{Cluster, Fate};

/// A replica of a log of numbers.
pub trait Node: Actor<Provides = Log<u32, u32>> + Replica<Command = u32> {}
impl<A: Actor<Provides = Log<u32, u32>> + Replica<Command = u32>> Node for A {}

/// A run, with everything watched.
pub struct Run<A: Node> {
    pub cluster: Cluster<A>,
    pub monitor: LogMonitor<u32, u32>,
    nodes: u16,
    /// What else must hold of the nodes.
    also: fn(&[&A]),
}

/// What is drawn for each step.
pub type Drawn = (u32, u32, u32);

pub fn steps(most: usize) -> impl Strategy<Value = Vec<Drawn>> {
    prop::collection::vec(any::<Drawn>(), 0..most)
}

impl<A: Node> Run<A> {
    pub fn of(nodes: Vec<A>, also: fn(&[&A])) -> Self {
        let so_many = u16::try_from(nodes.len()).expect("there are few");
        Run { cluster: Cluster::start(nodes), monitor: LogMonitor::new(), nodes: so_many, also }
    }

    pub fn check(&mut self) {
        for (node, told) in std::mem::take(&mut self.cluster.told) {
            let seen = told.map_or(Observation::Crash, Observation::Indication);
            self.monitor.observe(node, &seen).unwrap_or_else(|violation| panic!("{violation}"));
        }
        let nodes = self.cluster.nodes();
        assert!(one_leader(&nodes), "election safety: {nodes:?}");
        assert!(logs_match(&nodes), "log matching: {nodes:?}");
        assert!(leaders_are_complete(&nodes), "leader completeness: {nodes:?}");
        assert!(committed_agree(&nodes), "state machine safety: {nodes:?}");
        (self.also)(&nodes);
    }

    fn request(&mut self, at: NodeId, request: Request<u32, u32>) {
        if self.cluster.is_up(at) {
            self.monitor.observe(at, &Observation::Request(request.clone())).expect("asking is safe");
            self.cluster.request(at, request);
            self.check();
        }
    }

    /// One step, drawn: mostly what a working system does.
    fn step(&mut self, draw: u32, at: u32) {
        let wanted = |fate: &Fate| match draw % 100 {
            0..70 => matches!(fate, Fate::Arrive(_) | Fate::Own(_) | Fate::Flush(_)),
            70..76 => matches!(fate, Fate::Duplicate(_)),
            76..84 => matches!(fate, Fate::Lose(_)),
            84..94 => matches!(fate, Fate::Timeout(..)),
            94..96 => matches!(fate, Fate::Crash(_)),
            _ => matches!(fate, Fate::Restart(_)),
        };
        let fates: Vec<Fate> = self.cluster.possible().into_iter().filter(wanted).collect();
        if let Some(&fate) = fates.get(at as usize % fates.len().max(1)) {
            self.cluster.happen(fate);
            if let Fate::Restart(node) = fate {
                self.monitor.observe(node, &Observation::Restart).expect("a restart is safe");
            }
            self.check();
        }
    }

    /// Asks for something, drawn.
    fn ask(&mut self, draw: u32, at: u32, number: u32) {
        let nodes = self.nodes;
        let node = NodeId(u16::try_from(at % u32::from(nodes)).expect("there are few"));
        let told = self.monitor.told(node);
        let request = match draw % 16 {
            0 => Request::Barrier(number.into()),
            1 if told > 0 => Request::Snapshot(told, number),
            2 => Request::Transfer(NodeId(u16::try_from(draw / 16 % u32::from(nodes)).expect("few"))),
            3 | 4 => {
                let chosen = (0..nodes).filter(|at| draw >> (8 + at) & 1 == 1).map(NodeId);
                Request::Change(Membership::of(chosen))
            }
            _ => Request::Append(number),
        };
        self.request(node, request);
    }

    /// What was drawn happens.
    pub fn go(mut self, steps: &[Drawn]) -> Self {
        for (number, &(kind, draw, at)) in (0..).zip(steps) {
            if kind % 12 == 0 {
                self.ask(draw, at, number);
            } else {
                self.step(draw, at);
            }
        }
        self
    }

    /// The same, of commands alone.
    pub fn append(mut self, steps: &[Drawn]) -> Self {
        for (number, &(kind, draw, at)) in (0..).zip(steps) {
            match kind % 12 {
                0 => self.ask(5, at, number),
                _ => self.step(draw, at),
            }
        }
        self
    }

    fn everyone_has(&self, command: u32) -> bool {
        let has = |node: &&A| {
            (1..=node.committed())
                .any(|at| node.entry(at).is_some_and(|(_, entry)| *entry == Entry::Command(command)))
        };
        self.cluster.nodes().iter().all(has)
    }

    /// Nothing fails any more, and one node loses patience after the other: whether what is appended is then committed
    /// everywhere.
    pub fn ends_well(mut self) -> bool {
        const LAST: u32 = 1_000_000;
        for round in 0..40 {
            // All that is armed fires, at one node in turn; then everything arrives.
            assert!(self.cluster.settle(10_000), "it comes to rest");
            self.check();
            if self.everyone_has(LAST) {
                return true;
            }
            if let Some(leader) = self.cluster.nodes().iter().position(|node| node.leads()) {
                self.request(NodeId(u16::try_from(leader).expect("few")), Request::Append(LAST));
                assert!(self.cluster.settle(10_000), "it comes to rest");
            }
            let node = NodeId(round % self.nodes);
            let is_timer = |fate: &Fate| matches!(fate, Fate::Timeout(of, _) if *of == node);
            let timers: Vec<Fate> = self.cluster.possible().into_iter().filter(is_timer).collect();
            timers.into_iter().rev().for_each(|timer| self.cluster.happen(timer));
            self.check();
        }
        self.everyone_has(LAST)
    }
}
