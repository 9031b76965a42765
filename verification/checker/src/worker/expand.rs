//! The steps of some states at once: lookups in what this thread remembers of the local transitions. This is the hot path.
//!
//! How many moves a node has, whether a step sends messages, or whether the monitor hears of it: a processor cannot foretell any of these,
//! and what it has done behind the wrong branch is lost. So little is branched on. All moves of all of the states are planned first
//! ([`Runs`]); then each does what it does to its own node; those that do something to the world, and the messages that are sent, are gone
//! through after that, each in a list of their own; and the sink is told of all steps last, when nothing can fail any more.

use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

use super::{
    Worker, WorldIs,
    runs::{Entry, Runs},
};
use crate::{
    interner::fill_up,
    memo::{Memo, Menu, NAMELESS, Name, Signs},
    moves::{BUSY, FAULTS, FAULTY, OUTSIDE, WHEN_QUIET, WOULD_GO_ON},
    rows::Stretch,
    store::{PARTS, Tables},
    table::Full,
};

/// Where the steps of some states go.
pub(crate) trait Sink {
    /// Whether it wants to know what steps are called, and to hear of each that is not [paid](Sink::unpaid) for.
    const WANTS_ALL: bool = true;

    /// What a state is: told of all of them, in their order, before any step.
    fn stands(&mut self, _of: usize, _standing: Standing) {}

    /// A step of a state leads there.
    fn step<const W: usize>(&mut self, of: usize, by: By, to: Target<'_, W>, after: After);

    /// A step of a state would be possible, but its budget is used up.
    fn unpaid(&mut self, _of: usize, _by: By) {}

    /// If it does not want to hear of each: some of these would be the system's own. Told of the state that [stands](Sink::stands) so.
    fn would_go_on(&mut self, _of: usize) {}
}

/// What a step is, whatever comes of it.
#[derive(Clone, Copy)]
pub(crate) struct By {
    /// See `moves.rs`: of the deed, and whether the step violates anything.
    pub(crate) traits: u8,
    /// The number of the set of its marks.
    pub(crate) marks: u8,
    /// What it does to the world, for a sink that [wants all](Sink::WANTS_ALL).
    pub(crate) delta: u32,
    /// What it is called, for the same.
    pub(crate) name: Name,
}

/// A state that a step leads to, beside the one that it comes from.
pub(crate) struct Target<'t, const W: usize> {
    /// The words of the state, and some more that do not matter.
    pub(crate) words: &'t [u64; W],
    /// The words that differ, a bit each.
    pub(crate) changed: u32,
    /// What stands above the words of the other.
    pub(crate) inner: &'t [u32],
}

/// What else there is to know of a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct After {
    /// The monitor found a violation, or the actor is at fault.
    pub(crate) violates: bool,
    /// How many states it stands for.
    pub(crate) orbit: u32,
    /// By how much epochs were lowered afterwards.
    pub(crate) lowered: u64,
}

/// What a state is, besides its steps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    /// Its steps are given to the sink.
    Explored,
    /// It violates a property, and is not explored.
    Violating,
    /// It is outside of a bound, and is not explored.
    Outside,
}

/// A state whose steps are looked for.
#[derive(Clone, Copy)]
struct State {
    standing: Standing,
    would_go_on: bool,
    is_busy: bool,
}

/// Of which state a planned move is, and of which node.
#[inline]
fn whose(of: usize, node: usize) -> u32 {
    (of as u32) << 16 | node as u32
}

/// Undoes [`whose`].
#[inline]
fn state_and_node(whose: u32) -> (usize, usize) {
    ((whose >> 16) as usize, usize::from(whose as u16))
}

/// A step that was planned.
#[derive(Clone, Copy, Default)]
struct Step {
    deed: u32,
    of: u16,
    /// The traits of the deed, and more.
    fate: u8,
    marks: u8,
}

/// There is no budget for a step. (Other bits are traits.)
const UNPAID: u8 = 1 << 7;

/// What comes of names and epochs in a state that a step leads to: see [`After`].
#[derive(Clone, Copy)]
struct Rewritten {
    lowered: u64,
    orbit: u32,
}

/// What comes of them where nothing is written anew.
const AS_IT_IS: Rewritten = Rewritten { lowered: 0, orbit: 1 };

