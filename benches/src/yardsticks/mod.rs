//! Systems that are here to be measured: other checkers, or a prototype of ours, have explored the same.
//!
//! They are written in the formulation that was measured there, which is not how one would write an algorithm to use it.

pub mod plain_paxos;
pub mod register_paxos;

use std::time::Duration;

use synod_checker::{Options, Reductions, Report, Verdict, check};

use crate::report::{bar_of, grouped, quotient, table};

/// What came of a search.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Found {
    states: u64,
    transitions: u64,
    elapsed: Duration,
    bytes: u64,
}

/// Explores plain Paxos, on all cores.
///
/// # Panics
/// If it finds a violation: there is none.
fn explore(nodes: usize, proposers: u16, reductions: Reductions) -> Found {
    let system = plain_paxos::system(nodes, proposers);
    let report = check(&system, &Options { reductions, ..Options::default() });
    assert_eq!(report.verdict, Verdict::Holds);
    let Report { states, transitions, elapsed, .. } = report;
    Found { states, transitions, elapsed, bytes: report.store_bytes + report.component_bytes }
}

/// What reductions do to plain Paxos, in Markdown: with two proposers beside the full search, and with one more.
pub fn markdown(nodes: usize, proposers: u16) -> String {
    let full = explore(nodes, proposers, Reductions::NONE);
    let reduced = explore(nodes, proposers, Reductions::USUAL);
    let more = explore(nodes, proposers + 1, Reductions::USUAL);
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
         {}\n{}{}{}",
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
    )
}
