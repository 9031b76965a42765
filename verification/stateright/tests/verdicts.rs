//! Choices, violations, faults, and searches that are cut short.

mod support;

use std::{sync::Arc, time::Duration};

use support::{Numbers, Puppet, Script, count, explore, puppets, watched};
use synod_actor::{Cx, Event, NodeId};
use synod_checker::{Environment, Limit, TOTAL};
use synod_properties::{Monitor, Observation, Violation};
use synod_stateright::{Settings, check};

const N0: NodeId = NodeId(0);

/// Chooses one of three at the start and at each request, and notes half of it; notes the clock for request 9.
struct Chooser;
impl Script for Chooser {
    fn on(puppet: &mut Puppet, event: Event<Puppet>, cx: &mut Cx<'_, Puppet>) {
        match event {
            Event::Start | Event::Request(0) => puppet.heard.push(cx.choose(3) as u8 / 2),
            Event::Request(_) => puppet.heard.push(cx.now().as_secs() as u8),
            _ => {}
        }
    }
}

#[test]
fn every_choice_is_a_step() {
    // Initially [0] or [1], the former in two ways. The starts of two nodes are independent.
    assert_eq!(count(puppets::<Chooser>(1)), (2, 0, 0));
    assert_eq!(count(puppets::<Chooser>(2)), (4, 0, 0));
    // From each of the two, three steps to two states.
    assert_eq!(count(puppets::<Chooser>(1).request(N0, 0)), (2 + 4, 6, 1));
}

#[test]
fn every_reading_of_the_clock_is_a_step() {
    let clock = [1, 2, 3, 3].map(Duration::from_secs).to_vec();
    let environment = Environment { clock, ..Environment::default() };
    // From each of the two initial states, four steps to three states.
    assert_eq!(count(puppets::<Chooser>(1).request(N0, 9).environment(environment)), (2 + 6, 8, 1));
}

/// Answers what it was asked. Panics if asked 13 and unlucky; sends into the void if asked 14; knocks itself out, if
/// asked 15, when it restarts.
struct Echo;
impl Script for Echo {
    fn on(puppet: &mut Puppet, event: Event<Puppet>, cx: &mut Cx<'_, Puppet>) {
        match event {
            Event::Start => assert!(puppet.kept.is_empty(), "was asked 15"),
            Event::Request(13) => assert!(cx.choose(2) == 0, "bad luck"),
            Event::Request(14) => cx.send(NodeId(9), 14),
            Event::Request(15) => synod_actor::Actor::persist(puppet, 15, cx),
            Event::Request(number) => cx.indicate(number),
            _ => {}
        }
    }
}

/// Says that nobody is told 2.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct NoTwo;
impl Monitor<Numbers> for NoTwo {
    fn safety(&self) -> Vec<&'static str> {
        vec!["no two"]
    }
    fn observe(&mut self, node: NodeId, what: &Observation<Numbers>) -> Result<(), Violation> {
        match what {
            Observation::Indication(2) => Err(Violation::new("no two", format!("{node} was told 2"))),
            _ => Ok(()),
        }
    }
}

#[test]
fn a_violated_monitor() {
    let system = || watched::<Echo, _>(1, NoTwo).request(N0, 1).request(N0, 2);
    // Pending 1 and 2 -> pending 2 -> violated
    //                 -> violated, and so not explored further, with 1 pending
    let opinion = explore(system());
    assert_eq!((opinion.states, opinion.transitions, opinion.depth), (4, 3, 2));
    assert_eq!(opinion.violated, ["no two"]);
    assert!(opinion.complete);

    let settings = Settings { exhaustive: false, ..Settings::default() };
    assert_eq!(check(&Arc::new(system()), &settings).violated, ["no two"]);
    assert!(explore(watched::<Echo, _>(1, NoTwo).request(N0, 1)).violated.is_empty());
}

