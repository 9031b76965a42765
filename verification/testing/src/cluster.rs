//! A host for several nodes, whose every step somebody else chooses.

use std::collections::{BTreeSet, VecDeque};

use synod_actor::{Actor, Cx, Effect, Event, NodeId, Port};

use crate::Frozen;

/// What a node tells its client.
pub type Indication<A> = <<A as Actor>::Provides as Port>::Indication;
/// What a client asks.
pub type Request<A> = <<A as Actor>::Provides as Port>::Request;

/// What can happen next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Fate {
    /// A message arrives: the one of this place in the network.
    Arrive(usize),
    /// It arrives, and stays on its way as well.
    Duplicate(usize),
    /// It is lost.
    Lose(usize),
    /// A node handles its oldest message to itself.
    Own(NodeId),
    /// A node's oldest write becomes durable.
    Flush(NodeId),
    /// One of a node's timers fires: the one of this place in their order.
    Timeout(NodeId, usize),
    /// A node crashes: what its disk had not written is lost, with all that waited for it.
    Crash(NodeId),
    /// A node that crashed comes back.
    Restart(NodeId),
}

/// A node: running or crashed, with its disk.
#[derive(Clone, Debug)]
struct Member<A: Actor> {
    up: bool,
    first: A,
    node: A,
    /// What is durable.
    disk: Vec<A::Record>,
    /// Writes on their way to the disk, and what waits for them.
    held: VecDeque<Effect<A>>,
    own: VecDeque<A::Msg>,
    timers: BTreeSet<A::Timer>,
}

/// Nodes, the network between them, and their disks. Timers fire whenever they are set.
#[derive(Clone, Debug)]
pub struct Cluster<A: Actor> {
    group: Vec<NodeId>,
    members: Vec<Member<A>>,
    network: Vec<(NodeId, NodeId, A::Msg)>,
    /// What nodes told their clients since this was looked at last, in order; `None` is a crash.
    pub told: Vec<(NodeId, Option<Indication<A>>)>,
    /// The steps that were named.
    pub marks: BTreeSet<&'static str>,
}

impl<A: Actor> Cluster<A> {
    /// Nodes that begin like these, and have started.
    pub fn start(nodes: Vec<A>) -> Self {
        let group = NodeId::group(nodes.len());
        let member = |first: A| Member {
            up: true,
            node: first.clone(),
            first,
            disk: Vec::new(),
            held: VecDeque::new(),
            own: VecDeque::new(),
            timers: BTreeSet::new(),
        };
        let mut cluster = Cluster {
            members: nodes.into_iter().map(member).collect(),
            group: group.clone(),
            network: Vec::new(),
            told: Vec::new(),
            marks: BTreeSet::new(),
        };
        group.into_iter().for_each(|node| cluster.on(node, Event::Start));
        cluster
    }

    /// The nodes as they are; of a crashed one, as it will come back.
    pub fn nodes(&self) -> Vec<&A> {
        self.members.iter().map(|member| &member.node).collect()
    }

    /// Whether the node is running.
    pub fn is_up(&self, node: NodeId) -> bool {
        self.members[node.index()].up
    }

    /// A client asks at a node. One that is down does not hear it.
    pub fn request(&mut self, at: NodeId, request: Request<A>) {
        if self.is_up(at) {
            self.on(at, Event::Request(request));
        }
    }

    /// Everything that can happen next.
    pub fn possible(&self) -> Vec<Fate> {
        let mut fates = Vec::new();
        for (at, (_, to, _)) in self.network.iter().enumerate() {
            if self.is_up(*to) {
                fates.extend([Fate::Arrive(at), Fate::Duplicate(at)]);
            }
            fates.push(Fate::Lose(at));
        }
        for (&node, member) in self.group.iter().zip(&self.members) {
            if !member.up {
                fates.push(Fate::Restart(node));
                continue;
            }
            fates.push(Fate::Crash(node));
            fates.extend(member.own.front().map(|_| Fate::Own(node)));
            fates.extend(member.held.front().map(|_| Fate::Flush(node)));
            fates.extend((0..member.timers.len()).map(|at| Fate::Timeout(node, at)));
        }
        fates
    }

