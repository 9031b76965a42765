//! Each property of consensus, violated and not.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use synod_actor::NodeId;
use synod_consensus::Consensus;
use synod_properties::{
    ConsensusMonitor, Monitor, Observation,
    Observation::{Crash, Indication, Loss, Request, Restart, Timeout},
    consensus::{AGREEMENT, INTEGRITY, TERMINATION, VALIDITY},
};

type Observed = (u16, Observation<Consensus<char>>);

/// The property that a run violates first, if any.
fn violated(mut monitor: ConsensusMonitor<char>, run: &[Observed]) -> Option<&'static str> {
    run.iter().find_map(|(node, what)| monitor.observe(NodeId(*node), what).err()).map(|found| found.property)
}

/// Whether termination is still owed after a run.
fn owed(mut monitor: ConsensusMonitor<char>, run: &[Observed]) -> bool {
    for (node, what) in run {
        monitor.observe(NodeId(*node), what).expect("the run is safe");
    }
    monitor.owes(TERMINATION)
}

fn safe(run: &[Observed]) {
    assert_eq!(violated(ConsensusMonitor::new(), run), None);
}

fn violates(property: &'static str, run: &[Observed]) {
    assert_eq!(violated(ConsensusMonitor::new(), run), Some(property));
}

#[test]
fn all_may_decide_what_one_proposed() {
    safe(&[(0, Request('a')), (1, Indication('a')), (0, Indication('a')), (2, Indication('a'))]);
}

#[test]
fn two_nodes_may_not_decide_differently() {
    let both = [(0, Request('a')), (1, Request('b')), (0, Indication('a'))];
    safe(&[&both[..], &[(1, Indication('a'))]].concat());
    violates(AGREEMENT, &[&both[..], &[(1, Indication('b'))]].concat());
}

#[test]
fn a_decision_binds_after_the_crash_of_who_made_it() {
    let both = [(0, Request('a')), (1, Request('b')), (0, Indication('a')), (0, Crash)];
    violates(AGREEMENT, &[&both[..], &[(1, Indication('b'))]].concat());
    violates(AGREEMENT, &[&both[..], &[(0, Restart), (0, Indication('b'))]].concat());
}

#[test]
fn a_node_may_not_decide_twice_but_may_repeat_itself_after_a_crash() {
    let once = [(0, Request('a')), (0, Indication('a'))];
    violates(INTEGRITY, &[&once[..], &[(0, Indication('a'))]].concat());
    safe(&[&once[..], &[(0, Crash), (0, Restart), (0, Indication('a'))]].concat());
}

#[test]
fn what_is_decided_was_proposed_before() {
    violates(VALIDITY, &[(0, Request('a')), (0, Indication('b'))]);
    violates(VALIDITY, &[(0, Indication('a')), (0, Request('a'))]);
    safe(&[(1, Request('b')), (0, Request('a')), (0, Indication('b'))]);
}

#[test]
fn a_proposer_that_is_up_is_owed_a_decision() {
    let monitor = || ConsensusMonitor::new().proposers_terminate();
    assert!(!owed(monitor(), &[]));
    assert!(owed(monitor(), &[(0, Request('a'))]));
    assert!(owed(monitor(), &[(0, Request('a')), (1, Indication('a'))]));
    assert!(!owed(monitor(), &[(0, Request('a')), (0, Indication('a'))]));
    assert!(!owed(monitor(), &[(0, Request('a')), (0, Crash)]));
    assert!(owed(monitor(), &[(0, Request('a')), (0, Crash), (0, Restart)]));
    assert!(!owed(monitor(), &[(0, Request('a')), (0, Indication('a')), (0, Crash), (0, Restart)]));
    assert!(!owed(monitor(), &[(0, Request('a')), (0, Indication('a')), (0, Request('b'))]));
}

#[test]
fn everyone_is_owed_a_decision_if_so_asked() {
    let monitor = || ConsensusMonitor::new().everyone_terminates(&NodeId::group(2));
    assert!(owed(monitor(), &[]));
    assert!(owed(monitor(), &[(0, Request('a')), (0, Indication('a'))]));
    assert!(!owed(monitor(), &[(0, Request('a')), (0, Indication('a')), (1, Crash)]));
    assert!(!owed(monitor(), &[(0, Request('a')), (0, Indication('a')), (1, Indication('a'))]));
}

