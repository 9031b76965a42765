//! What the checker says of small systems whose answers are known.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{
        Arc, Once,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use synod_actor::{Actor, Cx, Event, Never, NodeId, Nothing, Port};
use synod_checker::{
    Cause, DEADLOCK, Environment, Kind, Limit, NodeView, Options, Reductions, Report, System, TOTAL,
    TraceWhat, Verdict, check,
};
use synod_properties::{Monitor, Observation, Violation};

/// Asked to add, says the sum.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Adding;
impl Port for Adding {
    type Request = u32;
    type Indication = u32;
}

/// The counter of the actor crate's documentation: it counts a duplicated message twice.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Counter {
    sum: u32,
    panics_at: Option<u32>,
    strays: bool,
}

impl Actor for Counter {
    type Provides = Adding;
    type Uses = Nothing;
    type Msg = u32;
    type Timer = Never;
    type Record = u32;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request(amount) => {
                cx.mark("asked");
                self.persist(amount, cx);
                cx.indicate(self.sum);
                cx.send_others(amount);
                if self.strays {
                    cx.send(NodeId(9), amount);
                }
            }
            Event::Receive(_, amount) => {
                cx.mark("told");
                self.persist(amount, cx);
                assert!(self.panics_at != Some(self.sum), "the sum is {}", self.sum);
            }
            Event::Indication(never) => match never {},
            Event::Timeout(never) => match never {},
        }
    }

    fn replay(&mut self, amount: u32) {
        self.sum += amount;
    }

    fn marks() -> Vec<&'static str> {
        vec!["asked", "told", "never"]
    }
}

/// No sum is above what was asked for in all; and, at last, every node has said something.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Sums {
    asked: u32,
    owed: BTreeSet<NodeId>,
}

impl Monitor<Adding> for Sums {
    fn safety(&self) -> Vec<&'static str> {
        vec!["no more than asked"]
    }

    fn liveness(&self) -> Vec<&'static str> {
        vec!["everyone answers"]
    }

    fn observe(&mut self, node: NodeId, what: &Observation<Adding>) -> Result<(), Violation> {
        match what {
            Observation::Request(amount) => self.asked += amount,
            Observation::Indication(sum) if *sum > self.asked => {
                return Err(Violation::new(self.safety()[0], format!("{node} says {sum} of {}", self.asked)));
            }
            Observation::Indication(_) => _ = self.owed.remove(&node),
            Observation::Crash | Observation::Restart | Observation::Timeout | Observation::Loss => {}
        }
        Ok(())
    }

    fn owes(&self, _: &str) -> bool {
        !self.owed.is_empty()
    }
}

fn counters(count: usize, counter: Counter) -> System<Counter, Sums> {
    let group = NodeId::group(count);
    let system = System::new(vec![counter; count], Sums { asked: 0, owed: group.iter().copied().collect() });
    group.into_iter().fold(system, |system, node| system.request(node, 1))
}

fn run(system: &System<Counter, Sums>) -> Report {
    check(system, &Options { threads: 2, ..Options::default() })
}

fn verdict(report: &Report, name: &str) -> Verdict {
    report.property(name).unwrap_or_else(|| panic!("no property {name}: {report:?}")).verdict
}

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

