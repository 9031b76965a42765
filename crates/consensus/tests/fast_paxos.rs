//! Fast Paxos: the sizes of its quorums, its fast round, and what a classic round picks. After Lamport, *Fast Paxos* (2006).

use proptest::prelude::*;
use synod_actor::{Actor, Effect, Event, NodeId};
use synod_consensus::{
    FastPaxos,
    fast_paxos::{
        FAST,
        Msg::{Accept, Decide, Prepare, Promise, Propose, Voted},
        Record, Sizes,
    },
    paxos::Ballot,
};
use synod_testing::{Cluster, Fate, indicated, sent};

const N0: NodeId = NodeId(0);
const N1: NodeId = NodeId(1);
const N2: NodeId = NodeId(2);
const N3: NodeId = NodeId(3);

type Host = synod_testing::Host<FastPaxos<char>>;

fn started(me: NodeId, nodes: usize) -> Host {
    Host::start(FastPaxos::new(Sizes::of(nodes)), me, nodes)
}

// Any two quorums meet; a classic one meets what any two fast ones have in common. Looked at set by set.
#[test]
fn sizes_are_safe_if_and_only_if_quorums_meet() {
    for nodes in 1..=5_usize {
        let sets = || 0..1_u32 << nodes;
        let at_least = |size: usize| sets().filter(move |set| set.count_ones() as usize >= size);
        for (classic, fast) in (1..=nodes).flat_map(|classic| (1..=nodes).map(move |fast| (classic, fast))) {
            let two_meet = at_least(classic).all(|one| at_least(classic).all(|other| one & other != 0));
            let three_meet = at_least(classic)
                .all(|q| at_least(fast).all(|r| at_least(fast).all(|other| q & r & other != 0)));
            let sizes = Sizes { nodes, classic, fast };
            assert_eq!(sizes.are_safe(), two_meet && three_meet, "{sizes:?}");
        }
        let Sizes { classic, fast, .. } = Sizes::of(nodes);
        assert!(Sizes::of(nodes).are_safe() && fast <= nodes);
        assert!(!Sizes { nodes, classic, fast: fast - 1 }.are_safe(), "it is the least");
    }
}

// A value that enough acceptors see first is chosen after two message delays.
#[test]
fn a_proposal_is_chosen_by_the_votes_of_a_fast_quorum() {
    let mut proposer = started(N1, 4);
    let effects = proposer.on(Event::Request('a'));
    assert!(sent(&effects).contains(&(N0, Propose('a'))) && sent(&effects).contains(&(N3, Voted('a'))));
    assert_eq!(indicated(&proposer.receive(N0, Voted('a'))), []);
    let effects = proposer.receive(N3, Voted('a'));
    assert_eq!((indicated(&effects), sent(&effects).len()), (vec!['a'], 3), "and it tells the others");
    assert!(sent(&effects).iter().all(|(_, msg)| *msg == Decide('a')));
}

// An acceptor votes once in a round, for what it has written; and never below what it has promised.
#[test]
fn an_acceptor_votes_for_the_first_value_only() {
    let mut host = started(N2, 3);
    let effects = host.receive(N0, Propose('a'));
    assert_eq!(effects[0], Effect::Persist(Record::Accepted(FAST, 'a')), "written first");
    assert_eq!(sent(&effects), [(N0, Voted('a')), (N1, Voted('a'))]);
    assert_eq!(sent(&host.receive(N1, Propose('b'))), []);
    host.restart();
    assert_eq!(sent(&host.receive(N1, Propose('b'))), []);
    let mut host = started(N2, 3);
    host.receive(N1, Prepare(Ballot { round: 2, proposer: N1 }));
    assert_eq!(sent(&host.receive(N0, Propose('a'))), []);
}

