//! A random walk through a system, with all budgets lifted, and what is looked at in each step.

use std::collections::{BTreeMap, BTreeSet};

use synod_actor::{Actor, Effect, Ground, NodeId};
use synod_properties::Monitor;

use super::{
    Findings, Rule,
    fields::{Growth, is_related, leads},
    identity::Sample,
};
use crate::{
    changes::{changes, changes_in_full},
    environment::{Limit, Order, Timers},
    node::{Happening, Node, Outcome, Setting, Status},
    system::System,
    trace::Change,
};

/// Of messages in flight no more than so many are kept: a walk is not slowed down by what nobody receives.
const IN_FLIGHT: usize = 64;

/// A sequence of numbers that look random.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    /// A number below `sides`, which is not 0. (splitmix64: Steele, Lea and Flood, 2014.)
    pub(super) fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % sides
    }

    fn pick<T>(&mut self, from: &mut Vec<T>) -> Option<T> {
        (!from.is_empty()).then(|| from.swap_remove(self.below(from.len() as u64) as usize))
    }
}

/// Which fields records change, and which change without one.
#[derive(Default)]
pub(super) struct Fields {
    /// Fields that records change.
    durable: BTreeSet<String>,
    /// Entries of lists and maps that records make: what is in them is theirs only once a record changes it.
    made: BTreeSet<String>,
    /// With an example.
    unrecorded: BTreeMap<String, String>,
}

impl Fields {
    pub(super) fn report(&self, findings: &mut Findings) {
        for (field, example) in &self.unrecorded {
            let changed = self.durable.iter().find(|durable| is_related(field, durable)).map(String::as_str);
            let made = || {
                let same = |made: &&String| leads(made, field) || is_entry(field, container(made));
                self.made.iter().find(same).map(|made| container(made))
            };
            if let Some(durable) = changed.or_else(made) {
                findings.add(Rule::Durability, durable, || {
                    format!("`{durable}` is changed by records, and by {example}; a restart may bring back an earlier value")
                });
            }
        }
    }
}

/// The list or map that an entry is of.
fn container(entry: &str) -> &str {
    &entry[..entry.rfind('[').unwrap_or(entry.len())]
}

/// Whether the path is of an entry of this list or map, and not of something in an entry.
fn is_entry(path: &str, of: &str) -> bool {
    path.ends_with(']') && container(path) == of
}

/// Where a walk has got to.
pub(super) struct Walk<'s, A: Actor, M> {
    system: &'s System<A, M>,
    group: Vec<NodeId>,
    nodes: Vec<Node<A>>,
    /// Messages from, to.
    in_flight: Vec<(NodeId, NodeId, A::Msg)>,
    /// Which of the planned requests were not made yet.
    planned: Vec<usize>,
    monitor: M,
    dice: Dice,
    started: usize,
    /// Whether nodes may crash, if they may at all.
    crashes: bool,
}

/// What may happen next.
enum Next {
    Here(usize),
    Request(usize),
    Deliver(usize),
}

