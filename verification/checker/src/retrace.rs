//! From a run in numbers to a [`Trace`] that people can read: its handlers run once more.

use synod_actor::{Actor, Effect, Ground, NodeId};
use synod_properties::Monitor;

use crate::{
    changes::changes,
    components::{Label, What},
    invariants,
    node::{Happening, Held, Node, Outcome},
    paths::Edge,
    search::Search,
    trace::{Cause, Trace, TraceEffect, TraceStep, TraceWhat},
    translate::Shift,
};

/// The trace of a run.
pub(crate) fn trace<A, M>(
    search: &Search<'_, '_, A, M>,
    (property, because): (&'static str, String),
    (start, steps): (u32, &[Edge]),
    repeats_from: Option<usize>,
) -> Trace
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let mut raised = 0;
    let mut told = Vec::new();
    for edge in steps {
        told.push(step(search, edge, raised));
        raised += edge.lowered;
    }
    let nodes = search.components.group.len();
    Trace { nodes, property, because, starts: starts(search, start), steps: told, repeats_from }
}

/// What each node did when it started.
fn starts<A, M>(search: &Search<'_, '_, A, M>, start: u32) -> Vec<TraceStep>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let components = search.components;
    let (_, outcomes) =
        search.initial.iter().find(|(state, _)| *state == start).expect("it is an initial state");
    let nodes = components.group.iter().zip(&components.system.nodes).zip(outcomes);
    nodes
        .map(|((&me, durable), &outcome)| {
            let before = Node::new(durable.clone());
            let mut all = before.step(me, &Happening::Start, components.setting());
            tell(me, Cause::Start, &before, &all.swap_remove(outcome))
        })
        .filter(|step| !(step.effects.is_empty() && step.changes.is_empty() && step.marks.is_empty()))
        .collect()
}

/// One step, with all epochs raised by so much.
fn step<A, M>(search: &Search<'_, '_, A, M>, edge: &Edge, raised: u64) -> TraceStep
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let components = search.components;
    let Label { node: me, what } = (*components.labels.get(edge.label)).clone();
    let mut before = invariants::nodes(components, &search.store.tables(), edge.from)[me.index()].1.clone();
    let mut shift = Shift(i64::try_from(raised).expect("epochs are small"));
    let translation = components.system.translation.as_ref();
    let (happening, duplicated) = match what {
        What::Happens(happening) => (happening, false),
        What::Duplicate(from, msg) => (Happening::Receive(from, msg), true),
        What::Lose(from, msg) => {
            let msg = translation.map_or(msg.clone(), |translation| translation.msg(msg, &mut shift));
            return TraceStep {
                node: me,
                cause: Cause::Lose { from, msg: format!("{msg:?}") },
                choices: Vec::new(),
                marks: Vec::new(),
                effects: Vec::new(),
                changes: Vec::new(),
            };
        }
    };
    let mut happening = happening;
    if let Some(translation) = translation {
        before = translation.node(before, &mut shift);
        happening = translation.happening(happening, &mut shift);
    }
    let cause = match &happening {
        Happening::Start => Cause::Start,
        Happening::Request(request) => Cause::Request(format!("{request:?}")),
        Happening::Receive(from, msg) => Cause::Receive { from: *from, msg: format!("{msg:?}"), duplicated },
        Happening::Own => {
            Cause::Own(format!("{:?}", before.own.front().expect("it has a message to itself")))
        }
        Happening::Flush => match before.disk.front() {
            Some(Held::Persist(record)) => Cause::Durable(format!("{record:?}")),
            other => unreachable!("the queue of a disk begins with a write, not with {other:?}"),
        },
        Happening::Timeout(timer) => Cause::Timeout(format!("{timer:?}")),
        Happening::Crash => Cause::Crash,
        Happening::Stop => Cause::Stop,
        Happening::Restart => Cause::Restart,
    };
    let mut outcomes = before.step(me, &happening, components.setting());
    let mut outcome = outcomes.swap_remove(edge.outcome as usize);
    if matches!(happening, Happening::Crash | Happening::Stop) {
        outcome.issued = before.lost(me);
        outcome.held = outcome.issued.len();
    }
    tell(me, cause, &before, &outcome)
}

fn tell<A: Actor<Uses: Ground>>(
    me: NodeId,
    cause: Cause,
    before: &Node<A>,
    outcome: &Outcome<A>,
) -> TraceStep {
    let mut step = TraceStep {
        node: me,
        cause,
        choices: outcome.answers.to_vec(),
        marks: Vec::new(),
        effects: Vec::new(),
        changes: changes(&format!("{:#?}", before.live), &format!("{:#?}", outcome.node.live)),
    };
    let free = outcome.issued.len() - outcome.held;
    for (at, effect) in outcome.issued.iter().enumerate() {
        let what = match effect {
            Effect::Mark(mark) => {
                step.marks.push(mark);
                continue;
            }
            Effect::Persist(record) => TraceWhat::Write(format!("{record:?}")),
            Effect::Send(to, msg) => TraceWhat::Send(*to, format!("{msg:?}")),
            Effect::Set(timer, _) => TraceWhat::Set(format!("{timer:?}")),
            Effect::Cancel(timer) => TraceWhat::Cancel(format!("{timer:?}")),
            Effect::Indicate(indication) => TraceWhat::Indicate(format!("{indication:?}")),
            Effect::Request(request) => A::Uses::impossible(request.clone()),
        };
        step.effects.push(TraceEffect { what, held: at >= free });
    }
    if let crate::node::Status::Faulty(why) = &outcome.node.status {
        step.effects.push(TraceEffect { what: TraceWhat::Fault(why.clone()), held: false });
    }
    step
}
