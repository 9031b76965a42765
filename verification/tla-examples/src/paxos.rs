//! Single-decree Paxos as Lamport specifies it: acceptors and messages, no proposers. What a proposer knows is what was sent to
//! it, so a step of a ballot is one that the messages allow. After *Paxos Made Simple* (2001), §2.2.
//!
//! What was sent is a set that only grows: messages are lost by never being received, and received as often as anyone likes.

use synod_checker::transition::{Invariant, Specification, Whole};
use synod_properties::consensus::AGREEMENT;

use super::set::{MAJORITIES, Set};

const ACCEPTORS: usize = 3;
/// The most ballots.
pub const BALLOTS: usize = 2;
/// The most values.
pub const VALUES: usize = 2;

/// The specification, for three acceptors.
#[derive(Clone, Copy, Debug)]
pub struct Paxos {
    /// A fault: ballots propose whatever they like.
    pub ignores_votes: bool,
}

/// A ballot and the value that was accepted there.
pub type Vote = (usize, usize);

/// A state.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct State {
    acceptors: [Acceptor; ACCEPTORS],
    /// Phase 1a: the ballots that asked for promises.
    prepares: Set,
    /// Phase 1b: the vote that each acceptor reported when it promised each ballot.
    promises: [[Option<Option<Vote>>; BALLOTS]; ACCEPTORS],
    /// Phase 2a: the value that each ballot proposed.
    proposals: [Option<usize>; BALLOTS],
    /// Phase 2b: the ballots at which each acceptor has voted, for what was proposed there.
    votes: [Set; ACCEPTORS],
}

/// An acceptor.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
struct Acceptor {
    /// The highest ballot promised.
    promised: Option<usize>,
    vote: Option<Vote>,
}

/// The steps, with the ballot or the acceptor.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "named as in the paper")]
pub enum Action {
    Phase1a { ballot: usize },
    Phase1b { acceptor: usize, ballot: usize },
    Phase2a { ballot: usize, value: usize },
    Phase2b { acceptor: usize, ballot: usize },
}

impl synod_checker::transition::State for State {
    type Kept = Whole<Self>;
}

impl State {
    /// Calls `propose` for each way in which the promises of a quorum allow the ballot to propose this value.
    fn allowed(&self, ballot: usize, value: usize, mut propose: impl FnMut()) {
        for quorum in MAJORITIES {
            let [Some(one), Some(other)] = quorum.map(|acceptor| self.promises[acceptor][ballot]) else {
                continue;
            };
            let votes = [one, other].into_iter().flatten();
            match votes.clone().map(|(ballot, _)| ballot).max() {
                None => propose(),
                Some(highest) => votes.filter(|vote| *vote == (highest, value)).for_each(|_| propose()),
            }
        }
    }

    /// Whether a quorum has voted for the value at some ballot.
    fn is_chosen(&self, value: usize) -> bool {
        (0..BALLOTS).any(|ballot| {
            let voted = |acceptor: usize| self.votes[acceptor].has(ballot);
            self.proposals[ballot] == Some(value)
                && MAJORITIES.iter().any(|quorum| quorum.iter().all(|&one| voted(one)))
        })
    }
}

impl Specification for Paxos {
    type State = State;
    type Action = Action;

    fn initial(&self) -> Vec<State> {
        vec![State {
            acceptors: [Acceptor::default(); ACCEPTORS],
            prepares: Set::NONE,
            promises: [[None; BALLOTS]; ACCEPTORS],
            proposals: [None; BALLOTS],
            votes: [Set::NONE; ACCEPTORS],
        }]
    }

    fn steps(&self, state: &State, step: &mut impl FnMut(Action, State)) {
        for ballot in 0..BALLOTS {
            step(
                Action::Phase1a { ballot },
                State { prepares: state.prepares.with(ballot), ..state.clone() },
            );
            for value in 0..VALUES {
                if state.proposals[ballot].is_some() {
                    continue;
                }
                let mut propose = || {
                    let mut next = state.clone();
                    next.proposals[ballot] = Some(value);
                    step(Action::Phase2a { ballot, value }, next);
                };
                if self.ignores_votes {
                    propose();
                } else {
                    state.allowed(ballot, value, propose);
                }
            }
        }
        for (acceptor, &Acceptor { promised, vote }) in state.acceptors.iter().enumerate() {
            for ballot in state.prepares.iter().filter(|&ballot| Some(ballot) > promised) {
                let mut next = state.clone();
                next.acceptors[acceptor].promised = Some(ballot);
                next.promises[acceptor][ballot] = Some(vote);
                step(Action::Phase1b { acceptor, ballot }, next);
            }
            for (ballot, proposal) in state.proposals.iter().enumerate() {
                let Some(value) = *proposal else { continue };
                if Some(ballot) >= promised {
                    let mut next = state.clone();
                    next.acceptors[acceptor] =
                        Acceptor { promised: Some(ballot), vote: Some((ballot, value)) };
                    next.votes[acceptor] = next.votes[acceptor].with(ballot);
                    step(Action::Phase2b { acceptor, ballot }, next);
                }
            }
        }
    }

    fn invariants(&self) -> Vec<Invariant<Self>> {
        let holds =
            |_: &Self, state: &State| (0..VALUES).filter(|&value| state.is_chosen(value)).count() <= 1;
        vec![Invariant { name: AGREEMENT, holds }]
    }

    fn parameters(&self) -> String {
        format!("{self:?}")
    }

    fn actions() -> Vec<&'static str> {
        vec!["Phase1a", "Phase1b", "Phase2a", "Phase2b"]
    }
}
