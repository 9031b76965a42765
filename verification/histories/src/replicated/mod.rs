//! Consistency of replicated registers that is weaker than one order for all: causal consistency in its variants, the four
//! session guarantees, convergence.
//!
//! They are decided from what each read read from, so every value that was read must have been written once. Where that is
//! not so, or a register's first value was written too, the answer is unknown.
//!
//! Sources: Bouajjani, Enea, Guerraoui and Hamza 2017 (causal consistency, and the patterns that violate it); Terry and
//! others 1994 (session guarantees).

mod accesses;
mod causal;
mod certificate;
mod convergence;
mod order;
mod sessions;

pub use accesses::{Access, Accesses, Source, resolve};
pub use certificate::{Certificate, View, verify};

use crate::answer::{Answer, Budget, Exhausted, Shortage};

/// A level.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Level {
    /// Causal memory (Ahamad and others 1995): each process sees all writes in one order, which respects causality.
    CausalMemory,
    /// Causal convergence: there is one order of all writes, which respects causality, and reads see the last in it.
    CausalConvergence,
    /// Weak causal consistency: each read has its own order of the writes before it.
    Causal,
    /// A process sees its own writes, or later ones.
    ReadYourWrites,
    /// What a process sees never goes back.
    MonotonicReads,
    /// Nobody whose reads are monotonic sees the writes of a process in another order than it made them.
    MonotonicWrites,
    /// Nobody whose reads are monotonic sees a write without what its process read before it.
    WritesFollowReads,
    /// When all is written, all processes that still read come to read the same.
    Convergence,
}

/// Why a history does not keep a level.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wrong {
    /// What is wrong, by the name in the literature.
    pub pattern: &'static str,
    /// The operations that show it, by their places, in an order that tells the story.
    pub operations: Vec<usize>,
    /// Why, in a sentence.
    pub because: String,
}

/// Whether these accesses keep a level.
pub fn check(accesses: &Accesses, level: Level, budget: &Budget) -> Answer<Certificate, Wrong> {
    if let Some(wrong) = &accesses.unwritten {
        return Answer::Invalid(wrong.clone());
    }
    let result = match level {
        Level::Convergence => convergence::check(accesses),
        Level::ReadYourWrites | Level::MonotonicReads | Level::MonotonicWrites | Level::WritesFollowReads => {
            sessions::check(accesses, level, budget)
        }
        Level::Causal | Level::CausalConvergence | Level::CausalMemory => {
            causal::check(accesses, level, budget)
        }
    };
    match result {
        Ok(Ok(certificate)) => Answer::Valid(certificate),
        Ok(Err(wrong)) => Answer::Invalid(wrong),
        Err(what) => Answer::Unknown(Exhausted { what, known: String::new() }),
    }
}

/// What a check comes to: a certificate or a violation, if it comes to an end.
type Checked = Result<Result<Certificate, Wrong>, Shortage>;

/// What each process sees, where `see` says so in accesses; or the first violation.
fn views(
    accesses: &Accesses,
    mut see: impl FnMut(usize) -> Result<Result<Vec<usize>, Wrong>, Shortage>,
) -> Checked {
    let mut views = Vec::with_capacity(accesses.processes.len());
    for (process, of_process) in accesses.processes.iter().enumerate() {
        let Some(&first) = of_process.first() else { continue };
        match see(process)? {
            Ok(order) => views
                .push(View { process_of: accesses.all[first].operation, order: accesses.operations(&order) }),
            Err(wrong) => return Ok(Err(wrong)),
        }
    }
    Ok(Ok(Certificate::Views(views)))
}
