//! Queues (Henzinger, Sezgin and Vafeiadis 2013).
//!
//! A history is linearizable just if no dequeue ends before its enqueue begins, there are no two values of which one was put in
//! first and taken out last, in real time both (what was never taken out counts as taken out at the end), and each dequeue that
//! finds nothing has a gap in which no value is in for certain.
//!
//! The last is independent of the others. Take an order without these dequeues, and a gap in which no value is in for certain.
//! Each value that is in nevertheless may be taken out in that gap already, or put in there only. Those that must go out go in
//! the order in which they came, then the queue is empty, then those that may come come in their order: nothing overtakes.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, BinaryHeap},
};

use super::{NEVER, Said, Span, Stay, tables::Cover};

/// When a value may come in, and when it may go out: the first and the last time of each. Times are even when something begins
/// or ends, and odd between.
#[derive(Clone, Copy)]
struct Window {
    puts: u32,
    takes: Option<u32>,
    comes: (usize, usize),
    goes: (usize, usize),
}

impl Window {
    fn calls(&self) -> impl Iterator<Item = u32> {
        std::iter::once(self.puts).chain(self.takes)
    }
}

/// The gaps in which calls find nothing, ascending; or calls in conflict.
pub(super) fn find_nothing(
    stays: &[Stay],
    empty: &[u32],
    spans: &[Span],
) -> Result<Vec<(usize, u32)>, Vec<u32>> {
    if empty.is_empty() {
        return Ok(Vec::new());
    }
    let last = 2 * spans.len();
    let mut cover = Cover::new(last + 1);
    for (from, to) in stays.iter().filter_map(Stay::certain) {
        cover.add((from, to.min(last)), 1);
    }
    let mut gaps = Vec::with_capacity(empty.len());
    for &call in empty {
        let span = spans[call as usize];
        let gap = cover.first_free(span.begin);
        if gap >= span.end {
            let chain = chain(stays.iter().collect(), span.begin, span.end);
            return Err(std::iter::once(call).chain(chain).collect());
        }
        gaps.push((gap, call));
    }
    gaps.sort_unstable();
    Ok(gaps)
}

/// The calls of as few values as it takes to cover the gaps `from..to`, which are covered.
pub(super) fn chain(mut stays: Vec<&Stay>, from: usize, to: usize) -> Vec<u32> {
    stays.retain(|stay| stay.certain().is_some());
    stays.sort_unstable_by_key(|stay| stay.put.end);
    let (mut calls, mut reached, mut next) = (Vec::new(), from, 0);
    while reached < to {
        let mut best: Option<&Stay> = None;
        while let Some(stay) = stays.get(next).filter(|stay| stay.put.end <= reached) {
            if best.is_none_or(|best| best.take.begin < stay.take.begin) {
                best = Some(stay);
            }
            next += 1;
        }
        match best.filter(|best| best.take.begin > reached) {
            Some(best) => {
                calls.extend(best.calls());
                reached = best.take.begin;
            }
            None => break,
        }
    }
    calls
}

pub(super) fn say(stays: &[Stay], empty: &[u32], spans: &[Span]) -> Said {
    let nothing = match find_nothing(stays, empty, spans) {
        Ok(gaps) => gaps,
        Err(conflict) => return Said::Conflict(conflict),
    };
    let even = |time: usize| if time == NEVER { NEVER } else { 2 * time };
    let mut windows = Vec::with_capacity(stays.len());
    for stay in stays {
        // It does not go before it may come, nor come after it must have gone.
        let (put, take) = (stay.put, stay.take);
        let mut comes = (even(put.begin), even(put.end.min(take.end)));
        let mut goes = (even(take.begin.max(put.begin)), even(take.end));
        // Before the first gap by whose end it need not have come the queue was empty; and so it will be in the next.
        let next = nothing.partition_point(|&(gap, _)| gap < put.end.min(take.end));
        if let Some(&(gap, _)) = next.checked_sub(1).and_then(|before| nothing.get(before)) {
            comes.0 = comes.0.max(2 * gap + 1);
            goes.0 = goes.0.max(2 * gap + 1);
        }
        if let Some(&(gap, _)) = nothing.get(next) {
            goes.1 = goes.1.min(2 * gap + 1);
        }
        windows.push(Window { puts: stay.puts, takes: stay.takes, comes, goes });
    }
    // For each value, of those that were in before it came: the last to be taken out.
    let mut by_end: Vec<&Window> = windows.iter().collect();
    by_end.sort_unstable_by_key(|window| window.comes.1);
    let mut by_begin: Vec<&Window> = windows.iter().collect();
    by_begin.sort_unstable_by_key(|window| window.comes.0);
    let (mut next, mut last): (usize, Option<&Window>) = (0, None);
    for window in by_begin.iter().copied() {
        while next < by_end.len() && by_end[next].comes.1 < window.comes.0 {
            last = [last, Some(by_end[next])].into_iter().flatten().max_by_key(|window| window.goes.0);
            next += 1;
        }
        if let Some(last) = last
            && window.goes.1 < last.goes.0
        {
            return Said::Conflict(last.calls().chain(window.calls()).collect());
        }
    }
    arrange(&windows, &nothing)
}

/// An order of all calls, from an order of the values in which both what was put in first and what was taken out first comes
/// first, with those that find nothing where they do.
fn arrange(windows: &[Window], nothing: &[(usize, u32)]) -> Said {
    let count = windows.len();
    // The next value is one that may come, and go, before any other that is left must have done so.
    let sorted = |key: &dyn Fn(&Window) -> usize| -> BinaryHeap<Reverse<(usize, usize)>> {
        (0..count).map(|value| Reverse((key(&windows[value]), value))).collect()
    };
    let (mut come_first, mut come_last) =
        (sorted(&|window| window.comes.0), sorted(&|window| window.comes.1));
    let (mut go_first, mut go_last) = (sorted(&|window| window.goes.0), sorted(&|window| window.goes.1));
    let mut ready = vec![0_u8; count];
    let mut candidates: BTreeSet<(usize, usize)> = BTreeSet::new();
    let mut done = vec![false; count];
    let (mut order, mut put_at, mut taken_at) = (Vec::new(), 0, 0);
    let mut nothing = nothing.iter().copied().peekable();
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
                    candidates.insert((windows[value].goes.1, value));
                }
            }
        }
        // Of several, the one that must be out first.
        let Some((_, value)) = candidates.pop_first() else { return Said::Nothing };
        done[value] = true;
        let window = &windows[value];
        while let Some((gap, call)) = nothing.next_if(|(gap, _)| 2 * gap < window.comes.0) {
            order.push((2 * gap + 1, order.len(), call));
        }
        put_at = put_at.max(window.comes.0);
        order.push((put_at, order.len(), window.puts));
        if let Some(takes) = window.takes {
            taken_at = taken_at.max(put_at).max(window.goes.0);
            order.push((taken_at, order.len(), takes));
        }
    }
    for (gap, call) in nothing {
        order.push((2 * gap + 1, order.len(), call));
    }
    order.sort_unstable();
    Said::Order(order.into_iter().map(|(_, _, call)| call).collect())
}
