//! A host for the logs of this workspace: effects take place at once, in their order, in one process.

use std::{ops::Range, time::Duration};

use bytes::Bytes;
use synod_actor::{Actor, Cx, Effect, Event, Ground, Never, NodeId};
use synod_consensus::{
    Log, Membership, MultiPaxos, Quorums, Raft, Viewstamped, Zab,
    log::{Entry, Indication, Request},
    multi_paxos, raft, viewstamped, zab,
};
use synod_testing::Frozen;

use super::cluster::{Batching, Command, Replica};

/// A log that can be raced.
pub trait Contestant: Actor<Provides = Log<Bytes>, Uses: Ground> {
    /// A node of so many.
    fn node(nodes: usize, batching: Batching) -> Self;
    /// The timer at which a node tries to lead; none if the first node leads anyway.
    fn patience() -> Option<Self::Timer>;
}

/// With batching, one message at a time is under way to a follower, and the next has all that was appended meanwhile.
fn window(batching: Batching, default: u64) -> u64 {
    match batching {
        Batching::Off => default,
        Batching::On => 1,
    }
}

impl Contestant for Raft<Bytes, Never> {
    fn node(nodes: usize, batching: Batching) -> Self {
        let default = raft::Settings::default();
        let settings = raft::Settings { window: window(batching, default.window), ..default };
        Raft::new(Membership::of(NodeId::group(nodes)), settings)
    }

    fn patience() -> Option<raft::Timer> {
        Some(raft::Timer::Election)
    }
}

impl Contestant for MultiPaxos<Bytes, Never> {
    fn node(nodes: usize, batching: Batching) -> Self {
        let default = multi_paxos::Settings::default();
        let settings = multi_paxos::Settings { window: window(batching, default.window), ..default };
        MultiPaxos::new(Quorums::majority(&NodeId::group(nodes).into_iter().collect()), settings)
    }

    fn patience() -> Option<multi_paxos::Timer> {
        Some(multi_paxos::Timer::Patience)
    }
}

impl Contestant for Viewstamped<Bytes, Never> {
    fn node(nodes: usize, batching: Batching) -> Self {
        let default = viewstamped::Settings::default();
        let settings = viewstamped::Settings { window: window(batching, default.window), ..default };
        Viewstamped::new(Membership::of(NodeId::group(nodes)), settings)
    }

    fn patience() -> Option<viewstamped::Timer> {
        None
    }
}

impl Contestant for Zab<Bytes, Never> {
    fn node(nodes: usize, batching: Batching) -> Self {
        let default = zab::Settings::default();
        let (window, group) = (window(batching, default.window), NodeId::group(nodes));
        let election = zab::Election::Oracle(group[..1].to_vec());
        Zab::new(Membership::of(group), zab::Settings { election, window, ..default })
    }

    fn patience() -> Option<zab::Timer> {
        None
    }
}

/// A node with what a host has for it. Its disk is none: what it writes is in its state already, and nobody restarts. (The crates'
/// storages in memory are their only copy of the log, too.)
pub struct Host<A: Actor> {
    me: NodeId,
    group: Vec<NodeId>,
    node: A,
    /// Those that are set. They are few.
    timers: Vec<(A::Timer, Range<Duration>)>,
    /// What it did since it was asked last.
    effects: Vec<Effect<A>>,
}

impl<A: Contestant> Host<A> {
    fn happen(&mut self, event: Event<A>) {
        self.node.on(event, &mut Cx::new(self.me, &self.group, &mut Frozen, &mut self.effects));
    }
}

impl<A: Contestant> Replica for Host<A> {
    type Msg = A::Msg;

    fn group(nodes: usize, batching: Batching) -> Vec<Self> {
        let group = NodeId::group(nodes);
        let host = |&me: &NodeId| {
            let node = A::node(nodes, batching);
            let (timers, effects) = (Vec::new(), Vec::new());
            let mut host = Host { me, group: group.clone(), node, timers, effects };
            host.happen(Event::Start);
            host
        };
        group.iter().map(host).collect()
    }

    fn campaign(&mut self) {
        if let Some(timer) = A::patience() {
            self.happen(Event::Timeout(timer));
        }
    }

    fn propose(&mut self, command: Command) {
        self.happen(Event::Request(Request::Append(command.into())));
    }

    fn receive(&mut self, from: usize, msg: A::Msg) {
        self.happen(Event::Receive(self.group[from], msg));
    }

    fn act(&mut self, mut send: impl FnMut(usize, A::Msg), mut tell: impl FnMut(&[u8])) {
        // What it says to itself: that happens next.
        let mut own = Vec::new();
        for effect in self.effects.drain(..) {
            match effect {
                Effect::Persist(_) => {}
                Effect::Send(to, msg) if to == self.me => own.push(msg),
                Effect::Send(to, msg) => send(to.index(), msg),
                Effect::Set(timer, after) => match self.timers.iter_mut().find(|(set, _)| *set == timer) {
                    Some(set) => set.1 = after,
                    None => self.timers.push((timer, after)),
                },
                Effect::Cancel(timer) => {
                    self.timers.retain(|(set, _)| *set != timer);
                }
                Effect::Indicate(Indication::Committed(.., Entry::Command(command))) => tell(&command),
                // Leaders, blank entries: nobody asks for them here.
                Effect::Indicate(_) | Effect::Mark(_) => {}
                Effect::Request(request) => A::Uses::impossible(request),
            }
        }
        if !own.is_empty() {
            own.into_iter().for_each(|msg| self.happen(Event::Receive(self.me, msg)));
            self.act(send, tell);
        }
    }
}