#[test]
fn violated_invariants() {
    let system = puppets::<Chooser>(1).request(N0, 0).request(N0, 0);
    let system = system.invariant("no zero after a one", |nodes| !nodes[0].live.heard.ends_with(&[1, 0]));
    let system = system.invariant("no one after a zero", |nodes| !nodes[0].live.heard.ends_with(&[0, 1]));
    let opinion = explore(system.invariant("always up", |nodes| nodes[0].up));
    // [0], [1] -> [0,0] -> [0,0,0] and, violated, [0,0,1]; [0,1], violated. Three steps from each of [0], [1], [0,0], [1,1].
    assert_eq!((opinion.states, opinion.transitions, opinion.depth), (2 + 4 + 4, 4 * 3, 2));
    assert_eq!(opinion.violated, ["no one after a zero", "no zero after a one"]);
    assert!(opinion.complete);
}

#[test]
fn a_panic() {
    // Pending -> lucky, done
    //         -> unlucky, faulty
    let opinion = explore(puppets::<Echo>(1).request(N0, 13));
    assert_eq!((opinion.states, opinion.transitions, opinion.depth), (3, 2, 1));
    assert_eq!(opinion.violated, [TOTAL]);
    assert!(opinion.complete);
}

#[test]
fn a_panic_while_restarting() {
    // a: pending -> b: written; and a crash and a restart of each: a', b' without a crash left; a" goes on -> b", b' panics.
    let crashing = Environment::default().crash_recovery(1);
    let opinion = explore(puppets::<Echo>(1).request(N0, 15).environment(crashing));
    assert_eq!((opinion.states, opinion.transitions, opinion.depth), (2 + 2 + 2 + 1, 1 + 2 + 2 + 1, 3));
    assert_eq!(opinion.violated, [TOTAL]);
}

#[test]
fn a_message_to_nobody() {
    let opinion = explore(puppets::<Echo>(1).request(N0, 14).request(N0, 1));
    // Both pending -> 14 pending -> faulty
    //              -> faulty
    assert_eq!((opinion.states, opinion.transitions, opinion.depth), (4, 3, 2));
    assert_eq!(opinion.violated, [TOTAL]);
}

/// Indicates when it starts, and whatever happens; sends 1 to the next node when it starts, and sets a timer.
struct Talker;
impl Script for Talker {
    fn on(_: &mut Puppet, event: Event<Puppet>, cx: &mut Cx<'_, Puppet>) {
        match event {
            Event::Start => {
                cx.set(1, Duration::ZERO..Duration::from_secs(1));
                if cx.me() == N0 && cx.group().len() == 2 {
                    cx.send(NodeId(1), 1);
                }
                cx.indicate(1);
            }
            Event::Request(number) => cx.indicate(number),
            Event::Receive(..) => {}
            Event::Timeout(_) => cx.indicate(3),
            Event::Indication(never) => match never {},
        }
    }
}

/// Says what is observed, where, and in which order.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Order(Vec<(u16, Observation<Numbers>)>);
impl Monitor<Numbers> for Order {
    fn safety(&self) -> Vec<&'static str> {
        vec!["as expected"]
    }
    fn observe(&mut self, node: NodeId, what: &Observation<Numbers>) -> Result<(), Violation> {
        if !self.0.is_empty() && self.0.remove(0) == (node.0, what.clone()) {
            Ok(())
        } else {
            Err(Violation::new("as expected", format!("{what:?}")))
        }
    }
}

