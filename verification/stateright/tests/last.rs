//! Deliveries that come last change nothing: in random systems of actors that tell each other things, and ask each other to do something.
//!
//! In `random.rs` nearly every message makes its receiver do something, so hardly any delivery comes last there.

mod support;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use proptest::{prelude::*, sample::select};
use support::alike::{alike, config, counts, resumed};
use synod_actor::{Actor, Cx, Event, NodeId, Nothing, Port, Visit, Visitor};
use synod_checker::{Crashes, Disk, Environment, Limit, Links, Options, Order, Reductions, System, Timers};
use synod_properties::{Monitor, Observation, Violation};

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Bytes;
impl Port for Bytes {
    type Request = u8;
    type Indication = u8;
}

/// Something to do, or something to know.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Msg {
    Do(u8),
    Know(u8),
}

/// Acts by a hash of its program, its state and what it is asked; and counts what it hears, of which it says something now and then. By
/// its program, what it hears may matter to what it does.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Listener {
    program: u64,
    state: u8,
    heard: [u8; 2],
    fuel: u8,
}

fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

impl Listener {
    /// Whether the program has this trait, of which one in so many have one.
    fn has(&self, which: u64, one_in: u64) -> bool {
        mix(self.program ^ which).is_multiple_of(one_in)
    }

    fn act(&mut self, event: u64, from: Option<NodeId>, cx: &mut Cx<'_, Self>) {
        let heard = if self.has(1, 4) { u64::from(self.heard[0]) } else { 0 };
        let mut dice = mix(self.program ^ mix(event ^ mix(u64::from(self.state) << 8 | heard)));
        let mut roll = |sides: u64| {
            dice = mix(dice.wrapping_add(0x9E37_79B9_7F4A_7C15));
            dice % sides
        };
        self.state = roll(3) as u8;
        for _ in 0..1 + roll(3) {
            let to = match from {
                Some(from) if roll(2) == 0 => vec![from],
                _ => cx.group().to_vec(),
            };
            let msg = match roll(3) {
                0 => Msg::Do(roll(2) as u8),
                _ => Msg::Know(roll(2) as u8),
            };
            match roll(8) {
                0..=4 if self.fuel > 0 => {
                    self.fuel -= 1;
                    to.into_iter().for_each(|to| cx.send(to, msg.clone()));
                }
                5 if self.has(2, 2) => cx.indicate(roll(2) as u8),
                6 => cx.set(roll(2) as u8, Duration::ZERO..Duration::from_secs(1)),
                7 if roll(2) == 0 => cx.mark("acts"),
                7 if self.has(8, 8) && roll(4) == 0 => std::panic::panic_any("as the program says"),
                _ => {}
            }
        }
    }

    fn hear(&mut self, what: u8, cx: &mut Cx<'_, Self>) {
        let heard = &mut self.heard[usize::from(what)];
        *heard = (*heard + 1).min(3);
        let state = if self.has(3, 4) { u64::from(self.state) } else { 0 };
        let seen = u64::from(self.heard[0]) << 4 | u64::from(self.heard[1]);
        match mix(self.program ^ mix(seen << 8 | state) ^ 7) % 12 {
            0..=2 => cx.indicate((seen % 2) as u8),
            3 => cx.mark("hears"),
            4 if self.has(4, 4) => cx.send(cx.me(), Msg::Do(0)),
            5 if self.has(5, 4) => self.state = 0,
            6 if self.has(6, 4) => cx.cancel(0),
            7 if self.has(7, 8) => self.persist(what, cx),
            _ => {}
        }
    }
}

impl Actor for Listener {
    type Provides = Bytes;
    type Uses = Nothing;
    type Msg = Msg;
    type Timer = u8;
    type Record = u8;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => self.act(1, None, cx),
            Event::Request(request) => self.act(100 + u64::from(request), None, cx),
            Event::Receive(from, Msg::Do(what)) => self.act(200 + u64::from(what), Some(from), cx),
            Event::Receive(_, Msg::Know(what)) => self.hear(what, cx),
            Event::Timeout(timer) => self.act(300 + u64::from(timer), None, cx),
            Event::Indication(never) => match never {},
        }
    }

    fn marks() -> Vec<&'static str> {
        vec!["acts", "hears"]
    }

    fn replay(&mut self, record: u8) {
        self.state = record;
    }
}

impl Visit for Listener {
    fn visit(&mut self, _: &mut dyn Visitor) {}
}

impl Visit for Msg {
    fn visit(&mut self, _: &mut dyn Visitor) {}
}

/// What was said, and perhaps in which order.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Chronicle {
    said: BTreeSet<(NodeId, u8)>,
    asked: u8,
    /// What was said last, if that is kept.
    newest: Option<u8>,
}

