//! Raft, sentence by sentence. The quotations are from Ongaro and Ousterhout, *In Search of an Understandable Consensus
//! Algorithm* (2014), or where it says so from Ongaro's dissertation.

use proptest::prelude::*;
use synod_actor::{Effect, Event, NodeId};
use synod_consensus::{
    Epoch, Membership, Raft,
    log::{Entry, Indication, Replica, Request, Snapshot},
    raft::{Append, Msg, Point, Record, Rejection, Settings, Stamped, Timer, Vote},
};
use synod_testing::{indicated, sent};

const N0: NodeId = NodeId(0);
const N1: NodeId = NodeId(1);
const N2: NodeId = NodeId(2);

type Node = Raft<char, char>;
type Host = synod_testing::Host<Node>;

/// The algorithm of the paper alone.
fn plain() -> Settings {
    Settings { pre_vote: false, check_quorum: false, ..Settings::default() }
}

fn started_with(me: NodeId, settings: Settings) -> Host {
    Host::start(Raft::new(Membership::of(NodeId::group(3)), settings), me, 3)
}

fn started(me: NodeId) -> Host {
    started_with(me, plain())
}

/// The leader of term 1, which has sent its blank.
fn leader_with(settings: Settings) -> Host {
    let mut host = started_with(N0, settings.clone());
    host.on(Event::Timeout(Timer::Election));
    if settings.pre_vote {
        host.receive(N1, Msg::Voted(Epoch(1), Vote::Pre, true));
    }
    host.receive(N1, Msg::Voted(Epoch(1), Vote::Real, true));
    assert!(host.node.leads());
    host
}

fn leader() -> Host {
    leader_with(plain())
}

fn point(term: u64, index: u64) -> Point {
    Point { term: Epoch(term), index }
}

fn stamped(term: u64, command: char) -> Stamped<char> {
    Stamped { term: Epoch(term), entry: Entry::Command(command) }
}

fn append(term: u64, prev: Point, entries: &[Stamped<char>], commit: u64) -> Msg<char, char> {
    Msg::Append(Append { term: Epoch(term), prev, entries: entries.into(), commit, round: 0 })
}

fn appended(term: u64, index: u64) -> Msg<char, char> {
    Msg::Appended(Epoch(term), index, 0)
}

/// The terms of the log, from its first entry on.
fn terms(host: &Host) -> Vec<u64> {
    let first = host.node.journal().start().index + 1;
    (first..=host.node.last()).map(|at| host.node.entry(at).expect("it is there").0.0).collect()
}

fn committed(told: &[Indication<char, char>]) -> Vec<u64> {
    let positions = told.iter().filter_map(|told| match told {
        Indication::Committed(at, ..) => Some(*at),
        _ => None,
    });
    positions.collect()
}

// 5.2: "To begin an election, a follower increments its current term and transitions to candidate state. It then votes for
// itself and issues RequestVote RPCs in parallel to each of the other servers in the cluster."
#[test]
fn a_candidate_writes_its_vote_and_then_asks_for_others() {
    let mut host = started(N0);
    let effects = host.on(Event::Timeout(Timer::Election));
    assert_eq!(effects[0], Effect::Persist(Record::Term(Epoch(1), Some(N0))));
    let ask = Msg::RequestVote(Epoch(1), point(0, 0), Vote::Real);
    assert_eq!(sent(&effects), [(N1, ask.clone()), (N2, ask)]);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Set(Timer::Election, _))));
}

// 5.2: "Each server will vote for at most one candidate in a given term, on a first-come-first-served basis."
#[test]
fn a_server_votes_for_one_candidate_in_a_term_also_after_a_restart() {
    let mut host = started(N1);
    let ask = || Msg::RequestVote(Epoch(1), point(0, 0), Vote::Real);
    let effects = host.receive(N0, ask());
    assert_eq!(effects[0], Effect::Persist(Record::Term(Epoch(1), Some(N0))), "written first");
    assert_eq!(sent(&effects), [(N0, Msg::Voted(Epoch(1), Vote::Real, true))]);
    assert_eq!(sent(&host.receive(N2, ask())), [(N2, Msg::Voted(Epoch(1), Vote::Real, false))]);
    host.restart();
    assert_eq!(sent(&host.receive(N2, ask())), [(N2, Msg::Voted(Epoch(1), Vote::Real, false))]);
    assert_eq!(sent(&host.receive(N0, ask())), [(N0, Msg::Voted(Epoch(1), Vote::Real, true))]);
}

