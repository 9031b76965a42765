//! Read committed, read atomic and causal consistency: which transaction must come before which follows from what was read
//! alone, and a cycle among these edges is all that can be wrong.
//!
//! The axioms are those of Biswas and Enea (OOPSLA 2019, section 2); that a few edges for each read are enough is due to
//! Møldrup and Pavlogiannis, "AWDIT" (PLDI 2025).

use crate::answer::{Budget, Shortage};

use super::{
    dependencies::{Dependencies, INITIAL, Read},
    graph::{Graph, Why},
    layout::{Layout, Shape},
    level::{Axiom, Respect},
};

/// That `earlier`, which writes a key, must come before the transaction from which `reader` reads that key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Inference {
    pub earlier: u32,
    /// The transaction that is read, or [`INITIAL`].
    pub later: u32,
    pub reader: u32,
    pub key: u32,
}

/// All edges of one of the weak levels, and the reasons for those that are inferred.
pub(super) struct Weak {
    pub layout: Layout,
    /// Sorted.
    pub inferences: Vec<Inference>,
}

/// The edges of a weak level.
///
/// # Errors
/// The budget is exhausted.
pub(super) fn edges(
    dependencies: &Dependencies,
    axiom: Axiom,
    respect: Respect,
    budget: &Budget,
) -> Result<Weak, Shortage> {
    let mut layout = Layout::new(Shape::Whole, dependencies.len());
    if axiom == Axiom::ReadUncommitted {
        layout.writes(dependencies, false);
        return Ok(Weak { layout, inferences: Vec::new() });
    }
    layout.respect(dependencies, respect);
    layout.sights(dependencies);
    let mut inferences = match axiom {
        Axiom::ReadCommitted => read_committed(dependencies),
        Axiom::ReadAtomic => read_atomic(dependencies),
        // Where what happened before is a cycle, that cycle says it all.
        _ => match Graph::new(layout.nodes as usize, &layout.edges).order(u64::from) {
            Some(order) => causal(dependencies, &layout, &order, budget)?,
            None => Vec::new(),
        },
    };
    layout.writes(dependencies, false);
    inferences.sort_unstable();
    inferences.dedup_by_key(|inference| (inference.earlier, inference.later));
    // The last node stands for the initial state.
    let initial = layout.helper();
    for inference in &inferences {
        if inference.later == INITIAL {
            layout.edge(initial, inference.earlier, Why::Initial);
            layout.edge(inference.earlier, initial, Why::Inferred);
        } else {
            layout.edge(inference.earlier, inference.later, Why::Inferred);
        }
    }
    Ok(Weak { layout, inferences })
}

/// Says that the writer of `read` comes after `earlier`, unless the list that was read shows `earlier`.
fn infer(
    dependencies: &Dependencies,
    found: &mut Vec<Inference>,
    earlier: u32,
    slot: u32,
    read: Read,
    reader: u32,
) {
    let later = dependencies.writer[read.slot as usize];
    let known = dependencies.in_chain(read.key, slot) && slot <= read.slot;
    if earlier != later && earlier != reader && !known {
        found.push(Inference { earlier, later, reader, key: read.key });
    }
}

/// The reads of one transaction, found by key.
struct ByKey {
    /// For each key by whom it was entered last, and where its reads begin.
    entry: Vec<(u32, u32)>,
    /// Key, position in the transaction.
    reads: Vec<(u32, u32)>,
}

impl ByKey {
    fn new(keys: usize) -> Self {
        ByKey { entry: vec![(u32::MAX, 0); keys], reads: Vec::new() }
    }

    fn enter(&mut self, reader: u32, reads: &[Read]) {
        self.reads.clear();
        self.reads.extend(reads.iter().enumerate().map(|(at, read)| (read.key, at as u32)));
        self.reads.sort_unstable();
        for (at, (key, _)) in self.reads.iter().enumerate().rev() {
            self.entry[*key as usize] = (reader, at as u32);
        }
    }

    /// The positions of the reads of a key.
    fn of(&self, reader: u32, key: u32) -> impl Iterator<Item = u32> + '_ {
        let (by, from) = self.entry[key as usize];
        let from = if by == reader { from as usize } else { self.reads.len() };
        self.reads[from..].iter().take_while(move |(other, _)| *other == key).map(|(_, at)| *at)
    }

    /// The keys read, once each.
    fn keys(&self) -> impl Iterator<Item = u32> + '_ {
        self.reads.chunk_by(|a, b| a.0 == b.0).map(|reads| reads[0].0)
    }

    /// How many reads there are.
    fn len(&self) -> usize {
        self.reads.len()
    }
}

