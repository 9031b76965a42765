//! Uniform reliable broadcast: deliver only what will survive whoever delivers it.

mod logged;
mod majority_ack;

pub use logged::{LoggedMajorityAck, Msg, Record, Resend};
pub use majority_ack::MajorityAck;
