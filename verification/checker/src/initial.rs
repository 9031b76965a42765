//! The initial states: every node has handled its first start, in every way; or the one that another search found.

use synod_actor::{Actor, Ground, NodeId};
use synod_properties::Monitor;

use crate::{
    components::{Components, Label, What},
    node::{Happening, Node},
    rows::Candidates,
    store::{PARTS, Store, Tables},
    system::System,
    table::Full,
    worker::Worker,
};

/// An initial state.
#[derive(Clone)]
pub(crate) struct Initial {
    pub(crate) state: u32,
    /// The outcome of each node's start that leads there.
    pub(crate) outcomes: Vec<usize>,
    /// Its parts, before it was replaced by its representative.
    pub(crate) parts: Vec<u32>,
    /// How many states it stands for.
    pub(crate) orbit: u32,
}

/// Inserts the initial states, in the order of the nodes' choices, and returns them, and which of them are in violation.
pub(crate) fn states<A, M>(worker: &mut Worker<'_, '_, A, M>, store: &Store) -> (Vec<Initial>, Vec<u32>)
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    loop {
        if let Ok(initial) = insert(worker, &store.tables()) {
            return initial;
        }
        store.grow();
    }
}

/// The nodes, each in the state in which it begins.
pub(crate) fn nodes<A, M>(system: &System<A, M>) -> impl Iterator<Item = (NodeId, Node<A>)>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let begins = |at: usize, durable: &A| match system.start.as_deref() {
        Some(start) => start.nodes[at].clone(),
        None => Node::new(durable.clone()),
    };
    let group = NodeId::group(system.nodes.len());
    group.into_iter().zip(&system.nodes).enumerate().map(move |(at, (me, durable))| (me, begins(at, durable)))
}

/// What is there for a node to receive before anything happens.
fn first_inbox<A, M>(components: &Components<'_, A, M>, me: NodeId, node: u32) -> u32
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let requests = components.inboxes.intern(&components.first_inbox(me));
    let messages = components.system.start.iter().flat_map(|start| &start.messages);
    messages.filter(|message| message.to == me).fold(requests, |inbox, message| {
        let envelope = components.envelope(message.clone());
        components.item(node, envelope).map_or(inbox, |item| components.add(inbox, item))
    })
}

fn insert<A, M>(worker: &mut Worker<'_, '_, A, M>, tables: &Tables) -> Result<(Vec<Initial>, Vec<u32>), Full>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let components = worker.components;
    let nodes = components.group.len();
    let mut first = [0; PARTS];
    for (at, (me, node)) in self::nodes(components.system).enumerate() {
        let node = components.nodes.intern((me, node));
        let inbox = first_inbox(components, me, node);
        first[at] = tables.number_node(at, node, inbox)?;
    }
    first[nodes] = components.worlds.intern(components.first_world());

    // One after the other they start; each choice of one multiplies what there is.
    let mut states = vec![(first, false, Vec::new())];
    let starting = if components.system.start.is_some() { &[] } else { &components.group[..] };
    for (at, &me) in starting.iter().enumerate() {
        let start = components.labels.intern(Label { node: me, what: What::Happens(Happening::Start) });
        let mut started = Vec::new();
        for (state, violates, outcomes) in states {
            let (node, inbox) = tables.node(at, state[at]);
            let range = components.step(node, start);
            let steps = components.steps.read();
            for (outcome, step) in steps.steps[range].iter().enumerate() {
                components.marks.reach_one(step.marks);
                let (mut after, mut violates) = (state, violates || step.faults);
                let rest = components.settle(step.node, inbox);
                after[at] = tables.number_node(at, step.node, rest)?;
                for &(to, envelope) in &steps.sends[step.first_send as usize..][..usize::from(step.sends)] {
                    let to = usize::from(to);
                    let (node, inbox) = tables.node(to, after[to]);
                    let more =
                        components.item(node, envelope).map_or(inbox, |item| components.add(inbox, item));
                    after[to] = tables.number_node(to, node, more)?;
                }
                if step.delta != 0 {
                    let (world, violated) =
                        components.after(state[nodes], step.delta).expect("a start costs nothing");
                    after[nodes] = world;
                    violates |= violated;
                }
                started.push((after, violates, [&outcomes[..], &[outcome]].concat()));
            }
        }
        states = started;
    }

    let (mut initial, mut violating) = (Vec::<Initial>::new(), Vec::new());
    let (mut candidates, mut orbits) = (Candidates::new(tables), Vec::new());
    let plain = states.clone();
    for (state, ..) in &mut states {
        let row = &mut state[..=nodes];
        if components.system.translation.is_some() {
            worker.lower(tables, row)?;
        }
        orbits.push(worker.represent(tables, row)?);
        candidates.push_parts(tables, row)?;
    }
    // Inserted before a table was full, a state is not new now: so all are looked at.
    tables.fold(&mut candidates, |at, state, _| {
        let (parts, violates, outcomes) = &plain[at];
        if initial.iter().all(|known| known.state != state) {
            let (outcomes, parts) = (outcomes.clone(), parts[..=nodes].to_vec());
            initial.push(Initial { state, outcomes, parts, orbit: orbits[at] });
        }
        if *violates && !violating.contains(&state) {
            violating.push(state);
        }
    })?;
    Ok((initial, violating))
}
