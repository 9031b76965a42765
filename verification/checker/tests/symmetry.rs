//! With nodes renamed and without: the same verdicts, the same counterexamples, and exactly as many states stood for.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use proptest::{prelude::*, sample::select};
use synod_actor::{Actor, Cx, Event, NodeId, Nothing, Port, visit};
use synod_checker::{
    Checkpoint, Crashes, Disk, Environment, Limit, Links, Options, Order, Reductions, Report, System, Timers,
    check, resume,
};
use synod_properties::{Monitor, Observation, Violation};

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Talk;
impl Port for Talk {
    type Request = u8;
    type Indication = (u8, Option<NodeId>);
}
visit!(Talk {});

/// Does whatever its program says, which never tells names apart. Unless it is partial to one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Alike {
    program: u64,
    partial: bool,
    state: u8,
    friends: BTreeSet<NodeId>,
    fuel: u8,
}
visit!(Alike { friends });

type Record = (u8, Option<NodeId>);

impl Alike {
    fn act(&mut self, what: u64, other: Option<NodeId>, cx: &mut Cx<'_, Self>) {
        let knows = other.is_some_and(|other| self.friends.contains(&other));
        let partial = self.partial && cx.me() == NodeId(1);
        let mut dice = 0;
        let mut roll = |sides: u64, this: &Self| {
            dice += 1;
            let mut hasher = DefaultHasher::new();
            (this.program, this.state, this.friends.len(), knows, partial, what, dice).hash(&mut hasher);
            hasher.finish() % sides
        };
        for _ in 0..roll(4, self) {
            if self.fuel == 0 && roll(3, self) > 0 {
                continue;
            }
            let value = roll(2, self) as u8;
            match roll(9, self) {
                0 => self.persist((value, other.filter(|_| value == 0)), cx),
                1 => cx.send_others((value, None)),
                2 => other.into_iter().for_each(|other| cx.send(other, (value, Some(other)))),
                3 => self.friends.clone().into_iter().for_each(|friend| cx.send(friend, (value, other))),
                4 => cx.set(value, Duration::ZERO..Duration::from_secs(1)),
                5 => cx.indicate((value, other)),
                6 => self.state = cx.choose(2) as u8,
                7 => cx.send(cx.me(), (value, None)),
                _ => cx.mark("idles"),
            }
        }
        self.fuel = self.fuel.saturating_sub(1);
    }
}

impl Actor for Alike {
    type Provides = Talk;
    type Uses = Nothing;
    type Msg = (u8, Option<NodeId>);
    type Timer = u8;
    type Record = Record;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => self.act(1, None, cx),
            Event::Request(value) => self.act(10 + u64::from(value), None, cx),
            Event::Receive(from, (value, about)) => {
                let about_us = about == Some(cx.me());
                self.act(20 + u64::from(value) + 2 * u64::from(about_us), Some(from), cx);
            }
            Event::Timeout(timer) => self.act(30 + u64::from(timer), None, cx),
            Event::Indication(never) => match never {},
        }
    }

    fn replay(&mut self, (value, friend): Record) {
        self.state = value;
        self.friends.extend(friend);
        self.fuel = self.fuel.saturating_sub(1);
    }

    fn marks() -> Vec<&'static str> {
        vec!["idles"]
    }
}

const TALK: &str = "nobody talks too much";

/// Remembers who said what, and objects when somebody has said too much.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Memory {
    limit: usize,
    said: BTreeMap<NodeId, BTreeSet<(u8, Option<NodeId>)>>,
}
visit!(Memory { said });

impl Monitor<Talk> for Memory {
    fn safety(&self) -> Vec<&'static str> {
        vec![TALK]
    }
    fn liveness(&self) -> Vec<&'static str> {
        vec!["somebody speaks"]
    }
    fn observe(&mut self, node: NodeId, what: &Observation<Talk>) -> Result<(), Violation> {
        if let Observation::Indication(what) = what {
            let said = self.said.entry(node).or_default();
            said.insert(*what);
            if said.len() == self.limit {
                return Err(Violation::new(TALK, format!("{node} says {what:?} after all else")));
            }
        }
        Ok(())
    }
    fn owes(&self, _: &str) -> bool {
        self.said.is_empty()
    }
}

