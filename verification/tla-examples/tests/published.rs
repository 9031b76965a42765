//! Specifications reproduce the counts that are published of their TLA+ counterparts, to the state.

use synod_checker::{
    Options, Verdict,
    transition::{Specification, check},
};
use synod_tla_examples::{
    ewd998::Ewd998,
    lamport_mutex::LamportMutex,
    paxos::Paxos,
    paxos_commit::{BALLOTS, PaxosCommit},
    two_phase::TwoPhase,
};

/// Distinct and generated states, as TLC counts them: initial states are generated, too.
fn counts(specification: &impl Specification) -> (u64, u64) {
    let report = check(specification, &Options::default());
    assert_eq!(report.verdict, Verdict::Holds);
    assert!(report.unreached.is_empty(), "{:?}", report.unreached);
    (report.states, report.transitions + specification.initial().len() as u64)
}

fn two_phase(managers: usize) -> (u64, u64) {
    counts(&TwoPhase { managers, symmetric: false, hasty: false })
}

#[test]
fn two_phase_commit() {
    assert_eq!(two_phase(3), (288, 1_146));
    assert_eq!(two_phase(5).0, 8_832);
    assert_eq!(two_phase(7).0, 296_448);
}

#[test]
fn two_phase_commit_with_exact_symmetry() {
    assert_eq!(counts(&TwoPhase { managers: 5, symmetric: true, hasty: false }).0, 314);
}

#[test]
fn paxos_tiny() {
    assert_eq!(counts(&Paxos { ignores_votes: false }), (3_921, 23_563));
}

#[test]
fn two_phase_commit_of_eight() {
    assert_eq!(two_phase(8), (1_745_408, 18_507_778));
}

#[test]
fn paxos_commit() {
    assert_eq!(counts(&PaxosCommit { ballots: BALLOTS, ignores_votes: false }), (1_321_761, 16_959_159));
}

#[test]
fn lamport_mutex() {
    assert_eq!(counts(&LamportMutex { clock: 6, hasty: false }), (724_274, 2_729_079));
}

#[test]
fn ewd998() {
    assert_eq!(counts(&Ewd998 { most: 3, colourless: false }), (1_520_618, 11_238_019));
}
