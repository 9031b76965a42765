//! What broadcasts promise: Cachin, Guerraoui and Rodrigues (2011), chapters 3 and 6.
//!
//! [`BroadcastMonitor`] watches who delivers what, and is the same for all of them; the orders are monitors of their own, to
//! be put beside it. All tell messages apart by origin and payload, and not by the ids that an algorithm gives them: **what one
//! node broadcasts in one run must differ**.

mod delivery;
mod order;

pub use delivery::{AGREEMENT, BroadcastMonitor, NO_CREATION, NO_DUPLICATION, UNIFORM_AGREEMENT, VALIDITY};
pub use order::{
    CAUSAL_ORDER, CausalOrder, FIFO_ORDER, FifoOrder, PAIRWISE_ORDER, PairwiseOrder, TOTAL_ORDER, TotalOrder,
};

use synod_actor::NodeId;

/// A message: who broadcast it, and what it says.
type Message<M> = (NodeId, M);
