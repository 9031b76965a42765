//! Raft under a random scheduler, with members that change.

mod support;

use std::collections::BTreeSet;

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use support::{Drawn, appends_only, steps};
use synod_actor::{Actor, NodeId};
use synod_consensus::{Membership, Raft, log::Replica, raft::Settings};
use synod_properties::log::state::{committed_agree, leaders_are_complete, logs_match, one_leader};

type Node = Raft<u32, u32>;
type Run = support::Run<Node>;

fn invariants(nodes: &[&Node]) {
    assert!(one_leader(nodes), "election safety: {nodes:?}");
    assert!(logs_match(nodes), "log matching: {nodes:?}");
    assert!(leaders_are_complete(nodes), "leader completeness: {nodes:?}");
    assert!(committed_agree(nodes), "state machine safety: {nodes:?}");
    for node in nodes {
        assert_eq!(node.members(), node.journal().members_at(node.last()), "members: {node:?}");
    }
}

fn settings() -> impl Strategy<Value = Settings> {
    (any::<bool>(), any::<bool>(), 1..4_u64, 1..3_usize, 1..3_u32).prop_map(
        |(pre_vote, check_quorum, window, batch, rounds)| Settings {
            pre_vote,
            check_quorum,
            window,
            batch,
            rounds,
            ..Settings::default()
        },
    )
}

/// A run of so many nodes, of which so many are members at first.
fn run(settings: &Settings, nodes: u16, members: u16, steps: &[Drawn]) -> Run {
    let voters = Membership::of((0..members).map(NodeId));
    let node = |at| {
        let known = if at < members { voters.clone() } else { Membership::default() };
        Raft::new(known, settings.clone())
    };
    Run::drawn((0..nodes).map(node).collect(), invariants, steps)
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
        let run = run(&settings, 5, members, &steps);
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
        run(&settings, 5, members, &steps);
    }

    /// Once nothing fails any more, and one node loses patience after the other, what is appended is committed everywhere.
    #[test]
    fn a_quiet_end_is_a_good_end(
        settings in settings(),
        steps in steps(300),
    ) {
        let mut run = run(&settings, 3, 3, &appends_only(steps));
        prop_assert!(run.ends_well(), "{:?}", run.cluster.nodes());
    }
}
