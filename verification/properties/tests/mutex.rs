//! Each property of mutual exclusion, violated and not; and what a witness sees.

use std::{collections::VecDeque, time::Duration};

use synod_actor::{Actor, Cx, Effect, Env, Event, Never, NodeId, Nothing};
use synod_mutex::{
    Indication::{self as Told, Granted, Released},
    MutualExclusion,
    Request::{self, Acquire, Release},
};
use synod_properties::{
    GrantOrderMonitor, Monitor, MutexMonitor, Observation,
    Observation::{Crash, Restart},
    Witness,
    mutex::{EXCLUSION, NO_STARVATION, ORDER, VALIDITY},
    witness::Seen,
};

fn asks(request: Request) -> Observation<MutualExclusion> {
    Observation::Request(request)
}

fn told(told: Told) -> Observation<MutualExclusion> {
    Observation::Indication(told)
}

/// What a run violates first, if anything, and whether it owes a grant.
fn watch(run: &[(u16, Observation<MutualExclusion>)]) -> (Option<&'static str>, bool) {
    let mut monitor = MutexMonitor::new().nobody_starves();
    let violated = run.iter().find_map(|(node, what)| monitor.observe(NodeId(*node), what).err());
    (violated.map(|found| found.property), monitor.owes(NO_STARVATION))
}

#[test]
fn one_at_a_time() {
    let first = [(0, asks(Acquire)), (1, asks(Acquire)), (0, told(Granted))];
    assert_eq!(watch(&[&first[..], &[(1, told(Granted))]].concat()).0, Some(EXCLUSION));
    // That it was asked to leave is not that it has left.
    assert_eq!(watch(&[&first[..], &[(0, asks(Release)), (1, told(Granted))]].concat()).0, Some(EXCLUSION));
    let left = [&first[..], &[(0, asks(Release)), (0, told(Released)), (1, told(Granted))]].concat();
    assert_eq!(watch(&left), (None, false));
    assert_eq!(watch(&[&first[..], &[(0, Crash), (1, told(Granted))]].concat()), (None, false));
}

#[test]
fn only_who_waits_is_let_in() {
    assert_eq!(watch(&[(0, told(Granted))]).0, Some(VALIDITY));
    let once = [(0, asks(Acquire)), (0, told(Granted)), (0, asks(Acquire)), (0, told(Released))];
    assert_eq!(
        watch(&[&once[..], &[(0, told(Granted))]].concat()).0,
        Some(VALIDITY),
        "while it has it, it cannot ask"
    );
}

#[test]
fn whoever_asks_is_owed_a_grant_while_up() {
    assert!(watch(&[(0, asks(Acquire))]).1);
    assert!(!watch(&[(0, asks(Acquire)), (0, Crash)]).1);
    assert!(watch(&[(0, asks(Acquire)), (0, Crash), (0, Restart)]).1);
    assert!(!watch(&[(0, asks(Acquire)), (0, told(Granted))]).1);
}

/// An actor that passes on what it is asked, and lets in everyone who asks.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Tells;

impl Actor for Tells {
    type Provides = MutualExclusion;
    type Uses = Nothing;
    type Msg = &'static str;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Request(Acquire) => cx.send_others("asked"),
            Event::Request(Release) => cx.indicate(Granted),
            Event::Start | Event::Receive(..) => {}
            Event::Indication(never) => match never {},
            Event::Timeout(never) => match never {},
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }
}

struct Frozen;
impl Env for Frozen {
    fn now(&mut self) -> Duration {
        Duration::ZERO
    }
    fn choose(&mut self, _options: u64) -> u64 {
        0
    }
}

/// Witnesses around three nodes, with what is under way.
struct Run {
    nodes: Vec<Witness<Tells>>,
    flying: VecDeque<(NodeId, NodeId, <Witness<Tells> as Actor>::Msg)>,
    monitor: GrantOrderMonitor,
    violated: Option<&'static str>,
}

impl Run {
    fn new() -> Self {
        Run {
            nodes: vec![Witness::of(Tells); 3],
            flying: VecDeque::new(),
            monitor: GrantOrderMonitor::new(),
            violated: None,
        }
    }

    fn on(&mut self, node: u16, event: Event<Witness<Tells>>) -> &mut Self {
        let (me, group, mut effects) = (NodeId(node), NodeId::group(3), Vec::new());
        self.nodes[me.index()].on(event, &mut Cx::new(me, &group, &mut Frozen, &mut effects));
        for effect in effects {
            match effect {
                Effect::Send(to, msg) => self.flying.push_back((me, to, msg)),
                Effect::Indicate(told) => {
                    let seen = self.monitor.observe(me, &Observation::Indication(told)).err();
                    self.violated = self.violated.or(seen.map(|found| found.property));
                }
                _ => {}
            }
        }
        self
    }

    fn asks(&mut self, node: u16) -> &mut Self {
        self.on(node, Event::Request(Acquire))
    }

    fn enters(&mut self, node: u16) -> &mut Self {
        self.on(node, Event::Request(Release))
    }

    /// All that is under way from one node to another arrives.
    fn arrives(&mut self, from: u16, to: u16) -> &mut Self {
        let all = std::mem::take(&mut self.flying);
        let (now, later) = all.into_iter().partition(|(a, b, _)| (a.0, b.0) == (from, to));
        self.flying = later;
        let now: VecDeque<_> = now;
        for (from, to, msg) in now {
            self.on(to.0, Event::Receive(from, msg));
        }
        self
    }
}

#[test]
fn a_witness_sees_which_request_happened_before_which() {
    // n1 has heard of the request of n0 when it asks.
    let knows = || {
        let mut run = Run::new();
        run.asks(0).arrives(0, 1).asks(1);
        run
    };
    assert_eq!(knows().enters(1).violated, Some(ORDER));
    assert_eq!(knows().enters(0).enters(1).violated, None);
    // n2 knows of it through n1.
    assert_eq!(knows().arrives(1, 2).asks(2).enters(2).violated, Some(ORDER));
    // n1 has not heard: either may be first.
    assert_eq!(Run::new().asks(0).asks(1).enters(1).enters(0).violated, None);
}

#[test]
fn only_requests_that_wait_are_passed_by() {
    let mut run = Run::new();
    run.asks(0).enters(0).arrives(0, 1).asks(1).asks(0);
    assert_eq!(run.enters(1).violated, None, "the request that n1 knew of was granted");
}

#[test]
fn who_has_the_resource_does_not_wait_for_it() {
    let mut run = Run::new();
    run.asks(0).enters(0).asks(0).arrives(0, 1).asks(1);
    assert_eq!(run.enters(1).violated, None, "the second request of n0 was none");
}

#[test]
fn a_witness_tells_what_was_asked_and_what_is_told() {
    let (group, mut effects) = (NodeId::group(3), Vec::new());
    let mut node = Witness::of(Tells);
    node.on(Event::Request(Release), &mut Cx::new(NodeId(1), &group, &mut Frozen, &mut effects));
    let past = [(NodeId(1), 1)].into_iter().collect();
    assert_eq!(
        effects,
        [Effect::Indicate(Seen::Asked { request: Release, past }), Effect::Indicate(Seen::Told(Granted))]
    );
}
