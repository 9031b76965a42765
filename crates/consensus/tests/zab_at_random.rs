//! Zab under a random scheduler.

mod support;

use std::collections::BTreeSet;

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use support::{Drawn, appends_only, steps};
use synod_actor::{Actor, NodeId};
use synod_consensus::{
    Membership, Zab,
    log::Replica,
    zab::{Election, Settings},
};
use synod_properties::log::state::{
    committed_agree, leaders_are_complete, logs_match, one_leader, primaries_have_delivered,
    primaries_in_order,
};

type Node = Zab<u32, u32>;
type Run = support::Run<Node>;

/// Among others: nobody has a history of an epoch that it has not accepted.
fn invariants(nodes: &[&Node]) {
    assert!(one_leader(nodes), "election safety: {nodes:?}");
    assert!(logs_match(nodes), "log matching: {nodes:?}");
    assert!(leaders_are_complete(nodes), "leader completeness: {nodes:?}");
    assert!(committed_agree(nodes), "state machine safety: {nodes:?}");
    assert!(primaries_in_order(nodes), "global primary order: {nodes:?}");
    assert!(primaries_have_delivered(nodes, Node::broadcasts_in), "primary integrity: {nodes:?}");
    for node in nodes {
        assert!(node.committed() <= node.last() && node.epoch() <= node.accepted_epoch(), "{node:?}");
    }
}

/// So many voters, and so many observers.
fn run(voters: u16, observers: u16, settings: Settings, steps: &[Drawn]) -> Run {
    let members = Membership::of((0..voters).map(NodeId));
    let members = members.with_learners((voters..voters + observers).map(NodeId));
    let node = Zab::new(members, settings);
    Run::drawn(vec![node; (voters + observers).into()], invariants, steps)
}

/// By votes, or by an oracle that has its whims.
fn election() -> impl Strategy<Value = Election> {
    let whims = prop::collection::vec((0..4_u16).prop_map(NodeId), 0..6);
    prop_oneof![Just(Election::Fast), whims.prop_map(Election::Oracle)]
}

/// With transactions that wait for those before, and without.
fn settings(election: impl Strategy<Value = Election>) -> impl Strategy<Value = Settings> {
    let window = prop_oneof![Just(1_u64), Just(4096)];
    (election, window, 1..=3_usize).prop_map(|(election, window, batch)| Settings {
        election,
        window,
        batch,
        ..Settings::default()
    })
}

/// The runs below are not idle: together they take every step that the algorithm names.
#[test]
fn random_runs_take_every_step() {
    let mut runner = TestRunner::deterministic();
    let strategy = (1..=5_u16, 0..=1_u16, settings(election()), steps(600));
    let mut missing: BTreeSet<&str> = Node::marks().into_iter().collect();
    let mut committed = 0;
    for _ in 0..1500 {
        let drawn = strategy.new_tree(&mut runner).expect("it can be drawn").current();
        let (voters, observers, settings, steps) = drawn;
        let run = run(voters, observers, settings, &steps);
        missing.retain(|mark| !run.cluster.marks.contains(mark));
        committed += run.monitor.committed().len();
    }
    assert!(missing.is_empty(), "{missing:?}");
    assert!(committed > 1500, "{committed} entries");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    /// Whatever happens, and whoever is to lead, nothing is violated.
    #[test]
    fn nothing_is_violated(
        voters in 1..=5_u16,
        observers in 0..=1_u16,
        settings in settings(election()),
        steps in steps(600),
    ) {
        run(voters, observers, settings, &steps);
    }

    /// Once nothing fails any more, and one node loses patience after the other, what is appended is committed everywhere.
    #[test]
    fn a_quiet_end_is_a_good_end(
        voters in 1..=4_u16,
        observers in 0..=1_u16,
        settings in settings(Just(Election::Fast)),
        steps in steps(300),
    ) {
        let mut run = run(voters, observers, settings, &appends_only(steps));
        prop_assert!(run.ends_well(), "{:?}", run.cluster.nodes());
    }
}
