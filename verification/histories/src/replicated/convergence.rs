//! Convergence: when nobody writes any more, everybody comes to read the same.
//!
//! Eventual consistency says nothing about any finite history. This is what can be asked of one that ends in quiet: of the
//! reads of a register that begin when all its writes have ended, the last of each process agree.

use std::collections::BTreeMap;

use super::{Accesses, Certificate, Checked, Source, Wrong};
use crate::answer::Shortage;

pub(super) fn check(accesses: &Accesses) -> Checked {
    let mut quiet: BTreeMap<usize, Option<usize>> = BTreeMap::new();
    for access in &accesses.all {
        let held = quiet.entry(access.key).or_insert(Some(0));
        if access.writes {
            // A write that never ended may take effect at any time.
            *held = held.and_then(|held| access.interval.1.map(|end| end.max(held)));
        }
    }
    for (key, quiet) in quiet {
        let mut last: BTreeMap<usize, usize> = BTreeMap::new();
        for (place, access) in accesses.all.iter().enumerate() {
            let is_late = quiet.is_none_or(|quiet| access.interval.0 > quiet);
            if access.key == key && access.reads.is_some() && !access.writes && is_late {
                last.insert(access.process, place);
            }
        }
        let sees = |place: usize| match accesses.all[place].reads {
            Some(Source::Write(write)) => Some(write),
            _ => None,
        };
        let Some(&first) = last.values().next() else { continue };
        if let Some(&other) = last.values().find(|&&place| sees(place) != sees(first)) {
            if quiet.is_none() {
                return Err(Shortage::Undecided(
                    "a write of unknown outcome may still take effect, so it is never quiet".into(),
                ));
            }
            return Ok(Err(Wrong {
                pattern: "divergence",
                operations: accesses.operations(&[first, other]),
                because: "all writes had ended when these began, they are the last of their processes, and see different writes".into(),
            }));
        }
    }
    Ok(Ok(Certificate::Nothing))
}
