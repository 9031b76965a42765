//! Systems whose actors and monitor are behind pointers.

use std::sync::Arc;

use synod_actor::{Actor, Ground, Value};
use synod_checker::{
    Bound, Environment, Indication, Invariant, NodeView, Options, Planned, Possible, Report, Rewrite, System,
    Translation,
    audit::{Audit, AuditOptions},
};
use synod_properties::Monitor;
use synod_stateright::{Opinion, Settings};

use crate::{actor::AnyActor, monitor::AnyMonitor, value::Erased};

/// A system, whatever its actor and monitor.
pub struct ErasedSystem {
    system: Arc<System<AnyActor, AnyMonitor>>,
    /// The steps that the actor's type declares. The pointer's declares none.
    declared: Vec<&'static str>,
}

/// Nodes, as predicates over actors of the type `A` see them.
fn views<'a, A: Actor>(nodes: &[NodeView<'a, AnyActor>]) -> Vec<NodeView<'a, A>> {
    let view = |node: &NodeView<'a, AnyActor>| NodeView {
        live: node.live.get(),
        durable: node.durable.get(),
        up: node.up,
    };
    nodes.iter().map(view).collect()
}

/// What rewrites a value, for a pointer to one.
fn rewrite<T: Value>(rewrite: Rewrite<T>) -> Rewrite<Erased> {
    Arc::new(move |erased, visitor| erased.change(|value| rewrite(value, visitor)))
}

fn translation<A: Actor<Uses: Ground>>(typed: Translation<A>) -> Translation<AnyActor> {
    Translation {
        state: Arc::new(move |erased: &mut AnyActor, visitor| {
            erased.change(|actor| (typed.state)(actor, visitor));
        }),
        msg: rewrite::<A::Msg>(typed.msg),
        record: rewrite::<A::Record>(typed.record),
        timer: rewrite::<A::Timer>(typed.timer),
        indication: rewrite::<Indication<A>>(typed.indication),
    }
}

impl ErasedSystem {
    /// The system, behind pointers.
    pub fn new<A, M>(system: System<A, M>) -> Self
    where
        A: Actor<Uses: Ground>,
        M: Monitor<A::Provides>,
    {
        let planned = |planned: Planned<A>| Planned {
            node: planned.node,
            alternatives: planned.alternatives.into_iter().map(Erased::new).collect(),
        };
        let invariant = |invariant: Invariant<A>| Invariant::<AnyActor> {
            name: invariant.name,
            holds: Arc::new(move |nodes| (invariant.holds)(&views(nodes))),
        };
        let bound = |bound: Bound<A>| Bound::<AnyActor> {
            name: bound.name,
            inside: Arc::new(move |node, actor| (bound.inside)(node, actor.get())),
        };
        let possible = |possible: Possible<A, M>| Possible::<AnyActor, AnyMonitor> {
            name: possible.name,
            goal: Arc::new(move |nodes, monitor| (possible.goal)(&views(nodes), monitor.get())),
        };
        let erased = System {
            nodes: system.nodes.into_iter().map(AnyActor::new).collect(),
            requests: system.requests.into_iter().map(planned).collect(),
            environment: system.environment,
            monitor: AnyMonitor::new::<A::Provides>(system.monitor),
            invariants: system.invariants.into_iter().map(invariant).collect(),
            bounds: system.bounds.into_iter().map(bound).collect(),
            possible: system.possible.into_iter().map(possible).collect(),
            deadlock_free: system.deadlock_free,
            liveness: system.liveness,
            translation: system.translation.map(translation),
        };
        let mut declared = A::marks();
        declared.sort_unstable();
        declared.dedup();
        ErasedSystem { system: Arc::new(erased), declared }
    }

    /// Its environment.
    pub fn environment(&self) -> &Environment {
        &self.system.environment
    }

    /// Explores it. See [`synod_checker::check`].
    pub fn check(&self, options: &Options) -> Report {
        let report = synod_checker::check(&self.system, options);
        let unreached = self.declared.iter().copied().filter(|mark| !report.marks.contains(mark)).collect();
        Report { unreached, ..report }
    }

    /// Looks whether its actor keeps to what the checker takes for granted. See [`synod_checker::audit::audit`].
    pub fn audit(&self, options: &AuditOptions) -> Audit {
        synod_checker::audit::audit(&self.system, options)
    }

    /// Explores it with stateright. See [`synod_stateright::check`].
    pub fn stateright(&self, settings: &Settings) -> Opinion {
        synod_stateright::check(&self.system, settings)
    }
}
