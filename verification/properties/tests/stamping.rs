//! Each property of timestamps, and of a uniqueness constraint, violated and not.

use synod_actor::NodeId;
use synod_clocks::actors::{
    Answer::{self, Granted, Refused},
    Claim, Indication as Says, Stamped, Stamping, Uniqueness,
};
use synod_properties::{
    Monitor, Observation,
    Observation::{Crash, Indication, Request, Restart},
    StampingMonitor, UniquenessMonitor,
    stamping::{CAUSALITY, NUMBERED, UNIQUENESS, VALIDITY},
    uniqueness::{ANSWERED, FAIR_REFUSAL, UNIQUE},
};

type Seen = Observation<Stamping<char, u64>>;

fn numbered(event: char, stamp: u64) -> Seen {
    Indication(Says::Numbered(Stamped { event, stamp }))
}

fn heard(event: char, stamp: u64) -> Seen {
    Indication(Says::Heard(Stamped { event, stamp }))
}

/// The property that a run violates first, if any.
fn violated(mut monitor: StampingMonitor<char, u64>, run: &[(u16, Seen)]) -> Option<&'static str> {
    run.iter().find_map(|(node, what)| monitor.observe(NodeId(*node), what).err()).map(|found| found.property)
}

/// An event at a node that is numbered at once.
fn event(node: u16, event: char, stamp: u64) -> [(u16, Seen); 2] {
    [(node, Request(event)), (node, numbered(event, stamp))]
}

#[test]
fn an_event_comes_after_all_that_its_node_did_or_heard_of() {
    let run = |first: &[(u16, Seen)], then: u64| {
        violated(StampingMonitor::new(), &[first, &event(0, 'z', then)].concat())
    };
    let own = event(0, 'a', 5);
    assert_eq!((run(&own, 4), run(&own, 6)), (Some(CAUSALITY), None));
    let other = [&event(1, 'a', 5)[..], &[(0, heard('a', 5))]].concat();
    assert_eq!((run(&other, 4), run(&other, 6)), (Some(CAUSALITY), None));
    assert_eq!(run(&event(1, 'a', 5), 4), None, "nobody told it");

    // It is the largest that counts, in whatever order they are heard of.
    let both = [&event(1, 'a', 5)[..], &event(2, 'b', 3), &[(0, heard('a', 5)), (0, heard('b', 3))]].concat();
    assert_eq!(run(&both, 4), Some(CAUSALITY));
    assert_eq!(
        violated(StampingMonitor::new().in_any_order(), &[both, event(0, 'z', 4).to_vec()].concat()),
        None
    );
}

#[test]
fn no_two_events_have_the_same_timestamp() {
    let run = [event(0, 'a', 5), event(1, 'b', 5)].concat();
    for monitor in [StampingMonitor::new(), StampingMonitor::new().in_any_order()] {
        assert_eq!(violated(monitor, &run), Some(UNIQUENESS));
    }
}

#[test]
fn only_what_happened_is_numbered_and_once_and_there() {
    let validity = |run: &[(u16, Seen)]| violated(StampingMonitor::new(), run);
    assert_eq!(validity(&[(0, numbered('a', 1))]), Some(VALIDITY));
    assert_eq!(validity(&[&event(0, 'a', 1)[..], &[(0, numbered('a', 2))]].concat()), Some(VALIDITY));
    assert_eq!(validity(&[(0, Request('a')), (1, numbered('a', 1))]), Some(VALIDITY));
}

#[test]
fn what_happens_at_a_node_that_is_up_is_owed_a_number() {
    let owes = |run: &[(u16, Seen)]| {
        let mut monitor = StampingMonitor::new().everything_is_numbered();
        run.iter().for_each(|(node, what)| monitor.observe(NodeId(*node), what).expect("the run is safe"));
        monitor.owes(NUMBERED)
    };
    assert!(owes(&[(0, Request('a'))]) && !owes(&event(0, 'a', 1)) && !owes(&[]));
    assert!(!owes(&[(0, Request('a')), (0, Crash)]));
    assert!(owes(&[(0, Request('a')), (0, Crash), (0, Restart)]));
    assert!(!StampingMonitor::<char, u64>::new().owes(NUMBERED));
}

fn claims(run: &[(u16, Observation<Uniqueness>)]) -> (Option<&'static str>, bool) {
    let mut monitor = UniquenessMonitor::new().every_claim_is_answered();
    let violated = run.iter().find_map(|(node, what)| monitor.observe(NodeId(*node), what).err());
    (violated.map(|found| found.property), monitor.owes(ANSWERED))
}

fn answer(answer: Answer) -> Observation<Uniqueness> {
    Indication(answer)
}

#[test]
fn a_name_has_one_owner() {
    let both = [(0, Request(Claim)), (1, Request(Claim)), (0, answer(Granted))];
    assert_eq!(claims(&[&both[..], &[(1, answer(Refused))]].concat()), (None, false));
    assert_eq!(claims(&[&both[..], &[(1, answer(Granted))]].concat()).0, Some(UNIQUE));
    assert_eq!(claims(&[(0, answer(Granted))]).0, Some(UNIQUE), "unasked");
}

#[test]
fn who_is_refused_has_a_rival() {
    assert_eq!(claims(&[(0, Request(Claim)), (0, answer(Refused))]).0, Some(FAIR_REFUSAL));
    let both = [(0, Request(Claim)), (1, Request(Claim)), (0, answer(Refused))];
    assert_eq!(claims(&both), (None, true));
    assert_eq!(
        claims(&[&both[..], &[(1, answer(Refused))]].concat()).0,
        Some(FAIR_REFUSAL),
        "nobody gets it"
    );
    assert_eq!(claims(&[&both[..], &[(1, answer(Granted))]].concat()), (None, false));
    // The claim of a node that crashed may be known to the others.
    let crashed = [(0, Request(Claim)), (1, Request(Claim)), (1, Crash), (0, answer(Refused))];
    assert_eq!(claims(&crashed), (None, false));
}

#[test]
fn a_claim_is_owed_an_answer_while_its_node_is_up() {
    assert!(claims(&[(0, Request(Claim))]).1);
    assert!(!claims(&[(0, Request(Claim)), (0, Crash)]).1);
    assert!(claims(&[(0, Request(Claim)), (0, Crash), (0, Restart)]).1);
}
