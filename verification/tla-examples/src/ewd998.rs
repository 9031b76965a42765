//! Termination detection by Safra: Dijkstra, *Shmuel Safra's version of termination detection*, EWD998 (1987).
//!
//! Nodes in a ring send each other messages; one that is active may send, one that receives becomes active and black. A token
//! goes round and adds up how many more messages each node has sent than received. If it comes back white to a white and
//! passive node 0 and all adds up to nothing, there is nothing on its way either: all is over.

use synod_checker::transition::{Invariant, Pack, Packed, Reader, Specification, Writer};

use super::set::Set;

const NODES: usize = 3;

/// If termination is detected, all has terminated.
pub const DETECTION: &str = "detected only if terminated";

/// The specification, for three nodes.
#[derive(Clone, Copy, Debug)]
pub struct Ewd998 {
    /// Only runs are explored in which no node has sent so many more messages than it received, nor has more of them on their
    /// way to it, and the token counts at most three times as many.
    pub most: i8,
    /// A fault: nodes that receive stay white.
    pub colourless: bool,
}

/// The token.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Token {
    at: usize,
    /// How many more messages were sent than received, as far as it went.
    count: i8,
    black: bool,
}

/// A state.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct State {
    active: Set,
    black: Set,
    /// How many more messages each node has sent than received.
    count: [i8; NODES],
    /// How many messages are on their way to each node.
    pending: [i8; NODES],
    token: Token,
}

/// The steps.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "named as in the note")]
pub enum Action {
    InitiateProbe,
    PassToken(usize),
    Send(usize, usize),
    Receive(usize),
    Deactivate(usize),
}

/// What is added to a number that may be below 0 when it is packed.
const OFFSET: i8 = 16;

impl synod_checker::transition::State for State {
    type Kept = Packed<1>;
}

impl Pack<1> for State {
    fn pack(&self) -> [u64; 1] {
        let mut writer = Writer::new();
        writer.put(3, self.active.bits());
        writer.put(3, self.black.bits());
        for node in 0..NODES {
            writer.put(5, (self.count[node] + OFFSET) as u64);
            writer.put(3, self.pending[node] as u64);
        }
        writer.put(2, self.token.at as u64);
        writer.put(6, (self.token.count + 2 * OFFSET) as u64);
        writer.put(1, self.token.black.into());
        writer.words()
    }

    fn unpack(words: &[u64; 1]) -> Self {
        let mut reader = Reader::new(words);
        let [active, black] = std::array::from_fn(|_| Set::from_bits(reader.take(3)));
        let (mut count, mut pending) = ([0; NODES], [0; NODES]);
        for node in 0..NODES {
            count[node] = reader.take(5) as i8 - OFFSET;
            pending[node] = reader.take(3) as i8;
        }
        let at = reader.take(2) as usize;
        let token = Token { at, count: reader.take(6) as i8 - 2 * OFFSET, black: reader.take(1) == 1 };
        State { active, black, count, pending, token }
    }
}

impl State {
    /// Whether node 0 knows that all is over.
    fn is_detected(&self) -> bool {
        let Token { at, count, black } = self.token;
        at == 0 && !black && count + self.count[0] == 0 && !self.black.has(0) && !self.active.has(0)
    }

    fn is_terminated(&self) -> bool {
        self.active.is_empty() && self.pending == [0; NODES]
    }
}

impl Specification for Ewd998 {
    type State = State;
    type Action = Action;

    /// Any nodes are active, any are black, and the token is anywhere: what it says of a round that it did not begin counts for
    /// nothing, so it is black.
    fn initial(&self) -> Vec<State> {
        let sets = || (0..1 << NODES).map(Set::from_bits);
        let tokens = || (0..NODES).map(|at| Token { at, count: 0, black: true });
        let state =
            |active, black, token| State { active, black, count: [0; NODES], pending: [0; NODES], token };
        let all = sets().flat_map(|active| {
            sets().flat_map(move |black| tokens().map(move |token| state(active, black, token)))
        });
        all.collect()
    }

    fn steps(&self, state: &State, step: &mut impl FnMut(Action, State)) {
        let token = state.token;
        // Node 0 starts another round, unless this one was conclusive; TLC counts that once for each reason.
        if token.at == 0 {
            let reasons = [token.black, state.black.has(0), state.count[0] + token.count > 0];
            for _ in reasons.into_iter().filter(|&reason| reason) {
                let token = Token { at: NODES - 1, count: 0, black: false };
                step(Action::InitiateProbe, State { token, black: state.black.without(0), ..*state });
            }
        } else if !state.active.has(token.at) {
            let node = token.at;
            let token = Token {
                at: node - 1,
                count: token.count + state.count[node],
                black: token.black || state.black.has(node),
            };
            step(Action::PassToken(node), State { token, black: state.black.without(node), ..*state });
        }
        for node in 0..NODES {
            if state.active.has(node) {
                for to in (0..NODES).filter(|&to| to != node) {
                    let mut next = *state;
                    next.count[node] += 1;
                    next.pending[to] += 1;
                    step(Action::Send(node, to), next);
                }
                step(Action::Deactivate(node), State { active: state.active.without(node), ..*state });
            }
            if state.pending[node] > 0 {
                let mut next = *state;
                next.pending[node] -= 1;
                next.count[node] -= 1;
                next.active = next.active.with(node);
                if !self.colourless {
                    next.black = next.black.with(node);
                }
                step(Action::Receive(node), next);
            }
        }
    }

    fn invariants(&self) -> Vec<Invariant<Self>> {
        vec![Invariant { name: DETECTION, holds: |_, state| !state.is_detected() || state.is_terminated() }]
    }

    fn within(&self, state: &State) -> bool {
        let few = |counts: &[i8; NODES]| counts.iter().all(|&count| count <= self.most);
        few(&state.count) && few(&state.pending) && state.token.count <= 3 * self.most
    }

    fn parameters(&self) -> String {
        format!("{self:?}")
    }

    fn actions() -> Vec<&'static str> {
        vec!["InitiateProbe", "PassToken", "Send", "Receive", "Deactivate"]
    }
}
