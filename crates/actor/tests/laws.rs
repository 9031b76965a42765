//! The laws of single actors, and of the hosts that run them: determinism, recovery, the barrier.

mod support;

use std::collections::VecDeque;

use proptest::{collection::vec, prelude::*};
use support::{
    Act, Automaton, Letters, Said, Stimulus, Tape, automata, holds, is_noticed, is_recoverable, lawful,
    lawless, step, stimuli,
};
use synod_actor::{Actor, Cx, Effect, Event, Never};

/// Events, each with the answers of the environment.
fn runs() -> impl Strategy<Value = Vec<(Stimulus, Vec<u64>)>> {
    vec((stimuli(), vec(0..6u64, 1..4)), 1..12)
}

// Deterministic: the same state, event and choices give the same state and the same effects.

fn is_deterministic((automaton, run): (Automaton, Vec<(Stimulus, Vec<u64>)>)) -> Said {
    let mut actor = automaton;
    for (stimulus, answers) in run {
        let mut twin = actor.clone();
        let (mut tape, mut twin_tape) = (Tape::new(&answers), Tape::new(&answers));
        let effects = step(&mut actor, stimulus.event(), &mut tape);
        prop_assert_eq!(&effects, &step(&mut twin, stimulus.event(), &mut twin_tape));
        prop_assert_eq!(&actor, &twin);
        prop_assert_eq!(tape.asked, twin_tape.asked);
    }
    Ok(())
}

#[test]
fn the_same_again() {
    holds((automata(lawful()), runs()), is_deterministic);
    is_noticed((automata(lawless(Act::Impure)), runs()), is_deterministic);
}

// Recoverable: the durable part of the state is the initial state with every record replayed, in order.

#[test]
fn records_are_all_that_is_durable() {
    let law = |(automaton, run): (Automaton, Vec<(Stimulus, Vec<u64>)>)| {
        let run = run.into_iter().map(|(stimulus, answers)| (stimulus.event(), answers)).collect();
        is_recoverable(automaton, run, |automaton| automaton.kept)
    };
    holds((automata(lawful()), runs()), law);
    is_noticed((automata(lawless(Act::Corrupt)), runs()), law);
    is_noticed((automata(lawless(Act::Unapplied(1))), runs()), law);
}

// The barrier: effects take place in the order in which they were issued, over all events; nothing issued after a
// write happens before it is durable; a crash keeps a prefix.

/// What can be done to a host.
#[derive(Clone, Debug)]
enum Do {
    /// Give the actor an event.
    Handle(Stimulus, Vec<u64>),
    /// Let the oldest write become durable.
    Flush,
    /// Crash and restart.
    Crash,
}

fn doings() -> impl Strategy<Value = Vec<Do>> {
    let one = prop_oneof![
        4 => (stimuli(), vec(0..6u64, 1..4)).prop_map(|(stimulus, answers)| Do::Handle(stimulus, answers)),
        2 => Just(Do::Flush),
        1 => Just(Do::Crash),
    ];
    vec(one, 1..30)
}

/// How well a host behaves.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Manners {
    Proper,
    /// What is not a write happens at once.
    Leaky,
    /// The newest write becomes durable first.
    Hasty,
    /// A restart continues where the crash was.
    Immortal,
}

/// An effect that took place, by its number in the order in which they were issued.
#[derive(Clone, Debug)]
struct Happened<A: Actor> {
    number: usize,
    effect: Effect<A>,
}

/// Between a start and the crash that ends it.
#[derive(Clone, Debug)]
struct Life<A: Actor> {
    /// What the actor was when it began, before it handled anything.
    born: A,
    /// The effects that were issued in it.
    issued: Vec<Effect<A>>,
    /// Those that took place, in the order in which they did.
    happened: Vec<Happened<A>>,
}

/// A host with a delayed disk.
struct Host<A: Actor> {
    manners: Manners,
    live: A,
    durable: A,
    queue: VecDeque<Happened<A>>,
    lives: Vec<Life<A>>,
}

impl<A: Actor> Host<A> {
    fn new(initial: A, manners: Manners) -> Self {
        let life = Life { born: initial.clone(), issued: vec![], happened: vec![] };
        Host { manners, live: initial.clone(), durable: initial, queue: VecDeque::new(), lives: vec![life] }
    }

    fn handle(&mut self, event: Event<A>, answers: &[u64]) {
        for effect in step(&mut self.live, event, &mut Tape::new(answers)) {
            let life = self.lives.last_mut().expect("a life");
            let next = Happened { number: life.issued.len(), effect: effect.clone() };
            life.issued.push(effect);
            let write = matches!(next.effect, Effect::Persist(_));
            if !write && (self.queue.is_empty() || self.manners == Manners::Leaky) {
                life.happened.push(next);
            } else {
                self.queue.push_back(next);
            }
        }
    }

    fn flush(&mut self) {
        let happened = &mut self.lives.last_mut().expect("a life").happened;
        let is_write = |queued: &Happened<A>| matches!(queued.effect, Effect::Persist(_));
        let first = match self.manners {
            Manners::Hasty => self.queue.iter().rposition(is_write),
            _ => self.queue.iter().position(is_write),
        };
        let Some(first) = first else { return };
        let write = self.queue.remove(first).expect("it is there");
        if let Effect::Persist(record) = &write.effect {
            self.durable.replay(record.clone());
        }
        happened.push(write);
        while let Some(next) = self.queue.pop_front_if(|next| !is_write(next)) {
            happened.push(next);
        }
    }

