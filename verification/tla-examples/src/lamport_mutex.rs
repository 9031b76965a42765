//! Lamport's mutual exclusion: *Time, Clocks, and the Ordering of Events in a Distributed System* (1978), over FIFO channels.
//!
//! A process that wants to enter broadcasts a request with its clock, and enters once all others have acknowledged that and its
//! request is the oldest that it knows of, by clock and process.

use synod_checker::transition::{Invariant, Pack, Packed, Reader, Specification, Writer};

use super::set::Set;

const PROCESSES: usize = 3;
/// A channel never holds more than three messages; a fault may make it one more.
const CAPACITY: usize = 4;

/// No two processes are in the critical section at once.
pub const EXCLUSION: &str = "mutual exclusion";

/// The specification, for three processes.
#[derive(Clone, Copy, Debug)]
pub struct LamportMutex {
    /// Only runs in which no clock is above this are explored: at most 6.
    pub clock: u8,
    /// A fault: a process enters although not all have acknowledged its request.
    pub hasty: bool,
}

/// A message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Msg {
    /// I want to enter, and this was my clock.
    Request(u8),
    /// I know that you want to.
    Ack,
    /// I have left.
    Release,
}

/// The messages on their way from one process to another, oldest first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
struct Channel([Option<Msg>; CAPACITY]);

/// A state.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct State {
    clock: [u8; PROCESSES],
    /// For each process, the clock of everybody's request that it knows of: 0 for none.
    requests: [[u8; PROCESSES]; PROCESSES],
    /// For each process, who has acknowledged its request.
    acks: [Set; PROCESSES],
    /// By sender and receiver.
    channels: [[Channel; PROCESSES]; PROCESSES],
    critical: Set,
}

/// The steps of a process.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "named as in the paper")]
pub enum Action {
    Request(usize),
    Enter(usize),
    Exit(usize),
    ReceiveRequest(usize, usize),
    ReceiveAck(usize, usize),
    ReceiveRelease(usize, usize),
}

impl std::fmt::Debug for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().flatten()).finish()
    }
}

impl Channel {
    fn push(&mut self, msg: Msg) {
        let free = self.0.iter_mut().find(|place| place.is_none());
        *free.expect("a channel holds so many messages at most") = Some(msg);
    }

    fn head(&self) -> Option<Msg> {
        self.0[0]
    }

    fn pop(&mut self) {
        self.0[0] = None;
        self.0.rotate_left(1);
    }
}

impl State {
    fn broadcast(&mut self, from: usize, msg: Msg) {
        (0..PROCESSES).filter(|&to| to != from).for_each(|to| self.channels[from][to].push(msg));
    }

    /// Whether the request of `me` is older than any that it knows of from `other`.
    fn beats(&self, me: usize, other: usize) -> bool {
        let (mine, theirs) = (self.requests[me][me], self.requests[me][other]);
        theirs == 0 || (mine, me) < (theirs, other)
    }
}

impl synod_checker::transition::State for State {
    type Kept = Packed<3>;
}

impl Pack<3> for State {
    fn pack(&self) -> [u64; 3] {
        let mut writer = Writer::new();
        for process in 0..PROCESSES {
            writer.put(3, self.clock[process].into());
            self.requests[process].iter().for_each(|&clock| writer.put(3, clock.into()));
            writer.put(3, self.acks[process].bits());
            // Nobody sends to itself.
            for msg in (0..PROCESSES).filter(|&to| to != process).flat_map(|to| self.channels[process][to].0)
            {
                writer.put(
                    4,
                    match msg {
                        None => 0,
                        Some(Msg::Ack) => 1,
                        Some(Msg::Release) => 2,
                        Some(Msg::Request(clock)) => 2 + u64::from(clock),
                    },
                );
            }
        }
        writer.put(3, self.critical.bits());
        writer.words()
    }

    fn unpack(words: &[u64; 3]) -> Self {
        let mut reader = Reader::new(words);
        let mut state = INITIAL;
        for process in 0..PROCESSES {
            state.clock[process] = reader.take(3) as u8;
            state.requests[process] = std::array::from_fn(|_| reader.take(3) as u8);
            state.acks[process] = Set::from_bits(reader.take(3));
            for to in (0..PROCESSES).filter(|&to| to != process) {
                state.channels[process][to] = Channel(std::array::from_fn(|_| match reader.take(4) as u8 {
                    0 => None,
                    1 => Some(Msg::Ack),
                    2 => Some(Msg::Release),
                    clock => Some(Msg::Request(clock - 2)),
                }));
            }
        }
        state.critical = Set::from_bits(reader.take(3));
        state
    }
}

const INITIAL: State = State {
    clock: [1; PROCESSES],
    requests: [[0; PROCESSES]; PROCESSES],
    acks: [Set::NONE; PROCESSES],
    channels: [[Channel([None; CAPACITY]); PROCESSES]; PROCESSES],
    critical: Set::NONE,
};

impl Specification for LamportMutex {
    type State = State;
    type Action = Action;

    fn initial(&self) -> Vec<State> {
        vec![INITIAL]
    }

    fn steps(&self, state: &State, step: &mut impl FnMut(Action, State)) {
        for me in 0..PROCESSES {
            if state.requests[me][me] == 0 {
                let mut next = *state;
                next.requests[me][me] = state.clock[me];
                next.acks[me] = Set::NONE.with(me);
                next.broadcast(me, Msg::Request(state.clock[me]));
                step(Action::Request(me), next);
            }
            let mut others = (0..PROCESSES).filter(|&other| other != me);
            let acknowledged =
                state.acks[me] == Set::below(PROCESSES) || self.hasty && state.acks[me].has(me);
            if acknowledged && others.clone().all(|other| state.beats(me, other)) {
                step(Action::Enter(me), State { critical: state.critical.with(me), ..*state });
            }
            if state.critical.has(me) {
                let mut next = *state;
                next.critical = state.critical.without(me);
                next.requests[me][me] = 0;
                next.acks[me] = Set::NONE;
                next.broadcast(me, Msg::Release);
                step(Action::Exit(me), next);
            }
            others.by_ref().for_each(|from| receive(state, me, from, step));
        }
    }

    fn invariants(&self) -> Vec<Invariant<Self>> {
        vec![Invariant { name: EXCLUSION, holds: |_, state| state.critical.is_at_most_one() }]
    }

    fn within(&self, state: &State) -> bool {
        state.clock.iter().all(|&clock| clock <= self.clock)
    }

    fn parameters(&self) -> String {
        format!("{self:?}")
    }

    fn actions() -> Vec<&'static str> {
        vec!["Request", "Enter", "Exit", "ReceiveRequest", "ReceiveAck", "ReceiveRelease"]
    }
}

/// The process `me` receives the oldest message from another.
fn receive(state: &State, me: usize, from: usize, step: &mut impl FnMut(Action, State)) {
    let Some(msg) = state.channels[from][me].head() else { return };
    let mut next = *state;
    next.channels[from][me].pop();
    let action = match msg {
        Msg::Request(clock) => {
            next.requests[me][from] = clock;
            next.clock[me] = state.clock[me].max(clock) + 1;
            next.channels[me][from].push(Msg::Ack);
            Action::ReceiveRequest(me, from)
        }
        Msg::Ack => {
            next.acks[me] = state.acks[me].with(from);
            Action::ReceiveAck(me, from)
        }
        Msg::Release => {
            next.requests[me][from] = 0;
            Action::ReceiveRelease(me, from)
        }
    };
    step(action, next);
}
