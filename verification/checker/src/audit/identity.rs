//! Whether `Eq`, `Ord` and `Hash` say the same.

use std::{any::Any, cmp::Ordering, collections::BTreeMap, hash::BuildHasher};

use rustc_hash::FxBuildHasher;
use synod_actor::Value;

use super::{Findings, Rule, walk::Dice};
use crate::changes::changes;

/// So many values of a sort are compared, each with each.
const MOST: usize = 40;

/// Some of the values met, by sort.
pub(super) struct Sample {
    dice: Dice,
    sorts: BTreeMap<&'static str, Sort>,
}

struct Sort {
    met: u64,
    values: Vec<Box<dyn Any>>,
    compare: fn(&'static str, &[Box<dyn Any>], &mut Findings),
}

impl Sample {
    pub(super) fn new(seed: u64) -> Self {
        Sample { dice: Dice(seed), sorts: BTreeMap::new() }
    }

    /// Perhaps keeps the value: each of those met with the same probability.
    pub(super) fn meet<T: Value>(&mut self, name: &'static str, value: &T) {
        let sort = self.sorts.entry(name).or_insert_with(|| Sort {
            met: 0,
            values: Vec::new(),
            compare: compare::<T>,
        });
        sort.met += 1;
        if sort.values.len() < MOST {
            sort.values.push(Box::new(value.clone()));
        } else if let Some(place) = sort.values.get_mut(self.dice.below(sort.met) as usize) {
            *place = Box::new(value.clone());
        }
    }

    pub(super) fn report(self, findings: &mut Findings) {
        for (name, Sort { values, compare, .. }) in self.sorts {
            compare(name, &values, findings);
        }
    }
}

fn compare<T: Value>(name: &'static str, values: &[Box<dyn Any>], findings: &mut Findings) {
    let values: Vec<&T> = values.iter().filter_map(|value| value.downcast_ref()).collect();
    for (at, one) in values.iter().enumerate() {
        if **one != (*one).clone() {
            findings
                .add(Rule::Identity, name, || format!("of the {name}s, {one:?} is not equal to its clone"));
        }
        for other in &values[at..] {
            if let Some(wrong) = contradiction(*one, *other) {
                findings
                    .add(Rule::Identity, name, || format!("of the {name}s, {one:?} and {other:?} {wrong}"));
            }
        }
    }
}

/// What contradicts what, if anything does.
fn contradiction<T: Value>(one: &T, other: &T) -> Option<String> {
    let (equal, order) = (one == other, one.cmp(other));
    if (order == Ordering::Equal) != equal || other.cmp(one) != order.reverse() {
        let says = if equal { "equal" } else { "different" };
        return Some(format!(
            "are {says} to Eq, {order:?} to Ord, and {:?} the other way round",
            other.cmp(one)
        ));
    }
    if !equal {
        return None;
    }
    if FxBuildHasher.hash_one(one) != FxBuildHasher.hash_one(other) {
        return Some("are equal, and have different hashes".to_owned());
    }
    let differ = changes(&format!("{one:#?}"), &format!("{other:#?}"));
    differ.first().map(|change| format!("are equal, but differ in `{}`, which Eq does not see", change.field))
}