#[test]
fn what_happens_is_observed_before_what_comes_of_it() {
    // Each of these systems has one run only, as far as observations go.
    let ordered = |nodes, environment, expected: &[(u16, Observation<Numbers>)]| {
        let system = watched::<Talker, _>(nodes, Order(expected.to_vec()));
        explore(system.environment(environment)).violated.is_empty()
    };
    let told = |node, number| (node, Observation::Indication(number));
    use Observation::{Crash, Loss, Restart, Timeout};

    let once = Environment::default().timeouts(Limit::Budget(1));
    assert!(ordered(1, once.clone(), &[told(0, 1), (0, Timeout), told(0, 3)]));
    assert!(!ordered(1, once, &[told(0, 1), told(0, 3), (0, Timeout)]));

    let crashing = Environment::default().crash_recovery(1);
    assert!(ordered(1, crashing.clone(), &[told(0, 1), (0, Crash), (0, Restart), told(0, 1)]));
    assert!(!ordered(1, crashing, &[told(0, 1), (0, Crash), told(0, 1), (0, Restart)]));
    assert!(ordered(1, Environment::default().crash_stop(1), &[told(0, 1), (0, Crash)]));

    let lossy = Environment::default().lossy(Limit::Budget(1));
    assert!(ordered(2, lossy.clone(), &[told(0, 1), told(1, 1), (1, Loss)]));
    assert!(!ordered(2, lossy, &[told(0, 1), told(1, 1), (0, Loss)]));

    let asked = |expected: &[_]| {
        explore(watched::<Talker, _>(1, Order(expected.to_vec())).request(N0, 7)).violated.is_empty()
    };
    assert!(asked(&[told(0, 1), (0, Observation::Request(7)), told(0, 7)]));
    assert!(!asked(&[told(0, 1), told(0, 7), (0, Observation::Request(7))]));
}

#[test]
fn nothing_is_observed_after_a_violation() {
    // n0's indication at its start is not expected. Both nodes start all the same, and nothing happens after that.
    let opinion = explore(watched::<Talker, _>(2, Order(vec![])).request(N0, 7));
    assert_eq!((opinion.states, opinion.transitions, opinion.depth), (1, 0, 0));
    assert_eq!(opinion.violated, ["as expected"]);
}

/// Notes timeouts for ever.
struct Endless;
impl Script for Endless {
    fn on(puppet: &mut Puppet, event: Event<Puppet>, cx: &mut Cx<'_, Puppet>) {
        if let Event::Timeout(timer) = event {
            puppet.heard.push(timer);
        }
        cx.set(1, Duration::ZERO..Duration::from_secs(1));
    }
}

#[test]
fn a_bound_cuts_the_search() {
    let endless = || puppets::<Endless>(1).environment(Environment::default().timeouts(Limit::Unbounded));
    let opinion = explore(endless().bound("short", |_, puppet| puppet.heard.len() < 3));
    // Heard 0, 1, 2, 3, of which the last is outside, and counts.
    assert_eq!((opinion.states, opinion.transitions, opinion.depth), (4, 3, 3));
    assert!(opinion.violated.is_empty());
    assert!(!opinion.complete);
    // The state outside is checked.
    let bounded = endless().bound("short", |_, puppet| puppet.heard.len() < 3);
    let opinion = explore(bounded.invariant("very short", |nodes| nodes[0].live.heard.len() < 3));
    assert_eq!(opinion.violated, ["very short"]);
}

#[test]
fn a_limit_cuts_the_search() {
    let endless = puppets::<Endless>(3).environment(Environment::default().timeouts(Limit::Unbounded));
    let opinion = check(&Arc::new(endless), &Settings { states: Some(1000), ..Settings::default() });
    assert!(opinion.states >= 1000);
    assert!(!opinion.complete);
}

#[test]
fn counts_do_not_depend_on_threads() {
    let system = puppets::<Endless>(3).environment(Environment::default().timeouts(Limit::Budget(20)));
    let system = Arc::new(system);
    let [one, two] = [1, 2].map(|threads| check(&system, &Settings { threads, ..Settings::default() }));
    // A state is how many timers fired at each of three nodes, at most 20 in all: 23 over 3. Three steps from each but
    // those with 20 in all, 22 over 2 of them.
    assert_eq!((one.states, one.transitions, one.depth), (1771, 3 * (1771 - 231), 20));
    assert_eq!((two.states, two.transitions), (one.states, one.transitions));
}
