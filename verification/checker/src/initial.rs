//! The initial states: every node has handled its first start, in every way.

use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

use crate::{
    node::{Happening, Node},
    store::{Store, Tables, Unfolded, pair},
    table::Full,
    worker::Worker,
};

/// Each initial state with the outcome of each node's start that leads there; and those in violation.
type Initial = (Vec<(u32, Vec<usize>)>, Vec<u32>);

/// Inserts the initial states, in the order of the nodes' choices.
pub(crate) fn states<A, M>(worker: &mut Worker<'_, '_, A, M>, store: &Store) -> Initial
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    loop {
        if let Ok(initial) = insert(worker, &store.tables()) { return initial }
        store.grow();
    }
}

fn insert<A, M>(worker: &mut Worker<'_, '_, A, M>, tables: &Tables) -> Result<Initial, Full>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let components = worker.components;
    let nodes = components.group.len();
    let mut first = Unfolded::default();
    for (at, (&me, durable)) in components.group.iter().zip(&components.system.nodes).enumerate() {
        let node = components.nodes.intern((me, Node::new(durable.clone())));
        let inbox = components.inboxes.intern(components.first_inbox(me));
        first.parts[at] = tables.nodes.insert(pair(node, inbox))?.0;
    }
    first.parts[nodes] = components.worlds.intern(components.first_world());

    // One after the other they start; each choice of one multiplies what there is.
    let mut states = vec![(first, false, Vec::new())];
    for at in 0..nodes {
        let mut started = Vec::new();
        for (state, violates, outcomes) in states {
            let (node, inbox) = crate::store::unpair(tables.nodes.get(state.parts[at]));
            for (outcome, step) in components.steps(node, &Happening::Start).iter().enumerate() {
                let (mut after, mut violates) = (state, violates || step.faults);
                after.parts[at] = tables.nodes.insert(pair(step.node, inbox))?.0;
                for &(to, envelope) in &step.sends {
                    let to = usize::from(to);
                    after.parts[to] = components.add(tables, after.parts[to], envelope)?;
                }
                if step.delta != 0 {
                    let (world, violated) =
                        components.after(state.parts[nodes], step.delta).expect("a start costs nothing");
                    after.parts[nodes] = world;
                    violates |= violated;
                }
                started.push((after, violates, [&outcomes[..], &[outcome]].concat()));
            }
        }
        states = started;
    }

    let (mut initial, mut violating) = (Vec::<(u32, Vec<usize>)>::new(), Vec::new());
    for (mut state, violates, outcomes) in states {
        let mut changed = 0;
        if components.system.translation.is_some() {
            worker.lower(tables, &mut state, &mut changed)?;
        }
        let root = tables.fold(&mut state, tables.all_parts())?;
        // Inserted before a table was full, a state is not new now: so all are asked.
        let (number, _) = tables.root().insert(root)?;
        if initial.iter().all(|(known, _)| *known != number) {
            initial.push((number, outcomes));
        }
        if violates && !violating.contains(&number) {
            violating.push(number);
        }
    }
    Ok((initial, violating))
}
