//! Paxos, sentence by sentence. The quotations are from Lamport, *Paxos Made Simple* (2001).

use proptest::prelude::*;
use synod_actor::{Actor, Effect, Event, NodeId};
use synod_consensus::{
    Paxos,
    paxos::{
        Ballot,
        Msg::{Accept, Accepted, Decide, Nack, Prepare, Promise},
        Record, Retry,
    },
};
use synod_testing::{indicated, sent};

const N0: NodeId = NodeId(0);
const N1: NodeId = NodeId(1);
const N2: NodeId = NodeId(2);

type Host = synod_testing::Host<Paxos<char>>;

fn started(me: NodeId, nodes: usize) -> Host {
    Host::start(Paxos::new(), me, nodes)
}

fn ballot(round: u64, proposer: NodeId) -> Ballot {
    Ballot { round, proposer }
}

/// A proposer of 'a' whose ballot 1.n0 is under way.
fn preparing() -> Host {
    let mut host = started(N0, 3);
    host.on(Event::Request('a'));
    host
}

// 2.2, phase 1(a): "A proposer selects a proposal number n and sends a prepare request with number n".
#[test]
fn a_proposer_selects_a_number_and_sends_a_prepare_request() {
    let mut host = started(N0, 3);
    let effects = host.on(Event::Request('a'));
    let first = ballot(1, N0);
    assert_eq!(
        effects[..4],
        [
            Effect::Persist(Record::Input('a')),
            Effect::Persist(Record::Promised(first)),
            Effect::Send(N1, Prepare(first)),
            Effect::Send(N2, Prepare(first)),
        ]
    );
    assert!(matches!(effects[4], Effect::Set(Retry, _)));
    assert_eq!(host.marks, ["1a"]);
}

// 2.2, phase 1(b): "If an acceptor receives a prepare request with number n greater than that of any prepare request to
// which it has already responded, then it responds to the request with a promise".
#[test]
fn an_acceptor_promises_a_number_above_all_that_it_has_promised() {
    let mut host = started(N1, 3);
    for b in [ballot(1, N0), ballot(1, N2), ballot(3, N0)] {
        assert_eq!(sent(&host.receive(b.proposer, Prepare(b))), [(b.proposer, Promise(b, None))]);
        assert_eq!(host.node.promised(), b);
    }
    assert_eq!(sent(&host.receive(N2, Prepare(ballot(2, N2)))), [(N2, Nack(ballot(3, N0)))]);
    assert_eq!(sent(&host.receive(N0, Prepare(ballot(3, N0)))), [], "a duplicate was answered already");
}

// 2.2, phase 1(b): "... and with the highest-numbered proposal (if any) that it has accepted."
#[test]
fn an_acceptor_reports_the_highest_numbered_proposal_that_it_has_accepted() {
    let mut host = started(N1, 3);
    host.receive(N0, Accept(ballot(1, N0), 'a'));
    host.receive(N2, Accept(ballot(1, N2), 'c'));
    let reply = sent(&host.receive(N0, Prepare(ballot(2, N0))));
    assert_eq!(reply, [(N0, Promise(ballot(2, N0), Some((ballot(1, N2), 'c'))))]);
}

// 2.5: "An acceptor records its intended response in stable storage before actually sending the response."
#[test]
fn an_acceptor_records_its_response_before_it_sends_it() {
    let mut host = started(N1, 3);
    let b = ballot(1, N0);
    let promise = host.receive(N0, Prepare(b));
    assert_eq!(promise, [Effect::Persist(Record::Promised(b)), Effect::Send(N0, Promise(b, None))]);
    let vote = host.receive(N0, Accept(b, 'a'));
    assert_eq!(vote, [Effect::Persist(Record::Accepted(b, 'a')), Effect::Send(N0, Accepted(b))]);
}

// 2.2, phase 2(b): "it accepts the proposal unless it has already responded to a prepare request having a number greater
// than n."
#[test]
fn an_acceptor_accepts_unless_it_has_promised_a_greater_number() {
    let mut host = started(N1, 3);
    host.receive(N2, Prepare(ballot(2, N2)));
    assert_eq!(sent(&host.receive(N0, Accept(ballot(1, N0), 'a'))), [(N0, Nack(ballot(2, N2)))]);
    assert_eq!(host.node.accepted(), None);
    assert_eq!(sent(&host.receive(N2, Accept(ballot(2, N2), 'c'))), [(N2, Accepted(ballot(2, N2)))]);
    assert_eq!(host.node.accepted(), Some(&(ballot(2, N2), 'c')));
}

// Not said in the paper, and needed: the bug in Paxos Made Simple.
#[test]
fn accepting_a_number_is_a_promise_of_it() {
    let mut host = started(N1, 3);
    host.receive(N2, Accept(ballot(2, N2), 'c'));
    assert_eq!(host.node.promised(), ballot(2, N2));
    assert_eq!(sent(&host.receive(N0, Accept(ballot(1, N0), 'a'))), [(N0, Nack(ballot(2, N2)))]);
}

