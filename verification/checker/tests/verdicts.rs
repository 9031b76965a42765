//! What the checker says of small systems whose answers are known.

mod support;

use std::collections::BTreeSet;

use support::{
    Counter, Sums, counters,
    relay::{Relay, Way},
    run, verdict,
};
use synod_actor::NodeId;
use synod_checker::{
    Cause, DEADLOCK, Environment, Kind, Limit, NodeView, Options, System, TOTAL, TraceWhat, Verdict, check,
};

/// Two nodes: each is asked (A, B), then hears of the other (a after A, b after B). Of the four steps, 2 are free and 2 wait
/// for one of these: the states are the sets of steps done that are closed, which are {}, A, B, AB, Aa, Bb, AaB, ABb, ABab.
#[test]
fn states_and_steps_are_counted_exactly() {
    let report = run(&counters(2, Counter::default()));
    assert_eq!((report.states, report.depth, report.verdict), (9, 4, Verdict::Holds));
    // Out of these: 2, 2 (B, a), 2 (A, b), 2 (a, b), 1 (B), 1 (A), 1 (b), 1 (a), 0.
    assert_eq!(report.transitions, 12);
    assert_eq!((report.marks, report.unreached), (vec!["asked", "told"], vec!["never"]));
}

#[test]
fn a_duplicate_is_found_with_a_shortest_schedule() {
    let system = counters(2, Counter::default());
    let report = run(&system.environment(Environment::default().duplicating(Limit::Budget(1))));
    assert_eq!(
        (report.verdict, verdict(&report, "no more than asked")),
        (Verdict::Violated, Verdict::Violated)
    );
    let trace = report.violated().and_then(|property| property.counterexample.as_ref()).expect("it is shown");
    // n0 is asked; n1 hears of it twice; n1 is asked, and says 3 of 2.
    assert_eq!(trace.because, "n1 says 3 of 2");
    assert_eq!(trace.steps.len(), 4);
    assert!(matches!(&trace.steps[1].cause, Cause::Receive { duplicated: true, .. }), "{trace}");
    // Everything else is undecided, and the report says why.
    assert_eq!(verdict(&report, TOTAL), Verdict::Incomplete);
    assert!(report.incomplete.expect("a reason").contains("stopped at a violation"));
}

#[test]
fn an_exhaustive_search_goes_on_after_a_violation() {
    let system =
        counters(2, Counter::default()).environment(Environment::default().duplicating(Limit::Budget(1)));
    let report = check(&system, &Options { exhaustive: true, ..Options::default() });
    assert_eq!(verdict(&report, "no more than asked"), Verdict::Violated);
    assert_eq!(verdict(&report, TOTAL), Verdict::Holds);
    assert!(report.incomplete.is_none());
}

#[test]
fn a_panic_is_a_counterexample() {
    let report = run(&counters(3, Counter { panics_at: Some(3), ..Counter::default() }));
    let total = report.violated().expect("it panics");
    assert_eq!(total.name, TOTAL);
    let trace = total.counterexample.as_ref().expect("it is shown");
    assert!(trace.because.contains("a handler panicked: the sum is 3"), "{trace}");
    assert_eq!(trace.steps.len(), 5, "three requests, and two messages to one node: {trace}");
    assert!(matches!(trace.steps[4].effects.last().map(|effect| &effect.what), Some(TraceWhat::Fault(_))));
}

#[test]
fn a_message_out_of_the_group_is_a_fault() {
    let report = run(&counters(2, Counter { strays: true, ..Counter::default() }));
    let total = report.violated().expect("it strays");
    assert_eq!(total.name, TOTAL);
    assert!(total.counterexample.as_ref().expect("it is shown").because.contains("not in the group"));
}

#[test]
fn an_invariant_is_violated_where_it_does_not_hold() {
    let system = || counters(2, Counter::default());
    let holds = run(&system().invariant("at most 2", |nodes| nodes.iter().all(|node| node.live.sum <= 2)));
    assert_eq!(verdict(&holds, "at most 2"), Verdict::Holds);
    let broken = run(&system().invariant("at most 1", |nodes| nodes.iter().all(|node| node.live.sum <= 1)));
    let property = broken.property("at most 1").expect("it is reported");
    assert_eq!(property.verdict, Verdict::Violated);
    assert_eq!(property.counterexample.as_ref().map(|trace| trace.steps.len()), Some(3));
}

