//! CASPaxos, by sentences of Rystsov, *CASPaxos: Replicated State Machines without logs* (2018), and at random.

use std::collections::BTreeMap;

use proptest::prelude::*;
use synod_actor::{Actor, Effect, Event, NodeId};
use synod_consensus::{
    CasPaxos,
    cas_paxos::{
        Held,
        Msg::{Accept, Accepted, Nack, Prepare, Promise},
        Record, Retry,
    },
    changes::Increment,
    paxos::Ballot,
};
use synod_testing::{Cluster, Fate, indicated, sent};

const N0: NodeId = NodeId(0);
const N1: NodeId = NodeId(1);
const N2: NodeId = NodeId(2);

type Host = synod_testing::Host<CasPaxos<Increment>>;

fn started(me: NodeId) -> Host {
    Host::start(CasPaxos::new(0), me, 3)
}

fn ballot(round: u64, proposer: NodeId) -> Ballot {
    Ballot { round, proposer }
}

/// The counter at this, after the increments that these nodes had done last.
fn held(state: u64, done: &[(NodeId, u64, u64)]) -> Held<Increment> {
    Held { state, done: done.iter().map(|&(node, id, answer)| (node, (id, answer))).collect() }
}

// "A client submits the f change function to a proposer. The proposer generates a ballot number B, and sends 'prepare' messages
// ... waits for the F+1 confirmations ... picks the value of the tuple with the highest ballot number, applies f to it and sends the
// result ... waits for the F+1 confirmations, returns the new state."
#[test]
fn a_change_takes_two_phases() {
    let mut host = started(N1);
    let effects = host.on(Event::Request((7, Increment)));
    assert_eq!(effects[0], Effect::Persist(Record::Promised(ballot(1, N1))), "written before it is sent");
    assert_eq!(sent(&effects), [(N0, Prepare(ballot(1, N1))), (N2, Prepare(ballot(1, N1)))]);
    let found = held(4, &[(N2, 1, 4)]);
    let effects = host.receive(N0, Promise(ballot(1, N1), Some((ballot(0, N2), found))));
    let proposed = held(5, &[(N1, 7, 5), (N2, 1, 4)]);
    assert_eq!(effects[0], Effect::Persist(Record::Accepted(ballot(1, N1), proposed.clone())));
    assert_eq!(sent(&effects)[0], (N0, Accept(ballot(1, N1), proposed)));
    assert_eq!(indicated(&effects), []);
    assert_eq!(indicated(&host.receive(N2, Accepted(ballot(1, N1)))), [(7, 5)]);
}

// "An acceptor ... returns a conflict if it already saw a greater ballot number"; else it "persists the ballot number as a promise"
// or "erases the promise, marks the received tuple as the accepted value".
#[test]
fn an_acceptor_keeps_its_word_through_a_restart() {
    let mut host = started(N2);
    let effects = host.receive(N1, Prepare(ballot(3, N1)));
    assert_eq!(effects[0], Effect::Persist(Record::Promised(ballot(3, N1))), "written before it is answered");
    assert_eq!(sent(&effects), [(N1, Promise(ballot(3, N1), None))]);
    host.restart();
    assert_eq!(sent(&host.receive(N0, Prepare(ballot(2, N0)))), [(N0, Nack(ballot(3, N1)))]);
    assert_eq!(sent(&host.receive(N0, Accept(ballot(2, N0), held(1, &[])))), [(N0, Nack(ballot(3, N1)))]);
    let accept = Accept(ballot(3, N1), held(1, &[]));
    assert_eq!(sent(&host.receive(N1, accept.clone())), [(N1, Accepted(ballot(3, N1)))]);
    assert_eq!(sent(&host.receive(N1, accept)), [(N1, Accepted(ballot(3, N1)))], "a duplicate is answered");
}

// "One-round trip optimization": "piggyback the next 'prepare' message on the current 'accept' message".
#[test]
fn who_accepts_promises_the_next_ballot_of_the_proposer() {
    let mut acceptor = started(N2);
    acceptor.receive(N0, Accept(ballot(1, N0), held(1, &[])));
    assert_eq!(acceptor.node.promised(), ballot(2, N0));
    assert_eq!(sent(&acceptor.receive(N1, Prepare(ballot(1, N1)))), [(N1, Nack(ballot(2, N0)))]);

    let mut proposer = started(N0);
    proposer.on(Event::Request((1, Increment)));
    proposer.receive(N1, Promise(ballot(1, N0), None));
    assert_eq!(indicated(&proposer.receive(N1, Accepted(ballot(1, N0)))), [(1, 1)]);
    let effects = proposer.on(Event::Request((2, Increment)));
    assert_eq!(sent(&effects)[0], (N1, Accept(ballot(2, N0), held(2, &[(N0, 2, 2)]))), "no first phase");
    // Not so if it has promised something else in between.
    assert_eq!(indicated(&proposer.receive(N1, Accepted(ballot(2, N0)))), [(2, 2)]);
    proposer.receive(N2, Prepare(ballot(4, N2)));
    let effects = proposer.on(Event::Request((3, Increment)));
    assert_eq!(sent(&effects)[0], (N1, Prepare(ballot(5, N0))));
}

