//! Viewstamped Replication, sentence by sentence. The quotations are from Liskov and Cowling, *Viewstamped Replication
//! Revisited* (2012).

use synod_actor::{Effect, Event, NodeId};
use synod_consensus::{
    Epoch, Membership, Viewstamped,
    log::{Entry, Indication, Replica, Request, Snapshot},
    viewstamped::{Msg, Record, Settings, Stamped, Storage, Tail, Timer, Vote},
};
use synod_testing::{indicated, sent};

const N0: NodeId = NodeId(0);
const N1: NodeId = NodeId(1);
const N2: NodeId = NodeId(2);
const V1: Epoch = Epoch(1);
const V2: Epoch = Epoch(2);

type Node = Viewstamped<char, char>;
type Host = synod_testing::Host<Node>;
type Told = Indication<char, char>;

fn started_with(me: NodeId, storage: Storage) -> Host {
    let settings = Settings { storage, ..Settings::default() };
    Host::start(Viewstamped::new(Membership::of(NodeId::group(3)), settings), me, 3)
}

fn started(me: NodeId) -> Host {
    started_with(me, Storage::Disk)
}

fn stamped(view: Epoch, command: char) -> Stamped<char> {
    (view, Entry::Command(command))
}

fn log(after: u64, entries: &[Stamped<char>]) -> Tail<char, char> {
    Tail { snapshot: None, after, entries: entries.to_vec() }
}

fn vote(last_normal: Epoch, entries: &[Stamped<char>], commit: u64) -> Msg<char, char> {
    Msg::DoViewChange(V2, Vote { last_normal, log: log(0, entries), commit })
}

fn prepare(view: Epoch, number: u64, command: char, commit: u64) -> Msg<char, char> {
    Msg::Prepare(view, number, [stamped(view, command)].into(), commit)
}

fn committed(told: &[Told]) -> Vec<(u64, char)> {
    let of = |told: &Told| match told {
        Indication::Committed(at, _, Entry::Command(command)) => Some((*at, *command)),
        _ => None,
    };
    told.iter().filter_map(of).collect()
}

fn commands(host: &Host) -> Vec<char> {
    let at = |at| match host.node.entry(at) {
        Some((_, Entry::Command(command))) => *command,
        other => panic!("{other:?}"),
    };
    (host.node.journal().start() + 1..=host.node.last()).map(at).collect()
}

/// The second replica, as the primary of view 2 with this log.
fn primary_of_2(entries: &[Stamped<char>]) -> Host {
    let mut host = started(N1);
    host.on(Event::Timeout(Timer::ViewChange));
    host.receive(N2, Msg::StartViewChange(V2));
    host.receive(N2, vote(V1, entries, 0));
    assert!(host.node.leads() && host.node.epoch() == V2);
    host
}

// 4.1, 3: "The primary advances op-number, adds the request to the end of the log [...]. Then it sends a PREPARE message [...]
// to the other replicas." 5: "The primary waits for f PREPAREOK messages from different backups; at this point it considers the
// operation (and all earlier ones) to be committed."
#[test]
fn a_primary_orders_and_commits_with_f_backups() {
    let mut host = started(N0);
    let effects = host.on(Event::Request(Request::Append('a')));
    assert_eq!(sent(&effects), [(N1, prepare(V1, 1, 'a', 0)), (N2, prepare(V1, 1, 'a', 0))]);
    assert!(effects.contains(&Effect::Persist(Record::Append([stamped(V1, 'a')].into()))));
    host.on(Event::Request(Request::Append('b')));
    let effects = host.receive(N2, Msg::PrepareOk(V1, 2));
    assert_eq!(committed(&indicated(&effects)), [(1, 'a'), (2, 'b')]);
    assert_eq!(sent(&effects)[0], (N1, Msg::Commit(V1, 2)));
    assert_eq!(host.receive(N1, Msg::PrepareOk(V1, 2)), [], "once");
}

