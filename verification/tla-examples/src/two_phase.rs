//! Two-phase commit as Gray and Lamport specify it: *Consensus on Transaction Commit* (2006), §3 and appendix.
//!
//! Resource managers prepare, and the transaction manager commits once it has heard from all of them. Messages are never lost
//! and can be received again and again, so what was sent is a set that only grows. Nothing crashes.

use synod_checker::transition::{Invariant, Pack, Packed, Reader, Specification, Writer};

use super::{CONSISTENT, set::Set};

/// The most resource managers that fit into a word.
pub const MOST: usize = 9;

/// The specification.
#[derive(Clone, Copy, Debug)]
pub struct TwoPhase {
    /// How many resource managers there are: at most [`MOST`].
    pub managers: usize,
    /// Whether states that differ by a renaming of resource managers are one.
    pub symmetric: bool,
    /// A fault: the transaction manager commits when it has heard from one.
    pub hasty: bool,
}

/// How far the transaction manager is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Transaction {
    /// It listens to the resource managers.
    Open,
    /// It has committed, and sent that to all.
    Committed,
    /// It has aborted, and sent that to all.
    Aborted,
}

/// A state. A resource manager that is in none of the first three sets is working.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct State {
    prepared: Set,
    committed: Set,
    aborted: Set,
    /// Whose message the transaction manager has received, that they are prepared.
    heard: Set,
    /// Who has sent it.
    sent: Set,
    transaction: Transaction,
}

/// The steps.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "named as in the paper")]
pub enum Action {
    Commit,
    Abort,
    ReceivePrepared(usize),
    Prepare(usize),
    ChooseToAbort(usize),
    ReceiveCommit(usize),
    ReceiveAbort(usize),
}

impl State {
    fn is_working(&self, manager: usize) -> bool {
        !self.prepared.has(manager) && !self.committed.has(manager) && !self.aborted.has(manager)
    }

    /// The resource manager is nowhere but, from now on, in one of the sets.
    fn moving(&self, manager: usize) -> State {
        let [prepared, committed, aborted] =
            [self.prepared, self.committed, self.aborted].map(|set| set.without(manager));
        State { prepared, committed, aborted, ..*self }
    }
}

impl synod_checker::transition::State for State {
    type Kept = Packed<1>;
}

impl Pack<1> for State {
    #[inline]
    fn pack(&self) -> [u64; 1] {
        let mut writer = Writer::new();
        for set in [self.prepared, self.committed, self.aborted, self.heard, self.sent] {
            writer.put(MOST as u32, set.bits());
        }
        writer.put(2, self.transaction as u64);
        writer.words()
    }

    #[inline]
    fn unpack(words: &[u64; 1]) -> Self {
        let mut reader = Reader::new(words);
        let [prepared, committed, aborted, heard, sent] =
            std::array::from_fn(|_| Set::from_bits(reader.take(MOST as u32)));
        let transaction = match reader.take(2) {
            0 => Transaction::Open,
            1 => Transaction::Committed,
            _ => Transaction::Aborted,
        };
        State { prepared, committed, aborted, heard, sent, transaction }
    }
}

impl Specification for TwoPhase {
    type State = State;
    type Action = Action;

    fn initial(&self) -> Vec<State> {
        let [prepared, committed, aborted, heard, sent] = [Set::NONE; 5];
        vec![State { prepared, committed, aborted, heard, sent, transaction: Transaction::Open }]
    }

    fn steps(&self, state: &State, step: &mut impl FnMut(Action, State)) {
        // The transaction manager.
        if state.transaction == Transaction::Open {
            let all = state.heard == Set::below(self.managers);
            if all || self.hasty && !state.heard.is_empty() {
                step(Action::Commit, State { transaction: Transaction::Committed, ..*state });
            }
            step(Action::Abort, State { transaction: Transaction::Aborted, ..*state });
        }
        for manager in 0..self.managers {
            if state.transaction == Transaction::Open && state.sent.has(manager) {
                step(Action::ReceivePrepared(manager), State { heard: state.heard.with(manager), ..*state });
            }
            // The resource manager.
            let next = state.moving(manager);
            if state.is_working(manager) {
                let (prepared, sent) = (next.prepared.with(manager), next.sent.with(manager));
                step(Action::Prepare(manager), State { prepared, sent, ..next });
                step(Action::ChooseToAbort(manager), State { aborted: next.aborted.with(manager), ..next });
            }
            match state.transaction {
                Transaction::Open => {}
                Transaction::Committed => {
                    let committed = next.committed.with(manager);
                    step(Action::ReceiveCommit(manager), State { committed, ..next });
                }
                Transaction::Aborted => {
                    step(
                        Action::ReceiveAbort(manager),
                        State { aborted: next.aborted.with(manager), ..next },
                    );
                }
            }
        }
    }

    fn invariants(&self) -> Vec<Invariant<Self>> {
        let holds = |_: &Self, state: &State| state.committed.is_empty() || state.aborted.is_empty();
        vec![Invariant { name: CONSISTENT, holds }]
    }

    /// Resource managers are told apart by nothing but what is known of each, so sorting them by all of that is exact.
    fn canonical(&self, state: State) -> State {
        if !self.symmetric {
            return state;
        }
        let sets = [state.prepared, state.committed, state.aborted, state.heard, state.sent];
        let mut columns: Vec<[bool; 5]> =
            (0..self.managers).map(|manager| sets.map(|set| set.has(manager))).collect();
        columns.sort_unstable();
        let [prepared, committed, aborted, heard, sent] = std::array::from_fn(|set| {
            let members = columns.iter().enumerate().filter(|(_, column)| column[set]);
            members.fold(Set::NONE, |set, (manager, _)| set.with(manager))
        });
        State { prepared, committed, aborted, heard, sent, ..state }
    }

    fn parameters(&self) -> String {
        format!("{self:?}")
    }

    fn actions() -> Vec<&'static str> {
        vec![
            "Commit",
            "Abort",
            "ReceivePrepared",
            "Prepare",
            "ChooseToAbort",
            "ReceiveCommit",
            "ReceiveAbort",
        ]
    }
}