fn environment() -> impl Strategy<Value = Environment> {
    let limit = || select(vec![Limit::Never, Limit::Never, Limit::Budget(1), Limit::Unbounded]);
    let links = (select(vec![Order::Unordered, Order::Fifo]), limit(), limit(), any::<bool>());
    let links = links.prop_map(|(order, loss, duplicates, loopback)| {
        let fifo = order == Order::Fifo && duplicates == Limit::Unbounded;
        let duplicates = if fifo { Limit::Budget(1) } else { duplicates };
        Links { order, loss, duplicates, copies: (order == Order::Unordered).then_some(2), loopback }
    });
    let timers = select(vec![Timers::Asynchronous(Limit::Budget(1)), Timers::Synchronous, Timers::default()]);
    let crashes = (0..2_u8, 0..2_u8).prop_map(|(stop, recover)| Crashes { stop, recover, only: None });
    let disk = select(vec![Disk::Synchronous, Disk::Delayed]);
    (links, timers, crashes, disk).prop_map(|(links, timers, crashes, disk)| Environment {
        links,
        timers,
        crashes,
        disk,
        ..Environment::default()
    })
}

const RENAMED: Reductions = Reductions { symmetry: true, ..Reductions::NONE };
const DEAD: Reductions = Reductions { dead: true, ..Reductions::NONE };

fn run(system: &System<Alike, Memory>, reductions: Reductions, threads: usize) -> Report {
    let options =
        Options { threads, states: Some(6_000), reductions, exhaustive: true, ..Options::default() };
    check(system, &options)
}

/// What a search comes to that ran out of memory half way, and was resumed.
fn resumed(system: &System<Alike, Memory>, reductions: Reductions, whole: &Report) -> Report {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let checkpoint = Checkpoint { file: folder.path().join("search"), every: Duration::from_secs(3600) };
    let file = checkpoint.file.clone();
    let memory = Some((whole.store_bytes + whole.component_bytes) / 2);
    let options = Options { threads: 2, reductions, exhaustive: true, ..Options::default() };
    check(system, &Options { memory, checkpoint: Some(checkpoint), ..options.clone() });
    resume(system, &options, &file).expect("it was written")
}

/// What is found.
fn verdicts(report: &Report) -> Vec<(&'static str, String, Option<String>)> {
    found(report).into_iter().map(|(name, verdict, _)| (name, verdict, None)).collect()
}

/// What is found, and how it is told.
fn found(report: &Report) -> Vec<(&'static str, String, Option<String>)> {
    let told = |property: &synod_checker::PropertyReport| {
        let trace = property.counterexample.as_ref().map(ToString::to_string);
        (property.name, format!("{:?}", property.verdict), trace)
    };
    report.properties.iter().map(told).collect()
}

