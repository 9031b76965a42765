//! Multi-Paxos, sentence by sentence. The quotations are from Lamport, *Paxos Made Simple* (2001).

use std::collections::BTreeMap;

use synod_actor::{Effect, Event, NodeId};
use synod_consensus::{
    Epoch, MultiPaxos, Quorums,
    log::{Entry, Indication, Replica, Request, Snapshot},
    multi_paxos::{
        Decree,
        Msg::{self, *},
        Proposal, Record, Report, Settings, Timer, Vote,
    },
};
use synod_testing::{indicated, sent};

const N0: NodeId = NodeId(0);
const N1: NodeId = NodeId(1);
const N2: NodeId = NodeId(2);

type Host = synod_testing::Host<MultiPaxos<char, char>>;

fn started(me: NodeId) -> Host {
    started_with(me, Settings::default())
}

fn started_with(me: NodeId, settings: Settings) -> Host {
    let quorums = Quorums::majority(&NodeId::group(3).into_iter().collect());
    Host::start(MultiPaxos::new(quorums, settings), me, 3)
}

fn decree(epoch: u64, command: char) -> Decree<char> {
    Decree { epoch: Epoch(epoch), entry: Entry::Command(command) }
}

fn blank(epoch: u64) -> Decree<char> {
    Decree { epoch: Epoch(epoch), entry: Entry::Blank }
}

fn accept(ballot: u64, first: u64, decrees: &[Decree<char>], chosen: u64) -> Msg<char, char> {
    Accept(Proposal { ballot: Epoch(ballot), first, decrees: decrees.into(), chosen })
}

/// A report of votes: position, ballot, decree.
fn report(votes: &[(u64, u64, Decree<char>)]) -> Report<char, char> {
    let vote = |(at, ballot, decree): &(u64, u64, Decree<char>)| {
        (*at, Vote { ballot: Epoch(*ballot), decree: decree.clone() })
    };
    Report { snapshot: None, votes: votes.iter().map(vote).collect() }
}

/// The leader of ballot 3, with nothing taken over.
fn leader() -> Host {
    leader_with(Settings::default())
}

fn leader_with(settings: Settings) -> Host {
    let mut host = started_with(N0, settings);
    host.on(Event::Timeout(Timer::Patience));
    host.receive(N1, Promise(Epoch(3), report(&[])));
    assert!(host.node.leads());
    host
}

/// The position and entry of what is told to be committed.
fn committed(effects: &[Effect<MultiPaxos<char, char>>]) -> Vec<(u64, u64, Entry<char>)> {
    let told = indicated(effects).into_iter().filter_map(|told| match told {
        Indication::Committed(at, epoch, entry) => Some((at, epoch.0, entry)),
        _ => None,
    });
    told.collect()
}

// 3: a leader can get so many commands ahead of what is chosen. What is more than that waits, and goes together.
#[test]
fn decrees_are_proposed_up_to_the_window_and_then_together() {
    let mut host = leader_with(Settings { window: 2, batch: 2, ..Settings::default() });
    let to_first = |effects: &[Effect<MultiPaxos<char, char>>]| -> Vec<Msg<char, char>> {
        sent(effects).into_iter().filter(|(to, _)| *to == N1).map(|(_, msg)| msg).collect()
    };
    let mut append = |command| to_first(&host.on(Event::Request(Request::Append(command))));
    let proposed = |first, command, chosen| accept(3, first, &[decree(3, command)], chosen);
    assert_eq!(append('a'), [proposed(1, 'a', 0)]);
    assert_eq!(append('b'), [proposed(2, 'b', 0)]);
    assert!(append('c').is_empty() && append('d').is_empty() && append('e').is_empty(), "they wait");
    assert_eq!(host.node.last(), 2, "and are in nobody's log");
    let effects = host.receive(N2, Accepted(Epoch(3), 1, 1));
    assert_eq!(to_first(&effects), [accept(3, 3, &[decree(3, 'c'), decree(3, 'd')], 1)], "a batch");
    assert_eq!(to_first(&host.receive(N2, Accepted(Epoch(3), 2, 2))), [Chosen(Epoch(3), 2)], "no room");
    assert_eq!(to_first(&host.receive(N2, Accepted(Epoch(3), 3, 4))), [proposed(5, 'e', 4)]);
    assert_eq!(to_first(&host.receive(N2, Accepted(Epoch(3), 5, 5))), [Chosen(Epoch(3), 5)]);
}

