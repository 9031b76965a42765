//! Two implementations of the same semantics on systems that nobody thought of: random actors in random environments.

mod support;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use proptest::{prelude::*, sample::select};
use support::alike::{alike, config, counts, resumed};
use synod_actor::{Actor, Cx, Event, NodeId, Nothing, Port, Visit, Visitor};
use synod_checker::{
    Crashes, Disk, Environment, Kind, Limit, Links, NodeView, Options, Order, Reductions, Report, System,
    Timers, Trace, Verdict, find,
};
use synod_properties::{Monitor, Observation, Violation};
use synod_stateright::Settings;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Bytes;
impl Port for Bytes {
    type Request = u8;
    type Indication = u8;
}

/// What an automaton does follows from a hash of its program, its state and the event: no politeness, no plan. Fuel, of which
/// each message, timer and write takes some, makes runs end.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Automaton {
    program: u64,
    state: u8,
    kept: u8,
    fuel: u8,
    /// Messages take no fuel.
    endless: bool,
    /// It ignores many messages, the more the further it is, and its state only grows: like a protocol.
    polite: bool,
    epoch: u64,
}

/// The epochs go up with every message that carries a higher one.
type Msg = (u8, u64);

fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

impl Actor for Automaton {
    type Provides = Bytes;
    type Uses = Nothing;
    type Msg = Msg;
    type Timer = u8;
    type Record = u8;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        let event = match event {
            Event::Start => 1,
            Event::Request(r) => 100 + u64::from(r),
            Event::Receive(from, (m, epoch)) => {
                let higher = epoch > self.epoch;
                self.epoch = self.epoch.max(epoch);
                200 + u64::from(from.0) * 10 + u64::from(m) * 2 + u64::from(higher)
            }
            Event::Timeout(t) => 300 + u64::from(t),
            Event::Indication(never) => match never {},
        };
        let me = u64::from(cx.me().0);
        let kept = if self.polite { 0 } else { u64::from(self.kept) };
        let mut dice = mix(self.program ^ mix(event ^ mix(u64::from(self.state) << 8 | kept << 4 | me)));
        let mut roll = |sides: u64| {
            dice = mix(dice.wrapping_add(0x9E37_79B9_7F4A_7C15));
            dice % sides
        };
        let is_message = (200..300).contains(&event);
        if self.polite && is_message && roll(4) <= 1 + u64::from(self.state) {
            if roll(8) == 0 {
                cx.mark("four");
            }
            return;
        }
        let next = roll(3) as u8;
        self.state = if self.polite { self.state.max(next) } else { next };
        for _ in 0..roll(4) {
            let spend = self.fuel > 0;
            match roll(9) {
                0 | 1 if spend => self.persist(roll(2) as u8, cx),
                2..=4 if spend || self.endless => {
                    let to = NodeId(roll(cx.group().len() as u64) as u16);
                    cx.send(to, (roll(2) as u8, self.epoch));
                }
                5 if spend => cx.set(roll(2) as u8, Duration::ZERO..Duration::from_secs(1)),
                6 => cx.cancel(roll(2) as u8),
                7 => cx.indicate(roll(2) as u8),
                8 if roll(3) == 0 => self.state = self.state.max(cx.choose(3) as u8),
                8 if roll(3) == 0 => self.state = (cx.now().as_secs() % 3) as u8,
                8 if roll(4) == 0 => self.epoch += 1,
                8 if roll(3) == 0 => cx.mark(["one", "two", "three"][roll(3) as usize]),
                8 if roll(40) == 0 => std::panic::panic_any("as the program says"),
                _ => continue,
            }
            self.fuel = self.fuel.saturating_sub(u8::from(spend));
        }
    }

    fn marks() -> Vec<&'static str> {
        vec!["one", "two", "three", "four"]
    }

    fn replay(&mut self, record: u8) {
        self.kept = (self.kept * 2 + record + 1) % 3;
    }
}

impl Visit for Automaton {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        visitor.epoch(&mut self.epoch);
    }
}

/// Epochs stand in the second place of a message.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Watcher {
    told: BTreeSet<(NodeId, u8)>,
    faults: u8,
}