impl<'s, A, M> Walk<'s, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    pub(super) fn new(system: &'s System<A, M>, seed: u64, crashes: bool) -> Self {
        Walk {
            system,
            group: NodeId::group(system.nodes.len()),
            nodes: system.nodes.iter().map(|durable| Node::new(durable.clone())).collect(),
            in_flight: Vec::new(),
            planned: (0..system.requests.len()).collect(),
            monitor: system.monitor.clone(),
            dice: Dice(seed),
            started: 0,
            crashes,
        }
    }

    /// Takes a step; false if there is none, or if it was the last, since a handler panicked or a property is violated.
    pub(super) fn step(&mut self, findings: &mut Findings, fields: &mut Fields, sample: &mut Sample) -> bool {
        let Some((at, happening)) = self.next() else { return false };
        let me = self.group[at];
        let setting = Setting {
            group: &self.group,
            loopback: self.system.environment.links.loopback,
            disk: self.system.environment.disk,
            clock: &self.system.environment.clock,
        };
        let before = &self.nodes[at];
        let mut outcomes = before.step(me, &happening, setting);
        let again = before.step(me, &happening, setting);
        if let Some(differ) = difference(&outcomes, &again) {
            findings.add(Rule::Determinism, "", || {
                format!("{me}, given {happening:?} twice in the same state, {differ}")
            });
        }
        let chosen = self.dice.below(outcomes.len() as u64) as usize;
        let outcome = outcomes.swap_remove(chosen);
        if !matches!(happening, Happening::Flush | Happening::Crash | Happening::Stop) {
            recorded(me, &happening, &before.live, &outcome, findings, fields);
        }
        sample.meet("state", &*outcome.node.live);
        for effect in &outcome.issued {
            match effect {
                Effect::Persist(record) => sample.meet("record", record),
                Effect::Send(_, msg) => sample.meet("message", msg),
                _ => {}
            }
        }
        let copies = self.system.environment.links.copies.map_or(IN_FLIGHT, usize::from);
        for (to, msg) in outcome.sends {
            let sent = (me, to, msg);
            if self.in_flight.iter().filter(|&other| *other == sent).count() < copies {
                self.in_flight.push(sent);
            }
        }
        if self.in_flight.len() > IN_FLIGHT {
            self.in_flight.remove(0);
        }
        let seen = outcome.observed.iter().try_for_each(|what| self.monitor.observe(me, what));
        sample.meet("monitor state", &self.monitor);
        self.nodes[at] = outcome.node;
        seen.is_ok() && !matches!(self.nodes[at].status, Status::Faulty(_))
    }

    /// Takes note of how large everything is.
    pub(super) fn measure(&self, growth: &mut Growth, quarter: u32) {
        self.nodes.iter().for_each(|node| growth.measure("", &node.live, quarter));
        growth.measure("monitor", &self.monitor, quarter);
    }

    /// Something that can happen.
    fn next(&mut self) -> Option<(usize, Happening<A>)> {
        if self.started < self.nodes.len() {
            self.started += 1;
            return Some((self.started - 1, Happening::Start));
        }
        let environment = &self.system.environment;
        let crashes = self.crashes && environment.crashes.recover > 0 && self.dice.below(24) == 0;
        if crashes && let Some(at) = self.crashing() {
            return Some((at, Happening::Crash));
        }
        let is_up = |node: NodeId| self.nodes[node.index()].status == Status::Up;
        let mut here: Vec<(usize, Happening<A>)> = Vec::new();
        let quiet = self.in_flight.iter().all(|(_, to, _)| !is_up(*to))
            && self.nodes.iter().all(|node| node.own.is_empty() && node.disk.is_empty());
        let timers = match environment.timers {
            Timers::Asynchronous(limit) => limit != Limit::Never,
            Timers::Synchronous => quiet,
        };
        for (at, node) in self.nodes.iter().enumerate() {
            match node.status {
                Status::Down => here.push((at, Happening::Restart)),
                Status::Up => {
                    here.extend((!node.own.is_empty()).then_some((at, Happening::Own)));
                    here.extend((!node.disk.is_empty()).then_some((at, Happening::Flush)));
                    let armed = node.timers.iter().filter(|_| timers);
                    here.extend(armed.map(|timer| (at, Happening::Timeout(timer.clone()))));
                }
                Status::Stopped | Status::Faulty(_) => {}
            }
        }
        let fifo = environment.links.order == Order::Fifo;
        let is_first = |place: usize| {
            let (from, to, _) = &self.in_flight[place];
            !fifo || !self.in_flight[..place].iter().any(|(f, t, _)| (f, t) == (from, to))
        };
        let deliveries =
            (0..self.in_flight.len()).filter(|&place| is_up(self.in_flight[place].1) && is_first(place));
        let asked = self.planned.iter().enumerate();
        let requests = asked.filter(|&(_, &request)| is_up(self.system.requests[request].node));
        let mut next: Vec<Next> = (0..here.len())
            .map(Next::Here)
            .chain(deliveries.map(Next::Deliver))
            .chain(requests.map(|(place, _)| Next::Request(place)))
            .collect();
        match self.dice.pick(&mut next)? {
            Next::Here(place) => Some(here.swap_remove(place)),
            Next::Request(place) => {
                let planned = &self.system.requests[self.planned.swap_remove(place)];
                let request = self.dice.pick(&mut planned.alternatives.clone())?;
                Some((planned.node.index(), Happening::Request(request)))
            }
            Next::Deliver(place) => {
                let stays = environment.links.duplicates != Limit::Never && self.dice.below(4) == 0;
                let lost = environment.links.loss != Limit::Never && self.dice.below(8) == 0;
                let (from, to, msg) = match stays {
                    true => self.in_flight[place].clone(),
                    false => self.in_flight.remove(place),
                };
                if lost && !stays {
                    return self.next();
                }
                Some((to.index(), Happening::Receive(from, msg)))
            }
        }
    }

    /// A running node that may crash.
    fn crashing(&mut self) -> Option<usize> {
        let only = &self.system.environment.crashes.only;
        let may = |node: &NodeId| only.as_ref().is_none_or(|only| only.contains(node));
        let up = self.group.iter().filter(|node| may(node) && self.nodes[node.index()].status == Status::Up);
        let mut up: Vec<usize> = up.map(|node| node.index()).collect();
        self.dice.pick(&mut up)
    }
}

