//! Threads that work together, level after level.
//!
//! They are kept from one level to the next: a thread that has just ended still needs its processor for a moment, and one that is
//! started then shares a processor with the thread that started it, until it is moved some milliseconds later.

use std::sync::OnceLock;

use rayon_core::{ThreadPool, ThreadPoolBuilder};

/// The calling thread, and as many others as there are to be besides.
pub(crate) struct Crew {
    threads: usize,
    /// The others, once they were needed; `None` if they could not be started.
    others: OnceLock<Option<ThreadPool>>,
}

impl Crew {
    /// So many threads, the calling one included.
    pub(crate) fn new(threads: usize) -> Self {
        Crew { threads, others: OnceLock::new() }
    }

    /// Does all jobs and returns what came of them, in their order: each on a thread of its own, as far as there are so many.
    /// The first one is done by the calling thread. If one panics, so does this function, when all others are done.
    pub(crate) fn together<T: Send>(&self, jobs: Vec<impl FnOnce() -> T + Send>) -> Vec<T> {
        let others = if jobs.len() > 1 { self.others.get_or_init(|| self.start()).as_ref() } else { None };
        let Some(others) = others else {
            return jobs.into_iter().map(|job| job()).collect();
        };
        let mut done: Vec<Option<T>> = jobs.iter().map(|_| None).collect();
        others.in_place_scope(|scope| {
            let mut jobs = done.iter_mut().zip(jobs);
            let mine = jobs.next();
            for (done, job) in jobs {
                scope.spawn(move |_| *done = Some(job()));
            }
            if let Some((done, job)) = mine {
                *done = Some(job());
            }
        });
        done.into_iter().flatten().collect()
    }

    fn start(&self) -> Option<ThreadPool> {
        let name = |at| format!("search {}", at + 1);
        ThreadPoolBuilder::new()
            .num_threads(self.threads.saturating_sub(1).max(1))
            .thread_name(name)
            .build()
            .ok()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::{panic::catch_unwind, sync::Barrier, thread};

    use super::*;

    #[test]
    fn what_comes_of_jobs_is_in_their_order() {
        for threads in [1, 2, 3] {
            let crew = Crew::new(threads);
            for jobs in 0..7 {
                let squares = crew.together((0..jobs).map(|job| move || job * job).collect());
                assert_eq!(
                    squares,
                    (0..jobs).map(|job| job * job).collect::<Vec<u32>>(),
                    "on {threads} threads"
                );
            }
        }
    }

    /// They wait for each other, which they could not one after the other; the first is where it was asked for.
    #[test]
    fn jobs_are_done_at_once() {
        let (crew, all_are_there) = (Crew::new(3), Barrier::new(3));
        for _ in 0..3 {
            let job = || {
                all_are_there.wait();
                thread::current().id()
            };
            let threads = crew.together(vec![job; 3]);
            assert_eq!(threads[0], thread::current().id());
            assert!(threads[1] != threads[2] && !threads[1..].contains(&threads[0]));
        }
    }

    #[test]
    fn a_job_that_panics_is_heard_of() {
        let crew = Crew::new(2);
        for at in 0..2 {
            let job = |mine: usize| move || assert!(mine != at, "job {mine} fails");
            let done = catch_unwind(std::panic::AssertUnwindSafe(|| crew.together(vec![job(0), job(1)])));
            let panic = done.expect_err("one fails");
            assert_eq!(panic.downcast_ref::<String>(), Some(&format!("job {at} fails")));
        }
        assert_eq!(crew.together(vec![|| 7, || 7]), [7, 7], "it works on");
    }
}
