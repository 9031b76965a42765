//! Monitors behind pointers.

use std::{marker::PhantomData, sync::Arc};

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
