//! A register over single-decree Paxos with clients of its own, checked for linearizability: the system of the Paxos example that
//! comes with stateright, in words of our own, for both checkers.
//!
//! Three servers; each client writes at one server, and when that is answered reads at the next. Messages are not lost, and
//! arrive once, in any order.

pub mod ours;
pub mod theirs;

use std::time::{Duration, Instant};

use stateright::{Checker, Model};
use synod_checker::{Options, Reductions, Report, Verdict, check};

use crate::{
    engine::Count,
    measure::{Memory, median},
    report::{bar_of, grouped, quotient, table},
};

/// Explores it with ours, on one thread, to the verdict.
///
/// # Panics
/// If it finds a violation, or no value is ever read: there is none, and one is.
pub fn by_ours(clients: usize, reductions: Reductions) -> Count {
    let options = Options { threads: 1, reductions, ..Options::default() };
    let Report { verdict, states, transitions, unreached, .. } =
        check(&ours::system(clients as u16), &options);
    assert_eq!((verdict, &unreached[..]), (Verdict::Holds, &[][..]));
    Count { states, transitions }
}

/// The same with stateright, on one thread.
///
/// # Panics
/// If it finds otherwise.
pub fn by_theirs(clients: usize) -> Count {
    let checker = theirs::model(clients).checker().threads(1).spawn_bfs().join();
    checker.assert_properties();
    let initial = checker.model().init_states().len();
    Count {
        states: checker.unique_state_count() as u64,
        transitions: (checker.state_count() - initial) as u64,
    }
}

/// Both, one after the other, and what the memory of both is, in Markdown.
///
/// # Panics
/// If they come to other verdicts, or there are no rounds.
pub fn markdown(clients: usize, rounds: usize, memory: Memory) -> String {
    let timed = |explore: &dyn Fn() -> Count| {
        let begin = Instant::now();
        (explore(), begin.elapsed())
    };
    let (mut rows, mut seconds) = (None, Vec::new());
    for _ in 0..rounds {
        let (ours, quick) = timed(&|| by_ours(clients, Reductions::USUAL));
        let (theirs, slow) = timed(&|| by_theirs(clients));
        seconds.push([quick, slow].map(|elapsed: Duration| elapsed.as_secs_f64()));
        rows = Some((ours, theirs));
    }
    let (ours, theirs) = rows.expect("there is a round");
    let middle = |at: usize| median(seconds.iter().map(|round| round[at]).collect());
    let gain = median(seconds.iter().map(|[quick, slow]| slow / quick).collect());
    let row = |name: &str, count: Count, seconds: f64, bytes: u64| {
        let bytes = format!("{:.2}", bytes as f64 / f64::from(1 << 20));
        [name.into(), grouped(count.states), grouped(count.transitions), format!("{seconds:.3}"), bytes]
    };
    let rows = [
        row("synod", ours, middle(0), memory.synod),
        row("stateright", theirs, middle(1), memory.stateright),
    ];
    format!(
        "## A register over Paxos, to the verdict\n\n\
         Three servers, {clients} clients, each of which writes once and then reads; linearizable in every run. Each checker on one\n\
         thread, as it comes. Medians of several rounds; mebibytes at the peak.\n\n\
         {}\n{}{}",
        table(["checker", "states", "transitions", "s", "MiB"], rows.into_iter()),
        bar_of(gain >= 50.0, &format!("at least 50 times as fast as stateright ({})", quotient(gain))),
        bar_of(
            memory.gain() >= 20.0,
            &format!("at most a twentieth of its memory (1/{})", quotient(memory.gain()))
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example says that it has so many with two clients. Ours takes messages that change nothing off the network, or leaves
    /// them out; theirs leaves them where they are.
    #[test]
    fn both_explore_the_system_of_the_example() {
        assert_eq!(by_theirs(2).states, 16_668);
        let (full, reduced) = (by_ours(2, Reductions::NONE), by_ours(2, Reductions::USUAL));
        assert!(full.states > reduced.states, "{full:?} {reduced:?}");
    }
}
