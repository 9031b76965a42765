//! A run in lockstep: every message takes one round and writes take none, or the other way round. Nothing is lost, and no timer
//! fires but at the start of something. What it costs and how long it takes can be counted exactly.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

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

/// What takes a round.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Slow {
    /// A message from node to node. Writes are durable at once: what is counted are message delays.
    Messages,
    /// A write. Messages arrive at once: what is counted are writes of which one waits for the other.
    Writes,
}

/// What was told to a client: in which round, where, and what.
pub(crate) type Told<A> = (usize, NodeId, <<A as Actor>::Provides as Port>::Indication);

/// What happens to a node.
type Happening<A> = (NodeId, Event<A>);

/// Nodes in a run.
pub(crate) struct Run<A: Actor> {
    slow: Slow,
    group: Vec<NodeId>,
    nodes: Vec<A>,
    /// Who has crashed, for good.
    down: Vec<bool>,
    /// Which timers of each are set.
    timers: Vec<BTreeSet<A::Timer>>,
    /// Until which round each node's disk is busy. What a node does after a write is seen only then.
    busy: Vec<usize>,
    /// What is going to happen: in which round, and there in which order.
    due: BTreeMap<(usize, usize), Happening<A>>,
    /// How much was due so far, which is the order.
    order: usize,
    /// The rounds so far.
    round: usize,
    /// In which round each message was sent from node to node.
    sent: Vec<usize>,
    /// What clients were told so far.
    pub(crate) told: Vec<Told<A>>,
}

impl<A: Actor<Uses: Ground>> Run<A> {
    /// Starts the nodes, and runs until nothing is under way.
    pub(crate) fn start(slow: Slow, nodes: Vec<A>) -> Self {
        let group = NodeId::group(nodes.len());
        let mut run = Run {
            slow,
            group: group.clone(),
            down: vec![false; nodes.len()],
            timers: vec![BTreeSet::new(); nodes.len()],
            busy: vec![0; nodes.len()],
            nodes,
            due: BTreeMap::new(),
            order: 0,
            round: 0,
            sent: Vec::new(),
            told: Vec::new(),
        };
        run.happen(group.into_iter().map(|node| (node, Event::Start)));
        run
    }

    /// Makes a request, and runs until nothing is under way. From now on rounds, messages and what is told count from zero.
    pub(crate) fn request(&mut self, node: NodeId, request: <A::Provides as Port>::Request) {
        self.requests([(node, request)]);
    }

    /// The same with some requests at once.
    pub(crate) fn requests(
        &mut self,
        requests: impl IntoIterator<Item = (NodeId, <A::Provides as Port>::Request)>,
    ) {
        self.happen(requests.into_iter().map(|(node, request)| (node, Event::Request(request))));
    }

    /// Timers fire, one after the other in the same round. Then as with a request.
    pub(crate) fn timeouts(&mut self, timers: impl IntoIterator<Item = (NodeId, A::Timer)>) {
        let timers: Vec<_> = timers.into_iter().collect();
        for (node, timer) in &timers {
            self.timers[node.index()].remove(timer);
        }
        self.happen(timers.into_iter().map(|(node, timer)| (node, Event::Timeout(timer))));
    }

    /// Makes a request of a node that crashes right after it has handled it. What it sent by then arrives.
    pub(crate) fn last_request(&mut self, node: NodeId, request: <A::Provides as Port>::Request) {
        self.reset();
        self.handle(node, Event::Request(request));
        self.down[node.index()] = true;
        self.until_quiet();
    }

    /// The same with a request that some nodes hear nothing of, nor of what comes of it.
    pub(crate) fn request_without(
        &mut self,
        unreached: &[NodeId],
        node: NodeId,
        request: <A::Provides as Port>::Request,
    ) {
        unreached.iter().for_each(|node| self.down[node.index()] = true);
        self.request(node, request);
        unreached.iter().for_each(|node| self.down[node.index()] = false);
    }

    /// The nodes, each with the timers that are set.
    pub(crate) fn into_nodes(self) -> impl Iterator<Item = (A, BTreeSet<A::Timer>)> {
        self.nodes.into_iter().zip(self.timers)
    }

    /// How many messages were sent from node to node, up to this round and in it.
    pub(crate) fn sent_until(&self, round: usize) -> usize {
        self.sent.iter().filter(|&&sent| sent <= round).count()
    }

    /// In which round the last message arrived.
    pub(crate) fn rounds(&self) -> usize {
        self.round
    }

    /// How many messages were sent from node to node.
    pub(crate) fn messages(&self) -> usize {
        self.sent.len()
    }

    fn reset(&mut self) {
        self.round = 0;
        self.busy.fill(0);
        self.sent.clear();
        self.told.clear();
    }

    fn happen(&mut self, events: impl Iterator<Item = Happening<A>>) {
        self.reset();
        for (node, event) in events {
            self.handle(node, event);
        }
        self.until_quiet();
    }

    fn until_quiet(&mut self) {
        while let Some(((round, _), (node, event))) = self.due.pop_first() {
            self.round = round;
            self.handle(node, event);
        }
    }

    /// One event, with the messages to itself that come of it at once.
    fn handle(&mut self, node: NodeId, event: Event<A>) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front().filter(|_| !self.down[node.index()]) {
            let mut effects = Vec::new();
            self.nodes[node.index()].on(event, &mut Cx::new(node, &self.group, &mut Still, &mut effects));
            for effect in effects {
                let seen = self.busy[node.index()].max(self.round);
                match effect {
                    Effect::Send(to, msg) if to == node && seen == self.round => {
                        events.push_back(Event::Receive(node, msg));
                    }
                    Effect::Send(to, msg) if to == node => self.later(seen, to, Event::Receive(node, msg)),
                    Effect::Send(to, msg) => {
                        self.sent.push(seen);
                        let arrives = seen + usize::from(self.slow == Slow::Messages);
                        self.later(arrives, to, Event::Receive(node, msg));
                    }
                    Effect::Indicate(indication) => self.told.push((seen, node, indication)),
                    Effect::Request(request) => A::Uses::impossible(request),
                    Effect::Persist(_) => {
                        self.busy[node.index()] = seen + usize::from(self.slow == Slow::Writes);
                    }
                    // No timer fires by itself.
                    Effect::Set(timer, _) => {
                        self.timers[node.index()].insert(timer);
                    }
                    Effect::Cancel(timer) => {
                        self.timers[node.index()].remove(&timer);
                    }
                    Effect::Mark(_) => {}
                }
            }
        }
    }

    fn later(&mut self, round: usize, node: NodeId, event: Event<A>) {
        self.order += 1;
        self.due.insert((round, self.order), (node, event));
    }
}
