//! The same work for each of a range of states, on all threads.

use std::ops::Range;

use crossbeam::utils::CachePadded;
use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

use crate::{
    crew::Crew,
    store::{Store, Tables},
    sync::{AtomicU32, Backoff, Ordering},
    table::Full,
    worker::Worker,
};

/// Levels with fewer states are not worth a second thread.
const WORTH_A_THREAD: u32 = 512;

/// What one thread does.
pub(crate) trait Task<A: Actor, M>: Send {
    /// For some states, in order, at least one: those done are taken from the front of the range.
    ///
    /// # Errors
    /// A table is full: it will be grown, and this will be called again with what is left.
    fn visit(
        &mut self,
        worker: &mut Worker<'_, '_, A, M>,
        tables: &Tables,
        states: &mut Range<u32>,
    ) -> Result<(), Full>;

    /// From time to time and at the end, after some states.
    ///
    /// # Errors
    /// A table is full: it will be grown, and this will be called again, to go on where it stopped.
    fn flush(&mut self, _tables: &Tables) -> Result<(), Full> {
        Ok(())
    }
}

/// Hands out parts of a range of states to threads: each state to one of them.
pub(crate) struct Cursor {
    next: CachePadded<AtomicU32>,
    end: u32,
    stride: u32,
}

impl Cursor {
    pub(crate) fn new(range: Range<u32>, stride: u32) -> Self {
        Cursor { next: CachePadded::new(AtomicU32::new(range.start)), end: range.end, stride }
    }

    /// The next part, until there is none.
    pub(crate) fn take(&self) -> Option<Range<u32>> {
        // No overflow: numbers of states stay below 2^32 by far more than all threads' strides.
        let start = self.next.fetch_add(self.stride, Ordering::Relaxed);
        (start < self.end).then(|| start..self.end.min(start.saturating_add(self.stride)))
    }
}

/// Work on some numbers that has to be done before anybody goes on: whoever comes does a part of it.
pub(crate) struct Chore {
    parts: Cursor,
    /// For so many numbers it is not done yet.
    left: AtomicU32,
}

impl Chore {
    /// For these numbers, so many at a time.
    pub(crate) fn new(numbers: Range<u32>, stride: u32) -> Self {
        Chore { left: AtomicU32::new(numbers.end - numbers.start), parts: Cursor::new(numbers, stride) }
    }

    /// Returns when it is done, by this thread or by others.
    #[inline]
    pub(crate) fn finish(&self, part: impl Fn(Range<u32>)) {
        if self.left.load(Ordering::Acquire) > 0 {
            self.help(part);
        }
    }

    #[cold]
    fn help(&self, part: impl Fn(Range<u32>)) {
        while let Some(numbers) = self.parts.take() {
            part(numbers.clone());
            self.left.fetch_sub(numbers.end - numbers.start, Ordering::Release);
        }
        let backoff = Backoff::new();
        while self.left.load(Ordering::Acquire) > 0 {
            backoff.snooze();
        }
    }
}

/// Works through the range on so many threads as are worth it, at most one for each worker, each with a task of its own. A
/// thread calls `part` with its number for each part of the range that it is handed, until that says stop.
pub(crate) fn each<W: Send, T: Send>(
    crew: &Crew,
    workers: &mut [W],
    range: Range<u32>,
    make: impl Fn() -> T,
    part: &(impl Fn(usize, &mut W, &mut T, Range<u32>) -> bool + Sync),
) -> Vec<T> {
    let states = range.end - range.start;
    let threads = workers.len().min((states / WORTH_A_THREAD) as usize + 1);
    let stride = (states / (threads as u32 * 8)).clamp(16, 512);
    let cursor = Cursor::new(range, stride);
    let one = |at: usize, worker: &mut W, mut task: T| {
        while let Some(states) = cursor.take() {
            if !part(at, worker, &mut task, states) {
                break;
            }
        }
        task
    };
    let jobs = workers[..threads].iter_mut().enumerate().map(|(at, worker)| {
        let (one, task) = (&one, make());
        move || one(at, worker, task)
    });
    crew.together(jobs.collect())
}

/// Visits every state of the range once, each thread with a task of its own, until `pulse` says stop. `pulse` is called
/// by each thread with its number every few hundred states.
pub(crate) fn run<A, M, T>(
    crew: &Crew,
    workers: &mut [Worker<'_, '_, A, M>],
    store: &Store,
    range: Range<u32>,
    make: impl Fn() -> T,
    pulse: &(impl Fn(usize, &Worker<'_, '_, A, M>) -> bool + Sync),
) -> Vec<T>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
    T: Task<A, M>,
{
    each(crew, workers, range, make, &|at, worker, task: &mut T, mut part| {
        // A table that is full is grown while nobody holds it.
        while !part.is_empty() {
            if task.visit(worker, &store.tables(), &mut part).is_err() {
                store.grow();
            }
        }
        while task.flush(&store.tables()).is_err() {
            store.grow();
        }
        pulse(at, worker)
    })
}

#[cfg(all(test, loom))]
mod loom_tests {
    use loom::{sync::Arc, thread};

    use super::*;

    /// Every state is handed out once.
    #[test]
    fn loom_parts_do_not_overlap() {
        loom::model(|| {
            let cursor = Arc::new(Cursor::new(5..10, 2));
            let all = |cursor: &Cursor| std::iter::from_fn(|| cursor.take()).flatten().collect::<Vec<u32>>();
            let other = {
                let cursor = cursor.clone();
                thread::spawn(move || all(&cursor))
            };
            let mut states = all(&cursor);
            states.extend(other.join().expect("it does not panic"));
            states.sort_unstable();
            assert_eq!(states, [5, 6, 7, 8, 9]);
        });
    }
}
