//! Random small actors, and how a law is put to the test.
//!
//! A law that cannot fail says nothing. So each law is a function over *any* actor (or combinator, or visitor), tried
//! twice: with the sound ones, where it must [hold](holds), and with one that breaks it on purpose, which it must
//! [notice](is_noticed).

#![allow(dead_code, reason = "each test is compiled with it, and uses a part")]

pub mod flawed;

use std::{
    fmt::Debug,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering::Relaxed},
    },
    time::Duration,
};

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner},
};
use synod_actor::{Actor, Cx, Effect, Env, Event, NodeId, Port, Seed};

/// What a law says of one case.
pub type Said = Result<(), TestCaseError>;

/// Tries the law on many random cases, the same ones each time.
fn attempt<S: Strategy>(
    cases: &S,
    law: impl Fn(S::Value) -> Said,
    shrink: u32,
) -> Result<(), TestError<S::Value>> {
    let config =
        Config { cases: 512, failure_persistence: None, max_shrink_iters: shrink, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)).run(cases, law)
}

/// The law holds in all of many random cases.
#[track_caller]
pub fn holds<S: Strategy>(cases: S, law: impl Fn(S::Value) -> Said) {
    if let Err(error) = attempt(&cases, law, 1000) {
        panic!("{error}");
    }
}

/// The law is broken, and one of many random cases shows it.
#[track_caller]
pub fn is_noticed<S: Strategy>(cases: S, law: impl Fn(S::Value) -> Said) {
    match attempt(&cases, law, 0) {
        Err(TestError::Fail(..)) => {}
        Err(TestError::Abort(reason)) => panic!("gave up: {reason}"),
        Ok(()) => panic!("the law says nothing: it holds of what breaks it"),
    }
}

/// A service of numbers in both directions.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Letters;
impl Port for Letters {
    type Request = u8;
    type Indication = u8;
}

/// An actor whose handlers are a table, drawn at random. `WHO` only tells apart what the tables mark.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Automaton<const WHO: usize = 0> {
    table: Arc<Vec<Row>>,
    /// Volatile.
    pub at: u8,
    /// Durable. It tells apart all short sequences of records, so their order and number matter.
    pub kept: u64,
    /// Whom it does not concern.
    shuns: Option<NodeId>,
}

/// An instance begins in the state of this number, and does not concern the node of this number.
impl<const WHO: usize> Seed<u8> for Automaton<WHO> {
    fn instance(&self, purpose: &u8) -> Self {
        Automaton { at: *purpose, shuns: Some(NodeId((*purpose).into())), ..self.clone() }
    }

    fn concerns(&self, node: NodeId) -> bool {
        self.shuns != Some(node)
    }
}

/// What to do, and where to go.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Row {
    next: u8,
    acts: Vec<Act>,
}

/// One thing to do. What is sent, written and told depends on the state too.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Act {
    Persist(u8),
    Send(usize, u8),
    Set(u8),
    Cancel(u8),
    Request(u8),
    Indicate(u8),
    Mark(usize),
    Choose(u64),
    Look,
    /// No actor may do this: depends on something that is neither state nor event nor choice.
    Impure,
    /// No actor may do this: changes what is durable by itself.
    Corrupt,
    /// No actor may do this: writes what it does not apply.
    Unapplied(u8),
}

/// What the automata mark, by `WHO`.
pub const MARKS: [[&str; 2]; 2] = [["a1", "a2"], ["b1", "b2"]];

static IMPURITY: AtomicU8 = AtomicU8::new(0);

impl<const WHO: usize> Automaton<WHO> {
    fn row(&self, event: &Event<Self>) -> usize {
        let (kind, what) = match event {
            Event::Start => (0, 0),
            Event::Request(r) => (1, *r),
            Event::Indication(i) => (2, *i),
            Event::Receive(from, m) => (3 + from.index(), *m),
            Event::Timeout(t) => (9, *t),
        };
        (usize::from(self.at) + 5 * kind + usize::from(what)) % self.table.len()
    }
}

impl<const WHO: usize> Actor for Automaton<WHO> {
    type Provides = Letters;
    type Uses = Letters;
    type Msg = u8;
    type Timer = u8;
    type Record = u8;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        let (table, row) = (self.table.clone(), self.row(&event));
        self.at = table[row].next;
        for act in &table[row].acts {
            let mix = (self.at ^ self.kept as u8) % 4;
            match *act {
                Act::Persist(r) => self.persist(r ^ mix, cx),
                Act::Send(to, m) => cx.send(cx.group()[to % cx.group().len()], m ^ mix),
                Act::Set(t) => cx.set(t, Duration::ZERO..Duration::from_millis(mix.into())),
                Act::Cancel(t) => cx.cancel(t),
                Act::Request(r) => cx.request(r ^ mix),
                Act::Indicate(i) => cx.indicate(i ^ mix),
                Act::Mark(which) => cx.mark(MARKS[WHO][which % 2]),
                Act::Choose(options) => self.at ^= cx.choose(options) as u8,
                Act::Look => self.at ^= cx.now().as_secs() as u8,
                Act::Impure => self.at ^= IMPURITY.fetch_add(1, Relaxed),
                Act::Corrupt => self.kept += 1,
                Act::Unapplied(r) => cx.issue(Effect::Persist(r)),
            }
        }
    }

    fn replay(&mut self, record: u8) {
        self.kept = self.kept.wrapping_mul(31).wrapping_add(u64::from(record) + 1);
    }

    fn marks() -> Vec<&'static str> {
        MARKS[WHO].to_vec()
    }
}

