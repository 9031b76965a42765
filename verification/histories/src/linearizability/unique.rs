//! Registers and queues in which every value is different: near-linear methods that need no search.
//!
//! *Registers* (Gibbons and Korach 1997, section 4). A write and the reads of its value are a cluster. If some of it ended
//! before other of it began, the cluster holds the register from the first end to the last beginning (a forward zone);
//! otherwise all of it may happen at once, anywhere from the last beginning to the first end (a backward zone). A history is
//! linearizable just if no read ends before its write begins, no two forward zones overlap, and no backward zone lies within
//! a forward one.
//!
//! *Queues* (Henzinger, Sezgin and Vafeiadis 2013, without dequeues that find nothing). A history is linearizable just if no
//! dequeue ends before its enqueue begins, and there are no two values of which one was put in first and taken out last, in
//! real time both; what was never taken out counts as taken out at the end.
//!
//! Where these do not apply, the answer is `None`, and the search has the word.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, BinaryHeap},
};

use rustc_hash::FxHashMap;
use synod_specifications::{Role, Specification};

use super::plan::Moment;
use crate::call::CallOf;

/// When something ends that may never end.
const NEVER: usize = usize::MAX;

/// What the methods know of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    /// It writes, or puts in, the value of this number.
    Gives(usize),
    /// It reads, or takes out, the value of this number. Number 0 is what a register holds at first.
    Gets(usize),
    /// It changes nothing, and nobody knows what it saw.
    Nothing,
}

/// A history to which a method applies.
#[derive(Debug)]
pub(super) struct Unique {
    parts: Vec<Part>,
    values: usize,
    is_queue: bool,
}

/// What a method says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Said {
    /// An order.
    Order(Vec<u32>),
    /// The calls of a value or two, which cannot be ordered.
    Conflict(Vec<u32>),
    /// It has no word: the search decides.
    Nothing,
}

/// The calls of one value, as intervals.
#[derive(Clone, Debug, Default)]
struct Cluster {
    gives: Option<u32>,
    gets: Vec<u32>,
}

impl Unique {
    /// The method for these calls (in the order of their beginnings), if there is one: what they write or put in differs, and
    /// they do nothing else than a register or a queue does.
    pub(super) fn new<S: Specification>(specification: &S, calls: &[&CallOf<S>]) -> Option<Unique> {
        let mut numbers: FxHashMap<S::Operation, usize> = FxHashMap::default();
        let mut number = |operation: S::Operation| {
            let next = numbers.len() + 1;
            *numbers.entry(operation).or_insert(next)
        };
        let mut parts = Vec::with_capacity(calls.len());
        let (mut is_queue, mut is_register) = (false, false);
        let mut given = rustc_hash::FxHashSet::default();
        for call in calls {
            let part = match specification.role(&call.operation, call.answer.as_ref()) {
                Role::Writes => {
                    is_register = true;
                    Part::Gives(number(call.operation.clone()))
                }
                Role::Puts => {
                    is_queue = true;
                    Part::Gives(number(call.operation.clone()))
                }
                Role::Reads(write) => {
                    is_register = true;
                    Part::Gets(number(write))
                }
                Role::ReadsInitial => {
                    is_register = true;
                    Part::Gets(0)
                }
                Role::Takes(put) => {
                    is_queue = true;
                    Part::Gets(number(put))
                }
                Role::Nothing => Part::Nothing,
                Role::Other => return None,
            };
            if let Part::Gives(value) = part
                && !given.insert(value)
            {
                return None;
            }
            parts.push(part);
        }
        // What is there at first must not be written again, or it would be there twice.
        let writes_initial = calls.iter().any(|call| specification.is_initial(&call.operation))
            && parts.contains(&Part::Gets(0));
        let values = numbers.len() + 1;
        (is_queue != is_register && !writes_initial).then_some(Unique { parts, values, is_queue })
    }