impl Monitor<Bytes> for Watcher {
    fn safety(&self) -> Vec<&'static str> {
        vec!["nobody says 1 after 0 at the same node", "few faults"]
    }

    fn liveness(&self) -> Vec<&'static str> {
        vec!["someone says 1 at last", "node 0 says something at last"]
    }

    fn owes(&self, name: &str) -> bool {
        if name == self.liveness()[0] {
            !self.told.iter().any(|(_, value)| *value == 1)
        } else {
            !self.told.iter().any(|(node, _)| *node == NodeId(0))
        }
    }

    fn observe(&mut self, node: NodeId, what: &Observation<Bytes>) -> Result<(), Violation> {
        match what {
            Observation::Indication(1) if self.told.contains(&(node, 0)) => {
                return Err(Violation::new(self.safety()[0], format!("{node} did")));
            }
            Observation::Indication(value) => _ = self.told.insert((node, *value)),
            Observation::Request(_) => {}
            Observation::Crash | Observation::Restart | Observation::Timeout | Observation::Loss => {
                self.faults += 1;
                if self.faults > 4 {
                    return Err(Violation::new(self.safety()[1], "five faults"));
                }
            }
        }
        Ok(())
    }
}

fn limit() -> impl Strategy<Value = Limit> {
    select(vec![Limit::Never, Limit::Never, Limit::Budget(1), Limit::Unbounded])
}

fn environment() -> impl Strategy<Value = Environment> {
    let copies = select(vec![None, Some(1), Some(2)]);
    let links = (select(vec![Order::Unordered, Order::Fifo]), limit(), limit(), copies, any::<bool>());
    let links = links.prop_map(|(order, loss, duplicates, copies, loopback)| {
        let duplicates = match (order, duplicates) {
            (Order::Fifo, Limit::Unbounded) => Limit::Budget(2),
            (_, other) => other,
        };
        Links { order, loss, duplicates, copies: copies.filter(|_| order == Order::Unordered), loopback }
    });
    let timers = prop_oneof![Just(Timers::Synchronous), limit().prop_map(Timers::Asynchronous),];
    let crashes = (0..2_u8, 0..3_u8, any::<bool>()).prop_map(|(stop, recover, all)| Crashes {
        stop,
        recover,
        only: (!all).then(|| vec![NodeId(0)]),
    });
    let disk = select(vec![Disk::Synchronous, Disk::Delayed]);
    let clock = select(vec![vec![0], vec![0, 1]]);
    (links, timers, crashes, disk, clock).prop_map(|(links, timers, crashes, disk, clock)| Environment {
        links,
        disk,
        timers,
        crashes,
        clock: clock.into_iter().map(Duration::from_secs).collect(),
    })
}

#[derive(Clone, Copy, Debug)]
struct Extras {
    nodes: usize,
    fuel: u8,
    deadlock_free: bool,
    invariant: bool,
    bound: bool,
    epochs: bool,
    terminates: bool,
    possible: bool,
    endless: bool,
    polite: bool,
}

fn extras() -> impl Strategy<Value = Extras> {
    (1..4_usize, 1..4_u8, any::<[bool; 8]>()).prop_map(
        |(nodes, fuel, [deadlock_free, invariant, bound, epochs, terminates, possible, endless, polite])| {
            Extras {
                nodes,
                fuel,
                deadlock_free,
                invariant,
                bound,
                epochs,
                terminates,
                possible,
                endless,
                polite,
            }
        },
    )
}

