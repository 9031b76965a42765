//! The machine's view of `check`: one object per model and line.

use serde::Serialize;
use synod_checker::{Kind, Verdict};
use synod_models::{Entry, Size};

use crate::{judge::Judgement, run::Outcome};

/// A model, and what was found.
#[derive(Serialize)]
struct Line<'a> {
    model: &'a str,
    nodes: usize,
    environment: &'a str,
    /// `holds`, `violated` or `incomplete`.
    verdict: &'static str,
    /// The verdict that was expected: `holds` or `violated`.
    expected: &'static str,
    /// Whether the verdict of every property, the counts and the marks are as expected; null if incomplete.
    as_expected: Option<bool>,
    /// What is not as expected, or why the search is incomplete.
    reasons: &'a [String],
    properties: Vec<Property<'a>>,
    states: u64,
    transitions: u64,
    depth: usize,
    seconds: f64,
    peak_memory_bytes: u64,
    bytes_per_state: f64,
    threads: usize,
    engine: &'static str,
    reductions: Vec<&'static str>,
    /// What else there is to say: why a reduction did not take place, or nothing was written down.
    notes: &'a [String],
}

#[derive(Serialize)]
struct Property<'a> {
    name: &'a str,
    kind: &'static str,
    verdict: &'static str,
    /// The steps of the counterexample, where there is one.
    steps: Option<usize>,
}

/// The line for a model.
pub fn line(entry: &Entry, size: Size, outcome: &Outcome, judgement: &Judgement) -> String {
    let (as_expected, reasons) = match judgement {
        Judgement::AsExpected => (Some(true), &[] as &[String]),
        Judgement::NotAsExpected(reasons) => (Some(false), reasons.as_slice()),
        Judgement::Incomplete(why) => (None, std::slice::from_ref(why)),
    };
    let properties = outcome.properties.iter().map(|property| Property {
        name: property.name,
        kind: kind(property.kind),
        verdict: verdict(property.verdict),
        steps: property.counterexample.as_ref().map(|trace| trace.steps.len()),
    });
    let line = Line {
        model: entry.name,
        nodes: size.nodes,
        environment: &outcome.environment,
        verdict: verdict(outcome.verdict()),
        expected: if entry.expect.violated.is_empty() { "holds" } else { "violated" },
        as_expected,
        reasons,
        properties: properties.collect(),
        states: outcome.states,
        transitions: outcome.transitions,
        depth: outcome.depth,
        seconds: outcome.elapsed.as_secs_f64(),
        peak_memory_bytes: outcome.peak_memory,
        bytes_per_state: (outcome.bytes_per_state() * 100.0).round() / 100.0,
        threads: outcome.threads,
        engine: outcome.engine.name(),
        reductions: outcome.reductions.names(),
        notes: &outcome.notes,
    };
    serde_json::to_string(&line).expect("names and numbers can be written")
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "holds",
        Verdict::Violated => "violated",
        Verdict::Incomplete => "incomplete",
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Safety => "safety",
        Kind::Deadlock => "deadlock",
        Kind::Possibility => "possibility",
        Kind::Liveness => "liveness",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{entry, found, outcome, size};

    #[test]
    fn a_line_has_every_field() {
        let mut outcome = outcome();
        outcome.properties = vec![found("termination", Kind::Liveness, Verdict::Violated)];
        let line = line(&entry("fake-lasso"), size(3), &outcome, &Judgement::AsExpected);
        assert!(!line.contains('\n'));
        let expected = json!({
            "model": "fake-lasso", "nodes": 3, "environment": "unordered, any lost",
            "verdict": "violated", "expected": "violated", "as_expected": true, "reasons": [],
            "properties": [{ "name": "termination", "kind": "liveness", "verdict": "violated", "steps": 2 }],
            "states": 1234, "transitions": 5678, "depth": 9, "seconds": 0.12,
            "peak_memory_bytes": 1 << 20, "bytes_per_state": 8.0, "threads": 2, "engine": "synod", "reductions": [], "notes": [],
        });
        assert_eq!(serde_json::from_str::<Value>(&line).expect("is JSON"), expected);
    }

    #[test]
    fn reasons_are_told() {
        let of = |judgement| {
            let line = line(&entry("fake-holds"), size(3), &outcome(), &judgement);
            let value: Value = serde_json::from_str(&line).expect("is JSON");
            (value["as_expected"].clone(), value["reasons"].clone())
        };
        assert_eq!(of(Judgement::Incomplete("interrupted".into())), (Value::Null, json!(["interrupted"])));
        assert_eq!(of(Judgement::NotAsExpected(vec!["a".into()])), (json!(false), json!(["a"])));
    }
}
