//! What one node does: the local transition relation, from a node's state and one event to everything that can come of it.
//!
//! A step depends on nothing else, which is why it is enough to run each handler once for each state of a node and event.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use synod_actor::{Actor, Cx, Effect, Event, Ground, NodeId};
use synod_properties::Observation;

use crate::{
    choices::Choices,
    environment::Disk,
    quiet,
    system::{Indication, Request},
};

/// Whether a node runs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Status {
    Up,
    /// Crashed, to restart from what is durable.
    Down,
    /// Crashed for good.
    Stopped,
    /// Its handler panicked, or did what no actor may do: the sentence says what.
    Faulty(String),
}

/// An effect that waits for a write to become durable; or that write.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Held<A: Actor> {
    /// The write.
    Persist(A::Record),
    /// A message to send.
    Send(NodeId, A::Msg),
    /// A timer to set.
    Set(A::Timer),
    /// A timer to cancel.
    Cancel(A::Timer),
    /// Something to tell the client.
    Indicate(Indication<A>),
}

/// The state of a node: of its actor, its disk, its timers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Node<A: Actor> {
    pub(crate) status: Status,
    /// The running actor. Of a crashed node the same as `durable`, so that equal nodes are equal.
    pub(crate) live: Arc<A>,
    /// What a restart now would restore: the initial state with every durable record replayed.
    pub(crate) durable: Arc<A>,
    /// Armed timers.
    pub(crate) timers: BTreeSet<A::Timer>,
    /// Writes not yet durable, oldest first, each followed by the effects that wait for it. Begins with a write.
    pub(crate) disk: VecDeque<Held<A>>,
    /// Messages to itself, not yet handled.
    pub(crate) own: VecDeque<A::Msg>,
}

/// What happens at a node.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Happening<A: Actor> {
    Start,
    Request(Request<A>),
    Receive(NodeId, A::Msg),
    /// It handles its oldest message to itself.
    Own,
    /// Its oldest write becomes durable.
    Flush,
    Timeout(A::Timer),
    /// It crashes, to restart later.
    Crash,
    /// It crashes for good.
    Stop,
    Restart,
}

/// One thing that can come of it.
#[derive(Clone, Debug)]
pub(crate) struct Outcome<A: Actor> {
    /// The node afterwards.
    pub(crate) node: Node<A>,
    /// What left for other nodes, in order.
    pub(crate) sends: Vec<(NodeId, A::Msg)>,
    /// What a monitor sees, in order.
    pub(crate) observed: Vec<Observation<A::Provides>>,
    /// What the handler issued, whether it took place already or not; or what a write released.
    pub(crate) issued: Vec<Effect<A>>,
    /// How many of these, from the end, still wait for a write.
    pub(crate) held: usize,
    /// The answers to the handler's choices.
    pub(crate) answers: Box<[u64]>,
}

/// What all nodes of a system have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting<'a> {
    pub(crate) group: &'a [NodeId],
    pub(crate) loopback: bool,
    pub(crate) disk: Disk,
    pub(crate) clock: &'a [Duration],
}

impl<A: Actor<Uses: Ground>> Node<A> {
    /// A node that has not started, with this on its disk.
    pub(crate) fn new(durable: impl Into<Arc<A>>) -> Self {
        let durable = durable.into();
        Node {
            status: Status::Up,
            live: durable.clone(),
            durable,
            timers: BTreeSet::new(),
            disk: VecDeque::new(),
            own: VecDeque::new(),
        }
    }

    /// Everything that can come of `happening` at this node, one outcome for each sequence of choices. The node must be
    /// in a state in which it can happen.
    pub(crate) fn step(&self, me: NodeId, happening: &Happening<A>, setting: Setting<'_>) -> Vec<Outcome<A>> {
        let event = match happening {
            Happening::Start | Happening::Restart => Event::Start,
            Happening::Request(request) => Event::Request(request.clone()),
            Happening::Receive(from, msg) => Event::Receive(*from, msg.clone()),
            Happening::Own => {
                Event::Receive(me, self.own.front().expect("there is a message to itself").clone())
            }
            Happening::Timeout(timer) => Event::Timeout(timer.clone()),
            Happening::Flush => return vec![self.flush(me, setting)],
            Happening::Crash => return vec![self.crash(Status::Down)],
            Happening::Stop => return vec![self.crash(Status::Stopped)],
        };
        let mut outcomes = Vec::new();
        let mut choices = Choices::first(setting.clock);
        loop {
            outcomes.push(self.handle(me, happening, event.clone(), &mut choices, setting));
            if !choices.advance() {
                return outcomes;
            }
        }
    }

    /// One run of the handler.
    fn handle(
        &self,
        me: NodeId,
        happening: &Happening<A>,
        event: Event<A>,
        choices: &mut Choices<'_>,
        setting: Setting<'_>,
    ) -> Outcome<A> {
        let mut issued = Vec::new();
        let mut live = A::clone(&self.live);
        let handler = || live.on(event, &mut Cx::new(me, setting.group, choices, &mut issued));
        let handled = quiet::catch(handler);
        let mut outcome = match handled.and_then(|()| {
            quiet::catch(|| {
                let mut outcome = self.clone().into_outcome();
                outcome.begin(happening);
                outcome.node.live = Arc::new(live);
                for effect in &issued {
                    outcome.issue(me, effect.clone(), setting);
                }
                outcome
            })
        }) {
            Ok(outcome) => outcome,
            Err(panic) => {
                // What happened did happen, and is seen; of what the handler did nothing is known.
                let mut seen = self.clone().into_outcome();
                seen.begin(happening);
                Outcome { observed: seen.observed, ..self.faulty(&panic) }
            }
        };
        outcome.issued = issued;
        outcome.answers = choices.answers();
        outcome
    }

