//! Systems that are here to be measured: other checkers, or a prototype of ours, have explored the same.
//!
//! They are written in the formulation that was measured there, which is not how one would write an algorithm to use it.

pub mod plain_paxos;
pub mod register_paxos;

use std::time::Duration;

use synod_checker::{Options, Reductions, Report, Verdict, check};

use crate::{
    measure::Scaling,
    report::{bar_of, grouped, quotient, rate, table},
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

/// What reductions do to plain Paxos, in Markdown: with two proposers beside the full search, and with one more; and what a second thread
/// is worth to the full search, in so many turns.
pub fn markdown(nodes: usize, proposers: u16, turns: usize) -> String {
    let on_all_cores = |reductions| Options { reductions, ..Options::default() };
    let full = explore(nodes, proposers, &on_all_cores(Reductions::NONE));
    let reduced = explore(nodes, proposers, &on_all_cores(Reductions::USUAL));
    let more = explore(nodes, proposers + 1, &on_all_cores(Reductions::USUAL));
    let scaling = Scaling::measure(turns, &|threads| {
        let found = explore(nodes, proposers, &Options { threads, ..on_all_cores(Reductions::NONE) });
        assert_eq!(found.states, full.states, "it counts otherwise on {threads} threads");
        found.transitions
    });
    let row = |proposers: u16, reductions: &str, found: Found| {
        [
            format!("{nodes} nodes, {proposers} proposers, {reductions}"),
            grouped(found.states),
            grouped(found.transitions),
            format!("{:.2}", found.elapsed.as_secs_f64()),
            grouped(found.bytes >> 20),
        ]
    };
    let rows = [
        row(proposers, "no reductions", full),
        row(proposers, "reduced", reduced),
        row(proposers + 1, "reduced", more),
    ];
    let fewer = full.states as f64 / reduced.states as f64;
    let (quick, soon) = (reduced.elapsed.as_secs_f64(), more.elapsed.as_secs_f64());
    format!(
        "## What reductions are worth\n\n\
         Paxos in which all roles speak by messages and acceptors tell everyone; one ballot for each proposer; to the verdict, on\n\
         all cores. Mebibytes as the search accounts for them.\n\n\
         {}\n{}{}{}\n{}",
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
        second_thread(full.states, &scaling),
    )
}

/// What a second thread is worth to a search of so many states, in Markdown.
fn second_thread(states: u64, scaling: &Scaling) -> String {
    let (gain, apart) = (quotient(scaling.gain()), quotient(scaling.apart()));
    let row = [
        "plain Paxos, no reductions".into(),
        grouped(states),
        rate(scaling.one()),
        gain.clone(),
        apart,
        rate(scaling.round_trip()),
    ];
    let header = [
        "",
        "states",
        "transitions/s, 1 thread",
        "2 threads / 1 thread",
        "2 searches / 1",
        "there and back, ns",
    ];
    format!(
        "## What a second thread is worth\n\n\
         Medians of some turns, in each of which one thread, two, and two searches at once that share nothing ran right after each\n\
         other: these are what the machine gives to a second thread at most. Last, how long a word takes from one thread to the other\n\
         and back: several times as long where their processors share no cache, and threads of one search wait for that. Searches that\n\
         take a fraction of a second are in the table beside stateright.\n\n\
         {}\n{}",
        table(header, std::iter::once(row)),
        bar_of(
            scaling.gain() >= 1.8,
            &format!("on two threads at least 1.8 times the transitions per second of one ({gain})")
        ),
    )
}