    fn crash(&mut self) {
        self.queue.clear();
        if self.manners != Manners::Immortal {
            self.live = self.durable.clone();
        }
        self.lives.push(Life { born: self.live.clone(), issued: vec![], happened: vec![] });
        self.handle(Event::Start, &[0]);
    }

    fn run(&mut self, doings: Vec<Do>)
    where
        A: Actor<Provides = Letters, Uses = Letters, Msg = u8, Timer = u8>,
    {
        for doing in doings {
            match doing {
                Do::Handle(stimulus, answers) => self.handle(stimulus.event(), &answers),
                Do::Flush => self.flush(),
                Do::Crash => self.crash(),
            }
        }
    }
}

/// Nothing behind a write happens before it is durable.
fn respects_the_barrier<A: Actor>(lives: &[Life<A>]) -> Said {
    for life in lives {
        for (position, late) in life.happened.iter().enumerate() {
            let before = &life.happened[..position];
            for (number, effect) in life.issued[..late.number].iter().enumerate() {
                let durable = before.iter().any(|early| early.number == number);
                prop_assert!(durable || !matches!(effect, Effect::Persist(_)), "{late:?} before {effect:?}");
            }
        }
    }
    Ok(())
}

/// What happens is a prefix of what was issued.
fn keeps_a_prefix<A: Actor>(lives: &[Life<A>]) -> Said {
    for life in lives {
        let numbers: Vec<_> = life.happened.iter().map(|happened| happened.number).collect();
        prop_assert_eq!(numbers, (0..life.happened.len()).collect::<Vec<_>>());
    }
    Ok(())
}

/// Each life begins as the initial state with every record replayed that became durable.
fn restarts_from_what_is_durable<A: Actor>(initial: &A, lives: &[Life<A>]) -> Said {
    let mut recovered = initial.clone();
    for life in lives {
        prop_assert_eq!(&life.born, &recovered);
        for happened in &life.happened {
            if let Effect::Persist(record) = &happened.effect {
                recovered.replay(record.clone());
            }
        }
    }
    Ok(())
}

#[test]
fn a_write_is_a_barrier() {
    let law = |manners| {
        move |(automaton, doings): (Automaton, Vec<Do>)| {
            let mut host = Host::new(automaton, manners);
            host.run(doings);
            respects_the_barrier(&host.lives)
        }
    };
    holds((automata(lawful()), doings()), law(Manners::Proper));
    is_noticed((automata(lawful()), doings()), law(Manners::Leaky));
}

#[test]
fn a_crash_keeps_a_prefix() {
    let law = |manners| {
        move |(automaton, doings): (Automaton, Vec<Do>)| {
            let mut host = Host::new(automaton, manners);
            host.run(doings);
            keeps_a_prefix(&host.lives)
        }
    };
    holds((automata(lawful()), doings()), law(Manners::Proper));
    is_noticed((automata(lawful()), doings()), law(Manners::Hasty));
    is_noticed((automata(lawful()), doings()), law(Manners::Leaky));
}

#[test]
fn a_restart_is_the_records_replayed() {
    let law = |manners| {
        move |(automaton, doings): (Automaton, Vec<Do>)| {
            let mut host = Host::new(automaton.clone(), manners);
            host.run(doings);
            restarts_from_what_is_durable(&automaton, &host.lives)
        }
    };
    holds((automata(lawful()), doings()), law(Manners::Proper));
    is_noticed((automata(lawful()), doings()), law(Manners::Immortal));
}

// What the barrier is for: the safe way is the short way.

/// Adds up what it is asked to, and says the sum: after it wrote the amount, or before, which is wrong.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Ledger<const TELLS_FIRST: bool> {
    sum: u8,
}

impl<const TELLS_FIRST: bool> Actor for Ledger<TELLS_FIRST> {
    type Provides = Letters;
    type Uses = Letters;
    type Msg = u8;
    type Timer = u8;
    type Record = u8;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        if let Event::Request(amount) = event {
            if TELLS_FIRST {
                cx.indicate(self.sum.saturating_add(amount));
            }
            self.persist(amount, cx);
            if !TELLS_FIRST {
                cx.indicate(self.sum);
            }
        }
    }

    fn replay(&mut self, amount: u8) {
        self.sum = self.sum.saturating_add(amount);
    }
}

/// Whatever the client was told survives every crash.
fn keeps_its_word<const TELLS_FIRST: bool>(doings: Vec<Do>) -> Said {
    let mut host = Host::new(Ledger::<TELLS_FIRST>::default(), Manners::Proper);
    for doing in doings {
        host.run(vec![doing]);
        let told =
            host.lives.iter().flat_map(|life| &life.happened).filter_map(|happened| match happened.effect {
                Effect::Indicate(sum) => Some(sum),
                _ => None,
            });
        prop_assert!(told.max() <= Some(host.durable.sum), "the client was told more than is durable");
    }
    Ok(())
}

#[test]
fn what_is_told_behind_a_write_is_never_taken_back() {
    holds(doings(), keeps_its_word::<false>);
    is_noticed(doings(), keeps_its_word::<true>);
}

// The view that an actor has of its environment.

/// Asks for nothing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Asks(u64);
impl Actor for Asks {
    type Provides = Letters;
    type Uses = Letters;
    type Msg = Never;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, _: Event<Self>, cx: &mut Cx<'_, Self>) {
        let choice = cx.choose(self.0);
        assert!(choice < self.0.max(1));
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }
}

#[test]
fn where_there_is_no_choice_none_is_made() {
    for options in 0..4 {
        let mut tape = Tape::new(&[5]);
        assert!(step(&mut Asks(options), Event::Start, &mut tape).is_empty());
        assert_eq!(tape.asked, usize::from(options > 1));
    }
}
