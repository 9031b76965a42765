//! Liveness and possibility against the definitions, on random graphs.
//!
//! The system is one node whose actor walks a random graph: each armed timer is an edge, some of which lead to one of two
//! places. The oracle knows nothing of components: it looks for a way round by brute force, along which every timer that is
//! armed all the way fires.

use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

use proptest::prelude::*;
use synod_actor::{Actor, Cx, Event, Never, NodeId, Nothing, Port};
use synod_checker::{Environment, Limit, Options, System, Verdict, check};
use synod_properties::{Monitor, Observation, Violation};

const PLACES: usize = 6;
const TIMERS: usize = 3;

/// For each place and timer: where it leads if it fires (one of two), and whether it is armed on arrival.
type Graph = Vec<[(bool, usize, usize); TIMERS]>;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Place;
impl Port for Place {
    type Request = Never;
    type Indication = usize;
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Walker {
    graph: Graph,
    place: usize,
}

impl Walker {
    fn arrive(&mut self, place: usize, cx: &mut Cx<'_, Self>) {
        self.place = place;
        for (timer, (armed, ..)) in self.graph[place].iter().enumerate() {
            if *armed {
                cx.set(timer, Duration::ZERO..Duration::from_secs(1));
            } else {
                cx.cancel(timer);
            }
        }
        cx.indicate(place);
    }
}

impl Actor for Walker {
    type Provides = Place;
    type Uses = Nothing;
    type Msg = Never;
    type Timer = usize;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => self.arrive(0, cx),
            Event::Timeout(timer) => {
                cx.mark("went");
                let (_, one, other) = self.graph[self.place][timer];
                let place = if one != other && cx.choose(2) == 1 { other } else { one };
                self.arrive(place, cx);
            }
            Event::Request(never) => match never {},
            Event::Receive(_, never) => match never {},
            Event::Indication(never) => match never {},
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }

    fn marks() -> Vec<&'static str> {
        vec!["went"]
    }
}

/// Waits to be elsewhere than in these places.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Elsewhere {
    waiting: Vec<bool>,
    place: usize,
}

impl Monitor<Place> for Elsewhere {
    fn safety(&self) -> Vec<&'static str> {
        vec![]
    }
    fn liveness(&self) -> Vec<&'static str> {
        vec!["elsewhere"]
    }
    fn observe(&mut self, _: NodeId, what: &Observation<Place>) -> Result<(), Violation> {
        if let Observation::Indication(place) = what {
            self.place = *place;
        }
        Ok(())
    }
    fn owes(&self, _: &str) -> bool {
        self.waiting[self.place]
    }
}

fn steps(graph: &Graph, place: usize) -> impl Iterator<Item = (usize, usize)> {
    let edges = graph[place].iter().enumerate().filter(|(_, (armed, ..))| *armed);
    edges.flat_map(|(timer, &(_, one, other))| [(timer, one), (timer, other)])
}

fn reachable(graph: &Graph, from: usize) -> BTreeSet<usize> {
    let (mut seen, mut queue) = (BTreeSet::from([from]), vec![from]);
    while let Some(place) = queue.pop() {
        queue.extend(steps(graph, place).map(|(_, to)| to).filter(|&to| seen.insert(to)));
    }
    seen
}

fn armed(graph: &Graph, place: usize) -> u8 {
    (0..TIMERS).filter(|&timer| graph[place][timer].0).map(|timer| 1 << timer).sum()
}

/// Whether a fair run can stay in waiting places for ever: end in one where nothing is armed, or go round. Going round is a
/// walk in the product with the timers that were armed all the way since the start and have not fired.
fn can_wait_for_ever(graph: &Graph, waiting: &[bool]) -> bool {
    reachable(graph, 0).into_iter().filter(|&place| waiting[place]).any(|start| {
        if armed(graph, start) == 0 {
            return true;
        }
        let first = (start, armed(graph, start));
        let (mut seen, mut queue) = (BTreeSet::new(), VecDeque::from([first]));
        while let Some((place, neglected)) = queue.pop_front() {
            for (timer, to) in steps(graph, place).filter(|&(_, to)| waiting[to]) {
                let left = neglected & armed(graph, to) & !(1 << timer);
                if to == start && left == 0 {
                    return true;
                }
                if seen.insert((to, left)) {
                    queue.push_back((to, left));
                }
            }
        }
        false
    })
}

