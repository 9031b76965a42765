use std::{env, fs, path::Path};

use super::*;
use crate::trace::{Change, TraceEffect, TraceWhat};

/// Compares with `golden/NAME.txt`, which is written anew if `UPDATE_GOLDENS` is set.
fn golden(name: &str, trace: &Trace) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/diagram/golden/{name}.txt"));
    let drawn = format!("{trace}\n");
    if env::var_os("UPDATE_GOLDENS").is_some() {
        fs::write(&path, &drawn).expect("the file can be written");
    }
    let expected = fs::read_to_string(&path).expect("the file is there");
    assert_eq!(drawn, expected, "{name} is drawn otherwise than before:\n{drawn}");
    assert!(drawn.lines().all(|line| line.chars().count() <= WIDTH), "{name} is too wide");
}

/// A step in the making.
fn at(node: u16, cause: Cause) -> TraceStep {
    TraceStep { node: NodeId(node), cause, choices: vec![], marks: vec![], effects: vec![], changes: vec![] }
}

fn request(node: u16, request: &str) -> TraceStep {
    at(node, Cause::Request(request.into()))
}

fn receive(node: u16, from: u16, msg: &str) -> TraceStep {
    at(node, Cause::Receive { from: NodeId(from), msg: msg.into(), duplicated: false })
}

fn durable(node: u16, record: &str) -> TraceStep {
    at(node, Cause::Durable(record.into()))
}

impl TraceStep {
    fn mark(mut self, mark: &'static str) -> Self {
        self.marks.push(mark);
        self
    }

    fn chooses(mut self, choice: u64) -> Self {
        self.choices.push(choice);
        self
    }

    fn does(mut self, what: TraceWhat) -> Self {
        self.effects.push(TraceEffect { what, held: false });
        self
    }

    fn holds(mut self, what: TraceWhat) -> Self {
        self.effects.push(TraceEffect { what, held: true });
        self
    }

    fn changes(mut self, field: &str, before: &str, after: &str) -> Self {
        let value = |value: &str| (!value.is_empty()).then(|| value.to_owned());
        self.changes.push(Change { field: field.into(), before: value(before), after: value(after) });
        self
    }
}

fn send(to: u16, msg: &str) -> TraceWhat {
    TraceWhat::Send(NodeId(to), msg.into())
}

fn write(record: &str) -> TraceWhat {
    TraceWhat::Write(record.into())
}

fn indicate(indication: &str) -> TraceWhat {
    TraceWhat::Indicate(indication.into())
}

fn trace(nodes: usize, property: &'static str, because: &str, steps: Vec<TraceStep>) -> Trace {
    Trace { nodes, property, because: because.into(), starts: vec![], steps, repeats_from: None }
}

