//! How fast the checkers are, and how much memory they take.

use std::{
    hint::spin_loop,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread::yield_now,
    time::{Duration, Instant},
};

use synod_models::paxos::Model;

use crate::engine::{Count, Engine};

/// Transitions per second of each checker, measured right after each other.
///
/// How fast a machine is changes from one moment to the next, so a quotient is only worth something within a round; and that of one
/// thread and two, which is smaller, within a part of it.
#[derive(Clone, PartialEq, Debug)]
struct Round {
    ours: Scaling,
    stateright: f64,
}

/// Ours is so much faster that it can be measured so often in a round.
const OURS: usize = 3;

/// Transitions per second of our checker, measured right after each other.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Turn {
    one: f64,
    two: f64,
    /// Of two searches together, each on one thread, that share nothing.
    apart: f64,
    /// See [`round_trip`].
    round_trip: f64,
}

/// What a second thread is worth: some turns of one thread, two, and two searches at once.
#[derive(Clone, PartialEq, Debug)]
pub struct Scaling(Vec<Turn>);

impl Scaling {
    /// Works on one thread, on two, and twice at once on one, in turn; so many turns. `work` is given the number of threads, and returns how
    /// many transitions it explored.
    pub fn measure(turns: usize, work: &(impl Fn(usize) -> u64 + Sync)) -> Scaling {
        let work_twice = || {
            std::thread::scope(|scope| {
                let other = scope.spawn(|| work(1));
                work(1) + other.join().expect("it counts the same")
            })
        };
        let turn = |_| {
            let (one, before) = (rate(|| work(1)), round_trip());
            let (two, after) = (rate(|| work(2)), round_trip());
            Turn { one, two, apart: rate(work_twice), round_trip: median(vec![before, after]) }
        };
        Scaling((0..turns).map(turn).collect())
    }

    /// Transitions per second on one thread.
    pub fn one(&self) -> f64 {
        median(self.0.iter().map(|turn| turn.one).collect())
    }

    /// How many times as fast as on one thread it is on two.
    pub fn gain(&self) -> f64 {
        median(self.0.iter().map(|turn| turn.two / turn.one).collect())
    }

    /// The same of two searches at once that share nothing, together: what this machine gives to a second thread at most.
    pub fn apart(&self) -> f64 {
        median(self.0.iter().map(|turn| turn.apart / turn.one).collect())
    }

    /// How long a word took from one thread to another and back meanwhile, in nanoseconds.
    pub fn round_trip(&self) -> f64 {
        median(self.0.iter().map(|turn| turn.round_trip).collect())
    }
}

/// How long a word takes from one thread to another and back, in nanoseconds: little if their processors share a cache, and several times
/// that if they do not. Threads of one search that write to the same tables wait for that.
fn round_trip() -> f64 {
    const TRIPS: u32 = 20_000;
    let word = AtomicU32::new(0);
    // Each waits for its numbers, every other one.
    let wait_for = |number| {
        let mut spins = 0;
        while word.load(Ordering::Acquire) != number {
            spins += 1;
            if spins % 1_000 == 0 { yield_now() } else { spin_loop() }
        }
    };
    let begin = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for trip in 0..TRIPS {
                wait_for(2 * trip + 1);
                word.store(2 * trip + 2, Ordering::Release);
            }
        });
        for trip in 0..TRIPS {
            wait_for(2 * trip);
            word.store(2 * trip + 1, Ordering::Release);
        }
        wait_for(2 * TRIPS);
    });
    begin.elapsed().as_secs_f64() * 1e9 / f64::from(TRIPS)
}

/// How much of this is done in a second.
fn rate(work: impl FnOnce() -> u64) -> f64 {
    let begin = Instant::now();
    work() as f64 / begin.elapsed().as_secs_f64()
}

/// How fast the checkers explore a system.
#[derive(Clone, PartialEq, Debug)]
pub struct Speed {
    /// What all of them counted.
    pub count: Count,
    rounds: Vec<Round>,
}

