//! One step's view of the world.

use std::{fmt, ops::Range, time::Duration};

use crate::{Actor, Effect, Port};

/// The name of a node: its position in the group.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct NodeId(pub u16);

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n{}", self.0)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl NodeId {
    /// The names of the nodes of a group of `size`: `n0`, `n1`, ...
    pub fn group(size: usize) -> Vec<NodeId> {
        let size = u16::try_from(size).expect("a group has at most 65535 nodes");
        (0..size).map(NodeId).collect()
    }

    /// The position in the group.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// Where nondeterminism enters, and the only place. The checker branches on it, the simulator draws from its seed,
/// the network host asks the operating system.
pub trait Env {
    /// Time since an origin that the host chooses. Not comparable between nodes, and it may jump.
    fn now(&mut self) -> Duration;
    /// A number below `options`, which is at least 1.
    fn choose(&mut self, options: u64) -> u64;
}

/// One step's view of the world: who we are, and where effects go.
pub struct Cx<'a, A: Actor> {
    me: NodeId,
    group: &'a [NodeId],
    env: &'a mut dyn Env,
    effects: &'a mut Vec<Effect<A>>,
}

impl<'a, A: Actor> Cx<'a, A> {
    /// For hosts: what a handler at node `me` of `group` sees; its effects are appended to `effects`, in order.
    pub fn new(
        me: NodeId,
        group: &'a [NodeId],
        env: &'a mut dyn Env,
        effects: &'a mut Vec<Effect<A>>,
    ) -> Self {
        Cx { me, group, env, effects }
    }

    /// Runs one step of a part of this protocol, at the same node, and returns what the part did. For combinators,
    /// which must wrap and pass on every effect.
    pub fn part<P: Actor>(&mut self, step: impl FnOnce(&mut Cx<'_, P>)) -> Vec<Effect<P>> {
        let mut effects = Vec::new();
        step(&mut Cx { me: self.me, group: self.group, env: self.env, effects: &mut effects });
        effects
    }

    /// This node.
    pub fn me(&self) -> NodeId {
        self.me
    }

    /// The universe: every node that this run may ever see, this one included. Who is a member *now* is state of the
    /// protocol wherever membership can change.
    pub fn group(&self) -> &'a [NodeId] {
        self.group
    }

    /// Every node of the group but this one.
    pub fn others(&self) -> impl Iterator<Item = NodeId> + use<'a, A> {
        let me = self.me;
        self.group.iter().copied().filter(move |&node| node != me)
    }

    /// The least number of nodes that is more than half of the group.
    pub fn majority(&self) -> usize {
        self.group.len() / 2 + 1
    }

    /// Sends to a peer, over a fair-loss link: the message may be lost, duplicated, reordered, and arrive after
    /// crashes of either end.
    ///
    /// A message to oneself is a **local event**: it never touches the network, is handled exactly once, in the
    /// order in which this node sent such messages, and goes with a crash. Behind a [`persist`](Actor::persist) it
    /// is how a protocol learns that its own write is durable.
    pub fn send(&mut self, to: NodeId, msg: A::Msg) {
        self.issue(Effect::Send(to, msg));
    }

    /// Sends to each of these nodes. The last one is sent the message itself, the others clones of it.
    pub fn send_each(&mut self, to: impl IntoIterator<Item = NodeId>, msg: A::Msg) {
        let mut to = to.into_iter();
        let Some(mut node) = to.next() else { return };
        for next in to {
            self.send(node, msg.clone());
            node = next;
        }
        self.send(node, msg);
    }

    /// Sends to every node of the group but this one.
    pub fn send_others(&mut self, msg: A::Msg) {
        self.send_each(self.others(), msg);
    }

    /// Sends to every node of the group, this one included (see [`send`](Cx::send)).
    pub fn send_all(&mut self, msg: A::Msg) {
        self.send_each(self.group.iter().copied(), msg);
    }

    /// Sets a timer to fire after a duration within `after`; replaces it if it is set.
    pub fn set(&mut self, timer: A::Timer, after: Range<Duration>) {
        self.issue(Effect::Set(timer, after));
    }

    /// Cancels a timer, if it is set.
    pub fn cancel(&mut self, timer: A::Timer) {
        self.issue(Effect::Cancel(timer));
    }

    /// Asks the layer below.
    pub fn request(&mut self, request: <A::Uses as Port>::Request) {
        self.issue(Effect::Request(request));
    }

    /// Tells the layer above, or the client.
    pub fn indicate(&mut self, indication: <A::Provides as Port>::Indication) {
        self.issue(Effect::Indicate(indication));
    }

    /// Names this step, after the paper's line. Every name must be listed in [`Actor::marks`].
    pub fn mark(&mut self, step: &'static str) {
        self.issue(Effect::Mark(step));
    }

    /// This node's clock. See [`Env::now`].
    pub fn now(&mut self) -> Duration {
        self.env.now()
    }

    /// A number below `options`: the checker takes every one, the simulator draws one. With no options there is
    /// nothing to choose, and the answer is 0.
    pub fn choose(&mut self, options: u64) -> u64 {
        if options <= 1 { 0 } else { self.env.choose(options) }
    }

    /// Appends any effect. The named methods are the usual way; combinators use this one.
    pub fn issue(&mut self, effect: Effect<A>) {
        self.effects.push(effect);
    }
}
