//! Each property of a replicated log, violated and not.

use synod_actor::NodeId;
use synod_consensus::{
    Epoch, Log, Membership,
    log::{
        Entry::{self, Blank, Command, Members},
        Indication::{Committed, Leader, Passed, Refused, Restore},
        Position, Replica, Request, Snapshot,
    },
};
use synod_properties::{
    LogMonitor, Monitor, Observation,
    Observation::{Crash, Restart},
    log::{
        AGREEMENT, CATCHING_UP, FRESH_READS, INTEGRITY, ONE_LEADER, TERMINATION, VALIDITY,
        state::{committed_agree, leaders_are_complete, logs_match, one_leader},
    },
};

type Port = Log<char, char>;
type Observed = (u16, Observation<Port>);

fn asked(at: u16, request: Request<char, char>) -> Observed {
    (at, Observation::Request(request))
}

fn append(at: u16, command: char) -> Observed {
    asked(at, Request::Append(command))
}

fn told(at: u16, position: Position, entry: Entry<char>) -> Observed {
    told_of(at, position, 1, entry)
}

fn told_of(at: u16, position: Position, epoch: u64, entry: Entry<char>) -> Observed {
    (at, Observation::Indication(Committed(position, Epoch(epoch), entry)))
}

fn refused(at: u16, request: Request<char, char>) -> Observed {
    (at, Observation::Indication(Refused(request)))
}

fn passed(at: u16, barrier: u64) -> Observed {
    (at, Observation::Indication(Passed(barrier)))
}

fn leads(at: u16, epoch: u64, leader: u16) -> Observed {
    (at, Observation::Indication(Leader(Epoch(epoch), Some(NodeId(leader)))))
}

fn restored(at: u16, position: Position, epoch: u64, state: char) -> Observed {
    let snapshot = Snapshot { position, epoch: Epoch(epoch), members: Membership::default(), state };
    (at, Observation::Indication(Restore(snapshot)))
}

/// The property that a run violates first, if any.
fn violated(run: &[Observed]) -> Option<&'static str> {
    let mut monitor = LogMonitor::new();
    run.iter().find_map(|(node, what)| monitor.observe(NodeId(*node), what).err()).map(|found| {
        assert!(Monitor::<Port>::safety(&monitor).contains(&found.property));
        found.property
    })
}

/// Whether something is owed after a run.
fn owes(mut monitor: LogMonitor<char, char>, liveness: &str, run: &[Observed]) -> bool {
    for (node, what) in run {
        monitor.observe(NodeId(*node), what).expect("the run is safe");
    }
    monitor.owes(liveness)
}

#[test]
fn all_are_told_the_same_in_order() {
    let run = [append(0, 'a'), told(0, 1, Blank), told(0, 2, Command('a')), told(1, 1, Blank)];
    assert_eq!(violated(&run), None);
    assert_eq!(violated(&[&run[..], &[told(1, 2, Command('a'))]].concat()), None);
}

#[test]
fn entries_and_epochs_of_a_position_agree_across_crashes() {
    let run = [append(0, 'a'), append(0, 'b'), told(0, 1, Command('a')), (0, Crash), (0, Restart)];
    for (other, violates) in [
        (told(1, 1, Command('a')), None),
        (told(1, 1, Command('b')), Some(AGREEMENT)),
        (told_of(1, 1, 2, Command('a')), Some(AGREEMENT)),
        (told(0, 1, Command('b')), Some(AGREEMENT)),
        (told(0, 1, Command('a')), None),
    ] {
        assert_eq!(violated(&[&run[..], std::slice::from_ref(&other)].concat()), violates, "{other:?}");
    }
}

#[test]
fn positions_come_in_order_once_in_each_incarnation() {
    assert_eq!(violated(&[told(0, 2, Blank)]), Some(INTEGRITY));
    assert_eq!(violated(&[told(0, 1, Blank), told(0, 1, Blank)]), Some(INTEGRITY));
    assert_eq!(violated(&[told(0, 1, Blank), told(0, 3, Blank)]), Some(INTEGRITY));
    assert_eq!(violated(&[told(0, 1, Blank), (0, Crash), (0, Restart), told(0, 1, Blank)]), None);
    assert_eq!(violated(&[told(0, 1, Blank), (0, Crash), (0, Restart), told(0, 2, Blank)]), Some(INTEGRITY));
}

#[test]
fn what_is_committed_was_asked_for_and_not_refused() {
    assert_eq!(violated(&[told(0, 1, Command('a'))]), Some(VALIDITY));
    let refusal = [append(0, 'a'), refused(0, Request::Append('a'))];
    assert_eq!(violated(&[&refusal[..], &[told(0, 1, Command('a'))]].concat()), Some(VALIDITY));
    let again = [&refusal[..], &[append(1, 'a'), told(0, 1, Command('a'))]].concat();
    assert_eq!(violated(&again), None);
}

