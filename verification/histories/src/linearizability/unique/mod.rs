//! Objects in which every value is different: near-linear methods that need no search.
//!
//! Where no two writes write the same, and no two values that are put in are the same, it is known who read from whom, and what
//! is left to decide is much less:
//!
//! | object | operations | method |
//! |---|---|---|
//! | [register](register) | write, read | zones of Gibbons and Korach |
//! | [queue](queue) | enqueue, dequeue, also of nothing | no two values overtake each other |
//! | [stack](stack) | push, pop, also of nothing | the value at the bottom is taken away, again and again |
//! | [priority queue](priority_queue) | insert, remove the least, also of nothing | the least value first |
//! | [set read whole](set) | add, read everything | reads in the order of their sizes |
//!
//! All of them take O(n log n) and are sound and complete; the literature knows them (Emmi and Enea 2018; Lee and Mathur 2025;
//! Abdulla, Grahn, Jonsson, Krishna and Mishra 2025), also for its errors, so each says here why it is right, and is held
//! against the search in tests. Where none applies (values that are the same, operations that are not in the table, one that
//! took something out and nobody knows what), the search has the word. A set from which something is removed is not here: a read
//! that does not show a value comes before its addition *or* after its removal, and that "or" leaves no order that is forced.

mod priority_queue;
mod queue;
mod register;
mod set;
mod stack;
mod tables;

use rustc_hash::{FxHashMap, FxHashSet};
use synod_specifications::{Discipline, Role, Specification};

use super::plan::Moment;
use crate::call::CallOf;

/// When something ends that may never end.
const NEVER: usize = usize::MAX;

/// What the methods know of a call.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Part {
    /// It writes, puts in or adds the value of this number.
    Gives(usize),
    /// It reads, or takes out, the value of this number. Number 0 is what a register holds at first.
    Gets(usize),
    /// It reads all of a set, and finds these, ascending.
    GetsAll(Vec<usize>),
    /// It finds nothing in a container.
    FindsNothing,
    /// It changes nothing, and nobody knows what it saw.
    Nothing,
}

/// What kind of object it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Register,
    Container(Discipline),
    Set,
}

/// A history to which a method applies.
#[derive(Debug)]
pub(super) struct Unique {
    kind: Kind,
    parts: Vec<Part>,
    /// For each number of a value its place among all, ascending; for priority queues only.
    ranks: Vec<usize>,
    values: usize,
}

/// What a method says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Said {
    /// An order.
    Order(Vec<u32>),
    /// There is none. All calls of a few values, which by themselves have no order; or no calls, where it takes more than a few.
    Conflict(Vec<u32>),
    /// It has no word: the search decides.
    Nothing,
}

/// What a method says of all calls.
pub(super) enum Verdict {
    /// They have this order.
    Order(Vec<u32>),
    /// They have none.
    Wrong(Wrong),
    /// The search decides.
    Nothing,
}

/// Where calls have no order.
pub(super) struct Wrong {
    /// The call that ends the shortest prefix that has none.
    pub call: u32,
    /// A few calls that by themselves have none, in the order in which they began; or nothing, if that takes more than a few.
    pub few: Vec<u32>,
    /// An order of the longest prefix that has one.
    pub before: Vec<u32>,
}

/// The calls of one value.
#[derive(Clone, Debug, Default)]
struct Cluster {
    gives: Option<u32>,
    gets: Vec<u32>,
}

/// When a call begins and ends, as places among the beginnings and ends of these calls: there are gaps between them, and the
/// call takes effect in one of the gaps `begin..end`.
#[derive(Clone, Copy, Debug)]
struct Span {
    begin: usize,
    /// [`NEVER`] if it does not.
    end: usize,
}

