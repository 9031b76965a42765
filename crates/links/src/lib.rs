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

mod fifo;
#[cfg(feature = "mutants")]
mod flaws;
mod in_order;
pub mod logged;
mod network;
mod numbers;
mod port;
mod reliable;
mod stubborn;

pub use fifo::Fifo;
#[cfg(feature = "mutants")]
pub use flaws::Flaw;
pub use in_order::InOrder;
pub use network::Network;
pub use numbers::Numbers;
pub use port::{
    FifoLinks, Links, LoggedFifoLinks, LoggedLinks, ReliableLinks, StubbornLinks, StubbornRequest,
};
pub use reliable::{Ack, Reliable, ReliableOverStubborn};
pub use stubborn::{Numbered, Resend, Stubborn};
