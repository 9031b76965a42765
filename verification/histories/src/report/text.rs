//! A report as text.

use std::fmt::Write;

use super::{Report, Why};
use crate::answer::Verdict;

/// The report in some lines, each ended.
pub fn text(report: &Report) -> String {
    let mut out = format!("{}: {}", report.level, report.verdict);
    if let Some(from) = report.follows_from {
        let _ = write!(out, " (follows from {from})");
    } else if report.effort.configurations > 0 {
        let _ = write!(out, " ({} configurations, {:?})", report.effort.configurations, report.elapsed);
    }
    out.push('\n');
    if let Some(unknown) = &report.unknown {
        let _ = writeln!(out, "  {unknown}");
    }
    if let (Some(why), None, Verdict::Invalid) = (&report.why, report.follows_from, report.verdict) {
        explain(&mut out, why);
    }
    out
}

fn explain(out: &mut String, why: &Why) {
    let _ = writeln!(out, "  {}: {}.", why.pattern, why.because);
    if !why.states.is_empty() {
        let states: Vec<&str> = why.states.iter().map(|state| state.as_deref().unwrap_or("...")).collect();
        let _ = writeln!(out, "  Possible before it: {}.", states.join(" | "));
    }
    if let Some(events) = why.events {
        let _ = writeln!(out, "  The first {events} events show it; fewer do not.");
    }
    let claim = if why.is_minimal {
        " (let any one of them take effect at any time, or never, and it is consistent)"
    } else {
        ""
    };
    let _ = writeln!(out, "  The operations that matter{claim}:");
    let lines = |lines: (u64, Option<u64>)| match lines {
        (begin, Some(end)) => format!("lines {begin}-{end}"),
        (begin, None) => format!("line {begin}"),
    };
    let places: Vec<String> = why.operations.iter().map(|shown| lines(shown.lines)).collect();
    let width = places.iter().map(String::len).max().unwrap_or(0);
    let names = why.operations.iter().map(|shown| shown.process.len()).max().unwrap_or(0);
    for (place, shown) in places.iter().zip(&why.operations) {
        let mark = if Some(shown.place) == why.culprit { "  ◀" } else { "" };
        let _ = writeln!(out, "    {place:<width$}  {:<names$}  {}{mark}", shown.process, shown.words);
    }
}
