//! Sets to which values are added, each once, and that are read whole.
//!
//! A set only grows, so reads come in the order of their sizes, each holding what the one before held; an addition comes between
//! the last read that does not show its value and the first that does. So the order is forced, but for additions between the
//! same two reads and for reads of the same, and there any order will do, as each of them leads to the same. A history is
//! linearizable just if what is read is such a chain, of values that were added, and nothing in it ended before something began
//! that comes before it.

use super::{NEVER, Part, Said, Span};

pub(super) fn say(parts: &[Part], spans: &[Span], values: usize) -> Said {
    let mut added: Vec<Option<u32>> = vec![None; values];
    let mut reads: Vec<(&[usize], u32)> = Vec::new();
    for (call, (part, span)) in (0..).zip(parts.iter().zip(spans)) {
        match part {
            Part::Gives(value) => added[*value] = Some(call),
            // A read that did not end is of no use.
            Part::GetsAll(members) if span.end != NEVER => reads.push((members, call)),
            _ => {}
        }
    }
    reads.sort_by_key(|&(members, call)| (members.len(), spans[call as usize].begin));
    if !reads.is_sorted_by(|(smaller, _), (larger, _)| is_within(smaller, larger)) {
        return Said::Conflict(Vec::new());
    }
    // Calls, each with its place in the forced order: of additions and reads by turns.
    let mut order: Vec<(usize, usize, u32)> = Vec::new();
    let mut is_read = vec![false; values];
    let (mut place, mut size) = (1, 0);
    for &(members, call) in &reads {
        if members.len() > size {
            (place, size) = (place + 2, members.len());
            for &value in members {
                if std::mem::replace(&mut is_read[value], true) {
                    continue;
                }
                match added[value] {
                    Some(add) => order.push((place - 1, spans[add as usize].begin, add)),
                    None => return Said::Conflict(Vec::new()),
                }
            }
        }
        order.push((place, spans[call as usize].begin, call));
    }
    for (value, add) in added.iter().enumerate() {
        // One that did not end and that nobody saw need not have happened.
        if let Some(add) = *add
            && !is_read[value]
            && spans[add as usize].end != NEVER
        {
            order.push((place + 1, spans[add as usize].begin, add));
        }
    }
    order.sort_unstable();
    let mut begun = 0;
    for &(_, begin, call) in &order {
        begun = begun.max(begin);
        if spans[call as usize].end < begun {
            return Said::Conflict(Vec::new());
        }
    }
    Said::Order(order.into_iter().map(|(.., call)| call).collect())
}

/// Whether each of these is among the others; both ascend.
fn is_within(some: &[usize], others: &[usize]) -> bool {
    let mut others = others.iter();
    some.iter().all(|one| others.any(|other| other == one))
}