// 5.4.1: "The voter denies its vote if its own log is more up-to-date than that of the candidate. ... If the logs have last
// entries with different terms, then the log with the later term is more up-to-date. If the logs end with the same term, then
// whichever log is longer is more up-to-date."
#[test]
fn a_voter_denies_its_vote_to_a_log_that_is_less_up_to_date() {
    for (last, granted) in
        [(point(1, 9), false), (point(2, 1), false), (point(2, 2), true), (point(3, 1), true)]
    {
        let mut host = started(N1);
        host.receive(N0, append(2, point(0, 0), &[stamped(1, 'a'), stamped(2, 'b')], 0));
        let answer = sent(&host.receive(N2, Msg::RequestVote(Epoch(4), last, Vote::Real)));
        assert_eq!(answer, [(N2, Msg::Voted(Epoch(4), Vote::Real, granted))], "{last:?}");
    }
}

// 5.2: "Once a candidate wins an election, it becomes leader. It then sends heartbeat messages to all of the other servers."
#[test]
fn a_leader_appends_a_blank_and_sends_it_before_its_own_disk_has_it() {
    let mut host = started(N0);
    host.on(Event::Timeout(Timer::Election));
    let effects = host.receive(N2, Msg::Voted(Epoch(1), Vote::Real, true));
    let blank = [Stamped { term: Epoch(1), entry: Entry::Blank }];
    let first = append(1, point(0, 0), &blank, 0);
    assert_eq!(sent(&effects), [(N1, first.clone()), (N2, first)]);
    assert_eq!(effects.last(), Some(&Effect::Persist(Record::Append(0, blank.into()))), "after it was sent");
    assert_eq!(indicated(&effects), [Indication::Leader(Epoch(1), Some(N0))]);
}

// 5.3: "A log entry is committed once the leader that created the entry has replicated it on a majority of the servers."
#[test]
fn an_entry_is_committed_once_a_majority_has_it() {
    let mut host = leader();
    let effects = host.receive(N1, appended(1, 1));
    assert_eq!(indicated(&effects), [Indication::Committed(1, Epoch(1), Entry::Blank)]);
    let effects = host.on(Event::Request(Request::Append('a')));
    assert!(indicated(&effects).is_empty());
    let effects = host.receive(N2, appended(1, 2));
    assert_eq!(indicated(&effects), [Indication::Committed(2, Epoch(1), Entry::Command('a'))]);
    assert_eq!(committed(&indicated(&host.receive(N1, appended(1, 2)))), [], "once");
}

// 5.4.2: "Raft never commits log entries from previous terms by counting replicas."
#[test]
fn entries_of_earlier_terms_are_committed_with_one_of_the_present_term() {
    let mut host = started(N0);
    host.receive(N2, append(1, point(0, 0), &[stamped(1, 'a')], 0));
    host.on(Event::Timeout(Timer::Election));
    host.receive(N1, Msg::Voted(Epoch(2), Vote::Real, true));
    assert_eq!(committed(&indicated(&host.receive(N1, appended(2, 1)))), []);
    assert_eq!(committed(&indicated(&host.receive(N1, appended(2, 2)))), [1, 2]);
}

// Figure 2, AppendEntries, 2: "Reply false if log doesn't contain an entry at prevLogIndex whose term matches prevLogTerm."
// 5.3: "... the follower can include the term of the conflicting entry and the first index it stores for that term."
#[test]
fn a_follower_rejects_what_does_not_fit_and_says_where_it_begins() {
    let mut host = started(N1);
    host.receive(N0, append(2, point(0, 0), &[stamped(1, 'a'), stamped(2, 'b'), stamped(2, 'c')], 0));
    let reply = |host: &mut Host, prev| sent(&host.receive(N2, append(4, prev, &[], 0)));
    let conflict = Rejection { prev: 3, term: Some(Epoch(2)), first: 2, round: 0 };
    assert_eq!(reply(&mut host, point(3, 3)), [(N2, Msg::Rejected(Epoch(4), conflict))]);
    let short = Rejection { prev: 7, term: None, first: 4, round: 0 };
    assert_eq!(reply(&mut host, point(3, 7)), [(N2, Msg::Rejected(Epoch(4), short))]);
    assert_eq!(reply(&mut host, point(2, 3)), [(N2, appended(4, 3))]);
}

