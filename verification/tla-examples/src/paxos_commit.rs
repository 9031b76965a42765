//! Paxos Commit as Gray and Lamport specify it: *Consensus on Transaction Commit* (2006), §4 and appendix.
//!
//! Each resource manager has an instance of Paxos, which decides whether it has prepared or aborted; its own word is the
//! proposal of ballot 0. The transaction commits once all instances have decided "prepared". Messages are a set that only
//! grows.

use synod_checker::transition::{Invariant, Pack, Packed, Reader, Specification, Writer};

use super::{
    CONSISTENT,
    set::{MAJORITIES, Set},
};

const MANAGERS: usize = 2;
const ACCEPTORS: usize = 3;
/// The most ballots.
pub const BALLOTS: usize = 2;

/// The specification, for two resource managers and three acceptors.
#[derive(Clone, Copy, Debug)]
pub struct PaxosCommit {
    /// How many ballots there are: at most [`BALLOTS`].
    pub ballots: usize,
    /// A fault: a leader that takes over proposes to abort, whatever was voted.
    pub ignores_votes: bool,
}

/// A resource manager.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Manager {
    /// It has said nothing.
    Working,
    /// It can commit.
    Prepared,
    /// It has committed.
    Committed,
    /// It has aborted.
    Aborted,
}

/// What an instance decides.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Value {
    /// The resource manager can commit.
    Prepared,
    /// It cannot.
    Aborted,
}

/// A ballot and the value that was accepted there.
pub type Vote = (usize, Value);

/// The instance of a resource manager.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Instance {
    manager: Manager,
    acceptors: [Acceptor; ACCEPTORS],
    /// Phase 1a: the ballots that asked for promises.
    prepares: Set,
    /// Phase 1b: the vote that each acceptor reported when it promised each ballot.
    promises: [[Option<Option<Vote>>; BALLOTS]; ACCEPTORS],
    /// Phase 2a: the value that each ballot proposed.
    proposals: [Option<Value>; BALLOTS],
    /// Phase 2b: the ballots at which each acceptor has voted, for what was proposed there.
    votes: [Set; ACCEPTORS],
}

/// An acceptor, in one instance.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
struct Acceptor {
    promised: usize,
    vote: Option<Vote>,
}

/// A state.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct State {
    instances: [Instance; MANAGERS],
    /// Whether the message was sent that the transaction commits.
    commit: bool,
    /// Whether the message was sent that it aborts.
    abort: bool,
}

/// The steps.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "named as in the paper")]
pub enum Action {
    Prepare { manager: usize },
    ChooseToAbort { manager: usize },
    ReceiveCommit { manager: usize },
    ReceiveAbort { manager: usize },
    Phase1a { manager: usize, ballot: usize },
    Phase1b { manager: usize, acceptor: usize, ballot: usize },
    Phase2a { manager: usize, ballot: usize },
    Phase2b { manager: usize, acceptor: usize, ballot: usize },
    DecideCommit,
    DecideAbort,
}

impl Instance {
    const INITIAL: Instance = Instance {
        manager: Manager::Working,
        acceptors: [Acceptor { promised: 0, vote: None }; ACCEPTORS],
        prepares: Set::NONE,
        promises: [[None; BALLOTS]; ACCEPTORS],
        proposals: [None; BALLOTS],
        votes: [Set::NONE; ACCEPTORS],
    };

    /// The resource manager speaks for itself, at ballot 0.
    fn speaking(mut self, manager: Manager, value: Value) -> Self {
        self.manager = manager;
        self.proposals[0] = Some(value);
        self
    }

    fn moving(self, manager: Manager) -> Self {
        Instance { manager, ..self }
    }

    /// In how many ways a ballot and a quorum have decided this value.
    fn decisions(&self, value: Value) -> usize {
        let voted =
            |ballot: usize, quorum: &[usize; 2]| quorum.iter().all(|&one| self.votes[one].has(ballot));
        let ballots = (0..BALLOTS).filter(|&ballot| self.proposals[ballot] == Some(value));
        ballots.map(|ballot| MAJORITIES.iter().filter(|quorum| voted(ballot, quorum)).count()).sum()
    }

    fn put(&self, writer: &mut Writer<2>) {
        writer.put(2, self.manager as u64);
        writer.put(BALLOTS as u32, self.prepares.bits());
        for (acceptor, Acceptor { promised, vote }) in self.acceptors.iter().enumerate() {
            writer.put(1, *promised as u64);
            writer.put(3, vote_number(*vote));
            writer.put(BALLOTS as u32, self.votes[acceptor].bits());
            for promise in &self.promises[acceptor] {
                writer.put(3, promise.map_or(0, |vote| 1 + vote_number(vote)));
            }
        }
        for proposal in &self.proposals {
            writer.put(2, proposal.map_or(0, |value| 1 + value as u64));
        }
    }

    fn take(reader: &mut Reader<2>) -> Self {
        let mut instance = Instance::INITIAL;
        instance.manager = match reader.take(2) {
            0 => Manager::Working,
            1 => Manager::Prepared,
            2 => Manager::Committed,
            _ => Manager::Aborted,
        };
        instance.prepares = Set::from_bits(reader.take(BALLOTS as u32));
        for acceptor in 0..ACCEPTORS {
            let promised = reader.take(1) as usize;
            instance.acceptors[acceptor] = Acceptor { promised, vote: numbered_vote(reader.take(3)) };
            instance.votes[acceptor] = Set::from_bits(reader.take(BALLOTS as u32));
            for promise in &mut instance.promises[acceptor] {
                *promise = reader.take(3).checked_sub(1).map(numbered_vote);
            }
        }
        for proposal in &mut instance.proposals {
            *proposal = reader.take(2).checked_sub(1).map(numbered_value);
        }
        instance
    }
}

