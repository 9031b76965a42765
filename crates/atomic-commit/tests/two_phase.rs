//! Two-phase commit, rule by rule. The rules are from Bernstein, Hadzilacos and Goodman (1987), §7.4 (in our words), and
//! those of presumed abort from Mohan, Lindsay and Obermarck (1986), §3.

use std::collections::BTreeSet;

use proptest::prelude::*;
use synod_actor::{Actor, Effect, Event, NodeId};
use synod_atomic_commit::{
    Indication,
    Outcome::{self, Abort, Commit},
    Request::{self, Begin},
    TwoPhase,
    Vote::{self, No, Yes},
    two_phase::{
        Msg::{self, Ack, Decision, Inquire, Prepare},
        Record, Wait,
    },
};
use synod_testing::sent;

const N0: NodeId = NodeId(0);
const N1: NodeId = NodeId(1);
const N2: NodeId = NodeId(2);

/// One node of three.
type Host = synod_testing::Host<TwoPhase>;

fn started(me: NodeId) -> Host {
    Host::start(TwoPhase::new(), me, 3)
}

fn vote(host: &mut Host, vote: Vote) -> Vec<Effect<TwoPhase>> {
    host.on(Event::Request(Request::Vote(vote)))
}

fn decided(effects: &[Effect<TwoPhase>]) -> Vec<Outcome> {
    let outcomes = effects.iter().filter_map(|effect| match effect {
        Effect::Indicate(Indication::Decided(outcome)) => Some(*outcome),
        _ => None,
    });
    outcomes.collect()
}

fn sets(effects: &[Effect<TwoPhase>], timer: Wait) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Set(set, _) if *set == timer))
}

/// A coordinator that has begun.
fn collecting() -> Host {
    let mut host = started(N0);
    host.on(Event::Request(Begin));
    host
}

/// A coordinator that has committed.
fn committing() -> Host {
    let mut host = collecting();
    host.receive(N1, Msg::Vote(Yes));
    host.receive(N2, Msg::Vote(Yes));
    host
}

/// A participant that has voted yes.
fn in_doubt() -> Host {
    let mut host = started(N1);
    host.receive(N0, Prepare);
    vote(&mut host, Yes);
    host
}

// Step 1: The coordinator sends a VOTE-REQ to all participants.
#[test]
fn the_coordinator_asks_all_participants_to_vote() {
    let mut host = started(N0);
    let effects = host.on(Event::Request(Begin));
    assert_eq!(sent(&effects), [(N1, Prepare), (N2, Prepare)]);
    assert!(sets(&effects, Wait::Votes));
    assert_eq!(host.node.logged(), None, "presumed abort: nothing to write yet");
    assert_eq!(host.on(Event::Request(Begin)), [], "once only");
}

// Step 2: a participant that is asked answers with its vote; it has its client vote first.
#[test]
fn a_participant_that_is_asked_has_its_client_vote() {
    let mut host = started(N1);
    assert_eq!(host.receive(N0, Prepare), [Effect::Indicate(Indication::Prepare)]);
    assert_eq!(host.receive(N0, Prepare), [], "once");
    assert_eq!(sent(&vote(&mut host, Yes)), [(N0, Msg::Vote(Yes))]);
}

#[test]
fn a_vote_may_come_before_the_question() {
    let mut host = started(N1);
    assert_eq!(vote(&mut host, Yes), []);
    assert_eq!(sent(&host.receive(N0, Prepare)), [(N0, Msg::Vote(Yes))]);
}

// §7.4, logging: a participant writes its yes record before it sends YES.
#[test]
fn a_participant_is_prepared_durably_before_it_votes_yes() {
    let mut host = started(N1);
    host.receive(N0, Prepare);
    let effects = vote(&mut host, Yes);
    assert_eq!(effects[..2], [Effect::Persist(Record::Prepared), Effect::Send(N0, Msg::Vote(Yes))]);
    assert!(sets(&effects, Wait::Outcome));
    assert!(host.node.in_doubt());
}

// Step 2: a participant that votes no decides Abort and stops.
#[test]
fn a_participant_that_votes_no_aborts_at_once() {
    let mut host = started(N1);
    host.receive(N0, Prepare);
    let effects = vote(&mut host, No);
    assert_eq!(host.disk, [Record::Decided(Abort)]);
    assert_eq!((decided(&effects), sent(&effects)), (vec![Abort], vec![(N0, Msg::Vote(No))]));
    assert_eq!(vote(&mut host, Yes), [], "the first vote counts");

    let mut unasked = started(N1);
    assert_eq!(sent(&vote(&mut unasked, No)), []);
    assert_eq!(sent(&unasked.receive(N0, Prepare)), [(N0, Msg::Vote(No))]);
}