#[test]
fn what_waits_is_refused_when_somebody_else_leads() {
    let mut host = leader_with(Settings { window: 1, ..Settings::default() });
    host.on(Event::Request(Request::Append('a')));
    host.on(Event::Request(Request::Append('b')));
    host.receive(N1, Msg::Forward('c'));
    let effects = host.receive(N1, Prepare(Epoch(4), 0));
    let refused = Indication::Refused(Request::Append('b'));
    assert_eq!(
        indicated(&effects),
        [refused, Indication::Leader(Epoch(4), None)],
        "its own, and not the vote"
    );
    assert_eq!(host.node.last(), 1);
}

// 2.2, phase 1 (a): "A proposer selects a proposal number n and sends a prepare request with number n to a majority of
// acceptors." 2.5: "Different proposers choose their numbers from disjoint sets of numbers."
#[test]
fn ballots_grow_and_are_of_one_proposer_each() {
    for (me, ballots) in [(N0, [3, 6, 12]), (N1, [4, 7, 13]), (N2, [5, 8, 14])] {
        let mut host = started(me);
        for ballot in ballots {
            let effects = host.on(Event::Timeout(Timer::Patience));
            assert_eq!(effects[0], Effect::Persist(Record::Promised(Epoch(ballot))), "written first");
            assert!(sent(&effects).iter().all(|(_, msg)| *msg == Prepare(Epoch(ballot), 0)));
            if ballot > 5 {
                host.receive(N1, Nack(Epoch(10)));
            }
        }
    }
}

// 2.5: "Each proposer remembers (in stable storage) the highest-numbered proposal it has tried to issue, and begins phase 1
// with a higher proposal number than any it has already used."
#[test]
fn no_ballot_is_used_again_after_a_restart() {
    let mut host = started(N0);
    host.on(Event::Timeout(Timer::Patience));
    host.restart();
    let effects = host.on(Event::Timeout(Timer::Patience));
    assert_eq!(sent(&effects)[0].1, Prepare(Epoch(6), 0));
    // What was promised to the incarnation before does not count.
    host.receive(N1, Promise(Epoch(3), report(&[])));
    assert!(!host.node.leads());
}

// 2.2, phase 1 (b): "it responds to the request with a promise not to accept any more proposals numbered less than n and with
// the highest-numbered proposal (if any) that it has accepted." 3: for all instances at once, behind what is chosen.
#[test]
fn an_acceptor_promises_and_reports_its_votes_for_all_positions() {
    let mut host = started(N1);
    host.receive(N0, accept(3, 1, &[decree(3, 'a'), decree(3, 'b')], 0));
    host.receive(N0, accept(3, 4, &[decree(3, 'd')], 0));
    let effects = host.receive(N2, Prepare(Epoch(5), 1));
    assert_eq!(effects[0], Effect::Persist(Record::Promised(Epoch(5))), "written first");
    let votes = report(&[(2, 3, decree(3, 'b')), (4, 3, decree(3, 'd'))]);
    assert_eq!(sent(&effects), [(N2, Promise(Epoch(5), votes))]);
    // A lower one is refused, after a restart too.
    host.restart();
    assert_eq!(sent(&host.receive(N0, Prepare(Epoch(3), 0))), [(N0, Nack(Epoch(5)))]);
    assert_eq!(sent(&host.receive(N0, accept(3, 5, &[decree(3, 'e')], 0))), [(N0, Nack(Epoch(5)))]);
    assert_eq!(host.node.journal().vote(5), None);
}

// 2.2, phase 2 (b): "it accepts the proposal unless it has already responded to a prepare request having a number greater than
// n." To accept is to promise.
#[test]
fn an_acceptor_writes_its_votes_before_it_answers_and_promises_by_them() {
    let mut host = started(N1);
    let effects = host.receive(N2, accept(5, 1, &[decree(5, 'a')], 0));
    assert_eq!(effects[0], Effect::Persist(Record::Accepted(Epoch(5), 1, [decree(5, 'a')].into())));
    assert_eq!(effects[1], Effect::Send(N2, Accepted(Epoch(5), 1, 1)));
    assert_eq!(sent(&host.receive(N0, accept(3, 1, &[decree(3, 'x')], 0))), [(N0, Nack(Epoch(5)))]);
    // Once more: it is answered, and not written again.
    let again = host.receive(N2, accept(5, 1, &[decree(5, 'a')], 0));
    assert_eq!(sent(&again), [(N2, Accepted(Epoch(5), 1, 1))]);
    assert!(!again.iter().any(|effect| matches!(effect, Effect::Persist(_))));
}

