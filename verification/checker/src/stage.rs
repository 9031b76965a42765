//! Staged search: find a state, and search on from there, perhaps in another environment.
//!
//! What is far from the start can be near to a state that one can describe: two leaders have been, a vote is split. The way there is
//! searched for once, and from there on with budgets of its own.

use std::{
    collections::{BTreeSet, VecDeque},
    fmt,
    sync::Arc,
};

use synod_actor::{Actor, Ground, NodeId};
use synod_properties::Monitor;

use crate::{
    components::{Components, Envelope, REQUEST, Watch},
    entries::unless_lost,
    invariants::{self, view},
    node::{Held, Node, Status},
    options::{Options, Phase, Reductions},
    parallel::{self, Blocks, Task},
    paths,
    retrace::{self, Run},
    search::{Cut, Search},
    store::Tables,
    system::{NodeView, Planned, System},
    table::Full,
    trace::Trace,
    worker::Worker,
};

/// A state that was found: nodes with their disks and timers, what is on its way, what clients have still to ask, and the monitor.
pub struct Stage<A: Actor, M> {
    start: Arc<Start<A>>,
    requests: Vec<Planned<A>>,
    monitor: M,
}

/// Where a search begins, if not where all nodes start: what [`System::staged`] shows.
pub struct Start<A: Actor> {
    pub(crate) nodes: Vec<Node<A>>,
    /// By receiver; within these in an order in which they can have been sent.
    pub(crate) messages: Vec<Envelope<A>>,
    /// How it came to this.
    pub(crate) told: Trace,
}

/// Whether a node of a stage runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Standing {
    /// It does.
    Up,
    /// It crashed, and is to restart.
    Down,
    /// It crashed for good.
    Stopped,
}

/// A node of a stage.
#[derive(Clone, Debug)]
pub struct StagedNode<'s, A: Actor> {
    /// The state of the running actor; of a crashed node the same as `durable`.
    pub live: &'s A,
    /// What a restart now would restore.
    pub durable: &'s A,
    /// Whether it runs.
    pub standing: Standing,
    /// Armed timers.
    pub timers: &'s BTreeSet<A::Timer>,
    /// Writes not yet durable, oldest first, each followed by the effects that wait for it.
    pub disk: &'s VecDeque<Held<A>>,
    /// Messages to itself, not yet handled.
    pub own: &'s VecDeque<A::Msg>,
    /// Messages on their way to it, with their senders: those of each sender in the order sent.
    pub inbox: Vec<(NodeId, &'s A::Msg)>,
}

/// No such state was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotFound {
    /// How many states were looked at.
    pub states: u64,
    /// Why these are not all, if they are not.
    pub incomplete: Option<String>,
}

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "none of {} states is what was sought", self.states)?;
        self.incomplete.iter().try_for_each(|why| write!(f, "; but {why}"))
    }
}

impl std::error::Error for NotFound {}

impl<A: Actor, M> Stage<A, M> {
    /// How it comes to this state: a shortest run.
    pub fn trace(&self) -> &Trace {
        &self.start.told
    }
}

impl<A, M> System<A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// Beginning in a state that [`find`] found in a system with as many nodes, where its clients have still to ask what they had
    /// not asked there. Its budgets are all its own. Counterexamples begin with the run to that state.
    ///
    /// # Panics
    /// If the number of nodes is another.
    pub fn onward(mut self, stage: &Stage<A, M>) -> Self {
        assert_eq!(self.nodes.len(), stage.start.nodes.len(), "a stage is of as many nodes as the system");
        self.requests.clone_from(&stage.requests);
        self.monitor = stage.monitor.clone();
        self.start = Some(Arc::clone(&stage.start));
        self
    }

    /// The nodes that it begins with, if that is not where all nodes start: for other programs that explore it.
    pub fn staged(&self) -> Option<Vec<StagedNode<'_, A>>> {
        let start = self.start.as_deref()?;
        let nodes = NodeId::group(start.nodes.len()).into_iter().zip(&start.nodes);
        let staged = nodes.map(|(node, of)| {
            let Node { status, live, durable, timers, disk, own } = of;
            let to_it = start.messages.iter().filter(|message| message.to == node);
            StagedNode {
                live: &**live,
                durable: &**durable,
                standing: match status {
                    Status::Up => Standing::Up,
                    Status::Down => Standing::Down,
                    Status::Stopped => Standing::Stopped,
                    Status::Faulty(_) => unreachable!("a state in violation is no stage"),
                },
                timers,
                disk,
                own,
                inbox: to_it.map(|message| (message.from, &message.msg)).collect(),
            }
        });
        Some(staged.collect())
    }
}

