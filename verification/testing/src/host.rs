//! A host for one node, driven by hand.

use std::time::Duration;

use synod_actor::{Actor, Cx, Effect, Env, Event, NodeId, Port};

/// An environment that leaves nothing open.
#[derive(Clone, Copy, Debug)]
pub struct Frozen;

impl Env for Frozen {
    fn now(&mut self) -> Duration {
        Duration::ZERO
    }
    fn choose(&mut self, _options: u64) -> u64 {
        0
    }
}

/// One node, its disk, and the steps that it named last.
#[derive(Clone, Debug)]
pub struct Host<A: Actor> {
    me: NodeId,
    group: Vec<NodeId>,
    first: A,
    /// The node.
    pub node: A,
    /// What it wrote.
    pub disk: Vec<A::Record>,
    /// The marks of its last step.
    pub marks: Vec<&'static str>,
}

impl<A: Actor> Host<A> {
    /// The node `me` of so many, begun as `first` and started.
    pub fn start(first: A, me: NodeId, nodes: usize) -> Self {
        let (node, group) = (first.clone(), NodeId::group(nodes));
        let mut host = Host { me, group, first, node, disk: vec![], marks: vec![] };
        host.on(Event::Start);
        host
    }

    /// Handles one event. The effects, without the names of the steps.
    pub fn on(&mut self, event: Event<A>) -> Vec<Effect<A>> {
        let mut effects = Vec::new();
        self.node.on(event, &mut Cx::new(self.me, &self.group, &mut Frozen, &mut effects));
        self.marks.clear();
        effects.retain(|effect| {
            match effect {
                Effect::Mark(step) => self.marks.push(step),
                Effect::Persist(record) => self.disk.push(record.clone()),
                _ => {}
            }
            !matches!(effect, Effect::Mark(_))
        });
        effects
    }

    /// Handles a message.
    pub fn receive(&mut self, from: NodeId, msg: A::Msg) -> Vec<Effect<A>> {
        self.on(Event::Receive(from, msg))
    }

    /// Crashes, and comes back with what is on the disk.
    pub fn restart(&mut self) -> Vec<Effect<A>> {
        self.node = self.recovered();
        self.on(Event::Start)
    }

    /// What a restart would come back with.
    pub fn recovered(&self) -> A {
        let mut node = self.first.clone();
        self.disk.iter().cloned().for_each(|record| node.replay(record));
        node
    }
}

/// What was sent, and to whom.
pub fn sent<A: Actor>(effects: &[Effect<A>]) -> Vec<(NodeId, A::Msg)> {
    let sends = effects.iter().filter_map(|effect| match effect {
        Effect::Send(to, msg) => Some((*to, msg.clone())),
        _ => None,
    });
    sends.collect()
}

/// What the client was told.
pub fn indicated<A: Actor>(effects: &[Effect<A>]) -> Vec<<A::Provides as Port>::Indication> {
    let told = effects.iter().filter_map(|effect| match effect {
        Effect::Indicate(indication) => Some(indication.clone()),
        _ => None,
    });
    told.collect()
}