impl Unique {
    /// The method for these calls (in the order of their beginnings), if there is one: what they write or put in differs, and
    /// they do nothing else than one of the objects does.
    pub(super) fn new<S: Specification>(specification: &S, calls: &[&CallOf<S>]) -> Option<Unique> {
        let mut numbers: FxHashMap<S::Operation, usize> = FxHashMap::default();
        let mut number = |operation: S::Operation| {
            let next = numbers.len() + 1;
            *numbers.entry(operation).or_insert(next)
        };
        let mut parts = Vec::with_capacity(calls.len());
        let (mut kind, mut finds_nothing) = (None, false);
        let mut given = FxHashSet::default();
        for call in calls {
            let (of, part) = match specification.role(&call.operation, call.answer.as_ref()) {
                Role::Writes => (Some(Kind::Register), Part::Gives(number(call.operation.clone()))),
                Role::Reads(write) => (Some(Kind::Register), Part::Gets(number(write))),
                Role::ReadsInitial => (Some(Kind::Register), Part::Gets(0)),
                Role::Puts(discipline) => {
                    (Some(Kind::Container(discipline)), Part::Gives(number(call.operation.clone())))
                }
                Role::Takes(put) => (None, Part::Gets(number(put))),
                Role::FindsNothing => {
                    finds_nothing = true;
                    (None, Part::FindsNothing)
                }
                Role::Adds => (Some(Kind::Set), Part::Gives(number(call.operation.clone()))),
                Role::ReadsAll(adds) => {
                    let mut members: Vec<usize> = adds.into_iter().map(&mut number).collect();
                    members.sort_unstable();
                    (Some(Kind::Set), Part::GetsAll(members))
                }
                Role::Nothing => (None, Part::Nothing),
                Role::Other => return None,
            };
            if let Part::Gives(value) = part
                && !given.insert(value)
            {
                return None;
            }
            if of.is_some() && kind.is_some() && of != kind {
                return None;
            }
            kind = kind.or(of);
            parts.push(part);
        }
        // Where nothing is ever put in, it does not matter what is taken out first.
        let kind = kind.unwrap_or(Kind::Container(Discipline::FirstIn));
        let is_container = matches!(kind, Kind::Container(_));
        // What is there at first must not be written again, or it would be there twice.
        let writes_initial = calls.iter().any(|call| specification.is_initial(&call.operation))
            && parts.contains(&Part::Gets(0));
        if writes_initial || finds_nothing && !is_container {
            return None;
        }
        let values = numbers.len() + 1;
        let mut ranks = Vec::new();
        if kind == Kind::Container(Discipline::Least) {
            let mut ascending: Vec<(S::Operation, usize)> = numbers.into_iter().collect();
            ascending.sort_unstable();
            ranks = vec![0; values];
            for (rank, (_, number)) in ascending.into_iter().enumerate() {
                ranks[number] = rank;
            }
        }
        Some(Unique { kind, parts, ranks, values })
    }

    /// What the method says of these calls.
    pub(super) fn verdict(&self, moments: &[Moment]) -> Verdict {
        match self.say(moments) {
            Said::Order(order) => return Verdict::Order(order),
            Said::Nothing => return Verdict::Nothing,
            Said::Conflict(_) => {}
        }
        let mut ends: Vec<(usize, u32)> = (0..)
            .zip(moments)
            .filter_map(|(call, moment)| moment.returned.map(|returned| (returned, call)))
            .collect();
        ends.sort_unstable();
        // The prefix in which so many ended.
        let until = |count: usize| {
            let is_in = |at: usize| count > 0 && at <= ends[count - 1].0;
            let cut =
                |moment: &Moment| Moment { returned: moment.returned.filter(|&at| is_in(at)), ..*moment };
            self.say(&moments.iter().map(cut).collect::<Vec<_>>())
        };
        let counts: Vec<usize> = (1..=ends.len()).collect();
        let first = counts.partition_point(|&count| !matches!(until(count), Said::Conflict(_)));
        match (until(first), ends.get(first), until(first + 1)) {
            (Said::Order(before), Some(&(_, call)), Said::Conflict(mut few)) => {
                few.sort_unstable();
                few.dedup();
                Verdict::Wrong(Wrong { call, few, before })
            }
            // It knows that something is wrong, but not where first.
            _ => Verdict::Nothing,
        }
    }

    /// What the method says of the calls as they are.
    fn say(&self, moments: &[Moment]) -> Said {
        // What ended has its place in the order, even if nobody knows what it saw: the methods have none for it.
        if self
            .parts
            .iter()
            .zip(moments)
            .any(|(part, call)| *part == Part::Nothing && call.returned.is_some())
        {
            return Said::Nothing;
        }
        let spans = spans(moments);
        if self.kind == Kind::Set {
            return set::say(&self.parts[..moments.len()], &spans, self.values);
        }
        match self.clusters(&spans) {
            Err(conflict) => Said::Conflict(conflict),
            Ok(clusters) => match self.kind {
                Kind::Register => register::say(&clusters, &spans),
                Kind::Set => Said::Nothing,
                Kind::Container(discipline) => match self.stays(&clusters, &spans) {
                    Err(conflict) => Said::Conflict(conflict),
                    Ok(stays) => {
                        let empty: Vec<u32> = (0..spans.len() as u32)
                            .filter(|&call| self.parts[call as usize] == Part::FindsNothing)
                            .filter(|&call| spans[call as usize].end != NEVER)
                            .collect();
                        match discipline {
                            Discipline::FirstIn => queue::say(&stays, &empty, &spans),
                            Discipline::LastIn => stack::say(&stays, &empty, &spans),
                            Discipline::Least => priority_queue::say(&stays, &empty, &spans),
                        }
                    }
                },
            },
        }
    }

