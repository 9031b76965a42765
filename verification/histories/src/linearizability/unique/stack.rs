//! Stacks: the value at the bottom is taken away, again and again (the decrease and conquer of Lee and Mathur 2025).
//!
//! A value that may be pushed and popped at once is in nobody's way. Any other is in for certain from the end of its push to the
//! beginning of its pop, or to the end of everything, if it is not popped. Where no value is in for certain, the stack may as
//! well be empty: a value that is in nevertheless can be popped there already, or pushed there only, and what was nested or apart
//! stays so. So stretches of gaps in which some value is in for certain are looked at one by one, and what finds nothing needs a
//! gap between them.
//!
//! Within a stretch the stack is never empty, so one value is at its bottom all the time: one that may be pushed before the stretch
//! and popped after it. If there is none, there is no order. If there are several, any of them will do: in an order that has
//! another at the bottom, this one can be put below all that is there in the stretch, and it is in nobody's way there. Without
//! it the stretch falls apart into others.

use super::{
    NEVER, Said, Schedule, Span, Stay, When, queue,
    tables::{Cover, Greatest, Left},
};

/// Values that are in for certain at some time.
struct Values {
    /// By the end of their pushes.
    stays: Vec<Stay>,
    /// How often each gap is covered by them.
    cover: Cover,
    /// Those that were not taken away.
    left: Left,
    /// Those of them whose push may come before the stretch they are in, by the end of their pops; and the others, by the
    /// beginning of their pushes, the first the greatest.
    ready: Greatest,
    waiting: Greatest,
    /// The gap after everything: that of the pops that never are.
    never: usize,
}

/// What is to be done next.
enum Task {
    /// Look at the values of these places.
    Look(usize, usize),
    /// Pop this value in this gap.
    Pop(usize, usize),
}

pub(super) fn say(stays: &[Stay], empty: &[u32], spans: &[Span]) -> Said {
    let nothing = match queue::find_nothing(stays, empty, spans) {
        Ok(gaps) => gaps,
        Err(conflict) => return Said::Conflict(conflict),
    };
    let mut schedule = Schedule::default();
    for (gap, call) in nothing {
        schedule.add(gap, When::Between, call);
    }
    for stay in stays.iter().filter(|stay| stay.certain().is_none()) {
        stay.calls().for_each(|call| schedule.add(stay.at_once(), When::Between, call));
    }
    let mut values = Values::new(stays, 2 * spans.len());
    let mut tasks = vec![Task::Look(0, values.stays.len())];
    while let Some(task) = tasks.pop() {
        match task {
            Task::Pop(value, gap) => {
                // What is popped never, or not for certain, and not before everything ended, is not popped.
                let takes = values.stays[value].takes.filter(|_| gap < values.never);
                takes.into_iter().for_each(|takes| schedule.add(gap, When::First, takes));
            }
            Task::Look(from, to) => {
                let mut at = values.left.from(from);
                while at < to {
                    // A stretch, and the values in it.
                    let start = values.stays[at].put.end;
                    let stop = values.cover.first_free(start);
                    let after = values.stays.partition_point(|stay| stay.put.end < stop);
                    let Some(bottom) = values.bottom((at, after), (start, stop)) else {
                        return Said::Conflict(values.chain((at, after), (start, stop)));
                    };
                    values.take_away(bottom);
                    schedule.add(start - 1, When::Last, values.stays[bottom].puts);
                    tasks.push(Task::Pop(bottom, stop));
                    tasks.push(Task::Look(at, after));
                    at = values.left.from(after);
                }
            }
        }
    }
    schedule.order()
}

impl Values {
    fn new(stays: &[Stay], never: usize) -> Self {
        let mut stays: Vec<Stay> = stays.iter().copied().filter(|stay| stay.certain().is_some()).collect();
        stays.sort_unstable_by_key(|stay| stay.put.end);
        let mut values = Values {
            cover: Cover::new(never + 1),
            left: Left::up_to(stays.len()),
            ready: Greatest::new(stays.iter().map(|_| None)),
            waiting: Greatest::new(stays.iter().map(|stay| Some(NEVER - stay.put.begin))),
            stays,
            never,
        };
        for value in 0..values.stays.len() {
            values.cover(value, 1);
        }
        values
    }

    /// Covers the gaps of a value once more or once less.
    fn cover(&mut self, value: usize, times: i64) {
        let stay = &self.stays[value];
        self.cover.add((stay.put.end, stay.take.begin.min(self.never)), times);
    }

    /// Of the values at these places, which are left in this stretch: one that may be pushed before it and popped after it.
    fn bottom(&mut self, (from, to): (usize, usize), (start, stop): (usize, usize)) -> Option<usize> {
        while let Some((key, value)) = self.waiting.of(from, to)
            && NEVER - key < start
        {
            self.waiting.set(value, None);
            self.ready.set(value, Some(self.stays[value].take.end));
        }
        self.ready.of(from, to).filter(|(end, _)| *end > stop).map(|(_, value)| value)
    }

    fn take_away(&mut self, value: usize) {
        self.cover(value, -1);
        self.left.cross_out(value);
        self.ready.set(value, None);
    }

    /// The calls of a few values of a stretch without a bottom, which by themselves have none: each of those that keep it
    /// together is pushed after its start or popped before its end, as those at its start and at its end show.
    fn chain(&mut self, (from, to): (usize, usize), (start, stop): (usize, usize)) -> Vec<u32> {
        let left: Vec<usize> = (from..to).filter(|&value| self.left.from(value) == value).collect();
        queue::chain(left.into_iter().map(|value| &self.stays[value]).collect(), start, stop)
    }
}