// 5.3: "With this information, the leader can decrement nextIndex to bypass all of the conflicting entries in that term."
#[test]
fn a_leader_steps_back_past_a_whole_term_at_once() {
    let mut host = started(N0);
    let log = [stamped(1, 'a'), stamped(1, 'b'), stamped(4, 'c'), stamped(4, 'd')];
    host.receive(N2, append(5, point(0, 0), &log, 0));
    host.on(Event::Timeout(Timer::Election));
    host.receive(N2, Msg::Voted(Epoch(6), Vote::Real, true));
    // The follower has a, b, and then entries of terms 2 and 3, where the leader has term 4.
    let conflict = Rejection { prev: 4, term: Some(Epoch(3)), first: 4, round: 0 };
    let again = sent(&host.receive(N1, Msg::Rejected(Epoch(6), conflict)));
    let Msg::Append(Append { prev, entries, .. }) = &again[0].1 else { panic!("{again:?}") };
    assert_eq!((*prev, entries.len()), (point(1, 2), 3));
    // What was sent before and rejected as well is late.
    assert_eq!(sent(&host.receive(N1, Msg::Rejected(Epoch(6), conflict))), []);
}

// Figure 2, AppendEntries, 3: "If an existing entry conflicts with a new one (same index but different terms), delete the
// existing entry and all that follow it." And only then.
#[test]
fn a_follower_deletes_what_conflicts_and_nothing_else() {
    let mut host = started(N1);
    host.receive(N0, append(1, point(0, 0), &[stamped(1, 'a'), stamped(1, 'b'), stamped(1, 'c')], 0));
    let effects = host.receive(N0, append(1, point(0, 0), &[stamped(1, 'a')], 0));
    assert_eq!(effects.iter().filter(|effect| matches!(effect, Effect::Persist(_))).count(), 0);
    assert_eq!((terms(&host), sent(&effects)), (vec![1, 1, 1], vec![(N0, appended(1, 1))]));
    host.receive(N2, append(2, point(1, 1), &[stamped(2, 'x')], 0));
    assert_eq!(terms(&host), [1, 2]);
    assert_eq!(host.recovered().journal(), host.node.journal());
}

// Figure 2, AppendEntries, 5: "set commitIndex = min(leaderCommit, index of last new entry)".
#[test]
fn a_follower_commits_no_more_than_was_compared() {
    let mut host = started(N1);
    host.receive(N0, append(1, point(0, 0), &[stamped(1, 'a'), stamped(1, 'b')], 0));
    assert_eq!(committed(&indicated(&host.receive(N0, append(2, point(1, 1), &[], 2)))), [1]);
}

// 5.3: "If two entries in different logs have the same index and term, then the logs are identical in all preceding entries." So a
// follower that is told of one that is committed commits it if it has that one, and answers nothing.
#[test]
fn a_notice_commits_the_entry_that_it_names_and_no_other() {
    let mut host = leader();
    let notice = Msg::Committed(point(1, 1));
    assert_eq!(sent(&host.receive(N1, appended(1, 1))), [(N1, notice.clone())], "N2 may lack it");
    assert_eq!(sent(&host.receive(N2, appended(1, 1))), [], "the next entry or heartbeat tells it");

    let mut host = started(N1);
    assert_eq!(host.receive(N0, notice.clone()), [], "the entry is not there");
    host.receive(N2, append(2, point(0, 0), &[stamped(2, 'x')], 0));
    assert_eq!(host.receive(N0, notice), [], "another one is");
    let effects = host.receive(N0, Msg::Committed(point(2, 1)));
    assert_eq!((committed(&indicated(&effects)), sent(&effects)), (vec![1], vec![]));
}

