//! The tables that people read.

use comfy_table::{
    Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, Table, Width,
    presets::UTF8_HORIZONTAL_ONLY,
};
use synod_checker::{Kind, Verdict};
use synod_models::{Entry, Size};

use crate::{
    judge::Judgement,
    run::{Found, Outcome},
    words,
};

/// The columns that a table may take.
const WIDTH: u16 = 120;

/// The property that every system has. Not worth a word where it holds.
const ALWAYS: &str = synod_checker::TOTAL;

/// A table of at most 120 columns, and no more than the terminal has. Of each column, how many percent of the width it may
/// take at most; 0 for what it needs.
pub fn table(header: &[&str], shares: &[u16]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    let width = table.width().map_or(WIDTH, |terminal| terminal.clamp(60, WIDTH));
    table.set_width(width).set_header(header.iter().map(Cell::new));
    table.set_constraints(shares.iter().map(|&share| match share {
        0 => ColumnConstraint::ContentWidth,
        share => ColumnConstraint::UpperBoundary(Width::Percentage(share)),
    }));
    table
}

/// The table of `check`.
pub struct Checked(Table);

impl Checked {
    /// Without rows.
    pub fn new() -> Checked {
        let header = ["model: what it shows, and in which environment", "explored", "verdict"];
        Checked(table(&header, &[48, 0, 42]))
    }

    /// Adds a model.
    pub fn add(&mut self, entry: &Entry, size: Size, outcome: &Outcome, judgement: &Judgement) {
        let nodes = words::counted(size.nodes as u64, "node");
        self.0.add_row([
            Cell::new(format!("{}, {nodes}\n{}\n{}", entry.name, entry.about, outcome.environment)),
            explored(outcome),
            coloured(verdict(entry, outcome, judgement), judgement),
        ]);
    }
}

impl std::fmt::Display for Checked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.trim_fmt())
    }
}

/// How much was explored, and in what time.
pub fn explored(outcome: &Outcome) -> Cell {
    let text = format!("{}\n{}", words::counted(outcome.states, "state"), words::duration(outcome.elapsed));
    Cell::new(text).set_alignment(CellAlignment::Right)
}

/// In the colour of the judgement, on a terminal.
pub fn coloured(text: String, judgement: &Judgement) -> Cell {
    Cell::new(text).fg(match judgement {
        Judgement::AsExpected => Color::Green,
        Judgement::NotAsExpected(_) => Color::Red,
        Judgement::Incomplete(_) => Color::Yellow,
    })
}

/// The verdict in words, a line for each thing to say.
fn verdict(entry: &Entry, outcome: &Outcome, judgement: &Judgement) -> String {
    let mut lines = Vec::new();
    let holding: Vec<&str> = outcome
        .properties
        .iter()
        .filter(|property| property.verdict == Verdict::Holds && property.name != ALWAYS)
        .map(|property| property.name)
        .collect();
    if !holding.is_empty() {
        lines.push(format!("✔ {} {}", holding.join(", "), if holding.len() == 1 { "holds" } else { "hold" }));
    }
    for property in outcome.violated() {
        let expected = entry.expect.violated.contains(&property.name);
        let expected = if expected { ", as expected" } else { "" };
        lines.push(format!("✘ {} violated{expected}{}", property.name, length(property)));
    }
    // A search that stopped at a violation of safety did not get to the rest, which goes without saying.
    let stopped = outcome.violated().any(|property| matches!(property.kind, Kind::Safety | Kind::Deadlock));
    let undecided: Vec<&str> = outcome
        .properties
        .iter()
        .filter(|property| property.verdict == Verdict::Incomplete && property.name != ALWAYS)
        .map(|property| property.name)
        .collect();
    if !stopped && !undecided.is_empty() && !matches!(judgement, Judgement::Incomplete(_)) {
        lines.push(format!("… not decided: {}", undecided.join(", ")));
    }
    match judgement {
        Judgement::AsExpected if lines.is_empty() => lines.push("✔ nothing can go wrong".into()),
        Judgement::AsExpected => {}
        Judgement::NotAsExpected(reasons) => {
            lines.push("NOT AS EXPECTED:".into());
            lines.extend(reasons.iter().cloned());
            return lines.join("\n");
        }
        Judgement::Incomplete(why) => {
            lines.push(format!("… incomplete: {why}"));
            if outcome.violated().next().is_none() {
                lines.push("nothing violated so far".into());
            }
            return lines.join("\n");
        }
    }
    // Where something is violated it was said already.
    if outcome.violated().next().is_none() {
        lines.push("as expected".into());
    }
    lines.join("\n")
}

/// How long the counterexample is.
pub fn length(property: &Found) -> String {
    let Some(trace) = &property.counterexample else { return String::new() };
    let steps = words::counted(trace.steps.len() as u64, "step");
    match (property.kind, trace.repeats_from) {
        (Kind::Liveness, Some(from)) if from < trace.steps.len() => format!(" (lasso of {steps})"),
        _ => format!(" (in {steps})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{entry, found, outcome, size};

    fn shown(name: &str, properties: Vec<Found>, judgement: &Judgement) -> String {
        let mut outcome = outcome();
        outcome.properties = properties;
        let mut table = Checked::new();
        table.add(&entry(name), size(3), &outcome, judgement);
        table.to_string()
    }

    fn holding(names: &[&'static str]) -> Vec<Found> {
        names.iter().map(|name| found(name, Kind::Safety, Verdict::Holds)).collect()
    }

    #[test]
    fn what_holds_is_listed() {
        let table = shown("fake-holds", holding(&["agreement", "validity", ALWAYS]), &Judgement::AsExpected);
        for text in
            ["fake-holds", "3 nodes", "any lost", "1,234 states", "0.12 s", "✔ agreement, validity hold"]
        {
            assert!(table.contains(text), "{text} is missing:\n{table}");
        }
        assert!(table.contains("as expected") && !table.contains(ALWAYS), "{table}");
        assert!(table.lines().all(|line| line.chars().count() <= usize::from(WIDTH)));
        assert!(!table.contains('\u{1b}'), "no colours where nobody sees them");
    }

    #[test]
    fn what_is_violated_is_told_with_its_length() {
        let mut properties = holding(&["agreement"]);
        properties.push(found("termination", Kind::Liveness, Verdict::Violated));
        let table = shown("fake-lasso", properties, &Judgement::AsExpected);
        assert!(table.contains("✔ agreement holds"), "{table}");
        assert!(table.contains("✘ termination violated, as expected"), "{table}");
        assert!(table.contains("(lasso of 2"), "{table}");

        let judgement = Judgement::NotAsExpected(vec!["agreement is violated".into()]);
        let violated = vec![found("agreement", Kind::Safety, Verdict::Violated)];
        let table = shown("fake-broken", violated, &judgement);
        assert!(
            table.contains("✘ agreement violated (in 2 steps)") && table.contains("NOT AS EXPECTED:"),
            "{table}"
        );
    }

    #[test]
    fn what_is_not_known_is_told() {
        let undecided = vec![found("agreement", Kind::Safety, Verdict::Incomplete)];
        let table = shown("fake-cut", undecided, &Judgement::Incomplete("interrupted".into()));
        assert!(
            table.contains("… incomplete: interrupted") && table.contains("nothing violated so far"),
            "{table}"
        );
    }
}
