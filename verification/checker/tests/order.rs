//! Steps that are taken alone: where there is something to gain, where it is not allowed, and where looking ahead has no end.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use support::{
    Adding, Counter, Sums,
    relay::{Relay, Way},
    verdict,
};
use synod_actor::{Actor, Cx, Event, NodeId, Nothing, Port};
use synod_checker::{DEADLOCK, Environment, Options, Reductions, Report, System, Verdict, check};
use synod_properties::{Monitor, Observation, Violation};

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Silence;
impl Port for Silence {
    type Request = ();
    type Indication = ();
}

/// Counts what it hears, until it forgets about it.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Listener {
    heard: u32,
    is_deaf: bool,
}

impl Actor for Listener {
    type Provides = Silence;
    type Uses = Nothing;
    type Msg = ();
    type Timer = ();
    type Record = ();

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => cx.send(NodeId(0), ()),
            Event::Receive(from, ()) if from == cx.me() => *self = Listener { heard: 0, is_deaf: true },
            Event::Receive(..) if !self.is_deaf => self.heard += 1,
            Event::Receive(..) | Event::Request(()) | Event::Timeout(()) => {}
            Event::Indication(never) => match never {},
        }
    }

    fn replay(&mut self, (): ()) {}
}

fn explored(reductions: Reductions) -> Report {
    let system = System::new(vec![Listener::default(); 3], ()).deadlock_free();
    check(&system, &Options { threads: 2, reductions, ..Options::default() })
}

/// What is heard may be heard once more, as the local graph has it, and leads to another count each time. What is forgotten is the same.
#[test]
fn what_grows_without_end_is_not_looked_at_without_end() {
    let [full, ordered] = [Reductions::NONE, Reductions { order: true, ..Reductions::NONE }].map(explored);
    assert_eq!((full.verdict, ordered.verdict), (Verdict::Holds, Verdict::Holds));
    assert!(ordered.reductions.order, "{:?}", ordered.notes);
    // Whether it has heard the one word, heard the other, and forgotten.
    assert_eq!((full.states, full.transitions), (8, 12));
    assert!(ordered.states <= full.states);
    assert!(ordered.handler_calls < 200, "{} for {}", ordered.handler_calls, full.handler_calls);
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

/// Who is asked tells everybody, and whoever hears something says the first thing that it heard.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Herald {
    said: bool,
}

impl Actor for Herald {
    type Provides = Adding;
    type Uses = Nothing;
    type Msg = u32;
    type Timer = ();
    type Record = ();

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Request(what) => {
                for &to in &cx.group()[1..] {
                    cx.send(to, what);
                }
            }
            Event::Receive(_, what) if !self.said => {
                self.said = true;
                cx.indicate(what);
            }
            Event::Start | Event::Receive(..) | Event::Timeout(()) => {}
            Event::Indication(never) => match never {},
        }
    }

    fn replay(&mut self, (): ()) {}
}

/// What is only told need not arrive: the search takes the requests alone, and sees all that could be said, and who could contradict whom.
#[test]
fn what_can_as_well_come_last_is_only_looked_at() {
    let order = Reductions { order: true, ..Reductions::NONE };
    let system = |asked: [u32; 2]| {
        let system = System::new(vec![Herald::default(); 3], Agreement::default());
        asked.into_iter().fold(system, |system, what| system.request(NodeId(0), what))
    };
    for (asked, expected) in [([1, 1], Verdict::Holds), ([1, 2], Verdict::Violated)] {
        for exhaustive in [false, true] {
            let options = |reductions| Options { exhaustive, reductions, ..Options::default() };
            let [full, ordered] =
                [Reductions::NONE, order].map(|reductions| check(&system(asked), &options(reductions)));
            assert_eq!([full.verdict, ordered.verdict], [expected; 2]);
            // Asked neither, one, the other, or both.
            let states = if asked[0] == asked[1] { 3 } else { 4 };
            assert_eq!(ordered.states, states, "of {}", full.states);
            if expected == Verdict::Holds || exhaustive {
                assert_eq!(ordered.monitor_states, full.monitor_states);
            }
            // The violation is seen behind a state; how one comes there is told as a run, with all its steps.
            let traces = [&full, &ordered].map(|report| report.violated().map(|found| &found.counterexample));
            let steps =
                traces.map(|trace| trace.map(|trace| trace.as_ref().expect("it is told").steps.len()));
            assert_eq!(steps, [(expected == Verdict::Violated).then_some(4); 2]);
        }
    }
    // Where it matters what is on its way, everything is delivered.
    let ends = system([1, 1]).deadlock_free();
    let [full, ordered] = [Reductions::NONE, order]
        .map(|reductions| check(&ends, &Options { reductions, ..Options::default() }));
    assert!(ordered.states > 3, "{} of {}", ordered.states, full.states);
    assert_eq!((full.verdict, full.monitor_states), (ordered.verdict, ordered.monitor_states));
}

/// Nobody says what another does not.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Agreement {
    said: BTreeMap<NodeId, u32>,
}

impl Monitor<Adding> for Agreement {
    fn safety(&self) -> Vec<&'static str> {
        vec!["all say the same"]
    }

    fn observe(&mut self, node: NodeId, what: &Observation<Adding>) -> Result<(), Violation> {
        let Observation::Indication(what) = what else { return Ok(()) };
        if let Some((other, said)) = self.said.iter().find(|(_, said)| *said != what) {
            let why = format!("{node} says {what}, and {other} says {said}");
            return Err(Violation::new(self.safety()[0], why));
        }
        self.said.insert(node, *what);
        Ok(())
    }
}
