//! Replicated logs whose timers for elections do not run at all nodes: fewer runs to explore.

use synod_actor::{Actor, Cx, Effect, Event, NodeId, Nothing, Seed};
use synod_consensus::{
    Epoch,
    log::{Entry, Position, Replica},
};

/// What calls an election when it has not heard of a leader for some time.
pub(crate) trait Impatient: Actor<Uses = Nothing> {
    /// Whether this is the timer that says so.
    fn is_patience(timer: &Self::Timer) -> bool;
    /// The epoch whose leader it knows, and counts as alive.
    fn follows(&self) -> Option<Epoch>;
}

/// When a node loses patience with its leader.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Patience {
    /// Whenever its timer says so.
    Short,
    /// Never. An asynchronous run in which it just has not happened yet.
    Endless,
    /// Not with one of this epoch or a later one: what heartbeats are for, said without clocks. A run then has as many
    /// elections as it has crashes and losses, and not any number.
    EndlessFrom(Epoch),
}

/// A node, and its patience.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Patient<A: Actor> {
    pub(crate) node: A,
    pub(crate) patience: Patience,
    /// Timers that never fire: what they would repeat gets through.
    pub(crate) silent: &'static [A::Timer],
    /// Nodes behind a cut: what they send is lost on its way here, for ever.
    pub(crate) beyond: Vec<NodeId>,
}

impl<A: Impatient> Patient<A> {
    /// One that loses patience whenever its timer says so, and whose timers all fire.
    pub(crate) fn new(node: A) -> Self {
        Patient { node, patience: Patience::Short, silent: &[], beyond: Vec::new() }
    }

    fn holds_back(&self, timer: &A::Timer) -> bool {
        A::is_patience(timer) && self.is_patient() || self.silent.contains(timer)
    }

    fn is_patient(&self) -> bool {
        match self.patience {
            Patience::Short => false,
            Patience::Endless => true,
            Patience::EndlessFrom(least) => self.node.follows().is_some_and(|epoch| epoch >= least),
        }
    }
}

impl<A: Impatient> Actor for Patient<A> {
    type Provides = A::Provides;
    type Uses = Nothing;
    type Msg = A::Msg;
    type Timer = A::Timer;
    type Record = A::Record;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        let event = match event {
            Event::Start => Event::Start,
            Event::Request(request) => Event::Request(request),
            Event::Receive(from, _) if self.beyond.contains(&from) => return,
            Event::Receive(from, msg) => Event::Receive(from, msg),
            Event::Timeout(timer) => Event::Timeout(timer),
            Event::Indication(never) => match never {},
        };
        let node = &mut self.node;
        for effect in cx.part(|cx| node.on(event, cx)) {
            cx.issue(match effect {
                // As if it were so long that nobody lives to see it.
                Effect::Set(timer, _) if self.holds_back(&timer) => Effect::Cancel(timer),
                Effect::Set(timer, after) => Effect::Set(timer, after),
                Effect::Persist(record) => Effect::Persist(record),
                Effect::Send(to, msg) => Effect::Send(to, msg),
                Effect::Cancel(timer) => Effect::Cancel(timer),
                Effect::Indicate(indication) => Effect::Indicate(indication),
                Effect::Mark(mark) => Effect::Mark(mark),
                Effect::Request(never) => match never {},
            });
        }
    }

    fn replay(&mut self, record: Self::Record) {
        self.node.replay(record);
    }

    fn marks() -> Vec<&'static str> {
        A::marks()
    }
}

/// As patient in each configuration.
impl<X, A: Impatient + Seed<X>> Seed<X> for Patient<A> {
    fn instance(&self, purpose: &X) -> Self {
        Patient { node: self.node.instance(purpose), ..self.clone() }
    }

    fn concerns(&self, node: NodeId) -> bool {
        self.node.concerns(node)
    }
}

impl<A: Actor + Replica> Replica for Patient<A> {
    type Command = A::Command;

    fn epoch(&self) -> Epoch {
        self.node.epoch()
    }

    fn leads(&self) -> bool {
        self.node.leads()
    }

    fn committed(&self) -> Position {
        self.node.committed()
    }

    fn last(&self) -> Position {
        self.node.last()
    }

    fn entry(&self, at: Position) -> Option<(Epoch, &Entry<A::Command>)> {
        self.node.entry(at)
    }
}

/// Of these nodes only the ones listed ever lose patience.
pub(crate) fn impatient<A: Impatient>(only: &[u16], mut nodes: Vec<Patient<A>>) -> Vec<Patient<A>> {
    for (me, node) in (0..).zip(&mut nodes) {
        node.patience = if only.contains(&me) { Patience::Short } else { Patience::Endless };
    }
    nodes
}

/// The nodes, with this on their disks.
pub(crate) fn with<A: Impatient>(mut nodes: Vec<Patient<A>>, disks: Vec<Vec<A::Record>>) -> Vec<Patient<A>> {
    for (node, disk) in nodes.iter_mut().zip(disks) {
        disk.into_iter().for_each(|record| node.replay(record));
    }
    nodes
}