/// One node is asked three times, and two others hear of it. These hear at once, and in one order: three times ask, hear, hear.
#[test]
fn what_can_as_well_come_first_comes_first() {
    let group = NodeId::group(3);
    let system = System::new(vec![Counter::default(); 3], Sums::default());
    let asked = (0..3).fold(system, |system, _| system.request(group[0], 1)).deadlock_free();
    let by = |system: &System<Counter, Sums>, reductions| {
        check(system, &Options { threads: 2, reductions, ..Options::default() })
    };
    let order = Reductions { order: true, ..Reductions::NONE };
    let [full, ordered] = [Reductions::NONE, order].map(|reductions| by(&asked, reductions));
    assert_eq!((ordered.states, ordered.transitions, ordered.depth), (10, 9, 9));
    // Without order, the two others have each heard as much as they may at each time: 1 + 4 + 9 + 16.
    assert_eq!((full.states, full.depth), (30, 9));
    assert_eq!((full.monitor_states, full.marks), (ordered.monitor_states, ordered.marks));
    // Who is asked itself says what it has heard by then: it may hear alone when it has been asked, and not before.
    let asked_too = asked.clone().request(group[1], 1);
    let [full, ordered] = [Reductions::NONE, order].map(|reductions| by(&asked_too, reductions));
    assert_eq!((full.verdict, full.monitor_states), (ordered.verdict, ordered.monitor_states));
    assert!(ordered.states < full.states && ordered.states > 20, "{} of {}", ordered.states, full.states);
    // Where more is asked than a run by run can show, it is not done, and that is said.
    let live = by(&asked.terminates(), order);
    assert_eq!((live.reductions, live.states), (Reductions::NONE, 30));
    assert!(live.notes[0].starts_with("no step is taken alone: "), "{:?}", live.notes);
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

/// Whatever cuts a search, nothing that was not explored is said to hold.
#[test]
fn a_search_that_was_cut_is_incomplete() {
    let system = || counters(3, Counter::default()).terminates().deadlock_free();
    let whole = run(&system());
    assert_eq!((whole.verdict, whole.incomplete), (Verdict::Holds, None));
    let cut = |options: Options| {
        let report = check(&system(), &options);
        assert_eq!(report.verdict, Verdict::Incomplete, "{report:?}");
        assert!(
            report.properties.iter().all(|property| property.verdict == Verdict::Incomplete),
            "{report:?}"
        );
        report.incomplete.expect("a reason")
    };
    let options = || Options { threads: 2, ..Options::default() };
    assert!(cut(Options { depth: Some(3), ..options() }).contains("beyond 3 steps"));
    assert!(cut(Options { states: Some(10), ..options() }).contains("reached 10 states"));
    assert!(cut(Options { memory: Some(1000), ..options() }).contains("more than 1000 bytes"));
    let interrupted = options();
    interrupted.interrupt.store(true, Ordering::Relaxed);
    assert!(cut(interrupted).contains("interrupted"));

    let bounded = run(&system().bound("small sums", |_, node| node.sum < 3));
    assert_eq!(bounded.verdict, Verdict::Incomplete);
    assert!(bounded.incomplete.expect("a reason").contains("small sums"));
    assert!(bounded.states < whole.states);
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

/// What is found stays found, though how it comes to that cannot be told any more.
#[test]
fn an_interrupt_does_not_take_back_a_violation() {
    let options = Options { threads: 2, reductions: Reductions::NONE, ..Options::default() };
    let interrupt = options.interrupt.clone();
    let system = counters(3, Counter::default()).invariant("small sums", move |nodes| {
        let holds = nodes.iter().all(|node| node.live.sum < 3);
        interrupt.fetch_or(!holds, Ordering::Relaxed);
        holds
    });
    let report = check(&system, &options);
    let of =
        |name| report.property(name).map(|property| (property.verdict, property.counterexample.is_some()));
    assert_eq!(of("small sums"), Some((Verdict::Violated, false)));
    assert_eq!(of(synod_checker::TOTAL), Some((Verdict::Incomplete, false)));
    assert!(report.incomplete.is_some_and(|why| why.contains("it was interrupted")));
}

/// The depth that is reached exactly is no cut.
#[test]
fn a_limit_that_is_not_met_cuts_nothing() {
    let system = counters(2, Counter::default());
    let options = Options { depth: Some(4), states: Some(10), ..Options::default() };
    // The last level is empty beyond depth 4, but that is only known by looking.
    let report = check(&system, &Options { depth: Some(5), ..options });
    assert_eq!((report.verdict, report.depth), (Verdict::Holds, 4));
}

#[test]
fn progress_is_told_and_ends() {
    let told = Arc::new(std::sync::Mutex::new(0_u64));
    let count = told.clone();
    let options = Options {
        progress: Some(Arc::new(move |progress| *count.lock().unwrap() = progress.states)),
        ..Options::default()
    };
    let report = check(&counters(3, Counter::default()), &options);
    assert!(*told.lock().unwrap() <= report.states);
    assert!(report.elapsed > Duration::ZERO);
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

/// Where memory ends and states are put on disk, the search comes to the same.
#[test]
fn states_on_disk_are_still_known() {
    let system = counters(3, Counter::default())
        .environment(Environment::default().duplicating(Limit::Budget(1)).crash_recovery(4).delayed_disk());
    let options =
        |threads| Options { threads, exhaustive: true, reductions: Reductions::NONE, ..Options::default() };
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let enough = |whole: &Report| Some(whole.store_bytes + whole.component_bytes - 2 * whole.states);
    for threads in [1, 3] {
        let whole = check(&system, &options(threads));
        assert!(whole.states > 200_000 && whole.disk_bytes == 0, "{}", whole.states);
        let (memory, spill) = (enough(&whole), Some(folder.path().to_owned()));
        assert!(check(&system, &Options { memory, ..options(threads) }).incomplete.is_some());
        let spilled = check(&system, &Options { memory, spill, ..options(threads) });
        assert_eq!(spilled.incomplete, None);
        assert!(spilled.disk_bytes > whole.states, "{}", spilled.disk_bytes);
        assert_eq!((spilled.states, spilled.transitions), (whole.states, whole.transitions));
        assert_eq!((spilled.depth, &spilled.properties), (whole.depth, &whole.properties));
    }
    let memory = enough(&check(&system, &options(1)));
    let nowhere = Some(folder.path().join("nowhere"));
    let report = check(&system, &Options { memory, spill: nowhere, ..options(1) });
    assert!(report.incomplete.is_some_and(|why| why.contains("could not be put on disk")));
    assert_eq!(std::fs::read_dir(folder.path()).expect("it is there").count(), 0, "nothing is left behind");
}

/// The files in this folder that this process holds open, as what they can be opened as again: they have no names.
#[cfg(target_os = "linux")]
fn held_open(folder: &Path) -> Vec<PathBuf> {
    let descriptors = std::fs::read_dir("/proc/self/fd").expect("it is there").flatten();
    let of_it = |file: &PathBuf| std::fs::read_link(file).is_ok_and(|link| link.starts_with(folder));
    descriptors.map(|descriptor| descriptor.path()).filter(of_it).collect()
}

/// States that were put on disk are gone when they are asked for. That is no panic, and what is known by then is said. (On one thread: with
/// more it is chance when memory ends, and whether anything is on disk by then.)
#[cfg(target_os = "linux")]
#[test]
fn states_that_are_lost_on_disk_end_the_search() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let options =
        Options { threads: 1, exhaustive: true, reductions: Reductions::NONE, ..Options::default() };
    let lose = |folder: &Path| {
        for file in held_open(folder) {
            let file = std::fs::File::options().write(true).open(file).expect("it is open");
            file.set_len(0).expect("it is a file of this process");
        }
    };
    // All that is on disk is gone after so many states were looked at; or, if that is 0, when the whole graph is.
    let looked_at = Arc::new(AtomicUsize::new(0));
    let system = |after: usize| {
        looked_at.store(0, Ordering::Relaxed);
        let (looked_at, folder) = (looked_at.clone(), folder.path().to_owned());
        let (at_last, place) = (Once::new(), folder.clone());
        let is_small = move |nodes: &[NodeView<'_, Counter>]| {
            if looked_at.fetch_add(1, Ordering::Relaxed) + 1 == after {
                lose(&folder);
            }
            nodes.iter().all(|node| node.live.sum <= 9)
        };
        let is_one = move |nodes: &[NodeView<'_, Counter>], _: &_| {
            if after == 0 {
                at_last.call_once(|| lose(&place));
            }
            nodes.iter().any(|node| node.live.sum >= 1)
        };
        let environment =
            Environment::default().duplicating(Limit::Budget(1)).crash_recovery(2).delayed_disk();
        counters(3, Counter::default())
            .environment(environment)
            .invariant("small sums", is_small)
            .always_possible("someone is at 1", is_one)
    };
    let whole = check(&system(usize::MAX), &options);
    assert_eq!(whole.incomplete, None);
    let all = looked_at.load(Ordering::Relaxed);
    let lost = |after| {
        let memory = Some(whole.store_bytes + whole.component_bytes - 6 * whole.states);
        let spill = Some(folder.path().to_owned());
        let report = check(&system(after), &Options { memory, spill, ..options.clone() });
        let why = report.incomplete.clone().unwrap_or_else(|| panic!("nothing is lost: {report:?}"));
        let place = folder.path().display();
        let told =
            format!("states that were put on disk in {place} cannot be read again: unexpected end of file");
        assert!(why.contains(&told), "{why}");
        assert_eq!(verdict(&report, "someone is at 1"), Verdict::Incomplete);
        report
    };
    // While it explores: the level in which that shows is left out.
    let cut = lost(all / 10 * 9);
    assert_eq!(verdict(&cut, "small sums"), Verdict::Incomplete);
    let until = check(&system(usize::MAX), &Options { depth: Some(cut.depth), ..options.clone() });
    assert_eq!((cut.states, cut.transitions), (until.states, until.transitions));
    // When it has explored everything, and looks at the whole graph.
    let cut = lost(0);
    assert_eq!(verdict(&cut, "small sums"), Verdict::Holds);
    assert_eq!((cut.states, cut.transitions), (whole.states, whole.transitions));
}

/// Passes on what it is told, in some way, to the next node; the last one says so, unless it has lost patience before.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Relay {
    way: Way,
    passed: bool,
}

/// How a relay passes something on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Way {
    AtOnce,
    /// When a message to itself has come back.
    Remembered,
    /// When a record, which changes nothing, is durable.
    Written,
}

