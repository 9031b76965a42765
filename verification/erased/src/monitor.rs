//! Monitors behind pointers.

use std::{any::Any, marker::PhantomData, sync::Arc};

use synod_actor::{NodeId, Port};
use synod_properties::{Monitor, Observation, Violation};

use crate::{
    actor::AnyPort,
    value::{AnyValue, as_value},
};

/// Any monitor.
#[derive(Clone)]
pub(crate) struct AnyMonitor(Arc<dyn DynMonitor>);
as_value!(AnyMonitor);

trait DynMonitor: Send + Sync {
    fn value(&self) -> &dyn AnyValue;
    fn safety(&self) -> Vec<&'static str>;
    fn liveness(&self) -> Vec<&'static str>;
    fn owes(&self, liveness: &str) -> bool;
    /// The monitor after the observation, and what it found.
    fn after(
        &self,
        node: NodeId,
        what: &Observation<AnyPort>,
    ) -> (Arc<dyn DynMonitor>, Result<(), Violation>);
    /// The monitor after a change; `change` is given a monitor of its type.
    fn changed(&self, change: &mut dyn FnMut(&mut dyn Any)) -> Arc<dyn DynMonitor>;
}

/// A monitor, with the port that it watches here: it may be able to watch several.
struct Watching<P, M>(M, PhantomData<P>);

impl<P: Port, M: Monitor<P>> DynMonitor for Watching<P, M> {
    fn value(&self) -> &dyn AnyValue {
        &self.0
    }

    fn safety(&self) -> Vec<&'static str> {
        self.0.safety()
    }

    fn liveness(&self) -> Vec<&'static str> {
        self.0.liveness()
    }

    fn owes(&self, liveness: &str) -> bool {
        self.0.owes(liveness)
    }

    fn after(
        &self,
        node: NodeId,
        what: &Observation<AnyPort>,
    ) -> (Arc<dyn DynMonitor>, Result<(), Violation>) {
        let what = match what {
            Observation::Request(request) => Observation::Request(request.get::<P::Request>().clone()),
            Observation::Indication(told) => Observation::Indication(told.get::<P::Indication>().clone()),
            Observation::Crash => Observation::Crash,
            Observation::Restart => Observation::Restart,
            Observation::Timeout => Observation::Timeout,
            Observation::Loss => Observation::Loss,
        };
        let mut monitor = self.0.clone();
        let found = monitor.observe(node, &what);
        (Arc::new(Watching::<P, M>(monitor, PhantomData)), found)
    }

    fn changed(&self, change: &mut dyn FnMut(&mut dyn Any)) -> Arc<dyn DynMonitor> {
        let mut monitor = self.0.clone();
        change(&mut monitor);
        Arc::new(Watching::<P, M>(monitor, PhantomData))
    }
}

impl AnyMonitor {
    /// The monitor, behind a pointer.
    pub(crate) fn new<P: Port>(monitor: impl Monitor<P>) -> Self {
        AnyMonitor(Arc::new(Watching::<P, _>(monitor, PhantomData)))
    }

    /// The monitor, as what it is.
    pub(crate) fn get<M: 'static>(&self) -> &M {
        self.value().as_any().downcast_ref().expect("a monitor does not change its type")
    }

    /// Changes the monitor, which is of this type.
    pub(crate) fn change<M: 'static>(&mut self, change: impl FnOnce(&mut M)) {
        let mut change = Some(change); // which is called once
        self.0 = self.0.changed(&mut |monitor| {
            let monitor = monitor.downcast_mut().expect("a monitor does not change its type");
            change.take().into_iter().for_each(|change| change(monitor));
        });
    }

    fn value(&self) -> &dyn AnyValue {
        self.0.value()
    }
}

impl Monitor<AnyPort> for AnyMonitor {
    fn safety(&self) -> Vec<&'static str> {
        self.0.safety()
    }

    fn liveness(&self) -> Vec<&'static str> {
        self.0.liveness()
    }

    fn observe(&mut self, node: NodeId, what: &Observation<AnyPort>) -> Result<(), Violation> {
        let (monitor, found) = self.0.after(node, what);
        self.0 = monitor;
        found
    }

    fn owes(&self, liveness: &str) -> bool {
        self.0.owes(liveness)
    }
}
