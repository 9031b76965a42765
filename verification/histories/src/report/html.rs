//! A report as a page that needs nothing else: a timeline of operations, a lane for each process.

use std::fmt::Write;

use super::{Report, Why, why::recorded};
use crate::{
    answer::Verdict,
    operation::{Operation, Outcome},
};

/// How many operations are drawn.
const DRAWN: usize = 400;
/// Sizes in pixels: a lane, what is left for names and before the first event, a letter, and how wide a picture is if it can be.
const LANE: usize = 34;
const NAMES: usize = 80;
const MARGIN: usize = 10;
const LETTER: usize = 7;
const WIDTH: usize = 1110;
/// The space between two events: as much as fits, within these bounds.
const EVENT: (usize, usize) = (36, 120);

const STYLE: &str = "
:root { color-scheme: light dark; --ink: #1c2430; --faint: #6b7685; --line: #d5dae1; --paper: #fff; --bar: #e3e8ef;
  --bad: #c62f2f; --bad-bar: #fbe0df; --good: #1d7a46; --open: #f2f4f7; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --faint: #98a3b3; --line: #39424f; --paper: #161b22;
  --bar: #2b3440; --bad: #ff7b72; --bad-bar: #4b2325; --good: #56c27f; --open: #1f262f; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem; }
h1 { font-size: 1.3rem; margin: 0 0 1rem; } h2 { font-size: 1.05rem; margin: 2rem 0 .4rem; }
table { border-collapse: collapse; } td, th { text-align: left; padding: .15rem 1.2rem .15rem 0; vertical-align: top; }
th { color: var(--faint); font-weight: normal; } p { margin: .3rem 0; max-width: 60rem; }
.valid { color: var(--good); } .invalid { color: var(--bad); font-weight: 600; } .faint { color: var(--faint); }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; margin: .8rem 0; }
/* The names of the lanes stay in sight while the rest is scrolled. */
.timeline { display: flex; border: 1px solid var(--line); border-radius: 6px; margin: .8rem 0; }
.timeline .names { flex: none; border-right: 1px solid var(--line); } .timeline .scroll { flex: 1; border: none; margin: 0; }
/* The end of a timeline is what it is about, so a long one is scrolled there. */
.late { direction: rtl; } .late svg { direction: ltr; display: block; margin-right: auto; }
svg { display: block; font: 11px ui-monospace, monospace; } svg text { fill: var(--ink); }
svg .name { fill: var(--faint); } svg .lane { stroke: var(--line); }
rect { fill: var(--bar); stroke: none; } rect.open { fill: var(--open); } rect.matters { fill: var(--bad-bar); stroke: var(--bad); }
rect.culprit { stroke-width: 3; }
details { margin: 1rem 0; } summary { cursor: pointer; color: var(--faint); }
p.key { max-width: none; } .key span { display: inline-block; width: 1.6rem; height: .8rem; border-radius: 3px; margin: 0 .4rem 0 1.2rem; background: var(--bar); }
.key span.matters { background: var(--bad-bar); outline: 1px solid var(--bad); } .key span.culprit { outline-width: 3px; }
.key span.open { background: var(--open); outline: 1px dashed var(--faint); } rect.open { stroke: var(--faint); stroke-dasharray: 4 3; } svg .bad { fill: var(--bad); font-weight: 600; }
svg .arrow { fill: none; stroke: var(--bad); stroke-width: 1.5; } svg .tip { fill: var(--bad); }
pre { font: 13px/1.5 ui-monospace, monospace; white-space: pre-wrap; }
";

/// Text with what means something in HTML made harmless.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

/// The beginning of a page, up to its heading.
pub(super) fn head(title: &str) -> String {
    let title = escaped(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{title}</title>\n\
         <style>{STYLE}</style></head>\n<body>\n<h1>{title}</h1>\n"
    )
}