// 5.1: "If a server receives a request with a stale term number, it rejects the request." "If a candidate or leader discovers
// that its term is out of date, it immediately reverts to follower state."
#[test]
fn terms_out_of_date_are_answered_and_noticed() {
    let mut host = leader();
    let effects = host.receive(N1, Msg::Voted(Epoch(3), Vote::Real, false));
    assert!(!host.node.leads() && host.node.epoch() == Epoch(3));
    assert_eq!(effects[0], Effect::Persist(Record::Term(Epoch(3), None)));
    let answer = sent(&host.receive(N2, append(2, point(0, 0), &[], 0)));
    assert!(matches!(answer[..], [(N2, Msg::Rejected(Epoch(3), _))]));
    let answer = sent(&host.receive(N2, Msg::RequestVote(Epoch(2), point(9, 9), Vote::Real)));
    assert_eq!(answer, [(N2, Msg::Voted(Epoch(3), Vote::Real, false))]);
}

// 5.1: "If a client contacts a follower, the follower redirects it to the leader."
#[test]
fn a_follower_passes_commands_on_to_the_leader_that_it_knows() {
    let mut host = started(N1);
    let refused = indicated(&host.on(Event::Request(Request::Append('a'))));
    assert_eq!(refused, [Indication::Refused(Request::Append('a'))]);
    host.receive(N0, append(1, point(0, 0), &[], 0));
    assert_eq!(sent(&host.on(Event::Request(Request::Append('a')))), [(N0, Msg::Forward('a'))]);
    let mut leader = leader();
    let effects = leader.receive(N1, Msg::Forward('a'));
    assert!(effects.contains(&Effect::Persist(Record::Append(1, [stamped(1, 'a')].into()))));
}

// 7: "Once a server completes writing a snapshot, it may delete all log entries up through the last included index." "The leader
// must occasionally send snapshots to followers that lag behind."
#[test]
fn a_snapshot_replaces_entries_here_and_at_those_that_lag_behind() {
    let mut host = leader();
    host.on(Event::Request(Request::Append('a')));
    host.receive(N1, appended(1, 2));
    let early = host.on(Event::Request(Request::Snapshot(3, 's')));
    assert_eq!(
        indicated(&early),
        [Indication::Refused(Request::Snapshot(3, 's'))],
        "it was not told of that yet"
    );
    host.on(Event::Request(Request::Snapshot(2, 's')));
    assert_eq!((host.node.journal().start(), terms(&host)), (point(1, 2), vec![]));
    let none = Rejection { prev: 1, term: None, first: 1, round: 0 };
    let probe = host.on(Event::Timeout(Timer::Heartbeat));
    assert!(sent(&probe).contains(&(N2, append(1, point(1, 2), &[], 2))), "it asks whether that is needed");
    let sends = sent(&host.receive(N2, Msg::Rejected(Epoch(1), Rejection { prev: 2, ..none })));
    let members = Membership::of(NodeId::group(3));
    let snapshot = Snapshot { position: 2, epoch: Epoch(1), members, state: 's' };
    assert_eq!(sends, [(N2, Msg::Install(Epoch(1), snapshot.clone()))]);

    let mut behind = started(N2);
    behind.receive(N1, append(1, point(0, 0), &[stamped(1, 'x')], 0));
    let effects = behind.receive(N0, Msg::Install(Epoch(1), snapshot.clone()));
    assert_eq!(
        indicated(&effects),
        [Indication::Leader(Epoch(1), Some(N0)), Indication::Restore(snapshot.clone())]
    );
    assert_eq!(sent(&effects), [(N0, appended(1, 2))]);
    assert_eq!(indicated(&behind.receive(N0, Msg::Install(Epoch(1), snapshot.clone()))), [], "once");
    assert_eq!(indicated(&behind.restart()), [Indication::Restore(snapshot)]);
    assert_eq!(behind.node.committed(), 2);
}

// 7, figure 13, 6: "If existing log entry has same index and term as snapshot's last included entry, retain log entries following
// it and reply." 7: "Discard the entire log."
#[test]
fn what_follows_a_snapshot_stays_only_if_it_fits() {
    let members = Membership::of(NodeId::group(3));
    for (term, rest) in [(1, vec![1]), (2, vec![])] {
        let mut host = started(N1);
        host.receive(N0, append(1, point(0, 0), &[stamped(1, 'a'), stamped(1, 'b')], 0));
        let snapshot = Snapshot { position: 1, epoch: Epoch(term), members: members.clone(), state: 's' };
        host.receive(N0, Msg::Install(Epoch(3), snapshot));
        assert_eq!(terms(&host), rest);
    }
}