    /// What the method says of the calls as they are.
    pub(super) fn say(&self, moments: &[Moment]) -> Said {
        // What ended has its place in the order, even if nobody knows what it saw: the methods have none for it.
        if self
            .parts
            .iter()
            .zip(moments)
            .any(|(part, call)| *part == Part::Nothing && call.returned.is_some())
        {
            return Said::Nothing;
        }
        let mut clusters: Vec<Cluster> = vec![Cluster::default(); self.values];
        let mut open = Vec::new();
        for (call, part) in self.parts.iter().take(moments.len()).enumerate() {
            match *part {
                Part::Gives(value) => clusters[value].gives = Some(call as u32),
                Part::Gets(value) if moments[call].returned.is_some() => {
                    clusters[value].gets.push(call as u32)
                }
                Part::Gets(value) => open.push((value, call as u32)),
                Part::Nothing => {}
            }
        }
        // What did not end need not have happened: a read is of no use, but a value that may have been taken out of a queue
        // is in nobody's way.
        for (value, call) in open.into_iter().filter(|_| self.is_queue) {
            if clusters[value].gives.is_some() && clusters[value].gets.is_empty() {
                clusters[value].gets.push(call);
            }
        }
        let end = |call: u32| moments[call as usize].returned.unwrap_or(NEVER);
        let begin = |call: u32| moments[call as usize].invoked;
        for (value, cluster) in clusters.iter_mut().enumerate() {
            match cluster.gives {
                // A write that did not end and that nobody saw need not have happened.
                Some(gives) if end(gives) == NEVER && cluster.gets.is_empty() => cluster.gives = None,
                None if value > 0 && !cluster.gets.is_empty() => {
                    return Said::Conflict(vec![cluster.gets[0]]);
                }
                Some(gives) => {
                    if let Some(&get) = cluster.gets.iter().find(|&&get| end(get) < begin(gives)) {
                        return Said::Conflict(vec![gives, get]);
                    }
                }
                None => {}
            }
        }
        if self.is_queue { queue(&clusters, begin, end) } else { register(&clusters, begin, end) }
    }
}

/// All calls of a cluster.
fn all(cluster: &Cluster) -> impl Iterator<Item = u32> + '_ {
    cluster.gives.into_iter().chain(cluster.gets.iter().copied())
}

fn conflict(clusters: &[&Cluster]) -> Said {
    Said::Conflict(clusters.iter().flat_map(|cluster| all(cluster)).collect())
}

fn register(clusters: &[Cluster], begin: impl Fn(u32) -> usize, end: impl Fn(u32) -> usize) -> Said {
    // Zones, each with its cluster. What is there at first was written before everything.
    let (mut forward, mut backward) = (Vec::new(), Vec::new());
    for (value, cluster) in clusters.iter().enumerate() {
        let Some(last_begin) = all(cluster).map(&begin).max() else { continue };
        let first_end = if value == 0 { 0 } else { all(cluster).map(&end).min().unwrap_or(NEVER) };
        if value == 0 || first_end < last_begin {
            forward.push((first_end, last_begin, value));
        } else {
            backward.push((last_begin, first_end, value));
        }
    }
    forward.sort_unstable();
    for pair in forward.windows(2) {
        if pair[1].0 < pair[0].1 {
            return conflict(&[&clusters[pair[0].2], &clusters[pair[1].2]]);
        }
    }
    let mut points: Vec<(usize, u8, usize)> =
        forward.iter().map(|&(first_end, _, value)| (first_end, 1, value)).collect();
    for (last_begin, first_end, value) in backward {
        // The forward zone that the backward one begins in, if any.
        let before = forward.partition_point(|zone| zone.0 <= last_begin);
        match before.checked_sub(1).map(|index| forward[index]) {
            Some((_, stop, other)) if last_begin < stop => {
                if first_end < stop {
                    return conflict(&[&clusters[other], &clusters[value]]);
                }
                points.push((stop, 0, value));
            }
            _ => points.push((last_begin, 0, value)),
        }
    }
    points.sort_unstable();
    let mut order = Vec::new();
    for (_, _, value) in points {
        let cluster = &clusters[value];
        order.extend(cluster.gives);
        let mut gets = cluster.gets.clone();
        gets.sort_unstable_by_key(|&get| begin(get));
        order.extend(gets);
    }
    Said::Order(order)
}

