//! The tables as threads share them: many read and insert at once, and one makes them grow while nobody else holds them.

use std::{io, panic::resume_unwind, path::Path};

use super::Tables;
#[cfg(all(test, not(loom)))]
use crate::layout::Layout;
use crate::{
    entries::Lost,
    rows::Candidates,
    sync::{AtomicBool, AtomicU64, Backoff, Ordering, RwLock, RwLockReadGuard},
};

/// The states reached.
pub(crate) struct Store {
    pub(super) tables: RwLock<Tables>,
    /// Whether a thread is about to make them grow.
    is_growing: AtomicBool,
    bytes: AtomicU64,
    memo_bytes: AtomicU64,
}

impl Store {
    /// An empty store for states of so many parts, whose tables first grow at `capacity`, for so many threads.
    pub(crate) fn new(parts: usize, capacity: usize, epochs: bool, threads: usize) -> Self {
        let tables = Tables::new(parts, capacity, epochs, threads);
        Store {
            bytes: AtomicU64::new(tables.bytes()),
            memo_bytes: AtomicU64::new(0),
            is_growing: AtomicBool::new(false),
            tables: RwLock::new(tables),
        }
    }

    /// The same, empty, with another layout.
    #[cfg(all(test, not(loom)))]
    pub(crate) fn with_layout(self, layout: Layout) -> Self {
        Store { tables: RwLock::new(self.tables.into_inner().with_layout(layout)), ..self }
    }

    /// The tables, which cannot grow while they are borrowed.
    pub(crate) fn tables(&self) -> RwLockReadGuard<'_, Tables> {
        self.tables.read()
    }

    /// Prepares for what comes of a level of so many states, or half of it: threads that need room later have to wait for each
    /// other. In the end there will be so many as `expected`, if that can be told. From now on menus may hold so many bytes
    /// before they are forgotten.
    pub(crate) fn prepare(&self, states: u32, expected: Option<u64>, menus: u64) {
        let mut tables = self.tables.write();
        let root = tables.tables.last_mut().expect("a tree has a root");
        root.expect(expected.unwrap_or(0) as usize);
        root.grow_to((root.len() + states / 2) as usize);
        tables.memo.allow(menus as usize);
        self.account(&tables);
    }

    /// From now on moves have names.
    pub(crate) fn with_names(&self) {
        self.tables.write().memo.with_names();
    }

    /// The bytes that menus hold.
    pub(crate) fn memo_bytes(&self) -> u64 {
        self.memo_bytes.load(Ordering::Relaxed)
    }

    /// Grows what is full, and makes room for numbers that do not fit, unless another thread is about to: then it returns, and whoever
    /// reads waits for that. The caller must not be holding the tables. Unwinds if states are [`Lost`] that have to be moved.
    pub(crate) fn grow(&self) {
        // Who waited for the turn to write would wait for those who read again, and could not help them with an index.
        if self.is_growing.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_err() {
            return Backoff::new().snooze();
        }
        self.tables.read().is_awaited.store(true, Ordering::Relaxed);
        let mut tables = self.tables.write();
        tables.is_awaited.store(false, Ordering::Relaxed);
        tables.grow();
        let laid_out = if tables.layout.fits(&tables.largest()) { Ok(()) } else { tables.lay_out() };
        self.account(&tables);
        self.is_growing.store(false, Ordering::Release);
        laid_out.unwrap_or_else(|lost| resume_unwind(Box::new(lost)));
    }

    /// Inserts these states, and tells the number of each; false if there was no room for all of them.
    pub(crate) fn put<'p>(&self, states: impl Iterator<Item = &'p [u32]>, mut told: impl FnMut(u32)) -> bool {
        let tables = self.tables();
        let mut candidates = Candidates::new(&tables);
        for parts in states {
            if candidates.push_parts(&tables, parts).is_err() {
                return false;
            }
        }
        tables.fold(&mut candidates, |_, number, _| told(number)).is_ok()
    }

    /// Tells how much the tables hold.
    fn account(&self, tables: &Tables) {
        self.bytes.store(tables.bytes(), Ordering::Relaxed);
        self.memo_bytes.store(tables.memo.bytes(), Ordering::Relaxed);
    }

    /// Puts the states below this number on disk, in this folder, and returns whether that made room. The caller must not be
    /// holding the tables.
    ///
    /// # Errors
    /// It cannot be written. All states are still known.
    pub(crate) fn spill(&self, below: u32, folder: &Path) -> io::Result<bool> {
        let mut tables = self.tables.write();
        let made_room = tables.spill(below, folder)?;
        self.account(&tables);
        Ok(made_room)
    }

    /// Whether states that were put on disk cannot be read again: of those that were asked for.
    pub(crate) fn lost(&self) -> Option<Lost> {
        self.tables().root().lost()
    }

    /// The bytes held on disk.
    pub(crate) fn bytes_on_disk(&self) -> u64 {
        self.tables().root().bytes_on_disk()
    }

    /// The bytes held in memory.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}
