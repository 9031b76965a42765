//! Zab, rule by rule, in our own words: of Junqueira, Reed and Serafini, *Zab: High-performance broadcast for
//! primary-backup systems* (2011), and as ZooKeeper has it since.

use synod_actor::{Effect, Event, NodeId};
use synod_consensus::{
    Epoch, Membership, Zab,
    log::{Entry, Indication, Replica, Request, Snapshot},
    zab::{Election, Msg, Record, Settings, State, Sync, Timer, Vote, Zxid},
};
use synod_testing::{indicated, sent};

const N0: NodeId = NodeId(0);
const N1: NodeId = NodeId(1);
const N2: NodeId = NodeId(2);
const N3: NodeId = NodeId(3);
const E0: Epoch = Epoch(0);
const E1: Epoch = Epoch(1);
const E2: Epoch = Epoch(2);

type Node = Zab<char, char>;
type Host = synod_testing::Host<Node>;
type Told = Indication<char, char>;
type Message = Msg<char, char>;

/// Three voters and an observer, of which an oracle sends this one to these, one after the other.
fn node(settings: Settings) -> Node {
    Zab::new(Membership::of(NodeId::group(3)).with_learners([N3]), settings)
}

fn by_oracle(oracle: &[NodeId]) -> Settings {
    Settings { election: Election::Oracle(oracle.to_vec()), ..Settings::default() }
}

fn started(me: NodeId, oracle: &[NodeId]) -> Host {
    Host::start(node(by_oracle(oracle)), me, 4)
}

fn stamped(epoch: Epoch, command: char) -> (Epoch, Entry<char>) {
    (epoch, Entry::Command(command))
}

fn zxid(epoch: Epoch, counter: u64) -> Zxid {
    Zxid { epoch, counter }
}

fn diff(epoch: Epoch, after: Zxid, transactions: &[(Epoch, Entry<char>)]) -> Message {
    Msg::NewLeader(epoch, Sync::Diff(after, transactions.to_vec()))
}

fn propose(epoch: Epoch, at: u64, command: char) -> Message {
    Msg::Propose(epoch, at, [stamped(epoch, command)].into())
}

fn committed(told: &[Told]) -> Vec<(u64, char)> {
    let of = |told: &Told| match told {
        Indication::Committed(at, _, Entry::Command(command)) => Some((*at, *command)),
        _ => None,
    };
    told.iter().filter_map(of).collect()
}

fn commands(host: &Host) -> Vec<char> {
    let of = |at| match host.node.entry(at) {
        Some((_, Entry::Command(command))) => Some(*command),
        _ => None,
    };
    (1..=host.node.last()).filter_map(of).collect()
}

/// A leader that is established in epoch 1, with the second node.
fn leader() -> Host {
    leader_with(by_oracle(&[N0]))
}

fn leader_with(settings: Settings) -> Host {
    let mut host = Host::start(node(settings), N0, 4);
    host.receive(N1, Msg::FollowerInfo(E0));
    host.receive(N1, Msg::AckEpoch(E1, Some(E0), zxid(E0, 0)));
    host.receive(N1, Msg::AckNewLeader(E1, 0));
    assert!(host.node.leads());
    host
}

/// A follower of the first node that is up to date in epoch 1.
fn follower(me: NodeId) -> Host {
    let mut host = started(me, &[N0]);
    host.receive(N0, Msg::LeaderInfo(E1));
    host.receive(N0, diff(E1, zxid(E0, 0), &[]));
    host.receive(N0, Msg::UpToDate(E1, 0));
    assert_eq!(host.node.active_in(), Some(E1));
    host
}

/// Where the record is written, and where the message leaves.
fn order(
    effects: &[Effect<Node>],
    record: &Record<char, char>,
    msg: &Message,
) -> (Option<usize>, Option<usize>) {
    let write = effects.iter().position(|effect| *effect == Effect::Persist(record.clone()));
    let send = effects.iter().position(|effect| matches!(effect, Effect::Send(_, sent) if sent == msg));
    (write, send)
}