#[test]
fn a_duplicate_accept_is_answered_again_but_not_written_again() {
    let mut host = started(N1, 3);
    let b = ballot(1, N0);
    host.receive(N0, Accept(b, 'a'));
    assert_eq!(host.receive(N0, Accept(b, 'a')), [Effect::Send(N0, Accepted(b))]);
}

// 2.2, phase 2(a): "... where v is ... any value if the responses reported no proposals."
#[test]
fn a_proposer_that_hears_of_no_votes_proposes_its_own_value() {
    let mut host = preparing();
    let effects = host.receive(N2, Promise(ballot(1, N0), None));
    let proposal = Accept(ballot(1, N0), 'a');
    assert_eq!(
        effects,
        [
            Effect::Persist(Record::Accepted(ballot(1, N0), 'a')),
            Effect::Send(N1, proposal.clone()),
            Effect::Send(N2, proposal),
        ]
    );
    assert_eq!(host.marks, ["2a"]);
}

// 2.2, phase 2(a): "... where v is the value of the highest-numbered proposal among the responses".
#[test]
fn a_proposer_that_hears_of_votes_proposes_the_value_of_the_highest() {
    let mut host = started(N0, 5);
    host.receive(N1, Accept(ballot(2, N1), 'b'));
    host.on(Event::Request('a'));
    let mine = ballot(3, N0);
    host.receive(N2, Promise(mine, Some((ballot(2, N2), 'c'))));
    let effects = host.receive(NodeId(3), Promise(mine, Some((ballot(1, N1), 'd'))));
    assert_eq!(sent(&effects)[0], (N1, Accept(mine, 'c')));
    assert_eq!(host.marks, ["2a", "2a adopts"]);
}

#[test]
fn only_promises_of_exactly_the_present_ballot_count() {
    let mut host = preparing();
    host.on(Event::Timeout(Retry));
    assert_eq!(host.node.promised(), ballot(2, N0));
    assert_eq!(host.receive(N1, Promise(ballot(1, N0), None)), []);
    assert_eq!(sent(&host.receive(N1, Promise(ballot(2, N0), None))).len(), 2);
}

#[test]
fn a_sender_counts_once() {
    let mut host = started(N0, 5);
    host.on(Event::Request('a'));
    let b = ballot(1, N0);
    assert_eq!(host.receive(N1, Promise(b, None)), []);
    assert_eq!(host.receive(N1, Promise(b, None)), []);
    assert_eq!(sent(&host.receive(N2, Promise(b, None))).len(), 4);
    assert_eq!(host.receive(N1, Accepted(b)), []);
    assert_eq!(host.receive(N1, Accepted(b)), []);
    assert_eq!(indicated(&host.receive(N2, Accepted(b))), ['a']);
}

// 2.3: "To learn that a value has been chosen, a learner must find out that a proposal has been accepted by a majority of
// acceptors." The proposer does, and tells all learners.
#[test]
fn a_value_is_chosen_when_a_majority_has_accepted_it() {
    let mut host = preparing();
    let b = ballot(1, N0);
    host.receive(N1, Promise(b, None));
    let effects = host.receive(N2, Accepted(b));
    assert_eq!(sent(&effects), [(N1, Decide('a')), (N2, Decide('a'))]);
    assert_eq!(indicated(&effects), ['a']);
    assert!(effects.contains(&Effect::Cancel(Retry)));
    assert_eq!(host.receive(N1, Accepted(b)), [], "decided already");
    assert_eq!(host.receive(N1, Decide('a')), [], "once per incarnation");
}

#[test]
fn a_learner_learns_what_it_did_not_propose() {
    let mut host = started(N1, 3);
    assert_eq!(indicated(&host.receive(N0, Decide('a'))), ['a']);
    assert!(host.node.has_decided());
    assert_eq!(host.on(Event::Request('b')), [], "whoever has decided has answered");
}

#[test]
fn a_node_that_has_decided_goes_on_as_an_acceptor() {
    let mut host = started(N1, 3);
    host.receive(N0, Accept(ballot(1, N0), 'a'));
    host.receive(N0, Decide('a'));
    let b = ballot(2, N2);
    assert_eq!(sent(&host.receive(N2, Prepare(b))), [(N2, Promise(b, Some((ballot(1, N0), 'a'))))]);
    assert_eq!(sent(&host.receive(N2, Accept(b, 'a'))), [(N2, Accepted(b))]);
}

// 2.5: "Different proposers choose their numbers from disjoint sets of numbers, so two different proposers never issue a
// proposal with the same number. Each proposer remembers (in stable storage) the highest-numbered proposal
// it has tried to issue".
#[test]
fn a_number_is_never_used_twice() {
    let (mut one, mut other) = (preparing(), started(N2, 3));
    other.on(Event::Request('c'));
    assert_ne!(one.node.promised(), other.node.promised());
    let before = one.node.promised();
    let effects = one.restart();
    let after = ballot(2, N0);
    assert!(after > before);
    assert_eq!(sent(&effects), [(N1, Prepare(after)), (N2, Prepare(after))], "the proposal survives, too");
    assert_eq!(one.receive(N1, Promise(before, None)), [], "from before the crash");
}

