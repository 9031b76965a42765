//! What is checked: nodes, the requests their clients will make, an environment, and properties.

use std::sync::Arc;

use synod_actor::{Actor, Ground, NodeId, Port, Visit, Visitor};
use synod_properties::Monitor;

use crate::{
    environment::{Environment, Timers},
    stage::Start,
};

/// What a client of the actor `A` may ask.
pub type Request<A> = <<A as Actor>::Provides as Port>::Request;
/// What the actor `A` tells its client.
pub type Indication<A> = <<A as Actor>::Provides as Port>::Indication;

/// A request that a client will make: at any time, once.
#[derive(Clone, Debug)]
pub struct Planned<A: Actor> {
    /// Where the client sits.
    pub node: NodeId,
    /// What it asks: exactly one of these. Not empty.
    pub alternatives: Vec<Request<A>>,
}

/// A node, as predicates over the global state see it.
pub struct NodeView<'a, A> {
    /// The state of the running actor; of a crashed node what it will restart from.
    pub live: &'a A,
    /// What a restart now would restore.
    pub durable: &'a A,
    /// Whether it is running.
    pub up: bool,
}

// Not derived: that would ask for `A: Copy`, where only the reference is copied.
impl<A> Clone for NodeView<'_, A> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<A> Copy for NodeView<'_, A> {}

