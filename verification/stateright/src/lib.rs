//! The same systems as models of the stateright crate.

use std::{sync::Arc, time::Duration};

use synod_actor::{Actor, Ground};
use synod_checker::System;
use synod_properties::Monitor;

/// What stateright found.
#[derive(Clone, PartialEq, Debug)]
pub struct Opinion {
    /// Unique states.
    pub states: u64,
    /// Steps explored, those that lead back to known states included.
    pub transitions: u64,
    /// The greatest distance of a state from an initial one, in steps.
    pub depth: usize,
    /// How long it took.
    pub elapsed: Duration,
    /// The safety properties that it found violated, in alphabetical order.
    pub violated: Vec<&'static str>,
    /// Whether everything was explored.
    pub complete: bool,
}

/// How stateright is to search.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Worker threads.
    pub threads: usize,
    /// Explore everything even after a violation was found. States in violation are never explored further.
    pub exhaustive: bool,
    /// Give up, incomplete, after so many unique states.
    pub states: Option<u64>,
}

/// Explores the system with stateright's breadth-first checker.
pub fn check<A, M>(_system: &Arc<System<A, M>>, _settings: &Settings) -> Opinion
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    unimplemented!()
}