// Phase 1: the epoch is later than any that a quorum of followers has promised before.
#[test]
fn a_leader_is_promised_a_later_epoch_than_any_of_a_quorum() {
    let mut host = started(N0, &[N0]);
    let effects = host.receive(N1, Msg::FollowerInfo(Epoch(4)));
    let (write, send) = order(&effects, &Record::AcceptedEpoch(Epoch(5)), &Msg::LeaderInfo(Epoch(5)));
    assert!(write.is_some() && write < send, "{effects:?}");
    // Who comes later is told the same.
    assert_eq!(sent(&host.receive(N2, Msg::FollowerInfo(E0))), [(N2, Msg::LeaderInfo(Epoch(5)))]);
    // Or has promised more, and could never follow: then there has to be a later epoch.
    host.receive(N2, Msg::FollowerInfo(Epoch(6)));
    assert_eq!(host.marks, ["give up", "look", "elect"]);
}

// Phase 1: a follower promises a later epoch than the one before, and only then.
#[test]
fn a_follower_promises_an_epoch_once() {
    let mut host = started(N1, &[N0, N2]);
    let promise = Msg::AckEpoch(E1, Some(E0), zxid(E0, 0));
    let effects = host.receive(N0, Msg::LeaderInfo(E1));
    let (write, send) = order(&effects, &Record::AcceptedEpoch(E1), &promise);
    assert!(write.is_some() && write < send, "{effects:?}");
    assert_eq!(sent(&host.on(Event::Timeout(Timer::Resend))), [(N0, promise)], "it may be lost");
    // To another leader it does not count; nor does an earlier epoch.
    host.on(Event::Timeout(Timer::Contact));
    assert_eq!(sent(&host.receive(N2, Msg::LeaderInfo(E0))), []);
    let effects = host.receive(N2, Msg::LeaderInfo(E1));
    assert_eq!(sent(&effects), [(N2, Msg::AckEpoch(E1, None, zxid(E0, 0)))]);
    // Not after a crash either.
    let effects = host.restart();
    assert_eq!(sent(&effects), [(N0, Msg::FollowerInfo(E1))]);
}

// Phase 1, ZooKeeper: a later currentEpoch is better, and with the same one a higher lastZxid.
#[test]
fn a_leader_with_less_than_a_follower_gives_up() {
    for (current, last) in [(E1, zxid(E0, 0)), (E0, zxid(E1, 1))] {
        let mut host = started(N0, &[N0]);
        host.receive(N1, Msg::FollowerInfo(E1));
        host.receive(N1, Msg::AckEpoch(E2, Some(current), last));
        assert!(host.marks.contains(&"give up"), "{:?}", host.marks);
    }
}

// Phase 2: the order of writes at NEWLEADER.
#[test]
fn the_history_is_durable_before_the_epoch_and_the_epoch_before_the_answer() {
    let mut host = started(N1, &[N0]);
    host.receive(N0, Msg::LeaderInfo(E1));
    let effects = host.receive(N0, diff(E1, zxid(E0, 0), &[stamped(E0, 'a')]));
    let ack = Msg::AckNewLeader(E1, 1);
    let (history, sent_at) = order(&effects, &Record::Append([stamped(E0, 'a')].into()), &ack);
    let (epoch, _) = order(&effects, &Record::CurrentEpoch(E1), &ack);
    assert!(history.is_some() && history < epoch && epoch < sent_at, "{effects:?}");
    assert_eq!(committed(&indicated(&effects)), [], "not known to be committed");
    let told = indicated(&host.receive(N0, Msg::UpToDate(E1, 1)));
    assert_eq!((told.first(), committed(&told)), (Some(&Indication::Leader(E1, Some(N0))), vec![(1, 'a')]));
    assert_eq!(host.recovered().journal(), host.node.journal());
}

