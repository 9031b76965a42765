//! Priority queues: inserted, and removed the least first.
//!
//! A value is in nobody's way but that of greater ones: none of them may be removed while it is in. So the least value is looked
//! at first. It is best inserted as late as possible and removed as early as possible, or at once if that can be: whatever else is
//! done with it, it is in the way for those gaps at least. Then the next one, which is best removed in the first gap in which
//! nothing less is in, and so on: by induction no order has less in the way of any value than this one, so if one of them finds
//! no gap to be removed in, there is no order. What finds the queue empty takes any gap that is left in the end.

use super::{NEVER, Said, Schedule, Span, Stay, When, tables::Left};

/// The stays, the least first.
struct Removals<'a> {
    stays: &'a [Stay],
    /// For each that was looked at, the gap in which it is removed.
    removed: Vec<usize>,
    /// For each gap the least value that is in the way.
    owner: Vec<usize>,
}

pub(super) fn say(stays: &[Stay], empty: &[u32], spans: &[Span]) -> Said {
    // The gap after everything is always free, and stands for never.
    let last = 2 * spans.len();
    let mut free = Left::up_to(last);
    let mut removals = Removals { stays, removed: Vec::new(), owner: vec![usize::MAX; last] };
    let mut schedule = Schedule::default();
    for (value, stay) in stays.iter().enumerate() {
        let earliest = stay.at_once().min(last);
        let gap = free.from(earliest);
        if gap >= stay.take.end {
            return removals.conflict((earliest, stay.take.end), stay.calls());
        }
        removals.removed.push(gap);
        let takes = stay.takes.filter(|_| gap < last);
        if gap < stay.put.end {
            schedule.add(gap, When::Between, stay.puts);
            takes.into_iter().for_each(|takes| schedule.add(gap, When::Between, takes));
            continue;
        }
        schedule.add(stay.put.end - 1, When::Last, stay.puts);
        takes.into_iter().for_each(|takes| schedule.add(gap, When::First, takes));
        let mut at = free.from(stay.put.end);
        while at < gap {
            removals.owner[at] = value;
            free.cross_out(at);
            at = free.from(at);
        }
    }
    for &call in empty {
        let span = spans[call as usize];
        let gap = free.from(span.begin);
        if gap >= span.end {
            return removals.conflict((span.begin, span.end), std::iter::once(call));
        }
        schedule.add(gap, When::Between, call);
    }
    schedule.order()
}

impl Removals<'_> {
    /// The values that are in the way in all of these gaps, and those because of which they are for so long; with these calls.
    fn conflict(&self, gaps: (usize, usize), calls: impl Iterator<Item = u32>) -> Said {
        let mut few: Vec<u32> = calls.collect();
        let mut is_found = vec![false; self.stays.len()];
        let mut in_question = vec![gaps];
        while let Some((mut at, to)) = in_question.pop() {
            while at < to {
                let value = self.owner[at];
                let stay = &self.stays[value];
                at = self.removed[value];
                if !std::mem::replace(&mut is_found[value], true) {
                    few.extend(stay.calls());
                    // It might have been removed before, but for others.
                    if stay.take.begin != NEVER {
                        in_question.push((stay.at_once(), at));
                    }
                }
            }
        }
        Said::Conflict(few)
    }
}
