//! One node: what it is, and what an event or a finished write makes of it.

use std::{
    any::Any,
    collections::{BTreeSet, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use synod_actor::{Actor, Cx, Effect, Event, Ground, NodeId};
use synod_checker::{Disk, Indication, StagedNode, Standing};

use crate::choices::Choices;

/// Whether a node is running.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Status {
    /// It is.
    Up,
    /// It crashed, and will restart.
    Down,
    /// It crashed for good.
    Stopped,
    /// It did what no actor may do.
    Faulty(String),
}

/// An effect on its way: what waits in the disk queue.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Held<A: Actor> {
    /// A write that is not durable yet.
    Persist(A::Record),
    /// A message to send.
    Send(NodeId, A::Msg),
    /// A timer to arm.
    Set(A::Timer),
    /// A timer to disarm.
    Cancel(A::Timer),
    /// Something to tell the client.
    Indicate(Indication<A>),
}

/// One node.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Node<A: Actor> {
    /// Whether it is running.
    pub(crate) status: Status,
    /// The state of the actor; of a crashed node what it will restart from.
    pub(crate) live: Arc<A>,
    /// What is durable: the initial state with every durable record replayed.
    pub(crate) durable: Arc<A>,
    /// The armed timers.
    pub(crate) timers: BTreeSet<A::Timer>,
    /// Writes that are not durable yet, and what waits for them. Empty, or begins with a write.
    pub(crate) disk: VecDeque<Held<A>>,
    /// Messages to itself.
    pub(crate) own: VecDeque<A::Msg>,
    /// The least epoch in all of this, if there is any and it is asked for: see `translation.rs`.
    pub(crate) least: Option<u64>,
}

/// What a node has become, and what it did to the world.
pub(crate) struct Outcome<A: Actor> {
    /// The node afterwards.
    pub(crate) node: Node<A>,
    /// What it sent over the network, in order.
    pub(crate) sent: Vec<(NodeId, A::Msg)>,
    /// What it told its client, in order.
    pub(crate) told: Vec<Indication<A>>,
}

/// Where a node is, as far as its own steps depend on it.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) me: NodeId,
    pub(crate) group: &'a [NodeId],
    pub(crate) loopback: bool,
    pub(crate) disk: Disk,
    pub(crate) clock: &'a [Duration],
}

impl<A: Actor<Uses: Ground>> Node<A> {
    /// A node that goes on from where another search left it.
    pub(crate) fn staged(staged: &StagedNode<'_, A>) -> Self {
        let held = |held: &synod_checker::Held<A>| match held.clone() {
            synod_checker::Held::Persist(record) => Held::Persist(record),
            synod_checker::Held::Send(to, msg) => Held::Send(to, msg),
            synod_checker::Held::Set(timer) => Held::Set(timer),
            synod_checker::Held::Cancel(timer) => Held::Cancel(timer),
            synod_checker::Held::Indicate(indication) => Held::Indicate(indication),
        };
        Node {
            status: match staged.standing {
                Standing::Up => Status::Up,
                Standing::Down => Status::Down,
                Standing::Stopped => Status::Stopped,
            },
            live: Arc::new(staged.live.clone()),
            durable: Arc::new(staged.durable.clone()),
            timers: staged.timers.clone(),
            disk: staged.disk.iter().map(held).collect(),
            own: staged.own.clone(),
            least: None,
        }
    }

    /// A node that has not started yet.
    pub(crate) fn new(initial: A) -> Self {
        let initial = Arc::new(initial);
        Node {
            status: Status::Up,
            live: initial.clone(),
            durable: initial,
            timers: BTreeSet::new(),
            disk: VecDeque::new(),
            own: VecDeque::new(),
            least: None,
        }
    }

    /// Whether it is running.
    pub(crate) fn is_up(&self) -> bool {
        self.status == Status::Up
    }

    /// The node after a crash.
    pub(crate) fn crashed(&self, status: Status) -> Self {
        Node {
            status,
            live: self.durable.clone(),
            durable: self.durable.clone(),
            timers: BTreeSet::new(),
            disk: VecDeque::new(),
            own: VecDeque::new(),
            least: None,
        }
    }