    /// Lets it happen. What is not possible does not.
    pub fn happen(&mut self, fate: Fate) {
        match fate {
            Fate::Arrive(at) if at < self.network.len() => {
                let (from, to, msg) = self.network.remove(at);
                self.receive(to, from, msg);
            }
            Fate::Duplicate(at) if at < self.network.len() => {
                let (from, to, msg) = self.network[at].clone();
                self.receive(to, from, msg);
            }
            Fate::Lose(at) if at < self.network.len() => _ = self.network.remove(at),
            Fate::Arrive(_) | Fate::Duplicate(_) | Fate::Lose(_) => {}
            Fate::Own(node) => {
                if let Some(msg) = self.members[node.index()].own.pop_front() {
                    self.receive(node, node, msg);
                }
            }
            Fate::Flush(node) => self.flush(node),
            Fate::Timeout(node, at) => {
                let timers = &mut self.members[node.index()].timers;
                if let Some(timer) = timers.iter().nth(at).cloned() {
                    timers.remove(&timer);
                    self.on(node, Event::Timeout(timer));
                }
            }
            Fate::Crash(node) => {
                let member = &mut self.members[node.index()];
                member.up = false;
                member.node = member.first.clone();
                member.disk.iter().cloned().for_each(|record| member.node.replay(record));
                member.held.clear();
                member.own.clear();
                member.timers.clear();
                self.told.push((node, None));
            }
            Fate::Restart(node) => {
                self.members[node.index()].up = true;
                self.on(node, Event::Start);
            }
        }
    }

    fn receive(&mut self, to: NodeId, from: NodeId, msg: A::Msg) {
        if self.is_up(to) {
            self.on(to, Event::Receive(from, msg));
        }
    }

    fn on(&mut self, me: NodeId, event: Event<A>) {
        let mut effects = Vec::new();
        let member = &mut self.members[me.index()];
        member.node.on(event, &mut Cx::new(me, &self.group, &mut Frozen, &mut effects));
        for effect in effects {
            if let Effect::Mark(step) = effect {
                self.marks.insert(step);
                continue;
            }
            let held = &mut self.members[me.index()].held;
            if matches!(effect, Effect::Persist(_)) || !held.is_empty() {
                held.push_back(effect);
            } else {
                self.take_place(me, effect);
            }
        }
    }

    fn flush(&mut self, me: NodeId) {
        let Some(Effect::Persist(record)) = self.members[me.index()].held.pop_front() else { return };
        self.members[me.index()].disk.push(record);
        let released = |effect: &mut Effect<A>| !matches!(effect, Effect::Persist(_));
        while let Some(effect) = self.members[me.index()].held.pop_front_if(released) {
            self.take_place(me, effect);
        }
    }

    fn take_place(&mut self, me: NodeId, effect: Effect<A>) {
        let member = &mut self.members[me.index()];
        match effect {
            Effect::Send(to, msg) if to == me => member.own.push_back(msg),
            Effect::Send(to, msg) => self.network.push((me, to, msg)),
            Effect::Set(timer, _) => _ = member.timers.insert(timer),
            Effect::Cancel(timer) => _ = member.timers.remove(&timer),
            Effect::Indicate(indication) => self.told.push((me, Some(indication))),
            Effect::Persist(_) | Effect::Mark(_) | Effect::Request(_) => {}
        }
    }

    /// Lets everything arrive and become durable, in order, without a timeout, until nothing is under way; at most so many
    /// steps. Whether that was enough.
    pub fn settle(&mut self, most: usize) -> bool {
        for _ in 0..most {
            let is_step = |fate: &Fate| {
                matches!(fate, Fate::Arrive(_) | Fate::Own(_) | Fate::Flush(_) | Fate::Restart(_))
            };
            let Some(next) = self.possible().into_iter().find(is_step) else { return true };
            self.happen(next);
        }
        false
    }
}
