//! Histories of operations on the command line.

use serde_json::json;

use super::{Args, Found, Progress, of_level};
use crate::{
    answer::{Budget, Verdict},
    formats::Format,
    objects::{Object, Reading, Subject},
    operation::Operation,
    report::{self, Level, Question},
};

/// The levels that apply to an object; or those asked for.
fn levels(args: &Args, object: Object) -> Result<Vec<Level>, String> {
    if args.level.is_empty() {
        // What each read read from is known for registers only.
        let applies = |level: &Level| object == Object::Register || !matches!(level, Level::Replicated(_));
        return Ok(Level::ALL.into_iter().filter(applies).collect());
    }
    let level = |name: &String| {
        Level::named(name).ok_or_else(|| {
            let names = Level::ALL.map(Level::name).join(", ");
            format!("--level: '{name}' is no level of operations; there are {names}")
        })
    };
    args.level.iter().map(level).collect()
}

pub(super) fn check(
    args: &Args,
    name: &str,
    (format, events): (Format, usize),
    object: Object,
    operations: &[Operation],
    budget: &Budget,
    progress: &Progress,
) -> Result<Found, String> {
    let subject = Subject { object, initial: args.initial.clone(), independent: args.independent };
    let reading = Reading { locks_have_owners: object == Object::OwnedMutex, ..Reading::of(format) };
    let mut reports = Vec::new();
    for level in levels(args, object)? {
        progress.say(format!("{name}: {level}"));
        let budget = of_level(args, budget);
        let question = Question { operations, subject: &subject, reading, budget: &budget };
        report::check(question, level, &mut reports).map_err(|error| error.to_string())?;
    }
    let verdict = reports.iter().map(|report| report.verdict).max().unwrap_or(Verdict::Valid);
    let mut text =
        format!("{name}: {} operations of {} ({})\n", operations.len(), object.name(), format.name());
    for report in &reports {
        for line in report::text(report).lines() {
            text.push_str(&format!("  {line}\n"));
        }
    }
    let json = json!({
        "file": name,
        "format": format.name(),
        "object": object.name(),
        "events": events,
        "operations": operations.len(),
        "verdict": verdict,
        "levels": reports,
    });
    let title = format!("{name}: {}", object.name());
    Ok(Found { verdict, text, json, html: report::html(&title, operations, &reports) })
}
