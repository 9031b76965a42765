//! The system as ours: servers and clients are nodes of one actor.

use std::collections::{BTreeMap, BTreeSet};

use synod_actor::{Actor, Cx, Event, Never, NodeId, Nothing, Port};
use synod_checker::System;
use synod_properties::{Monitor, Observation, RegisterMonitor, Violation, registers::Initially};
use synod_registers::{Answer, Operation, Register, RequestId};

/// A round, and whose it is.
type Ballot = (u64, NodeId);
/// What a client wants to be decided: the request, who asked, and the value.
type Proposal = (RequestId, NodeId, char);

/// What clients and servers say to each other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Msg {
    /// To a server: hold this value.
    Put(RequestId, char),
    /// To a server: what do you hold?
    Get(RequestId),
    /// To a client: it holds your value.
    PutOk(RequestId),
    /// To a client: it holds this value.
    GetOk(RequestId, char),
    /// Phase 1a.
    Prepare(Ballot),
    /// Phase 1b, with the last vote.
    Prepared(Ballot, Option<(Ballot, Proposal)>),
    /// Phase 2a.
    Accept(Ballot, Proposal),
    /// Phase 2b.
    Accepted(Ballot),
    /// What was decided.
    Decided(Ballot, Proposal),
}

/// A server with all roles of Paxos, which proposes what its client asks it to hold.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Server {
    ballot: Ballot,
    proposal: Option<Proposal>,
    prepared: BTreeMap<NodeId, Option<(Ballot, Proposal)>>,
    accepts: BTreeSet<NodeId>,
    accepted: Option<(Ballot, Proposal)>,
    is_decided: bool,
}

/// A node. The servers come first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Node {
    /// One of so many servers.
    Server(u16, Server),
    /// A client of so many servers, which writes at one and then reads at the next: what it waits for, and what it did.
    Client(u16, Option<RequestId>, u16),
}

/// What clients do to the register.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Clients;

/// What a client tells: that it asks, or what it was answered.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Told {
    /// It asks this.
    Asks(RequestId, Operation<char>),
    /// It is answered this.
    Hears(RequestId, Answer<char>),
}

impl Port for Clients {
    type Request = Never;
    type Indication = Told;
}

impl Actor for Node {
    type Provides = Clients;
    type Uses = Nothing;
    type Msg = Msg;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        let me = cx.me();
        match (self, event) {
            (Node::Client(servers, waits_for, asked), Event::Start) => {
                let (id, value) = (u64::from(me.0), char::from(b'A' + (me.0 - *servers) as u8));
                (*waits_for, *asked) = (Some(id), 1);
                cx.indicate(Told::Asks(id, Operation::Write(value)));
                cx.send(NodeId(me.0 % *servers), Msg::Put(id, value));
            }
            (Node::Client(servers, waits_for, asked), Event::Receive(_, Msg::PutOk(id)))
                if *waits_for == Some(id) =>
            {
                cx.indicate(Told::Hears(id, Answer::Done));
                let (to, id) = (NodeId((me.0 + *asked) % *servers), u64::from((*asked + 1) * me.0));
                (*waits_for, *asked) = (Some(id), *asked + 1);
                cx.indicate(Told::Asks(id, Operation::Read));
                cx.send(to, Msg::Get(id));
            }
            (Node::Client(_, waits_for, asked), Event::Receive(_, Msg::GetOk(id, value)))
                if *waits_for == Some(id) =>
            {
                (*waits_for, *asked) = (None, *asked + 1);
                cx.mark("value chosen");
                cx.indicate(Told::Hears(id, Answer::Value(value)));
            }
            (Node::Server(servers, server), Event::Receive(from, msg)) => {
                server.on(*servers, from, msg, cx);
            }
            (_, Event::Start | Event::Receive(..)) => {}
            (_, Event::Request(never)) => match never {},
            (_, Event::Indication(never)) => match never {},
            (_, Event::Timeout(never)) => match never {},
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }

    fn marks() -> Vec<&'static str> {
        vec!["value chosen"]
    }
}

impl Server {
    fn on(&mut self, servers: u16, from: NodeId, msg: Msg, cx: &mut Cx<'_, Node>) {
        let majority = usize::from(servers / 2 + 1);
        let me = cx.me();
        let peers = (0..servers).map(NodeId).filter(|&peer| peer != me);
        if self.is_decided {
            if let (Msg::Get(id), Some((_, (_, _, value)))) = (msg, self.accepted) {
                cx.send(from, Msg::GetOk(id, value));
            }
            return;
        }
        match msg {
            Msg::Put(id, value) if self.proposal.is_none() => {
                self.proposal = Some((id, from, value));
                self.ballot = (self.ballot.0 + 1, me);
                self.prepared = BTreeMap::from([(me, self.accepted)]);
                self.accepts.clear();
                peers.for_each(|peer| cx.send(peer, Msg::Prepare(self.ballot)));
            }
            Msg::Prepare(ballot) if self.ballot < ballot => {
                self.ballot = ballot;
                cx.send(from, Msg::Prepared(ballot, self.accepted));
            }
            Msg::Prepared(ballot, vote) if self.ballot == ballot => {
                self.prepared.insert(from, vote);
                if self.prepared.len() == majority {
                    let highest = self.prepared.values().max().copied().flatten();
                    self.proposal = highest.map(|(_, proposal)| proposal).or(self.proposal);
                    let Some(proposal) = self.proposal else { return };
                    self.accepted = Some((ballot, proposal));
                    self.accepts.insert(me);
                    peers.for_each(|peer| cx.send(peer, Msg::Accept(ballot, proposal)));
                }
            }
            Msg::Accept(ballot, proposal) if self.ballot <= ballot => {
                self.ballot = ballot;
                self.accepted = Some((ballot, proposal));
                cx.send(from, Msg::Accepted(ballot));
            }
            Msg::Accepted(ballot) if self.ballot == ballot => {
                self.accepts.insert(from);
                if self.accepts.len() == majority {
                    self.is_decided = true;
                    let Some(proposal) = self.proposal else { return };
                    peers.for_each(|peer| cx.send(peer, Msg::Decided(ballot, proposal)));
                    cx.send(proposal.1, Msg::PutOk(proposal.0));
                }
            }
            Msg::Decided(ballot, proposal) => {
                self.ballot = ballot;
                self.accepted = Some((ballot, proposal));
                self.is_decided = true;
            }
            _ => {}
        }
    }
}

/// Watches whether the register that clients see is linearizable.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Watch(RegisterMonitor<char>);

impl Monitor<Clients> for Watch {
    fn safety(&self) -> Vec<&'static str> {
        self.0.safety()
    }

    fn observe(&mut self, node: NodeId, what: &Observation<Clients>) -> Result<(), Violation> {
        let seen: Observation<Register<char>> = match what {
            Observation::Indication(Told::Asks(id, operation)) => {
                Observation::Request((*id, operation.clone()))
            }
            Observation::Indication(Told::Hears(id, answer)) => {
                Observation::Indication((*id, answer.clone()))
            }
            _ => return Ok(()),
        };
        self.0.observe(node, &seen)
    }
}

/// Three servers, and so many clients.
pub fn system(clients: u16) -> System<Node, Watch> {
    const SERVERS: u16 = 3;
    let servers = (0..SERVERS).map(|_| Node::Server(SERVERS, Server::default()));
    let clients = (0..clients).map(|_| Node::Client(SERVERS, None, 0));
    System::new(servers.chain(clients).collect(), Watch(RegisterMonitor::new(Initially(char::default()))))
}
