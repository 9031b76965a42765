//! What can be seen behind a state, if nothing happens there but deliveries that come last: see `order/last.rs`.
//!
//! Nodes do these without each other. So what one can show is found for each of them alone, as a tree: what is seen first, and what
//! can be seen then. Nodes with their inboxes that can show the same have the same number for it, and states that have the same
//! numbers and the same world are looked at once.

use std::{collections::BTreeSet, ops::Range};

use rustc_hash::{FxHashMap, FxHashSet};
use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

use crate::{
    components::{Components, Label, NAMELESS, REQUEST, Watch, What},
    interner::known,
    marks::{NUMBERS, Reached},
    moves::{FAULTS, local_labels},
    node::{Happening, Status},
    parallel::Task,
    rows::Rows,
    search::Search,
    sequences::Sequences,
    steps::Step,
    store::Tables,
    table::Full,
    worker::Worker,
};

/// So many ways are looked at in which some of the messages of an inbox can have been delivered, at most: where there are more, these do
/// not come last. And so many states of the monitor and of what nodes can still show.
const WAYS: usize = 1 << 10;

/// What one thread knows of it. Sets are numbers of `sequences`; the empty one is [`NOTHING`].
pub(crate) struct Behind {
    pub(super) sequences: Sequences,
    /// What can be seen by a node: by its state, the labels of deliveries that come last, and those of all else that can happen to it.
    /// Each thing to be seen, with its marks, and the number of what can be seen then.
    shows: FxHashMap<(u32, u32, u32), u32>,
    /// By node, and number with its inbox: what can be seen by it.
    shown: Vec<Vec<Option<u32>>>,
    /// The same: what is seen of all other steps.
    seen: Vec<Vec<Option<u32>>>,
    /// Whether a delivery that comes last goes with something else, at a state of their node.
    goes: FxHashMap<(u32, u32, u32), bool>,
    /// The label of the arrival of each envelope.
    arrivals: FxHashMap<u32, u32>,
    /// By world, what can be seen by each node, and what is seen of other steps.
    looks: FxHashMap<Box<[u32]>, Look>,
    /// What was refused on the levels before.
    refusing: FxHashSet<u32>,
    /// The worlds that were come to.
    pub(crate) worlds: FxHashSet<u32>,
    pub(crate) marks: Reached,
}

/// The number of the empty sequence.
pub(super) const NOTHING: u32 = 0;
/// What is shown by a node whose actor is at fault: nothing happens any more, anywhere.
const ENDED: u32 = 1;
/// What is seen of a step that ends so, and is not all that is seen of it: nothing goes with that.
const SEEN_AT_LAST: u32 = u32::MAX;

impl Default for Behind {
    fn default() -> Self {
        let mut sequences = Sequences::default();
        sequences.insert(&[]); // the first number
        sequences.insert(&[u32::MAX]); // and the second
        Behind {
            sequences,
            shows: FxHashMap::default(),
            shown: Vec::new(),
            seen: Vec::new(),
            goes: FxHashMap::default(),
            arrivals: FxHashMap::default(),
            looks: FxHashMap::default(),
            refusing: FxHashSet::default(),
            worlds: FxHashSet::default(),
            marks: [false; NUMBERS],
        }
    }
}

/// What came of looking behind states that are alike.
#[derive(Clone, Default)]
struct Look {
    violated: BTreeSet<&'static str>,
    /// Nodes, and what is seen of deliveries at them, where these do not go with other steps.
    refused: BTreeSet<(usize, u32)>,
}

/// A node with its inbox: the labels of deliveries that come last, and those of all else that can happen to it.
pub(super) struct Parted {
    pub(super) node: u32,
    pub(super) last: Vec<u32>,
    pub(super) rest: Vec<u32>,
}

impl Behind {
    /// The bytes it holds.
    pub(crate) fn bytes(&self) -> usize {
        let tables = self.shown.iter().chain(&self.seen).map(|known| known.capacity() * 8).sum::<usize>();
        self.sequences.bytes() as usize
            + (self.shows.capacity() + self.goes.capacity()) * 17
            + self.looks.capacity() * 64
            + self.worlds.capacity() * 5
            + tables
    }

