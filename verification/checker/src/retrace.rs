//! From a run in numbers to a [`Trace`] that people can read: its handlers run once more.

use synod_actor::{Actor, Effect, Ground, NodeId};
use synod_properties::Monitor;

use crate::{
    changes::changes,
    components::{Envelope, Fate, Label, What},
    in_flight::{InFlight, wants_quiet},
    invariants,
    node::{Happening, Held, Node, Outcome},
    nodes::Named,
    paths::Edge,
    search::Search,
    stage::Start,
    trace::{Cause, Trace, TraceEffect, TraceStep, TraceWhat},
    translate::Shift,
};

/// A run in numbers, and how it is to end.
pub(crate) struct Run<'r> {
    pub(crate) start: u32,
    pub(crate) steps: &'r [Edge],
    /// If it is a lasso, the step from which it repeats.
    pub(crate) repeats_from: Option<usize>,
    /// Whether nothing may be left on its way that can still arrive, even if it changes nothing.
    pub(crate) to_the_end: bool,
}

/// The trace of a run. Deliveries of dead messages are put in where the full system wants them: see `dead.rs`.
pub(crate) fn trace<A, M>(
    search: &Search<'_, '_, A, M>,
    (property, because): (&'static str, String),
    run: Run<'_>,
) -> Trace
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let mut teller = Teller {
        search,
        in_flight: search.components.dead.as_ref().map(|_| InFlight::new(search.components)),
        told: Vec::new(),
    };
    let before = search.components.system.start.as_deref();
    let starts = match before {
        None => teller.starts(run.start),
        Some(start) => {
            teller.begin(start);
            start.told.starts.clone()
        }
    };
    let (mut raised, mut at, mut repeats_from) = (0, run.start, None);
    for (place, edge) in run.steps.iter().enumerate() {
        if run.repeats_from == Some(place) {
            teller.clear(at); // so that it can come back to the same
            repeats_from = Some(teller.told.len());
        }
        teller.step(edge, raised);
        raised += edge.lowered;
        at = edge.to;
    }
    if run.to_the_end || run.repeats_from.is_some() {
        teller.clear(at);
    }
    if run.repeats_from.is_some() && repeats_from.is_none() {
        repeats_from = Some(teller.told.len());
    }
    let nodes = search.components.group.len();
    Trace { nodes, property, because, starts, steps: teller.told, repeats_from }
}

struct Teller<'t, 'c, 's, A: Actor, M> {
    search: &'t Search<'c, 's, A, M>,
    /// What is on its way, if some messages are missing in the search.
    in_flight: Option<InFlight<'c, 's, A, M>>,
    told: Vec<TraceStep>,
}