/// What two runs of the same step have different.
fn difference<A: Actor<Uses: Ground>>(one: &[Outcome<A>], other: &[Outcome<A>]) -> Option<String> {
    if one.len() != other.len() {
        return Some(format!("asks for choices with {} and with {} outcomes", one.len(), other.len()));
    }
    one.iter().zip(other).find_map(|(one, other)| {
        if one.issued != other.issued {
            return Some(format!("does {:?} and {:?}", one.issued, other.issued));
        }
        let state = |outcome: &Outcome<A>| format!("{:#?}", outcome.node.live);
        let changed = changes(&state(one), &state(other));
        let unequal = || (one.node != other.node).then(|| "gets into different states".to_owned());
        changed
            .first()
            .map(|change| format!("leaves different values in `{}`", change.field))
            .or_else(unequal)
    })
}

/// Holds what a handler left against its records.
fn recorded<A: Actor<Uses: Ground>>(
    me: NodeId,
    happening: &Happening<A>,
    before: &A,
    outcome: &Outcome<A>,
    findings: &mut Findings,
    fields: &mut Fields,
) {
    let after = &*outcome.node.live;
    let shown = |state: &A| format!("{state:#?}");
    let records = outcome.issued.iter().filter_map(|effect| match effect {
        Effect::Persist(record) => Some(record.clone()),
        _ => None,
    });
    let records: Vec<A::Record> = records.collect();
    if records.is_empty() {
        if before != after {
            for change in changes_in_full(&shown(before), &shown(after)) {
                let example = || format!("{me} without one, when given {happening:?}");
                fields.unrecorded.entry(change.field).or_insert_with(example);
            }
        }
        return;
    }
    let replayed = crate::quiet::catch(|| {
        let mut replayed = before.clone();
        records.iter().for_each(|record| replayed.replay(record.clone()));
        replayed
    });
    let Ok(replayed) = replayed else { return };
    let by_records = changes_in_full(&shown(before), &shown(&replayed));
    let beyond = changes_in_full(&shown(&replayed), &shown(after));
    for change in by_records {
        let is_made = change.before.is_none();
        // In an entry that a record makes there may be what no record is about.
        let is_wrong = |other: &&Change| match is_made {
            true => leads(&change.field, &other.field),
            false => is_related(&other.field, &change.field),
        };
        if let Some(wrong) = beyond.iter().find(is_wrong) {
            findings.add(Rule::Replay, &change.field, || {
                let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
                format!(
                    "{me}, given {happening:?}, writes {records:?}, of which replay makes `{}` {}, and leaves {}",
                    wrong.field,
                    value(&wrong.before),
                    value(&wrong.after)
                )
            });
        }
        let known = if is_made { &mut fields.made } else { &mut fields.durable };
        known.insert(change.field);
    }
}
