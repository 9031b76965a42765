//! Whether nothing comes of the arrival of a message.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;
use synod_actor::{Actor, Cx, Effect, Event, Ground, NodeId};

use crate::{
    choices::Choices,
    node::{Happening, Node, Setting, Status},
    quiet,
    store::pair,
};

/// The marks that the arrival of a message sets, if nothing else comes of it; `None` if something does.
pub(crate) type Noise = Option<BTreeSet<&'static str>>;

/// Delivers messages to a node, one at a time, each to the node as it is.
pub(crate) struct Probe<'n, A: Actor> {
    me: NodeId,
    node: &'n Node<A>,
    setting: Setting<'n>,
    /// A copy of what runs there, which handlers may change: made again only when one did.
    live: Option<A>,
}

impl<'n, A: Actor<Uses: Ground>> Probe<'n, A> {
    /// Of this node in this state.
    pub(crate) fn new(me: NodeId, node: &'n Node<A>, setting: Setting<'n>) -> Self {
        Probe { me, node, setting, live: None }
    }

    /// What comes of the arrival of this message: something, if anything changes, is sent or indicated, whatever the handler chooses.
    pub(crate) fn noise(&mut self, from: NodeId, msg: &A::Msg) -> Noise {
        let mut marks = BTreeSet::new();
        if self.node.status != Status::Up {
            return Some(marks); // it does not arrive
        }
        let mut choices = Choices::first(self.setting.clock);
        loop {
            let mut live = self.live.take().unwrap_or_else(|| A::clone(&self.node.live));
            let (event, mut issued) = (Event::Receive(from, msg.clone()), Vec::new());
            let handler =
                || live.on(event, &mut Cx::new(self.me, self.setting.group, &mut choices, &mut issued));
            let is_unchanged =
                quiet::catch(handler).is_ok() && quiet::catch(|| live == *self.node.live) == Ok(true);
            if !is_unchanged {
                return None;
            }
            self.live = Some(live);
            for effect in issued {
                match effect {
                    Effect::Mark(mark) => _ = marks.insert(mark),
                    // What it does may be no more than what is so already: a timer that is set again.
                    _ => return self.comes_to_nothing(from, msg),
                }
            }
            if !choices.advance() {
                return Some(marks);
            }
        }
    }

    /// The same, by what comes of it in full.
    fn comes_to_nothing(&self, from: NodeId, msg: &A::Msg) -> Noise {
        let outcomes = self.node.step(self.me, &Happening::Receive(from, msg.clone()), self.setting);
        let is_nothing = outcomes.iter().all(|outcome| {
            outcome.node == *self.node && outcome.sends.is_empty() && outcome.observed.is_empty()
        });
        is_nothing.then(|| outcomes.iter().flat_map(|outcome| outcome.marks()).collect())
    }
}

/// What comes of the arrival of a message, in short.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Answer {
    Something,
    Nothing,
    /// Nothing but marks: the number of their set.
    Marks(u32),
}

/// What came of messages at one state of a node, by their places among all to that node, a bit each: neither, if that is
/// not known, or marks came.
#[derive(Clone, Default)]
struct Known {
    something: Vec<u64>,
    nothing: Vec<u64>,
}

/// What is known to come of messages at states of nodes.
#[derive(Default)]
pub(crate) struct Answers {
    /// By state, where all messages were looked at. Messages that come to be known later have later places.
    known: Vec<Known>,
    /// By state and envelope, where it was asked for, or marks came.
    by_pair: FxHashMap<u64, Answer>,
    marks: Vec<BTreeSet<&'static str>>,
}

impl Answers {
    /// Whether that message is noise at that state, when these marks are reached anyway; `None` if it was not asked for.
    pub(crate) fn get(&self, (node, envelope): (u32, u32), reached: &BTreeSet<&'static str>) -> Option<bool> {
        self.by_pair.get(&pair(node, envelope)).map(|&answer| self.is_noise(answer, reached))
    }

    /// Takes note of what comes of that message at that state, and returns whether it is noise.
    pub(crate) fn add(
        &mut self,
        (node, envelope): (u32, u32),
        noise: Noise,
        reached: &BTreeSet<&'static str>,
    ) -> bool {
        let answer = self.answer(noise);
        self.by_pair.insert(pair(node, envelope), answer);
        self.is_noise(answer, reached)
    }

