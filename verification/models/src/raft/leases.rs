//! Lease reads, where clocks run alike.
//!
//! The checker lets timers fire whenever it likes, each node's without regard to another's. What leases assume is said here by
//! messages: time carries them. A follower's patience does not end before it is told that the lease of the round that it has
//! answered is over, and it is told when that lease *should* have ended, by a clock that begins with the round. Whatever the leader
//! makes of its own lease must fit.

use std::collections::{BTreeMap, BTreeSet};

use synod_actor::{Actor, Cx, Effect, Event, Nothing};
use synod_checker::{Environment, Limit, System};
use synod_consensus::{
    Epoch, Log,
    log::{Replica, Request},
    raft::{Append, Flaw, Msg, Record, Settings, Timer},
};
use synod_properties::{LogMonitor, log::FRESH_READS};

use super::{Asked, Node, Patient, entry, group, mutants, node, plain, unreached};
use crate::{
    patience::impatient,
    registry::{Entry, Scale, Size, case, quick},
};

/// A node whose timers keep to what leases assume.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Punctual {
    node: Patient,
    /// The rounds whose leases are to end, and whether the leader has set its timer again since it began the round.
    leases: BTreeMap<(Epoch, u64), bool>,
    /// Whose end patience waits for: the last round that it heard of.
    heard: Option<(Epoch, u64)>,
    /// The leases that it was told are over: of each term up to this round.
    over: BTreeMap<Epoch, u64>,
    /// What would end its patience, once it may.
    held: BTreeSet<Timer>,
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
    type Record = Record<char, char>;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => self.step(Event::Start, None, cx),
            Event::Request(request) => self.step(Event::Request(request), None, cx),
            Event::Receive(from, Sent::Raft(msg)) => {
                let round = match &msg {
                    Msg::Append(Append { term, round, .. }) if *round > 0 => Some((*term, *round)),
                    _ => None,
                };
                self.step(Event::Receive(from, msg), round, cx);
            }
            Event::Receive(_, Sent::Over(term, round)) => {
                let over = self.over.entry(term).or_default();
                *over = round.max(*over);
                if !self.is_kept_waiting() {
                    for timer in std::mem::take(&mut self.held) {
                        self.set(timer, cx);
                    }
                }
            }
            Event::Receive(_, Sent::Due(term, round)) => {
                let is_set_again = self.leases.remove(&(term, round)).unwrap_or(false);
                if !is_set_again {
                    self.step(Event::Timeout(Timer::Lease(round)), None, cx);
                }
                cx.send_others(Sent::Over(term, round));
            }
            Event::Timeout(timer) => self.step(Event::Timeout(timer), None, cx),
            Event::Indication(never) => match never {},
        }
    }

    fn replay(&mut self, record: Self::Record) {
        self.node.replay(record);
    }

    fn marks() -> Vec<&'static str> {
        Patient::marks()
    }
}

impl Punctual {
    fn of(node: Patient) -> Self {
        Punctual { node, leases: BTreeMap::new(), heard: None, over: BTreeMap::new(), held: BTreeSet::new() }
    }

    /// Whether a lease that it has answered may go on.
    fn is_kept_waiting(&self) -> bool {
        self.heard.is_some_and(|(term, round)| self.over.get(&term).is_none_or(|over| *over < round))
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
                    if self.leases.insert(lease, self.leases.contains_key(&lease)).is_some() {
                        cx.set(Timer::Lease(round), after);
                    } else {
                        cx.send(cx.me(), Sent::Due(lease.0, round));
                    }
                }
                Effect::Set(timer @ (Timer::Contact | Timer::Election), _) => {
                    self.heard = round.or(self.heard);
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
                Effect::Persist(record) => cx.issue(Effect::Persist(record)),
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