type OverNodes<A> = Arc<dyn Fn(&[NodeView<'_, A>]) -> bool + Send + Sync>;
type OverNode<A> = Arc<dyn Fn(NodeId, &A) -> bool + Send + Sync>;
type OverAll<A, M> = Arc<dyn Fn(&[NodeView<'_, A>], &M) -> bool + Send + Sync>;

/// A predicate over the states of all nodes, with a name.
#[derive(Clone)]
pub struct Invariant<A> {
    /// Its name, as a property.
    pub name: &'static str,
    /// Whether it holds.
    pub holds: OverNodes<A>,
}

/// A limit of the search: a state with a node outside of it is checked, but not explored further.
#[derive(Clone)]
pub struct Bound<A> {
    /// Its name, for the report.
    pub name: &'static str,
    /// Whether the node is inside.
    pub inside: OverNode<A>,
}

/// Something that must stay possible: from every reachable state some continuation reaches it (AG EF).
#[derive(Clone)]
pub struct Possible<A, M> {
    /// Its name, as a property.
    pub name: &'static str,
    /// Whether it is reached.
    pub goal: OverAll<A, M>,
}

/// Shows every node name and epoch of a state, message or record to a visitor.
pub type Rewrite<T> = Arc<dyn Fn(&mut T, &mut dyn Visitor) + Send + Sync>;

/// How to get at the node names and epochs in the values of an actor. Made by [`System::translate_epochs`] and
/// [`System::symmetric`].
#[derive(Clone)]
pub struct Names<A: Actor> {
    /// Of the actor's state.
    pub state: Rewrite<A>,
    /// Of a message.
    pub msg: Rewrite<A::Msg>,
    /// Of a record.
    pub record: Rewrite<A::Record>,
    /// Of a timer's name.
    pub timer: Rewrite<A::Timer>,
    /// Of an indication.
    pub indication: Rewrite<Indication<A>>,
}

impl<A> Names<A>
where
    A: Actor + Visit,
    A::Msg: Visit,
    A::Record: Visit,
    A::Timer: Visit,
    Indication<A>: Visit,
{
    /// As the values themselves say.
    fn visited() -> Self {
        Names {
            state: Arc::new(Visit::visit),
            msg: Arc::new(Visit::visit),
            record: Arc::new(Visit::visit),
            timer: Arc::new(Visit::visit),
            indication: Arc::new(Visit::visit),
        }
    }
}

/// Which nodes may stand in for each other, and how to rename them. Made by [`System::symmetric`].
#[derive(Clone)]
pub struct Symmetry<A: Actor, M> {
    /// Sets of nodes: the names of those in one set may be exchanged.
    pub classes: Vec<Vec<NodeId>>,
    /// In the values of the actor.
    pub names: Names<A>,
    /// In what clients ask.
    pub request: Rewrite<Request<A>>,
    /// In the monitor.
    pub monitor: Rewrite<M>,
}

/// A system to check: n nodes, each running an actor; what their clients will ask; an [`Environment`]; properties.
///
/// The property `handlers are total` is always checked: no handler panics, and none sends outside of its group.
#[derive(Clone)]
pub struct System<A: Actor, M> {
    /// The initial state of each node, which is also what its disk holds at first.
    pub nodes: Vec<A>,
    /// What clients will ask.
    pub requests: Vec<Planned<A>>,
    /// What links, disks, timers and crashes may do.
    pub environment: Environment,
    /// Watches what is asked and indicated. Its safety properties are always checked.
    pub monitor: M,
    /// Predicates that must hold in every state.
    pub invariants: Vec<Invariant<A>>,
    /// Where not to explore further.
    pub bounds: Vec<Bound<A>>,
    /// What must always stay possible.
    pub possible: Vec<Possible<A, M>>,
    /// Whether to check that no state without a step is left in which the monitor still waits for something.
    pub deadlock_free: bool,
    /// Which of the monitor's liveness properties to check.
    pub liveness: Vec<&'static str>,
    /// If given, states that differ only by a shift of all epochs are one.
    pub translation: Option<Names<A>>,
    /// If given, states that differ only by a renaming of nodes are one.
    pub symmetry: Option<Symmetry<A, M>>,
    /// Where it begins, if not where all nodes start. See [`System::onward`].
    pub start: Option<Arc<Start<A>>>,
}

impl<A: Actor, M> System<A, M> {
    /// Whether the loss of a message is a step also where any message may be lost: it is where nothing is owed to a message
    /// but what it is not to be there for matters.
    pub(crate) fn tells_losses(&self) -> bool {
        self.deadlock_free || !self.possible.is_empty() || self.environment.timers == Timers::Synchronous
    }
}

impl<A, M> System<A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// Nodes that begin in these states, in the gentlest environment, watched by `monitor`.
    pub fn new(nodes: Vec<A>, monitor: M) -> Self {
        System {
            nodes,
            requests: Vec::new(),
            environment: Environment::default(),
            monitor,
            invariants: Vec::new(),
            bounds: Vec::new(),
            possible: Vec::new(),
            deadlock_free: false,
            liveness: Vec::new(),
            translation: None,
            symmetry: None,
            start: None,
        }
    }

    /// In this environment.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// With a client at `node` that will ask this, at some time.
    pub fn request(self, node: NodeId, request: Request<A>) -> Self {
        self.request_one_of(node, vec![request])
    }

    /// With a client at `node` that will ask one of these, at some time.
    pub fn request_one_of(mut self, node: NodeId, alternatives: Vec<Request<A>>) -> Self {
        self.requests.push(Planned { node, alternatives });
        self
    }

    /// With a predicate over the nodes that must hold in every reachable state.
    pub fn invariant(
        mut self,
        name: &'static str,
        holds: impl Fn(&[NodeView<'_, A>]) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.invariants.push(Invariant { name, holds: Arc::new(holds) });
        self
    }

    /// Not exploring beyond states with a node outside of this. A search that meets one is incomplete, unless it found a
    /// violation.
    pub fn bound(
        mut self,
        name: &'static str,
        inside: impl Fn(NodeId, &A) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.bounds.push(Bound { name, inside: Arc::new(inside) });
        self
    }

    /// With a goal that some continuation reaches from every reachable state (AG EF), in sight of the monitor too.
    pub fn always_possible(
        mut self,
        name: &'static str,
        goal: impl Fn(&[NodeView<'_, A>], &M) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.possible.push(Possible { name, goal: Arc::new(goal) });
        self
    }

    /// Checking that wherever nothing more can happen, the monitor waits for nothing.
    pub fn deadlock_free(mut self) -> Self {
        self.deadlock_free = true;
        self
    }

    /// Checking all liveness properties of the monitor, under weak fairness: a delivery, a local message, a write, an
    /// armed timer, a restart or a request that stays possible for ever happens at last. Crashes, losses and
    /// duplications need never happen.
    pub fn terminates(mut self) -> Self {
        self.liveness = self.monitor.liveness();
        self
    }

    /// Taking states for one that differ only by a shift of all epochs: sound where the actor only compares epochs,
    /// copies them and counts up from them (see [`Visit`]). It makes systems finite in which epochs grow for ever.
    pub fn translate_epochs(mut self) -> Self
    where
        A: Visit,
        A::Msg: Visit,
        A::Record: Visit,
        A::Timer: Visit,
        Indication<A>: Visit,
    {
        self.translation = Some(Names::visited());
        self
    }

    /// Taking states for one that differ only by a renaming among these nodes. Said again with other nodes, both may be
    /// renamed at once.
    ///
    /// They may differ in their state and in what their clients ask; but whatever one of them does in some state, another
    /// would do in that state with the names exchanged. The search looks whether that is so in every step that it takes, and
    /// whether the monitor sees no difference either; if it is not, it begins anew without, and says so
    /// ([`Report::notes`](crate::Report::notes)). Invariants, bounds and goals must not depend on which of them is which: that is not looked at.
    ///
    /// What is asked for under fairness ([`terminates`](Self::terminates)) tells nodes apart: then nothing is renamed.
    pub fn symmetric(mut self, nodes: &[NodeId]) -> Self
    where
        A: Visit,
        A::Msg: Visit,
        A::Record: Visit,
        A::Timer: Visit,
        Request<A>: Visit,
        Indication<A>: Visit,
        M: Visit,
    {
        let symmetry = self.symmetry.get_or_insert_with(|| Symmetry {
            classes: Vec::new(),
            names: Names::visited(),
            request: Arc::new(Visit::visit),
            monitor: Arc::new(Visit::visit),
        });
        symmetry.classes.push(nodes.to_vec());
        self
    }
}