    /// This node handles `event`: one outcome for each combination of answers from its environment. If the handler
    /// panics, all that changes is that the node is faulty: it is otherwise as it was `before` the step.
    pub(crate) fn handle(&self, event: &Event<A>, before: &Node<A>, place: Place<'_>) -> Vec<Outcome<A>> {
        let mut choices = Choices::new(place.clock);
        let mut outcomes = Vec::with_capacity(1);
        loop {
            outcomes.push(or_faulty(before, || {
                let (mut live, mut effects) = (A::clone(&self.live), Vec::new());
                live.on(event.clone(), &mut Cx::new(place.me, place.group, &mut choices, &mut effects));
                let mut outcome = Outcome::of(self);
                outcome.node.live = Arc::new(live);
                for effect in effects {
                    outcome.issue(effect, place);
                }
                outcome
            }));
            if !choices.advance() {
                return outcomes;
            }
        }
    }

    /// The oldest write becomes durable, and everything up to the next one takes place.
    pub(crate) fn flush(&self, place: Place<'_>) -> Outcome<A> {
        or_faulty(self, || {
            let mut outcome = Outcome::of(self);
            if let Some(Held::Persist(record)) = outcome.node.disk.pop_front() {
                A::replay(Arc::make_mut(&mut outcome.node.durable), record);
            }
            while let Some(held) = outcome.node.disk.pop_front_if(|held| !matches!(held, Held::Persist(_))) {
                outcome.take_place(held, place);
            }
            outcome
        })
    }
}

impl<A: Actor<Uses: Ground>> Outcome<A> {
    /// Nothing has happened yet.
    fn of(node: &Node<A>) -> Self {
        Outcome { node: node.clone(), sent: Vec::new(), told: Vec::new() }
    }

    /// The handler issued `effect`: it takes place, or waits for the disk.
    fn issue(&mut self, effect: Effect<A>, place: Place<'_>) {
        match effect {
            Effect::Persist(record) => match place.disk {
                Disk::Synchronous => A::replay(Arc::make_mut(&mut self.node.durable), record),
                Disk::Delayed => self.node.disk.push_back(Held::Persist(record)),
            },
            Effect::Send(to, msg) => self.take_place_in_order(Held::Send(to, msg), place),
            Effect::Set(timer, _) => self.take_place_in_order(Held::Set(timer), place),
            Effect::Cancel(timer) => self.take_place_in_order(Held::Cancel(timer), place),
            Effect::Indicate(indication) => self.take_place_in_order(Held::Indicate(indication), place),
            Effect::Request(request) => A::Uses::impossible(request),
            Effect::Mark(_) => {}
        }
    }

    /// Now, or behind the writes that are not durable yet.
    fn take_place_in_order(&mut self, held: Held<A>, place: Place<'_>) {
        if self.node.disk.is_empty() {
            self.take_place(held, place);
        } else {
            self.node.disk.push_back(held);
        }
    }

    fn take_place(&mut self, held: Held<A>, place: Place<'_>) {
        let node = &mut self.node;
        match held {
            Held::Persist(_) => unreachable!("a write is not an effect that takes place"),
            Held::Send(to, msg) if to == place.me && !place.loopback => node.own.push_back(msg),
            Held::Send(to, msg) if to.index() < place.group.len() => self.sent.push((to, msg)),
            Held::Send(to, _) => {
                // The first fault is the one that counts.
                if node.is_up() {
                    node.status = Status::Faulty(format!("{} sends to {to}, outside of its group", place.me));
                }
            }
            Held::Set(timer) => {
                node.timers.insert(timer);
            }
            Held::Cancel(timer) => {
                node.timers.remove(&timer);
            }
            Held::Indicate(indication) => self.told.push(indication),
        }
    }
}

/// What `step` returns; if it panics: the node as it was before, but faulty.
fn or_faulty<A: Actor<Uses: Ground>>(before: &Node<A>, step: impl FnOnce() -> Outcome<A>) -> Outcome<A> {
    catch_unwind(AssertUnwindSafe(step)).unwrap_or_else(|panic| {
        let mut outcome = Outcome::of(before);
        outcome.node.status = Status::Faulty(said(&*panic));
        outcome
    })
}

/// What was said in a panic.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic that says nothing").to_owned()
}
