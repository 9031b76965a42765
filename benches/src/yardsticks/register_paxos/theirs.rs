//! The same system as stateright's: its clients and its linearizability tester, with servers that do as ours do.

use std::borrow::Cow;

use stateright::{
    Expectation,
    actor::{
        Actor, ActorModel, Id, Network, Out, majority, model_peers,
        register::{RegisterActor, RegisterMsg},
    },
    semantics::{LinearizabilityTester, register::Register},
    util::{HashableHashMap, HashableHashSet},
};

type Ballot = (u32, Id);
type Proposal = (u64, Id, char);
type Vote = Option<(Ballot, Proposal)>;

/// What servers say to each other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Internal {
    /// Phase 1a.
    Prepare(Ballot),
    /// Phase 1b, with the last vote.
    Prepared(Ballot, Vote),
    /// Phase 2a.
    Accept(Ballot, Proposal),
    /// Phase 2b.
    Accepted(Ballot),
    /// What was decided.
    Decided(Ballot, Proposal),
}

/// What a server is.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct State {
    ballot: Ballot,
    proposal: Option<Proposal>,
    prepared: HashableHashMap<Id, Vote>,
    accepts: HashableHashSet<Id>,
    accepted: Vote,
    is_decided: bool,
}

/// What a server knows of the others.
#[derive(Clone)]
pub struct Server {
    peers: Vec<Id>,
}

type Msg = RegisterMsg<u64, char, Internal>;

impl Actor for Server {
    type Msg = Msg;
    type State = State;
    type Timer = ();
    type Random = ();
    type Storage = ();

    fn on_start(&self, _: Id, _: &Option<()>, _: &mut Out<Self>) -> State {
        State {
            ballot: (0, Id::from(0)),
            proposal: None,
            prepared: HashableHashMap::default(),
            accepts: HashableHashSet::default(),
            accepted: None,
            is_decided: false,
        }
    }

    fn on_msg(&self, me: Id, cow: &mut Cow<'_, State>, from: Id, msg: Msg, out: &mut Out<Self>) {
        use RegisterMsg::{Get, GetOk, Put, PutOk};
        let quorum = majority(self.peers.len() + 1);
        if cow.is_decided {
            if let (Get(id), Some((_, (_, _, value)))) = (msg, cow.accepted) {
                out.send(from, GetOk(id, value));
            }
            return;
        }
        match msg {
            Put(id, value) if cow.proposal.is_none() => {
                let state = cow.to_mut();
                state.proposal = Some((id, from, value));
                state.ballot = (state.ballot.0 + 1, me);
                state.prepared = HashableHashMap::default();
                state.prepared.insert(me, state.accepted);
                state.accepts = HashableHashSet::default();
                out.broadcast(&self.peers, &RegisterMsg::Internal(Internal::Prepare(state.ballot)));
            }
            RegisterMsg::Internal(Internal::Prepare(ballot)) if cow.ballot < ballot => {
                cow.to_mut().ballot = ballot;
                out.send(from, RegisterMsg::Internal(Internal::Prepared(ballot, cow.accepted)));
            }
            RegisterMsg::Internal(Internal::Prepared(ballot, vote)) if cow.ballot == ballot => {
                let state = cow.to_mut();
                state.prepared.insert(from, vote);
                if state.prepared.len() == quorum {
                    let highest = state.prepared.values().max().copied().flatten();
                    state.proposal = highest.map(|(_, proposal)| proposal).or(state.proposal);
                    let Some(proposal) = state.proposal else { return };
                    state.accepted = Some((ballot, proposal));
                    state.accepts.insert(me);
                    out.broadcast(&self.peers, &RegisterMsg::Internal(Internal::Accept(ballot, proposal)));
                }
            }
            RegisterMsg::Internal(Internal::Accept(ballot, proposal)) if cow.ballot <= ballot => {
                let state = cow.to_mut();
                state.ballot = ballot;
                state.accepted = Some((ballot, proposal));
                out.send(from, RegisterMsg::Internal(Internal::Accepted(ballot)));
            }
            RegisterMsg::Internal(Internal::Accepted(ballot)) if cow.ballot == ballot => {
                let state = cow.to_mut();
                state.accepts.insert(from);
                if state.accepts.len() == quorum {
                    state.is_decided = true;
                    let Some(proposal) = state.proposal else { return };
                    out.broadcast(&self.peers, &RegisterMsg::Internal(Internal::Decided(ballot, proposal)));
                    out.send(proposal.1, PutOk(proposal.0));
                }
            }
            RegisterMsg::Internal(Internal::Decided(ballot, proposal)) => {
                let state = cow.to_mut();
                state.ballot = ballot;
                state.accepted = Some((ballot, proposal));
                state.is_decided = true;
            }
            _ => {}
        }
    }
}

/// Three servers, and so many clients.
pub type Model = ActorModel<RegisterActor<Server>, (), LinearizabilityTester<Id, Register<char>>>;

/// Three servers, and so many clients.
pub fn model(clients: usize) -> Model {
    const SERVERS: usize = 3;
    let server = |at| RegisterActor::Server(Server { peers: model_peers(at, SERVERS) });
    ActorModel::new((), LinearizabilityTester::new(Register(char::default())))
        .actors((0..SERVERS).map(server))
        .actors((0..clients).map(|_| RegisterActor::Client { put_count: 1, server_count: SERVERS }))
        .init_network(Network::new_unordered_nonduplicating([]))
        .property(Expectation::Always, "linearizable", |_, state| {
            state.history.serialized_history().is_some()
        })
        .property(Expectation::Sometimes, "value chosen", |_, state| {
            let is_value =
                |msg: &Msg| matches!(msg, RegisterMsg::GetOk(_, value) if *value != char::default());
            state.network.iter_deliverable().any(|envelope| is_value(envelope.msg))
        })
        .record_msg_in(RegisterMsg::record_returns)
        .record_msg_out(RegisterMsg::record_invocations)
}