// Dissertation, 9.6: "a candidate only increments its term if it first learns from a majority of the cluster that they would be
// willing to grant the candidate their votes".
#[test]
fn whoever_asks_first_disturbs_nobody() {
    let mut host = started_with(N0, Settings::default());
    let effects = host.on(Event::Timeout(Timer::Election));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Persist(_))));
    assert_eq!(sent(&effects)[0], (N1, Msg::RequestVote(Epoch(1), point(0, 0), Vote::Pre)));
    let mut voter = started_with(N1, Settings::default());
    let ask = || Msg::RequestVote(Epoch(1), point(0, 0), Vote::Pre);
    let effects = voter.receive(N0, ask());
    assert_eq!(effects, [Effect::Send(N0, Msg::Voted(Epoch(1), Vote::Pre, true))]);
    // Not while it hears of a leader.
    voter.receive(N2, append(1, point(0, 0), &[], 0));
    assert_eq!(sent(&voter.receive(N0, ask())), [(N0, Msg::Voted(Epoch(1), Vote::Pre, false))]);
    voter.on(Event::Timeout(Timer::Contact));
    assert_eq!(sent(&voter.receive(N0, ask())), [(N0, Msg::Voted(Epoch(1), Vote::Pre, true))]);
    host.receive(N2, Msg::Voted(Epoch(1), Vote::Pre, true));
    assert_eq!(host.node.epoch(), Epoch(1));
}

// 6: "If a server receives a RequestVote RPC within the minimum election timeout of hearing from a current leader, it does not
// update its term or grant its vote."
#[test]
fn whoever_hears_of_a_leader_ignores_candidates_unless_the_leader_sends_them() {
    let mut host = started_with(N1, Settings::default());
    host.receive(N0, append(1, point(0, 0), &[], 0));
    assert_eq!(host.receive(N2, Msg::RequestVote(Epoch(7), point(9, 9), Vote::Real)), []);
    assert_eq!(host.node.epoch(), Epoch(1));
    let granted = sent(&host.receive(N2, Msg::RequestVote(Epoch(7), point(9, 9), Vote::Transfer)));
    assert_eq!(granted, [(N2, Msg::Voted(Epoch(7), Vote::Transfer, true))]);
}

// Dissertation, 6.2: "a leader in Raft steps down if an election timeout elapses without a successful round of heartbeats to a
// majority of its cluster".
#[test]
fn a_leader_to_whom_nobody_listens_steps_down() {
    let mut host = leader_with(Settings::default());
    host.receive(N1, appended(1, 1));
    let effects = host.on(Event::Timeout(Timer::Quorum));
    assert!(host.node.leads() && matches!(effects[..], [Effect::Set(Timer::Quorum, _)]));
    let effects = host.on(Event::Timeout(Timer::Quorum));
    assert!(!host.node.leads() && host.node.leader().is_none());
    assert!(effects.contains(&Effect::Cancel(Timer::Heartbeat)));
    assert_eq!(host.node.voted_for(), Some(N0), "a vote is for the whole term");
}

// Dissertation, 4.1: "The new configuration takes effect on each server as soon as it is added to that server's log." And
// raft-dev, 2015: not before an entry of the leader's term is committed.
#[test]
fn members_change_when_the_entry_is_appended_and_one_change_at_a_time() {
    let mut host = leader();
    let [to, then] = [[N0, N1].as_slice(), &[N0]].map(|voters| Membership::of(voters.iter().copied()));
    let too_early = indicated(&host.on(Event::Request(Request::Change(to.clone()))));
    assert_eq!(too_early, [Indication::Refused(Request::Change(to.clone()))]);
    host.receive(N1, appended(1, 1));
    host.on(Event::Request(Request::Change(to.clone())));
    assert_eq!(host.node.members(), &to);
    let second = indicated(&host.on(Event::Request(Request::Change(then.clone()))));
    assert_eq!(second, [Indication::Refused(Request::Change(then.clone()))]);
    host.receive(N1, appended(1, 2));
    let alone = host.on(Event::Request(Request::Change(then.clone())));
    assert_eq!(committed(&indicated(&alone)), [3], "its own disk is a majority");
    // Truncation goes back to the members of before.
    let mut other = started(N1);
    let change = Stamped { term: Epoch(1), entry: Entry::Members(to.clone()) };
    other.receive(N0, append(1, point(0, 0), &[change], 0));
    assert_eq!(other.node.members(), &to);
    other.receive(N2, append(2, point(0, 0), &[stamped(2, 'x')], 0));
    assert_eq!(other.node.members(), &Membership::of(NodeId::group(3)));
}

