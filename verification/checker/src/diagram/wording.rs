//! The right side of the diagram: what happens in each step, in words.

use std::collections::{BTreeMap, VecDeque};

use synod_actor::NodeId;

use crate::trace::{Cause, Change, Trace, TraceEffect, TraceStep, TraceWhat};

/// A value longer than this is cut.
const LONGEST: usize = 140;

/// A step in words.
pub(super) struct Text {
    /// What happens.
    pub(super) what: String,
    /// What follows from it, a line each.
    pub(super) details: Vec<String>,
}

/// Words for steps, in order: it remembers when what was sent.
pub(super) struct Wording {
    /// The steps in which each message in flight was sent, oldest first: by sender, receiver and text.
    sent: BTreeMap<(NodeId, NodeId, String), VecDeque<usize>>,
    /// The number of nodes.
    nodes: usize,
}

impl Wording {
    pub(super) fn new(trace: &Trace) -> Wording {
        Wording { sent: BTreeMap::new(), nodes: trace.nodes }
    }

    /// The words for the step of this number.
    pub(super) fn step(&mut self, number: usize, step: &TraceStep) -> Text {
        let node = step.node;
        let mut what = match &step.cause {
            Cause::Begin(state) => format!("begins with {}", cut(state)),
            Cause::Action(action) => cut(action),
            Cause::Start => format!("{node} starts"),
            Cause::Request(request) => format!("request at {node}: {}", cut(request)),
            Cause::Receive { from, msg, duplicated } => {
                let when = self.when(*from, node, msg, *duplicated);
                let copy = if *duplicated { "; a copy stays in flight" } else { "" };
                format!("{node} receives {} from {from}{when}{copy}", cut(msg))
            }
            Cause::Own(msg) => format!("{node} receives {} from itself", cut(msg)),
            Cause::Timeout(timer) => format!("timeout at {node}: {}", cut(timer)),
            Cause::Durable(record) => format!("write of {node} becomes durable: {}", cut(record)),
            Cause::Lose { from, msg } => {
                let when = self.when(*from, node, msg, false);
                format!("message from {from} to {node} is lost: {}{when}", cut(msg))
            }
            Cause::Crash => format!("{node} crashes"),
            Cause::Stop => format!("{node} crashes, and stays down"),
            Cause::Restart => format!("{node} restarts from what is durable"),
        };
        for choice in &step.choices {
            what += &format!(", chooses {choice}");
        }
        for mark in &step.marks {
            what += &format!("  [{mark}]");
        }
        let is_crash = matches!(step.cause, Cause::Crash | Cause::Stop);
        let details = if is_crash {
            step.effects.iter().map(|effect| lost(node, effect)).collect()
        } else {
            self.effects(number, step)
        };
        Text { what, details: details.into_iter().chain(step.changes.iter().map(changed)).collect() }
    }

    /// What a step did; the same message to several nodes in one line.
    fn effects(&mut self, number: usize, step: &TraceStep) -> Vec<String> {
        let now = if matches!(step.cause, Cause::Durable(_)) { "now " } else { "" };
        let mut lines = Vec::new();
        for effects in step.effects.chunk_by(same_message) {
            let held = if effects[0].held { "; held until the write is durable" } else { "" };
            let line = match &effects[0].what {
                TraceWhat::Write(record) => {
                    let held = if effects[0].held { "; not yet durable" } else { "" };
                    format!("{now}writes {}{held}", cut(record))
                }
                TraceWhat::Send(_, msg) => {
                    let to = effects.iter().filter_map(|effect| match effect.what {
                        TraceWhat::Send(to, _) => Some(to),
                        _ => None,
                    });
                    let to: Vec<NodeId> = to.collect();
                    if !effects[0].held {
                        for &to in &to {
                            self.sent.entry((step.node, to, msg.clone())).or_default().push_back(number);
                        }
                    }
                    format!("{now}sends {} to {}{held}", cut(msg), self.names(step.node, &to))
                }
                TraceWhat::Indicate(indication) => format!("{now}tells its client {}{held}", cut(indication)),
                TraceWhat::Set(timer) => format!("{now}sets timer {}{held}", cut(timer)),
                TraceWhat::Cancel(timer) => format!("{now}cancels timer {}{held}", cut(timer)),
                TraceWhat::Fault(fault) => format!("✘ {}", cut(fault)),
            };
            lines.push(line);
        }
        lines
    }

    /// When a message that arrives or is lost was sent, as far as the trace tells.
    fn when(&mut self, from: NodeId, to: NodeId, msg: &str, stays: bool) -> String {
        let sent = self.sent.get_mut(&(from, to, msg.to_owned()));
        let step = sent.and_then(|steps| if stays { steps.front().copied() } else { steps.pop_front() });
        match step {
            None => String::new(),
            Some(0) => ", sent at the start".to_owned(),
            Some(step) => format!(", sent in step {step}"),
        }
    }

    fn names(&self, me: NodeId, nodes: &[NodeId]) -> String {
        match nodes {
            all if all.len() == self.nodes && all.len() > 1 => "all".to_owned(),
            some => {
                let name = |&node: &NodeId| if node == me { "itself".to_owned() } else { node.to_string() };
                some.iter().map(name).collect::<Vec<_>>().join(", ")
            }
        }
    }
}

/// Whether both send the same message.
fn same_message(a: &TraceEffect, b: &TraceEffect) -> bool {
    match (&a.what, &b.what) {
        (TraceWhat::Send(_, one), TraceWhat::Send(_, other)) => one == other && a.held == b.held,
        _ => false,
    }
}

/// What a crash takes with it.
fn lost(me: NodeId, effect: &TraceEffect) -> String {
    match &effect.what {
        TraceWhat::Write(record) => format!("loses the write {}", cut(record)),
        TraceWhat::Send(to, msg) if *to == me => format!("loses {} to itself", cut(msg)),
        TraceWhat::Send(to, msg) => format!("never sends {} to {to}", cut(msg)),
        TraceWhat::Indicate(indication) => format!("never tells its client {}", cut(indication)),
        TraceWhat::Set(timer) => format!("never sets timer {}", cut(timer)),
        TraceWhat::Cancel(timer) => format!("never cancels timer {}", cut(timer)),
        TraceWhat::Fault(fault) => format!("✘ {}", cut(fault)),
    }
}

fn changed(change: &Change) -> String {
    let value = |value: &Option<String>| value.as_deref().map_or("–".to_owned(), cut);
    format!("{}: {} → {}", change.field, value(&change.before), value(&change.after))
}

/// The text, or its beginning if it is very long.
fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