/// Loss, a delayed write, a crash that loses it with what it held, a duplicate, a message to itself.
#[test]
fn an_acceptor_forgets_its_promise() {
    let steps = vec![
        request(0, r#""a""#)
            .mark("1a")
            .holds(write("Round(1)"))
            .holds(send(0, "Prepare(1.n0)"))
            .holds(send(1, "Prepare(1.n0)"))
            .holds(send(2, "Prepare(1.n0)"))
            .changes("round", "0", "1"),
        durable(0, "Round(1)")
            .does(send(0, "Prepare(1.n0)"))
            .does(send(1, "Prepare(1.n0)"))
            .does(send(2, "Prepare(1.n0)")),
        at(0, Cause::Own("Prepare(1.n0)".into())).mark("1b").does(send(0, "Promise(1.n0, None)")),
        at(1, Cause::Lose { from: NodeId(0), msg: "Prepare(1.n0)".into() }),
        at(2, Cause::Receive { from: NodeId(0), msg: "Prepare(1.n0)".into(), duplicated: true })
            .mark("1b")
            .does(send(0, "Promise(1.n0, None)"))
            .holds(write("Promised(1.n0)"))
            .holds(indicate("Ready"))
            .changes("promised", "None", "Some(1.n0)"),
        at(2, Cause::Crash).holds(write("Promised(1.n0)")).holds(indicate("Ready")).holds(send(2, "Note")),
        receive(0, 2, "Promise(1.n0, None)")
            .mark("2a")
            .does(send(1, r#"Accept(1.n0, "a")"#))
            .does(send(2, r#"Accept(1.n0, "a")"#))
            .changes("promises[n2]", "", "None"),
        at(2, Cause::Restart),
        at(1, Cause::Timeout("Retry".into()))
            .chooses(2)
            .does(TraceWhat::Cancel("Retry".into()))
            .does(TraceWhat::Set("Retry".into())),
        at(1, Cause::Stop),
        receive(2, 0, r#"Accept(1.n0, "a")"#)
            .does(indicate(r#"Decide("a")"#))
            .does(TraceWhat::Fault("panicked: a value was already decided".into())),
    ];
    let mut trace = trace(3, "agreement", r#"n0 decided "b" before, n2 decides "a""#, steps);
    trace.starts = vec![at(1, Cause::Start).does(TraceWhat::Set("Retry".into()))];
    golden("forgetful", &trace);
}

/// Two proposers that take turns for ever: the lasso.
#[test]
fn two_proposers_duel() {
    let steps = vec![
        request(0, r#""a""#).mark("1a").does(send(2, "Prepare(1.n0)")),
        request(1, r#""b""#).mark("1a").does(send(2, "Prepare(1.n1)")),
        receive(2, 0, "Prepare(1.n0)").mark("1b").does(send(0, "Promise(1.n0)")),
        receive(2, 1, "Prepare(1.n1)").mark("1b").does(send(1, "Promise(1.n1)")),
        at(0, Cause::Timeout("Retry".into())).mark("1a").does(send(2, "Prepare(2.n0)")),
        receive(2, 0, "Prepare(2.n0)").mark("1b").does(send(0, "Promise(2.n0)")),
    ];
    let mut trace = trace(3, "termination", "n0 and n1 propose, and nobody ever decides", steps);
    trace.repeats_from = Some(2);
    golden("duel", &trace);
}

/// The coordinator stays down after the votes, and nothing more happens.
#[test]
fn participants_wait_for_ever() {
    let steps = vec![
        request(0, "Begin").does(send(1, "Prepare")).does(send(2, "Prepare")),
        receive(1, 0, "Prepare").does(write("Voted(Yes)")).does(send(0, "Vote(Yes)")),
        at(0, Cause::Stop),
    ];
    let mut trace = trace(3, "termination", "n1 voted and waits for the decision", steps);
    trace.repeats_from = Some(3);
    golden("blocking", &trace);
}

/// Many nodes, long texts, an arrow to the left over lanes of crashed nodes.
#[test]
fn much_to_show() {
    let log: Vec<u64> = (0..120).map(|n| n * 1_000).collect();
    let long = format!("Append {{ entries: {log:?}, commit: 3 }}");
    let unbroken = "x".repeat(200);
    let steps = vec![
        at(4, Cause::Stop),
        request(8, &unbroken).does(send(0, &long)).does(send(1, &long)),
        receive(0, 8, &long).changes("log", "[]", &format!("{log:?}")),
        at(1, Cause::Lose { from: NodeId(8), msg: long.clone() }),
    ];
    golden("long", &trace(9, "agreement", &format!("it is long: {long}"), steps));
}

#[test]
fn a_violation_may_be_there_at_the_start() {
    let drawn = trace(1, "one leader", "everyone leads", vec![]).to_string();
    assert_eq!(drawn, "✘ one leader is violated at the start: everyone leads\n\n     n0");
}

#[test]
fn marks_are_not_broken() {
    let rows = wrapped("n0 receives a promise  [2a]  [2a adopts]", 36, "  ");
    assert_eq!(rows, ["n0 receives a promise  [2a] ", "  [2a adopts]"]);
    let words: Vec<&str> = words("a [b] [c d] e[f g] [h").collect();
    assert_eq!(words, ["a", "[b]", "[c d]", "e[f", "g]", "[h"]);
}

#[test]
fn headlines_tell_the_sort_of_run() {
    let headline = |steps, repeats_from| {
        let mut trace = trace(1, "p", "q", vec![at(0, Cause::Crash); steps]);
        trace.repeats_from = repeats_from;
        super::headline(&trace)
    };
    assert_eq!(headline(1, None), "✘ p is violated after 1 step: q");
    assert_eq!(headline(4, Some(1)), "✘ p is violated by a run that repeats its steps 2 to 4 for ever: q");
    assert_eq!(headline(4, Some(3)), "✘ p is violated by a run that repeats its step 4 for ever: q");
    assert_eq!(headline(4, Some(4)), "✘ p is violated by a run of 4 steps after which nothing happens: q");
}