#[test]
fn members_are_those_asked_for_or_a_step_towards_them() {
    let goal = Membership::of([NodeId(1)]);
    let step = goal.clone().with_outgoing([NodeId(0)]);
    let ask = asked(0, Request::Change(goal.clone()));
    let run = [ask, told(0, 1, Members(step.clone())), told(0, 2, Members(goal))];
    assert_eq!(violated(&run), None);
    assert_eq!(violated(&run[1..]), Some(VALIDITY));
    let other = Membership::of([NodeId(2)]).with_outgoing([NodeId(0)]);
    assert_eq!(violated(&[run[0].clone(), told(0, 1, Members(other))]), Some(VALIDITY));
}

#[test]
fn a_snapshot_was_given_and_never_leads_back() {
    let given = [told(0, 1, Blank), told(0, 2, Blank), asked(0, Request::Snapshot(2, 's'))];
    let after = |what: Observed| violated(&[&given[..], &[what]].concat());
    assert_eq!(after(restored(1, 2, 1, 's')), None);
    assert_eq!(after(restored(1, 2, 1, 't')), Some(VALIDITY));
    assert_eq!(after(restored(1, 1, 1, 's')), Some(VALIDITY));
    assert_eq!(after(restored(1, 2, 7, 's')), Some(AGREEMENT));
    assert_eq!(after(restored(0, 2, 1, 's')), Some(INTEGRITY), "it was told of that");
    let goes_on = [&given[..], &[restored(1, 2, 1, 's'), told(1, 3, Blank)]].concat();
    assert_eq!(violated(&goes_on), None);
    let refused = [&given[..], &[refused(0, Request::Snapshot(2, 's')), restored(1, 2, 1, 's')]].concat();
    assert_eq!(violated(&refused), Some(VALIDITY));
}

#[test]
fn an_epoch_has_one_leader() {
    assert_eq!(violated(&[leads(0, 1, 0), leads(1, 1, 0), leads(1, 2, 1)]), None);
    assert_eq!(violated(&[leads(0, 1, 0), leads(1, 1, 1)]), Some(ONE_LEADER));
    assert_eq!(violated(&[leads(0, 1, 0), (0, Crash), (0, Restart), leads(0, 1, 1)]), Some(ONE_LEADER));
}

#[test]
fn a_barrier_is_passed_with_all_that_was_committed_when_it_was_asked_for() {
    let run = [told(0, 1, Blank), asked(1, Request::Barrier(7))];
    let after = |more: &[Observed]| violated(&[&run[..], more].concat());
    assert_eq!(after(&[passed(1, 7)]), Some(FRESH_READS));
    assert_eq!(after(&[told(1, 1, Blank), passed(1, 7)]), None);
    // What is committed later it need not see.
    assert_eq!(after(&[told(0, 2, Blank), told(1, 1, Blank), passed(1, 7)]), None);
    assert_eq!(after(&[passed(1, 8)]), Some(FRESH_READS), "nobody asked");
    assert_eq!(after(&[told(1, 1, Blank), passed(1, 7), passed(1, 7)]), Some(FRESH_READS), "again");
    assert_eq!(after(&[refused(1, Request::Barrier(7)), passed(1, 7)]), Some(FRESH_READS), "refused");
    assert_eq!(after(&[(1, Crash), (1, Restart), passed(1, 7)]), Some(FRESH_READS), "of a former life");
}

#[test]
fn an_append_is_owed_until_it_is_told_refused_or_forgotten_in_a_crash() {
    let owed = |run: &[Observed]| owes(LogMonitor::new().appends_terminate(), TERMINATION, run);
    assert!(!owed(&[]));
    assert!(owed(&[append(0, 'a')]));
    assert!(owed(&[append(0, 'a'), told(1, 1, Command('a'))]), "elsewhere");
    assert!(!owed(&[append(0, 'a'), told(0, 1, Command('a'))]));
    assert!(!owed(&[append(0, 'a'), refused(0, Request::Append('a'))]));
    assert!(!owed(&[append(0, 'a'), (0, Crash), (0, Restart)]));
    assert!(!owes(LogMonitor::new(), TERMINATION, &[append(0, 'a')]), "nobody asked to watch");
}

#[test]
fn whoever_is_up_is_to_be_told_what_anyone_was() {
    let group = NodeId::group(2);
    let owed = |run: &[Observed]| owes(LogMonitor::new().everyone_catches_up(&group), CATCHING_UP, run);
    assert!(!owed(&[]));
    assert!(owed(&[told(0, 1, Blank)]));
    assert!(!owed(&[told(0, 1, Blank), told(1, 1, Blank)]));
    assert!(!owed(&[told(0, 1, Blank), (1, Crash)]));
    assert!(owed(&[told(0, 1, Blank), (1, Crash), (1, Restart)]));
    let given = [told(0, 1, Blank), asked(0, Request::Snapshot(1, 's')), restored(1, 1, 1, 's')];
    assert!(!owed(&given));
}

