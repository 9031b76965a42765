//! Version vectors are a lattice, and compare as the sets of updates that they stand for.

mod support;

use std::{cmp::Ordering, collections::BTreeSet};

use proptest::{collection::vec, prelude::*};
use support::{Said, holds, is_noticed};
use synod_clocks::{Overflow, VersionVector};

type Vector = VersionVector<u8>;

fn vectors() -> impl Strategy<Value = Vector> {
    vec((0..5_u8, 0..4_u64), 0..6).prop_map(|entries| entries.into_iter().collect())
}

/// The updates that a vector stands for.
fn updates(vector: &Vector) -> BTreeSet<(u8, u64)> {
    vector.iter().flat_map(|(&node, count)| (1..=count).map(move |counter| (node, counter))).collect()
}

fn joined(mut a: Vector, b: &Vector) -> Vector {
    a.join(b);
    a
}

fn met(mut a: Vector, b: &Vector) -> Vector {
    a.meet(b);
    a
}

#[test]
fn join_and_meet_are_union_and_intersection() {
    holds((vectors(), vectors()), |(a, b)| {
        let (left, right) = (updates(&a), updates(&b));
        prop_assert_eq!(updates(&joined(a.clone(), &b)), &left | &right);
        prop_assert_eq!(updates(&met(a, &b)), &left & &right);
        Ok(())
    });
}

#[test]
fn comparison_is_inclusion() {
    holds((vectors(), vectors()), |(a, b)| {
        let (left, right) = (updates(&a), updates(&b));
        let expected = match (left.is_subset(&right), right.is_subset(&left)) {
            (true, true) => Some(Ordering::Equal),
            (true, false) => Some(Ordering::Less),
            (false, true) => Some(Ordering::Greater),
            (false, false) => None,
        };
        prop_assert_eq!(a.causal_cmp(&b), expected);
        prop_assert_eq!(a.descends(&b), left.is_superset(&right));
        prop_assert_eq!(a.is_concurrent_with(&b), expected.is_none());
        prop_assert_eq!(a == b, left == right, "equal vectors are equal");
        Ok(())
    });
}

type Operation = fn(Vector, &Vector) -> Vector;

/// The laws of a lattice, of which the order is the causal one.
fn is_lattice(join: Operation, meet: Operation) -> impl Fn((Vector, Vector, Vector)) -> Said {
    move |(a, b, c)| {
        for op in [join, meet] {
            prop_assert_eq!(op(a.clone(), &b), op(b.clone(), &a), "commutative");
            prop_assert_eq!(op(op(a.clone(), &b), &c), op(a.clone(), &op(b.clone(), &c)), "associative");
            prop_assert_eq!(&op(a.clone(), &a), &a, "idempotent");
        }
        prop_assert_eq!(&join(a.clone(), &meet(a.clone(), &b)), &a, "absorption");
        prop_assert_eq!(&meet(a.clone(), &join(a.clone(), &b)), &a, "absorption");
        prop_assert_eq!(join(a.clone(), &b) == b, b.descends(&a), "the order of the lattice");
        Ok(())
    }
}

#[test]
fn they_are_a_lattice() {
    holds((vectors(), vectors(), vectors()), is_lattice(joined, met));
    is_noticed((vectors(), vectors(), vectors()), is_lattice(|a, _| a, met));
    let sum: Operation = |a, b| {
        let more = |(&node, count)| (node, count + b.get(&node));
        a.iter()
            .map(more)
            .chain(b.iter().filter(|(node, _)| a.get(node) == 0).map(|(&n, c)| (n, c)))
            .collect()
    };
    is_noticed((vectors(), vectors(), vectors()), is_lattice(sum, met));
}

#[test]
fn the_total_order_extends_the_causal_one() {
    let law = |order: fn(&Vector, &Vector) -> Ordering| {
        move |(a, b): (Vector, Vector)| {
            let total = order(&a, &b);
            if let Some(causal) = a.causal_cmp(&b) {
                prop_assert_eq!(total, causal);
            }
            prop_assert_eq!(total == Ordering::Equal, a == b);
            prop_assert_eq!(total.reverse(), order(&b, &a));
            Ok(())
        }
    };
    holds((vectors(), vectors()), law(Ord::cmp));
    // The order of the entries as they stand is none: {1: 1} would come after {0: 1, 1: 1}.
    is_noticed((vectors(), vectors()), law(|a, b| a.iter().cmp(b.iter())));
}

#[test]
fn an_increment_is_the_next_update() {
    holds((vectors(), 0..5_u8), |(before, node)| {
        let mut after = before.clone();
        let counter = after.increment(node).unwrap();
        prop_assert_eq!(counter, before.get(&node) + 1);
        prop_assert!(after.contains(&node, counter) && !before.contains(&node, counter));
        prop_assert_eq!(before.causal_cmp(&after), Some(Ordering::Less));
        let new: BTreeSet<_> = updates(&after).difference(&updates(&before)).copied().collect();
        prop_assert_eq!(new, BTreeSet::from([(node, counter)]));
        Ok(())
    });
    let mut full: Vector = [(1, u64::MAX)].into_iter().collect();
    assert_eq!((full.increment(1), full.get(&1)), (Err(Overflow), u64::MAX));
}

#[test]
fn it_shows_itself_as_a_map() {
    let vector: Vector = [(2, 1), (1, 3), (7, 0), (2, 5)].into_iter().collect();
    assert_eq!((format!("{vector:?}"), vector.len(), vector.is_empty()), ("{1: 3, 2: 5}".into(), 2, false));
    assert!(Vector::default().is_empty());
}