// 6.2: batching, the protocol runs once for all the requests that the primary has collected.
#[test]
fn entries_are_prepared_up_to_the_window_and_then_together() {
    let settings = Settings { window: 1, ..Settings::default() };
    let mut host = Host::start(Viewstamped::new(Membership::of(NodeId::group(3)), settings), N0, 3);
    assert_eq!(sent(&host.on(Event::Request(Request::Append('a'))))[0], (N1, prepare(V1, 1, 'a', 0)));
    assert_eq!(sent(&host.on(Event::Request(Request::Append('b')))), [], "it waits");
    assert_eq!(sent(&host.on(Event::Request(Request::Append('c')))), []);
    let both = Msg::Prepare(V1, 2, [stamped(V1, 'b'), stamped(V1, 'c')].into(), 1);
    let effects = host.receive(N2, Msg::PrepareOk(V1, 1));
    assert_eq!(sent(&effects), [(N1, both.clone()), (N2, both.clone())], "with the commit-number");
    assert_eq!(sent(&host.receive(N2, Msg::PrepareOk(V1, 3)))[0], (N1, Msg::Commit(V1, 3)));
    // What waits when the view ends is refused where it was asked for.
    for command in ['d', 'e'] {
        host.on(Event::Request(Request::Append(command)));
    }
    host.receive(N1, Msg::Forward('f'));
    let refused = Indication::Refused(Request::Append('e'));
    assert!(indicated(&host.receive(N1, Msg::StartViewChange(V2))).contains(&refused));
    assert_eq!(host.node.last(), 4);
    // A backup appends of it what it does not have.
    let mut backup = started(N1);
    backup.receive(N0, prepare(V1, 1, 'a', 0));
    backup.receive(N0, prepare(V1, 2, 'b', 1));
    let effects = backup.receive(N0, both);
    assert_eq!((commands(&backup), sent(&effects)), (vec!['a', 'b', 'c'], vec![(N0, Msg::PrepareOk(V1, 3))]));
}

// 4.1, 4: "A backup won't accept a prepare with op-number n until it has entries for all earlier requests in its log."
#[test]
fn a_backup_acknowledges_in_order_what_is_on_its_disk() {
    let mut host = started(N1);
    let effects = host.receive(N0, prepare(V1, 1, 'a', 0));
    let write = effects.iter().position(|effect| matches!(effect, Effect::Persist(_)));
    let ack = effects.iter().position(|effect| *effect == Effect::Send(N0, Msg::PrepareOk(V1, 1)));
    assert!(write.is_some() && write < ack, "{effects:?}");
    // There is a gap: it asks for what is behind its last entry, once.
    assert_eq!(sent(&host.receive(N0, prepare(V1, 3, 'c', 0))), [(N0, Msg::GetState(V1, 1))]);
    assert_eq!(sent(&host.receive(N0, prepare(V1, 4, 'd', 0))), []);
    let state = Msg::NewState(V1, 1, log(1, &[stamped(V1, 'b'), stamped(V1, 'c')]), 2);
    let effects = host.receive(N0, state.clone());
    assert_eq!(sent(&effects), [(N0, Msg::PrepareOk(V1, 3))]);
    assert_eq!(committed(&indicated(&effects)), [(1, 'a'), (2, 'b')]);
    assert_eq!(host.receive(N0, state), [], "late");
}

// 4.1: "If the sender is behind, the receiver drops the message."
#[test]
fn what_is_of_an_earlier_view_is_dropped() {
    let mut host = started(N2);
    host.receive(N1, Msg::StartViewChange(V2));
    assert_eq!(host.receive(N0, prepare(V1, 1, 'a', 0)), []);
    assert_eq!(host.receive(N0, Msg::Commit(V1, 1)), []);
    assert_eq!(host.node.last(), 0);
}

// 4.2, 1: "[It] advances its view-number, sets its status to view-change, and sends a STARTVIEWCHANGE message to the other
// replicas." 2: "When replica i receives STARTVIEWCHANGE messages for its view-number from f other replicas, it sends a
// DOVIEWCHANGE message to the node that will be the primary in the new view."
#[test]
fn a_view_change_is_written_and_wanted_by_a_quorum() {
    let mut host = started(N2);
    host.receive(N0, prepare(V1, 1, 'a', 1));
    let effects = host.on(Event::Timeout(Timer::ViewChange));
    assert_eq!(effects[0], Effect::Persist(Record::View(V2)));
    assert_eq!(sent(&effects), [(N0, Msg::StartViewChange(V2)), (N1, Msg::StartViewChange(V2))]);
    let effects = host.receive(N0, Msg::StartViewChange(V2));
    assert_eq!(sent(&effects), [(N1, vote(V1, &[stamped(V1, 'a')], 1))]);
    assert_eq!(sent(&host.receive(N1, Msg::StartViewChange(V2))), [], "once");
    // It still is on the way there when it restarts.
    host.restart();
    assert_eq!((host.node.epoch(), host.node.normal_in()), (V2, None));
}