impl Speed {
    /// Explores a system with each checker in turn, and again, for so many rounds. Within a round each goes on, from the
    /// start, until it has worked for as long as `least`.
    ///
    /// # Panics
    /// If the checkers do not count the same, or there are no rounds.
    pub fn measure(system: &Arc<Model>, rounds: usize, least: Duration) -> Speed {
        assert!(rounds > 0, "nothing is measured in no rounds");
        let count = Engine::Synod(1).explore(system); // it warms the machine up, too
        let work = |engine: Engine| {
            let begin = Instant::now();
            let mut transitions = 0;
            while transitions == 0 || begin.elapsed() < least {
                assert_eq!(engine.explore(system), count, "{engine} counts otherwise");
                transitions += count.transitions;
            }
            transitions
        };
        let round = |_| Round {
            ours: Scaling::measure(OURS, &|threads| work(Engine::Synod(threads))),
            stateright: rate(|| work(Engine::Stateright)),
        };
        Speed { count, rounds: (0..rounds).map(round).collect() }
    }

    /// Transitions per second of our checker, on one thread.
    pub fn one(&self) -> f64 {
        self.of_turns(|turn| turn.one)
    }

    /// Transitions per second of our checker, on two threads.
    pub fn two(&self) -> f64 {
        self.of_turns(|turn| turn.two)
    }

    /// Transitions per second of stateright, on one thread.
    pub fn stateright(&self) -> f64 {
        self.of_rounds(|round| round.stateright)
    }

    /// How many times as fast as stateright our checker is, each on one thread.
    pub fn gain(&self) -> f64 {
        self.of_rounds(|round| round.ours.one() / round.stateright)
    }

    /// What a second thread is worth to ours, of all turns.
    pub fn scaling(&self) -> Scaling {
        Scaling(self.turns().copied().collect())
    }

    fn turns(&self) -> impl Iterator<Item = &Turn> {
        self.rounds.iter().flat_map(|round| &round.ours.0)
    }

    fn of_rounds(&self, of: impl Fn(&Round) -> f64) -> f64 {
        median(self.rounds.iter().map(of).collect())
    }

    fn of_turns(&self, of: impl Fn(&Turn) -> f64) -> f64 {
        median(self.turns().map(of).collect())
    }
}

/// The figure in the middle; of an even number between the two there.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    if figures.len() % 2 == 1 { figures[middle] } else { (figures[middle - 1] + figures[middle]) / 2.0 }
}

/// What the checkers allocate at their peak, in bytes, on one thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Memory {
    /// Ours.
    pub synod: u64,
    /// Stateright.
    pub stateright: u64,
}

impl Memory {
    /// How many times as much as ours stateright takes.
    pub fn gain(&self) -> f64 {
        self.stateright as f64 / self.synod as f64
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Figures, given as rounds of ours on one thread, on two, of two searches at once, and stateright's; the same all through a round.
    pub(crate) fn speed(rounds: &[[f64; 4]]) -> Speed {
        let round = |&[one, two, apart, stateright]: &[f64; 4]| Round {
            ours: Scaling(vec![Turn { one, two, apart, round_trip: 100.0 }; OURS]),
            stateright,
        };
        let count = Count { states: 1_000, transitions: 4_000 };
        Speed { count, rounds: rounds.iter().map(round).collect() }
    }

    #[test]
    fn quotients_are_of_rounds_and_not_of_medians() {
        // The machine is half as fast in the second round, and stumbles once, in the third.
        let speed = speed(&[[30.0, 60.0, 45.0, 2.0], [15.0, 30.0, 24.0, 1.0], [1.0, 60.0, 2.0, 2.0]]);
        assert_eq!((speed.one(), speed.two(), speed.stateright()), (15.0, 60.0, 2.0));
        let scaling = speed.scaling();
        assert_eq!((speed.gain(), scaling.gain(), scaling.apart()), (15.0, 2.0, 1.6));
    }

    #[test]
    fn a_stumble_within_a_round_does_not_matter() {
        let mut speed = speed(&[[30.0, 60.0, 45.0, 2.0]]);
        speed.rounds[0].ours.0[1] = Turn { one: 2.0, two: 5.0, apart: 60.0, round_trip: 1.0 };
        let scaling = speed.scaling();
        assert_eq!((speed.gain(), scaling.gain(), scaling.apart()), (15.0, 2.0, 1.5));
    }

    #[test]
    fn of_an_even_number_the_median_is_between_the_middle_ones() {
        assert_eq!(speed(&[1.0, 4.0, 2.0, 9.0].map(|one| [one, 1.0, 1.0, 1.0])).one(), 3.0);
    }

    #[test]
    fn a_tenth_of_the_memory_is_a_gain_of_ten() {
        assert_eq!(Memory { synod: 3, stateright: 30 }.gain(), 10.0);
    }
}