fn system(program: u64, environment: Environment, extras: Extras) -> System<Automaton, Watcher> {
    // Endless in time, but not in space.
    let endless = extras.endless && environment.links.copies.is_some() && !extras.epochs;
    let automaton =
        Automaton { program, state: 0, kept: 0, fuel: extras.fuel, endless, polite: extras.polite, epoch: 1 };
    let group = NodeId::group(extras.nodes);
    let mut system = System::new(vec![automaton; extras.nodes], Watcher { told: BTreeSet::new(), faults: 0 })
        .environment(environment)
        .request(group[0], 0)
        .request_one_of(group[extras.nodes - 1], vec![0, 1]);
    if extras.deadlock_free {
        system = system.deadlock_free();
    }
    if extras.invariant {
        system =
            system.invariant("not all in state 2", |nodes| !nodes.iter().all(|node| node.live.state == 2));
    }
    if extras.bound {
        system = system.bound("kept", |_, node| node.kept != 2);
    }
    if extras.terminates && system.environment.links.duplicates != Limit::Unbounded {
        system = system.terminates();
    }
    if extras.possible {
        system = system.always_possible("someone can say 0", |nodes, watcher: &Watcher| {
            watcher.told.iter().any(|(_, value)| *value == 0) || nodes.iter().all(|node| node.live.fuel == 0)
        });
    }
    if extras.epochs {
        system = system.translate_epochs();
    }
    system
}

