//! Raft under a random scheduler, with members that change.

mod random_runs;

use std::collections::BTreeSet;

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use random_runs::{Drawn, Run, steps};
use synod_actor::{Actor, NodeId};
use synod_consensus::{Membership, Raft, log::Replica, raft::Settings};

type Node = Raft<u32, u32>;

/// The members are those of the log.
fn members_of_log(nodes: &[&Node]) {
    for node in nodes {
        assert_eq!(node.members(), node.journal().members_at(node.last()), "members: {node:?}");
    }
}

/// So many nodes, of which so many are members at first.
fn begin(nodes: u16, members: u16, settings: &Settings) -> Run<Node> {
    let voters = Membership::of((0..members).map(NodeId));
    let node = |at| {
        let known = if at < members { voters.clone() } else { Membership::default() };
        Raft::new(known, settings.clone())
    };
    Run::of((0..nodes).map(node).collect(), members_of_log)
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

/// A run of five nodes, of which so many are members at first.
fn run(settings: &Settings, members: u16, steps: &[Drawn]) -> Run<Node> {
    begin(5, members, settings).go(steps)
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
        prop_assert!(begin(3, 3, &settings).append(&steps).ends_well());
    }
}
