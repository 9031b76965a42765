//! Linearizability is local (Herlihy and Wing 1990, theorem 1): parts are checked one by one, and their orders merged.

use std::collections::BTreeMap;

use synod_specifications::Specification;

use crate::call::{Call, CallOf};

/// All calls, by their places, in the order in which they began.
pub(super) fn whole<O, A>(calls: &[Call<O, A>]) -> Vec<usize> {
    let mut part: Vec<usize> = (0..calls.len()).collect();
    part.sort_by_key(|&call| calls[call].invoked);
    part
}

/// The calls, by their places, in the order in which they began, apart where no call connects the parts of the object.
pub(super) fn split<S: Specification>(specification: &S, calls: &[CallOf<S>]) -> Vec<Vec<usize>> {
    // Parts are sets in a forest: the number of the parent, or one's own.
    let mut numbers: BTreeMap<S::Part, usize> = BTreeMap::new();
    let mut parents: Vec<usize> = Vec::new();
    fn root(parents: &mut [usize], mut at: usize) -> usize {
        while parents[at] != at {
            parents[at] = parents[parents[at]];
            at = parents[at];
        }
        at
    }
    let mut of_call = Vec::with_capacity(calls.len());
    for call in calls {
        let mut touched = None;
        for part in specification.parts(&call.operation) {
            let next = parents.len();
            let number = *numbers.entry(part).or_insert(next);
            if number == next {
                parents.push(next);
            }
            let one = root(&mut parents, number);
            let other = root(&mut parents, touched.unwrap_or(number));
            parents[one] = other;
            touched = Some(other);
        }
        match touched {
            Some(number) => of_call.push(number),
            None => return vec![whole(calls)],
        }
    }
    let mut parts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for call in whole(calls) {
        parts.entry(root(&mut parents, of_call[call])).or_default().push(call);
    }
    parts.into_values().collect()
}

/// One order of all parts' orders.
///
/// Each call takes effect at the latest beginning of those up to it in its part's order: after its own beginning, and
/// before its end, since nothing that it follows began after that.
pub(super) fn merge<O, A>(calls: &[Call<O, A>], orders: Vec<Vec<usize>>) -> Vec<usize> {
    let mut points = Vec::with_capacity(calls.len());
    for (part, order) in orders.into_iter().enumerate() {
        let mut point = 0;
        for (place, call) in order.into_iter().enumerate() {
            point = point.max(calls[call].invoked);
            points.push((point, part, place, call));
        }
    }
    points.sort_unstable();
    points.into_iter().map(|(_, _, _, call)| call).collect()
}