// Phase 2, ZooKeeper: DIFF, TRUNC, and what is between them.
#[test]
fn a_follower_drops_what_the_leader_does_not_have() {
    let mut ahead = started(N1, &[N0]);
    ahead.receive(N0, Msg::LeaderInfo(E1));
    ahead.receive(N0, diff(E1, zxid(E0, 0), &[stamped(E1, 'a'), stamped(E1, 'x'), stamped(E1, 'y')]));
    ahead.on(Event::Timeout(Timer::Contact));
    ahead.receive(N0, Msg::LeaderInfo(Epoch(3)));
    // The leader has something of epoch 2 where this node has something of epoch 1.
    let trunc = Msg::NewLeader(Epoch(3), Sync::Trunc(zxid(E2, 2), vec![]));
    let effects = ahead.receive(N0, trunc);
    assert_eq!(sent(&effects), [(N0, Msg::AckEpoch(Epoch(3), None, zxid(E1, 3)))], "it is not there");
    let effects =
        ahead.receive(N0, Msg::NewLeader(Epoch(3), Sync::Trunc(zxid(E1, 1), vec![stamped(E2, 'b')])));
    assert_eq!(sent(&effects), [(N0, Msg::AckNewLeader(Epoch(3), 2))]);
    assert_eq!(commands(&ahead), ['a', 'b']);
    assert_eq!(ahead.recovered().journal(), ahead.node.journal());

    // What the leader sends: the follower's last transaction if it has it, else the last one before that.
    let mut host = leader();
    host.on(Event::Request(Request::Append('a')));
    host.on(Event::Request(Request::Append('b')));
    let ask = |host: &mut Host, last| sent(&host.receive(N2, Msg::AckEpoch(E1, None, last)));
    assert_eq!(ask(&mut host, zxid(E1, 1)), [(N2, diff(E1, zxid(E1, 1), &[stamped(E1, 'b')]))]);
    assert_eq!(ask(&mut host, zxid(E1, 7)), [(N2, Msg::NewLeader(E1, Sync::Trunc(zxid(E1, 2), vec![])))]);
}

// Phase 2, ZooKeeper: SNAP.
#[test]
fn a_follower_that_is_far_behind_is_given_the_snapshot() {
    let mut host = leader();
    for command in ['a', 'b'] {
        host.on(Event::Request(Request::Append(command)));
    }
    let early = indicated(&host.on(Event::Request(Request::Snapshot(1, 's'))));
    assert_eq!(early, [Indication::Refused(Request::Snapshot(1, 's'))], "it is not committed yet");
    host.receive(N1, Msg::Ack(E1, 2));
    host.on(Event::Request(Request::Snapshot(1, 's')));
    let members = Membership::of(NodeId::group(3)).with_learners([N3]);
    let snapshot = Snapshot { position: 1, epoch: E1, members, state: 's' };
    let snap = Msg::NewLeader(E1, Sync::Snap(snapshot.clone(), vec![stamped(E1, 'b')]));
    assert_eq!(sent(&host.receive(N2, Msg::AckEpoch(E1, None, zxid(E0, 0)))), [(N2, snap.clone())]);

    let mut behind = started(N2, &[N0]);
    behind.receive(N0, Msg::LeaderInfo(E1));
    let effects = behind.receive(N0, snap);
    assert_eq!(indicated(&effects), [Indication::Restore(snapshot.clone())]);
    assert_eq!((behind.node.last(), commands(&behind)), (2, vec!['b']));
    assert!(indicated(&behind.restart()).contains(&Indication::Restore(snapshot)));
}

