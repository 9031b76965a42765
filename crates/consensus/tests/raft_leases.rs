//! Lease reads of Raft. The quotations are from Ongaro, *Consensus: Bridging Theory and Practice* (2014), §6.4.1.

use std::time::Duration;

use synod_actor::{Effect, Event, NodeId};
use synod_consensus::{
    Epoch, Membership, Raft,
    log::{Indication, Replica, Request},
    raft::{Append, Msg, Point, Rejection, Settings, Timer, Vote},
};
use synod_testing::{indicated, sent};

const N0: NodeId = NodeId(0);
const N1: NodeId = NodeId(1);
const N2: NodeId = NodeId(2);

type Host = synod_testing::Host<Raft<char, char>>;

const LEASE: Duration = Duration::from_millis(100);

fn started(me: NodeId) -> Host {
    let settings =
        Settings { pre_vote: false, check_quorum: false, lease: Some(LEASE), ..Settings::default() };
    Host::start(Raft::new(Membership::of(NodeId::group(3)), settings), me, 3)
}

/// The leader of term 1, whose blank and first round of heartbeats the second node has answered.
fn leader() -> Host {
    let mut host = started(N0);
    host.on(Event::Timeout(Timer::Election));
    host.receive(N1, Msg::Voted(Epoch(1), Vote::Real, true));
    assert!(host.node.leads());
    host.receive(N1, Msg::Appended(Epoch(1), 1, 1));
    host
}

fn heartbeat() -> Msg<char, char> {
    let prev = Point::default();
    Msg::Append(Append { term: Epoch(1), prev, entries: Default::default(), commit: 0, round: 1 })
}

fn ask_vote(term: u64) -> Msg<char, char> {
    Msg::RequestVote(Epoch(term), Point { term: Epoch(9), index: 9 }, Vote::Real)
}

// "Once the leader's heartbeats were acknowledged by a majority of the cluster, the leader would extend its lease to
// start + election timeout / clock drift bound": from when the round began, not from when it was answered.
#[test]
fn a_read_within_the_lease_asks_nobody() {
    let mut host = leader();
    let effects = host.on(Event::Request(Request::Barrier(1)));
    assert_eq!((indicated(&effects), sent(&effects)), (vec![Indication::Passed(1)], vec![]));

    // Each round has a time of its own, and that of the second is not answered yet.
    let effects = host.on(Event::Timeout(Timer::Heartbeat));
    assert!(effects.contains(&Effect::Set(Timer::Lease(2), LEASE..LEASE)));
    host.on(Event::Timeout(Timer::Lease(1)));
    let effects = host.on(Event::Request(Request::Barrier(2)));
    assert_eq!(indicated(&effects), [], "it asks who follows it, as without leases");
    assert!(!sent(&effects).is_empty());
    assert_eq!(indicated(&host.receive(N2, Msg::Appended(Epoch(1), 1, 2))), []);
    assert_eq!(indicated(&host.on(Event::Request(Request::Barrier(3)))), [Indication::Passed(3)]);
}

// A follower votes for nobody within the election timeout after it has heard of a leader: also not if it hears of a later term.
#[test]
fn who_answers_a_leader_keeps_faith_with_it() {
    let mut host = started(N1);
    host.receive(N0, heartbeat());
    assert_eq!(sent(&host.receive(N2, ask_vote(7))), []);
    let rejection = Rejection { prev: 0, term: None, first: 0, round: 0 };
    host.receive(N2, Msg::Rejected(Epoch(7), rejection));
    assert_eq!((host.node.epoch(), host.node.leader()), (Epoch(7), None), "it follows nobody any more");
    assert_eq!(sent(&host.receive(N2, ask_vote(8))), []);
    host.on(Event::Timeout(Timer::Election));
    assert_eq!(host.node.epoch(), Epoch(7), "nor does it campaign");
    host.on(Event::Timeout(Timer::Contact));
    assert_eq!(sent(&host.receive(N2, ask_vote(8))), [(N2, Msg::Voted(Epoch(8), Vote::Real, true))]);
}

// It may have answered right before it crashed.
#[test]
fn who_restarts_waits_before_it_votes() {
    let mut host = started(N1);
    host.receive(N0, heartbeat());
    let effects = host.restart();
    let election = Settings::default().election;
    assert!(effects.contains(&Effect::Set(Timer::Contact, election..election)));
    assert_eq!(sent(&host.receive(N2, ask_vote(7))), []);
    host.on(Event::Timeout(Timer::Contact));
    assert_eq!(sent(&host.receive(N2, ask_vote(7))).len(), 1);
}

// Who is asked to lead need not wait, and nor do those whose votes it asks for. So the leader that asks gives up its lease; and does
// not take it again, for the message may be late.
#[test]
fn a_leader_that_hands_over_reads_by_no_lease() {
    let mut host = leader();
    let effects = host.on(Event::Request(Request::Transfer(N1)));
    assert!(sent(&effects).iter().any(|(to, msg)| *to == N1 && matches!(msg, Msg::TimeoutNow(..))));
    assert_eq!(indicated(&host.on(Event::Request(Request::Barrier(1)))), []);
    host.on(Event::Timeout(Timer::Transfer));
    host.on(Event::Timeout(Timer::Heartbeat));
    assert_eq!(indicated(&host.receive(N1, Msg::Appended(Epoch(1), 1, 3))), [Indication::Passed(1)]);
    assert_eq!(indicated(&host.on(Event::Request(Request::Barrier(2)))), []);
}

// Without leases nothing of this happens: no clock matters.
#[test]
fn leases_are_off_unless_asked_for() {
    assert_eq!(Settings::default().lease, None);
}