// The value that may have been chosen, by those who were not heard of, is the one to propose.
#[test]
fn a_classic_round_picks_what_may_have_been_chosen() {
    let ballot = Ballot { round: 2, proposer: N3 };
    let voted = |value| Some((FAST, value));
    for (own, others, picked) in [
        ('b', [voted('a'), voted('a')], 'a'), // the fourth may have voted for it too
        ('a', [voted('b'), voted('a')], 'a'),
        ('b', [None, None], 'b'), // nothing can have been chosen: any value will do
        ('b', [Some((Ballot { round: 2, proposer: N0 }, 'c')), voted('b')], 'c'), // a later round binds first
    ] {
        let mut host = started(N3, 4);
        host.on(Event::Request(own));
        host.on(Event::Timeout(synod_consensus::fast_paxos::Retry));
        let [one, other] = others;
        host.receive(N0, Promise(ballot, one));
        let effects = host.receive(N1, Promise(ballot, other));
        assert_eq!(sent(&effects)[0].1, Accept(ballot, picked), "{own} {picked}");
    }
}

// The coordinator of the fast round sees the collision by itself.
#[test]
fn a_collision_is_followed_by_a_classic_round() {
    let mut host = started(N0, 4);
    host.receive(N1, Propose('a'));
    host.receive(N2, Voted('b'));
    let effects = host.receive(N3, Voted('b'));
    assert_eq!(sent(&effects), [], "the fourth may make it three");
    let effects = host.receive(N1, Voted('a'));
    assert_eq!(sent(&effects)[0].1, Prepare(Ballot { round: 2, proposer: N0 }));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    /// Whatever is lost, doubled, late or down: no two decisions differ, and what is decided was proposed.
    #[test]
    fn nothing_is_violated_at_random(
        nodes in 3..=5_usize,
        proposers in prop::collection::vec(0..5_u16, 1..4),
        steps in prop::collection::vec(any::<(u32, u32)>(), 0..200),
    ) {
        let mut cluster = Cluster::start(vec![FastPaxos::new(Sizes::of(nodes)); nodes]);
        for (&proposer, value) in proposers.iter().zip('a'..) {
            cluster.request(NodeId(proposer % u16::try_from(nodes).expect("few")), value);
        }
        for (draw, at) in steps {
            let wanted = |fate: &Fate| match draw % 20 {
                0..14 => matches!(fate, Fate::Arrive(_) | Fate::Own(_) | Fate::Flush(_)),
                14 => matches!(fate, Fate::Duplicate(_)),
                15 => matches!(fate, Fate::Lose(_)),
                16 | 17 => matches!(fate, Fate::Timeout(..)),
                18 => matches!(fate, Fate::Crash(_)),
                _ => matches!(fate, Fate::Restart(_)),
            };
            let fates: Vec<Fate> = cluster.possible().into_iter().filter(wanted).collect();
            if let Some(&fate) = fates.get(at as usize % fates.len().max(1)) {
                cluster.happen(fate);
            }
        }
        let mut decided = cluster.told.iter().filter_map(|(_, told)| *told);
        if let Some(first) = decided.next() {
            prop_assert!(('a'..).take(proposers.len()).any(|value| value == first));
            prop_assert!(decided.all(|other| other == first));
        }
    }
}

/// Three values of three nodes make no quorum; a classic round does.
#[test]
fn a_collision_among_three_ends_well() {
    let mut cluster = Cluster::start(vec![FastPaxos::new(Sizes::of(3)); 3]);
    cluster.request(N0, 'a');
    cluster.request(N2, 'b');
    assert!(cluster.settle(1000), "it comes to rest");
    let decided: Vec<char> = cluster.told.iter().filter_map(|(_, told)| *told).collect();
    assert_eq!(decided.len(), 3);
    assert!(decided.iter().all(|value| *value == decided[0]));
    let named = FastPaxos::<char>::marks();
    assert!(cluster.marks.iter().all(|mark| named.contains(mark)));
    assert!(cluster.marks.contains("collision"));
}
