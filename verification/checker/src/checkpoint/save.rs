//! From a search to what is written of it.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use synod_actor::{Actor, Ground, NodeId};
use synod_properties::{Monitor, Observation};

use super::{
    LevelStart,
    saved::{Head, Parts, Saved, SavedDelta, SavedInitial, SavedSearch, SavedStep, SavedSteps, SavedWhat},
};
use crate::{
    components::{Components, Cost, Delta, Envelope, Label, What},
    initial,
    node::Happening,
    order::{Order, behind},
    search::{Cut, Search},
    steps::Event,
    store::Tables,
};

/// Where the timers of nodes stand: in which node state, and which of its timers.
type Timers<T> = BTreeMap<(NodeId, T), (u32, u32)>;

impl<A, M> Search<'_, '_, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// How far it is now, at the start of a level.
    pub(crate) fn level_start(&self) -> LevelStart {
        LevelStart {
            levels: self.levels.len(),
            transitions: self.transitions,
            represented: self.represented,
            found: self.found.len(),
            outside: self.cuts.contains(&Cut::Outside),
            marks: self.components.marks.all().into_iter().collect(),
            behind: behind::worlds(self),
            refusing: self.components.order.as_ref().map_or_else(Vec::new, Order::refusing),
        }
    }
}

/// What is to be written of a search, as it was at the start of a level.
pub(super) fn saved<A, M>(search: &Search<'_, '_, A, M>, start: &LevelStart, head: Head) -> Saved
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let components = search.components;
    let text = |names: &[&'static str]| names.iter().map(|&name| name.to_owned()).collect();
    let found = search.found[..start.found].iter();
    let initial = search.initial.iter().map(|initial| SavedInitial {
        state: initial.state,
        outcomes: initial.outcomes.iter().map(|&outcome| outcome as u64).collect(),
        parts: initial.parts.clone(),
        orbit: initial.orbit,
    });
    Saved {
        head,
        parts: parts(components, &search.store.tables()),
        dead: components.dead.as_ref().map(crate::dead::Dead::saved),
        order: components.order.as_ref().map(|order| order.saved(&start.refusing)),
        search: SavedSearch {
            levels: search.levels[..start.levels].to_vec(),
            transitions: start.transitions,
            represented: start.represented,
            found: found.map(|&(name, state, level)| (name.to_owned(), state, level as u64)).collect(),
            initial: initial.collect(),
            outside: start.outside,
            marks: text(&start.marks),
            behind: start.behind.clone(),
        },
        states: Vec::new(),
    }
}

impl<A, M> Components<'_, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// Hashes of all that has to be made again: numbers alone do not show whether they stand for the same as before.
    pub(super) fn sums(&self) -> [u64; 5] {
        let Components { nodes, envelopes, labels, deltas, worlds, .. } = self;
        [nodes.sum(), envelopes.sum(), labels.sum(), deltas.sum(), worlds.sum()]
    }
}

