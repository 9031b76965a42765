//! Each property of broadcast, violated and not.

use synod_actor::NodeId;
use synod_broadcast::{Id, ReliableBroadcast};
use synod_properties::{
    BroadcastMonitor, Monitor, Observation,
    Observation::{Crash, Indication, Request, Restart},
    broadcast::{
        AGREEMENT, CAUSAL_ORDER, CausalOrder, FIFO_ORDER, FifoOrder, NO_CREATION, NO_DUPLICATION,
        PAIRWISE_ORDER, PairwiseOrder, TOTAL_ORDER, TotalOrder, UNIFORM_AGREEMENT, VALIDITY,
    },
};

type Port = ReliableBroadcast<char>;
type Observed = (u16, Observation<Port>);

/// The node delivers this, of this origin.
fn delivers(origin: u16, msg: char) -> Observation<Port> {
    Indication((Id { origin: NodeId(origin), number: 1 }, msg))
}

/// The monitor after a run; or the property that the run violates.
fn after<M: Monitor<Port>>(mut monitor: M, run: &[Observed]) -> Result<M, &'static str> {
    for (node, what) in run {
        monitor.observe(NodeId(*node), what).map_err(|found| found.property)?;
    }
    Ok(monitor)
}

fn violated<M: Monitor<Port>>(monitor: M, run: &[Observed]) -> Option<&'static str> {
    after(monitor, run).err()
}

/// Whether this is owed after a run of two nodes.
fn owed(monitor: fn(&[NodeId]) -> BroadcastMonitor<char>, liveness: &str, run: &[Observed]) -> bool {
    let monitor = after(monitor(&NodeId::group(2)), run).expect("the run is safe");
    assert!(Monitor::<Port>::liveness(&monitor).contains(&liveness));
    Monitor::<Port>::owes(&monitor, liveness)
}

#[test]
fn what_is_delivered_was_broadcast_by_its_origin() {
    let monitor = || BroadcastMonitor::reliable(&NodeId::group(2));
    assert_eq!(violated(monitor(), &[(0, Request('a')), (1, delivers(0, 'a'))]), None);
    assert_eq!(violated(monitor(), &[(0, Request('a')), (1, delivers(1, 'a'))]), Some(NO_CREATION));
    assert_eq!(violated(monitor(), &[(0, Request('a')), (1, delivers(0, 'b'))]), Some(NO_CREATION));
}

#[test]
fn a_message_is_delivered_once_in_an_incarnation() {
    let monitor = || BroadcastMonitor::reliable(&NodeId::group(2));
    let once = [(0, Request('a')), (1, delivers(0, 'a'))];
    assert_eq!(violated(monitor(), &[&once[..], &once[1..]].concat()), Some(NO_DUPLICATION));
    let restarted = [&once[..], &[(1, Crash), (1, Restart)], &once[1..]].concat();
    assert_eq!(violated(monitor(), &restarted), None);
}

#[test]
fn validity_is_owed_by_origins_that_stay_up() {
    let broadcast = [(0, Request('a'))];
    assert!(owed(BroadcastMonitor::best_effort, VALIDITY, &broadcast));
    assert!(!owed(BroadcastMonitor::best_effort, VALIDITY, &[&broadcast[..], &[(0, Crash)]].concat()));
    let own = [&broadcast[..], &[(0, delivers(0, 'a'))]].concat();
    assert!(owed(BroadcastMonitor::best_effort, VALIDITY, &own), "n1 waits");
    assert!(!owed(BroadcastMonitor::reliable, VALIDITY, &own), "its own delivery is all that validity asks");
    assert!(!owed(BroadcastMonitor::best_effort, VALIDITY, &[&own[..], &[(1, Crash)]].concat()));
}

