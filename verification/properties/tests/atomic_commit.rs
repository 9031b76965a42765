//! Each property of atomic commit, violated and not.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use synod_actor::NodeId;
use synod_atomic_commit::{
    AtomicCommit, Indication,
    Outcome::{self, Abort, Commit},
    Request, Vote,
};
use synod_properties::{
    AtomicCommitMonitor, Monitor, Observation,
    Observation::{Crash, Loss, Restart, Timeout},
    atomic_commit::{ABORT_VALIDITY, AGREEMENT, COMMIT_VALIDITY, NO_REVERSAL, TERMINATION},
};

type Observed = (u16, Observation<AtomicCommit>);

const BEGIN: Observation<AtomicCommit> = Observation::Request(Request::Begin);
const YES: Observation<AtomicCommit> = Observation::Request(Request::Vote(Vote::Yes));
const NO: Observation<AtomicCommit> = Observation::Request(Request::Vote(Vote::No));
const COMMIT: Observation<AtomicCommit> = Observation::Indication(Indication::Decided(Commit));
const ABORT: Observation<AtomicCommit> = Observation::Indication(Indication::Decided(Abort));

fn monitor() -> AtomicCommitMonitor {
    AtomicCommitMonitor::new(&NodeId::group(3)).terminates()
}

/// The property that a run violates first, if any.
fn violated(run: &[Observed]) -> Option<&'static str> {
    let mut monitor = monitor();
    run.iter().find_map(|(node, what)| monitor.observe(NodeId(*node), what).err()).map(|found| found.property)
}

fn owed(run: &[Observed]) -> bool {
    let mut monitor = monitor();
    for (node, what) in run {
        monitor.observe(NodeId(*node), what).expect("the run is safe");
    }
    monitor.owes(TERMINATION)
}

#[test]
fn all_may_commit_after_all_said_yes() {
    let run = [(0, BEGIN), (1, YES), (2, YES), (0, COMMIT), (1, COMMIT), (2, COMMIT)];
    assert_eq!(violated(&run), None);
    assert!(!owed(&run));
}

#[test]
fn no_two_nodes_decide_differently() {
    assert_eq!(violated(&[(1, YES), (2, YES), (0, COMMIT), (1, Timeout), (1, ABORT)]), Some(AGREEMENT));
    assert_eq!(violated(&[(1, NO), (1, ABORT), (2, YES), (0, COMMIT)]), Some(AGREEMENT));
    assert_eq!(violated(&[(1, NO), (1, ABORT), (2, YES), (2, ABORT)]), None);
}

#[test]
fn no_node_reverses_its_decision() {
    assert_eq!(violated(&[(1, YES), (2, YES), (1, COMMIT), (1, ABORT)]), Some(NO_REVERSAL));
    assert_eq!(
        violated(&[(1, YES), (2, YES), (1, COMMIT), (1, Crash), (1, Restart), (1, ABORT)]),
        Some(NO_REVERSAL)
    );
    assert_eq!(violated(&[(1, YES), (2, YES), (1, COMMIT), (1, Crash), (1, Restart), (1, COMMIT)]), None);
}

#[test]
fn commit_takes_a_yes_of_every_participant() {
    assert_eq!(violated(&[(1, YES), (0, COMMIT)]), Some(COMMIT_VALIDITY));
    assert_eq!(violated(&[(1, YES), (2, NO), (0, COMMIT)]), Some(COMMIT_VALIDITY));
    assert_eq!(violated(&[(1, YES), (2, YES), (0, COMMIT)]), None);
}

#[test]
fn abort_takes_a_cause() {
    assert_eq!(violated(&[(1, YES), (2, YES), (0, ABORT)]), Some(ABORT_VALIDITY));
    assert_eq!(violated(&[(0, ABORT)]), Some(ABORT_VALIDITY));
    for cause in [NO, Crash, Timeout, Loss] {
        assert_eq!(violated(&[(1, YES), (2, cause), (0, ABORT)]), None);
    }
}

#[test]
fn the_first_vote_counts() {
    assert_eq!(violated(&[(1, YES), (2, NO), (2, YES), (0, COMMIT)]), Some(COMMIT_VALIDITY));
    assert_eq!(violated(&[(1, YES), (1, NO), (2, YES), (0, COMMIT)]), None);
}

