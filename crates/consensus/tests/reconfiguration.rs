//! Reconfiguration by stopping: the way of a change, step by step over Viewstamped Replication, and all logs at random.

mod support;

use std::collections::BTreeSet;

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use support::{Drawn, Run, steps};
use synod_actor::{Actor, NodeId, Seed};
use synod_consensus::{
    Epoch, Log, Membership, MultiPaxos, Quorums, Reconfiguration, Viewstamped, Zab,
    log::{Entry, Indication, Replica, Request, Snapshot},
    multi_paxos,
    reconfiguration::{Appended, Reconfigured, Settings},
    viewstamped, zab,
};
use synod_properties::log::state::{committed_agree, one_leader};
use synod_testing::{Cluster, Fate};

const N0: NodeId = NodeId(0);
const N1: NodeId = NodeId(1);
const N2: NodeId = NodeId(2);

type Node<A> = Reconfigured<A, u32, u32>;
type Told = Indication<u32, u32>;
type Replicas = Viewstamped<Appended<u32>, u32>;

fn members(of: &[NodeId]) -> Membership {
    Membership::of(of.iter().copied())
}

fn layer(of: &[NodeId]) -> Reconfiguration<u32, u32> {
    Reconfiguration::new(members(of), Settings::default())
}

/// Three nodes, of which these are the members at first.
fn three(of: &[NodeId]) -> Cluster<Node<Replicas>> {
    let log = Viewstamped::new(members(of), viewstamped::Settings::default());
    Cluster::start(vec![layer(of).over(log); 3])
}

fn change(to: &[NodeId]) -> Request<u32, u32> {
    Request::Change(members(to))
}

fn settled(cluster: &mut Cluster<Node<Replicas>>) -> Vec<(NodeId, Told)> {
    assert!(cluster.settle(1_000), "it comes to rest");
    std::mem::take(&mut cluster.told).into_iter().filter_map(|(node, told)| Some((node, told?))).collect()
}

fn committed(told: &[(NodeId, Told)], at: NodeId) -> Vec<(u64, Epoch, Entry<u32>)> {
    let of = |(node, told): &(NodeId, Told)| match told {
        Indication::Committed(position, epoch, entry) if *node == at => {
            Some((*position, *epoch, entry.clone()))
        }
        _ => None,
    };
    told.iter().filter_map(of).collect()
}

fn refused(told: &[(NodeId, Told)], at: NodeId) -> Vec<Request<u32, u32>> {
    let of = |(node, told): &(NodeId, Told)| match told {
        Indication::Refused(request) if *node == at => Some(request.clone()),
        _ => None,
    };
    told.iter().filter_map(of).collect()
}

/// A view of a configuration.
fn view(configuration: u64, view: u64) -> Epoch {
    Epoch(view).of_configuration(configuration)
}

#[test]
fn positions_go_on_and_epochs_grow() {
    let mut cluster = three(&[N0, N1]);
    cluster.request(N0, Request::Append(1));
    cluster.request(N0, change(&[N1, N2]));
    settled(&mut cluster);
    cluster.request(N1, Request::Append(2));
    settled(&mut cluster);
    cluster.request(N2, change(&[N2, N0]));
    let told = settled(&mut cluster);
    let expected = [
        (1, view(0, 1), Entry::Command(1)),
        (2, view(0, 1), Entry::Members(members(&[N1, N2]))),
        (3, view(1, 1), Entry::Command(2)),
        (4, view(1, 1), Entry::Members(members(&[N0, N2]))),
    ];
    // The first node was away, and is told what it has missed.
    assert_eq!(committed(&told, N0), expected[2..]);
    for node in cluster.nodes() {
        let entries: Vec<_> = (1..=4).map(|at| node.entry(at).map(|(_, entry)| entry)).collect();
        assert_eq!(entries, expected.each_ref().map(|(.., entry)| Some(entry)));
        assert_eq!((node.upper.configuration().number, node.upper.configuration().base), (2, 4));
        assert!(!node.upper.hands_over());
    }
}