fn graphs() -> impl Strategy<Value = Graph> {
    prop::collection::vec(prop::array::uniform3((prop::bool::weighted(0.6), 0..PLACES, 0..PLACES)), PLACES)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn liveness_is_what_its_definition_says(graph in graphs(), waiting in prop::collection::vec(any::<bool>(), PLACES)) {
        let monitor = Elsewhere { waiting: waiting.clone(), place: 0 };
        let system = System::new(vec![Walker { graph: graph.clone(), place: 0 }], monitor)
            .environment(Environment::default().timeouts(Limit::Unbounded))
            .terminates();
        let report = check(&system, &Options { threads: 1, ..Options::default() });
        prop_assert_eq!(report.verdict == Verdict::Violated, can_wait_for_ever(&graph, &waiting), "{:?}", report);

        // The counterexample is what it claims to be.
        let Some(property) = report.violated() else { return Ok(()) };
        let trace = property.counterexample.as_ref().expect("a violation is shown");
        let repeats = trace.repeats_from.expect("a lasso");
        let mut places = vec![0];
        for step in &trace.steps {
            let at = *places.last().expect("there is a start");
            let synod_checker::Cause::Timeout(timer) = &step.cause else { panic!("{trace}") };
            let (is_armed, one, other) = graph[at][timer.parse::<usize>().expect("a number")];
            prop_assert!(is_armed);
            places.push(if step.choices == [1] { other } else { one });
        }
        prop_assert!(places[repeats..].iter().all(|&place| waiting[place]), "{}", trace);
        if repeats == trace.steps.len() {
            prop_assert_eq!(armed(&graph, places[repeats]), 0);
        } else {
            prop_assert_eq!(places[repeats], *places.last().expect("an end"), "it comes back");
            let always = places[repeats..].iter().fold(u8::MAX, |all, &place| all & armed(&graph, place));
            for timer in (0..TIMERS).filter(|timer| always & (1 << timer) != 0) {
                let fires = synod_checker::Cause::Timeout(timer.to_string());
                prop_assert!(trace.steps[repeats..].iter().any(|step| step.cause == fires), "{}", trace);
            }
        }
    }

    #[test]
    fn possibility_is_what_its_definition_says(graph in graphs(), goals in prop::collection::vec(any::<bool>(), PLACES)) {
        let wanted = goals.clone();
        let system = System::new(vec![Walker { graph: graph.clone(), place: 0 }], ())
            .environment(Environment::default().timeouts(Limit::Unbounded))
            .always_possible("a goal", move |nodes, ()| wanted[nodes[0].live.place]);
        let report = check(&system, &Options { threads: 1, ..Options::default() });
        let lost = reachable(&graph, 0)
            .into_iter()
            .any(|place| reachable(&graph, place).into_iter().all(|place| !goals[place]));
        prop_assert_eq!(report.verdict == Verdict::Violated, lost);
    }
}

/// The classic mistake: a property that was met on one way to a state is not met on the other way to it.
#[test]
fn what_was_met_on_another_way_is_still_owed() {
    // 0 goes to 1 or to 2; both go to 3, which goes round to 0. Only 2 is elsewhere.
    let edge = |to| [(true, to, to), (false, 0, 0), (false, 0, 0)];
    let fork = [(true, 1, 2), (false, 0, 0), (false, 0, 0)];
    let graph: Graph = vec![fork, edge(3), edge(3), edge(0), edge(0), edge(0)];
    let monitor = Elsewhere { waiting: vec![true, true, false, true, true, true], place: 0 };
    let system = System::new(vec![Walker { graph, place: 0 }], monitor)
        .environment(Environment::default().timeouts(Limit::Unbounded))
        .terminates();
    let report = check(&system, &Options::default());
    assert_eq!(report.verdict, Verdict::Violated, "0, 1, 3, 0, 1, 3, ... never is elsewhere");
}

/// With a budget of timeouts every run ends; that it ends there is no one's fault, and nothing is concluded.
#[test]
fn a_budget_that_ends_a_run_decides_nothing() {
    let round = |to| [(true, to, to), (false, 0, 0), (false, 0, 0)];
    let graph: Graph = vec![round(1), round(0), round(0), round(0), round(0), round(0)];
    let system = |limit, waiting: [bool; PLACES]| {
        let monitor = Elsewhere { waiting: waiting.to_vec(), place: 0 };
        System::new(vec![Walker { graph: graph.clone(), place: 0 }], monitor)
            .environment(Environment::default().timeouts(limit))
            .terminates()
    };
    let waits_at_0 = [true, false, false, false, false, false];
    let cut = check(&system(Limit::Budget(2), waits_at_0), &Options::default());
    assert_eq!(cut.verdict, Verdict::Incomplete);
    assert!(cut.incomplete.expect("a reason").contains("budget of timeouts"));
    assert_eq!(check(&system(Limit::Unbounded, waits_at_0), &Options::default()).verdict, Verdict::Holds);
}

/// A step that a node could take, but that nothing pays for, reaches no mark.
#[test]
fn only_steps_that_are_taken_reach_marks() {
    let graph: Graph = vec![[(true, 0, 0), (false, 0, 0), (false, 0, 0)]; PLACES];
    let marks = |timeouts| {
        let monitor = Elsewhere { waiting: vec![false; PLACES], place: 0 };
        let system = System::new(vec![Walker { graph: graph.clone(), place: 0 }], monitor)
            .environment(Environment::default().timeouts(Limit::Budget(timeouts)));
        let report = check(&system, &Options::default());
        (report.marks, report.unreached)
    };
    assert_eq!(marks(1), (vec!["went"], vec![]));
    assert_eq!(marks(0), (vec![], vec!["went"]));
}