/// Some states and their steps, as they come to be. There may be more places for steps than there are steps.
#[derive(Default)]
pub(crate) struct Agenda {
    states: Vec<State>,
    /// Moves that are to be taken, each with [`whose`] it is.
    planned: Runs,
    /// What is made of each of these.
    steps: Vec<Step>,
    /// The words of the states that they lead to.
    to: Vec<u64>,
    /// What comes of names and epochs there; of no step, if nothing does.
    rewritten: Vec<Rewritten>,
    /// The steps that do something to the world.
    changing: Vec<u32>,
    /// The messages that are sent, each with the step that sends it.
    sent: Runs,
}

impl Agenda {
    /// The bytes it holds.
    pub(crate) fn bytes(&self) -> usize {
        self.planned.bytes()
            + self.sent.bytes()
            + self.steps.capacity() * size_of::<Step>()
            + (self.to.capacity() + self.changing.capacity()) * 8
            + self.rewritten.capacity() * size_of::<Rewritten>()
    }

    /// Leaves out the state that this step is of, and all behind it.
    ///
    /// # Errors
    /// There is none before it.
    #[cold]
    fn end_before(&mut self, step: usize) -> Result<(), Full> {
        let of = usize::from(self.steps[step].of);
        self.states.truncate(of);
        self.planned
            .truncate(self.planned.entries().partition_point(|planned| state_and_node(planned.of()).0 < of));
        if of > 0 { Ok(()) } else { Err(Full) }
    }
}

/// Whether a step is not taken: since there is no budget for it, or something to do before the system is quiet.
#[inline]
fn is_left(step: Step, states: &[State]) -> bool {
    step.fate & (UNPAID | WHEN_QUIET) != 0
        && (step.fate & UNPAID != 0 || states[usize::from(step.of)].is_busy)
}