#[test]
fn who_is_not_a_member_has_nothing_left_but_what_was_committed() {
    let mut cluster = three(&[N0, N1]);
    cluster.request(N0, change(&[N1, N2]));
    settled(&mut cluster);
    let node = cluster.nodes()[0];
    assert_eq!(node.lower.keys().count(), 0);
    assert!(!cluster.possible().iter().any(|fate| matches!(fate, Fate::Timeout(N0, _))));
    cluster.request(N0, Request::Append(1));
    let told = settled(&mut cluster);
    assert_eq!(refused(&told, N0), [Request::Append(1)]);
}

#[test]
fn what_has_no_outcome_when_a_configuration_ends_is_refused_once() {
    let mut cluster = three(&[N0, N1]);
    cluster.request(N0, change(&[N1, N2]));
    cluster.request(N0, Request::Append(1));
    cluster.request(N1, Request::Append(2));
    cluster.request(N1, change(&[N0]));
    cluster.request(N0, Request::Barrier(7));
    let told = settled(&mut cluster);
    let first = refused(&told, N0);
    assert_eq!(first, [Request::Append(1), Request::Barrier(7)]);
    assert_eq!(refused(&told, N1), [Request::Append(2), change(&[N0])]);
    assert_eq!(committed(&told, N0).len(), 1, "the change, and nothing behind it");
}

#[test]
fn changes_that_make_no_sense_are_refused_at_once() {
    let mut cluster = three(&[N0, N1]);
    let learning = Membership::of([N1]).with_learners([N2]);
    let nonsense = [
        change(&[]),
        change(&[N0, N1]),
        change(&[N0, NodeId(9)]),
        Request::Change(learning),
        Request::Change(members(&[N1]).with_outgoing([N0])),
    ];
    for request in nonsense {
        cluster.request(N0, request.clone());
        assert_eq!(refused(&settled(&mut cluster), N0), [request]);
    }
    // While another one has no outcome.
    cluster.request(N0, change(&[N0]));
    cluster.request(N0, change(&[N1]));
    assert_eq!(refused(&settled(&mut cluster), N0), [change(&[N1])]);
    assert_eq!(cluster.nodes()[0].upper.configuration().members, members(&[N0]));
}

#[test]
fn a_new_member_is_given_a_snapshot_and_what_follows() {
    let mut cluster = three(&[N0, N1]);
    for command in 1..=3 {
        cluster.request(N0, Request::Append(command));
    }
    settled(&mut cluster);
    cluster.request(N0, Request::Snapshot(2, 12));
    cluster.request(N0, change(&[N0, N2]));
    let told = settled(&mut cluster);
    let snapshot = Snapshot { position: 2, epoch: view(0, 1), members: members(&[N0, N1]), state: 12 };
    assert!(told.contains(&(N2, Indication::Restore(snapshot))));
    assert_eq!(committed(&told, N2).iter().map(|(at, ..)| *at).collect::<Vec<_>>(), [3, 4]);
    // A snapshot of now takes the place of all that was before, and the next new member starts from it.
    cluster.request(N0, Request::Append(4));
    settled(&mut cluster);
    cluster.request(N0, Request::Snapshot(5, 345));
    settled(&mut cluster);
    assert_eq!(
        (cluster.nodes()[0].upper.history().start(), cluster.nodes()[0].upper.history().last()),
        (5, 5)
    );
    cluster.request(N0, change(&[N0, N1]));
    let told = settled(&mut cluster);
    let snapshot = Snapshot { position: 5, epoch: view(1, 1), members: members(&[N0, N2]), state: 345 };
    assert!(told.contains(&(N1, Indication::Restore(snapshot))));
}

