//! Lease reads, where clocks run alike.
//!
//! The checker lets timers fire whenever it likes, each node's without regard to another's. What leases assume is said here by
//! messages: time carries them. A follower's patience does not end before it is told that the lease of the round that it has
//! answered is over, and it is told when that lease *should* have ended, by a clock that begins with the round. Whatever the leader
//! makes of its own lease must fit.

use std::collections::{BTreeMap, BTreeSet};

use synod_actor::{Actor, Cx, Effect, Event, Nothing};
use synod_checker::{Environment, Limit, NodeView, System};
use synod_consensus::{
    Epoch, Log,
    log::{Replica, Request},
    raft::{Append, Flaw, Msg, Record, Settings, Timer},
};
use synod_properties::{LogMonitor, log::FRESH_READS};

use super::{Asked, Node, Patient, entry, group, mutants, node, plain, unreached};
use crate::{
    patience::impatient,
    registry::{Case, Entry, Scale, Size, case, quick, staged},
};

/// A node whose timers keep to what leases assume.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Punctual {
    node: Patient,
    time: Time,
    /// What would end its patience, once it may.
    held: BTreeSet<Timer>,
}

/// What time does at a node. It goes on while the node is down: so this is written as if it were on its disk.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
struct Time {
    /// The rounds whose leases are to end; and whether the timer that the leader set with the round is gone, for it has set it again
    /// since, or has crashed.
    leases: BTreeMap<(Epoch, u64), bool>,
    /// Whose end patience waits for: the last round that it heard of.
    heard: Option<(Epoch, u64)>,
    /// The leases that it was told are over: of each term up to this round.
    over: BTreeMap<Epoch, u64>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Written {
    Raft(Record<char, char>),
    /// Not on a disk: time goes on.
    Time(Time),
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Sent {
    Raft(Msg<char, char>),
    /// Not a message: time has passed, at all nodes. This lease is over.
    Over(Epoch, u64),
    /// Nor is this, which a leader sends to itself: the lease that was begun with this round should be over.
    Due(Epoch, u64),
}

impl Actor for Punctual {
    type Provides = Log<char, char>;
    type Uses = Nothing;
    type Msg = Sent;
    type Timer = Timer;
    type Record = Written;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        let before = self.time.clone();
        match event {
            Event::Start => {
                for (&(term, round), is_gone) in &mut self.time.leases {
                    *is_gone = true;
                    cx.send(cx.me(), Sent::Due(term, round));
                }
                self.step(Event::Start, None, cx);
            }
            Event::Request(request) => self.step(Event::Request(request), None, cx),
            Event::Receive(from, Sent::Raft(msg)) => {
                let round = match &msg {
                    Msg::Append(Append { term, round, .. }) if *round > 0 => Some((*term, *round)),
                    _ => None,
                };
                self.step(Event::Receive(from, msg), round, cx);
            }
            Event::Receive(_, Sent::Over(term, round)) => {
                let over = self.time.over.entry(term).or_default();
                *over = round.max(*over);
                if !self.is_kept_waiting() {
                    for timer in std::mem::take(&mut self.held) {
                        self.set(timer, cx);
                    }
                }
            }
            Event::Receive(_, Sent::Due(term, round)) => {
                let is_gone = self.time.leases.remove(&(term, round)).unwrap_or(false);
                if !is_gone {
                    self.step(Event::Timeout(Timer::Lease(round)), None, cx);
                }
                cx.send_others(Sent::Over(term, round));
            }
            Event::Timeout(timer) => self.step(Event::Timeout(timer), None, cx),
            Event::Indication(never) => match never {},
        }
        if self.time != before {
            cx.issue(Effect::Persist(Written::Time(self.time.clone())));
        }
    }

    fn replay(&mut self, written: Written) {
        match written {
            Written::Raft(record) => self.node.replay(record),
            Written::Time(time) => self.time = time,
        }
    }

    fn marks() -> Vec<&'static str> {
        Patient::marks()
    }
}

