//! Versions against their histories: as explicit sets of writes, from which it is plain what was replaced.

mod support;

use std::collections::BTreeSet;

use proptest::{collection::vec, prelude::*};
use support::{Said, holds, is_noticed};
use synod_clocks::{Dot, DottedVersionVector, Overflow, Siblings, VersionVector};

type Set = Siblings<u8, usize>;
type Writes = BTreeSet<Dot<u8>>;

/// What a run does next. Replicas and reads are taken modulo how many there are.
#[derive(Clone, Debug)]
enum Act {
    /// A client reads at this replica.
    Read(usize),
    /// A client that has made this read, or none, writes through this replica.
    Write(usize, Option<usize>),
    /// What a read returned is deleted at this replica.
    Discard(usize, usize),
    /// The first replica learns what the second knows.
    Sync(usize, usize),
}

fn runs() -> impl Strategy<Value = Vec<Act>> {
    let (replica, read) = (0..REPLICAS, 0..64_usize);
    let act = prop_oneof![
        replica.clone().prop_map(Act::Read),
        (replica.clone(), proptest::option::of(read.clone())).prop_map(|(at, seen)| Act::Write(at, seen)),
        (replica.clone(), read).prop_map(|(at, seen)| Act::Discard(at, seen)),
        (replica.clone(), replica).prop_map(|(at, from)| Act::Sync(at, from)),
    ];
    vec(act, 0..32)
}

const REPLICAS: usize = 3;

/// A replica, and what it must be: the writes that it knows, and those among them that were replaced.
#[derive(Clone, Default, Debug)]
struct Replica {
    set: Set,
    known: Writes,
    replaced: Writes,
}

/// A way to do each operation: the right one, or a wrong one.
#[derive(Clone, Copy)]
struct Operations {
    write: fn(&mut Set, &VersionVector<u8>, u8, usize) -> Dot<u8>,
    discard: fn(&mut Set, &VersionVector<u8>),
    sync: fn(&mut Set, &Set),
}

const RIGHT: Operations = Operations {
    write: |set, seen, node, value| set.write(seen, node, value).unwrap(),
    discard: Siblings::discard,
    sync: Siblings::sync,
};

/// Exactly the known writes that were not replaced are alive, and each is what was written.
fn as_histories_say(operations: Operations) -> impl Fn(Vec<Act>) -> Said {
    move |run| {
        let mut replicas = vec![Replica::default(); REPLICAS];
        let mut reads: Vec<(VersionVector<u8>, Writes)> = Vec::new();
        let mut written: Vec<Dot<u8>> = Vec::new();
        for act in run {
            let changed = match act {
                Act::Read(at) => {
                    reads.push((replicas[at].set.context(), replicas[at].known.clone()));
                    at
                }
                Act::Write(at, read) => {
                    let read = read.filter(|_| !reads.is_empty()).map(|read| &reads[read % reads.len()]);
                    let (context, seen) = read.cloned().unwrap_or_default();
                    let replica = &mut replicas[at];
                    let dot = (operations.write)(&mut replica.set, &context, at as u8, written.len());
                    prop_assert!(!written.contains(&dot), "{dot:?} is used twice");
                    written.push(dot);
                    replica.replaced.extend(&seen);
                    replica.known.extend(&seen);
                    replica.known.insert(dot);
                    at
                }
                Act::Discard(at, read) if !reads.is_empty() => {
                    let (context, seen) = &reads[read % reads.len()];
                    (operations.discard)(&mut replicas[at].set, context);
                    replicas[at].replaced.extend(seen);
                    replicas[at].known.extend(seen);
                    at
                }
                Act::Discard(at, _) => at,
                Act::Sync(at, from) => {
                    let from = replicas[from].clone();
                    (operations.sync)(&mut replicas[at].set, &from.set);
                    replicas[at].known.extend(from.known);
                    replicas[at].replaced.extend(from.replaced);
                    at
                }
            };
            let Replica { set, known, replaced } = &replicas[changed];
            let alive: Writes =
                set.versions().map(|(dot, _)| Dot { node: *dot.node, ..dot.into_owned() }).collect();
            prop_assert_eq!(&alive, &(known - replaced));
            for (dot, value) in set.versions() {
                prop_assert_eq!(written[*value], dot.into_owned());
            }
            prop_assert_eq!((set.len(), set.is_empty()), (alive.len(), alive.is_empty()));
            prop_assert!(set.values().eq(set.versions().map(|(_, value)| value)));
            let context: Writes = set
                .context()
                .iter()
                .flat_map(|(&node, count)| (1..=count).map(move |counter| Dot { node, counter }))
                .collect();
            prop_assert_eq!(&context, known);
        }
        Ok(())
    }
}

/// A dot of a borrowed node as one of its own.
trait IntoOwned {
    fn into_owned(self) -> Dot<u8>;
}

impl IntoOwned for Dot<&u8> {
    fn into_owned(self) -> Dot<u8> {
        Dot { node: *self.node, counter: self.counter }
    }
}

#[test]
fn no_sibling_is_lost_and_none_comes_back() {
    holds(runs(), as_histories_say(RIGHT));
}

