//! Histories of transactions on the command line.

use std::fmt::Write;

use serde_json::json;

use super::{Args, Found, Progress, of_level};
use crate::{
    answer::{Answer, Budget, Verdict},
    report,
    transactions::{Certificate, Checker, Explanation, History, Level, Moment, Respect},
};

/// The levels that apply, strongest first; or those asked for.
fn levels(args: &Args, history: &History) -> Result<Vec<Level>, String> {
    if args.level.is_empty() {
        let applies = |level: &Level| history.has_times() || level.respects() != Respect::RealTime;
        return Ok(Level::ALL.into_iter().rev().filter(applies).collect());
    }
    args.level.iter().map(|name| name.parse::<Level>().map_err(|error| format!("--level: {error}"))).collect()
}

/// The certificate in JSON: `T3` where a transaction takes effect at once, or `T3 snapshot` and `T3 commit`.
fn moments(certificate: &Certificate) -> Vec<String> {
    let name = |moment: &Moment| match *moment {
        Moment::Whole(transaction) => format!("T{}", transaction + 1),
        Moment::Snapshot(transaction) => format!("T{} snapshot", transaction + 1),
        Moment::Commit(transaction) => format!("T{} commit", transaction + 1),
    };
    certificate.moments.iter().map(name).collect()
}

pub(super) fn check(
    args: &Args,
    name: &str,
    format: &str,
    history: &History,
    budget: &Budget,
    progress: &Progress,
) -> Result<Found, String> {
    let checker = Checker::new(history);
    let mut text = format!("{name}: {} transactions ({format})\n", history.len());
    let mut rows: Vec<(Level, Verdict, String)> = Vec::new();
    let mut why: Vec<Explanation> = Vec::new();
    let mut json_levels = Vec::new();
    for level in levels(args, history)? {
        progress.say(format!("{name}: {level}"));
        let known =
            rows.iter().find(|(known, verdict, _)| *verdict == Verdict::Valid && known.implies(level));
        let mut order = None;
        let (verdict, note) = match known {
            Some((from, ..)) => (Verdict::Valid, format!("follows from {from}")),
            None => match checker.check(level, &of_level(args, budget)) {
                Answer::Valid(certificate) => {
                    order = Some(certificate).filter(|_| args.json).map(|certificate| moments(&certificate));
                    (Verdict::Valid, String::new())
                }
                Answer::Unknown(exhausted) => (Verdict::Unknown, exhausted.to_string()),
                Answer::Invalid(explanation) => {
                    why.push(explanation);
                    (Verdict::Invalid, String::new())
                }
            },
        };
        let note_text = if note.is_empty() { String::new() } else { format!(" ({note})") };
        let _ = writeln!(text, "  {level}: {verdict}{note_text}");
        let explanation = why.last().filter(|_| verdict == Verdict::Invalid).map(Explanation::json);
        json_levels
            .push(json!({ "level": level.name(), "verdict": verdict, "note": note, "order": order, "why": explanation }));
        rows.push((level, verdict, note));
    }
    // The explanation of the weakest level that is broken is the plainest; the others are broken with it.
    if let Some(explanation) = why.last() {
        for line in explanation.to_string().lines() {
            let _ = writeln!(text, "    {line}");
        }
    }
    let verdict = rows.iter().map(|(_, verdict, _)| *verdict).max().unwrap_or(Verdict::Valid);
    let json = json!({
        "file": name,
        "format": format,
        "object": "transactions",
        "transactions": history.len(),
        "verdict": verdict,
        "levels": json_levels,
    });
    let html = report::graph_html(&format!("{name}: transactions"), &rows, why.last());
    Ok(Found { verdict, text, json, html })
}