#[test]
fn a_restart_without_a_proposal_is_silent() {
    let mut host = started(N1, 3);
    host.receive(N0, Accept(ballot(1, N0), 'a'));
    assert_eq!(host.restart(), []);
    assert_eq!(host.node.accepted(), Some(&(ballot(1, N0), 'a')));
}

// 2.2: "if an acceptor ignores a prepare or accept request because it has already received a prepare request with a higher
// number, then it should probably inform the proposer, who should then abandon its proposal."
#[test]
fn a_refused_proposer_goes_above_what_refused_it() {
    let mut host = preparing();
    assert_eq!(host.receive(N1, Nack(ballot(7, N2))), [], "it waits for its timer");
    host.on(Event::Timeout(Retry));
    assert_eq!(host.node.promised(), ballot(8, N0));
}

#[test]
fn a_proposer_that_promises_a_higher_number_abandons_its_own() {
    let mut host = preparing();
    host.receive(N2, Prepare(ballot(1, N2)));
    assert_eq!(host.receive(N1, Promise(ballot(1, N0), None)), []);
}

#[test]
fn the_first_proposal_at_a_node_counts() {
    let mut host = preparing();
    assert_eq!(host.on(Event::Request('b')), []);
    assert_eq!(sent(&host.receive(N1, Promise(ballot(1, N0), None)))[0], (N1, Accept(ballot(1, N0), 'a')));
}

#[test]
fn a_group_of_one_decides_at_once() {
    let mut host = started(N0, 1);
    let effects = host.on(Event::Request('a'));
    let written = effects.iter().rposition(|effect| matches!(effect, Effect::Persist(_)));
    let told = effects.iter().position(|effect| *effect == Effect::Indicate('a'));
    assert!(written < told, "its own vote is durable before it decides");
}

#[test]
fn every_step_that_is_named_is_listed() {
    let mut named = std::collections::BTreeSet::new();
    let mut host = preparing();
    named.extend(host.marks.clone());
    for (from, msg) in [
        (N1, Promise(ballot(1, N0), Some((ballot(0, N1), 'b')))),
        (N2, Prepare(ballot(3, N2))),
        (N1, Accept(ballot(1, N1), 'b')),
        (N2, Accept(ballot(3, N2), 'b')),
        (N2, Decide('b')),
    ] {
        host.receive(from, msg);
        named.extend(host.marks.clone());
    }
    host = preparing();
    host.receive(N1, Promise(ballot(1, N0), None));
    host.receive(N1, Accepted(ballot(1, N0)));
    named.extend(host.marks.clone());
    assert_eq!(named, Paxos::<char>::marks().into_iter().collect());
}

#[test]
fn ballots_print_as_round_and_proposer() {
    assert_eq!(format!("{:?} {}", ballot(2, N1), Ballot::ZERO), "2.n1 0.n0");
}

fn any_ballot() -> impl Strategy<Value = Ballot> {
    (0..4u64, 0..3u16).prop_map(|(round, proposer)| ballot(round, NodeId(proposer)))
}

fn any_event() -> impl Strategy<Value = Event<Paxos<char>>> {
    let value = || prop_oneof![Just('a'), Just('b')];
    let msg = prop_oneof![
        any_ballot().prop_map(Prepare),
        (any_ballot(), prop::option::of((any_ballot(), value()))).prop_map(|(b, vote)| Promise(b, vote)),
        (any_ballot(), value()).prop_map(|(b, v)| Accept(b, v)),
        any_ballot().prop_map(Accepted),
        any_ballot().prop_map(Nack),
        value().prop_map(Decide),
    ];
    prop_oneof![
        1 => Just(Event::Start),
        1 => value().prop_map(Event::Request),
        1 => Just(Event::Timeout(Retry)),
        8 => (0..3u16, msg).prop_map(|(from, msg)| Event::Receive(NodeId(from), msg)),
    ]
}

proptest! {
    /// Whatever arrives, sensible or not: no panic, a promise never sinks, a vote never precedes its promise, one
    /// decision per incarnation, and the disk says all that is durable.
    #[test]
    fn whatever_arrives_the_laws_hold(events in prop::collection::vec(any_event(), 0..40)) {
        let mut host = started(N0, 3);
        let mut decisions = 0;
        for event in events {
            let before = host.node.promised();
            let effects = if event == Event::Start {
                decisions = 0;
                host.restart()
            } else {
                host.on(event)
            };
            decisions += indicated(&effects).len();
            prop_assert!(decisions <= 1);
            prop_assert!(host.node.promised() >= before);
            prop_assert!(host.node.accepted().is_none_or(|&(b, _)| b <= host.node.promised()));
            let recovered = host.recovered();
            prop_assert_eq!(recovered.promised(), host.node.promised());
            prop_assert_eq!(recovered.accepted(), host.node.accepted());
        }
    }
}
