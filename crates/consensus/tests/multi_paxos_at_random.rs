//! Multi-Paxos under a random scheduler, with all kinds of quorums.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use support::{Drawn, appends_only, steps};
use synod_actor::{Actor, NodeId};
use synod_consensus::{MultiPaxos, Quorum, Quorums, multi_paxos::Settings};
use synod_properties::log::state::{committed_agree, leaders_are_complete, one_leader};

type Node = MultiPaxos<u32, u32>;
type Run = support::Run<Node>;

fn invariants(nodes: &[&Node]) {
    assert!(one_leader(nodes), "election safety: {nodes:?}");
    assert!(leaders_are_complete(nodes), "leader completeness: {nodes:?}");
    assert!(committed_agree(nodes), "state machine safety: {nodes:?}");
}

/// Quorums among the first nodes. Any other node learns.
fn quorums() -> impl Strategy<Value = Quorums> {
    let nodes = |range: std::ops::Range<u16>| -> BTreeSet<NodeId> { range.map(NodeId).collect() };
    let weights: BTreeMap<NodeId, u64> = (0..).map(NodeId).zip([2, 1, 1, 1]).collect();
    let weighted = |least| Quorum::Weighted { weights: weights.clone(), least };
    prop_oneof![
        (1..=5_u16).prop_map(move |most| Quorums::majority(&nodes(0..most))),
        (1..=4_usize).prop_map(move |replication| Quorums::flexible(
            &nodes(0..4),
            5 - replication,
            replication
        )),
        Just(Quorums::rows(vec![nodes(0..2), nodes(2..4)])),
        Just(Quorums { election: weighted(4), replication: weighted(2) }),
    ]
}

/// A run of so many nodes.
fn run(quorums: &Quorums, batch: usize, nodes: usize, steps: &[Drawn]) -> Run {
    assert_eq!(quorums.disjoint(), None);
    // Batched, or pipelined.
    let window = if batch > 1 { 1 } else { 4096 };
    let settings = Settings { window, batch, ..Settings::default() };
    Run::drawn(vec![MultiPaxos::new(quorums.clone(), settings); nodes], invariants, steps)
}

/// The runs below are not idle: together they take every step that the algorithm names.
#[test]
fn random_runs_take_every_step() {
    let mut runner = TestRunner::deterministic();
    let strategy = (quorums(), 1..3_usize, steps(600));
    let mut missing: BTreeSet<&str> = Node::marks().into_iter().collect();
    let mut committed = 0;
    for _ in 0..1600 {
        let (quorums, batch, steps) = strategy.new_tree(&mut runner).expect("it can be drawn").current();
        let run = run(&quorums, batch, 5, &steps);
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
        quorums in quorums(),
        batch in 1..3_usize,
        steps in steps(600),
    ) {
        run(&quorums, batch, 5, &steps);
    }

    /// Once nothing fails any more, and one node loses patience after the other, what is appended is committed everywhere.
    #[test]
    fn a_quiet_end_is_a_good_end(
        quorums in quorums(),
        batch in 1..3_usize,
        steps in steps(300),
    ) {
        let mut run = run(&quorums, batch, 5, &appends_only(steps));
        prop_assert!(run.ends_well(), "{:?}", run.cluster.nodes());
    }
}