/// Calls `found(key, slot)` for the keys that `writer` wrote and the reader read, by way of the smaller of the two sets.
fn common(
    dependencies: &Dependencies,
    writer: u32,
    reader: u32,
    reads: &ByKey,
    mut found: impl FnMut(u32, u32),
) {
    let written = dependencies.writes.row(writer);
    if written.len() <= reads.len() {
        for write in written {
            if reads.of(reader, write.key).next().is_some() {
                found(write.key, write.slot);
            }
        }
    } else {
        for key in reads.keys() {
            if let Ok(at) = written.binary_search_by_key(&key, |write| write.key) {
                found(key, written[at].slot);
            }
        }
    }
}

/// Who has been seen by one read must be seen by the next read of a key that it wrote. (From there on, what is read is
/// itself something that has been seen.)
fn read_committed(dependencies: &Dependencies) -> Vec<Inference> {
    let mut found = Vec::new();
    let mut reads = ByKey::new(dependencies.keys.len());
    let mut seen_by = vec![u32::MAX; dependencies.len()];
    for reader in 0..dependencies.len() as u32 {
        let row = dependencies.reads.row(reader);
        if row.len() < 2 {
            continue;
        }
        reads.enter(reader, row);
        for (at, read) in row.iter().enumerate() {
            for &writer in dependencies.seen(*read) {
                if writer == INITIAL || std::mem::replace(&mut seen_by[writer as usize], reader) == reader {
                    continue;
                }
                common(dependencies, writer, reader, &reads, |key, slot| {
                    if let Some(next) = reads.of(reader, key).find(|other| *other as usize > at) {
                        infer(dependencies, &mut found, writer, slot, row[next as usize], reader);
                    }
                });
            }
            // The next read of this key.
            if let Some(next) = reads.of(reader, read.key).find(|other| *other as usize > at) {
                let writer = dependencies.writer[read.slot as usize];
                if writer != INITIAL {
                    infer(dependencies, &mut found, writer, read.slot, row[next as usize], reader);
                }
            }
        }
    }
    found
}

/// Who is seen, or came before in the session, is seen by every read of a key that it wrote.
fn read_atomic(dependencies: &Dependencies) -> Vec<Inference> {
    let mut found = Vec::new();
    let mut reads = ByKey::new(dependencies.keys.len());
    let mut seen_by = vec![u32::MAX; dependencies.len()];
    // For each key the last session that wrote it, and who did it there.
    let mut last = vec![(u32::MAX, 0, 0); dependencies.keys.len()];
    for (session, members) in dependencies.sessions.iter().enumerate() {
        for &reader in members {
            let row = dependencies.reads.row(reader);
            reads.enter(reader, row);
            for read in row {
                let (by, writer, slot) = last[read.key as usize];
                if by == session as u32 {
                    infer(dependencies, &mut found, writer, slot, *read, reader);
                }
                for &writer in dependencies.seen(*read) {
                    if writer == INITIAL || std::mem::replace(&mut seen_by[writer as usize], reader) == reader
                    {
                        continue;
                    }
                    common(dependencies, writer, reader, &reads, |key, slot| {
                        if let Some(at) = reads.of(reader, key).next() {
                            infer(dependencies, &mut found, writer, slot, row[at as usize], reader);
                        }
                    });
                }
            }
            for write in dependencies.writes.row(reader) {
                last[write.key as usize] = (session as u32, reader, write.slot);
            }
        }
    }
    found
}

/// How many sessions are looked at together: what is remembered is this wide for each node.
const BLOCK: usize = 64;
/// How many pairs of a read and a writer are looked at to find out which readers matter to a block of sessions.
const PAIRS: usize = 50_000_000;

