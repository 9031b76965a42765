//! Small systems whose states can be counted by hand. The first: counters that tell each other what they add.

#![allow(dead_code, reason = "each test is compiled with it, and uses a part")]

use std::collections::BTreeSet;

use synod_actor::{Actor, Cx, Event, Never, NodeId, Nothing, Port};
use synod_checker::{Options, Report, System, Verdict, check};
use synod_properties::{Monitor, Observation, Violation};

pub mod relay;

/// Asked to add, says the sum.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Adding;
impl Port for Adding {
    type Request = u32;
    type Indication = u32;
}

/// The counter of the actor crate's documentation: it counts a duplicated message twice.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Counter {
    pub sum: u32,
    pub panics_at: Option<u32>,
    pub strays: bool,
}

impl Actor for Counter {
    type Provides = Adding;
    type Uses = Nothing;
    type Msg = u32;
    type Timer = Never;
    type Record = u32;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request(amount) => {
                cx.mark("asked");
                self.persist(amount, cx);
                cx.indicate(self.sum);
                cx.send_others(amount);
                if self.strays {
                    cx.send(NodeId(9), amount);
                }
            }
            Event::Receive(_, amount) => {
                cx.mark("told");
                self.persist(amount, cx);
                assert!(self.panics_at != Some(self.sum), "the sum is {}", self.sum);
            }
            Event::Indication(never) => match never {},
            Event::Timeout(never) => match never {},
        }
    }

    fn replay(&mut self, amount: u32) {
        self.sum += amount;
    }

    fn marks() -> Vec<&'static str> {
        vec!["asked", "told", "never"]
    }
}

/// No sum is above what was asked for in all; and, at last, every node has said something.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Sums {
    pub asked: u32,
    pub owed: BTreeSet<NodeId>,
}

impl Monitor<Adding> for Sums {
    fn safety(&self) -> Vec<&'static str> {
        vec!["no more than asked"]
    }

    fn liveness(&self) -> Vec<&'static str> {
        vec!["everyone answers"]
    }

    fn observe(&mut self, node: NodeId, what: &Observation<Adding>) -> Result<(), Violation> {
        match what {
            Observation::Request(amount) => self.asked += amount,
            Observation::Indication(sum) if *sum > self.asked => {
                return Err(Violation::new(self.safety()[0], format!("{node} says {sum} of {}", self.asked)));
            }
            Observation::Indication(_) => _ = self.owed.remove(&node),
            Observation::Crash | Observation::Restart | Observation::Timeout | Observation::Loss => {}
        }
        Ok(())
    }

    fn owes(&self, _: &str) -> bool {
        !self.owed.is_empty()
    }
}

pub fn counters(count: usize, counter: Counter) -> System<Counter, Sums> {
    let group = NodeId::group(count);
    let system = System::new(vec![counter; count], Sums { asked: 0, owed: group.iter().copied().collect() });
    group.into_iter().fold(system, |system, node| system.request(node, 1))
}

pub fn verdict(report: &Report, name: &str) -> Verdict {
    report.property(name).unwrap_or_else(|| panic!("no property {name}: {report:?}")).verdict
}

pub fn run(system: &System<Counter, Sums>) -> Report {
    check(system, &Options { threads: 2, ..Options::default() })
}
