//! A run in lockstep: every message takes one round, nothing is lost, nobody crashes and no timer fires. What it costs and how long
//! it takes can be counted exactly.

use std::{collections::VecDeque, time::Duration};

use synod_actor::{Actor, Cx, Effect, Env, Event, Ground, NodeId, Port};

/// Nothing here makes choices or looks at the time.
struct Still;

impl Env for Still {
    fn now(&mut self) -> Duration {
        Duration::ZERO
    }

    fn choose(&mut self, _options: u64) -> u64 {
        0
    }
}

/// What was told to a client: in which round, where, and what.
pub(super) type Told<A> = (usize, NodeId, <<A as Actor>::Provides as Port>::Indication);

/// Nodes in a run.
pub(super) struct Run<A: Actor> {
    group: Vec<NodeId>,
    nodes: Vec<A>,
    /// What is under way: sender, receiver, message.
    network: Vec<(NodeId, NodeId, A::Msg)>,
    /// The rounds so far.
    round: usize,
    /// The messages sent from node to node so far.
    pub(super) messages: usize,
    /// What clients were told so far.
    pub(super) told: Vec<Told<A>>,
}

impl<A: Actor<Uses: Ground>> Run<A> {
    /// Starts the nodes, and runs until nothing is under way.
    pub(super) fn start(nodes: Vec<A>) -> Self {
        let group = NodeId::group(nodes.len());
        let mut run =
            Run { group: group.clone(), nodes, network: Vec::new(), round: 0, messages: 0, told: Vec::new() };
        for node in group {
            run.happen(node, Event::Start);
        }
        run.until_quiet();
        run
    }

    /// Makes a request, and runs until nothing is under way. From now on rounds, messages and what is told count from zero.
    pub(super) fn request(&mut self, node: NodeId, request: <A::Provides as Port>::Request) {
        (self.round, self.messages) = (0, 0);
        self.told.clear();
        self.happen(node, Event::Request(request));
        self.until_quiet();
    }

    fn until_quiet(&mut self) {
        while !self.network.is_empty() {
            self.round += 1;
            for (from, to, msg) in std::mem::take(&mut self.network) {
                self.happen(to, Event::Receive(from, msg));
            }
        }
    }

    /// One event, with the messages to itself that come of it.
    fn happen(&mut self, node: NodeId, event: Event<A>) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let mut effects = Vec::new();
            self.nodes[node.index()].on(event, &mut Cx::new(node, &self.group, &mut Still, &mut effects));
            for effect in effects {
                match effect {
                    Effect::Send(to, msg) if to == node => events.push_back(Event::Receive(node, msg)),
                    Effect::Send(to, msg) => {
                        self.messages += 1;
                        self.network.push((node, to, msg));
                    }
                    Effect::Indicate(indication) => self.told.push((self.round, node, indication)),
                    Effect::Request(request) => A::Uses::impossible(request),
                    // Durable at once; and no timer fires.
                    Effect::Persist(_) | Effect::Set(..) | Effect::Cancel(_) | Effect::Mark(_) => {}
                }
            }
        }
    }
}