// Step 3: if all votes are yes, the coordinator decides Commit and sends COMMIT messages to all participants; its
// record is written first.
#[test]
fn the_coordinator_commits_once_all_said_yes_and_it_is_written() {
    let mut host = collecting();
    assert_eq!(host.receive(N1, Msg::Vote(Yes)), []);
    assert_eq!(host.receive(N1, Msg::Vote(Yes)), [], "a duplicate is one vote");
    let effects = host.receive(N2, Msg::Vote(Yes));
    assert_eq!(
        effects[..5],
        [
            Effect::Cancel(Wait::Votes),
            Effect::Persist(Record::Decided(Commit)),
            Effect::Indicate(Indication::Decided(Commit)),
            Effect::Send(N1, Decision(Commit)),
            Effect::Send(N2, Decision(Commit)),
        ]
    );
    assert!(sets(&effects, Wait::Acks));
}

// Step 3: Otherwise, the coordinator decides Abort and sends ABORT messages to all participants that voted yes.
#[test]
fn one_veto_aborts_and_those_who_said_yes_are_told() {
    let mut host = collecting();
    host.receive(N1, Msg::Vote(Yes));
    let effects = host.receive(N2, Msg::Vote(No));
    assert_eq!((decided(&effects), sent(&effects)), (vec![Abort], vec![(N1, Decision(Abort))]));
    assert_eq!(host.disk, [], "presumed abort: an abort is not logged");
    assert_eq!(host.receive(N2, Msg::Vote(No)), []);
}

#[test]
fn a_missing_vote_aborts_and_a_late_yes_is_answered() {
    let mut host = collecting();
    let effects = host.on(Event::Timeout(Wait::Votes));
    assert_eq!((decided(&effects), sent(&effects)), (vec![Abort], vec![]));
    let effects = host.receive(N1, Msg::Vote(Yes));
    assert_eq!((decided(&effects), sent(&effects)), (vec![], vec![(N1, Decision(Abort))]));
}

// Step 4: participants that voted yes wait for the outcome, and decide accordingly.
#[test]
fn a_participant_in_doubt_obeys_and_acknowledges_a_commit_once_it_is_written() {
    let mut host = in_doubt();
    assert_eq!(
        host.receive(N0, Decision(Commit)),
        [
            Effect::Persist(Record::Decided(Commit)),
            Effect::Cancel(Wait::Outcome),
            Effect::Indicate(Indication::Decided(Commit)),
            Effect::Send(N0, Ack),
        ]
    );
    assert_eq!(host.receive(N0, Decision(Commit)), [Effect::Send(N0, Ack)], "the first one may be lost");
    assert_eq!(host.receive(N2, Decision(Commit)), [], "a peer's answer that is late");
    assert_eq!(host.receive(N0, Decision(Abort)), [], "the presumption of a coordinator that has forgotten");
}

#[test]
fn an_abort_is_not_acknowledged() {
    let effects = in_doubt().receive(N0, Decision(Abort));
    assert_eq!((decided(&effects), sent(&effects)), (vec![Abort], vec![]));
}

// §7.4, termination: in its uncertainty period a participant may not decide alone; it asks.
#[test]
fn a_participant_in_doubt_never_decides_alone_but_asks_everyone() {
    let mut host = in_doubt();
    for _ in 0..2 {
        let effects = host.on(Event::Timeout(Wait::Outcome));
        assert_eq!(sent(&effects), [(N0, Inquire), (N2, Inquire)]);
        assert!(sets(&effects, Wait::Outcome) && decided(&effects).is_empty());
    }
}

// Cooperative termination: (1) who has decided tells; (2) who has not voted decides Abort and tells; (3) who is in doubt
// as well cannot help.
#[test]
fn a_peer_that_has_decided_tells() {
    let mut host = in_doubt();
    host.receive(N0, Decision(Commit));
    assert_eq!(host.receive(N2, Inquire), [Effect::Send(N2, Decision(Commit))]);
}

#[test]
fn a_peer_that_has_not_voted_aborts_and_tells() {
    let mut unasked = started(N1);
    let effects = unasked.receive(N2, Inquire);
    assert_eq!((decided(&effects), sent(&effects)), (vec![Abort], vec![(N2, Decision(Abort))]));
    assert_eq!(unasked.disk, [Record::Decided(Abort)]);
    assert_eq!(sent(&unasked.receive(N0, Prepare)), [(N0, Msg::Vote(No))]);

    let mut asked = started(N1);
    asked.receive(N0, Prepare);
    assert_eq!(sent(&asked.receive(N2, Inquire)), [(N0, Msg::Vote(No)), (N2, Decision(Abort))]);
}

#[test]
fn a_peer_in_doubt_is_silent() {
    assert_eq!(in_doubt().receive(N2, Inquire), []);
}

// Recovery: a participant with a yes record and no decision asks; one without may abort.
#[test]
fn a_participant_that_restarts_in_doubt_asks() {
    let effects = in_doubt().restart();
    assert_eq!(sent(&effects), [(N0, Inquire), (N2, Inquire)]);
    assert!(sets(&effects, Wait::Outcome));
}

