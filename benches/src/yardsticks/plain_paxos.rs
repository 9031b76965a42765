//! Paxos as in a textbook's pseudocode: every role of every node speaks to every other by messages, to its own node too, and
//! acceptors tell everyone. One ballot for each proposer.
//!
//! [`synod_consensus::Paxos`] does at once what a node has to tell itself, which leaves much fewer states: this is about
//! what a checker can do with an algorithm whose author did not think of that.

use std::collections::{BTreeMap, BTreeSet};

use synod_actor::{Actor, Cx, Event, Never, NodeId, Nothing, Visit, Visitor, visit};
use synod_checker::{Environment, System};
use synod_consensus::Consensus;
use synod_properties::ConsensusMonitor;

/// Proposers have one ballot each: their number, from 1 on.
type Ballot = u16;

/// What roles say to each other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Msg {
    /// Phase 1a.
    Prepare(Ballot),
    /// Phase 1b, with the last vote.
    Promise(Ballot, Option<(Ballot, char)>),
    /// Phase 2a.
    Accept(Ballot, char),
    /// Phase 2b.
    Accepted(Ballot, char),
}

/// How far a proposer is.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Phase {
    #[default]
    Idle,
    /// The proposal; who promised; and the highest vote reported.
    Preparing(char, BTreeSet<NodeId>, Option<(Ballot, char)>),
    /// Phase 2 has begun: that is all a proposer does.
    Done,
}

/// A node with all three roles.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PlainPaxos {
    promised: Ballot,
    accepted: Option<(Ballot, char)>,
    phase: Phase,
    /// Who voted, until the decision.
    votes: BTreeMap<Ballot, BTreeSet<NodeId>>,
    decided: bool,
}

fn send_all(msg: &Msg, cx: &mut Cx<'_, PlainPaxos>) {
    for to in cx.group().to_vec() {
        cx.send(to, msg.clone());
    }
}

impl Actor for PlainPaxos {
    type Provides = Consensus<char>;
    type Uses = Nothing;
    type Msg = Msg;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request(value) => {
                self.phase = Phase::Preparing(value, BTreeSet::new(), None);
                send_all(&Msg::Prepare(cx.me().0 + 1), cx);
            }
            Event::Receive(from, Msg::Prepare(ballot)) if ballot > self.promised => {
                self.promised = ballot;
                cx.send(from, Msg::Promise(ballot, self.accepted));
            }
            Event::Receive(from, Msg::Promise(ballot, vote)) => {
                let Phase::Preparing(value, promises, highest) = &mut self.phase else { return };
                promises.insert(from);
                *highest = (*highest).max(vote);
                if promises.len() >= cx.majority() {
                    let value = highest.map_or(*value, |(_, bound)| bound);
                    self.phase = Phase::Done;
                    send_all(&Msg::Accept(ballot, value), cx);
                }
            }
            Event::Receive(_, Msg::Accept(ballot, value)) if ballot >= self.promised => {
                self.promised = ballot;
                self.accepted = Some((ballot, value));
                send_all(&Msg::Accepted(ballot, value), cx);
            }
            Event::Receive(from, Msg::Accepted(ballot, value)) if !self.decided => {
                let voters = self.votes.entry(ballot).or_default();
                voters.insert(from);
                if voters.len() >= cx.majority() {
                    self.decided = true;
                    self.votes.clear();
                    cx.indicate(value);
                }
            }
            Event::Receive(..) => {}
            Event::Indication(never) => match never {},
            Event::Timeout(never) => match never {},
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }
}

visit!(PlainPaxos { phase, votes });
visit!(Msg {});

impl Visit for Phase {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        if let Phase::Preparing(_, promises, _) = self {
            promises.visit(visitor);
        }
    }
}

/// So many nodes, of which the first `proposers` propose.
pub fn system(nodes: usize, proposers: u16) -> System<PlainPaxos, ConsensusMonitor<char>> {
    let system = System::new(vec![PlainPaxos::default(); nodes], ConsensusMonitor::new())
        .environment(Environment::default().loopback());
    let others: Vec<NodeId> = NodeId::group(nodes).split_off(usize::from(proposers));
    let system = if others.len() > 1 { system.symmetric(&others) } else { system };
    (0..proposers)
        .zip('a'..)
        .fold(system, |system, (proposer, value)| system.request(NodeId(proposer), value))
}
