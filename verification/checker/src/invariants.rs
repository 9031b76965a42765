//! Looking at single states: what their nodes and their monitor are, and what they violate.

use std::ops::Range;

use rustc_hash::FxHashSet;
use synod_actor::{Actor, Ground};
use synod_properties::{Monitor, Violation};

use crate::{
    components::{Components, Watch},
    node::Status,
    nodes::Named,
    parallel::{self, Blocks, Task},
    paths::Edge,
    rows::Rows,
    search::Search,
    store::Tables,
    system::NodeView,
    table::Full,
    worker::Worker,
};

/// Hands the nodes of a state to `look`.
pub(crate) fn view<A, M, R>(
    components: &Components<'_, A, M>,
    tables: &Tables,
    state: u32,
    look: impl FnOnce(&[NodeView<'_, A>]) -> R,
) -> R
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let nodes: Vec<_> =
        tables.nodes(tables.parts(state)).map(|(node, _)| components.nodes.shown(node)).collect();
    let views: Vec<NodeView<'_, A>> = nodes
        .iter()
        .map(|(live, durable, status)| NodeView {
            live: &**live,
            durable: &**durable,
            up: *status == Status::Up,
        })
        .collect();
    look(&views)
}

/// The nodes of a state.
pub(crate) fn nodes<A, M>(components: &Components<'_, A, M>, tables: &Tables, state: u32) -> Vec<Named<A>>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    numbered_nodes(components, tables, state).into_iter().map(|(_, node)| node).collect()
}

/// The nodes of a state, and their numbers.
pub(crate) fn numbered_nodes<A, M>(
    components: &Components<'_, A, M>,
    tables: &Tables,
    state: u32,
) -> Vec<(u32, Named<A>)>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    tables.nodes(tables.parts(state)).map(|(node, _)| (node, components.nodes.get(node))).collect()
}

/// The monitor in a state; `None` if it is in violation.
pub(crate) fn monitor<A, M>(components: &Components<'_, A, M>, tables: &Tables, state: u32) -> Option<M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    match watch(components, tables, state) {
        Watch::Fine(monitor) => Some(monitor),
        Watch::Violated(_) => None,
    }
}

/// The number of the world in a state.
pub(crate) fn world<A, M>(components: &Components<'_, A, M>, tables: &Tables, state: u32) -> u32
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    tables.parts(state)[components.group.len()]
}

fn watch<A, M>(components: &Components<'_, A, M>, tables: &Tables, state: u32) -> Watch<M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    components.worlds.get(world(components, tables, state)).watch.clone()
}

/// How many distinct states of the monitor were reached. Where nodes are renamed, those that differ in their names only are one.
pub(crate) fn watches<A, M>(search: &Search<'_, '_, A, M>) -> u64
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let (tables, worlds) = (&*search.store.tables(), search.components.worlds.len());
    let mut workers = vec![(); search.workers.len()];
    let blocks = Blocks::of(0..search.reached(), workers.len());
    let make = || vec![false; worlds];
    let tasks = parallel::each(&search.crew, &mut workers, &blocks, make, &|_, _, are_reached, blocks| {
        for states in blocks.flatten() {
            tables.worlds(states.clone(), |world| are_reached[world as usize] = true);
        }
    });
    let are_behind = |world| search.workers.iter().any(|worker| worker.behind.worlds.contains(&world));
    let are_reached =
        (0..worlds).map(|world| tasks.iter().any(|reached| reached[world]) || are_behind(world as u32));
    let worlds = (0..).zip(are_reached).filter(|&(_, is_reached)| is_reached);
    let worlds: Vec<_> = worlds.map(|(world, _)| search.components.worlds.get(world)).collect();
    // Where nodes are renamed, which of them a state has is chance.
    let watches = worlds.iter().map(|world| search.components.nameless_watch(world));
    watches.collect::<FxHashSet<_>>().len() as u64
}

/// Why a state violates this property, which it does. It may violate others too. Given the step that leads there, if one does.
pub(crate) fn because<A, M>(
    components: &Components<'_, A, M>,
    tables: &Tables,
    (by, state): (Option<&Edge>, u32),
    property: &str,
) -> String
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    if components.renamings.is_some()
        && let Some(because) = by.and_then(|by| told_again(components, tables, by, property))
    {
        return because;
    }
    violations(components, tables, state)
        .find(|violation| violation.property == property)
        .map_or_else(|| BROKEN.to_owned(), |violation| violation.because)
}

/// Why a step violates a property, where states have forgotten it since they are one with others.
fn told_again<A, M>(
    components: &Components<'_, A, M>,
    tables: &Tables,
    by: &Edge,
    property: &str,
) -> Option<String>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let before = tables.parts(by.from);
    if property == crate::TOTAL {
        let label = components.labels.get(by.label);
        let at = label.node.index();
        let node = tables.node(at, before[at]).0;
        return components.fault(node, &label, by.outcome).map(|why| format!("at {}, {why}", label.node));
    }
    let objection = components.objection(before[components.group.len()], by.delta)?;
    (objection.property == property).then_some(objection.because)
}

/// Why an invariant is violated.
const BROKEN: &str = "it does not hold in the last state";

/// What a state violates by a fault of an actor, and by its monitor: a step may do both.
pub(crate) fn violations<A, M>(
    components: &Components<'_, A, M>,
    tables: &Tables,
    state: u32,
) -> impl Iterator<Item = Violation> + use<A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let fault = nodes(components, tables, state).into_iter().find_map(|(me, node)| match node.status {
        Status::Faulty(why) => Some(Violation::new(crate::TOTAL, format!("at {me}, {why}"))),
        _ => None,
    });
    let objection = match watch(components, tables, state) {
        Watch::Violated(violation) => Some(violation),
        Watch::Fine(_) => None,
    };
    fault.into_iter().chain(objection)
}

/// Evaluates the invariants in each state.
struct Evaluate {
    violated: Vec<(&'static str, u32)>,
}

impl<A, M> Task<A, M> for Evaluate
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    fn visit(
        &mut self,
        worker: &mut Worker<'_, '_, A, M>,
        tables: &Tables,
        states: &mut &[u32],
    ) -> Result<(), Full> {
        let components = worker.components;
        let mut nodes = Vec::new();
        worker.tidy();
        let mut rows = Rows::default();
        tables.unfold(states, &mut rows);
        for (row, &state) in rows.rows().zip(std::mem::take(states)) {
            // Many states differ in what is on its way only, which invariants do not see.
            nodes.clear();
            nodes.extend(tables.nodes(tables.parts_of(row.words)).map(|(node, _)| node));
            if worker.sound.contains(&nodes[..]) {
                continue;
            }
            let violated = self.violated.len();
            view(components, tables, state, |nodes| {
                let broken =
                    components.system.invariants.iter().filter(|invariant| !(invariant.holds)(nodes));
                self.violated.extend(broken.map(|invariant| (invariant.name, state)));
            });
            if self.violated.len() == violated {
                worker.sound.insert(nodes[..].into());
            }
        }
        Ok(())
    }
}

/// The states of a range in which an invariant does not hold, with its name; not all of them if it is interrupted.
pub(crate) fn violated<A, M>(search: &mut Search<'_, '_, A, M>, range: Range<u32>) -> Vec<(&'static str, u32)>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    if search.components.system.invariants.is_empty() {
        return Vec::new();
    }
    let tasks = search.look_at(range, || Evaluate { violated: Vec::new() });
    tasks.into_iter().flat_map(|task| task.violated).collect()
}