/// Three nodes. Which properties are asked for depends on the program too: most programs violate one of them.
fn system(program: u64, partial: bool, asked: &[u16], environment: Environment) -> System<Alike, Memory> {
    let node = Alike { program, partial, state: 0, friends: BTreeSet::new(), fuel: 2 };
    let limit = if program & 1 == 0 { 3 } else { 9 };
    let mut system =
        System::new(vec![node; 3], Memory { limit, ..Memory::default() }).environment(environment);
    system.deadlock_free = program & 6 == 0;
    if program & 24 == 0 {
        system = system
            .always_possible("silence", |nodes, _| nodes.iter().all(|node| node.live.fuel == 0))
            .invariant("not all are friends", |nodes| nodes.iter().any(|node| node.live.friends.len() < 2));
    }
    asked.iter().fold(system, |system, &node| system.request(NodeId(node), 0))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1200, max_global_rejects: 12_000, ..ProptestConfig::default() })]

    #[test]
    fn renaming_changes_nothing(program: u64, all_asked: bool, environment in environment()) {
        let asked: &[u16] = if all_asked { &[0, 1, 2] } else { &[2] };
        let class: &[u16] = if all_asked { &[0, 1, 2] } else { &[1, 0] };
        let class: Vec<NodeId> = class.iter().copied().map(NodeId).collect();
        let system = system(program, false, asked, environment).symmetric(&class);
        let full = run(&system, Reductions::NONE, 1);
        prop_assume!(full.incomplete.is_none());
        let renamed = run(&system, RENAMED, 1);
        prop_assert!(renamed.reductions.symmetry, "{:?}", renamed.notes);
        // What waits for a write is told in another order.
        let is_delayed = system.environment.disk == Disk::Delayed;
        let told = |report: &Report| if is_delayed { verdicts(report) } else { found(report) };
        prop_assert_eq!(told(&renamed), told(&full));
        prop_assert_eq!(&renamed.marks, &full.marks);
        if full.violated().is_none() {
            // Otherwise states are told apart by why they are in violation, which is forgotten here.
            prop_assert_eq!(renamed.depth, full.depth);
        }
        if full.violated().is_none() {
            if is_delayed {
                // Messages that wait for the same write may be in one order instead of several.
                prop_assert!(renamed.represented <= Some(full.states));
            } else {
                prop_assert_eq!(renamed.represented, Some(full.states));
            }
            prop_assert!(renamed.states <= full.states);
        }
        if program % 5 == 0 {
            let resumed = resumed(&system, RENAMED, &renamed);
            prop_assert_eq!(found(&resumed), found(&renamed));
            prop_assert_eq!((resumed.states, resumed.transitions), (renamed.states, renamed.transitions));
            prop_assert_eq!(resumed.represented, renamed.represented);
        }
        let threads = run(&system, RENAMED, 3);
        prop_assert_eq!(found(&threads), found(&renamed));
        prop_assert_eq!((threads.states, threads.transitions), (renamed.states, renamed.transitions));

        if program % 4 == 0 {
            let ordered = run(&system, Reductions { order: true, ..RENAMED }, 1);
            prop_assert_eq!(verdicts(&ordered), verdicts(&full));
            prop_assert_eq!(&ordered.marks, &full.marks);
            let [all, threads] = [1, 3].map(|threads| run(&system, Reductions::ALL, threads));
            prop_assert_eq!(verdicts(&all), verdicts(&full));
            prop_assert_eq!(&all.marks, &full.marks);
            prop_assert_eq!((threads.states, threads.transitions), (all.states, all.transitions));
        }

        let dead = run(&system, DEAD, 1);
        let both = run(&system, Reductions::USUAL, 2);
        prop_assert_eq!(both.reductions.dead, dead.reductions.dead);
        prop_assert_eq!(verdicts(&both), verdicts(&full));
        prop_assert_eq!(&both.marks, &full.marks);
        if full.violated().is_none() && all_asked && !is_delayed {
            prop_assert_eq!(both.represented, Some(dead.states));
        }
    }

    /// Nodes that are not alike are found out, and nothing is lost by having said that they were.
    #[test]
    fn who_is_not_like_the_others_is_found_out(program: u64, environment in environment()) {
        let system = system(program, true, &[0, 1, 2], environment).symmetric(&NodeId::group(3));
        let full = run(&system, Reductions::NONE, 1);
        prop_assume!(full.incomplete.is_none());
        let tried = run(&system, RENAMED, 2);
        if tried.reductions.symmetry {
            // Node 1 never came to do anything else than the others would.
            prop_assert_eq!(found(&tried), found(&full));
        } else {
            prop_assert!(tried.notes.iter().any(|note| note.starts_with("nodes are not renamed: ")), "{:?}", tried.notes);
            prop_assert_eq!((tried.states, tried.transitions), (full.states, full.transitions));
        }
    }
}

/// Why renaming is not done where it cannot be.
#[test]
fn what_is_against_it_is_said() {
    let of = |system: System<Alike, Memory>| {
        let report = run(&system, RENAMED, 1);
        assert_eq!(report.represented, None);
        report.notes.concat()
    };
    let alike = |asked: &[u16]| system(7, false, asked, Environment::default());
    assert!(of(alike(&[0]).symmetric(&NodeId::group(2))).contains("n1 is not asked what its like is asked"));
    assert!(of(alike(&[]).terminates().symmetric(&NodeId::group(2))).contains("fair"));
    let some_crash = Environment::default().crash_stop(1).crash_only(&[NodeId(0)]);
    assert!(of(alike(&[]).environment(some_crash).symmetric(&NodeId::group(2))).contains("crash"));
}

/// Which steps may be taken alone is found by looking ahead, as far as that is worth it: here it ends before all is seen. Where it ends
/// must depend neither on names nor on what one looked at first.
#[test]
fn looking_ahead_ends_at_the_same_for_all_names() {
    let links = Links {
        loss: Limit::Never,
        duplicates: Limit::Never,
        copies: Some(2),
        loopback: false,
        ..Links::default()
    };
    let timers = Timers::Asynchronous(Limit::Budget(1));
    let environment = Environment { links, disk: Disk::Delayed, timers, ..Environment::default() };
    let system =
        system(9_011_470_055_931_854_268, false, &[2], environment).symmetric(&[NodeId(0), NodeId(1)]);
    let ordered = |threads| {
        let report = run(&system, Reductions { order: true, ..RENAMED }, threads);
        assert!(report.reductions.order && report.reductions.symmetry, "{:?}", report.notes);
        (report.states, report.transitions)
    };
    assert!(ordered(1) < (1_800, 8_988), "as many as without");
    (2..4).for_each(|threads| assert_eq!(ordered(threads), ordered(1)));
}
