//! Actors that number events, as they happen at the nodes of a system; and one that gives out a user name.
//!
//! All that number offer the port [`Stamping`]: an event happens at a node, and gets a timestamp there; the other nodes hear
//! of it. What is asked of timestamps is that their order **respects causality**: an event gets a larger one than all that
//! its node has numbered or heard of.
//!
//! | actor | numbers by | respects causality |
//! |---|---|---|
//! | [`Numbering`]`<E, `[`Lamport`]`>` | a Lamport clock | yes |
//! | [`Numbering`]`<E, `[`Hybrid`]`>` | a hybrid logical clock | yes |
//! | [`Numbering`]`<E, `[`OddEven`]`>` | its own sequence: of two nodes one gives the odd numbers, one the even ones | **no** |
//! | [`Numbering`]`<E, `[`WallClock`]`>` | its physical clock | **no** |
//! | [`Blocks`]`<E>` | blocks of numbers, allocated in advance | **no** |
//!
//! The last three are unique, cheap and scale, which is why they are used; what they give is not an order of events. Each
//! is explored by the model checker, which finds the shortest run in which an effect is numbered below its cause.
//!
//! [`Claims`] shows what even timestamps that respect causality cannot do: decide at once. Who claims a user name with the
//! smallest timestamp should have it, but whether there is a smaller one only shows once all nodes were heard.
//!
//! ```
//! use std::time::Duration;
//! use synod_actor::{Actor, Cx, Effect, Env, Event, NodeId};
//! use synod_clocks::actors::{Numbering, OddEven, Stamped};
//!
//! # struct Frozen;
//! # impl Env for Frozen {
//! #     fn now(&mut self) -> Duration { Duration::ZERO }
//! #     fn choose(&mut self, _: u64) -> u64 { 0 }
//! # }
//! let group = NodeId::group(2);
//! let mut nodes = [Numbering::new(OddEven::new()), Numbering::new(OddEven::new())];
//! let mut on = |node: usize, event| {
//!     let mut effects = Vec::new();
//!     nodes[node].on(event, &mut Cx::new(group[node], &group, &mut Frozen, &mut effects));
//!     effects
//! };
//!
//! // A question is asked at n1, and n0 hears of it. The answer gets the smaller number.
//! let effects = on(1, Event::Request("question"));
//! let question = Stamped { event: "question", stamp: 2 };
//! assert!(effects.contains(&Effect::Send(group[0], question.clone())));
//! on(0, Event::Receive(group[1], question));
//! let effects = on(0, Event::Request("answer"));
//! assert!(effects.contains(&Effect::Send(group[1], Stamped { event: "answer", stamp: 1 })));
//! ```

/// Whether the node has a known fault, at the very line that the fault changes. Without the feature `mutants` it is
/// the constant `false`, and there is nothing to switch.
#[cfg(feature = "mutants")]
macro_rules! flaw {
    ($node:expr, $flaw:ident) => {
        $node.flaw == Some(crate::actors::Flaw::$flaw)
    };
}
#[cfg(not(feature = "mutants"))]
macro_rules! flaw {
    ($node:expr, $flaw:ident) => {
        false
    };
}

mod blocks;
mod claims;
#[cfg(feature = "mutants")]
mod flaws;
mod generators;
mod numbering;
mod port;

pub use blocks::{Blocks, Msg as BlocksMsg};
pub use claims::{Claims, Msg as ClaimsMsg, Rule};
#[cfg(feature = "mutants")]
pub use flaws::Flaw;
pub use generators::{Generator, Hybrid, Lamport, OddEven, WallClock};
pub use numbering::Numbering;
pub use port::{Answer, Claim, Indication, Stamped, Stamping, Uniqueness};
