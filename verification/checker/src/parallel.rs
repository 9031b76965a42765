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
    /// For some states, in order, at least one: those done are taken from the front of the list.
    ///
    /// # Errors
    /// A table is full: it will be grown, and this will be called again with what is left.
    fn visit(
        &mut self,
        worker: &mut Worker<'_, '_, A, M>,
        tables: &Tables,
        states: &mut &[u32],
    ) -> Result<(), Full>;

    /// At the end.
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

/// States that are worked through by one thread, one after the other: some numbers in a row, and some more.
pub(crate) type Block = Vec<Range<u32>>;

/// The new states that a thread found, in blocks.
#[derive(Default)]
pub(crate) struct Found {
    blocks: Vec<Block>,
    /// So many more are put into the last one.
    room: u32,
}

impl Found {
    /// So many states make a block.
    const BLOCK: u32 = 128;

    /// Adds a state.
    #[inline]
    pub(crate) fn add(&mut self, state: u32) {
        if self.room == 0 {
            self.blocks.push(Block::new());
            self.room = Self::BLOCK;
        }
        self.room -= 1;
        let block = self.blocks.last_mut().expect("there is one by now");
        match block.last_mut() {
            Some(last) if last.end == state => last.end += 1,
            _ => block.push(state..state + 1),
        }
    }

    /// How many there are.
    fn len(&self) -> u32 {
        self.blocks.iter().flatten().map(|states| states.end - states.start).sum()
    }
}

/// Hands out blocks of states, each to one thread.
pub(crate) struct Blocks {
    states: u32,
    /// By the thread that they are meant for; for whoever comes if there are fewer lists than threads.
    lists: Vec<(Vec<Block>, Cursor)>,
}

impl Blocks {
    /// All of a range, for so many threads.
    pub(crate) fn of(range: Range<u32>, threads: usize) -> Self {
        let states = range.end - range.start;
        let stride = (states / (threads as u32 * 8)).clamp(16, 512);
        let parts = Cursor::new(range, stride);
        Blocks::new(states, [std::iter::from_fn(|| parts.take()).map(|part| vec![part]).collect()])
    }

    /// All of this level, if that is what threads found; each goes on with what it found itself. What comes of these states is much like what they
    /// come of: it is in that thread's memos, and near its processor.
    pub(crate) fn of_found(level: Range<u32>, found: Vec<Found>) -> Option<Self> {
        let states = found.iter().map(Found::len).sum();
        let blocks = || Blocks::new(states, found.into_iter().map(|found| found.blocks));
        (states == level.end - level.start).then(blocks)
    }

    fn new(states: u32, lists: impl IntoIterator<Item = Vec<Block>>) -> Self {
        let with_cursor = |blocks: Vec<Block>| {
            let all = 0..blocks.len() as u32;
            (blocks, Cursor::new(all, 1))
        };
        Blocks { states, lists: lists.into_iter().map(with_cursor).collect() }
    }

    /// The next one for this thread, until there is none: one of its own, if there is; if not, of another.
    fn take(&self, thread: usize) -> Option<&[Range<u32>]> {
        let mine = thread.min(self.lists.len());
        let (others, lists) = self.lists.split_at(mine);
        let mut all = lists.iter().chain(others);
        all.find_map(|(blocks, next)| next.take().map(|at| &blocks[at.start as usize][..]))
    }
}

/// Works through the blocks on so many threads as are worth it, at most one for each worker, each with a task of its own: calls
/// `work` with the thread's number, and what hands it its blocks.
pub(crate) fn each<W: Send, T: Send>(
    crew: &Crew,
    workers: &mut [W],
    blocks: &Blocks,
    make: impl Fn() -> T,
    work: &(impl Fn(usize, &mut W, &mut T, &mut dyn Iterator<Item = &[Range<u32>]>) + Sync),
) -> Vec<T> {
    let threads = workers.len().min((blocks.states / WORTH_A_THREAD) as usize + 1);
    let jobs = workers[..threads].iter_mut().enumerate().map(|(at, worker)| {
        let mut task = make();
        move || {
            work(at, worker, &mut task, &mut std::iter::from_fn(|| blocks.take(at)));
            task
        }
    });
    crew.together(jobs.collect())
}

/// Visits every state of the blocks once, each thread with a task of its own, until `pulse` says stop. `pulse` is called
/// by each thread with its number every few hundred states.
pub(crate) fn run<A, M, T>(
    crew: &Crew,
    workers: &mut [Worker<'_, '_, A, M>],
    store: &Store,
    blocks: &Blocks,
    make: impl Fn() -> T,
    pulse: &(impl Fn(usize, &Worker<'_, '_, A, M>) -> bool + Sync),
) -> Vec<T>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
    T: Task<A, M>,
{
    each(crew, workers, blocks, make, &|at, worker, task: &mut T, blocks| {
        // A table that is full is grown while nobody holds it.
        let mut states = Vec::new();
        for block in blocks {
            states.clear();
            block.iter().for_each(|numbers| states.extend(numbers.clone()));
            let mut left = &states[..];
            while !left.is_empty() {
                if task.visit(worker, &store.tables(), &mut left).is_err() {
                    store.grow();
                }
            }
            if !pulse(at, worker) {
                break;
            }
        }
        while task.flush(&store.tables()).is_err() {
            store.grow();
        }
    })
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// Each state is in one block, whoever found it, and whoever takes it; and a thread takes its own first.
    #[test]
    fn blocks_hold_each_state_once() {
        let found = |thread: u32| {
            let mut found = Found::default();
            (0..1280).filter(|state| state / 32 % 2 == thread).for_each(|state| found.add(state));
            found
        };
        let taken = |blocks: &Blocks, thread: usize| -> Vec<u32> {
            let blocks = std::iter::from_fn(|| blocks.take(thread));
            blocks.flatten().cloned().flatten().collect()
        };
        assert!(Blocks::of_found(0..1281, vec![found(0), found(1)]).is_none());
        let shared = Blocks::of_found(0..1280, vec![found(0), found(1)]).expect("it is the whole level");
        let mut all = taken(&shared, 1);
        assert!(all.iter().enumerate().all(|(at, state)| state / 32 % 2 == u32::from(at < 640)));
        all.sort_unstable();
        assert!(all.into_iter().eq(0..1280) && taken(&shared, 0).is_empty());
        let range = Blocks::of(7..1280, 2);
        assert_eq!(range.take(0).map(|block| block[0].clone()), Some(7..7 + 79));
        assert!(taken(&range, 1).into_iter().eq(7 + 79..1280));
    }
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