/// A crash that loses what was not yet durable also loses what waited for it: the answer, and the messages.
#[test]
fn what_waits_for_a_write_is_lost_with_it() {
    let environment = Environment::default().delayed_disk().crash_recovery(1);
    let system = counters(1, Counter::default()).environment(environment).terminates();
    let report = run(&system);
    let property = report.property("everyone answers").expect("it is reported");
    assert_eq!((property.kind, property.verdict), (Kind::Liveness, Verdict::Violated));
    let trace = property.counterexample.as_ref().expect("it is shown");
    let causes: Vec<&Cause> = trace.steps.iter().map(|step| &step.cause).collect();
    assert_eq!(causes, [&Cause::Request("1".into()), &Cause::Crash, &Cause::Restart]);
    assert_eq!(trace.repeats_from, Some(3), "nothing more happens");
    assert!(trace.steps[0].effects.iter().all(|effect| effect.held), "{trace}");
    // With a disk that writes at once the answer is out before the crash.
    let environment = Environment::default().crash_recovery(1);
    let safe = run(&counters(1, Counter::default()).environment(environment).terminates());
    assert_eq!(verdict(&safe, "everyone answers"), Verdict::Holds);
}

#[test]
fn a_deadlock_is_a_state_without_steps_in_which_something_is_owed() {
    let system = |owed: &[u16]| {
        let mut system = counters(2, Counter::default());
        system.requests.truncate(1);
        system.monitor.owed = owed.iter().copied().map(NodeId).collect();
        system.deadlock_free()
    };
    assert_eq!(verdict(&run(&system(&[0])), DEADLOCK), Verdict::Holds);
    let report = run(&system(&[0, 1]));
    let property = report.property(DEADLOCK).expect("it is reported");
    assert_eq!((property.kind, property.verdict), (Kind::Deadlock, Verdict::Violated));
    assert_eq!(property.counterexample.as_ref().map(|trace| trace.steps.len()), Some(2), "asked, and told");
}

/// Where all that could still happen is a timeout that no budget pays for, the bound ended the run, and not the system.
#[test]
fn a_budget_that_is_used_up_is_no_deadlock() {
    let waits = |limit| {
        let (relay, owed) = (Relay { way: Way::AtOnce, passed: false }, BTreeSet::from([NodeId(0)]));
        let system = System::new(vec![relay], Sums { asked: 0, owed });
        let environment = Environment::default().timeouts(limit);
        verdict(&check(&system.environment(environment).deadlock_free(), &Options::default()), DEADLOCK)
    };
    assert_eq!(waits(Limit::Budget(0)), Verdict::Holds);
    assert_eq!(waits(Limit::Never), Verdict::Violated, "nobody waits for anything");
}

/// The message may be lost: then the sum of 2 cannot be had any more at the other node.
#[test]
fn what_must_stay_possible_is_lost_with_a_message() {
    let system = |environment| {
        counters(2, Counter::default())
            .environment(environment)
            .always_possible("both at 2", |nodes, _| nodes.iter().all(|node| node.live.sum == 2))
    };
    assert_eq!(verdict(&run(&system(Environment::default())), "both at 2"), Verdict::Holds);
    for loss in [Limit::Budget(1), Limit::Unbounded] {
        let report = run(&system(Environment::default().lossy(loss)));
        let property = report.property("both at 2").expect("it is reported");
        assert_eq!((property.kind, property.verdict), (Kind::Possibility, Verdict::Violated));
        let trace = property.counterexample.as_ref().expect("it is shown");
        assert!(matches!(trace.steps.last().map(|step| &step.cause), Some(Cause::Lose { .. })), "{trace}");
        assert_eq!(trace.steps.len(), 2);
    }
}

/// Two invariants that break in the same states are both violated.
#[test]
fn no_invariant_hides_behind_another() {
    let sums =
        |most: u32| move |nodes: &[NodeView<'_, Counter>]| nodes.iter().all(|node| node.live.sum < most);
    let system = counters(3, Counter::default()).invariant("small", sums(3)).invariant("as small", sums(3));
    let report = check(&system, &Options { exhaustive: true, ..Options::default() });
    for name in ["small", "as small"] {
        let property = report.property(name).expect("it is reported");
        let trace = property.counterexample.as_ref().expect("it is shown");
        assert_eq!(
            (property.verdict, trace.because.as_str()),
            (Verdict::Violated, "it does not hold in the last state")
        );
    }
}

#[test]
#[should_panic(expected = "a request is planned at n7, which is not a node")]
fn a_contradiction_is_said() {
    run(&counters(2, Counter::default()).request(NodeId(7), 1));
}

#[test]
#[should_panic(expected = "liveness wants a budget of duplicates")]
fn liveness_with_endless_duplicates_has_no_meaning() {
    let environment = Environment::default().duplicating(Limit::Unbounded);
    run(&counters(2, Counter::default()).environment(environment).terminates());
}