// 2.2, phase 2 (a): "where v is the value of the highest-numbered proposal among the responses". 3: "we fill the gap by
// proposing ... a special no-op command that leaves the state unchanged."
#[test]
fn a_leader_takes_over_the_highest_votes_and_fills_the_gaps() {
    let mut host = started(N2);
    host.receive(N0, accept(3, 1, &[decree(3, 'a')], 0));
    host.on(Event::Timeout(Timer::Patience));
    let votes = report(&[(1, 4, decree(4, 'b')), (3, 3, decree(3, 'c'))]);
    let effects = host.receive(N1, Promise(Epoch(8), votes));
    // What is taken over keeps the epoch in which it was proposed first.
    let decrees = [decree(4, 'b'), blank(8), decree(3, 'c')];
    let all = accept(8, 1, &decrees, 0);
    assert_eq!(sent(&effects), [(N0, all.clone()), (N1, all)]);
    assert_eq!(effects.last(), Some(&Effect::Persist(Record::Accepted(Epoch(8), 1, decrees.into()))));
    // The next command comes behind them.
    let next = sent(&host.on(Event::Request(Request::Append('d'))));
    assert_eq!(next[0].1, accept(8, 4, &[decree(8, 'd')], 0));
    // Both positions are independent; what is told is in order.
    assert_eq!(committed(&host.receive(N1, Accepted(Epoch(8), 4, 4))), []);
    let told = committed(&host.receive(N0, Accepted(Epoch(8), 1, 3)));
    assert_eq!(
        told.iter().map(|&(at, epoch, _)| (at, epoch)).collect::<Vec<_>>(),
        [(1, 4), (2, 8), (3, 3), (4, 8)]
    );
}

// 2.2: "If the proposer receives a response to its prepare requests (numbered n) from a majority of acceptors".
#[test]
fn promises_and_votes_count_for_exactly_their_ballot() {
    let mut host = started(N0);
    host.on(Event::Timeout(Timer::Patience));
    host.on(Event::Timeout(Timer::Patience));
    host.receive(N1, Promise(Epoch(3), report(&[])));
    assert!(!host.node.leads());
    host.receive(N1, Promise(Epoch(6), report(&[])));
    assert!(host.node.leads());
    host.on(Event::Request(Request::Append('a')));
    assert_eq!(committed(&host.receive(N1, Accepted(Epoch(3), 1, 1))), []);
    assert_eq!(committed(&host.receive(N1, Accepted(Epoch(6), 1, 1))), [(1, 6, Entry::Command('a'))]);
}

// 2.3: the acceptors respond to "a distinguished learner, which in turn informs the other learners when a value has been chosen".
// It is the leader.
#[test]
fn what_a_quorum_has_accepted_is_told_to_everyone() {
    let mut host = leader();
    host.on(Event::Request(Request::Append('a')));
    let effects = host.receive(N2, Accepted(Epoch(3), 1, 1));
    assert_eq!(committed(&effects), [(1, 3, Entry::Command('a'))]);
    assert_eq!(sent(&effects), [(N1, Chosen(Epoch(3), 1)), (N2, Chosen(Epoch(3), 1))]);
    assert_eq!(committed(&host.receive(N1, Accepted(Epoch(3), 1, 1))), [], "once");
}

// A learner knows what is chosen by what it has accepted in the same ballot, and by nothing else.
#[test]
fn a_vote_of_an_earlier_ballot_does_not_say_what_is_chosen() {
    let mut host = started(N2);
    host.receive(N0, accept(3, 1, &[decree(3, 'x')], 0));
    let effects = host.receive(N1, Chosen(Epoch(4), 1));
    assert_eq!(committed(&effects), []);
    assert_eq!(sent(&effects), [(N1, Missing(Epoch(4), 0))]);
    let effects = host.receive(N1, accept(4, 1, &[decree(4, 'a')], 1));
    assert_eq!(committed(&effects), [(1, 4, Entry::Command('a'))]);
}

// A node that has missed something is proposed it again, in the ballot of now; or given the snapshot that has replaced it.
#[test]
fn a_leader_helps_those_who_are_behind() {
    let mut host = leader();
    host.on(Event::Request(Request::Append('a')));
    host.on(Event::Request(Request::Append('b')));
    host.receive(N1, Accepted(Epoch(3), 1, 2));
    let missing = |host: &mut Host, after| sent(&host.receive(N2, Missing(Epoch(3), after)));
    assert_eq!(missing(&mut host, 1), [(N2, accept(3, 2, &[decree(3, 'b')], 2))]);
    assert_eq!(missing(&mut host, 2), [], "it is late");
    host.on(Event::Request(Request::Snapshot(1, 's')));
    let Msg::Install(_, snapshot) = &missing(&mut host, 0)[0].1 else { panic!("a snapshot") };
    assert_eq!((snapshot.position, snapshot.epoch, snapshot.state), (1, Epoch(3), 's'));
    let mut behind = started(N2);
    let told = indicated(&behind.receive(N0, Install(Epoch(3), snapshot.clone())));
    assert!(told.contains(&Indication::Restore(snapshot.clone())));
    assert_eq!(behind.node.committed(), 1);
}