impl<A, M> Teller<'_, '_, '_, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// What each node did when it started.
    fn starts(&mut self, start: u32) -> Vec<TraceStep> {
        let components = self.search.components;
        let initial = self.search.initial.iter().find(|initial| initial.state == start);
        let outcomes = &initial.expect("it is an initial state").outcomes;
        let nodes = components.group.iter().zip(&components.system.nodes).zip(outcomes);
        nodes
            .map(|((&me, durable), &outcome)| {
                let before = Node::new(durable.clone());
                let mut all = before.step(me, &Happening::Start, components.setting());
                let outcome = all.swap_remove(outcome);
                self.sent(me, &outcome);
                tell(me, Cause::Start, &before, &outcome)
            })
            .filter(|step| !(step.effects.is_empty() && step.changes.is_empty() && step.marks.is_empty()))
            .collect()
    }

    /// What happened before the search began.
    fn begin(&mut self, start: &Start<A>) {
        self.told.clone_from(&start.told.steps);
        for Envelope { from, to, msg } in &start.messages {
            if let Some(in_flight) = &mut self.in_flight {
                in_flight.send(*from, vec![(*to, msg.clone())]);
            }
        }
    }

    fn sent(&mut self, me: NodeId, outcome: &Outcome<A>) {
        if let Some(in_flight) = &mut self.in_flight {
            in_flight.send(me, outcome.sends.clone());
        }
    }

    /// Each node of a state, and its number.
    fn nodes(&self, state: u32) -> Vec<(u32, Named<A>)> {
        invariants::numbered_nodes(self.search.components, &self.search.store.tables(), state)
    }

    /// Lets all dead messages arrive that can. Those that the search keeps without their names have steps of their own.
    fn clear(&mut self, state: u32) {
        let Some(in_flight) = &self.in_flight else { return };
        if self.search.components.keeps_nameless() {
            return;
        }
        let nodes = self.nodes(state);
        let states: Vec<(u32, &Node<A>)> = nodes.iter().map(|(number, node)| (*number, &node.1)).collect();
        for (to, from, msg) in in_flight.dead(&states) {
            self.noise(&nodes[to.index()].1.1, to, from, &msg);
        }
    }

    /// A dead message arrives.
    fn noise(&mut self, before: &Node<A>, me: NodeId, from: NodeId, msg: &A::Msg) {
        let happening = Happening::Receive(from, msg.clone());
        let outcome = before.step(me, &happening, self.search.components.setting()).swap_remove(0);
        let cause = Cause::Receive { from, msg: format!("{msg:?}"), duplicated: false };
        self.told.push(tell(me, cause, before, &outcome));
        self.in_flight.iter_mut().for_each(|in_flight| in_flight.remove(me, from, msg));
    }

    /// One step, with all epochs raised by so much.
    fn step(&mut self, edge: &Edge, raised: u64) {
        let components = self.search.components;
        let Label { node: me, what } = (*components.labels.get(edge.label)).clone();
        let (number, before) = self.nodes(edge.from).swap_remove(me.index());
        let mut before = before.1.clone();
        let mut shift = Shift(i64::try_from(raised).expect("epochs are small"));
        let translation = components.system.translation.as_ref();
        let what = match what {
            What::Nameless(sender, fate) => {
                let in_flight = self.in_flight.as_ref().expect("names are only taken from dead messages");
                let found = in_flight.nameless(me, number, NodeId(sender));
                let (from, msg) = found.expect("what stands for a message was sent");
                match fate {
                    Fate::Arrive => What::Happens(Happening::Receive(from, msg)),
                    Fate::Duplicate => What::Duplicate(from, msg),
                    Fate::Lose => What::Lose(from, msg),
                }
            }
            named => named,
        };
        if let What::Happens(Happening::Receive(from, msg))
        | What::Duplicate(from, msg)
        | What::Lose(from, msg) = &what
        {
            let in_the_way = self.in_flight.as_ref().map(|in_flight| in_flight.before(me, *from, msg));
            for other in in_the_way.unwrap_or_default() {
                self.noise(&before, me, *from, &other);
            }
        }
        let (happening, duplicated) = match what {
            What::Happens(happening) => (happening, false),
            What::Duplicate(from, msg) => (Happening::Receive(from, msg), true),
            What::Lose(from, msg) => {
                self.in_flight.iter_mut().for_each(|in_flight| in_flight.remove(me, from, &msg));
                let msg = translation.map_or(msg.clone(), |translation| translation.msg(msg, &mut shift));
                self.told.push(TraceStep {
                    node: me,
                    cause: Cause::Lose { from, msg: format!("{msg:?}") },
                    choices: Vec::new(),
                    marks: Vec::new(),
                    effects: Vec::new(),
                    changes: Vec::new(),
                });
                return;
            }
            What::Nameless(..) => unreachable!("it has a name by now"),
        };
        let mut happening = happening;
        if let Some(translation) = translation {
            before = translation.node(before, &mut shift);
            happening = translation.happening(happening, &mut shift);
        }
        if wants_quiet(&happening, components.system.environment.timers) {
            self.clear(edge.from);
        }
        let cause = cause(&before, &happening, duplicated);
        let mut outcomes = before.step(me, &happening, components.setting());
        let mut outcome = outcomes.swap_remove(edge.outcome as usize);
        if let Some(in_flight) = &mut self.in_flight {
            match &happening {
                Happening::Receive(from, msg) if !duplicated && !components.stays() => {
                    in_flight.remove(me, *from, msg);
                }
                Happening::Stop => in_flight.stop(me),
                _ => {}
            }
        }
        self.sent(me, &outcome);
        if matches!(happening, Happening::Crash | Happening::Stop) {
            outcome.issued = before.lost(me);
            outcome.held = outcome.issued.len();
        }
        self.told.push(tell(me, cause, &before, &outcome));
    }
}

fn cause<A: Actor>(before: &Node<A>, happening: &Happening<A>, duplicated: bool) -> Cause {
    match happening {
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
    }
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
