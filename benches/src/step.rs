//! One step of an actor, as a host takes it.

use synod_actor::{Actor, Cx, Effect, Event, NodeId};
use synod_testing::Frozen;

/// A node that is brought into some state by hand, event by event.
#[derive(Clone, Debug)]
pub struct Host<A: Actor> {
    me: NodeId,
    group: Vec<NodeId>,
    node: A,
}

impl<A: Actor> Host<A> {
    /// The node `me` of so many, started.
    pub fn new(me: NodeId, nodes: usize, actor: A) -> Self {
        Host { me, group: NodeId::group(nodes), node: actor }.after(Event::Start)
    }

    /// The node after this happened to it. What it did is forgotten: the next event says what came of it.
    pub fn after(mut self, event: Event<A>) -> Self {
        let mut effects = Vec::new();
        self.node.on(event, &mut Cx::new(self.me, &self.group, &mut Frozen, &mut effects));
        self
    }

    /// The node after it received this.
    pub fn received(self, from: NodeId, msg: A::Msg) -> Self {
        self.after(Event::Receive(from, msg))
    }

    /// The step that this event is.
    pub fn at(self, event: Event<A>) -> Step<A> {
        Step { host: self, event }
    }

    /// The step of receiving this.
    pub fn receiving(self, from: NodeId, msg: A::Msg) -> Step<A> {
        self.at(Event::Receive(from, msg))
    }
}

/// A node, and what is about to happen to it.
#[derive(Clone, Debug)]
pub struct Step<A: Actor> {
    host: Host<A>,
    event: Event<A>,
}

/// What a step is taken with: all that it uses up. Afterwards, what came of it.
#[derive(Debug)]
pub struct Ready<A: Actor> {
    node: A,
    event: Option<Event<A>>,
    effects: Vec<Effect<A>>,
}

impl<A: Actor> Step<A> {
    /// Makes ready to take it: copies the state and the event, and has room for the effects, as a host has.
    pub fn ready(&self) -> Ready<A> {
        Ready {
            node: self.host.node.clone(),
            event: Some(self.event.clone()),
            effects: Vec::with_capacity(32),
        }
    }

    /// Takes it: the handler call alone.
    pub fn take(&self, ready: &mut Ready<A>) {
        if let Some(event) = ready.event.take() {
            let Host { me, group, .. } = &self.host;
            ready.node.on(event, &mut Cx::new(*me, group, &mut Frozen, &mut ready.effects));
        }
    }

    /// The step, of which it is known that it is the one that protocols mark so.
    ///
    /// # Panics
    /// If it is not.
    pub fn marked(self, mark: &'static str) -> Self {
        let mut ready = self.ready();
        self.take(&mut ready);
        assert!(ready.effects.contains(&Effect::Mark(mark)), "this is not {mark:?}: {:?}", ready.effects);
        self
    }

    /// The step, of which it is known that it changes the state, and does nothing that is seen outside.
    ///
    /// # Panics
    /// If it does.
    pub fn silent(self) -> Self {
        let mut ready = self.ready();
        self.take(&mut ready);
        assert!(ready.effects.is_empty(), "this does something: {:?}", ready.effects);
        assert_ne!(ready.node, self.host.node, "this changes nothing");
        self
    }
}
