//! An exhaustive model checker for actors.

#[allow(dead_code)] // until the search uses it
mod changes;
#[allow(dead_code)]
mod debug_text;
mod diagram;
mod environment;
mod options;
mod report;
mod system;
mod trace;

pub use environment::{Crashes, Disk, Environment, Limit, Links, Order, Timers};
pub use options::{Options, Phase, Progress};
pub use report::{Kind, PropertyReport, Report, Verdict};
pub use system::{Bound, Indication, Invariant, NodeView, Planned, Possible, Request, System, Translation};
pub use trace::{Cause, Change, Trace, TraceEffect, TraceStep, TraceWhat};

use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

/// Explores every run of the system within its bounds.
pub fn check<A, M>(_system: &System<A, M>, _options: &Options) -> Report
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    unimplemented!()
}