#[test]
fn a_participant_that_restarts_decided_tells_its_client_again() {
    let mut host = in_doubt();
    host.receive(N0, Decision(Commit));
    assert_eq!(host.restart(), [Effect::Indicate(Indication::Decided(Commit))]);
}

#[test]
fn a_yes_that_was_not_asked_for_is_lost_in_a_crash_and_asked_for_again() {
    let mut host = started(N1);
    vote(&mut host, Yes);
    host.restart();
    assert_eq!(host.receive(N0, Prepare), [Effect::Indicate(Indication::Prepare)]);
}

// Presumed abort: the coordinator remembers a commit until all have acknowledged it, and repeats it till then.
#[test]
fn a_commit_is_repeated_until_all_have_acknowledged_it() {
    let mut host = committing();
    host.receive(N1, Ack);
    let effects = host.on(Event::Timeout(Wait::Acks));
    assert_eq!(sent(&effects), [(N2, Decision(Commit))]);
    assert!(sets(&effects, Wait::Acks));
    assert_eq!(host.receive(N2, Ack), [Effect::Persist(Record::End), Effect::Cancel(Wait::Acks)]);
    assert_eq!(host.receive(N2, Ack), []);
    assert_eq!(host.on(Event::Timeout(Wait::Acks)), []);
}

#[test]
fn a_restarted_coordinator_with_a_commit_record_tells_everyone_again() {
    let mut host = committing();
    host.receive(N1, Ack);
    let effects = host.restart();
    assert_eq!(sent(&effects), [(N1, Decision(Commit)), (N2, Decision(Commit))]);
    assert_eq!(decided(&effects), [Commit]);
    assert!(sets(&effects, Wait::Acks));
}

// Presumed abort: in the absence of information about the transaction, the answer is abort.
#[test]
fn a_coordinator_that_knows_nothing_answers_abort() {
    let mut host = collecting();
    host.receive(N1, Msg::Vote(Yes));
    assert_eq!(host.restart(), []);
    let effects = host.receive(N1, Inquire);
    assert_eq!((decided(&effects), sent(&effects)), (vec![Abort], vec![(N1, Decision(Abort))]));
    let effects = host.receive(N2, Msg::Vote(Yes));
    assert_eq!(
        (decided(&effects), sent(&effects)),
        (vec![], vec![(N2, Decision(Abort))]),
        "its client knows"
    );
}

#[test]
fn a_coordinator_that_has_forgotten_a_commit_decides_nothing_new() {
    let mut host = committing();
    host.receive(N1, Ack);
    host.receive(N2, Ack);
    for _ in 0..2 {
        let effects = host.receive(N1, Inquire);
        assert_eq!((decided(&effects), sent(&effects)), (vec![], vec![(N1, Decision(Abort))]));
        assert_eq!(host.restart(), []);
    }
}

#[test]
fn a_coordinator_that_is_still_collecting_does_not_answer() {
    assert_eq!(collecting().receive(N1, Inquire), []);
}

#[test]
fn a_coordinator_that_has_committed_answers() {
    assert_eq!(committing().receive(N1, Inquire), [Effect::Send(N1, Decision(Commit))]);
}

fn any_event() -> impl Strategy<Value = Event<TwoPhase>> {
    let vote = || prop_oneof![Just(Yes), Just(No)];
    let msg = prop_oneof![
        Just(Prepare),
        vote().prop_map(Msg::Vote),
        prop_oneof![Just(Commit), Just(Abort)].prop_map(Decision),
        Just(Ack),
        Just(Inquire),
    ];
    prop_oneof![
        1 => Just(Event::Start),
        1 => Just(Event::Request(Begin)),
        1 => vote().prop_map(|vote| Event::Request(Request::Vote(vote))),
        1 => prop_oneof![Just(Wait::Votes), Just(Wait::Acks), Just(Wait::Outcome)].prop_map(Event::Timeout),
        6 => (0..3u16, msg).prop_map(|(from, msg)| Event::Receive(NodeId(from), msg)),
    ]
}

proptest! {
    /// Whatever arrives, sensible or not, at either role: no panic, no step without a listed name, and a participant
    /// never decides both ways.
    #[test]
    fn whatever_arrives_no_participant_reverses(me in 0..3u16, events in prop::collection::vec(any_event(), 0..40)) {
        let mut host = started(NodeId(me));
        let mut outcomes = BTreeSet::new();
        for event in events {
            let effects = if event == Event::Start { host.restart() } else { host.on(event) };
            outcomes.extend(decided(&effects));
            prop_assert!(me == 0 || outcomes.len() <= 1);
            prop_assert!(host.marks.iter().all(|step| TwoPhase::marks().contains(step)));
        }
    }
}