/// A page that shows these reports of one history, with a timeline for each that is invalid.
pub fn html(title: &str, operations: &[Operation], reports: &[Report]) -> String {
    let mut out = head(title);
    out.push_str("<table>\n");
    for report in reports {
        let note = match (report.follows_from, &report.unknown) {
            (Some(from), _) => format!("follows from {from}"),
            (None, Some(unknown)) => escaped(unknown),
            (None, None) => String::new(),
        };
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td class=\"{}\">{}</td><td class=\"faint\">{note}</td></tr>",
            report.level, report.verdict, report.verdict
        );
    }
    out.push_str("</table>\n");
    for report in
        reports.iter().filter(|report| report.verdict == Verdict::Invalid && report.follows_from.is_none())
    {
        section(&mut out, operations, report);
    }
    out.push_str("</body>\n</html>\n");
    out
}

fn section(out: &mut String, operations: &[Operation], report: &Report) {
    let Some(why) = &report.why else { return };
    // Where the level is all about one order, the pattern says no more than that there is none.
    let pattern = if why.pattern.starts_with("not ") { String::new() } else { format!("{}: ", why.pattern) };
    let _ = writeln!(
        out,
        "<h2>Why it is not {}</h2>\n<p>{}{}.</p>",
        report.level,
        escaped(&pattern),
        escaped(&why.because)
    );
    if !why.states.is_empty() {
        let states: Vec<String> =
            why.states.iter().map(|state| escaped(state.as_deref().unwrap_or("..."))).collect();
        let _ = writeln!(out, "<p>Possible before it: <b>{}</b></p>", states.join("</b> or <b>"));
    }
    if let Some(events) = why.events {
        let _ = writeln!(out, "<p class=\"faint\">The first {events} events show it; fewer do not.</p>");
    }
    let claim = if why.is_minimal {
        "These operations are enough to see it. Let any one of them take effect at any time, or never, and it is consistent."
    } else {
        "These operations are enough to see it."
    };
    let _ = writeln!(out, "<p>{claim}</p>");
    let matter: Vec<usize> = why.operations.iter().map(|shown| shown.place).collect();
    timeline(out, operations, why, &matter);
    out.push_str(KEY);
    out.push_str("<table><tr><th>lines</th><th>process</th><th>operation</th></tr>\n");
    for shown in &why.operations {
        let class = if Some(shown.place) == why.culprit { " class=\"invalid\"" } else { "" };
        let end = shown.lines.1.map_or_else(String::new, |end| format!("–{end}"));
        let _ = writeln!(
            out,
            "<tr{class}><td>{}{end}</td><td>{}</td><td>{}</td></tr>",
            shown.lines.0,
            escaped(&shown.process),
            escaped(&shown.words)
        );
    }
    out.push_str("</table>\n");
    let around = around(operations, why);
    if around.len() > matter.len() {
        out.push_str("<details><summary>The same with all that went on around it</summary>\n");
        timeline(out, operations, why, &around);
        out.push_str("</details>\n");
    }
}

const KEY: &str = "<p class=\"key faint\">Time goes to the right, a bar from the beginning of an operation to its end.\
    <span class=\"matters culprit\"></span>cannot take effect\
    <span class=\"matters\"></span>matters\
    <span class=\"open\"></span>had not ended by then\
    <span></span>any other</p>\n";

/// The operations that matter, and those around them, the nearest to the end of it first.
fn around(operations: &[Operation], why: &Why) -> Vec<usize> {
    let matters = |place: usize| why.operations.iter().any(|shown| shown.place == place);
    let mut places: Vec<usize> = (0..operations.len()).filter(|&place| matters(place)).collect();
    let last = why.events.unwrap_or_else(|| {
        let ends =
            places.iter().map(|&place| operations[place].returned.unwrap_or(operations[place].invoked) + 1);
        ends.max().unwrap_or(usize::MAX)
    });
    let first = places.iter().map(|&place| operations[place].invoked).min().unwrap_or(0).saturating_sub(8);
    let around = (0..operations.len()).rev().filter(|&place| {
        let operation = &operations[place];
        let is_over = operation.returned.is_some_and(|returned| returned < first);
        // What failed took no effect, and is left out.
        !matters(place) && operation.outcome != Outcome::Fail && operation.invoked < last && !is_over
    });
    let free = DRAWN.saturating_sub(places.len());
    places.extend(around.take(free));
    places.sort_unstable();
    places
}