// Phase 3; and issue 1 of ZooKeeper's specification: proposals go to those too that have yet to acknowledge NEWLEADER.
#[test]
fn a_leader_orders_and_commits_with_a_quorum() {
    let mut host = leader();
    host.receive(N2, Msg::FollowerInfo(E0));
    host.receive(N2, Msg::AckEpoch(E1, Some(E0), zxid(E0, 0)));
    let effects = host.on(Event::Request(Request::Append('a')));
    assert_eq!(sent(&effects), [(N1, propose(E1, 1, 'a')), (N2, propose(E1, 1, 'a'))]);
    assert!(effects.contains(&Effect::Persist(Record::Append([stamped(E1, 'a')].into()))));
    let effects = host.receive(N1, Msg::Ack(E1, 1));
    assert_eq!(
        (committed(&indicated(&effects)), sent(&effects)),
        (vec![(1, 'a')], vec![(N1, Msg::Commit(E1, 1))])
    );
    assert_eq!(host.receive(N1, Msg::Ack(E1, 1)), [], "once");
    // Issue 3: who is synchronized later hears of what is committed by now.
    assert_eq!(sent(&host.receive(N2, Msg::AckNewLeader(E1, 0))), [(N2, Msg::UpToDate(E1, 1))]);
    assert_eq!(host.receive(N2, Msg::Ack(E0, 1)), [], "of another epoch");
}

// Phase 3; and issue 2: a proposal that a follower has already is acknowledged only.
#[test]
fn a_follower_appends_in_order_and_acknowledges_what_is_on_its_disk() {
    let mut host = follower(N1);
    let effects = host.receive(N0, propose(E1, 1, 'a'));
    let (write, send) = order(&effects, &Record::Append([stamped(E1, 'a')].into()), &Msg::Ack(E1, 1));
    assert!(write.is_some() && write < send, "{effects:?}");
    assert_eq!(sent(&host.receive(N0, propose(E1, 1, 'a'))), [(N0, Msg::Ack(E1, 1))]);
    // A gap is asked for, once, and at each ping.
    let ask = (N0, Msg::AckEpoch(E1, None, zxid(E1, 1)));
    assert_eq!(sent(&host.receive(N0, propose(E1, 3, 'c'))), std::slice::from_ref(&ask));
    assert_eq!(sent(&host.receive(N0, propose(E1, 4, 'd'))), []);
    assert_eq!(sent(&host.receive(N0, Msg::Ping(E1, 2))), [ask, (N0, Msg::Ack(E1, 1))]);
    host.receive(N0, diff(E1, zxid(E1, 1), &[stamped(E1, 'b'), stamped(E1, 'c')]));
    // Late: nothing goes that was acknowledged.
    host.receive(N0, diff(E1, zxid(E0, 0), &[stamped(E1, 'a')]));
    assert_eq!(commands(&host), ['a', 'b', 'c']);
    assert_eq!(committed(&indicated(&host.receive(N0, Msg::Commit(E1, 2)))), [(2, 'b')]);
    // Of another leader, or epoch.
    assert_eq!(host.receive(N2, propose(E1, 4, 'x')), []);
    assert_eq!(host.receive(N0, propose(E2, 4, 'x')), []);
}

// The paper's multiple outstanding transactions, up to the window; and what has waited goes together.
#[test]
fn transactions_are_proposed_up_to_the_window_and_then_together() {
    let mut host = leader_with(Settings { window: 1, batch: 2, ..by_oracle(&[N0]) });
    let mut append = |command| sent(&host.on(Event::Request(Request::Append(command))));
    assert_eq!(append('a'), [(N1, propose(E1, 1, 'a'))]);
    for command in ['b', 'c', 'd'] {
        assert_eq!(append(command), [], "it waits");
    }
    let both = Msg::Propose(E1, 2, [stamped(E1, 'b'), stamped(E1, 'c')].into());
    assert_eq!(sent(&host.receive(N1, Msg::Ack(E1, 1))), [(N1, Msg::Commit(E1, 1)), (N1, both.clone())]);
    // What was proposed last is repeated, and not what waits.
    let again = [(N1, propose(E1, 3, 'c')), (N1, Msg::Ping(E1, 1))];
    assert_eq!(sent(&host.on(Event::Timeout(Timer::Tick))), again);
    let last = [(N1, Msg::Commit(E1, 3)), (N1, propose(E1, 4, 'd'))];
    assert_eq!(sent(&host.receive(N1, Msg::Ack(E1, 3))), last);
    // What waits when it leads no more is refused where it was asked for.
    host.on(Event::Request(Request::Append('e')));
    host.receive(N1, Msg::Forward('f'));
    host.on(Event::Timeout(Timer::Contact));
    let told = indicated(&host.on(Event::Timeout(Timer::Contact)));
    assert_eq!(told, [Indication::Leader(E1, None), Indication::Refused(Request::Append('e'))]);
    // A follower appends of it what it does not have.
    let mut follower = follower(N1);
    follower.receive(N0, propose(E1, 1, 'a'));
    follower.receive(N0, propose(E1, 2, 'b'));
    let effects = follower.receive(N0, both);
    assert!(effects.contains(&Effect::Persist(Record::Append([stamped(E1, 'c')].into()))), "{effects:?}");
    assert_eq!((commands(&follower), sent(&effects)), (vec!['a', 'b', 'c'], vec![(N0, Msg::Ack(E1, 3))]));
}