#[test]
fn who_voted_yes_is_owed_the_outcome_of_what_has_begun() {
    assert!(!owed(&[(1, YES)]), "not begun");
    assert!(owed(&[(1, YES), (0, BEGIN)]));
    assert!(owed(&[(0, BEGIN)]), "the coordinator");
    assert!(owed(&[(0, BEGIN), (1, NO), (1, ABORT)]), "the coordinator still");
    assert!(!owed(&[(0, BEGIN), (1, NO), (1, ABORT), (0, ABORT)]), "who has not voted is free");
    assert!(owed(&[(0, BEGIN), (1, NO), (1, ABORT), (0, ABORT), (2, YES)]));
}

#[test]
fn who_is_down_is_owed_nothing_until_it_is_back() {
    let run = [(0, BEGIN), (1, YES), (0, Crash), (1, Crash)];
    assert!(!owed(&run));
    assert!(owed(&[&run[..], &[(1, Restart)]].concat()));
    assert!(owed(&[(0, BEGIN), (1, YES), (0, Crash)]), "blocked");
}

#[test]
fn nothing_is_owed_if_not_asked() {
    let mut monitor = AtomicCommitMonitor::new(&NodeId::group(2));
    monitor.observe(NodeId(0), &BEGIN).expect("beginning is safe");
    assert!(!monitor.owes(TERMINATION));
}

#[test]
fn it_forgets_the_votes_once_there_is_a_decision() {
    let after = |run: &[Observed]| {
        let mut monitor = AtomicCommitMonitor::new(&NodeId::group(3));
        for (node, what) in run {
            monitor.observe(NodeId(*node), what).expect("the run is safe");
        }
        monitor
    };
    assert_eq!(after(&[(1, NO), (1, ABORT)]), after(&[(2, YES), (1, Timeout), (1, ABORT)]));
    assert_eq!(after(&[(1, NO), (1, ABORT)]).outcome(), Some(Abort));
    assert_eq!(after(&[(1, NO), (1, ABORT)]).decided(), &[NodeId(1)].into());
}

/// The properties, said over the whole history: which ones does the last observation violate?
fn by_history(run: &[Observed]) -> BTreeSet<&'static str> {
    let Some(((node, Observation::Indication(Indication::Decided(outcome))), past)) = run.split_last() else {
        return BTreeSet::new();
    };
    let other = |what: &Observation<AtomicCommit>| matches!(what, Observation::Indication(Indication::Decided(o)) if o != outcome);
    let mut votes: BTreeMap<u16, Vote> = BTreeMap::new();
    for (node, what) in past {
        if let Observation::Request(Request::Vote(vote)) = what {
            votes.entry(*node).or_insert(*vote);
        }
    }
    let unanimous = [1, 2].iter().all(|participant| votes.get(participant) == Some(&Vote::Yes));
    let vetoed = [1, 2].iter().any(|participant| votes.get(participant) == Some(&Vote::No));
    let fault = past.iter().any(|(_, what)| matches!(what, Crash | Timeout | Loss));
    let found = [
        (NO_REVERSAL, past.iter().any(|(n, what)| n == node && other(what))),
        (AGREEMENT, past.iter().any(|(n, what)| n != node && other(what))),
        (COMMIT_VALIDITY, *outcome == Commit && !unanimous),
        (ABORT_VALIDITY, *outcome == Abort && !vetoed && !fault),
    ];
    found.into_iter().filter(|&(_, found)| found).map(|(property, _)| property).collect()
}

fn any_run() -> impl Strategy<Value = Vec<Observed>> {
    let outcome = prop_oneof![Just(Commit), Just(Abort)];
    let decided = |outcome: Outcome| Observation::Indication(Indication::Decided(outcome));
    let what = prop_oneof![
        1 => Just(BEGIN),
        8 => Just(YES),
        1 => Just(NO),
        3 => outcome.prop_map(decided),
        1 => Just(Observation::Indication(Indication::Prepare)),
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
        let mut monitor = monitor();
        for (step, (node, what)) in run.iter().enumerate() {
            let expected = by_history(&run[..=step]);
            match monitor.observe(NodeId(*node), what) {
                Ok(()) => prop_assert!(expected.is_empty(), "{expected:?} missed"),
                Err(found) => {
                    prop_assert!(expected.contains(found.property), "{found} in {expected:?}");
                    prop_assert!(monitor.safety().contains(&found.property));
                    break;
                }
            }
        }
    }
}