// What was lost on its way, either way, is proposed again.
#[test]
fn a_leader_repeats_what_has_no_outcome_to_those_who_have_not_answered() {
    let mut host = leader();
    host.on(Event::Request(Request::Append('a')));
    let again = accept(3, 1, &[decree(3, 'a')], 0);
    let alive = Heartbeat(Epoch(3), 0, 0);
    let effects = sent(&host.on(Event::Timeout(Timer::Repeat)));
    assert_eq!(effects, [(N1, alive.clone()), (N2, alive), (N1, again.clone()), (N2, again)]);
}

// A promise may come from a node that has replaced what it knew by a snapshot: then that is learnt, and not proposed.
#[test]
fn a_proposer_that_is_behind_learns_from_a_snapshot() {
    let mut host = started(N2);
    host.on(Event::Timeout(Timer::Patience));
    let snapshot = Snapshot { position: 7, epoch: Epoch(3), members: Default::default(), state: 's' };
    let votes = BTreeMap::from([(8, Vote { ballot: Epoch(3), decree: decree(3, 'h') })]);
    let report = Report { snapshot: Some(snapshot), votes };
    let effects = host.receive(N0, Promise(Epoch(5), report));
    assert_eq!(host.node.committed(), 7);
    assert_eq!(sent(&effects)[0].1, accept(5, 8, &[decree(3, 'h')], 7));
    assert_eq!(host.recovered().journal(), host.node.journal());
}

// "The promise stays when the votes go": an acceptor with a snapshot still refuses what it has promised to refuse.
#[test]
fn a_snapshot_takes_the_place_of_votes_and_not_of_the_promise() {
    let mut host = started(N1);
    host.receive(N2, accept(5, 1, &[decree(5, 'a')], 1));
    host.on(Event::Request(Request::Snapshot(1, 's')));
    host.restart();
    assert_eq!(host.node.journal().vote(1), None);
    assert_eq!(sent(&host.receive(N0, accept(3, 1, &[decree(3, 'x')], 0))), [(N0, Nack(Epoch(5)))]);
    // What it covers is chosen. A later leader that does not know can only propose the same, and is told that it may.
    let effects = host.receive(N0, accept(6, 1, &[decree(5, 'a')], 0));
    assert_eq!(sent(&effects), [(N0, Accepted(Epoch(6), 1, 1))]);
    assert_eq!(host.node.epoch(), Epoch(6));
}

// A barrier is confirmed by answers to a question that was asked after it.
#[test]
fn a_read_waits_for_a_round_of_its_own() {
    let mut host = leader();
    host.on(Event::Request(Request::Append('a')));
    host.receive(N1, Accepted(Epoch(3), 1, 1));
    let effects = host.on(Event::Request(Request::Barrier(7)));
    assert_eq!(sent(&effects)[0].1, Heartbeat(Epoch(3), 1, 1));
    assert_eq!(indicated(&host.receive(N1, Following(Epoch(3), 0))), []);
    assert_eq!(indicated(&host.receive(N1, Following(Epoch(3), 1))), [Indication::Passed(7)]);
}

// A leader that is superseded says so, and what it was asked to read comes to nothing.
#[test]
fn a_leader_that_is_superseded_refuses_its_reads() {
    let mut host = leader();
    host.on(Event::Request(Request::Barrier(7)));
    let told = indicated(&host.receive(N1, Prepare(Epoch(4), 0)));
    assert!(told.contains(&Indication::Refused(Request::Barrier(7))), "{told:?}");
    assert!(!host.node.leads());
    let mut host = leader();
    host.receive(N1, Nack(Epoch(4)));
    assert!(!host.node.leads());
    let effects = host.on(Event::Timeout(Timer::Patience));
    assert_eq!(sent(&effects)[0].1, Prepare(Epoch(6), 0), "above what it was refused for");
}

// Anyone may append: who does not lead passes it on, and without a leader it is refused.
#[test]
fn a_command_is_passed_on_to_the_leader_or_refused() {
    let mut host = started(N1);
    let refused = [Indication::Refused(Request::Append('a'))];
    assert_eq!(indicated(&host.on(Event::Request(Request::Append('a')))), refused);
    let told = indicated(&host.receive(N0, Heartbeat(Epoch(3), 0, 0)));
    assert_eq!(told, [Indication::Leader(Epoch(3), Some(N0))]);
    assert_eq!(sent(&host.on(Event::Request(Request::Append('a')))), [(N0, Forward('a'))]);
}