    /// Adds all that is not noise at this state to a set of the messages to this node, which are `here`: their places. Those that are
    /// in the set need not be looked at.
    pub(crate) fn add_alive(
        &mut self,
        (node, here): (u32, &[u32]),
        reached: &BTreeSet<&'static str>,
        set: &mut [u64],
        mut probe: impl FnMut(u32) -> Noise,
    ) {
        let at = node as usize;
        if self.known.len() <= at {
            self.known.resize(at + 1, Known::default());
        }
        let mut known = std::mem::take(&mut self.known[at]);
        known.something.resize(set.len(), 0);
        known.nothing.resize(set.len(), 0);
        for (word, alive) in set.iter_mut().enumerate() {
            *alive |= known.something[word];
            let messages = (here.len() - word * 64).min(64);
            let mut open = u64::MAX >> (64 - messages) & !*alive & !known.nothing[word];
            while open != 0 {
                let bit = open & open.wrapping_neg();
                open ^= bit;
                let envelope = here[word * 64 + bit.trailing_zeros() as usize];
                let is_noise = match self.by_pair.get(&pair(node, envelope)).copied() {
                    Some(answer) => self.is_noise(answer, reached),
                    None => match self.answer(probe(envelope)) {
                        Answer::Something => {
                            known.something[word] |= bit;
                            false
                        }
                        Answer::Nothing => {
                            known.nothing[word] |= bit;
                            true
                        }
                        answer @ Answer::Marks(_) => {
                            self.by_pair.insert(pair(node, envelope), answer);
                            self.is_noise(answer, reached)
                        }
                    },
                };
                *alive |= if is_noise { 0 } else { bit };
            }
        }
        self.known[at] = known;
    }

    fn answer(&mut self, noise: Noise) -> Answer {
        match noise {
            None => Answer::Something,
            Some(marks) if marks.is_empty() => Answer::Nothing,
            Some(marks) => {
                let number = self.marks.iter().position(|known| *known == marks).unwrap_or_else(|| {
                    self.marks.push(marks);
                    self.marks.len() - 1
                });
                Answer::Marks(number as u32)
            }
        }
    }

    fn is_noise(&self, answer: Answer, reached: &BTreeSet<&'static str>) -> bool {
        match answer {
            Answer::Something => false,
            Answer::Nothing => true,
            Answer::Marks(set) => self.marks[set as usize].is_subset(reached),
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// What is not noise is added, whatever was asked before, with whichever marks reached; and nobody is asked twice.
        #[test]
        fn what_is_alive_is_added(
            truth in prop::collection::vec(0..4_u8, 1..200),
            asked_before in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
            in_set in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
            reached: [bool; 2],
        ) {
            const MARKS: [&str; 2] = ["one", "two"];
            let noise = |kind: u8| match kind {
                0 => None,
                1 => Some(BTreeSet::new()),
                mark => Some(BTreeSet::from([MARKS[usize::from(mark) - 2]])),
            };
            // Messages have other numbers than places.
            let here: Vec<u32> = (0..truth.len() as u32).map(|place| 3 * place + 1).collect();
            let of = |envelope: u32| truth[envelope as usize / 3];
            let mut answers = Answers::default();
            for index in asked_before {
                let envelope = *index.get(&here);
                answers.add((5, envelope), noise(of(envelope)), &BTreeSet::new());
            }
            let mut probed = BTreeSet::new();
            // With no marks reached, with some, and with all.
            for count in 0..3 {
                let marks: BTreeSet<&str> =
                    (0..2).filter(|&mark| count == 2 || count == 1 && reached[mark]).map(|mark| MARKS[mark]).collect();
                let mut set = vec![0; here.len().div_ceil(64)];
                in_set.iter().for_each(|index| {
                    let place = index.index(here.len());
                    set[place / 64] |= 1 << (place % 64);
                });
                let before = set.clone();
                answers.add_alive((5, &here), &marks, &mut set, |envelope| {
                    assert!(probed.insert(envelope), "{envelope} was looked at before");
                    noise(of(envelope))
                });
                for (place, &kind) in truth.iter().enumerate() {
                    let has = |set: &[u64]| set[place / 64] >> (place % 64) & 1 == 1;
                    let is_noise = noise(kind).is_some_and(|set| set.is_subset(&marks));
                    prop_assert_eq!(has(&set), has(&before) || !is_noise);
                    if let Some(known) = answers.get((5, here[place]), &marks) {
                        prop_assert_eq!(known, is_noise);
                    }
                }
            }
        }
    }
}
