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

mod port;
pub mod total_order;

pub use port::{Answer, Operation, Register, RequestId};
pub use total_order::OverTotalOrder;