impl Punctual {
    fn of(node: Patient) -> Self {
        Punctual { node, time: Time::default(), held: BTreeSet::new() }
    }

    /// Whether a lease that it has answered may go on.
    fn is_kept_waiting(&self) -> bool {
        let Time { heard, over, .. } = &self.time;
        heard.is_some_and(|(term, round)| over.get(&term).is_none_or(|over| *over < round))
    }

    /// The ranges of timers say nothing here.
    fn set(&self, timer: Timer, cx: &mut Cx<'_, Self>) {
        let after = Settings::default().election;
        cx.set(timer, after..after);
    }

    fn step(&mut self, event: Event<Patient>, round: Option<(Epoch, u64)>, cx: &mut Cx<'_, Self>) {
        let node = &mut self.node;
        for effect in cx.part(|cx| node.on(event, cx)) {
            match effect {
                Effect::Set(Timer::Lease(round), after) => {
                    let lease = (self.node.node.epoch(), round);
                    let leases = &mut self.time.leases;
                    if leases.insert(lease, leases.contains_key(&lease)).is_some() {
                        cx.set(Timer::Lease(round), after);
                    } else {
                        cx.send(cx.me(), Sent::Due(lease.0, round));
                    }
                }
                Effect::Set(timer @ (Timer::Contact | Timer::Election), _) => {
                    self.time.heard = round.or(self.time.heard);
                    if self.is_kept_waiting() {
                        self.held.insert(timer);
                        cx.cancel(timer);
                    } else {
                        self.set(timer, cx);
                    }
                }
                Effect::Set(timer, _) => self.set(timer, cx),
                Effect::Cancel(timer) => {
                    self.held.remove(&timer);
                    cx.cancel(timer);
                }
                Effect::Persist(record) => cx.issue(Effect::Persist(Written::Raft(record))),
                Effect::Send(to, msg) => cx.send(to, Sent::Raft(msg)),
                Effect::Indicate(indication) => cx.indicate(indication),
                Effect::Mark(mark) => cx.mark(mark),
                Effect::Request(never) => match never {},
            }
        }
    }
}

/// Three nodes with leases, of which the first and the last call elections. The first repeats heartbeats, or not.
fn leasing(
    size: Size,
    repeats: bool,
    flawed: impl Fn(Node) -> Node,
    requests: &[Asked],
    timeouts: u8,
) -> System<Punctual, LogMonitor<char, char>> {
    let election = Settings::default().election;
    let settings = Settings { lease: Some(election / 2), ..plain() };
    let mut nodes = impatient(&[0, 2], group(size, settings));
    for patient in &mut nodes {
        patient.node = flawed(patient.node.clone());
        patient.silent = if repeats { &[] } else { &[Timer::Heartbeat] };
    }
    let environment = Environment::default().fifo().timeouts(Limit::Budget(timeouts));
    let nodes = nodes.into_iter().map(Punctual::of).collect();
    let system = System::new(nodes, LogMonitor::new()).environment(environment);
    requests.iter().cloned().fold(system, |system, (at, request)| system.request(node(at), request))
}

/// A read at the first leader, when another one may have taken over.
fn taken_over(
    size: Size,
    repeats: bool,
    flawed: impl Fn(Node) -> Node,
) -> System<Punctual, LogMonitor<char, char>> {
    let timeouts = match size.scale {
        Scale::Quick => 3 + u8::from(repeats),
        Scale::Full => 4 + u8::from(repeats),
    };
    leasing(size, repeats, flawed, &[(0, Request::Barrier(1))], timeouts)
}

