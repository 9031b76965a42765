//! A counterexample as a text diagram: a column for each node, a row for each step.
//!
//! ```text
//!      n0    n1    n2
//!   1  ◆     │     │     request at n0: "a"
//!      │     │     │       sends Prepare(1.n0) to n1, n2
//!   2  ├────▶●     │     n1 receives Prepare(1.n0) from n0, sent in step 1  [1b]
//! ```
//!
//! The right side is `wording.rs`, the left side and the page are here.

mod wording;

use std::fmt;

use synod_actor::NodeId;

use crate::trace::{Cause, Trace, TraceStep};
use wording::Wording;

/// The columns that the diagram tries to stay within.
const WIDTH: usize = 110;
/// The columns of a row's number, and the gap behind it.
const NUMBER: usize = 5;
/// The least columns for the text, however many nodes there are.
const TEXT: usize = 60;
/// A mark of more bytes than this may be broken.
const MARK: usize = 32;
/// A text of more rows than this is cut.
const ROWS: usize = 4;

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut page = Page { lanes: Lanes::new(self.nodes), lines: Vec::new() };
        for line in wrapped(&headline(self), WIDTH, "  ") {
            page.lines.push(line);
        }
        page.lines.push(String::new());
        page.row("", page.lanes.names(), "");

        let mut wording = Wording::new(self);
        for step in &self.starts {
            page.step(0, step, &mut wording);
        }
        for (index, step) in self.steps.iter().enumerate() {
            if self.repeats_from == Some(index) {
                page.rule("repeats for ever from here");
            }
            page.step(index + 1, step, &mut wording);
        }
        match self.repeats_from {
            Some(from) if from >= self.steps.len() => page.rule("nothing more happens"),
            Some(from) => page.rule(&format!("back to step {}", from + 1)),
            None => {}
        }
        f.write_str(&page.lines.join("\n"))
    }
}

/// What is violated, by what sort of run, and why.
fn headline(trace: &Trace) -> String {
    let steps = match trace.steps.len() {
        1 => "1 step".to_owned(),
        steps => format!("{steps} steps"),
    };
    let run = match trace.repeats_from {
        None if trace.steps.is_empty() => "at the start".to_owned(),
        None => format!("after {steps}"),
        Some(from) if from >= trace.steps.len() => format!("by a run of {steps} after which nothing happens"),
        Some(from) if from + 1 == trace.steps.len() => {
            format!("by a run that repeats its step {steps} for ever", steps = from + 1)
        }
        Some(from) => {
            format!("by a run that repeats its steps {} to {} for ever", from + 1, trace.steps.len())
        }
    };
    format!("✘ {} is violated {run}: {}", trace.property, trace.because)
}

/// The lines so far.
struct Page {
    lanes: Lanes,
    lines: Vec<String>,
}

impl Page {
    /// A step: its row, and a row for each detail.
    fn step(&mut self, number: usize, step: &TraceStep, wording: &mut Wording) {
        let text = wording.step(number, step);
        match &step.cause {
            Cause::Crash | Cause::Stop => self.lanes.up[step.node.index()] = false,
            Cause::Restart => self.lanes.up[step.node.index()] = true,
            _ => {}
        }
        self.row(&number.to_string(), self.lanes.of(step), &text.what);
        for detail in text.details {
            self.row("", self.lanes.empty(), &format!("  {detail}"));
        }
    }

    /// A row: its number, its lanes, and its text, which continues in further rows where it is long.
    fn row(&mut self, number: &str, lanes: String, text: &str) {
        let width = WIDTH.saturating_sub(NUMBER + lanes.chars().count()).max(TEXT);
        let indent = text.chars().take_while(|&c| c == ' ').count() + 2;
        let mut rows = wrapped(text, width, &" ".repeat(indent)).into_iter();
        let mut push = |number: &str, lanes: &str, text: &str| {
            self.lines.push(format!("{number:>3}  {lanes}{text}").trim_end().to_owned());
        };
        push(number, &lanes, &rows.next().unwrap_or_default());
        for text in rows {
            push("", &self.lanes.empty(), &text);
        }
    }

    /// A line across all lanes.
    fn rule(&mut self, text: &str) {
        let line = "─".repeat((self.lanes.width() + 40).saturating_sub(text.chars().count()));
        self.lines.push(format!("     ── {text} {line}"));
    }
}

/// The left side: a column for each node.
struct Lanes {
    /// The columns of each lane.
    gap: usize,
    /// Which nodes are running.
    up: Vec<bool>,
}