/// A value in a queue: when it may have been put in, and when it may have been taken out.
#[derive(Clone, Copy)]
struct Stay {
    puts: u32,
    takes: Option<u32>,
    /// The first and the last time at which it may come in.
    comes: (usize, usize),
    /// The first and the last time at which it may go out.
    goes: (usize, usize),
}

fn queue(clusters: &[Cluster], begin: impl Fn(u32) -> usize, end: impl Fn(u32) -> usize) -> Said {
    let mut stays = Vec::new();
    for cluster in clusters {
        let Some(puts) = cluster.gives else { continue };
        if let [first, second, ..] = cluster.gets[..] {
            return Said::Conflict(vec![puts, first, second]);
        }
        let takes = cluster.gets.first().copied();
        let out = takes.map_or((NEVER, NEVER), |takes| (begin(takes), end(takes)));
        // It does not go before it may come, nor come after it must have gone.
        let comes = (begin(puts), end(puts).min(out.1));
        stays.push(Stay { puts, takes, comes, goes: (out.0.max(comes.0), out.1) });
    }
    // For each value, of those that were in before it came: the last to be taken out.
    let mut by_end: Vec<&Stay> = stays.iter().collect();
    by_end.sort_unstable_by_key(|stay| stay.comes.1);
    let mut by_begin: Vec<&Stay> = stays.iter().collect();
    by_begin.sort_unstable_by_key(|stay| stay.comes.0);
    let (mut next, mut last): (usize, Option<&Stay>) = (0, None);
    for stay in by_begin.iter().copied() {
        while next < by_end.len() && by_end[next].comes.1 < stay.comes.0 {
            last = [last, Some(by_end[next])].into_iter().flatten().max_by_key(|stay| stay.goes.0);
            next += 1;
        }
        if let Some(last) = last
            && stay.goes.1 < last.goes.0
        {
            let of = |stay: &Stay| std::iter::once(stay.puts).chain(stay.takes).collect::<Vec<u32>>();
            return Said::Conflict([of(last), of(stay)].concat());
        }
    }
    arrange(&stays)
}

/// An order of all calls, from an order of the values in which both what was put in first and what was taken out first comes
/// first.
fn arrange(stays: &[Stay]) -> Said {
    let count = stays.len();
    // The next value is one that may come, and go, before any other that is left must have done so.
    let sorted = |key: &dyn Fn(&Stay) -> usize| -> BinaryHeap<Reverse<(usize, usize)>> {
        (0..count).map(|value| Reverse((key(&stays[value]), value))).collect()
    };
    let (mut come_first, mut come_last) = (sorted(&|stay| stay.comes.0), sorted(&|stay| stay.comes.1));
    let (mut go_first, mut go_last) = (sorted(&|stay| stay.goes.0), sorted(&|stay| stay.goes.1));
    let mut ready = vec![0_u8; count];
    let mut candidates: BTreeSet<(usize, usize)> = BTreeSet::new();
    let mut done = vec![false; count];
    let (mut order, mut put_at, mut taken_at) = (Vec::new(), 0, 0);
    for _ in 0..count {
        for (firsts, lasts) in [(&mut come_first, &mut come_last), (&mut go_first, &mut go_last)] {
            while lasts.peek().is_some_and(|Reverse((_, value))| done[*value]) {
                lasts.pop();
            }
            let limit = lasts.peek().map_or(NEVER, |Reverse((last, _))| *last);
            while let Some(&Reverse((first, value))) = firsts.peek() {
                if first > limit {
                    break;
                }
                firsts.pop();
                ready[value] += 1;
                if ready[value] == 2 {
                    candidates.insert((stays[value].goes.1, value));
                }
            }
        }
        // Of several, the one that must be out first.
        let Some((_, value)) = candidates.pop_first() else { return Said::Nothing };
        done[value] = true;
        let stay = &stays[value];
        put_at = put_at.max(stay.comes.0);
        order.push((put_at, order.len(), stay.puts));
        if let Some(takes) = stay.takes {
            taken_at = taken_at.max(put_at).max(stay.goes.0);
            order.push((taken_at, order.len(), takes));
        }
    }
    order.sort_unstable();
    Said::Order(order.into_iter().map(|(_, _, call)| call).collect())
}