fn vote_number(vote: Option<Vote>) -> u64 {
    vote.map_or(0, |(ballot, value)| 1 + 2 * ballot as u64 + value as u64)
}

fn numbered_vote(number: u64) -> Option<Vote> {
    let number = number.checked_sub(1)?;
    Some((number as usize / 2, numbered_value(number % 2)))
}

fn numbered_value(number: u64) -> Value {
    if number == 0 { Value::Prepared } else { Value::Aborted }
}

impl synod_checker::transition::State for State {
    type Kept = Packed<2>;
}

impl Pack<2> for State {
    fn pack(&self) -> [u64; 2] {
        let mut writer = Writer::new();
        self.instances.iter().for_each(|instance| instance.put(&mut writer));
        writer.put(1, self.commit.into());
        writer.put(1, self.abort.into());
        writer.words()
    }

    fn unpack(words: &[u64; 2]) -> Self {
        let mut reader = Reader::new(words);
        let instances = std::array::from_fn(|_| Instance::take(&mut reader));
        State { instances, commit: reader.take(1) == 1, abort: reader.take(1) == 1 }
    }
}

impl PaxosCommit {
    /// The steps of the resource manager, and of the instance of Paxos that decides about it.
    fn instance(&self, state: &State, manager: usize, step: &mut impl FnMut(Action, Instance)) {
        let instance = state.instances[manager];
        if instance.manager == Manager::Working {
            step(Action::Prepare { manager }, instance.speaking(Manager::Prepared, Value::Prepared));
            step(Action::ChooseToAbort { manager }, instance.speaking(Manager::Aborted, Value::Aborted));
        }
        if state.commit {
            step(Action::ReceiveCommit { manager }, instance.moving(Manager::Committed));
        }
        if state.abort {
            step(Action::ReceiveAbort { manager }, instance.moving(Manager::Aborted));
        }
        for ballot in 1..self.ballots {
            let mut next = instance;
            next.prepares = next.prepares.with(ballot);
            step(Action::Phase1a { manager, ballot }, next);
            self.propose(&instance, ballot, &mut |value| {
                let mut next = instance;
                next.proposals[ballot] = Some(value);
                step(Action::Phase2a { manager, ballot }, next);
            });
        }
        for (acceptor, &Acceptor { promised, vote }) in instance.acceptors.iter().enumerate() {
            for ballot in instance.prepares.iter().filter(|&ballot| ballot > promised) {
                let mut next = instance;
                next.acceptors[acceptor].promised = ballot;
                next.promises[acceptor][ballot] = Some(vote);
                step(Action::Phase1b { manager, acceptor, ballot }, next);
            }
            for (ballot, proposal) in instance.proposals.iter().enumerate() {
                let Some(value) = *proposal else { continue };
                if ballot >= promised {
                    let mut next = instance;
                    next.acceptors[acceptor] = Acceptor { promised: ballot, vote: Some((ballot, value)) };
                    next.votes[acceptor] = next.votes[acceptor].with(ballot);
                    step(Action::Phase2b { manager, acceptor, ballot }, next);
                }
            }
        }
    }

    /// Calls `propose` with what the ballot may propose, once for each quorum of promises. Where nobody in it has voted, the
    /// resource manager has not been heard, and the leader proposes to abort.
    fn propose(&self, instance: &Instance, ballot: usize, propose: &mut impl FnMut(Value)) {
        if instance.proposals[ballot].is_some() {
            return;
        }
        for quorum in MAJORITIES {
            let [Some(one), Some(other)] = quorum.map(|acceptor| instance.promises[acceptor][ballot]) else {
                continue;
            };
            let votes = [one, other].into_iter().flatten().filter(|_| !self.ignores_votes);
            propose(votes.max_by_key(|&(ballot, _)| ballot).map_or(Value::Aborted, |(_, value)| value));
        }
    }
}

impl Specification for PaxosCommit {
    type State = State;
    type Action = Action;

    fn initial(&self) -> Vec<State> {
        vec![State { instances: [Instance::INITIAL; MANAGERS], commit: false, abort: false }]
    }

    fn steps(&self, state: &State, step: &mut impl FnMut(Action, State)) {
        for manager in 0..MANAGERS {
            self.instance(state, manager, &mut |action, instance| {
                let mut next = *state;
                next.instances[manager] = instance;
                step(action, next);
            });
        }
        // Whoever sees the decisions tells the outcome.
        let decisions = |value| state.instances.iter().map(move |instance| instance.decisions(value));
        for _ in 0..decisions(Value::Prepared).product() {
            step(Action::DecideCommit, State { commit: true, ..*state });
        }
        for _ in 0..decisions(Value::Aborted).sum() {
            step(Action::DecideAbort, State { abort: true, ..*state });
        }
    }

    fn invariants(&self) -> Vec<Invariant<Self>> {
        let holds = |_: &Self, state: &State| {
            let is_some = |wanted| state.instances.iter().any(|instance| instance.manager == wanted);
            !(is_some(Manager::Committed) && is_some(Manager::Aborted))
        };
        vec![Invariant { name: CONSISTENT, holds }]
    }

    fn parameters(&self) -> String {
        format!("{self:?}")
    }

    fn actions() -> Vec<&'static str> {
        vec![
            "Prepare",
            "ChooseToAbort",
            "ReceiveCommit",
            "ReceiveAbort",
            "Phase1a",
            "Phase1b",
            "Phase2a",
            "Phase2b",
            "DecideCommit",
            "DecideAbort",
        ]
    }
}