impl<A, M> Worker<'_, '_, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// Gives every step of these states, 65,536 at most, to `sink`; or of the first of them, if a table is full then. They were
    /// [asked](Tables::ask) about. Returns how many that are, at least one.
    ///
    /// # Errors
    /// A table is full. Nothing was given to `sink`.
    pub(crate) fn expand(
        &mut self,
        tables: &Tables,
        states: Stretch<'_>,
        sink: &mut impl Sink,
    ) -> Result<usize, Full> {
        let mut agenda = std::mem::take(&mut self.agenda);
        let given = match states.words_each {
            1 => self.expand_words::<1, _>(tables, states, &mut agenda, sink),
            2 => self.expand_words::<2, _>(tables, states, &mut agenda, sink),
            3..=4 => self.expand_words::<4, _>(tables, states, &mut agenda, sink),
            _ => self.expand_words::<PARTS, _>(tables, states, &mut agenda, sink),
        };
        self.agenda = agenda;
        given
    }

    fn expand_words<const W: usize, S: Sink>(
        &mut self,
        tables: &Tables,
        states: Stretch<'_>,
        agenda: &mut Agenda,
        sink: &mut S,
    ) -> Result<usize, Full> {
        let mut padded = Vec::new();
        let before = states.words_of::<W>(&mut padded);
        self.plan(tables, (before, states.menus), agenda, S::WANTS_ALL)?;
        let changing = take_at_nodes(tables, before, agenda)?;
        self.change_worlds::<W>(tables, agenda, changing)?;
        self.deliver::<W>(tables, agenda)?;
        self.rewrite_all::<W>(tables, agenda)?;
        for (of, state) in agenda.states.iter().enumerate() {
            sink.stands(of, state.standing);
            if state.would_go_on {
                sink.would_go_on(of);
            }
        }
        match agenda.rewritten.is_empty() {
            true => tell(&tables.memo, (states, before), agenda, |_| AS_IT_IS, sink),
            false => tell(&tables.memo, (states, before), agenda, |at| agenda.rewritten[at], sink),
        }
        Ok(agenda.states.len())
    }

    /// Plans the moves of these states, as far as they are to be taken; or of the first of them.
    fn plan<const W: usize>(
        &mut self,
        tables: &Tables,
        (before, menus): (&[[u64; W]], &[Menu]),
        agenda: &mut Agenda,
        wants_all: bool,
    ) -> Result<(), Full> {
        let (nodes, fields) = (self.nodes, &tables.fields[..]);
        let Agenda { states, planned, .. } = agenda;
        states.clear();
        planned.clear();
        for (of, (before, menus)) in before.iter().zip(menus.chunks_exact(nodes)).enumerate() {
            let (mut all, first) = (Signs::default(), planned.len());
            let world_is = self.look_at(fields[nodes].get(before));
            let skips_priced = world_is == WorldIs::Poor && !wants_all;
            let skipped = if skips_priced { u32::MAX } else { 0 };
            if world_is != WorldIs::Violated {
                for (node, (field, &menu)) in fields.iter().zip(menus).enumerate() {
                    let mut menu = menu;
                    if !menu.is_there() {
                        menu = match self.menu(tables, node, field.get(before)) {
                            Ok(menu) => menu,
                            Err(full) => {
                                planned.truncate(first);
                                return if of > 0 { Ok(()) } else { Err(full) };
                            }
                        };
                    }
                    all.add(menu);
                    let moves = menu.moves() - (menu.priced() & skipped);
                    planned.push(Entry::new(whose(of, node), menu.first()), moves as usize);
                }
            }
            let traits = all.traits();
            let standing = match traits {
                _ if world_is == WorldIs::Violated || traits & FAULTY != 0 => Standing::Violating,
                _ if traits & OUTSIDE != 0 => Standing::Outside,
                _ => Standing::Explored,
            };
            let is_explored = standing == Standing::Explored;
            states.push(State {
                standing,
                would_go_on: is_explored && skips_priced && traits & WOULD_GO_ON != 0,
                is_busy: traits & BUSY != 0,
            });
            let only_alone = all.are_some_alone() && !self.plain;
            if !is_explored || only_alone {
                planned.truncate(first);
            }
            if is_explored && only_alone {
                self.plan_alone(tables, (of, before), planned);
            }
        }
        Ok(())
    }

    /// Plans the moves of a state that may be taken alone.
    fn plan_alone(&self, tables: &Tables, (of, before): (usize, &[u64]), planned: &mut Runs) {
        for (node, field) in tables.fields[..self.nodes].iter().enumerate() {
            let menu = tables.memo.menu(node, field.get(before));
            planned.push(Entry::new(whose(of, node), menu.first()), menu.alone().into());
            if menu.alone() > 0 && !self.renames() {
                break; // it is enough; or all nodes are, if it must not matter which is which
            }
        }
    }

    /// Whether representatives take the places of states.
    fn renames(&self) -> bool {
        self.components.renamings.is_some() && !self.plain
    }

    /// Does to the world what those so many steps do that change it.
    fn change_worlds<const W: usize>(
        &mut self,
        tables: &Tables,
        agenda: &mut Agenda,
        changing: usize,
    ) -> Result<(), Full> {
        let Agenda { states, steps, to, changing: all_changing, .. } = agenda;
        let (field, to) = (tables.fields[self.nodes], to.as_chunks_mut::<W>().0);
        for &at in &all_changing[..changing] {
            let (step, to) = (&mut steps[at as usize], &mut to[at as usize]);
            if is_left(*step, states) {
                continue;
            }
            let world = field.get(to);
            match self.after(world, tables.memo.deed(step.deed).delta) {
                Some((next, violated)) => {
                    step.fate |= if violated { FAULTS } else { 0 };
                    field.replace(to, world, next).map_err(|_| tables.outgrown(next))?;
                }
                None => step.fate |= UNPAID,
            }
        }
        Ok(())
    }

    /// Puts what steps send into inboxes.
    fn deliver<const W: usize>(&mut self, tables: &Tables, agenda: &mut Agenda) -> Result<(), Full> {
        let Agenda { states, steps, to, sent, .. } = agenda;
        let to = to.as_chunks_mut::<W>().0;
        for sent in sent.entries() {
            let at = sent.of() as usize;
            if is_left(steps[at], states) {
                continue;
            }
            let (receiver, envelope) = tables.memo.sent(sent.number());
            let (receiver, to) = (usize::from(receiver), &mut to[at]);
            let inbox = tables.fields[receiver];
            let number = inbox.get(to);
            let put = |after| inbox.replace(to, number, after);
            if self.add(tables, (receiver, number), envelope).and_then(put).is_err() {
                return agenda.end_before(at);
            }
        }
        Ok(())
    }

    /// Lowers epochs, and puts representatives in the places of states, as far as that is to be done.
    fn rewrite_all<const W: usize>(&mut self, tables: &Tables, agenda: &mut Agenda) -> Result<(), Full> {
        agenda.rewritten.clear();
        let renames = self.renames();
        if renames || self.components.system.translation.is_some() {
            for at in 0..agenda.planned.len() {
                let is_left = is_left(agenda.steps[at], &agenda.states);
                let to = &mut agenda.to.as_chunks_mut::<W>().0[at];
                match if is_left { Ok(AS_IT_IS) } else { self.rewrite(tables, to, renames) } {
                    Ok(rewritten) => agenda.rewritten.push(rewritten),
                    Err(Full) => return agenda.end_before(at),
                }
            }
        }
        Ok(())
    }

    /// Lowers epochs, and puts the representative in the place of a state, as far as that is to be done.
    fn rewrite(&mut self, tables: &Tables, words: &mut [u64], renames: bool) -> Result<Rewritten, Full> {
        let mut parts = [0; PARTS];
        parts.iter_mut().zip(tables.parts_of(words)).for_each(|(place, part)| *place = part);
        let is_lowered = self.components.system.translation.is_some();
        let lowered = if is_lowered { self.lower(tables, &mut parts)? } else { 0 };
        let orbit = if renames { self.represent(tables, &mut parts)? } else { 1 };
        words.fill(0);
        tables.put(&parts, words)?;
        Ok(Rewritten { lowered, orbit })
    }
}