// Primary integrity: nothing is proposed before the leader's own history is committed.
#[test]
fn a_leader_accepts_commands_once_it_is_established() {
    let mut host = started(N0, &[N0]);
    host.receive(N1, Msg::FollowerInfo(E0));
    host.receive(N1, Msg::AckEpoch(E1, Some(E0), zxid(E0, 0)));
    let append = || Event::Request(Request::Append('a'));
    assert_eq!(indicated(&host.on(append())), [Indication::Refused(Request::Append('a'))]);
    let effects = host.receive(N1, Msg::AckNewLeader(E1, 0));
    assert_eq!(indicated(&effects), [Indication::Leader(E1, Some(N0))]);
    assert_eq!(sent(&effects), [(N1, Msg::UpToDate(E1, 0))]);
    assert_eq!(sent(&host.on(append())), [(N1, propose(E1, 1, 'a'))]);
    // A follower passes it on.
    assert_eq!(sent(&follower(N1).on(append())), [(N0, Msg::Forward('a'))]);
}

// ZooKeeper: observers are told what is committed, and have no vote.
#[test]
fn an_observer_is_informed_and_does_not_count() {
    let mut host = started(N0, &[N0]);
    host.receive(N3, Msg::FollowerInfo(E0));
    assert_eq!(host.node.accepted_epoch(), E0, "no quorum");
    host.receive(N1, Msg::FollowerInfo(E0));
    host.receive(N3, Msg::AckEpoch(E1, Some(E0), zxid(E0, 0)));
    assert_eq!(host.node.epoch(), E0, "no promise");
    host.receive(N1, Msg::AckEpoch(E1, Some(E0), zxid(E0, 0)));
    host.receive(N3, Msg::AckNewLeader(E1, 0));
    assert!(!host.node.leads());
    host.receive(N1, Msg::AckNewLeader(E1, 0));
    assert_eq!(sent(&host.on(Event::Request(Request::Append('a')))), [(N1, propose(E1, 1, 'a'))]);
    let inform = Msg::Inform(E1, 1, stamped(E1, 'a'));
    assert_eq!(sent(&host.receive(N1, Msg::Ack(E1, 1))), [(N1, Msg::Commit(E1, 1)), (N3, inform.clone())]);

    let mut observer = follower(N3);
    let effects = observer.receive(N0, inform);
    assert_eq!((committed(&indicated(&effects)), sent(&effects)), (vec![(1, 'a')], vec![]));
    assert_eq!(sent(&observer.on(Event::Request(Request::Append('b')))), [(N0, Msg::Forward('b'))]);
}

// Ours: a barrier is answered when a quorum has confirmed, after it was asked for, that it follows.
#[test]
fn a_read_waits_for_a_quorum() {
    let mut host = leader();
    let effects = host.on(Event::Request(Request::Barrier(7)));
    assert_eq!(sent(&effects), [(N1, Msg::Confirm(E1, 1))]);
    assert_eq!(indicated(&host.receive(N1, Msg::Confirmed(E1, 0))), [], "asked before");
    assert_eq!(indicated(&host.receive(N1, Msg::Confirmed(E1, 1))), [Indication::Passed(7)]);
    let mut follower = follower(N1);
    assert_eq!(sent(&follower.on(Event::Request(Request::Barrier(8)))), [(N0, Msg::AskRead(8))]);
    assert_eq!(indicated(&follower.receive(N0, Msg::ReadAt(8, Some(0)))), [Indication::Passed(8)]);
}