/// A read by a lease that the second node has given, which may crash and restart; at full scale the leader may, too. It begins when
/// that lease has been given, by the answer to a second round, of which the third node has not heard: the first one is over for it, so
/// it may be elected, if the second one keeps no faith.
fn restarted(size: Size, timeouts: u8, flawed: impl Fn(Node) -> Node) -> Box<dyn Case> {
    let requests = [(0, Request::Barrier(1)), (0, Request::Barrier(2))];
    let system = leasing(size, false, flawed, &requests, 1);
    let is_given = |nodes: &[NodeView<'_, Punctual>], _: &LogMonitor<char, char>| {
        let [_, second, third] = nodes else { return false };
        let (gives, waits) = (&second.live.time, &third.live.time);
        gives.heard == Some((Epoch(1), 2)) && waits.heard == Some((Epoch(1), 1)) && !waits.over.is_empty()
    };
    let crashing: &[_] = match size.scale {
        Scale::Quick => &[node(1)],
        Scale::Full => &[node(0), node(1)],
    };
    let environment = Environment::default().fifo().timeouts(Limit::Budget(timeouts)).crash_recovery(1);
    staged(system, is_given, environment.crash_only(crashing))
}

/// A read at a leader that has asked another one to lead.
fn handed_over(size: Size, flawed: impl Fn(Node) -> Node) -> System<Punctual, LogMonitor<char, char>> {
    let requests = [(0, Request::Transfer(node(1))), (0, Request::Barrier(1))];
    leasing(size, false, flawed, &requests, 1 + u8::from(size.scale == Scale::Full))
}

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            name: "raft-lease-reads",
            about: "A leader that reads by its lease sees all that was committed, if clocks run alike",
            build: |size| case(taken_over(size, false, |raft| raft)),
            expect: unreached(&[
                "batch", "catch up", "change", "give up", "handover", "install", "leave", "pre-vote",
                "snapshot",
            ]),
            golden: const { &[quick(3, 3_512_091, 15_308_988, 49).reduced(796_862, 3_137_495, 44)] },
            ..entry()
        },
        Entry {
            name: "raft-lease-transfer",
            about: "A leader that hands over has no lease any more",
            build: |size| case(handed_over(size, |raft| raft)),
            expect: unreached(&[
                "batch", "catch up", "change", "give up", "install", "leave", "pre-vote", "snapshot",
                "truncate",
            ]),
            golden: const { &[quick(3, 469_862, 2_115_227, 37).reduced(93_904, 367_239, 35)] },
            ..entry()
        },
        Entry {
            name: "raft-lease-recovery",
            about: "A voter that gives a lease, crashes and restarts, keeps faith until the lease is over",
            build: |size| restarted(size, 3, |raft| raft),
            expect: unreached(&[
                "batch", "catch up", "change", "give up", "go back", "handover", "install", "leave",
                "pre-vote", "refuse", "reject", "snapshot", "truncate",
            ]),
            golden: const { &[quick(3, 948_041, 4_012_808, 37).reduced(344_288, 1_378_997, 34)] },
            ..entry()
        },
        mutants::entry(
            "raft-mutant-forgets-faith",
            "A voter that restarts votes at once, though it may have answered a leader right before",
            "Ongaro, Consensus: Bridging Theory and Practice (2014), section 6.4.1",
            &[FRESH_READS],
            |size| restarted(size, 2, |raft| raft.flawed(Flaw::ForgetsFaith)),
        ),
        mutants::entry(
            "raft-mutant-leases-last-for-ever",
            "A lease does not end, for the leader's clock stands still",
            "tikv issue 1127; etcd issue 6005",
            &[FRESH_READS],
            |size| case(taken_over(size, false, |raft| raft.flawed(Flaw::LeasesLastForEver))),
        ),
        mutants::entry(
            "raft-mutant-extends-leases",
            "A lease counts from when a heartbeat was repeated, though the first was answered, perhaps long ago",
            "nebula issue 2723",
            &[FRESH_READS],
            |size| case(taken_over(size, true, |raft| raft.flawed(Flaw::ExtendsLeases))),
        ),
        mutants::entry(
            "raft-mutant-leases-through-transfers",
            "A leader that has asked another one to lead goes on with its lease",
            "raft-rs issue 234; tikv issue 1593; etcd issue 12704",
            &[FRESH_READS],
            |size| case(handed_over(size, |raft| raft.flawed(Flaw::LeasesThroughTransfers))),
        ),
    ]
}