impl Relay {
    fn pass_on(&mut self, cx: &mut Cx<'_, Self>) {
        match cx.group().get(usize::from(cx.me().0) + 1) {
            Some(&next) => cx.send(next, 0),
            None => {
                cx.cancel(());
                cx.indicate(0);
            }
        }
    }
}

impl Actor for Relay {
    type Provides = Adding;
    type Uses = Nothing;
    type Msg = u32;
    type Timer = ();
    type Record = bool;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        let is_last = Some(&cx.me()) == cx.group().last();
        match event {
            Event::Start if is_last => cx.set((), Duration::ZERO..Duration::from_secs(1)),
            Event::Start if cx.me() == NodeId(0) => cx.send(NodeId(1), 0),
            Event::Start | Event::Request(_) => {}
            Event::Receive(from, _) if from == cx.me() => self.pass_on(cx),
            Event::Receive(..) if self.passed => {}
            Event::Receive(..) => {
                self.persist(self.way != Way::Written, cx);
                match self.way {
                    Way::Remembered if !is_last => cx.send(cx.me(), 0),
                    _ => self.pass_on(cx),
                }
            }
            Event::Timeout(()) => cx.indicate(9),
            Event::Indication(never) => match never {},
        }
    }

    fn replay(&mut self, passed: bool) {
        self.passed |= passed;
    }
}