/// Who happened before a reader is seen by every read of a key that it wrote. Of each session the last such writer is
/// enough.
///
/// How much of each session happened before a node is propagated along the edges, for a block of sessions at a time, so that
/// memory does not grow with their number; and for the part of the order only in which it matters to somebody.
fn causal(
    dependencies: &Dependencies,
    layout: &Layout,
    order: &[u32],
    budget: &Budget,
) -> Result<Vec<Inference>, Shortage> {
    let graph = Graph::new(layout.nodes as usize, &layout.edges);
    let places = dependencies.places();
    let mut position = vec![0_u32; order.len()];
    for (at, &node) in order.iter().enumerate() {
        position[node as usize] = at as u32;
    }
    // The writers of each key by session and place there.
    let mut writers: Vec<Vec<(u32, u32, u32)>> = vec![Vec::new(); dependencies.keys.len()];
    for (session, members) in dependencies.sessions.iter().enumerate() {
        for (place, &member) in members.iter().enumerate() {
            for write in dependencies.writes.row(member) {
                writers[write.key as usize].push((session as u32, place as u32, write.slot));
            }
        }
    }
    let ends = ends(dependencies, &places, &position);
    let mut found = Vec::new();
    for (block, sessions) in dependencies.sessions.chunks(BLOCK).enumerate() {
        let (first, width) = (block * BLOCK, sessions.len());
        // Nothing of these sessions happened before the first of them, and nobody asks behind the end.
        let begin =
            sessions.iter().filter_map(|session| session.first()).map(|&node| position[node as usize]);
        let window = begin.min().unwrap_or(0) as usize..ends[block] as usize;
        if window.is_empty() {
            continue;
        }
        let bytes = (window.len() * width + graph.nodes()) as u64 * 4;
        budget.check(bytes)?;
        // How many transactions of each session of the block happened before each node of the window.
        let mut before = vec![0_u32; window.len() * width];
        let mut row = vec![0_u32; width];
        for (at, &node) in order[window.clone()].iter().enumerate() {
            row.copy_from_slice(&before[at * width..(at + 1) * width]);
            if let Some(&(session, place)) = places.get(node as usize)
                && let Some(column) = (session as usize).checked_sub(first).filter(|column| *column < width)
            {
                row[column] = row[column].max(place + 1);
            }
            for &(next, _) in graph.successors(node) {
                let to = position[next as usize] as usize;
                if to < window.end {
                    let to = (to - window.start) * width;
                    for (count, more) in before[to..to + width].iter_mut().zip(&row) {
                        *count = (*count).max(*more);
                    }
                }
            }
        }
        for (at, &reader) in order[window.clone()].iter().enumerate() {
            if at % 4096 == 0 {
                budget.check(bytes)?;
            }
            if reader as usize >= dependencies.len() {
                continue;
            }
            let before = &before[at * width..(at + 1) * width];
            for read in dependencies.reads.row(reader) {
                let mut rest = &writers[read.key as usize][..];
                rest = &rest[rest.partition_point(|writer| (writer.0 as usize) < first)..];
                while let Some(&(session, ..)) =
                    rest.first().filter(|writer| (writer.0 as usize) < first + width)
                {
                    let count = before[session as usize - first];
                    let seen = rest.partition_point(|writer| (writer.0, writer.1) < (session, count));
                    if seen > 0 {
                        let (_, place, slot) = rest[seen - 1];
                        let writer = dependencies.sessions[session as usize][place as usize];
                        infer(dependencies, &mut found, writer, slot, *read, reader);
                    }
                    rest = &rest[rest.partition_point(|writer| writer.0 <= session)..];
                }
            }
        }
    }
    Ok(found)
}

/// For each block of sessions, the position behind the last reader to whom it matters what of them happened before: one that
/// reads a key, and does not show that it has seen a writer of it that stands before in the order.
fn ends(dependencies: &Dependencies, places: &[(u32, u32)], position: &[u32]) -> Vec<u32> {
    let blocks = dependencies.sessions.len().div_ceil(BLOCK);
    let mut ends = vec![0; blocks];
    let mut pairs = 0;
    for reader in 0..dependencies.len() as u32 {
        let at = position[reader as usize];
        for read in dependencies.reads.row(reader) {
            let slots = dependencies.keys[read.key as usize];
            // Who stands in a list up to what was read has been seen.
            let from = if slots.chain().contains(&read.slot) { read.slot + 1 } else { slots.chain().end };
            let unseen = &dependencies.writer[from as usize..slots.rest().end as usize];
            pairs += unseen.len();
            if pairs > PAIRS {
                return vec![position.len() as u32; blocks];
            }
            for &writer in unseen.iter().filter(|writer| position[**writer as usize] < at) {
                let end = &mut ends[places[writer as usize].0 as usize / BLOCK];
                *end = (*end).max(at + 1);
            }
        }
    }
    ends
}