impl Monitor<Bytes> for Chronicle {
    fn safety(&self) -> Vec<&'static str> {
        vec!["nobody says 1 after 0", "nobody says 1 before two requests", "few say anything"]
    }

    fn observe(&mut self, node: NodeId, what: &Observation<Bytes>) -> Result<(), Violation> {
        let names = self.safety();
        let violation = |at: usize, why: String| Err(Violation::new(names[at], why));
        match *what {
            Observation::Request(_) => self.asked += 1,
            Observation::Indication(1) if self.said.contains(&(node, 0)) => {
                return violation(0, format!("{node} did"));
            }
            Observation::Indication(1) if self.asked < 2 => return violation(1, "one did".into()),
            Observation::Indication(value) => {
                self.said.insert((node, value));
                self.newest = self.newest.map(|_| value);
                if self.said.len() > 4 {
                    return violation(2, "five did".into());
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl Visit for Chronicle {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        self.said.visit(visitor);
    }
}

fn environment() -> impl Strategy<Value = Environment> {
    let links = (select(vec![Limit::Never, Limit::Unbounded]), any::<bool>()).prop_map(|(loss, loopback)| {
        Links { order: Order::Unordered, loss, duplicates: Limit::Never, copies: None, loopback }
    });
    let timers =
        select(vec![Limit::Never, Limit::Budget(1), Limit::Unbounded]).prop_map(Timers::Asynchronous);
    let crashes = (0..8_u8).prop_map(|crashes| Crashes {
        stop: u8::from(crashes == 0),
        recover: u8::from(crashes == 1),
        only: (crashes % 2 == 0).then(|| vec![NodeId(0)]),
    });
    let disk = select(vec![Disk::Synchronous, Disk::Delayed]);
    (links, timers, crashes, disk).prop_map(|(links, timers, crashes, disk)| Environment {
        links,
        disk,
        timers,
        crashes,
        ..Environment::default()
    })
}

fn system(
    program: u64,
    environment: Environment,
    (nodes, fuel): (usize, u8),
    in_order: bool,
) -> System<Listener, Chronicle> {
    let group = NodeId::group(nodes);
    let node = Listener { program, state: 0, heard: [0; 2], fuel };
    let monitor = Chronicle { said: BTreeSet::new(), asked: 0, newest: in_order.then_some(2) };
    let system = System::new(vec![node; nodes], monitor)
        .environment(environment)
        .request(group[0], 0)
        .request_one_of(group[0], vec![0, 1]);
    if nodes > 2 { system.symmetric(&group[1..]) } else { system }
}

const ORDER: Reductions = Reductions { order: true, ..Reductions::NONE };

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_comes_last_changes_nothing(
        program: u64,
        environment in environment(),
        size in (1..4_usize, 1..4_u8),
        in_order: bool,
    ) {
        let system = Arc::new(system(program, environment, size, in_order));
        let by = |reductions, threads, exhaustive| {
            let options =
                Options { threads, exhaustive, states: Some(20_000), reductions, ..Options::default() };
            synod_checker::check(&system, &options)
        };
        let replays = |trace: &_| synod_stateright::replays(&system, trace);
        alike(&replays, &by, (Reductions::NONE, &[ORDER, Reductions { dead: true, ..ORDER }]))?;
        // Where nodes are renamed states of the monitor are, too.
        let renamed = Reductions { symmetry: true, ..Reductions::NONE };
        alike(&replays, &by, (renamed, &[Reductions { symmetry: true, ..ORDER }, Reductions::ALL]))?;
    }

    /// The same after a stop anywhere.
    #[test]
    fn what_is_resumed_ends_alike(
        program: u64,
        environment in environment(),
        size in (1..4_usize, 1..4_u8),
        (in_order, exhaustive) in any::<(bool, bool)>(),
        (stopped_after, threads) in (0.0..1.2_f64, 1..4_usize),
    ) {
        let system = system(program, environment, size, in_order);
        let options = |threads| {
            Options { threads, exhaustive, states: Some(20_000), reductions: Reductions::ALL, ..Options::default() }
        };
        let whole = synod_checker::check(&system, &options(1));
        prop_assume!(whole.states < 20_000);
        let memory = ((whole.store_bytes + whole.component_bytes) as f64 * stopped_after) as u64;
        let limits = Options { memory: Some(memory), ..options(threads) };
        let Some(resumed) = resumed(&system, limits, options(threads), false)? else { return Ok(()) };
        prop_assert_eq!(counts(&resumed), counts(&whole));
        prop_assert_eq!(resumed.properties, whole.properties);
    }
}

/// There is something to gain in these systems: else the tests above would show nothing.
#[test]
fn some_deliveries_come_last() {
    let environment =
        Environment { links: Links { loopback: true, ..Links::default() }, ..Environment::default() };
    let states = |program, reductions| {
        let system = system(program, environment.clone(), (2, 2), false);
        let options = Options { states: Some(20_000), reductions, ..Options::default() };
        let report = synod_checker::check(&system, &options);
        report.incomplete.is_none().then_some(report.states)
    };
    let programs = (0..200).filter(|&program| {
        let full = states(program, Reductions::USUAL);
        full.is_some_and(|full| states(program, Reductions::ALL).is_some_and(|last| 2 * last <= full))
    });
    let halved = programs.count();
    assert!(halved >= 20, "{halved} of 200");
}