// 4.2, 3: "[It] selects as the new log the one contained in the message with the largest v'; if several messages have the same v'
// it selects the one among them with the largest n. [...] It sets its commit-number to the largest such number it received."
#[test]
fn a_new_primary_takes_the_log_of_the_latest_view() {
    let mut host = started(N1);
    for (number, command) in [(1, 'x'), (2, 'y')] {
        host.receive(N0, prepare(V1, number, command, 0));
    }
    // In view 4, for the replicas take turns.
    let v5 = Epoch(5);
    host.receive(N2, Msg::StartViewChange(v5));
    let late = Vote { last_normal: Epoch(3), log: log(0, &[stamped(Epoch(3), 'a')]), commit: 1 };
    let effects = host.receive(N2, Msg::DoViewChange(v5, late));
    assert!(host.node.leads());
    assert_eq!((commands(&host), committed(&indicated(&effects))), (vec!['a'], vec![(1, 'a')]));
    let to_n0 = Msg::StartView(v5, log(0, &[stamped(Epoch(3), 'a')]), 1);
    assert_eq!(sent(&effects), [(N0, to_n0), (N2, Msg::StartView(v5, log(1, &[]), 1))]);
}

// 4.2, 5: "They replace their log with the one in the message [...]. If there are non-committed operations in the log, they send a
// PREPAREOK message to the primary."
#[test]
fn backups_take_the_log_of_the_new_view_once() {
    let mut host = started(N2);
    host.receive(N0, prepare(V1, 1, 'x', 0));
    let start = Msg::StartView(V2, log(0, &[stamped(V1, 'a')]), 0);
    let effects = host.receive(N1, start.clone());
    assert_eq!((commands(&host), sent(&effects)), (vec!['a'], vec![(N1, Msg::PrepareOk(V2, 1))]));
    host.receive(N1, prepare(V2, 2, 'b', 0));
    assert_eq!(host.receive(N1, start), []);
    assert_eq!(commands(&host), ['a', 'b']);
    assert_eq!(host.recovered().journal(), host.node.journal());
}

// 5.2, repaired: a replica that hears of a later view keeps its log, and its view, until it has the other one.
#[test]
fn whoever_is_behind_keeps_what_it_has_until_it_has_better() {
    let mut host = started(N2);
    host.receive(N0, prepare(V1, 1, 'a', 1));
    host.receive(N0, prepare(V1, 2, 'x', 1));
    let effects = host.receive(N1, prepare(V2, 3, 'c', 2));
    assert_eq!(effects, [Effect::Send(N1, Msg::GetState(V2, 1))]);
    assert_eq!((host.node.epoch(), commands(&host)), (V1, vec!['a', 'x']));
    host.receive(N1, Msg::NewState(V2, 1, log(1, &[stamped(V2, 'b'), stamped(V2, 'c')]), 2));
    assert_eq!((host.node.normal_in(), commands(&host)), (Some(V2), vec!['a', 'b', 'c']));
}

// Ours: a primary that restarts may have sent what it had not written.
#[test]
fn a_primary_that_restarts_leaves_its_view_and_a_backup_stays() {
    let mut host = started(N0);
    let effects = host.restart();
    assert!(effects.contains(&Effect::Persist(Record::View(V2))) && !host.node.leads());
    let mut host = started(N1);
    host.restart();
    assert_eq!(host.node.normal_in(), Some(V1));
}

// 4.3: "It waits to receive at least f+1 RECOVERYRESPONSE messages from different replicas, all containing the nonce it sent in its
// RECOVERY message, including one from the primary of the latest view it learns of in these messages."
#[test]
fn recovery_needs_a_quorum_the_nonce_and_the_primary_of_the_latest_view() {
    let mut host = started_with(N2, Storage::Memory);
    let effects = host.restart();
    assert_eq!(sent(&effects), [(N0, Msg::Recovery(V1, 2)), (N1, Msg::Recovery(V1, 2))]);
    let known = Some((log(0, &[stamped(V1, 'a')]), 1));
    let response = |view, nonce, known| Msg::RecoveryResponse(view, nonce, known);
    host.receive(N1, response(V1, 1, None));
    host.receive(N0, response(V1, 2, known.clone()));
    host.receive(N0, prepare(V1, 1, 'a', 1));
    assert_eq!(host.node.normal_in(), None, "one alone has the nonce");
    // Of a later view, whose primary is to say what its log is.
    host.receive(N1, response(V2, 2, None));
    assert_eq!(host.node.normal_in(), None);
    let effects = host.receive(N1, response(V2, 2, known));
    assert_eq!((host.node.normal_in(), committed(&indicated(&effects))), (Some(V2), vec![(1, 'a')]));
}

