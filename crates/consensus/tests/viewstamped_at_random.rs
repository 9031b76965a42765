//! Viewstamped Replication under a random scheduler.

mod support;

use std::collections::BTreeSet;

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use support::{Drawn, appends_only, steps};
use synod_actor::{Actor, NodeId};
use synod_consensus::{
    Membership, Viewstamped,
    log::Replica,
    viewstamped::{Settings, Storage},
};
use synod_properties::log::state::{committed_agree, leaders_are_complete, logs_match, one_leader};

type Node = Viewstamped<u32, u32>;
type Run = support::Run<Node>;

/// Among others: of the logs of one view, one begins with the other; and nobody knows more to be committed than it has.
fn invariants(nodes: &[&Node]) {
    assert!(one_leader(nodes), "election safety: {nodes:?}");
    assert!(logs_match(nodes), "log matching: {nodes:?}");
    assert!(leaders_are_complete(nodes), "leader completeness: {nodes:?}");
    assert!(committed_agree(nodes), "state machine safety: {nodes:?}");
    for (at, one) in nodes.iter().enumerate() {
        assert!(one.committed() <= one.last(), "{one:?}");
        for other in nodes[at + 1..]
            .iter()
            .filter(|other| one.normal_in().is_some() && one.normal_in() == other.normal_in())
        {
            for at in 1..=one.last().min(other.last()) {
                let (one, other) = (one.entry(at), other.entry(at));
                assert!(one == other || one.is_none() || other.is_none(), "one log per view: {nodes:?}");
            }
        }
    }
}

fn run(members: u16, settings: Settings, steps: &[Drawn]) -> Run {
    let node = Viewstamped::new(Membership::of((0..members).map(NodeId)), settings);
    Run::drawn(vec![node; members.into()], invariants, steps)
}

/// Pipelined and batched, with each kind of storage.
fn settings() -> impl Strategy<Value = Settings> {
    let storage = prop_oneof![Just(Storage::Disk), Just(Storage::Memory)];
    let window = prop_oneof![Just(1_u64), Just(4096)];
    (storage, window).prop_map(|(storage, window)| Settings { storage, window, ..Settings::default() })
}

/// The runs below are not idle: together they take every step that the algorithm names.
#[test]
fn random_runs_take_every_step() {
    let mut runner = TestRunner::deterministic();
    let strategy = (1..=5_u16, settings(), steps(600));
    let mut missing: BTreeSet<&str> = Node::marks().into_iter().collect();
    let mut committed = 0;
    for _ in 0..400 {
        let (members, settings, steps) = strategy.new_tree(&mut runner).expect("it can be drawn").current();
        let run = run(members, settings, &steps);
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
        members in 1..=5_u16,
        settings in settings(),
        steps in steps(600),
    ) {
        run(members, settings, &steps);
    }

    /// Once nothing fails any more, and one node loses patience after the other, what is appended is committed everywhere.
    /// (Without disks too many may have crashed at one time.)
    #[test]
    fn a_quiet_end_is_a_good_end(
        members in 1..=4_u16,
        settings in settings(),
        steps in steps(300),
    ) {
        let settings = Settings { storage: Storage::Disk, ..settings };
        let mut run = run(members, settings, &appends_only(steps));
        prop_assert!(run.ends_well(), "{:?}", run.cluster.nodes());
    }
}