impl Lanes {
    fn new(nodes: usize) -> Lanes {
        let gap = [6, 5, 4].into_iter().find(|gap| NUMBER + gap * nodes + TEXT <= WIDTH).unwrap_or(4);
        Lanes { gap, up: vec![true; nodes] }
    }

    fn width(&self) -> usize {
        self.gap * self.up.len()
    }

    fn names(&self) -> String {
        (0..self.up.len()).map(|node| format!("{:<1$}", format!("n{node}"), self.gap)).collect()
    }

    /// The lanes where nothing happens.
    fn empty(&self) -> String {
        self.cells().into_iter().collect()
    }

    fn cells(&self) -> Vec<char> {
        let mut cells = vec![' '; self.width()];
        for (node, up) in self.up.iter().enumerate() {
            cells[node * self.gap] = if *up { '│' } else { '┊' };
        }
        cells
    }

    /// The lanes where a step happens.
    fn of(&self, step: &TraceStep) -> String {
        let mut cells = self.cells();
        let here = step.node.index() * self.gap;
        if here >= cells.len() {
            return String::new(); // a transition system has no lanes
        }
        let marker = match &step.cause {
            Cause::Begin(_) | Cause::Action(_) => return String::new(),
            Cause::Start | Cause::Restart => '▲',
            Cause::Request(_) => '◆',
            Cause::Receive { from, .. } => {
                self.arrow(&mut cells, *from, step.node, false);
                '●'
            }
            Cause::Lose { from, .. } => {
                self.arrow(&mut cells, *from, step.node, true);
                cells[here]
            }
            Cause::Own(_) => '○',
            Cause::Timeout(_) => '◷',
            Cause::Durable(_) => '■',
            Cause::Crash | Cause::Stop => '✗',
        };
        cells[here] = marker;
        cells.into_iter().collect()
    }

    /// An arrow between two lanes, which a lost message does not finish.
    fn arrow(&self, cells: &mut [char], from: NodeId, to: NodeId, lost: bool) {
        let (start, end) = (from.index() * self.gap, to.index() * self.gap);
        let between = if start < end { start + 1..end } else { end + 1..start };
        for at in between {
            let is_short = lost && at.abs_diff(end) < self.gap / 2;
            match cells[at] {
                ' ' if is_short => {}
                ' ' => cells[at] = '─',
                _ => cells[at] = '┼',
            }
        }
        cells[start] = if start < end { '├' } else { '┤' };
        let head = |distance: usize| if start < end { end - distance } else { end + distance };
        match lost {
            true => cells[head(self.gap / 2)] = '╳',
            false => cells[head(1)] = if start < end { '▶' } else { '◀' },
        }
    }
}

/// The text in rows of at most so many columns, broken between words where that is possible; cut after [`ROWS`].
fn wrapped(text: &str, width: usize, indent: &str) -> Vec<String> {
    let lead: String = text.chars().take_while(|&c| c == ' ').collect();
    let (mut rows, mut row) = (Vec::new(), lead.clone());
    let mut fresh = true;
    for word in words(text.trim_start()) {
        let mut word: Vec<char> = word.chars().collect();
        let space = usize::from(!fresh);
        if !fresh && row.chars().count() + space + word.len() > width {
            rows.push(std::mem::replace(&mut row, indent.to_owned()));
            fresh = true;
        }
        // A word longer than a row is broken anywhere.
        while row.chars().count() + usize::from(!fresh) + word.len() > width {
            let room = width.saturating_sub(row.chars().count()).max(1);
            row.extend(word.drain(..room.min(word.len())));
            rows.push(std::mem::replace(&mut row, indent.to_owned()));
            fresh = true;
        }
        if !fresh {
            row.push(' ');
        }
        row.extend(word);
        fresh = false;
    }
    rows.push(row);
    if rows.len() > ROWS {
        rows.truncate(ROWS);
        let last = rows.last_mut().expect("there are rows");
        *last = last.chars().take(width - 2).chain([' ', '…']).collect();
    }
    rows
}

/// The words of a text. What is short and in square brackets, such as a mark, is one.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let mark = text.strip_prefix('[').and_then(|inner| inner.find(']')).map(|end| end + 2);
        let from = mark.filter(|&end| end <= MARK).unwrap_or(0);
        let end = text[from..].find(' ').map(|end| from + end);
        rest = end.map(|end| &text[end + 1..]);
        Some(&text[..end.unwrap_or(text.len())])
    })
}

#[cfg(test)]
mod tests;