#[test]
fn nothing_is_owed_if_not_asked() {
    assert!(!owed(ConsensusMonitor::new(), &[(0, Request('a'))]));
    let mut monitor = ConsensusMonitor::new().proposers_terminate();
    monitor.observe(NodeId(0), &Request('a')).expect("proposing is safe");
    assert!(!monitor.owes("another property"));
}

#[test]
fn it_forgets_the_proposals_once_there_is_a_decision() {
    let after = |proposals: &[char]| {
        let mut monitor = ConsensusMonitor::new();
        for &value in proposals {
            monitor.observe(NodeId(0), &Request(value)).expect("proposing is safe");
        }
        monitor.observe(NodeId(0), &Indication('a')).expect("it was proposed");
        monitor
    };
    assert_eq!(after(&['a']), after(&['b', 'a', 'c']));
    assert_eq!(after(&['a']).decision(), Some(&'a'));
}

/// The properties, said over the whole history instead of step by step: which ones does the last observation violate?
fn by_history(run: &[Observed]) -> BTreeSet<&'static str> {
    let Some(((node, Indication(value)), past)) = run.split_last() else { return BTreeSet::new() };
    let incarnation = past.iter().rev().take_while(|(n, what)| !(n == node && *what == Crash));
    let decided_again = incarnation.into_iter().any(|(n, what)| n == node && matches!(what, Indication(_)));
    let differs = past.iter().any(|(_, what)| matches!(what, Indication(other) if other != value));
    let proposed = past.iter().any(|(_, what)| *what == Request(*value));
    let found = [(INTEGRITY, decided_again), (AGREEMENT, differs), (VALIDITY, !proposed)];
    found.into_iter().filter(|&(_, found)| found).map(|(property, _)| property).collect()
}

fn any_run() -> impl Strategy<Value = Vec<Observed>> {
    let value = || prop_oneof![4 => Just('a'), 1 => Just('b')];
    let what = prop_oneof![
        3 => value().prop_map(Request),
        3 => value().prop_map(Indication),
        1 => Just(Crash),
        1 => Just(Restart),
        1 => Just(Timeout),
        1 => Just(Loss),
    ];
    prop::collection::vec((0..3u16, what), 0..20)
}

proptest! {
    /// The monitor finds a violation exactly where the history has one, and names one that it has.
    #[test]
    fn the_monitor_agrees_with_the_history(run in any_run()) {
        let mut monitor = ConsensusMonitor::new();
        for (step, (node, what)) in run.iter().enumerate() {
            let expected = by_history(&run[..=step]);
            match monitor.observe(NodeId(*node), what) {
                Ok(()) => prop_assert!(expected.is_empty(), "{expected:?} missed"),
                Err(found) => {
                    prop_assert!(expected.contains(found.property), "{found} in {expected:?}");
                    prop_assert!(Monitor::<Consensus<char>>::safety(&monitor).contains(&found.property));
                    break;
                }
            }
        }
    }

    /// A proposer is owed a decision unless it is down or was given one since it asked.
    #[test]
    fn what_is_owed_agrees_with_the_history(run in any_run()) {
        let mut monitor = ConsensusMonitor::new().proposers_terminate();
        let (mut waits, mut told) = (BTreeMap::new(), BTreeSet::new());
        let mut down = BTreeSet::new();
        for (node, what) in &run {
            if monitor.observe(NodeId(*node), what).is_err() {
                break;
            }
            match what {
                Request(_) if !told.contains(node) => _ = waits.insert(*node, true),
                Indication(_) => _ = (waits.insert(*node, false), told.insert(*node)),
                Crash => _ = (down.insert(*node), told.remove(node)),
                Restart => _ = down.remove(node),
                Request(_) | Timeout | Loss => {}
            }
            // A node that is down asks for nothing, which random runs do not know.
            if waits.iter().any(|(node, &waits)| waits && down.contains(node)) {
                break;
            }
            prop_assert_eq!(monitor.owes(TERMINATION), waits.values().any(|&waits| waits));
        }
    }
}