#[test]
fn what_loses_or_brings_back_siblings_is_noticed() {
    // A write replaces all that is there, whatever the client has seen: last writer wins.
    let wins =
        |set: &mut Set, _: &VersionVector<u8>, node, value| set.write(&set.context(), node, value).unwrap();
    is_noticed(runs(), as_histories_say(Operations { write: wins, ..RIGHT }));
    // A write replaces nothing.
    let adds = |set: &mut Set, _: &VersionVector<u8>, node, value| {
        set.write(&VersionVector::new(), node, value).unwrap()
    };
    is_noticed(runs(), as_histories_say(Operations { write: adds, ..RIGHT }));
    // A discard drops what is here, and forgets what is yet to come: it comes back.
    let here: fn(&mut Set, &VersionVector<u8>) = |set, seen| {
        let mut known = set.context();
        known.meet(seen);
        set.discard(&known);
    };
    is_noticed(runs(), as_histories_say(Operations { discard: here, ..RIGHT }));
    // Versions travel, and what was replaced does not.
    let once: fn(&mut Set, &Set) = |set, other| {
        if set.is_empty() {
            *set = other.clone();
        }
    };
    is_noticed(runs(), as_histories_say(Operations { sync: once, ..RIGHT }));
}

/// Sets as runs leave them, with unique values.
fn replicas() -> impl Strategy<Value = Vec<Set>> {
    runs().prop_map(|run| {
        let mut sets = vec![Set::new(); REPLICAS];
        let mut seen = VersionVector::new();
        for (number, act) in run.into_iter().enumerate() {
            match act {
                Act::Read(at) => seen = sets[at].context(),
                Act::Write(at, _) => _ = sets[at].write(&seen, at as u8, number).unwrap(),
                Act::Discard(at, _) => sets[at].discard(&seen),
                Act::Sync(at, from) => {
                    let from = sets[from].clone();
                    sets[at].sync(&from);
                }
            }
        }
        sets
    })
}

#[test]
fn replicas_sync_in_any_order_and_agree() {
    let synced = |mut a: Set, b: &Set| {
        a.sync(b);
        a
    };
    holds(replicas(), move |sets| {
        let [a, b, c] = [&sets[0], &sets[1], &sets[2]];
        prop_assert_eq!(synced(a.clone(), b), synced(b.clone(), a), "commutative");
        prop_assert_eq!(
            synced(synced(a.clone(), b), c),
            synced(a.clone(), &synced(b.clone(), c)),
            "associative"
        );
        prop_assert_eq!(&synced(a.clone(), a), a, "idempotent");
        Ok(())
    });
}

#[test]
fn a_writer_at_its_end_is_refused_and_nothing_changes() {
    let full: VersionVector<u8> = [(0, u64::MAX)].into_iter().collect();
    let mut set = Set::new();
    set.write(&VersionVector::new(), 1, 5).unwrap();
    let before = set.clone();
    assert_eq!((set.write(&full, 0, 6), &set), (Err(Overflow), &before));
}

/// The clock of each version alone, against the same histories.
#[test]
fn dotted_version_vectors_compare_as_histories() {
    let law = |before: fn(&DottedVersionVector<u8>, &DottedVersionVector<u8>) -> bool| {
        move |run: Vec<Act>| {
            let mut known = vec![(VersionVector::new(), Writes::new()); REPLICAS];
            let mut versions: Vec<(DottedVersionVector<u8>, Writes)> = Vec::new();
            let mut reads = vec![(VersionVector::new(), Writes::new())];
            for act in run {
                match act {
                    Act::Read(at) | Act::Discard(at, _) => reads.push(known[at].clone()),
                    Act::Write(at, read) => {
                        let (seen, set) = reads[read.unwrap_or(0) % reads.len()].clone();
                        let (mine, all) = &mut known[at];
                        mine.join(&seen);
                        let counter = mine.increment(at as u8).unwrap();
                        let dot = Dot { node: at as u8, counter };
                        all.extend(&set);
                        all.insert(dot);
                        let version = DottedVersionVector::new(dot, seen.clone());
                        versions.push((version.expect("the write is new"), set));
                        let old = Dot { counter: seen.get(&dot.node), ..dot };
                        prop_assert!(DottedVersionVector::new(old, seen).is_none());
                    }
                    Act::Sync(at, from) => {
                        let (theirs, all) = known[from].clone();
                        known[at].0.join(&theirs);
                        known[at].1.extend(all);
                    }
                }
            }
            for (a, _) in &versions {
                for (b, seen) in &versions {
                    prop_assert_eq!(before(a, b), seen.contains(a.dot()));
                    prop_assert_eq!(a.is_concurrent_with(b), a != b && !before(a, b) && !before(b, a));
                    if before(a, b) {
                        prop_assert!(a < b && b.knows().descends(&a.knows()), "the total order extends it");
                    }
                }
            }
            Ok(())
        }
    };
    holds(runs(), law(DottedVersionVector::happened_before));
    // With the write among those seen, as a plain version vector has it, one that is not seen may seem to be.
    is_noticed(runs(), law(|a, b| a != b && b.knows().descends(&a.knows())));
}