// Dissertation, 4.3: "log entries are replicated to all servers in both configurations"; "agreement (for elections and entry
// commitment) requires majorities from both the old and new configurations".
#[test]
fn a_larger_change_needs_both_majorities_and_then_the_new_one() {
    let mut host = leader();
    host.receive(N1, appended(1, 1));
    let goal = Membership::of([N0]);
    host.on(Event::Request(Request::Change(goal.clone())));
    assert!(host.node.members().is_joint() && host.node.last() == 2);
    let effects = host.receive(N2, appended(1, 2));
    assert_eq!(committed(&indicated(&effects)), [2, 3], "the new members alone commit that they are");
    assert_eq!(host.node.members(), &goal);
}

// Dissertation, 4.2.2: "a leader that is removed from the configuration steps down once the C_new entry is committed". "There
// will be a period of time when a leader manages a cluster that does not include itself."
#[test]
fn a_leader_that_is_removed_does_not_count_itself_and_steps_down() {
    let mut host = leader();
    host.receive(N1, appended(1, 1));
    host.on(Event::Request(Request::Change(Membership::of([N1, N2]))));
    assert!(committed(&indicated(&host.receive(N1, appended(1, 2)))).is_empty(), "itself and one of two");
    assert!(host.node.leads());
    assert_eq!(committed(&indicated(&host.receive(N2, appended(1, 2)))), [2]);
    assert!(!host.node.leads());
    assert_eq!(host.on(Event::Timeout(Timer::Election)), [], "it is no voter any more");
}

// Dissertation, 4.2.2: who is removed may still be needed until that is committed, for nobody else may have the entry.
#[test]
fn who_alone_knows_that_it_is_removed_still_campaigns() {
    let mut host = leader();
    host.receive(N1, appended(1, 1));
    host.on(Event::Request(Request::Change(Membership::of([N1, N2]))));
    host.restart();
    let asks = sent(&host.on(Event::Timeout(Timer::Election)));
    assert_eq!(asks.iter().map(|(to, _)| *to).collect::<Vec<_>>(), [N1, N2]);
    host.receive(N1, Msg::Voted(Epoch(2), Vote::Real, true));
    assert!(!host.node.leads(), "it does not count itself");
    host.receive(N2, Msg::Voted(Epoch(2), Vote::Real, true));
    assert!(host.node.leads());
}

// Dissertation, 4.2.1: a new server has no vote until it has caught up, for which there is a limited number of rounds.
#[test]
fn a_new_voter_catches_up_first_and_is_given_up_if_that_takes_too_long() {
    let (newcomer, goal) = (NodeId(3), Membership::of(NodeId::group(4)));
    let begun = || {
        let mut host = leader_with(Settings { rounds: 2, ..plain() });
        host.receive(N1, appended(1, 1));
        let asks = sent(&host.on(Event::Request(Request::Change(goal.clone()))));
        assert_eq!(asks, [(newcomer, append(1, point(1, 1), &[], 1))], "it is asked what it has");
        let other = Request::Change(Membership::of([N0, N1]));
        assert_eq!(indicated(&host.on(Event::Request(other.clone()))), [Indication::Refused(other)]);
        assert_eq!(host.on(Event::Timeout(Timer::CatchUp)).len(), 1, "another round");
        host
    };
    let mut host = begun();
    let behind = Rejection { prev: 1, term: None, first: 1, round: 0 };
    host.receive(newcomer, Msg::Rejected(Epoch(1), behind));
    assert_eq!((host.node.last(), host.node.members().voters.len()), (1, 3));
    host.receive(newcomer, appended(1, 1));
    assert_eq!((host.node.last(), host.node.members()), (2, &goal));

    let mut host = begun();
    let told = indicated(&host.on(Event::Timeout(Timer::CatchUp)));
    assert_eq!(told, [Indication::Refused(Request::Change(goal.clone()))]);
    let sends = sent(&host.on(Event::Timeout(Timer::Heartbeat)));
    assert!(sends.iter().all(|(to, _)| *to != newcomer), "it is not sent anything any more");
}