// What was interrupted may have taken place all the same; then it is not done again, but its acceptance is completed.
#[test]
fn a_change_that_is_tried_again_takes_place_once() {
    let mut host = started(N0);
    host.on(Event::Request((1, Increment)));
    host.receive(N1, Promise(ballot(1, N0), None));
    host.on(Event::Timeout(Retry));
    // Another proposer has found it at this node or another, and gone on from there.
    let later = held(2, &[(N0, 1, 1), (N2, 1, 2)]);
    let effects = host.receive(N2, Promise(ballot(3, N0), Some((ballot(2, N2), later.clone()))));
    assert_eq!(sent(&effects)[0], (N1, Accept(ballot(3, N0), later)));
    assert_eq!(
        indicated(&host.receive(N2, Accepted(ballot(3, N0)))),
        [(1, 1)],
        "its own answer, not the latest"
    );
}

// A promise counts for the ballot that it names, and so does a vote.
#[test]
fn what_is_late_does_not_count() {
    let mut host = started(N0);
    host.on(Event::Request((1, Increment)));
    host.on(Event::Timeout(Retry));
    assert_eq!(sent(&host.receive(N1, Promise(ballot(1, N0), None))), []);
    assert!(!sent(&host.receive(N1, Promise(ballot(2, N0), None))).is_empty());
    assert_eq!(indicated(&host.receive(N1, Accepted(ballot(1, N0)))), []);
    assert_eq!(indicated(&host.receive(N1, Accepted(ballot(2, N0)))), [(1, 1)]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    /// Whatever is lost, doubled, late or down: increments are answered with numbers that nobody else gets, no more than there
    /// are, and in the order in which they came one after the other.
    #[test]
    fn nothing_is_violated_at_random(
        nodes in 1..=5_u16,
        steps in prop::collection::vec(any::<(u32, u32)>(), 0..300),
    ) {
        let mut cluster = Cluster::start(vec![CasPaxos::<Increment>::new(0); nodes.into()]);
        let mut asked = 0;
        // What each increment has to be above: all that were answered when it was asked.
        let mut least: BTreeMap<(NodeId, u64), u64> = BTreeMap::new();
        let mut answered: BTreeMap<u64, (NodeId, u64)> = BTreeMap::new();
        for (draw, at) in steps {
            let wanted = |fate: &Fate| match draw % 20 {
                0..13 => matches!(fate, Fate::Arrive(_) | Fate::Own(_) | Fate::Flush(_)),
                13 => matches!(fate, Fate::Duplicate(_)),
                14 => matches!(fate, Fate::Lose(_)),
                15 | 16 => matches!(fate, Fate::Timeout(..)),
                17 => matches!(fate, Fate::Crash(_)),
                _ => matches!(fate, Fate::Restart(_)),
            };
            if draw % 20 == 19 {
                let node = NodeId(u16::try_from(at % u32::from(nodes)).expect("few"));
                if cluster.is_up(node) {
                    asked += 1;
                    least.insert((node, asked), answered.keys().next_back().copied().unwrap_or(0));
                    cluster.request(node, (asked, Increment));
                }
            }
            let fates: Vec<Fate> = cluster.possible().into_iter().filter(wanted).collect();
            if let Some(&fate) = fates.get(at as usize % fates.len().max(1)) {
                cluster.happen(fate);
            }
            for (node, told) in std::mem::take(&mut cluster.told) {
                let Some((id, number)) = told else { continue };
                prop_assert!(least.get(&(node, id)).is_some_and(|&least| number > least), "{node} {id} {number}");
                prop_assert!(number <= asked);
                prop_assert_eq!(*answered.entry(number).or_insert((node, id)), (node, id));
            }
        }
    }
}

/// Everyone asks at once, and in the end everyone is answered.
#[test]
fn a_duel_ends_well() {
    let mut cluster = Cluster::start(vec![CasPaxos::<Increment>::new(0); 3]);
    for node in [N0, N1, N2] {
        cluster.request(node, (1, Increment));
        cluster.request(node, (2, Increment));
    }
    let mut answers = Vec::new();
    for round in 0..20 {
        assert!(cluster.settle(1000), "it comes to rest");
        answers.extend(std::mem::take(&mut cluster.told).into_iter().filter_map(|(_, told)| told));
        let node = NodeId(round % 3);
        let of_it = |fate: &Fate| matches!(fate, Fate::Timeout(of, _) if *of == node);
        let timer = cluster.possible().into_iter().find(of_it);
        timer.into_iter().for_each(|timer| cluster.happen(timer));
    }
    let mut numbers: Vec<u64> = answers.into_iter().map(|(_, number)| number).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
    let named = CasPaxos::<Increment>::marks();
    assert!(cluster.marks.iter().all(|mark| named.contains(mark)));
}
