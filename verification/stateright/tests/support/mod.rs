//! An actor that does what a test says, small enough to count its states by hand.

#![allow(dead_code)] // not every test uses everything

use std::{marker::PhantomData, sync::Arc};

use synod_actor::{Actor, Cx, Event, Nothing, Port, Value};
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

/// Calls a [`Script`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Puppet<S> {
    /// Volatile.
    pub heard: Vec<u8>,
    /// Durable.
    pub kept: Vec<u8>,
    script: PhantomData<S>,
}

/// What a puppet does.
pub trait Script: Value {
    fn on(puppet: &mut Puppet<Self>, event: Event<Puppet<Self>>, cx: &mut Cx<'_, Puppet<Self>>);
}

impl<S: Script> Actor for Puppet<S> {
    type Provides = Numbers;
    type Uses = Nothing;
    type Msg = u8;
    type Timer = u8;
    type Record = u8;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        S::on(self, event, cx);
    }

    fn replay(&mut self, record: u8) {
        self.kept.push(record);
    }
}

/// So many puppets.
pub fn puppets<S: Script>(count: usize) -> System<Puppet<S>, ()> {
    watched(count, ())
}

/// So many puppets, and a monitor.
pub fn watched<S: Script, M: Monitor<Numbers>>(count: usize, monitor: M) -> System<Puppet<S>, M> {
    System::new(vec![Puppet { heard: vec![], kept: vec![], script: PhantomData }; count], monitor)
}

/// Everything that there is.
pub fn explore<S: Script, M: Monitor<Numbers>>(system: System<Puppet<S>, M>) -> Opinion {
    check(&Arc::new(system), &Settings::default())
}

/// States, transitions and depth of a system without faults.
pub fn count<S: Script>(system: System<Puppet<S>, ()>) -> (u64, u64, usize) {
    let opinion = explore(system);
    assert!(opinion.complete);
    assert!(opinion.violated.is_empty(), "{:?}", opinion.violated);
    (opinion.states, opinion.transitions, opinion.depth)
}