#[test]
fn liveness_is_watched_if_asked() {
    let names = |monitor: LogMonitor<char, char>| Monitor::<Port>::liveness(&monitor);
    assert_eq!(names(LogMonitor::new()), [""; 0]);
    let both = LogMonitor::new().appends_terminate().everyone_catches_up(&NodeId::group(1));
    assert_eq!(names(both), [TERMINATION, CATCHING_UP]);
}

#[test]
fn a_run_may_begin_in_the_middle() {
    let mut monitor = LogMonitor::new().asked(['a']).aimed_at([Membership::of([NodeId(0)])]);
    for (node, what) in [told(0, 1, Command('a')), told(0, 2, Members(Membership::of([NodeId(0)])))] {
        monitor.observe(NodeId(node), &what).expect("it was asked for before");
    }
    assert_eq!((monitor.committed().len(), monitor.told(NodeId(0)), monitor.told(NodeId(1))), (2, 2, 0));
}

/// A node as predicates see it: what it leads, its epoch, what is committed, and its log behind a snapshot.
#[derive(Clone)]
struct Seen {
    leads: bool,
    epoch: u64,
    committed: Position,
    compacted: Position,
    log: Vec<(Epoch, Entry<char>)>,
}

impl Replica for Seen {
    type Command = char;
    fn epoch(&self) -> Epoch {
        Epoch(self.epoch)
    }
    fn leads(&self) -> bool {
        self.leads
    }
    fn committed(&self) -> Position {
        self.committed
    }
    fn last(&self) -> Position {
        self.log.len() as Position
    }
    fn entry(&self, at: Position) -> Option<(Epoch, &Entry<char>)> {
        let (epoch, entry) = self.log.get(usize::try_from(at).ok()?.checked_sub(1)?)?;
        (at > self.compacted).then_some((*epoch, entry))
    }
}

/// A follower in this epoch with these commands, and their epochs, of which so many are committed.
fn seen(epoch: u64, committed: Position, log: &[(u64, char)]) -> Seen {
    let log = log.iter().map(|&(epoch, command)| (Epoch(epoch), Command(command))).collect();
    Seen { leads: false, epoch, committed, compacted: 0, log }
}

fn leading(seen: Seen) -> Seen {
    Seen { leads: true, ..seen }
}

#[test]
fn two_leaders_in_one_epoch_are_one_too_many() {
    let [one, other] = [1, 1].map(|epoch| leading(seen(epoch, 0, &[])));
    let later = leading(seen(2, 0, &[]));
    assert!(!one_leader(&[&one, &other]));
    assert!(one_leader(&[&one, &later, &seen(1, 0, &[])]));
}

#[test]
fn logs_with_a_common_entry_have_a_common_past() {
    let log = seen(3, 0, &[(1, 'a'), (2, 'b'), (3, 'c')]);
    assert!(logs_match(&[&log, &seen(3, 0, &[(1, 'a'), (1, 'x')])]), "nothing in common behind the first");
    assert!(!logs_match(&[&log, &seen(3, 0, &[(1, 'x')])]));
    assert!(!logs_match(&[&log, &seen(3, 0, &[(1, 'x'), (2, 'b')])]));
    assert!(!logs_match(&[&log, &seen(3, 0, &[(1, 'a'), (1, 'x'), (3, 'c')])]));
    let compacted = Seen { compacted: 1, ..seen(3, 0, &[(1, 'x'), (2, 'b')]) };
    assert!(logs_match(&[&log, &compacted]), "what is gone cannot be compared");
}

#[test]
fn leaders_have_what_was_committed_before_them() {
    let committed = seen(2, 1, &[(1, 'a'), (2, 'b')]);
    assert!(leaders_are_complete(&[&committed, &leading(seen(3, 0, &[(1, 'a')]))]));
    assert!(!leaders_are_complete(&[&committed, &leading(seen(3, 0, &[]))]));
    assert!(!leaders_are_complete(&[&committed, &leading(seen(3, 0, &[(1, 'x')]))]));
    assert!(leaders_are_complete(&[&committed, &leading(seen(1, 0, &[]))]), "a leader of the past");
    assert!(leaders_are_complete(&[&committed, &seen(3, 0, &[])]), "no leader");
}

#[test]
fn committed_entries_agree() {
    let one = seen(1, 2, &[(1, 'a'), (1, 'b')]);
    assert!(committed_agree(&[&one, &seen(1, 1, &[(1, 'a'), (2, 'x')])]));
    assert!(!committed_agree(&[&one, &seen(2, 2, &[(1, 'a'), (2, 'x')])]));
}