// Back to phase 0.
#[test]
fn whoever_loses_contact_looks_for_a_leader() {
    let mut host = leader();
    host.on(Event::Timeout(Timer::Contact));
    assert!(host.node.leads(), "it has heard of a quorum since");
    let told = indicated(&host.on(Event::Timeout(Timer::Contact)));
    assert_eq!((host.node.leads(), told), (false, vec![Indication::Leader(E1, None)]));
    let mut host = follower(N1);
    let told = indicated(&host.on(Event::Timeout(Timer::Contact)));
    assert_eq!((host.node.active_in(), told), (None, vec![Indication::Leader(E1, None)]));
}

fn electing(me: NodeId) -> Host {
    Host::start(Zab::new(Membership::of(NodeId::group(3)), Settings::default()), me, 3)
}

fn vote(leader: NodeId, epoch: Epoch, last: Zxid) -> Option<Vote> {
    Some(Vote { epoch, last, leader })
}

// Medeiros (2012), fast leader election: a better vote is taken over; a quorum, and nothing better for a while, ends the election.
#[test]
fn the_best_history_of_a_quorum_is_elected() {
    let mut host = electing(N0);
    let best = vote(N1, E1, zxid(E1, 2));
    let effects = host.receive(N1, Msg::Notification(State::Looking, 1, best));
    assert_eq!(sent(&effects).last(), Some(&(N2, Msg::Notification(State::Looking, 1, best))));
    let worse = vote(N2, E1, zxid(E1, 1));
    host.receive(N2, Msg::Notification(State::Looking, 1, worse));
    assert_eq!(sent(&host.on(Event::Timeout(Timer::Wait))), [(N1, Msg::FollowerInfo(E0))]);
    // All agree: nobody is left to wait for.
    let mut host = electing(N1);
    host.receive(N0, Msg::Notification(State::Looking, 1, vote(N1, E0, zxid(E0, 0))));
    host.receive(N2, Msg::Notification(State::Looking, 1, vote(N1, E0, zxid(E0, 0))));
    assert_eq!(sent(&host.receive(N0, Msg::FollowerInfo(E0))), [(N0, Msg::LeaderInfo(E1))]);
}

// The same: a vote of a later round begins that round, and one of an earlier round is answered.
#[test]
fn votes_of_other_rounds_do_not_count() {
    let mut host = electing(N0);
    host.on(Event::Timeout(Timer::Wait));
    let of = |clock| Msg::Notification(State::Looking, clock, vote(N0, E0, zxid(E0, 0)));
    host.receive(N1, of(3));
    let effects = host.receive(N2, of(1));
    assert_eq!(sent(&effects), [(N2, of(3))]);
    assert!(!host.marks.contains(&"elect"));
}

// ZOOKEEPER-1732: what followers say of a leader that is there may be of different times. Only whom they follow is compared.
#[test]
fn a_joiner_compares_nothing_but_the_leader() {
    let mut host = electing(N0);
    host.receive(N1, Msg::Notification(State::Following, 4, vote(N2, E1, zxid(E1, 1))));
    assert!(!host.marks.contains(&"elect"), "the leader itself has not said so");
    let effects = host.receive(N2, Msg::Notification(State::Leading, 2, vote(N2, E1, zxid(E1, 9))));
    assert_eq!(sent(&effects), [(N2, Msg::FollowerInfo(E0))]);
}

// What is not offered is refused.
#[test]
fn members_stay_and_nobody_hands_over() {
    let mut host = leader();
    for request in [Request::Change(Membership::of([N0])), Request::Transfer(N1)] {
        assert_eq!(indicated(&host.on(Event::Request(request.clone()))), [Indication::Refused(request)]);
    }
}
