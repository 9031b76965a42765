#![doc = include_str!("../README.md")]

/// Whether the node has a known fault, at the very line that the fault changes. Without the feature `mutants` it is
/// the constant `false`, and there is nothing to switch.
#[cfg(feature = "mutants")]
macro_rules! flaw {
    ($node:expr, $flaw:ident) => {
        $node.flaw == Some(Flaw::$flaw)
    };
}
#[cfg(not(feature = "mutants"))]
macro_rules! flaw {
    ($node:expr, $flaw:ident) => {
        false
    };
}

pub mod over_log;
mod port;
pub mod primary_backup;
pub mod single_copy;
pub mod synchronous_replica;
pub mod total_order;

pub use over_log::OverLog;
pub use port::{Answer, Operation, Register, RequestId};
pub use primary_backup::PrimaryBackup;
pub use single_copy::SingleCopy;
pub use synchronous_replica::SynchronousReplica;
pub use total_order::OverTotalOrder;