/// What a node would have done had it not crashed is not to be seen: neither by whoever waits until all is quiet, nor at the end. So a
/// step that sends is not taken alone where its node may crash before it, if that is asked.
#[test]
fn what_a_crash_prevents_is_not_put_first() {
    let order = Reductions { order: true, ..Reductions::NONE };
    let stops = Environment::default().crash_stop(1).crash_only(&[NodeId(1)]);
    let restarts = Environment::default().crash_recovery(1).crash_only(&[NodeId(1)]);
    let cases = [
        (Way::AtOnce, stops.clone(), false),
        (Way::AtOnce, restarts.clone(), true),
        (Way::Remembered, stops.clone(), false),
        (Way::Remembered, restarts, true),
        (Way::Written, stops.delayed_disk(), false),
    ];
    for (way, environment, comes_back) in cases {
        let system = |environment: Environment| {
            let owed = BTreeSet::from([NodeId(2)]);
            System::new(vec![Relay { way, passed: false }; 3], Sums { asked: 0, owed })
                .environment(environment)
        };
        let by = |system: &System<Relay, Sums>, reductions| {
            check(system, &Options { exhaustive: true, reductions, ..Options::default() })
        };
        let both = |system: System<Relay, Sums>, name: &str| {
            let [full, ordered] = [Reductions::NONE, order].map(|reductions| by(&system, reductions));
            assert_eq!(ordered.reductions, order, "{:?}", ordered.notes);
            let verdicts = [&full, &ordered].map(|report| verdict(report, name));
            println!("{way:?} {comes_back} {name}: {verdicts:?}, {} of {}", ordered.states, full.states);
            verdicts
        };
        // The last one waits until all is quiet, and then says 9, for which nobody asked.
        let patient = system(environment.clone().synchronous());
        assert_eq!(both(patient, "no more than asked"), [Verdict::Violated; 2], "{way:?}, {comes_back}");
        // What was on its way to a node that comes back is still there then; what it had still to do itself is not.
        let ends = system(environment.clone()).deadlock_free();
        let owes = if (way, comes_back) == (Way::AtOnce, true) { Verdict::Holds } else { Verdict::Violated };
        assert_eq!(both(ends, DEADLOCK), [owes; 2], "{way:?}, {comes_back}");
        // Where neither is asked these steps are taken alone.
        let neither = system(environment.clone());
        let [full, ordered] =
            [Reductions::NONE, order].map(|reductions| by(&neither, reductions).transitions);
        assert!(ordered < full, "{way:?}, {comes_back}: {ordered} of {full}");
    }
}
