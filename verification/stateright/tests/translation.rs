//! Counts of systems whose epochs grow for ever, derived by hand.

use std::{sync::Arc, time::Duration};

use synod_actor::{Actor, Cx, Event, NodeId, Nothing, Port, visit};
use synod_checker::{Environment, Limit, System};
use synod_stateright::{Settings, check};

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Climbing;
impl Port for Climbing {
    type Request = ();
    type Indication = Epoch;
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Epoch(u64);
impl synod_actor::Visit for Epoch {
    fn visit(&mut self, visitor: &mut dyn synod_actor::Visitor) {
        visitor.epoch(&mut self.0);
    }
}

/// Climbs to the next epoch at each timeout, if it has a timer, and arms the next one when that is durable. Climbs when
/// asked, too, and takes the others along.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Climber {
    now: Epoch,
    base: Option<Epoch>,
    timer: bool,
}
visit!(Climber { now, base });

const CLIMBER: Climber = Climber { now: Epoch(1), base: None, timer: false };

impl Actor for Climber {
    type Provides = Climbing;
    type Uses = Nothing;
    type Msg = Epoch;
    type Timer = Epoch;
    type Record = Epoch;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        let soon = Duration::ZERO..Duration::from_secs(1);
        match event {
            Event::Start if self.timer => cx.set(self.now, soon),
            Event::Start => {}
            Event::Timeout(_) => {
                self.persist(Epoch(self.now.0 + 1), cx);
                cx.indicate(self.now);
                cx.send(cx.me(), self.now);
            }
            Event::Receive(from, epoch) if from == cx.me() => {
                if self.timer {
                    cx.set(epoch, soon);
                }
            }
            Event::Receive(_, epoch) => {
                if epoch > self.now {
                    self.persist(epoch, cx);
                }
            }
            Event::Request(()) => {
                self.persist(Epoch(self.now.0 + 1), cx);
                cx.set(self.now, soon);
                cx.indicate(self.now);
                cx.cancel(self.now);
                if cx.group().len() == 1 {
                    cx.send(cx.me(), self.now);
                }
                cx.send_others(self.now);
            }
            Event::Indication(never) => match never {},
        }
    }

    fn replay(&mut self, record: Epoch) {
        self.now = record;
    }
}

fn count(system: System<Climber, ()>) -> (u64, u64, usize, bool) {
    let opinion = check(&Arc::new(system), &Settings::default());
    assert!(opinion.violated.is_empty(), "{:?}", opinion.violated);
    (opinion.states, opinion.transitions, opinion.depth, opinion.complete)
}

#[test]
fn at_one_node() {
    let alone = |climber| {
        let climber = Climber { timer: true, ..climber };
        let environment = Environment::default().timeouts(Limit::Unbounded).delayed_disk();
        System::new(vec![climber], ())
            .environment(environment)
            .bound("low", |_, climber: &Climber| climber.now.0 < 9)
    };
    // (live, durable, timers, disk queue, own queue):
    // (1,1,{1},[],[]) -> (2,1,{},[write 2, tell 2, send 2],[]) -> (2,2,{},[],[2]), which is (1,1,{},[],[1]) -> the first
    assert_eq!(count(alone(CLIMBER).translate_epochs()), (3, 3, 2, true));
    // As it is: the first with 1 to 8; the second with 2 to 9, which is outside; the third with 2 to 8.
    let endless = (8 + 8 + 7, 22, 22, false);
    assert_eq!(count(alone(CLIMBER)), endless);
    // Something stays at the bottom.
    assert_eq!(count(alone(Climber { base: Some(Epoch(1)), ..CLIMBER }).translate_epochs()), endless);
}

#[test]
fn behind_a_write() {
    let environment = Environment::default().delayed_disk();
    let climbers = System::new(vec![CLIMBER], ()).request(NodeId(0), ()).request(NodeId(0), ());
    // (live, durable, writes that wait with what is behind them, own queue, requests left):
    // a: (1,1,[],[]) 2 -> b: (2,1,[2],[]) 1 -> (2,2,[],[2]) 1, which is c: (1,1,[],[1]) 1 -> d: (1,1,[],[]) 1
    //                     b -> e: (3,1,[2,3],[]) 0 -> (3,2,[3],[2]) 0, which is f: (2,1,[2],[1]) 0 -> g: (2,1,[2],[]) 0
    // c -> f, d -> g
    // f -> h: (2,2,[],[1,2]) 0 -> (2,2,[],[2]) 0, which is i: (1,1,[],[1]) 0 -> j: (1,1,[],[]) 0
    // g -> (2,2,[],[2]) 0, which is i
    assert_eq!(count(climbers.environment(environment).translate_epochs()), (10, 12, 6, true));
}

#[test]
fn in_flight() {
    let climbers = || System::new(vec![CLIMBER; 2], ()).request(NodeId(0), ()).request(NodeId(0), ());
    // (epochs of n0 and n1, in flight to n1, requests left):
    // (1,1,{}) 2 -> (2,1,{2}) 1 -> (2,2,{}) 1, which is (1,1,{}) 1 -> (2,1,{2}) 0
    //                           -> (3,1,{2,3}) 0 -> (3,2,{3}) 0, which is (2,1,{2}) 0 -> (1,1,{}) 0
    //                                            -> (3,3,{2}) 0, which is (2,2,{1}) 0 -> (1,1,{}) 0
    assert_eq!(count(climbers().translate_epochs()), (7, 8, 4, true));
    // FIFO: 2 arrives before 3.
    let fifo = climbers().environment(Environment::default().fifo());
    assert_eq!(count(fifo.translate_epochs()), (6, 6, 4, true));
}
