//! An actor that does what a test says, small enough to count its states by hand.

#![allow(dead_code, reason = "each test is compiled with it, and uses a part")]

pub mod alike;

use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use synod_actor::{Actor, Cx, Event, Nothing, Port};
use synod_checker::System;
use synod_properties::Monitor;
use synod_stateright::{Opinion, Settings, check};

/// Asked a number, answers with numbers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Numbers;
impl Port for Numbers {
    type Request = u8;
    type Indication = u8;
}

/// Calls a [`Script`]. One type, whatever the script: the checkers are compiled for it once and not for each.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Puppet {
    /// Volatile.
    pub heard: Vec<u8>,
    /// Durable.
    pub kept: Vec<u8>,
    script: Called,
}

/// What a puppet does.
pub trait Script {
    fn on(puppet: &mut Puppet, event: Event<Puppet>, cx: &mut Cx<'_, Puppet>);
}

/// A script. All puppets of a system have the same one, so it does not tell them apart.
#[derive(Clone, Copy)]
struct Called(fn(&mut Puppet, Event<Puppet>, &mut Cx<'_, Puppet>));

impl PartialEq for Called {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl Eq for Called {}
impl PartialOrd for Called {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Called {
    fn cmp(&self, _: &Self) -> Ordering {
        Ordering::Equal
    }
}
impl Hash for Called {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}
impl fmt::Debug for Called {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a script")
    }
}

impl Actor for Puppet {
    type Provides = Numbers;
    type Uses = Nothing;
    type Msg = u8;
    type Timer = u8;
    type Record = u8;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        let Called(script) = self.script;
        script(self, event, cx);
    }

    fn replay(&mut self, record: u8) {
        self.kept.push(record);
    }
}

/// So many puppets.
pub fn puppets<S: Script>(count: usize) -> System<Puppet, ()> {
    watched::<S, ()>(count, ())
}

/// So many puppets, and a monitor.
pub fn watched<S: Script, M: Monitor<Numbers>>(count: usize, monitor: M) -> System<Puppet, M> {
    System::new(vec![Puppet { heard: vec![], kept: vec![], script: Called(S::on) }; count], monitor)
}

/// Everything that there is.
pub fn explore<M: Monitor<Numbers>>(system: System<Puppet, M>) -> Opinion {
    check(&Arc::new(system), &Settings::default())
}

/// States, transitions and depth of a system without faults.
pub fn count(system: System<Puppet, ()>) -> (u64, u64, usize) {
    let opinion = explore(system);
    assert!(opinion.complete);
    assert!(opinion.violated.is_empty(), "{:?}", opinion.violated);
    (opinion.states, opinion.transitions, opinion.depth)
}
