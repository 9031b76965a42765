//! Raft under a random scheduler: messages lost, doubled and overtaking, disks that are late, crashes, timers that fire as they
//! like, members that change. More of everything than the models have, and not exhaustively.

use std::collections::BTreeSet;

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use synod_actor::{Actor, NodeId};
use synod_consensus::{
    Membership, Raft,
    log::{Replica, Request},
    raft::Settings,
};
use synod_properties::{
    LogMonitor, Monitor, Observation,
    log::state::{committed_agree, leaders_are_complete, logs_match, one_leader},
};
use synod_testing::{Cluster, Fate};

type Node = Raft<u32, u32>;

/// A run, with everything watched.
struct Run {
    cluster: Cluster<Node>,
    monitor: LogMonitor<u32, u32>,
}

impl Run {
    fn of(nodes: u16, members: u16, settings: &Settings) -> Run {
        let voters = Membership::of((0..members).map(NodeId));
        let node = |at| {
            let known = if at < members { voters.clone() } else { Membership::default() };
            Raft::new(known, settings.clone())
        };
        Run { cluster: Cluster::start((0..nodes).map(node).collect()), monitor: LogMonitor::new() }
    }

    fn check(&mut self) {
        for (node, told) in std::mem::take(&mut self.cluster.told) {
            let seen = told.map_or(Observation::Crash, Observation::Indication);
            self.monitor.observe(node, &seen).unwrap_or_else(|violation| panic!("{violation}"));
        }
        let nodes = self.cluster.nodes();
        assert!(one_leader(&nodes), "election safety: {nodes:?}");
        assert!(logs_match(&nodes), "log matching: {nodes:?}");
        assert!(leaders_are_complete(&nodes), "leader completeness: {nodes:?}");
        assert!(committed_agree(&nodes), "state machine safety: {nodes:?}");
        for node in nodes {
            assert_eq!(node.members(), node.journal().members_at(node.last()), "members: {node:?}");
        }
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
    fn ask(&mut self, draw: u32, at: u32, nodes: u16, number: u32) {
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
}

fn settings() -> impl Strategy<Value = Settings> {
    (any::<bool>(), any::<bool>(), 1..4_u64, 1..3_usize).prop_map(
        |(pre_vote, check_quorum, window, batch)| Settings {
            pre_vote,
            check_quorum,
            window,
            batch,
            ..Settings::default()
        },
    )
}

/// What is drawn for each step.
type Drawn = (u32, u32, u32);

fn steps(most: usize) -> impl Strategy<Value = Vec<Drawn>> {
    prop::collection::vec(any::<Drawn>(), 0..most)
}

/// A run of five nodes, of which so many are members at first.
fn run(settings: &Settings, members: u16, steps: &[Drawn]) -> Run {
    let nodes = 5;
    let mut run = Run::of(nodes, members, settings);
    for (number, &(kind, draw, at)) in (0..).zip(steps) {
        if kind % 12 == 0 {
            run.ask(draw, at, nodes, number);
        } else {
            run.step(draw, at);
        }
    }
    run
}

/// The runs below are not idle: together they take every step that the algorithm names.
#[test]
fn random_runs_take_every_step() {
    let mut runner = TestRunner::deterministic();
    let strategy = (settings(), 1..=4_u16, steps(600));
    let mut missing: BTreeSet<&str> = Node::marks().into_iter().collect();
    let mut committed = 0;
    for _ in 0..400 {
        let (settings, members, steps) = strategy.new_tree(&mut runner).expect("it can be drawn").current();
        let run = run(&settings, members, &steps);
        missing.retain(|mark| !run.cluster.marks.contains(mark));
        committed += run.monitor.committed().len();
    }
    assert!(missing.is_empty(), "{missing:?}");
    assert!(committed > 400, "{committed} entries");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    /// Whatever happens, nothing is violated.
    #[test]
    fn nothing_is_violated(
        settings in settings(),
        members in 1..=4_u16,
        steps in steps(600),
    ) {
        run(&settings, members, &steps);
    }

    /// Once nothing fails any more, and one node loses patience after the other, what is appended is committed everywhere.
    #[test]
    fn a_quiet_end_is_a_good_end(
        settings in settings(),
        steps in steps(300),
    ) {
        let nodes = 3;
        let mut run = Run::of(nodes, nodes, &settings);
        for (number, (kind, draw, at)) in (0..).zip(steps) {
            match kind % 12 {
                0 => run.ask(draw / 16 * 16 + 5, at, nodes, number), // an append
                _ => run.step(draw, at),
            }
        }
        const LAST: u32 = 1_000_000;
        let everyone_has_it = |run: &Run| {
            let has = |node: &&Node| {
                (1..=node.committed()).any(|at| {
                    node.entry(at).is_some_and(|(_, entry)| *entry == synod_consensus::log::Entry::Command(LAST))
                })
            };
            run.cluster.nodes().iter().all(has)
        };
        for round in 0..40 {
            // All that is armed fires, at one node in turn; then everything arrives.
            prop_assert!(run.cluster.settle(10_000), "it comes to rest");
            run.check();
            if everyone_has_it(&run) {
                return Ok(());
            }
            let leader = run.cluster.nodes().iter().position(|node| node.leads());
            if let Some(leader) = leader {
                run.request(NodeId(u16::try_from(leader).expect("few")), Request::Append(LAST));
                prop_assert!(run.cluster.settle(10_000), "it comes to rest");
            }
            let node = NodeId(round % nodes);
            let is_timer = |fate: &Fate| matches!(fate, Fate::Timeout(of, _) if *of == node);
            let timers: Vec<Fate> = run.cluster.possible().into_iter().filter(is_timer).collect();
            timers.into_iter().rev().for_each(|timer| run.cluster.happen(timer));
            run.check();
        }
        prop_assert!(everyone_has_it(&run), "{:?}", run.cluster.nodes());
    }
}