// Dissertation, 6.4: "the leader ... issues a new round of heartbeats and waits for their acknowledgments from a majority of the
// cluster".
#[test]
fn a_read_waits_for_a_round_of_its_own() {
    let mut host = leader();
    let early = indicated(&host.on(Event::Request(Request::Barrier(1))));
    assert_eq!(early, [Indication::Refused(Request::Barrier(1))], "nothing of its term is committed");
    host.receive(N1, appended(1, 1));
    host.on(Event::Request(Request::Barrier(2)));
    host.on(Event::Request(Request::Barrier(3)));
    assert_eq!(indicated(&host.receive(N1, Msg::Appended(Epoch(1), 1, 0))), [], "from before");
    assert_eq!(indicated(&host.receive(N1, Msg::Appended(Epoch(1), 1, 1))), [Indication::Passed(2)]);
    assert_eq!(indicated(&host.receive(N2, Msg::Appended(Epoch(1), 1, 2))), [Indication::Passed(3)]);
}

#[test]
fn a_follower_asks_the_leader_and_waits_until_it_has_what_the_leader_had() {
    let mut host = started(N1);
    host.receive(N0, append(1, point(0, 0), &[stamped(1, 'a')], 0));
    assert_eq!(sent(&host.on(Event::Request(Request::Barrier(7)))), [(N0, Msg::AskRead(7))]);
    assert_eq!(indicated(&host.receive(N0, Msg::ReadAt(7, Some(1)))), []);
    let told = indicated(&host.receive(N0, append(1, point(1, 1), &[], 1)));
    assert_eq!(told.last(), Some(&Indication::Passed(7)));
    assert_eq!(indicated(&host.receive(N0, Msg::ReadAt(7, Some(1)))), [], "a duplicate");
}

// Dissertation, 3.10: leadership transfer.
#[test]
fn a_leader_hands_over_to_one_that_has_everything_and_takes_no_commands_meanwhile() {
    let mut host = leader();
    host.receive(N1, appended(1, 1));
    assert_eq!(sent(&host.on(Event::Request(Request::Transfer(N2)))), [], "it does not have everything yet");
    let refused = indicated(&host.on(Event::Request(Request::Append('a'))));
    assert_eq!(refused, [Indication::Refused(Request::Append('a'))]);
    let go = Msg::TimeoutNow(Epoch(1), point(1, 1));
    assert!(sent(&host.receive(N2, appended(1, 1))).contains(&(N2, go.clone())));
    host.on(Event::Timeout(Timer::Transfer));
    assert!(indicated(&host.on(Event::Request(Request::Append('a')))).is_empty(), "it has given up");

    let mut target = started(N2);
    target.receive(N0, append(1, point(0, 0), &[Stamped { term: Epoch(1), entry: Entry::Blank }], 0));
    let asked = sent(&target.receive(N0, go.clone()));
    assert_eq!(asked[0], (N0, Msg::RequestVote(Epoch(2), point(1, 1), Vote::Transfer)));
    let mut later = started(N2);
    later.receive(N0, append(1, point(0, 0), &[stamped(1, 'b'), stamped(1, 'c')], 0));
    assert_eq!(later.receive(N0, go), [], "the leader has gone on since");
}

// Dissertation, 10.2.2: pipelining; and flow control.
#[test]
fn entries_are_sent_without_waiting_up_to_the_window_and_then_together() {
    let mut host = leader_with(Settings { window: 2, batch: 10, ..plain() });
    host.receive(N1, appended(1, 1));
    let to_first = |effects: &[Effect<Node>]| -> Vec<usize> {
        let sends = sent(effects).into_iter().filter(|(to, _)| *to == N1);
        let sizes =
            sends.map(|(_, msg)| if let Msg::Append(append) = msg { append.entries.len() } else { 0 });
        sizes.collect()
    };
    let sizes: Vec<_> =
        ('a'..='e').map(|command| to_first(&host.on(Event::Request(Request::Append(command))))).collect();
    assert_eq!(sizes, [vec![1], vec![1], vec![], vec![], vec![]]);
    assert_eq!(to_first(&host.receive(N1, appended(1, 3))), [3], "all that has waited, in one message");
}