proptest! {
    #![proptest_config(config())]

    /// The same states, steps and depth, and the same properties violated, with one thread and with three.
    #[test]
    fn both_count_the_same(program: u64, environment in environment(), extras in extras()) {
        const LIMIT: u64 = 30_000;
        let system = Arc::new(system(program, environment, extras));
        let ours = |threads| {
            let options =
                Options { threads, exhaustive: true, states: Some(LIMIT), reductions: Reductions::NONE, ..Options::default() };
            synod_checker::check(&system, &options)
        };
        let one = ours(1);
        prop_assume!(one.states < LIMIT); // more is not worth the time
        let settings = Settings { threads: 1, exhaustive: true, states: None };
        let theirs = synod_stateright::check(&system, &settings);
        prop_assert_eq!((one.states, one.transitions, one.depth), (theirs.states, theirs.transitions, theirs.depth));
        let mut violated: Vec<&str> = one
            .properties
            .iter()
            .filter(|property| property.verdict == Verdict::Violated && property.kind == Kind::Safety)
            .map(|property| property.name)
            .collect();
        violated.sort_unstable();
        prop_assert_eq!(violated, theirs.violated);

        let three = ours(3);
        prop_assert_eq!((three.states, three.transitions, three.depth), (one.states, one.transitions, one.depth));
        prop_assert_eq!(three.properties, one.properties);
        prop_assert_eq!(
            (three.node_states, three.monitor_states, three.messages, three.handler_calls, three.marks),
            (one.node_states, one.monitor_states, one.messages, one.handler_calls, one.marks)
        );
    }

    /// Whatever is left out changes nothing that can be seen.
    #[test]
    fn reductions_change_nothing(program: u64, environment in environment(), extras in extras()) {
        const LIMIT: u64 = 30_000;
        // Where nothing can be left out nothing can go wrong.
        let extras = Extras { epochs: false, polite: program % 8 != 0, ..extras };
        let system = Arc::new(system(program, environment, extras));
        let by = |reductions, threads, exhaustive| {
            let options = Options { threads, exhaustive, states: Some(LIMIT), reductions, ..Options::default() };
            synod_checker::check(&system, &options)
        };
        alike(&|trace| synod_stateright::replays(&system, trace), &by, (Reductions::NONE, &[Reductions::USUAL, Reductions::ALL]))?;
    }

    /// A search that was stopped wherever it was, and goes on in what could be another process, ends like one that was not.
    #[test]
    fn what_is_resumed_ends_alike(
        program: u64,
        environment in environment(),
        extras in extras(),
        exhaustive: bool,
        reductions in select(vec![Reductions::NONE, Reductions::USUAL, Reductions::ALL]),
        (stopped_after, threads) in (0.0..1.2_f64, 1..4_usize),
    ) {
        const LIMIT: u64 = 30_000;
        let system = Arc::new(system(program, environment, extras));
        let options = |threads| Options { threads, exhaustive, states: Some(LIMIT), reductions, ..Options::default() };
        let whole = synod_checker::check(&system, &options(1));
        prop_assume!(whole.states < LIMIT);
        // Memory ends in the middle of a level, budgets of states between two. Only the former leaves the reductions as they were.
        let share = |of: u64| Some((of as f64 * stopped_after) as u64);
        let limits = if reductions != Reductions::NONE {
            Options { memory: share(whole.store_bytes + whole.component_bytes), ..options(threads) }
        } else {
            Options { states: share(whole.states), ..options(threads) }
        };
        let Some(resumed) = resumed(&system, limits, options(threads), exhaustive)? else { return Ok(()) };
        prop_assert_eq!(counts(&resumed), counts(&whole));
        prop_assert_eq!(resumed.properties, whole.properties);
    }

    /// From a state that was found, in whatever environment, both find the same; and the way there is a run, as is what follows.
    #[test]
    fn both_go_on_alike_from_a_stage(
        program: u64,
        (before, after) in (environment(), environment()),
        extras in extras(),
        state in 1..3_u8,
    ) {
        const LIMIT: u64 = 10_000;
        let extras = Extras { epochs: false, ..extras };
        let first = Arc::new(system(program, before, extras));
        let goal = |nodes: &[NodeView<'_, Automaton>], watcher: &Watcher| {
            nodes.iter().any(|node| node.live.state == state) && !watcher.told.is_empty()
        };
        let options = |reductions, threads| {
            Options { threads, exhaustive: true, states: Some(LIMIT), reductions, ..Options::default() }
        };
        let stage = find(&first, goal, &options(Reductions::NONE, 1));
        prop_assume!(stage.is_ok());
        let stage = stage.expect("it is");
        prop_assert!(synod_stateright::replays(&first, stage.trace()), "{}", stage.trace());
        let again = find(&first, goal, &options(Reductions::NONE, 3)).expect("it was found");
        prop_assert_eq!(again.trace(), stage.trace());

        let staged = Arc::new(system(program, after, extras).onward(&stage));
        let full = synod_checker::check(&staged, &options(Reductions::NONE, 1));
        prop_assume!(full.states < LIMIT);
        let theirs = synod_stateright::check(&staged, &Settings { threads: 1, exhaustive: true, states: None });
        prop_assert_eq!((full.states, full.transitions, full.depth), (theirs.states, theirs.transitions, theirs.depth));
        let reduced = synod_checker::check(&staged, &options(Reductions::ALL, 3));
        let seen = |report: &Report| {
            let verdicts: Vec<_> = report.properties.iter().map(|found| (found.name, found.verdict)).collect();
            (verdicts, report.monitor_states)
        };
        prop_assert_eq!(seen(&reduced), seen(&full));
        let traces = [&full, &reduced].into_iter().flat_map(|report| &report.properties);
        for trace in traces.filter_map(|property| property.counterexample.as_ref()) {
            let (way, rest) = trace.steps.split_at(stage.trace().steps.len());
            prop_assert_eq!(way, &stage.trace().steps[..]);
            let repeats_from = trace.repeats_from.map(|step| step - way.len());
            let rest = Trace { steps: rest.to_vec(), repeats_from, ..trace.clone() };
            prop_assert!(synod_stateright::replays(&staged, &rest), "{}", trace);
        }
    }
}

proptest! {
    #![proptest_config(config())]

    /// The same where steps are put in order, which most of the systems above do not allow.
    #[test]
    fn order_changes_nothing(program: u64, environment in environment(), extras in extras()) {
        const LIMIT: u64 = 5_000;
        let fewer = Extras { epochs: false, invariant: false, bound: false, terminates: false, possible: false, ..extras };
        let mut environment = environment;
        let unpriced = |limit| if let Limit::Budget(_) = limit { Limit::Never } else { limit };
        let links = &mut environment.links;
        (links.loss, links.duplicates) = (unpriced(links.loss), unpriced(links.duplicates));
        links.copies = links.copies.filter(|_| !fewer.deadlock_free && environment.timers != Timers::Synchronous);
        let system = Arc::new(system(program, environment, fewer));
        let by = |reductions, threads, exhaustive| {
            let options = Options { threads, exhaustive, states: Some(LIMIT), reductions, ..Options::default() };
            synod_checker::check(&system, &options)
        };
        alike(&|trace| synod_stateright::replays(&system, trace), &by, (Reductions::NONE, &[Reductions { order: true, ..Reductions::NONE }, Reductions::ALL]))?;
    }
}