/// Draws these operations, a lane for each process; only their events take space.
fn timeline(out: &mut String, operations: &[Operation], why: &Why, places: &[usize]) {
    let mut events: Vec<usize> = Vec::new();
    let mut lanes: Vec<String> = Vec::new();
    for &place in places {
        let operation = &operations[place];
        events.push(operation.invoked);
        events.extend(operation.returned);
        let name = operation.process.to_string();
        if !lanes.contains(&name) {
            lanes.push(name);
        }
    }
    events.sort_unstable();
    let last = why.events.unwrap_or(usize::MAX);
    let count = events.partition_point(|&event| event < last);
    let event_width = ((WIDTH - MARGIN) / (count + 1)).clamp(EVENT.0, EVENT.1);
    let x = |event: usize| MARGIN + event_width * events.partition_point(|&other| other < event);
    let end = MARGIN + event_width * count + 30;
    let height = LANE * lanes.len() + 16;
    let y = |lane: usize| 8 + LANE * lane + LANE / 2;
    let _ =
        write!(out, "<div class=\"timeline\"><svg class=\"names\" width=\"{NAMES}\" height=\"{height}\">");
    for (lane, name) in lanes.iter().enumerate() {
        let _ = write!(out, "<text class=\"name\" x=\"8\" y=\"{}\">{}</text>", y(lane) + 4, escaped(name));
    }
    let _ = writeln!(
        out,
        "</svg><div class=\"scroll late\"><svg width=\"{}\" height=\"{height}\" role=\"img\" aria-label=\"timeline\">",
        end + 20
    );
    for y in (0..lanes.len()).map(y) {
        let _ = writeln!(out, "<line class=\"lane\" x1=\"{MARGIN}\" x2=\"{end}\" y1=\"{y}\" y2=\"{y}\"/>");
    }
    for &place in places {
        let operation = &operations[place];
        let process = operation.process.to_string();
        let lane = lanes.iter().position(|name| *name == process).unwrap_or(0);
        let shown = why.operations.iter().find(|shown| shown.place == place);
        let words = shown.map_or_else(|| recorded(operation), |shown| shown.words.clone());
        let is_culprit = why.culprit == Some(place);
        let is_open = operation.returned.is_none_or(|returned| returned >= last);
        let mut class = String::from(if is_open { "open" } else { "" });
        if shown.is_some() {
            class.push_str(" matters");
        }
        if is_culprit {
            class.push_str(" culprit");
        }
        let begin = x(operation.invoked);
        let stop = operation.returned.filter(|_| !is_open).map_or(end, x);
        let width = (stop - begin).max(12);
        let y = 8 + LANE * lane;
        // As many letters as there is room for before the next of its process; all of it in the tooltip.
        let next = places
            .iter()
            .map(|&other| &operations[other])
            .filter(|other| other.process == operation.process && other.invoked > operation.invoked);
        let free = next.map(|other| x(other.invoked)).min().unwrap_or(end.max(stop));
        let room = free.saturating_sub(begin + 5) / LETTER;
        let label: String = if words.chars().count() <= room {
            words.clone()
        } else {
            words.chars().take(room.saturating_sub(1)).chain(['…']).collect()
        };
        let fate = match operation.outcome {
            Outcome::Unknown => " (unknown outcome)",
            _ => "",
        };
        let _ = writeln!(
            out,
            "<g><title>{} {}{fate}, line {}</title><rect class=\"{class}\" x=\"{begin}\" y=\"{}\" width=\"{width}\" height=\"{}\" rx=\"4\"/><text{} x=\"{}\" y=\"{}\">{}</text></g>",
            escaped(&process),
            escaped(&words),
            operation.lines.0,
            y + 4,
            LANE - 8,
            if is_culprit { " class=\"bad\"" } else { "" },
            begin + 5,
            y + LANE / 2 + 4,
            escaped(&label)
        );
    }
    out.push_str("</svg></div></div>\n");
}