    /// The calls by their values, without those that did not end and need not have happened; or calls in conflict.
    fn clusters(&self, spans: &[Span]) -> Result<Vec<Cluster>, Vec<u32>> {
        let mut clusters: Vec<Cluster> = vec![Cluster::default(); self.values];
        let mut open = Vec::new();
        for (call, (part, span)) in (0..).zip(self.parts.iter().zip(spans)) {
            match *part {
                Part::Gives(value) => clusters[value].gives = Some(call),
                Part::Gets(value) if span.end != NEVER => clusters[value].gets.push(call),
                Part::Gets(value) => open.push((value, call)),
                Part::GetsAll(_) | Part::FindsNothing | Part::Nothing => {}
            }
        }
        // What did not end need not have happened: a read is of no use, but a value that may have been taken out of a container
        // is in nobody's way.
        for (value, call) in open.into_iter().filter(|_| self.kind != Kind::Register) {
            if clusters[value].gives.is_some() && clusters[value].gets.is_empty() {
                clusters[value].gets.push(call);
            }
        }
        let span = |call: u32| spans[call as usize];
        for (value, cluster) in clusters.iter_mut().enumerate() {
            match cluster.gives {
                // A write that did not end and that nobody saw need not have happened.
                Some(gives) if span(gives).end == NEVER && cluster.gets.is_empty() => cluster.gives = None,
                None if value > 0 && !cluster.gets.is_empty() => return Err(vec![cluster.gets[0]]),
                Some(gives) => {
                    if let Some(&get) = cluster.gets.iter().find(|&&get| span(get).end < span(gives).begin) {
                        return Err(vec![gives, get]);
                    }
                }
                None => {}
            }
        }
        Ok(clusters)
    }

    /// The values in a container, the least first if it is a priority queue; or calls in conflict.
    fn stays(&self, clusters: &[Cluster], spans: &[Span]) -> Result<Vec<Stay>, Vec<u32>> {
        let mut stays = Vec::new();
        for (value, cluster) in clusters.iter().enumerate() {
            let Some(puts) = cluster.gives else { continue };
            if let [first, second, ..] = cluster.gets[..] {
                return Err(vec![puts, first, second]);
            }
            let takes = cluster.gets.first().copied();
            let out = takes.map_or(Span { begin: NEVER, end: NEVER }, |takes| spans[takes as usize]);
            stays.push((value, Stay { puts, takes, put: spans[puts as usize], take: out }));
        }
        if !self.ranks.is_empty() {
            stays.sort_unstable_by_key(|(value, _)| self.ranks[*value]);
        }
        Ok(stays.into_iter().map(|(_, stay)| stay).collect())
    }
}

/// A value in a container: which call puts it in and which takes it out, and when.
#[derive(Clone, Copy, Debug)]
struct Stay {
    puts: u32,
    takes: Option<u32>,
    put: Span,
    /// From [`NEVER`] on, if nothing takes it out.
    take: Span,
}

impl Stay {
    /// The gaps in which it is in for certain: the first, and the first after them. None if it may be taken out as soon as it is
    /// put in, in one gap.
    fn certain(&self) -> Option<(usize, usize)> {
        (self.put.end < self.take.begin).then_some((self.put.end, self.take.begin))
    }

    /// The gap in which it may be put in and taken out at once, unless it is in for certain between.
    fn at_once(&self) -> usize {
        self.put.begin.max(self.take.begin)
    }

    fn calls(&self) -> impl Iterator<Item = u32> {
        std::iter::once(self.puts).chain(self.takes)
    }
}

/// When calls begin and end, with what other calls do left out.
fn spans(moments: &[Moment]) -> Vec<Span> {
    let mut times: Vec<usize> =
        moments.iter().flat_map(|moment| [Some(moment.invoked), moment.returned]).flatten().collect();
    times.sort_unstable();
    let place = |time: usize| times.partition_point(|&other| other < time);
    moments
        .iter()
        .map(|moment| Span { begin: place(moment.invoked), end: moment.returned.map_or(NEVER, place) })
        .collect()
}

/// Calls with the gaps in which they take effect, and, within a gap, whether they end the stay of a value, do not matter to any
/// other, or begin one; made an order.
#[derive(Debug, Default)]
struct Schedule(Vec<(usize, When, usize, u32)>);

/// When in its gap a call takes effect.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum When {
    First,
    Between,
    Last,
}

impl Schedule {
    /// After all that were added before, in the same part of the same gap.
    fn add(&mut self, gap: usize, when: When, call: u32) {
        self.0.push((gap, when, self.0.len(), call));
    }

    fn order(mut self) -> Said {
        self.0.sort_unstable();
        Said::Order(self.0.into_iter().map(|(.., call)| call).collect())
    }
}
