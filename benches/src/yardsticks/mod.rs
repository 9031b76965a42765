//! Systems that are here to be measured: other checkers, or a prototype of ours, have explored the same.
//!
//! They are written in the formulation that was measured there, which is not how one would write an algorithm to use it.

pub mod plain_paxos;
pub mod register_paxos;

use std::time::Duration;

use synod_checker::{Options, Reductions, Report, Verdict, check};

use crate::{
    measure::Scaling,
    report::{self, THERE_AND_BACK, TWO_SEARCHES, TWO_THREADS, bar_of, grouped, quotient, rate, table},
};

/// What came of a search.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Found {
    states: u64,
    transitions: u64,
    elapsed: Duration,
    bytes: u64,
}

/// Explores plain Paxos, with these options.
///
/// # Panics
/// If it finds a violation: there is none.
fn explore(nodes: usize, proposers: u16, options: &Options) -> Found {
    let system = plain_paxos::system(nodes, proposers);
    let report = check(&system, options);
    assert_eq!(report.verdict, Verdict::Holds);
    let Report { states, transitions, elapsed, .. } = report;
    Found { states, transitions, elapsed, bytes: report.store_bytes + report.component_bytes }
}

/// What reductions do to plain Paxos, in Markdown: beside the full search, with one proposer more, and with two nodes more; and what a
/// second thread is worth to the full search, in so many turns.
pub fn markdown(nodes: usize, proposers: u16, turns: usize) -> String {
    let on_all_cores = |reductions| Options { reductions, ..Options::default() };
    let full = explore(nodes, proposers, &on_all_cores(Reductions::NONE));
    let reduced = explore(nodes, proposers, &on_all_cores(Reductions::USUAL));
    let more = explore(nodes, proposers + 1, &on_all_cores(Reductions::USUAL));
    let [ordered, more_ordered, wider] = [(nodes, proposers), (nodes, proposers + 1), (nodes + 2, proposers)]
        .map(|(nodes, proposers)| explore(nodes, proposers, &on_all_cores(Reductions::ALL)));
    let scaling = Scaling::measure(turns, &|threads| {
        let found = explore(nodes, proposers, &Options { threads, ..on_all_cores(Reductions::NONE) });
        assert_eq!(found.states, full.states, "it counts otherwise on {threads} threads");
        found.transitions
    });
    let row = |nodes: usize, proposers: u16, reductions: &str, found: Found| {
        [
            format!("{nodes} nodes, {proposers} proposers, {reductions}"),
            grouped(found.states),
            grouped(found.transitions),
            format!("{:.2}", found.elapsed.as_secs_f64()),
            grouped(found.bytes >> 20),
        ]
    };
    let rows = [
        row(nodes, proposers, "no reductions", full),
        row(nodes, proposers, "dead,symmetry", reduced),
        row(nodes, proposers + 1, "dead,symmetry", more),
        row(nodes, proposers, "dead,symmetry,order", ordered),
        row(nodes, proposers + 1, "dead,symmetry,order", more_ordered),
        row(nodes + 2, proposers, "dead,symmetry,order", wider),
    ];
    let fewer = full.states as f64 / reduced.states as f64;
    let [quick, soon, at_last] = [reduced, more, wider].map(|found| found.elapsed.as_secs_f64());
    format!(
        "## What reductions are worth\n\n\
         Paxos in which all roles speak by messages and acceptors tell everyone; one ballot for each proposer; to the verdict, on\n\
         all cores. Mebibytes as the search accounts for them. With order, counterexamples are not always the shortest, so it has to\n\
         be asked for.\n\n\
         {}\n{}{}{}{}\n{}",
        table(["plain Paxos", "states", "transitions", "s", "MiB"], rows.into_iter()),
        bar_of(
            fewer >= 100.0,
            &format!("at least 100 times fewer states than without ({})", quotient(fewer))
        ),
        bar_of(quick < 2.0, &format!("to the verdict in less than 2 s ({quick:.2} s)")),
        bar_of(
            soon < 180.0 && more.bytes < 4 << 30,
            &format!("with one proposer more within 3 minutes and 4 GiB ({soon:.1} s)")
        ),
        bar_of(
            at_last < 1200.0 && wider.bytes < 16 << 30,
            &format!("with order, with two nodes more within 20 minutes and 16 GiB ({at_last:.1} s)")
        ),
        second_thread(full.states, &scaling),
    )
}

/// What a second thread is worth to a search of so many states, in Markdown.
fn second_thread(states: u64, scaling: &Scaling) -> String {
    let [two_threads, two_searches, there_and_back] = report::scaling(scaling);
    let is_met = bar_of(
        scaling.gain() >= 1.8,
        &format!("on two threads at least 1.8 times the transitions per second of one ({two_threads})"),
    );
    let name = "plain Paxos, no reductions".into();
    let row = [name, grouped(states), rate(scaling.one()), two_threads, two_searches, there_and_back];
    let header = ["", "states", "transitions/s, 1 thread", TWO_THREADS, TWO_SEARCHES, THERE_AND_BACK];
    format!(
        "## What a second thread is worth\n\n\
         Medians of some turns, in each of which one thread, two, and two searches at once that share nothing ran right after each\n\
         other. What the last columns say is told beside stateright, where searches are that take a fraction of a second.\n\n\
         {}\n{is_met}",
        table(header, std::iter::once(row)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::tests::speed;

    /// The figures of the report that can be had at once.
    #[test]
    fn plain_paxos_has_so_many_states() {
        let counts = |proposers, reductions| {
            let found = explore(3, proposers, &Options { threads: 2, reductions, ..Options::default() });
            (found.states, found.transitions)
        };
        assert_eq!(counts(2, Reductions::USUAL), (106_825, 909_429));
        assert_eq!(counts(2, Reductions::ALL), (1_369, 5_098));
        assert_eq!(counts(3, Reductions::ALL), (43_133, 205_632));
    }

    #[test]
    fn a_second_thread_that_is_just_worth_it_is_told_from_one_that_just_is_not() {
        for (two, is_met) in [(1.8, true), (1.799, false)] {
            let text = second_thread(1_000, &speed(&[[1.0, two, 1.9, 1.0]]).scaling());
            assert_eq!((text.contains("**met**"), text.contains("**not met**")), (is_met, !is_met), "{text}");
        }
    }
}