/// Numbers as they are, and as they cannot be.
fn any_number() -> impl Strategy<Value = u64> {
    prop_oneof![6 => 0..5_u64, 1 => Just(1 << 62)]
}

fn any_point() -> impl Strategy<Value = Point> {
    (any_number(), any_number()).prop_map(|(term, index)| point(term, index))
}

fn any_entry() -> impl Strategy<Value = Stamped<char>> {
    let members = prop::collection::btree_set((0..4_u16).prop_map(NodeId), 0..4);
    let entry = prop_oneof![
        Just(Entry::Blank),
        Just(Entry::Command('a')),
        members.prop_map(|voters| Entry::Members(Membership::of(voters))),
    ];
    (any_number(), entry).prop_map(|(term, entry)| Stamped { term: Epoch(term), entry })
}

fn any_msg() -> impl Strategy<Value = Msg<char, char>> {
    let vote = || prop_oneof![Just(Vote::Pre), Just(Vote::Real), Just(Vote::Transfer)];
    let term = || any_number().prop_map(Epoch);
    let entries = prop::collection::vec(any_entry(), 0..3);
    let append = (term(), any_point(), entries, any_number(), any_number());
    let rejection = (any_number(), prop::option::of(term()), any_number(), any_number());
    let snapshot = (any_number(), term());
    prop_oneof![
        (term(), any_point(), vote()).prop_map(|(term, last, vote)| Msg::RequestVote(term, last, vote)),
        (term(), vote(), any::<bool>()).prop_map(|(term, vote, granted)| Msg::Voted(term, vote, granted)),
        append.prop_map(|(term, prev, entries, commit, round)| {
            Msg::Append(Append { term, prev, entries: entries.into(), commit, round })
        }),
        (term(), snapshot).prop_map(|(term, (position, epoch))| {
            let members = Membership::of(NodeId::group(3));
            Msg::Install(term, Snapshot { position, epoch, members, state: 's' })
        }),
        (term(), any_number(), any_number())
            .prop_map(|(term, index, round)| Msg::Appended(term, index, round)),
        (term(), rejection).prop_map(|(of, (prev, term, first, round))| {
            Msg::Rejected(of, Rejection { prev, term, first, round })
        }),
        any_point().prop_map(Msg::Committed),
        (term(), any_point()).prop_map(|(term, last)| Msg::TimeoutNow(term, last)),
        Just(Msg::Forward('f')),
        any_number().prop_map(Msg::AskRead),
        (any_number(), prop::option::of(any_number())).prop_map(|(id, at)| Msg::ReadAt(id, at)),
    ]
}

fn any_event() -> impl Strategy<Value = Event<Node>> {
    let timers = [Timer::Election, Timer::Contact, Timer::Heartbeat, Timer::Quorum, Timer::Transfer];
    let request = prop_oneof![
        Just(Request::Append('r')),
        any_number().prop_map(Request::Barrier),
        any_number().prop_map(|at| Request::Snapshot(at, 't')),
        Just(Request::Change(Membership::of([N0, N1]))),
        Just(Request::Transfer(N1)),
    ];
    prop_oneof![
        4 => (0..3_u16, any_msg()).prop_map(|(from, msg)| Event::Receive(NodeId(from), msg)),
        2 => prop::sample::select(timers.to_vec()).prop_map(Event::Timeout),
        1 => request.prop_map(Event::Request),
    ]
}

proptest! {
    /// Whatever arrives, from whomever, in whatever order: no handler panics, and what is durable is what a restart finds.
    #[test]
    fn whatever_arrives_the_laws_hold(
        courteous in any::<bool>(),
        events in prop::collection::vec(any_event(), 0..40),
    ) {
        let mut host = started_with(N0, if courteous { Settings::default() } else { plain() });
        for event in events {
            host.on(event);
            let recovered = host.recovered();
            prop_assert_eq!(recovered.journal(), host.node.journal());
            prop_assert_eq!((recovered.epoch(), recovered.voted_for()), (host.node.epoch(), host.node.voted_for()));
            prop_assert_eq!(host.node.members(), host.node.journal().members_at(host.node.last()));
        }
    }
}
