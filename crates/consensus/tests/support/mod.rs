//! Replicated logs under a random scheduler: messages lost, doubled and overtaking, disks that are late, crashes, timers that
//! fire as they like. More of everything than the models have, and not exhaustively.

#![allow(dead_code, reason = "each test is compiled with it, and uses a part")]

use proptest::prelude::*;
use synod_actor::{Actor, NodeId};
use synod_consensus::{
    Log, Membership,
    log::{Entry, Replica, Request},
};
use synod_properties::{LogMonitor, Monitor, Observation};
use synod_testing::{Cluster, Fate};

/// A node of a log of numbers.
pub trait Node: Actor<Provides = Log<u32, u32>> + Replica<Command = u32> {}
impl<A: Actor<Provides = Log<u32, u32>> + Replica<Command = u32>> Node for A {}

/// A run, with everything watched.
pub struct Run<A: Node> {
    pub cluster: Cluster<A>,
    pub monitor: LogMonitor<u32, u32>,
    /// What must hold of the nodes at every moment; it panics if it does not.
    invariants: fn(&[&A]),
}

impl<A: Node> Run<A> {
    pub fn of(nodes: Vec<A>, invariants: fn(&[&A])) -> Self {
        Run { cluster: Cluster::start(nodes), monitor: LogMonitor::new(), invariants }
    }

    /// Begins with these nodes, and draws each step.
    pub fn drawn(nodes: Vec<A>, invariants: fn(&[&A]), steps: &[Drawn]) -> Self {
        let mut run = Run::of(nodes, invariants);
        for (number, &(kind, draw, at)) in (0..).zip(steps) {
            if kind % 12 == 0 {
                run.ask(draw, at, number);
            } else {
                run.step(draw, at);
            }
        }
        run
    }

    fn nodes(&self) -> u16 {
        u16::try_from(self.cluster.nodes().len()).expect("there are few")
    }

    fn check(&mut self) {
        for (node, told) in std::mem::take(&mut self.cluster.told) {
            let seen = told.map_or(Observation::Crash, Observation::Indication);
            self.monitor.observe(node, &seen).unwrap_or_else(|violation| panic!("{violation}"));
        }
        (self.invariants)(&self.cluster.nodes());
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
        let nodes = self.nodes();
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

    /// Once nothing fails any more, and one node loses patience after the other: whether what is appended is committed everywhere.
    pub fn ends_well(&mut self) -> bool {
        self.ends_well_for(|nodes| (0..nodes.len()).collect())
    }

    /// The same where only those nodes count which are members at last.
    pub fn ends_well_for(&mut self, members: fn(&[&A]) -> Vec<usize>) -> bool {
        const LAST: u32 = 1_000_000;
        let everyone_has_it = |run: &Self| {
            let nodes = run.cluster.nodes();
            let has = |at: usize| {
                let is_last =
                    |of| nodes[at].entry(of).is_some_and(|(_, entry)| *entry == Entry::Command(LAST));
                (1..=nodes[at].committed()).any(is_last)
            };
            members(&nodes).into_iter().all(has)
        };
        for round in 0..40 {
            // All that is armed fires, at one node in turn; then everything arrives.
            assert!(self.cluster.settle(10_000), "it comes to rest");
            self.check();
            if everyone_has_it(self) {
                return true;
            }
            let nodes = self.cluster.nodes();
            let leaders = (0..self.nodes()).zip(nodes).filter(|(_, node)| node.leads());
            let leader = leaders.max_by_key(|(_, node)| node.epoch()).map(|(at, _)| NodeId(at));
            if let Some(leader) = leader {
                self.request(leader, Request::Append(LAST));
                assert!(self.cluster.settle(10_000), "it comes to rest");
            }
            let node = NodeId(round % self.nodes());
            let is_timer = |fate: &Fate| matches!(fate, Fate::Timeout(of, _) if *of == node);
            let timers: Vec<Fate> = self.cluster.possible().into_iter().filter(is_timer).collect();
            timers.into_iter().rev().for_each(|timer| self.cluster.happen(timer));
            self.check();
        }
        everyone_has_it(self)
    }
}

/// What is drawn for each step.
pub type Drawn = (u32, u32, u32);

pub fn steps(most: usize) -> impl Strategy<Value = Vec<Drawn>> {
    prop::collection::vec(any::<Drawn>(), 0..most)
}

/// The same, without questions but for appending.
pub fn appends_only(steps: Vec<Drawn>) -> Vec<Drawn> {
    let only = |(kind, draw, at): Drawn| (kind, if kind % 12 == 0 { draw / 16 * 16 + 5 } else { draw }, at);
    steps.into_iter().map(only).collect()
}
