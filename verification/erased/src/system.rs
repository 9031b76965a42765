//! Systems whose actors and monitor are behind pointers.

use std::{path::Path, sync::Arc};

use synod_actor::{Actor, Ground, Value};
use synod_checker::{
    Bound, Environment, Indication, Invariant, Names, NodeView, NotFound, Options, Planned, Possible, Report,
    Request, ResumeError, Rewrite, Symmetry, System,
    audit::{Audit, AuditOptions},
    find,
};
use synod_properties::Monitor;
use synod_stateright::{Opinion, Settings};

use crate::{actor::AnyActor, monitor::AnyMonitor, value::Erased};

/// A system, whatever its actor and monitor.
pub struct ErasedSystem {
    system: Arc<System<AnyActor, AnyMonitor>>,
    /// The steps that the actor's type declares. The pointer's declares none.
    declared: Vec<&'static str>,
    stage: Option<Stage>,
}

/// Where to begin, and in which environment to go on.
struct Stage {
    goal: Box<Goal>,
    environment: Environment,
}

type Goal = dyn Fn(&[NodeView<'_, AnyActor>], &AnyMonitor) -> bool + Send + Sync;

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

fn names<A: Actor<Uses: Ground>>(typed: Names<A>) -> Names<AnyActor> {
    Names {
        state: Arc::new(move |erased: &mut AnyActor, visitor| {
            erased.change(|actor| (typed.state)(actor, visitor));
        }),
        msg: rewrite::<A::Msg>(typed.msg),
        record: rewrite::<A::Record>(typed.record),
        timer: rewrite::<A::Timer>(typed.timer),
        indication: rewrite::<Indication<A>>(typed.indication),
    }
}

fn symmetry<A, M>(typed: Symmetry<A, M>) -> Symmetry<AnyActor, AnyMonitor>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    Symmetry {
        classes: typed.classes,
        names: names(typed.names),
        request: rewrite::<Request<A>>(typed.request),
        monitor: Arc::new(move |erased: &mut AnyMonitor, visitor| {
            erased.change(|monitor: &mut M| (typed.monitor)(monitor, visitor));
        }),
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
        let nodes = system.nodes.into_iter().map(AnyActor::new).collect();
        let mut erased = System::new(nodes, AnyMonitor::new::<A::Provides>(system.monitor));
        erased.requests = system.requests.into_iter().map(planned).collect();
        erased.environment = system.environment;
        erased.invariants = system.invariants.into_iter().map(invariant).collect();
        erased.bounds = system.bounds.into_iter().map(bound).collect();
        erased.possible = system.possible.into_iter().map(possible).collect();
        erased.deadlock_free = system.deadlock_free;
        erased.liveness = system.liveness;
        erased.translation = system.translation.map(names);
        erased.symmetry = system.symmetry.map(symmetry);
        let mut declared = A::marks();
        declared.sort_unstable();
        declared.dedup();
        ErasedSystem { system: Arc::new(erased), declared, stage: None }
    }

    /// From a state on in which `goal` is true, in another environment: see [`synod_checker::find`]. The state is searched for each
    /// time that the system is explored.
    pub fn from<A, M>(
        mut self,
        goal: impl Fn(&[NodeView<'_, A>], &M) -> bool + Send + Sync + 'static,
        environment: Environment,
    ) -> Self
    where
        A: Actor<Uses: Ground>,
        M: Monitor<A::Provides>,
    {
        let goal = Box::new(move |nodes: &[NodeView<'_, AnyActor>], monitor: &AnyMonitor| {
            goal(&views(nodes), monitor.get())
        });
        self.stage = Some(Stage { goal, environment });
        self
    }

    /// The system that is explored.
    fn staged(&self, options: &Options) -> Result<Arc<System<AnyActor, AnyMonitor>>, NotFound> {
        let Some(Stage { goal, environment }) = &self.stage else { return Ok(Arc::clone(&self.system)) };
        let stage = find(&self.system, goal, options)?;
        Ok(Arc::new((*self.system).clone().onward(&stage).environment(environment.clone())))
    }

    /// Its environment.
    pub fn environment(&self) -> &Environment {
        self.stage.as_ref().map_or(&self.system.environment, |stage| &stage.environment)
    }

    /// Explores it. See [`synod_checker::check`].
    pub fn check(&self, options: &Options) -> Report {
        let report = match self.staged(options) {
            Ok(system) => synod_checker::check(&system, options),
            Err(why) => {
                // A search that does not begin says of each property that nothing is known.
                let nothing = Options { depth: Some(0), checkpoint: None, ..options.clone() };
                let report = synod_checker::check(&self.system, &nothing);
                Report { incomplete: Some(format!("there is nowhere to begin: {why}")), ..report }
            }
        };
        self.with_unreached(report)
    }

    /// Goes on with a search of it. See [`synod_checker::resume`].
    ///
    /// # Errors
    /// Like that; and if there is no state to begin with.
    pub fn resume(&self, options: &Options, file: &Path) -> Result<Report, ResumeError> {
        let system =
            self.staged(options).map_err(|why| ResumeError::Other(file.to_owned(), why.to_string()))?;
        synod_checker::resume(&system, options, file).map(|report| self.with_unreached(report))
    }

    /// The report, with the marks that this actor declares.
    fn with_unreached(&self, report: Report) -> Report {
        let unreached = self.declared.iter().copied().filter(|mark| !report.marks.contains(mark)).collect();
        Report { unreached, ..report }
    }

    /// Looks whether its actor keeps to what the checker takes for granted. See [`synod_checker::audit::audit`].
    pub fn audit(&self, options: &AuditOptions) -> Audit {
        synod_checker::audit::audit(&self.system, options)
    }

    /// Explores it with stateright. See [`synod_stateright::check`].
    ///
    /// # Panics
    /// Like that; and if there is no state to begin with.
    pub fn stateright(&self, settings: &Settings) -> Opinion {
        let system = self.staged(&Options::default()).unwrap_or_else(|why| panic!("{why}"));
        synod_stateright::check(&system, settings)
    }
}