/// Does what moves that were planned do to the state and the inbox of their own nodes. Returns how many of them do something to the world.
fn take_at_nodes<const W: usize>(
    tables: &Tables,
    before: &[[u64; W]],
    agenda: &mut Agenda,
) -> Result<usize, Full> {
    let Agenda { planned, steps, to, changing: all_changing, sent, .. } = agenda;
    let (memo, fields, planned) = (&tables.memo, &tables.fields[..], planned.entries());
    let moves = planned.len();
    fill_up(steps, moves);
    fill_up(all_changing, moves);
    fill_up(to, moves * W);
    sent.clear();
    let mut changing = 0;
    let places = steps[..moves].iter_mut().zip(&mut to.as_chunks_mut::<W>().0[..moves]);
    for (at, (planned, (step, to))) in planned.iter().zip(places).enumerate() {
        let moved = memo.moved(planned.number());
        let by = memo.deed(moved.deed);
        let (of, node) = state_and_node(planned.of());
        let field = fields[node];
        *to = before[of];
        let here = field.get(to);
        field.replace(to, here, moved.node)?;
        *step = Step { deed: moved.deed, of: of as u16, fate: by.traits, marks: by.marks };
        sent.push(Entry::new(at as u32, by.first_send), by.sends.into());
        // It is written down, and kept if it does.
        all_changing[changing] = at as u32;
        changing += usize::from(by.delta != 0);
    }
    Ok(changing)
}

/// Tells of all steps.
#[inline]
fn tell<const W: usize, S: Sink>(
    memo: &Memo,
    (states, before): (Stretch<'_>, &[[u64; W]]),
    agenda: &Agenda,
    rewritten: impl Fn(usize) -> Rewritten,
    sink: &mut S,
) {
    let moves = agenda.planned.len();
    let steps = agenda.steps[..moves].iter().zip(&agenda.to.as_chunks::<W>().0[..moves]);
    for (at, (step, to)) in steps.enumerate() {
        let (of, mut delta, mut name) = (usize::from(step.of), 0, NAMELESS);
        if S::WANTS_ALL {
            (delta, name) = (memo.deed(step.deed).delta, memo.name(agenda.planned.entries()[at].number()));
        }
        let by = By { traits: step.fate, marks: step.marks, delta, name };
        if is_left(*step, &agenda.states) {
            if step.fate & UNPAID != 0 {
                sink.unpaid(of, by);
            }
            continue;
        }
        let copied;
        let to = if W <= 2 {
            copied = *to; // out of memory, which the sink writes to
            &copied
        } else {
            to
        };
        let differs = |word: usize| u32::from(to[word] != before[of][word]) << word;
        let changed = (0..W).map(differs).sum();
        let inner = if W == 1 { &[] } else { states.row(of).inner };
        let Rewritten { lowered, orbit } = rewritten(at);
        let after = After { violates: step.fate & FAULTS != 0, orbit, lowered };
        sink.step(of, by, Target { words: to, changed, inner }, after);
    }
}
