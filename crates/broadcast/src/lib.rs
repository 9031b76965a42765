#![doc = include_str!("../README.md")]

/// Whether the node has a known fault, at the very line that the fault changes. Without the feature `mutants` it is
/// the constant `false`, and there is nothing to switch.
#[cfg(feature = "mutants")]
macro_rules! flaw {
    ($node:expr, $flaw:ident) => {
        $node.flaw == Some(crate::Flaw::$flaw)
    };
}
#[cfg(not(feature = "mutants"))]
macro_rules! flaw {
    ($node:expr, $flaw:ident) => {
        false
    };
}

pub mod best_effort;
pub mod causal;
pub mod detector;
pub mod epidemic;
pub mod fifo;
pub mod first_delivered;
#[cfg(feature = "mutants")]
mod flaws;
mod port;
pub mod reliable;
pub mod total_order;
pub mod uniform;

pub use best_effort::BestEffort;
pub use detector::{Crashed, ExcludeOnTimeout, PerfectFailureDetector};
pub use fifo::Fifo;
pub use first_delivered::FirstDelivered;
#[cfg(feature = "mutants")]
pub use flaws::Flaw;
pub use port::{
    Agreed, BestEffortBroadcast, Broadcast, CausalBroadcast, FifoBroadcast, Id, ProbabilisticBroadcast,
    ReliableBroadcast, Seen, TotalOrderBroadcast, UniformReliableBroadcast,
};