/// What an actor may do.
pub fn lawful() -> BoxedStrategy<Act> {
    let number = || 0..4u8;
    prop_oneof![
        number().prop_map(Act::Persist),
        (0..3usize, number()).prop_map(|(to, m)| Act::Send(to, m)),
        number().prop_map(Act::Set),
        number().prop_map(Act::Cancel),
        number().prop_map(Act::Request),
        number().prop_map(Act::Indicate),
        (0..2usize).prop_map(Act::Mark),
        (0..4u64).prop_map(Act::Choose),
        Just(Act::Look),
    ]
    .boxed()
}

/// What an actor may do, and now and then something that none may.
pub fn lawless(flaw: Act) -> BoxedStrategy<Act> {
    prop_oneof![9 => lawful(), 1 => Just(flaw)].boxed()
}

/// Automata that do such things.
pub fn automata<const WHO: usize>(acts: BoxedStrategy<Act>) -> impl Strategy<Value = Automaton<WHO>> {
    let row = (0..8u8, vec(acts, 0..5)).prop_map(|(next, acts)| Row { next, acts });
    vec(row, 1..16).prop_map(|table| Automaton { table: Arc::new(table), at: 0, kept: 7, shuns: None })
}

/// An event for anyone who speaks in numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Stimulus {
    Start,
    Request(u8),
    Indication(u8),
    Receive(u16, u8),
    Timeout(u8),
}

impl Stimulus {
    /// As an event.
    pub fn event<A>(self) -> Event<A>
    where
        A: Actor<Provides = Letters, Uses = Letters, Msg = u8, Timer = u8>,
    {
        match self {
            Stimulus::Start => Event::Start,
            Stimulus::Request(r) => Event::Request(r),
            Stimulus::Indication(i) => Event::Indication(i),
            Stimulus::Receive(from, m) => Event::Receive(NodeId(from), m),
            Stimulus::Timeout(t) => Event::Timeout(t),
        }
    }
}

/// Any stimulus.
pub fn stimuli() -> impl Strategy<Value = Stimulus> {
    prop_oneof![
        Just(Stimulus::Start),
        (0..4u8).prop_map(Stimulus::Request),
        (0..4u8).prop_map(Stimulus::Indication),
        (0..3u16, 0..4u8).prop_map(|(from, m)| Stimulus::Receive(from, m)),
        (0..4u8).prop_map(Stimulus::Timeout),
    ]
}

/// An environment that reads its answers from a tape, over and over.
pub struct Tape<'a> {
    answers: &'a [u64],
    /// How many answers it has given.
    pub asked: usize,
}

impl<'a> Tape<'a> {
    /// At the beginning of the tape, which is not empty.
    pub fn new(answers: &'a [u64]) -> Self {
        Tape { answers, asked: 0 }
    }

    fn next(&mut self) -> u64 {
        self.asked += 1;
        self.answers[(self.asked - 1) % self.answers.len()]
    }
}

impl Env for Tape<'_> {
    fn now(&mut self) -> Duration {
        Duration::from_secs(self.next())
    }

    fn choose(&mut self, options: u64) -> u64 {
        self.next() % options
    }
}

/// Handles one event as n1 of three nodes, and returns the effects.
pub fn step<A: Actor>(actor: &mut A, event: Event<A>, env: &mut dyn Env) -> Vec<Effect<A>> {
    let (group, mut effects) = (NodeId::group(3), Vec::new());
    actor.on(event, &mut Cx::new(group[1], &group, env, &mut effects));
    effects
}

/// What an effect on a whole is as an effect of a part, where `None` stands for something that is not of that part.
pub fn effect_of_part<W: Actor, P: Actor>(
    effect: Effect<W>,
    msg: impl Fn(W::Msg) -> Option<P::Msg>,
    timer: impl Fn(W::Timer) -> Option<P::Timer>,
    record: impl Fn(W::Record) -> Option<P::Record>,
    request: impl Fn(<W::Uses as Port>::Request) -> Option<<P::Uses as Port>::Request>,
    indication: impl Fn(<W::Provides as Port>::Indication) -> Option<<P::Provides as Port>::Indication>,
) -> Option<Effect<P>> {
    Some(match effect {
        Effect::Persist(r) => Effect::Persist(record(r)?),
        Effect::Send(to, m) => Effect::Send(to, msg(m)?),
        Effect::Set(t, after) => Effect::Set(timer(t)?, after),
        Effect::Cancel(t) => Effect::Cancel(timer(t)?),
        Effect::Request(r) => Effect::Request(request(r)?),
        Effect::Indicate(i) => Effect::Indicate(indication(i)?),
        Effect::Mark(step) if P::marks().contains(&step) => Effect::Mark(step),
        Effect::Mark(_) => return None,
    })
}

/// The durable part of the state is the initial state with every record replayed, in order.
pub fn is_recoverable<A, D>(initial: A, run: Vec<(Event<A>, Vec<u64>)>, durable: impl Fn(&A) -> D) -> Said
where
    A: Actor,
    D: PartialEq + Debug,
{
    let (mut actor, mut recovered) = (initial.clone(), initial);
    for (event, answers) in run {
        let effects = step(&mut actor, event, &mut Tape::new(&answers));
        for effect in effects {
            if let Effect::Persist(record) = effect {
                recovered.replay(record);
            }
        }
        prop_assert_eq!(durable(&actor), durable(&recovered));
    }
    Ok(())
}