/// Finds a state in which `goal` is true of the nodes and the monitor: one of those that are nearest to the start, always the same.
/// States in which a safety property is violated are no goals, and nothing is searched beyond them.
///
/// ```
/// use synod_actor::{Actor, Cx, Event, Never, NodeId, Nothing, Port};
/// use synod_checker::{Environment, Options, System, check, find};
///
/// /// Asked for something, counts, and tells the others.
/// #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
/// struct Count(u8);
/// #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
/// struct Counting;
/// impl Port for Counting {
///     type Request = ();
///     type Indication = Never;
/// }
/// impl Actor for Count {
///     type Provides = Counting;
///     type Uses = Nothing;
///     type Msg = u8;
///     type Timer = Never;
///     type Record = Never;
///     fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
///         match event {
///             Event::Request(()) => {
///                 self.0 += 1;
///                 cx.send_others(self.0);
///             }
///             Event::Receive(_, count) => self.0 = self.0.max(count),
///             _ => {}
///         }
///     }
///     fn replay(&mut self, record: Never) {
///         match record {}
///     }
/// }
///
/// let system = System::new(vec![Count(0); 2], ()).request(NodeId(0), ()).request(NodeId(0), ());
/// let two = find(&system, |nodes, ()| nodes[0].live.0 == 2, &Options::default()).expect("it counts to two");
/// assert_eq!(two.trace().steps.len(), 2);
///
/// // From there on a node may crash, which forgets all.
/// let onward = system
///     .onward(&two)
///     .environment(Environment::default().crash_recovery(1))
///     .invariant("the first knows", |nodes| nodes[0].live.0 == 2);
/// let report = check(&onward, &Options::default());
/// let trace = report.violated().and_then(|property| property.counterexample.as_ref()).expect("it forgets");
/// assert_eq!(trace.steps.len(), 3, "the two requests, and the crash");
/// ```
///
/// Reductions are off: a message that is dead in one environment may be alive in another.
///
/// # Errors
/// There is no such state within the bounds, or the search was cut.
///
/// # Panics
/// Like [`check`](crate::check()); and if epochs are translated, for then a state stands for many.
pub fn find<A, M>(
    system: &System<A, M>,
    goal: impl Fn(&[NodeView<'_, A>], &M) -> bool + Send + Sync,
    options: &Options,
) -> Result<Stage<A, M>, NotFound>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    assert!(system.translation.is_none(), "a state with translated epochs stands for many: it is no stage");
    let components = Components::new(system, Reductions::NONE);
    let mut search = Search::new(&components, options);
    loop {
        let level = search.depth();
        let found = reached(&mut search, &goal, level);
        let cut = search.over_budget().or_else(|| search.beat(Phase::Exploring, search.states().into()));
        if !found.is_empty() {
            let stage = unless_lost(|| stage(&mut search, found, level));
            let stage = stage.map_err(Cut::from).and_then(|stage| stage.ok_or(Cut::Interrupted));
            return stage.map_err(|cut| unfound(&search, Some(cut)));
        }
        if search.level(level).is_empty() || search.is_stopped() || cut.is_some() {
            return Err(unfound(&search, cut));
        }
        search.explore_level();
    }
}

fn unfound<A, M>(search: &Search<'_, '_, A, M>, cut: Option<Cut>) -> NotFound
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let bounds = || search.components.system.bounds.iter().map(|bound| bound.name);
    let spill = search.options.spill.as_deref();
    let reasons: Vec<String> =
        search.cuts.iter().copied().chain(cut).map(|cut| cut.reason(bounds(), spill)).collect();
    NotFound {
        states: u64::from(search.states()),
        incomplete: (!reasons.is_empty()).then(|| reasons.join("; ")),
    }
}

/// Looks for the goal in each state.
struct Seek<'g, G> {
    goal: &'g G,
    found: Vec<u32>,
}

impl<A, M, G> Task<A, M> for Seek<'_, G>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
    G: Fn(&[NodeView<'_, A>], &M) -> bool + Send + Sync,
{
    fn visit(
        &mut self,
        worker: &mut Worker<'_, '_, A, M>,
        tables: &Tables,
        states: &mut &[u32],
    ) -> Result<(), Full> {
        let components = worker.components;
        for &state in std::mem::take(states) {
            let world = components.worlds.get(invariants::world(components, tables, state));
            let Watch::Fine(monitor) = &world.watch else { continue };
            if view(components, tables, state, |nodes| (self.goal)(nodes, monitor)) {
                self.found.push(state);
            }
        }
        Ok(())
    }
}

/// The states of a level in which the goal is reached; not all of them if it is interrupted.
fn reached<A, M, G>(search: &mut Search<'_, '_, A, M>, goal: &G, level: usize) -> Vec<u32>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
    G: Fn(&[NodeView<'_, A>], &M) -> bool + Send + Sync,
{
    let blocks = Blocks::of(search.level(level), search.workers.len());
    let make = || Seek { goal, found: Vec::new() };
    let (pulse, options, states) = (&search.pulse, search.options, u64::from(search.states()));
    let beat = |_, _: &Worker<'_, '_, A, M>| pulse.later(options, Phase::Exploring, states).is_none();
    let tasks = parallel::run(&search.crew, &mut search.workers, &search.store, &blocks, make, &beat);
    let found = tasks.into_iter().flat_map(|task| task.found);
    found.filter(|state| !search.left_out.contains(state)).collect()
}

/// The first of these states, all of that level, with the run that leads there. `None` if it is interrupted.
fn stage<A, M>(search: &mut Search<'_, '_, A, M>, found: Vec<u32>, level: usize) -> Option<Stage<A, M>>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    search.store.with_names();
    let (start, steps) = paths::shortest(search, found, level)?;
    let state = steps.last().map_or(start, |edge| edge.to);
    let run = Run { start, steps: &steps, repeats_from: None, to_the_end: false };
    let told = retrace::trace(search, ("stage", "what was sought is true of the last state".to_owned()), run);
    let (components, tables) = (search.components, search.store.tables());
    let nodes = invariants::nodes(components, &tables, state).iter().map(|node| node.1.clone()).collect();
    let (mut messages, mut requests) = (Vec::new(), Vec::new());
    for (_, inbox) in tables.nodes(tables.parts(state)) {
        for &item in components.inboxes.get(inbox).iter() {
            if item & REQUEST == 0 {
                messages.push((*components.envelopes.get(item)).clone());
            } else {
                let (node, alternatives) = components.planned[(item - REQUEST) as usize].clone();
                requests.push(Planned { node, alternatives });
            }
        }
    }
    let monitor = invariants::monitor(components, &tables, state)?;
    Some(Stage { start: Arc::new(Start { nodes, messages, told }), requests, monitor })
}