    /// The node as it was, but for the fault that stops it.
    fn faulty(&self, panic: &str) -> Outcome<A> {
        let mut outcome = self.clone().into_outcome();
        outcome.node.status = Status::Faulty(format!("a handler panicked: {panic}"));
        outcome
    }

    fn flush(&self, me: NodeId, setting: Setting<'_>) -> Outcome<A> {
        quiet::catch(|| self.flush_unguarded(me, setting)).unwrap_or_else(|panic| self.faulty(&panic))
    }

    fn flush_unguarded(&self, me: NodeId, setting: Setting<'_>) -> Outcome<A> {
        let mut outcome = self.clone().into_outcome();
        let Some(Held::Persist(record)) = outcome.node.disk.pop_front() else {
            unreachable!("the queue of a disk is empty or begins with a write")
        };
        Arc::make_mut(&mut outcome.node.durable).replay(record);
        while let Some(held) = outcome.node.disk.pop_front_if(|held| !matches!(held, Held::Persist(_))) {
            outcome.issued.push(held.clone().into_effect());
            outcome.take_place(me, held, setting);
        }
        outcome
    }

    fn crash(&self, status: Status) -> Outcome<A> {
        let mut outcome = Node::new(self.durable.clone()).into_outcome();
        outcome.node.status = status;
        outcome.observed.push(Observation::Crash);
        outcome.issued = self.disk.iter().cloned().map(Held::into_effect).collect(); // lost
        outcome.held = outcome.issued.len();
        outcome
    }

    /// What a crash takes with it, besides timers: writes not yet durable, what waits for them, messages to itself.
    pub(crate) fn lost(&self, me: NodeId) -> Vec<Effect<A>> {
        let held = self.disk.iter().cloned().map(Held::into_effect);
        held.chain(self.own.iter().map(|msg| Effect::Send(me, msg.clone()))).collect()
    }

    fn into_outcome(self) -> Outcome<A> {
        Outcome {
            node: self,
            sends: Vec::new(),
            observed: Vec::new(),
            issued: Vec::new(),
            held: 0,
            answers: Box::default(),
        }
    }
}

impl<A: Actor<Uses: Ground>> Outcome<A> {
    /// The marks that its handler set.
    pub(crate) fn marks(&self) -> impl Iterator<Item = &'static str> {
        self.issued.iter().filter_map(|effect| match effect {
            Effect::Mark(mark) => Some(*mark),
            _ => None,
        })
    }

    /// What an event changes before its handler says anything.
    fn begin(&mut self, happening: &Happening<A>) {
        match happening {
            Happening::Restart => {
                self.node.status = Status::Up;
                self.observed.push(Observation::Restart);
            }
            Happening::Request(request) => self.observed.push(Observation::Request(request.clone())),
            Happening::Timeout(timer) => {
                self.node.timers.remove(timer);
                self.observed.push(Observation::Timeout);
            }
            Happening::Own => {
                self.node.own.pop_front();
            }
            Happening::Start
            | Happening::Receive(..)
            | Happening::Flush
            | Happening::Crash
            | Happening::Stop => {}
        }
    }

    /// An effect takes place, or waits.
    fn issue(&mut self, me: NodeId, effect: Effect<A>, setting: Setting<'_>) {
        let effect = match effect {
            Effect::Mark(_) => {
                self.held += usize::from(self.held > 0); // keeps its place among those that wait
                return;
            }
            Effect::Request(request) => A::Uses::impossible(request),
            Effect::Persist(record) => Held::Persist(record),
            Effect::Send(to, msg) => Held::Send(to, msg),
            Effect::Set(timer, _) => Held::Set(timer),
            Effect::Cancel(timer) => Held::Cancel(timer),
            Effect::Indicate(indication) => Held::Indicate(indication),
        };
        match (effect, setting.disk) {
            (Held::Persist(record), Disk::Synchronous) => {
                Arc::make_mut(&mut self.node.durable).replay(record);
            }
            (effect, _) if matches!(effect, Held::Persist(_)) || !self.node.disk.is_empty() => {
                self.node.disk.push_back(effect);
                self.held += 1;
            }
            (effect, _) => self.take_place(me, effect, setting),
        }
    }

    fn take_place(&mut self, me: NodeId, effect: Held<A>, setting: Setting<'_>) {
        match effect {
            Held::Persist(_) => unreachable!("a write waits for itself, and takes place when it is durable"),
            Held::Send(to, msg) if to == me && !setting.loopback => self.node.own.push_back(msg),
            Held::Send(to, msg) if setting.group.contains(&to) => self.sends.push((to, msg)),
            Held::Send(to, msg) => {
                self.node.status =
                    Status::Faulty(format!("{me} sent {msg:?} to {to}, which is not in the group"));
            }
            Held::Set(timer) => {
                self.node.timers.insert(timer);
            }
            Held::Cancel(timer) => {
                self.node.timers.remove(&timer);
            }
            Held::Indicate(indication) => self.observed.push(Observation::Indication(indication)),
        }
    }
}

impl<A: Actor> Held<A> {
    /// The effect as it was issued, but for the duration of a timer, which is not kept.
    fn into_effect(self) -> Effect<A> {
        match self {
            Held::Persist(record) => Effect::Persist(record),
            Held::Send(to, msg) => Effect::Send(to, msg),
            Held::Set(timer) => Effect::Set(timer, Duration::ZERO..Duration::ZERO),
            Held::Cancel(timer) => Effect::Cancel(timer),
            Held::Indicate(indication) => Effect::Indicate(indication),
        }
    }
}