fn parts<A, M>(components: &Components<'_, A, M>, tables: &Tables) -> Parts
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let origins = components.origins.as_ref().expect("they are kept where a checkpoint is written");
    let nodes = components.nodes.len() as u32;
    let mut timers = Timers::new();
    for number in 0..nodes {
        let (me, node) = &components.nodes.get(number);
        for (timer, at) in node.timers.iter().zip(0..) {
            // The first that has it: that was known before anybody could ask what comes of it.
            timers.entry((*me, timer.clone())).or_insert((number, at));
        }
    }
    let known = |number: Option<u32>| number.expect("it was given a number");
    let first_nodes = initial::nodes(components.system).map(|node| known(components.nodes.find(&node)));
    let first_envelopes = components.system.start.iter().flat_map(|start| &start.messages);
    let first_envelopes = first_envelopes.map(|message| known(components.envelopes.find(message)));
    let labels = (0..components.labels.len() as u32)
        .map(|label| what(components, &timers, &components.labels.get(label)));
    let deltas =
        (0..components.deltas.len() as u32).map(|number| delta(components, &components.deltas.get(number)));
    let worlds = origins.worlds.read();
    let steps = components.steps.read();
    let of_event = |event: Event| SavedSteps {
        node: event.node,
        label: event.label,
        is_taken: event.is_taken,
        outcomes: steps.steps[event.steps]
            .iter()
            .map(|step| SavedStep {
                node: step.node,
                delta: step.delta,
                sends: steps.sends[step.first_send as usize..][..usize::from(step.sends)]
                    .iter()
                    .map(|&(_, envelope)| envelope)
                    .collect(),
            })
            .collect(),
    };
    Parts {
        nodes,
        first_nodes: first_nodes.collect(),
        node_origins: in_order(&origins.nodes.read()),
        envelopes: components.envelopes.len() as u32,
        first_envelopes: first_envelopes.collect(),
        envelope_origins: in_order(&origins.envelopes.read()),
        labels: labels.collect(),
        deltas: deltas.collect(),
        worlds: (0..components.worlds.len() as u32).map(|world| worlds.get(&world).copied()).collect(),
        inboxes: (0..components.inboxes.len() as u32).map(|number| components.inboxes.get(number)).collect(),
        steps: steps.events().map(of_event).collect(),
        pairs: (0..components.group.len()).map(|at| tables.states_of(at).collect()).collect(),
        sums: components.sums(),
    }
}

fn in_order<T: Copy>(by_number: &FxHashMap<u32, T>) -> Vec<(u32, T)> {
    let mut all: Vec<_> = by_number.iter().map(|(&number, &of)| (number, of)).collect();
    all.sort_unstable_by_key(|&(number, _)| number);
    all
}

fn what<A, M>(
    components: &Components<'_, A, M>,
    timers: &Timers<A::Timer>,
    label: &Label<A>,
) -> (u16, SavedWhat)
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let node = label.node;
    let What::Happens(happening) = &label.what else {
        unreachable!("what else becomes of messages has names only when counterexamples are told")
    };
    let what = match happening {
        Happening::Start => SavedWhat::Start,
        Happening::Request(request) => {
            let place = |alternatives: &Vec<_>| alternatives.iter().position(|other| other == request);
            let mut planned = (0..).zip(&components.planned);
            let found = planned.find_map(|(at, (of, alternatives))| {
                place(alternatives).filter(|_| *of == node).map(|alternative| (at, alternative as u32))
            });
            let (planned, alternative) = found.expect("only what was planned is asked");
            SavedWhat::Request(planned, alternative)
        }
        Happening::Receive(from, msg) => {
            let envelope = Envelope { from: *from, to: node, msg: msg.clone() };
            SavedWhat::Receive(components.envelopes.find(&envelope).expect("only what was sent arrives"))
        }
        Happening::Own => SavedWhat::Own,
        Happening::Flush => SavedWhat::Flush,
        Happening::Timeout(timer) => {
            let &(state, at) = timers.get(&(node, timer.clone())).expect("only a timer that is set ends");
            SavedWhat::Timeout(state, at)
        }
        Happening::Crash => SavedWhat::Crash,
        Happening::Stop => SavedWhat::Stop,
        Happening::Restart => SavedWhat::Restart,
    };
    (node.0, what)
}

fn delta<A, M>(components: &Components<'_, A, M>, delta: &Delta<A>) -> SavedDelta
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let Delta { cost, node, observed } = delta;
    match (cost, observed.as_slice()) {
        (_, []) => SavedDelta::Unnoticed { cost: *cost, node: node.0, loss: false },
        (_, [Observation::Loss]) => SavedDelta::Unnoticed { cost: *cost, node: node.0, loss: true },
        (Cost::Free, _) => SavedDelta::Step,
        _ => {
            let free = Delta { cost: Cost::Free, ..delta.clone() };
            let free = components.deltas.find(&free).expect("what has a price was free before");
            SavedDelta::Priced(free, *cost)
        }
    }
}
