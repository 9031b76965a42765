//! What a checker answers, and how much it may spend on it.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// The answer to "is this history consistent?".
///
/// `C` is the certificate that makes "valid" easy to verify, `E` the explanation that makes "invalid" easy to believe.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer<C, E> {
    /// It is, and this shows it.
    Valid(C),
    /// It is not, and this is why.
    Invalid(E),
    /// The checker cannot say.
    Unknown(Exhausted),
}

impl<C, E> Answer<C, E> {
    /// The answer without its reasons.
    pub fn verdict(&self) -> Verdict {
        match self {
            Answer::Valid(_) => Verdict::Valid,
            Answer::Invalid(_) => Verdict::Invalid,
            Answer::Unknown(_) => Verdict::Unknown,
        }
    }

    /// The same answer with another certificate.
    pub fn map_valid<D>(self, map: impl FnOnce(C) -> D) -> Answer<D, E> {
        match self {
            Answer::Valid(certificate) => Answer::Valid(map(certificate)),
            Answer::Invalid(explanation) => Answer::Invalid(explanation),
            Answer::Unknown(exhausted) => Answer::Unknown(exhausted),
        }
    }

    /// The same answer with another explanation.
    pub fn map_invalid<F>(self, map: impl FnOnce(E) -> F) -> Answer<C, F> {
        match self {
            Answer::Valid(certificate) => Answer::Valid(certificate),
            Answer::Invalid(explanation) => Answer::Invalid(map(explanation)),
            Answer::Unknown(exhausted) => Answer::Unknown(exhausted),
        }
    }
}

/// An answer without its reasons.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Verdict {
    /// The history is consistent.
    Valid,
    /// The checker cannot say.
    Unknown,
    /// The history is not consistent.
    Invalid,
}

impl serde::Serialize for Verdict {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Valid => "valid",
            Verdict::Unknown => "unknown",
            Verdict::Invalid => "invalid",
        })
    }
}

/// Why a checker cannot say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exhausted {
    /// What ran out, or what was missing.
    pub what: Shortage,
    /// What is known so far, in a sentence; empty if nothing is.
    pub known: String,
}

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.what)?;
        if self.known.is_empty() { Ok(()) } else { write!(f, "; {}", self.known) }
    }
}

/// What ran out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Shortage {
    /// The time allowed.
    Time(Duration),
    /// The memory allowed, in bytes.
    Memory(u64),
    /// So many configurations.
    Configurations(u64),
    /// Somebody wants the checker to stop.
    Stopped,
    /// The question is not decided for histories like this one: why, in a sentence.
    Undecided(String),
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shortage::Time(limit) => write!(f, "the time limit of {limit:?} was reached"),
            Shortage::Memory(limit) => write!(f, "the memory limit of {limit} bytes was reached"),
            Shortage::Configurations(limit) => write!(f, "the limit of {limit} configurations was reached"),
            Shortage::Stopped => f.write_str("it was stopped"),
            Shortage::Undecided(why) => f.write_str(why),
        }
    }
}

/// How much a checker may spend. Checkers ask from time to time, so a limit is passed by a little, never by much.
#[derive(Clone, Debug, Default)]
pub struct Budget {
    time: Option<(Instant, Duration)>,
    memory: Option<u64>,
    stop: Option<Arc<AtomicBool>>,
}

impl Budget {
    /// No limit.
    pub fn unlimited() -> Self {
        Budget::default()
    }

    /// At most this long from now.
    #[must_use]
    pub fn time(mut self, limit: Duration) -> Self {
        // A limit beyond what the clock can count is none.
        self.time = Instant::now().checked_add(limit).map(|deadline| (deadline, limit));
        self
    }

    /// At most so many bytes for what the search remembers (the history itself is not counted).
    #[must_use]
    pub fn memory(mut self, bytes: u64) -> Self {
        self.memory = Some(bytes);
        self
    }

    /// Until this becomes true.
    #[must_use]
    pub fn stop(mut self, stop: Arc<AtomicBool>) -> Self {
        self.stop = Some(stop);
        self
    }

    /// Whether a search that holds `bytes` may go on. Reads the clock: ask every few thousand steps.
    ///
    /// # Errors
    /// It may not: what ran out.
    pub fn check(&self, bytes: u64) -> Result<(), Shortage> {
        if self.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed)) {
            return Err(Shortage::Stopped);
        }
        if let Some(limit) = self.memory.filter(|limit| bytes > *limit) {
            return Err(Shortage::Memory(limit));
        }
        match self.time {
            Some((deadline, limit)) if Instant::now() >= deadline => Err(Shortage::Time(limit)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_kept_apart() {
        assert_eq!(Budget::unlimited().check(u64::MAX), Ok(()));
        assert_eq!(Budget::unlimited().memory(10).check(11), Err(Shortage::Memory(10)));
        assert_eq!(Budget::unlimited().memory(10).check(10), Ok(()));
        let none = Duration::ZERO;
        assert_eq!(Budget::unlimited().time(none).check(0), Err(Shortage::Time(none)));
        assert_eq!(Budget::unlimited().time(Duration::MAX).check(0), Ok(()));
        let stop = Arc::new(AtomicBool::new(false));
        let budget = Budget::unlimited().stop(stop.clone());
        assert_eq!(budget.check(0), Ok(()));
        stop.store(true, Ordering::Relaxed);
        assert_eq!(budget.check(0), Err(Shortage::Stopped));
    }

    #[test]
    fn one_invalid_answer_outweighs_the_others() {
        let worst = [Verdict::Valid, Verdict::Invalid, Verdict::Unknown].into_iter().max();
        assert_eq!(worst, Some(Verdict::Invalid));
    }

    #[test]
    fn exhaustion_is_a_sentence() {
        let exhausted = Exhausted {
            what: Shortage::Time(Duration::from_secs(2)),
            known: "the first 40 events are consistent".into(),
        };
        assert_eq!(
            exhausted.to_string(),
            "the time limit of 2s was reached; the first 40 events are consistent"
        );
    }
}
