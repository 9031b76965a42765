//! What threads share is built on these, so that loom can put its own in their place (`--cfg loom`).

#[cfg(not(loom))]
mod real {
    pub use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};

    pub use crossbeam::utils::Backoff;
    pub use parking_lot::{RwLock, RwLockReadGuard};
}

#[cfg(loom)]
mod real {
    pub use loom::sync::RwLockReadGuard;
    pub use loom::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};

    /// `parking_lot::RwLock` as far as it is used here: locking does not fail.
    #[derive(Debug, Default)]
    pub struct RwLock<T>(loom::sync::RwLock<T>);

    impl<T> RwLock<T> {
        pub fn new(value: T) -> Self {
            RwLock(loom::sync::RwLock::new(value))
        }
        pub fn read(&self) -> RwLockReadGuard<'_, T> {
            self.0.read().expect("no thread panics while it holds the lock")
        }
        pub fn write(&self) -> loom::sync::RwLockWriteGuard<'_, T> {
            self.0.write().expect("no thread panics while it holds the lock")
        }
    }

    /// `crossbeam::utils::Backoff`: to loom, waiting is a yield.
    pub struct Backoff;

    impl Backoff {
        pub fn new() -> Self {
            Backoff
        }
        pub fn snooze(&self) {
            loom::thread::yield_now();
        }
    }
}

pub use real::*;