#[test]
fn agreement_is_owed_for_what_somebody_has_who_is_up() {
    let delivered = [(0, Request('a')), (0, delivers(0, 'a'))];
    assert!(owed(BroadcastMonitor::reliable, AGREEMENT, &delivered));
    assert!(owed(BroadcastMonitor::uniform, UNIFORM_AGREEMENT, &delivered));
    let crashed = [&delivered[..], &[(0, Crash)]].concat();
    assert!(!owed(BroadcastMonitor::reliable, AGREEMENT, &crashed));
    assert!(owed(BroadcastMonitor::uniform, UNIFORM_AGREEMENT, &crashed), "what was delivered binds");
    let both = [&crashed[..], &[(1, delivers(0, 'a'))]].concat();
    assert!(!owed(BroadcastMonitor::uniform, UNIFORM_AGREEMENT, &both));
    assert!(owed(BroadcastMonitor::uniform, UNIFORM_AGREEMENT, &[&both[..], &[(0, Restart)]].concat()));
}

#[test]
fn fifo_order_is_of_each_origin() {
    let sent = [(0, Request('a')), (0, Request('b')), (1, Request('c'))];
    let run = |more: &[Observed]| violated(FifoOrder::new(), &[&sent[..], more].concat());
    assert_eq!(run(&[(2, delivers(1, 'c')), (2, delivers(0, 'a')), (2, delivers(0, 'b'))]), None);
    assert_eq!(run(&[(2, delivers(0, 'b'))]), Some(FIFO_ORDER));
    assert_eq!(
        run(&[(2, delivers(0, 'a')), (2, Crash), (2, Restart), (2, delivers(0, 'b'))]),
        Some(FIFO_ORDER)
    );
}

#[test]
fn causal_order_is_across_origins() {
    let answered = [(0, Request('a')), (1, delivers(0, 'a')), (1, Request('b'))];
    let run = |more: &[Observed]| violated(CausalOrder::new(), &[&answered[..], more].concat());
    assert_eq!(run(&[(2, delivers(0, 'a')), (2, delivers(1, 'b'))]), None);
    assert_eq!(run(&[(2, delivers(1, 'b'))]), Some(CAUSAL_ORDER));
    assert_eq!(violated(FifoOrder::new(), &[&answered[..], &[(2, delivers(1, 'b'))]].concat()), None);
    // What an origin had broadcast itself is in the past too, delivered or not.
    let own = [(0, Request('a')), (0, Request('b')), (1, delivers(0, 'b'))];
    assert_eq!(violated(CausalOrder::new(), &own), Some(CAUSAL_ORDER));
    // Concurrent messages have no order.
    let concurrent = [(0, Request('a')), (1, Request('b')), (2, delivers(1, 'b')), (2, delivers(0, 'a'))];
    assert_eq!(violated(CausalOrder::new(), &concurrent), None);
}

#[test]
fn total_order_is_one_sequence_without_gaps() {
    let first = [(0, delivers(0, 'a')), (0, delivers(1, 'b'))];
    let run = |more: &[Observed]| {
        let run = [&first[..], more].concat();
        (violated(TotalOrder::new(), &run), violated(PairwiseOrder::new(), &run))
    };
    assert_eq!(run(&[(1, delivers(0, 'a')), (1, delivers(1, 'b')), (1, delivers(0, 'c'))]), (None, None));
    let swapped = [(1, delivers(1, 'b')), (1, delivers(0, 'a'))];
    assert_eq!(run(&swapped), (Some(TOTAL_ORDER), Some(PAIRWISE_ORDER)));
    // A gap: no two nodes deliver two messages in different orders.
    assert_eq!(run(&[(1, delivers(1, 'b'))]), (Some(TOTAL_ORDER), None));
    // A restart may begin anew, and what was delivered before a crash binds the others.
    assert_eq!(run(&[(0, Crash), (0, Restart), (0, delivers(0, 'a'))]), (None, None));
    let crashed = [&[(0, Crash)], &swapped[..]].concat();
    assert_eq!(run(&crashed), (Some(TOTAL_ORDER), Some(PAIRWISE_ORDER)));
}