    /// Before a level: from now on these labels are not looked at any more, which do not come last in the next search.
    fn begin(&mut self, refusing: &FxHashSet<u32>, nodes: usize) {
        if self.refusing != *refusing || self.shown.len() != nodes {
            let worlds = std::mem::take(&mut self.worlds);
            let marks = self.marks;
            let empty = || vec![Vec::new(); nodes];
            *self = Behind {
                refusing: refusing.clone(),
                worlds,
                marks,
                shown: empty(),
                seen: empty(),
                ..Behind::default()
            };
        }
    }

    /// What can happen to a node with this inbox.
    pub(super) fn part<A, M>(
        &mut self,
        components: &Components<'_, A, M>,
        (node, inbox): (u32, u32),
    ) -> Parted
    where
        A: Actor<Uses: Ground>,
        M: Monitor<A::Provides>,
    {
        let mut parted = Parted { node, last: Vec::new(), rest: Vec::new() };
        let inbox = components.inboxes.get(inbox);
        for &item in inbox.iter().filter(|&&item| item < NAMELESS) {
            let label = *self.arrivals.entry(item).or_insert_with(|| components.arrival(item));
            match components.comes_last(node, label) {
                true if self.refusing.contains(&label) => {}
                true => parted.last.push(label),
                false => parted.rest.push(label),
            }
        }
        let requests = components.askable(&inbox).into_iter().flat_map(|at| {
            let (node, alternatives) = &components.planned[(inbox[at] - REQUEST) as usize];
            alternatives.iter().map(|request| {
                let what = What::Happens(Happening::Request(request.clone()));
                components.labels.intern(Label { node: *node, what })
            })
        });
        parted.rest.extend(requests);
        parted.rest.extend(local_labels(node, components));
        parted.rest.sort_unstable();
        parted.rest.dedup();
        parted.last.sort_unstable();
        parted
    }