// 4.3, repaired: what it has promised before it crashed binds it.
#[test]
fn nobody_recovers_into_a_view_before_the_promised_one() {
    let mut host = started_with(N2, Storage::Memory);
    host.on(Event::Timeout(Timer::ViewChange));
    let effects = host.restart();
    assert_eq!(sent(&effects)[0], (N0, Msg::Recovery(V2, 2)));
    host.receive(N1, Msg::RecoveryResponse(V1, 2, None));
    host.receive(N0, Msg::RecoveryResponse(V1, 2, Some((log(0, &[]), 0))));
    assert_eq!(host.node.normal_in(), None);
    // Whoever is asked gets there too.
    let mut other = started_with(N0, Storage::Memory);
    let effects = other.receive(N2, Msg::Recovery(V2, 2));
    assert!(sent(&effects).contains(&(N1, Msg::StartViewChange(V2))) && !other.node.leads());
}

// 5.1: "Each replica takes a checkpoint [...]. After a node takes a checkpoint it discards the log prior to it."
#[test]
fn a_snapshot_replaces_entries_here_and_at_those_that_lag_behind() {
    let mut host = started(N0);
    for command in ['a', 'b', 'c'] {
        host.on(Event::Request(Request::Append(command)));
    }
    host.receive(N1, Msg::PrepareOk(V1, 2));
    let early = indicated(&host.on(Event::Request(Request::Snapshot(3, 's'))));
    assert_eq!(early, [Indication::Refused(Request::Snapshot(3, 's'))], "it is not committed yet");
    host.on(Event::Request(Request::Snapshot(2, 's')));
    assert_eq!((host.node.journal().start(), commands(&host)), (2, vec!['c']));
    let members = Membership::of(NodeId::group(3));
    let snapshot = Snapshot { position: 2, epoch: V1, members, state: 's' };
    let tail = Tail { snapshot: Some(snapshot.clone()), after: 2, entries: vec![stamped(V1, 'c')] };
    let answer = sent(&host.receive(N2, Msg::GetState(V1, 0)));
    assert_eq!(answer, [(N2, Msg::NewState(V1, 0, tail, 2))]);

    let mut behind = started(N2);
    assert_eq!(sent(&behind.receive(N0, prepare(V1, 3, 'c', 2))), [(N0, Msg::GetState(V1, 0))]);
    let effects = behind.receive(N0, answer[0].1.clone());
    assert_eq!(indicated(&effects), [Indication::Restore(snapshot.clone())]);
    assert_eq!((behind.node.committed(), behind.node.last()), (2, 3));
    assert!(indicated(&behind.restart()).contains(&Indication::Restore(snapshot)));
}

// Ours: a read sees what the primary has inherited, and waits for a round of its own.
#[test]
fn a_read_waits_for_what_is_inherited_and_for_a_quorum() {
    let mut host = primary_of_2(&[stamped(V1, 'a')]);
    let effects = host.on(Event::Request(Request::Barrier(7)));
    assert_eq!(sent(&effects)[0], (N0, Msg::Confirm(V2, 1)));
    assert_eq!(indicated(&host.receive(N0, Msg::Confirmed(V2, 1))), [], "nobody has acknowledged the entry");
    let told = indicated(&host.receive(N2, Msg::PrepareOk(V2, 1)));
    assert_eq!((committed(&told), told.last()), (vec![(1, 'a')], Some(&Indication::Passed(7))));
    // A backup asks the primary.
    let mut backup = started(N1);
    assert_eq!(sent(&backup.on(Event::Request(Request::Barrier(8)))), [(N0, Msg::AskRead(8))]);
    assert_eq!(indicated(&backup.receive(N0, Msg::ReadAt(8, Some(0)))), [Indication::Passed(8)]);
}

// What is not offered is refused.
#[test]
fn members_stay_and_a_primary_hands_over_to_whom_has_everything() {
    let mut host = started(N0);
    let change = Request::Change(Membership::of([N0]));
    assert_eq!(indicated(&host.on(Event::Request(change.clone()))), [Indication::Refused(change)]);
    let transfer = || Event::Request(Request::Transfer(N2));
    assert_eq!(indicated(&host.on(transfer())), [Indication::Refused(Request::Transfer(N2))]);
    host.on(Event::Request(Request::Append('a')));
    host.receive(N2, Msg::PrepareOk(V1, 1));
    assert_eq!(sent(&host.on(transfer()))[0], (N1, Msg::StartViewChange(Epoch(3))));
}