#[test]
fn a_restart_goes_on_in_the_configuration_of_before() {
    let mut cluster = three(&[N0, N1]);
    cluster.request(N0, Request::Append(1));
    cluster.request(N0, change(&[N0, N2]));
    settled(&mut cluster);
    cluster.request(N0, Request::Append(2));
    settled(&mut cluster);
    cluster.happen(Fate::Crash(N2));
    cluster.happen(Fate::Restart(N2));
    let told = settled(&mut cluster);
    // What the history holds at once; what is in the log of now when the primary has said how far it is committed.
    assert_eq!(committed(&told, N2).iter().map(|(at, ..)| *at).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(cluster.nodes()[2].upper.configuration().number, 1);
}

// At random.

/// Logs whose members change, at random: what holds of all of them, whichever the log is.
trait Chosen: Seed<Membership, Provides = Log<Appended<u32>, u32>> + Replica<Command = Appended<u32>> {
    /// A log of these members.
    fn log(members: &Membership) -> Self;
}

impl Chosen for MultiPaxos<Appended<u32>, u32> {
    fn log(members: &Membership) -> Self {
        MultiPaxos::new(Quorums::majority(&members.voters), multi_paxos::Settings::default())
    }
}

impl Chosen for Replicas {
    fn log(members: &Membership) -> Self {
        Viewstamped::new(members.clone(), viewstamped::Settings::default())
    }
}

impl Chosen for Zab<Appended<u32>, u32> {
    fn log(members: &Membership) -> Self {
        Zab::new(members.clone(), zab::Settings::default())
    }
}

fn invariants<A: Chosen>(nodes: &[&Node<A>]) {
    assert!(one_leader(nodes), "election safety: {nodes:?}");
    assert!(committed_agree(nodes), "state machine safety: {nodes:?}");
    for node in nodes {
        // It has what was committed before its configuration, and has begun no later one.
        let now = node.upper.configuration();
        assert!(node.upper.history().last() >= now.base, "{node:?}");
        assert!(node.lower.keys().all(|&number| number <= now.number), "{node:?}");
    }
}

/// Four nodes, of which so many are members at first.
fn run<A: Chosen>(first: u16, steps: &[Drawn]) -> Run<Node<A>> {
    let members = Membership::of((0..first).map(NodeId));
    let settings = Settings::default();
    let node = Reconfiguration::new(members.clone(), settings).over(A::log(&members));
    Run::drawn(vec![node; 4], invariants, steps)
}

/// Together the runs take every step that the layer names, and get into a configuration behind the first ones.
fn takes_every_step<A: Chosen>() {
    let mut runner = TestRunner::deterministic();
    let strategy = (1..=3_u16, steps(600));
    let mut missing: BTreeSet<&str> = Reconfiguration::<u32, u32>::marks().into_iter().collect();
    let (mut committed, mut changes) = (0, 0);
    for _ in 0..200 {
        let (first, steps) = strategy.new_tree(&mut runner).expect("it can be drawn").current();
        let run = run::<A>(first, &steps);
        missing.retain(|mark| !run.cluster.marks.contains(mark));
        committed += run.monitor.committed().len();
        let number = |node: &&Node<A>| node.upper.configuration().number;
        changes = run.cluster.nodes().iter().map(number).max().max(Some(changes)).unwrap_or(0);
    }
    assert!(missing.is_empty(), "{missing:?}");
    assert!(committed > 200 && changes >= 2, "{committed} entries, {changes} changes");
}

#[test]
fn random_runs_take_every_step() {
    takes_every_step::<MultiPaxos<Appended<u32>, u32>>();
    takes_every_step::<Replicas>();
    takes_every_step::<Zab<Appended<u32>, u32>>();
}

/// The members of the last configuration that anyone knows of.
fn last_members<A: Chosen>(nodes: &[&Node<A>]) -> Vec<usize> {
    let last = nodes.iter().map(|node| node.upper.configuration()).max_by_key(|of| of.number);
    last.map(|of| of.members.everyone().iter().map(|node| node.index()).collect()).unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    /// Whatever happens, nothing is violated; and once nothing fails any more, those who are members at last are told everything.
    #[test]
    fn nothing_is_violated_and_a_quiet_end_is_a_good_end(first in 1..=3_u16, steps in steps(600)) {
        let mut over_multi_paxos = run::<MultiPaxos<Appended<u32>, u32>>(first, &steps);
        prop_assert!(over_multi_paxos.ends_well_for(last_members), "{:?}", over_multi_paxos.cluster.nodes());
        let mut over_viewstamped = run::<Replicas>(first, &steps);
        prop_assert!(over_viewstamped.ends_well_for(last_members), "{:?}", over_viewstamped.cluster.nodes());
        let mut over_zab = run::<Zab<Appended<u32>, u32>>(first, &steps);
        prop_assert!(over_zab.ends_well_for(last_members), "{:?}", over_zab.cluster.nodes());
    }
}