    /// What can be seen by deliveries that come last at a node with this inbox.
    fn shown<A, M>(&mut self, components: &Components<'_, A, M>, node: (u32, u32)) -> u32
    where
        A: Actor<Uses: Ground>,
        M: Monitor<A::Provides>,
    {
        let Parted { node, last, rest } = self.part(components, node);
        if matches!(components.nodes.status(node), Status::Faulty(_)) {
            return ENDED;
        }
        let ways = last.chunk_by(|one, other| one == other).map(|same| same.len() + 1);
        if ways.fold(1_usize, usize::saturating_mul) > WAYS {
            last.iter().for_each(|&label| components.refuse_last(node, label));
            return NOTHING;
        }
        let last = self.sequences.insert(&last).0;
        let rest = self.sequences.insert(&rest).0;
        self.shows(components, node, last, rest)
    }

    /// The same, by state and labels.
    pub(super) fn shows<A, M>(
        &mut self,
        components: &Components<'_, A, M>,
        node: u32,
        last: u32,
        rest: u32,
    ) -> u32
    where
        A: Actor<Uses: Ground>,
        M: Monitor<A::Provides>,
    {
        if last == NOTHING {
            return NOTHING;
        }
        if let Some(&known) = self.shows.get(&(node, last, rest)) {
            return known;
        }
        let labels: Box<[u32]> = self.sequences.get(last).into();
        let mut all = BTreeSet::new();
        for at in 0..labels.len() {
            let label = labels[at];
            if at > 0 && labels[at - 1] == label {
                continue;
            }
            let step = components.told(node, label).filter(|step| {
                let Behind { goes, sequences, .. } = self;
                sequences.get(rest).iter().all(|&other| {
                    let goes = goes.entry((node, label, other));
                    *goes.or_insert_with(|| components.goes_with(node, label, step, other).is_some())
                })
            });
            let Some(step) = step else {
                components.refuse_last(node, label);
                continue;
            };
            let fewer = self.sequences.insert(&[&labels[..at], &labels[at + 1..]].concat()).0;
            let then = self.shows(components, step.node, fewer, rest);
            match (step.delta, u32::from(step.marks)) {
                (0, 0) => all.extend(self.sequences.get(then).as_chunks().0.iter().copied()),
                (seen, marks) => _ = all.insert([seen, marks, then]),
            }
        }
        let all: Vec<u32> = all.into_iter().flatten().collect();
        let number = self.sequences.insert(&all).0;
        self.shows.insert((node, last, rest), number);
        number
    }

    /// What is seen of the steps of a node with its inbox that the search takes.
    fn seen<A, M>(
        &mut self,
        worker: &mut Worker<'_, '_, A, M>,
        tables: &Tables,
        (at, number): (usize, u32),
    ) -> Result<u32, Full>
    where
        A: Actor<Uses: Ground>,
        M: Monitor<A::Provides>,
    {
        if let Some(known) = known(&mut self.seen[at], number) {
            return Ok(*known);
        }
        let menu = worker.menu(tables, at, number)?;
        let moves = menu.first()..menu.first() + menu.moves();
        let deeds = moves.map(|at| tables.memo.deed(tables.memo.moved(at).deed));
        let deltas = deeds.filter(|deed| deed.delta != 0).map(|deed| match deed.traits & FAULTS {
            0 => deed.delta,
            _ => SEEN_AT_LAST,
        });
        let deltas: BTreeSet<u32> = deltas.collect();
        let seen = self.sequences.insert(&deltas.into_iter().collect::<Vec<_>>()).0;
        self.seen[at][number as usize] = Some(seen);
        Ok(seen)
    }

    /// Looks behind a state: the names of properties that can be violated there.
    fn look<A, M>(
        &mut self,
        worker: &mut Worker<'_, '_, A, M>,
        tables: &Tables,
        parts: &[u32],
    ) -> Result<BTreeSet<&'static str>, Full>
    where
        A: Actor<Uses: Ground>,
        M: Monitor<A::Provides>,
    {
        let (components, nodes) = (worker.components, parts.len() - 1);
        let mut key = vec![parts[nodes]];
        for (at, &number) in parts[..nodes].iter().enumerate() {
            let shown = match known(&mut self.shown[at], number) {
                Some(known) => *known,
                None => {
                    let shown = self.shown(components, tables.node(at, number));
                    self.shown[at][number as usize] = Some(shown);
                    shown
                }
            };
            key.push(shown);
        }
        if key[1..].iter().all(|&shown| shown == NOTHING) || key[1..].contains(&ENDED) {
            return Ok(BTreeSet::new());
        }
        for (at, &number) in parts[..nodes].iter().enumerate() {
            key.push(self.seen(worker, tables, (at, number))?);
        }
        let look = match self.looks.get(&key[..]) {
            Some(known) => known.clone(),
            None => {
                let look = self.look_new(components, &key, nodes);
                self.looks.insert(key.into(), look.clone());
                look
            }
        };
        for &(at, seen) in &look.refused {
            let Parted { node, last, .. } = self.part(components, tables.node(at, parts[at]));
            self.refuse(components, (node, last), seen);
        }
        Ok(look.violated)
    }

    /// Refuses what may come of deliveries at a node, where this is seen.
    fn refuse<A, M>(&self, components: &Components<'_, A, M>, (node, last): (u32, Vec<u32>), seen: u32)
    where
        A: Actor<Uses: Ground>,
        M: Monitor<A::Provides>,
    {
        let (mut queue, mut known) = (vec![(node, last.clone())], FxHashSet::from_iter([(node, last)]));
        while let Some((node, last)) = queue.pop() {
            for (at, &label) in last.iter().enumerate() {
                let Some(step) = components.told(node, label) else { continue };
                if step.delta == seen {
                    components.refuse_last(node, label);
                }
                let then = (step.node, [&last[..at], &last[at + 1..]].concat());
                if known.insert(then.clone()) {
                    queue.push(then);
                }
            }
        }
    }

    /// All that can be seen, first or later.
    fn all_of(&self, shown: u32) -> impl Iterator<Item = u32> + use<> {
        let (mut queue, mut known, mut all) = (vec![shown], FxHashSet::from_iter([shown]), BTreeSet::new());
        while let Some(shown) = queue.pop() {
            for &[seen, _, then] in self.sequences.get(shown).as_chunks().0 {
                all.insert(seen);
                if known.insert(then) {
                    queue.push(then);
                }
            }
        }
        all.into_iter()
    }

    fn look_new<A, M>(&mut self, components: &Components<'_, A, M>, key: &[u32], nodes: usize) -> Look
    where
        A: Actor<Uses: Ground>,
        M: Monitor<A::Provides>,
    {
        let mut look = Look::default();
        if matches!(components.worlds.get(key[0]).watch, Watch::Violated(_)) {
            return look; // it ends here
        }
        let others: BTreeSet<u32> =
            key[1 + nodes..].iter().flat_map(|&seen| self.sequences.get(seen).iter().copied()).collect();
        let first: Box<[u32]> = key[..=nodes].into();
        let (mut queue, mut known) = (vec![first.clone()], FxHashSet::from_iter([first]));
        while let Some(at) = queue.pop() {
            if known.len() > WAYS {
                // All is refused: how far one has come by now is chance.
                let all = key[1..=nodes].iter().enumerate();
                look.refused =
                    all.flat_map(|(node, &shown)| self.all_of(shown).map(move |seen| (node, seen))).collect();
                look.violated.clear();
                return look;
            }
            for node in 0..nodes {
                for &[seen, marks, then] in self.sequences.get(at[1 + node]).as_chunks().0 {
                    let (world, violated) = components.after(at[0], seen).expect("it costs nothing");
                    self.marks[marks as usize] = true;
                    self.worlds.insert(world);
                    if violated {
                        let watch = &components.worlds.get(world).watch;
                        look.violated.extend(match watch {
                            Watch::Violated(violation) => Some(violation.property),
                            Watch::Fine(_) => None,
                        });
                        continue;
                    }
                    let goes = |&other: &u32| {
                        if other == SEEN_AT_LAST {
                            return false;
                        }
                        let there = components.after(at[0], other).map(|(there, _)| there);
                        let first = there.and_then(|there| components.after(there, seen));
                        first == components.after(world, other)
                    };
                    if !others.iter().all(goes) {
                        look.refused.insert((node, seen));
                    }
                    let mut next = at.clone();
                    (next[0], next[1 + node]) = (world, then);
                    if known.insert(next.clone()) {
                        queue.push(next);
                    }
                }
            }
        }
        look
    }
}

impl<A, M> Components<'_, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// What comes of a delivery that [tells only](Components::tells_only).
    pub(super) fn told(&self, node: u32, label: u32) -> Option<Step> {
        if !self.tells_only(node, label) {
            return None;
        }
        let outcomes = self.step(node, label);
        Some(self.steps.read().steps[outcomes.start])
    }

    /// Whether a delivery, of which this step comes, goes with another event at its node.
    fn goes_with(&self, node: u32, label: u32, step: &Step, other: u32) -> Option<()> {
        if !self.is_possible(node, other) || !self.is_possible(step.node, other) {
            return None;
        }
        for node in [node, step.node] {
            self.step(node, other); // it can happen there
        }
        for (here, there) in self.in_pairs((node, step.node), other)? {
            let behind = self.told(here.node, label)?; // nothing, behind a fault
            (behind.node == there.node && self.are_alike(&behind, step)).then_some(())?;
        }
        Some(())
    }
}

/// Looks behind states.
struct LookBehind {
    violated: Vec<(&'static str, u32)>,
}

impl<A, M> Task<A, M> for LookBehind
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    fn visit(
        &mut self,
        worker: &mut Worker<'_, '_, A, M>,
        tables: &Tables,
        states: &mut &[u32],
    ) -> Result<(), Full> {
        worker.tidy();
        let mut rows = Rows::default();
        tables.unfold(states, &mut rows);
        let mut behind = std::mem::take(&mut worker.behind);
        let mut looked = Ok(());
        for row in rows.rows() {
            let parts: Vec<u32> = tables.parts_of(row.words).collect();
            match behind.look(worker, tables, &parts) {
                Ok(violated) => self.violated.extend(violated.into_iter().map(|name| (name, states[0]))),
                Err(full) => {
                    looked = Err(full);
                    break;
                }
            }
            *states = &states[1..];
        }
        worker.behind = behind;
        looked
    }
}

/// Looks behind all states of a range: the properties that are violated there, and behind which; not all of them if it is interrupted.
pub(crate) fn violated<A, M>(search: &mut Search<'_, '_, A, M>, range: Range<u32>) -> Vec<(&'static str, u32)>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let components = search.components;
    if !components.group.iter().any(|&node| components.some_come_last(node)) {
        return Vec::new();
    }
    let refusing = components.refusing_last();
    search.workers.iter_mut().for_each(|worker| worker.behind.begin(&refusing, components.group.len()));
    let tasks = search.look_at(range, || LookBehind { violated: Vec::new() });
    search.workers.iter().for_each(|worker| components.marks.reach(&worker.behind.marks));
    tasks.into_iter().flat_map(|task| task.violated).collect()
}

/// The worlds that were come to behind states.
pub(crate) fn worlds<A: Actor, M>(search: &Search<'_, '_, A, M>) -> Vec<u32> {
    let mut worlds: Vec<u32> =
        search.workers.iter().flat_map(|worker| worker.behind.worlds.iter().copied()).collect();
    worlds.sort_unstable();
    worlds.dedup();
    worlds
}
