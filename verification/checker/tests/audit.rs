//! Audits find what they are for, and find nothing in what is sound.

use std::{
    cmp::Ordering,
    collections::BTreeSet,
    hash::{Hash, Hasher},
    sync::atomic::{AtomicU8, Ordering::Relaxed},
    time::Duration,
};

use synod_actor::{Actor, Cx, Effect, Event, NodeId, Nothing, Port};
use synod_checker::{
    Environment, Limit, System,
    audit::{Audit, Rule, audit},
};

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Numbers;
impl Port for Numbers {
    type Request = u8;
    type Indication = u8;
}

/// What is wrong with an actor, if anything.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Flaw {
    None,
    /// Answers with what is not in its state.
    Impure,
    /// Counts in what is durable, without a record.
    Unrecorded,
    /// Writes what it does not apply.
    Unapplied,
    /// Remembers all that it was told.
    Hoards,
}

/// Adds up what it is told, durably, and tells the others of it again and again.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Sum {
    sum: u8,
    told: Vec<u8>,
    seen: BTreeSet<NodeId>,
    flaw: Flaw,
}

static ANYTHING: AtomicU8 = AtomicU8::new(0);

impl Actor for Sum {
    type Provides = Numbers;
    type Uses = Nothing;
    type Msg = u8;
    type Timer = ();
    type Record = u8;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => cx.set((), Duration::ZERO..Duration::from_secs(1)),
            Event::Request(number) => {
                match self.flaw {
                    Flaw::Unapplied => cx.issue(Effect::Persist(number)),
                    _ => self.persist(number, cx),
                }
                cx.indicate(self.sum);
            }
            Event::Receive(from, number) => {
                self.seen.insert(from);
                match self.flaw {
                    Flaw::Unrecorded => self.sum = self.sum.max(number),
                    Flaw::Hoards => self.told.push(number),
                    Flaw::Impure => cx.indicate(ANYTHING.fetch_add(1, Relaxed)),
                    Flaw::None | Flaw::Unapplied => {}
                }
            }
            Event::Timeout(()) => {
                cx.send_others(self.sum);
                cx.set((), Duration::ZERO..Duration::from_secs(1));
            }
            Event::Indication(never) => match never {},
        }
    }

    fn replay(&mut self, number: u8) {
        self.sum = self.sum.saturating_add(number);
    }
}

fn audited(flaw: Flaw) -> Audit {
    let node = Sum { sum: 0, told: Vec::new(), seen: BTreeSet::new(), flaw };
    let environment = Environment::default().crash_recovery(1).delayed_disk().timeouts(Limit::Budget(1));
    let system =
        System::new(vec![node; 2], ()).request(NodeId(0), 3).request(NodeId(1), 4).environment(environment);
    audit(&system, &Default::default())
}

fn found(flaw: Flaw) -> Vec<Rule> {
    let audit = audited(flaw);
    assert!(audit.steps > 1_000, "the walks get somewhere");
    audit.findings.into_iter().map(|finding| finding.rule).collect()
}

#[test]
fn nothing_is_found_in_what_is_sound() {
    let audit = audited(Flaw::None);
    assert_eq!(audit.findings, []);
    assert!(audit.is_sound());
    assert_eq!(audited(Flaw::None), audit, "the same seed, the same walks");
}

#[test]
fn each_flaw_is_found() {
    assert_eq!(found(Flaw::Impure), [Rule::Determinism]);
    assert_eq!(found(Flaw::Unrecorded), [Rule::Durability]);
    assert_eq!(found(Flaw::Unapplied), [Rule::Replay]);
    assert_eq!(found(Flaw::Hoards), [Rule::Growth]);
    assert!(!audited(Flaw::Impure).is_sound() && audited(Flaw::Hoards).is_sound());
}

#[test]
fn what_grows_is_named() {
    let audit = audited(Flaw::Hoards);
    assert!(audit.findings[0].what.starts_with("`told` grows: to "), "{audit:?}");
}

/// Equal whatever the second number is; `SEEN` by its hash, or by its order.
#[derive(Clone, Debug)]
struct Partly<const HASHED: bool, const ORDERED: bool>(u8, u8);
impl<const HASHED: bool, const ORDERED: bool> PartialEq for Partly<HASHED, ORDERED> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<const HASHED: bool, const ORDERED: bool> Eq for Partly<HASHED, ORDERED> {}
impl<const HASHED: bool, const ORDERED: bool> Hash for Partly<HASHED, ORDERED> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.0, if HASHED { self.1 } else { 0 }).hash(state);
    }
}
impl<const HASHED: bool, const ORDERED: bool> PartialOrd for Partly<HASHED, ORDERED> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<const HASHED: bool, const ORDERED: bool> Ord for Partly<HASHED, ORDERED> {
    fn cmp(&self, other: &Self) -> Ordering {
        let second = if ORDERED { self.1.cmp(&other.1) } else { Ordering::Equal };
        self.0.cmp(&other.0).then(second)
    }
}

/// Sends what compares in an odd way.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Sender<const HASHED: bool, const ORDERED: bool>;
impl<const HASHED: bool, const ORDERED: bool> Actor for Sender<HASHED, ORDERED> {
    type Provides = Numbers;
    type Uses = Nothing;
    type Msg = Partly<HASHED, ORDERED>;
    type Timer = synod_actor::Never;
    type Record = synod_actor::Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Request(number) => cx.send_others(Partly(7, number)),
            Event::Start | Event::Receive(..) => {}
            Event::Timeout(never) => match never {},
            Event::Indication(never) => match never {},
        }
    }

    fn replay(&mut self, record: synod_actor::Never) {
        match record {}
    }
}

#[test]
fn odd_comparisons_are_found() {
    fn what<const HASHED: bool, const ORDERED: bool>() -> String {
        let system =
            System::new(vec![Sender::<HASHED, ORDERED>; 2], ()).request(NodeId(0), 1).request(NodeId(1), 2);
        let audit = audit(&system, &Default::default());
        assert_eq!(audit.findings.iter().map(|finding| finding.rule).collect::<Vec<_>>(), [Rule::Identity]);
        audit.findings[0].what.clone()
    }
    assert!(what::<true, false>().contains("have different hashes"));
    assert!(what::<false, true>().contains("are equal to Eq, "));
    let overlooked = what::<false, false>();
    assert!(overlooked.contains("are equal, but differ in `state`, which Eq does not see"), "{overlooked}");
}
