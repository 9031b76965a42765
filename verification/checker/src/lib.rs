#![doc = include_str!("../README.md")]
//!
//! # Where is what
//!
//! `system.rs` and `environment.rs`: what is checked. `node.rs`: what one node does. `components.rs`, `inboxes.rs`, `moves.rs`: the
//! parts of states as numbers (given by `interner.rs`, `sequences.rs`, `nodes.rs`), and the local steps, each taken once. `worker.rs`: the steps of a global state, by lookup, in
//! `recent.rs`, `adds.rs` and `memo.rs`. `entries.rs`, `index.rs`, `table.rs`, `rows.rs`, `store.rs` (`store/shared.rs`: by all threads): the states reached. `search.rs`, `parallel.rs`: level by level, on all threads. `paths.rs`,
//! `cycles.rs`, `lasso.rs`: counterexamples and liveness. `stage.rs`: a search from where another one got to. `transition/`: the same for specifications without actors. `audit/`: whether an
//! actor keeps to what all of this takes for granted. `checkpoint/`: a search in a file. `retrace.rs`, `trace.rs`, `diagram.rs`: for people.

mod adds;
pub mod audit;
mod changes;
mod check;
mod checkpoint;
mod choices;
mod components;
mod crew;
mod cycles;
mod dead;
mod debug_text;
mod diagram;
mod entries;
mod environment;
mod forecast;
mod in_flight;
mod inboxes;
mod index;
mod initial;
mod interner;
mod invariants;
mod lasso;
mod layout;
mod local_graph;
mod marks;
mod memo;
mod moves;
mod node;
mod nodes;
mod noise;
mod options;
mod order;
mod parallel;
mod paths;
mod quiet;
mod recent;
mod report;
mod retrace;
mod rows;
mod scc;
mod search;
mod segments;
mod sequences;
mod stage;
mod steps;
mod store;
mod symmetry;
mod sync;
mod system;
mod table;
mod trace;
pub mod transition;
mod translate;
pub mod tutorial;
mod worker;

pub use check::{check, resume};
pub use checkpoint::{Checkpoint, ResumeError};
pub use environment::{Crashes, Disk, Environment, Limit, Links, Order, Timers};
pub use node::Held;
pub use options::{Options, Phase, Progress, Reductions};
pub use report::{Kind, PropertyReport, Report, Verdict};
pub use stage::{NotFound, Stage, StagedNode, Standing, Start, find};
pub use system::{
    Bound, Indication, Invariant, Names, NodeView, Planned, Possible, Request, Rewrite, Symmetry, System,
};
pub use trace::{Cause, Change, Trace, TraceEffect, TraceStep, TraceWhat};

/// The property that no handler panics, and none does what no actor may do. Always checked.
pub const TOTAL: &str = "handlers are total";

/// The property that wherever nothing can happen, nothing is owed. Checked if asked for.
pub const DEADLOCK: &str = "no deadlock";
