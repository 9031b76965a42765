//! The log on disk: a snapshot, and the entries behind it.

use std::{fmt, sync::Arc};

use crate::{
    Epoch, Membership,
    log::{Entry, Position, Snapshot},
    shared::Shared,
};

/// The identity of an entry: two logs with the same one agree up to there (§5.3, the log matching property). Ordered
/// like logs that end there, by which is more up to date (§5.4.1): by term, then by index.
///
/// Prints as index and term: `4@e2`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Point {
    /// The term in which the entry was appended.
    pub term: Epoch,
    /// Its position.
    pub index: Position,
}

impl fmt::Debug for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{:?}", self.index, self.term)
    }
}

/// An entry of the log, with the term in which its leader received it. Prints as both: `Blank@e2`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamped<C> {
    /// The term.
    pub term: Epoch,
    /// The entry.
    pub entry: Entry<C>,
}

impl<C: fmt::Debug> fmt::Debug for Stamped<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}@{:?}", self.entry, self.term)
    }
}

/// A log whose beginning may have been replaced by a snapshot. It knows the members too, for they are what the last entry
/// about them says, whether committed or not (dissertation, §4.1).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Journal<C, S> {
    /// The members before the first entry.
    first: Membership,
    snapshot: Option<Snapshot<S>>,
    entries: Shared<Stamped<C>>,
    /// What the entries and the snapshot say of the members, and where. Kept, so that nobody has to look for it.
    members: (Position, Membership),
}

impl<C: Clone, S> Journal<C, S> {
    /// An empty log of these members.
    pub(crate) fn new(members: Membership) -> Self {
        Journal { first: members.clone(), snapshot: None, entries: Shared::new(), members: (0, members) }
    }

    /// The snapshot.
    pub fn snapshot(&self) -> Option<&Snapshot<S>> {
        self.snapshot.as_ref()
    }

    /// Where the snapshot ends, and the entries begin.
    pub fn start(&self) -> Point {
        self.snapshot
            .as_ref()
            .map_or(Point::default(), |snapshot| Point { term: snapshot.epoch, index: snapshot.position })
    }

    /// The last entry.
    pub fn last(&self) -> Point {
        let start = self.start();
        match self.entries.last() {
            Some(last) => Point { term: last.term, index: start.index + self.entries.len() as u64 },
            None => start,
        }
    }

    fn at(&self, index: Position) -> Option<usize> {
        let offset = index.checked_sub(self.start().index + 1)?;
        usize::try_from(offset).ok().filter(|&at| at < self.entries.len())
    }

    /// The entry at a position, if the log has it and has not replaced it.
    pub fn get(&self, index: Position) -> Option<&Stamped<C>> {
        self.at(index).and_then(|at| self.entries.get(at))
    }

    /// The term of the entry at a position, if that is known. The empty log ends in term 0.
    pub fn term(&self, index: Position) -> Option<Epoch> {
        let start = self.start();
        if index == start.index { Some(start.term) } else { self.get(index).map(|stamped| stamped.term) }
    }

    /// Whether this log and one with this entry agree up to there. What a snapshot covers is committed, so all logs
    /// agree on it.
    pub fn agrees_at(&self, point: Point) -> bool {
        point.index <= self.start().index || self.term(point.index) == Some(point.term)
    }

    /// At most so many entries from a position on.
    pub(crate) fn from(&mut self, index: Position, most: usize) -> Arc<[Stamped<C>]> {
        let Some(at) = self.at(index).filter(|_| most > 0) else { return Arc::default() };
        self.entries.share(at, most)
    }

    /// The first position that has the same term as this one, as far as that is known.
    pub fn first_of_term(&self, index: Position) -> Position {
        let (mut first, term) = (index, self.term(index));
        while first > self.start().index + 1 && self.term(first - 1) == term {
            first -= 1;
        }
        first
    }

    /// The last position not behind `index` whose term is not above this one, if the log still has it.
    pub fn last_up_to_term(&self, term: Epoch, index: Position) -> Option<Position> {
        let start = self.start().index;
        (start..=index.min(self.last().index)).rev().find(|&at| self.term(at).is_some_and(|of| of <= term))
    }

    /// The members by the last entry about them, and its position.
    pub fn members(&self) -> (Position, &Membership) {
        (self.members.0, &self.members.1)
    }

    /// The members after the entry at a position.
    pub fn members_at(&self, index: Position) -> &Membership {
        let end = self.at(index).map_or(0, |at| at + 1);
        (0..end)
            .rev()
            .find_map(|at| match &self.entries.get(at)?.entry {
                Entry::Members(members) => Some(members),
                _ => None,
            })
            .or(self.snapshot.as_ref().map(|snapshot| &snapshot.members))
            .unwrap_or(&self.first)
    }

    /// Ends the log at a position, if it went on, and appends these entries.
    pub(crate) fn append(&mut self, after: Position, entries: &Arc<[Stamped<C>]>) {
        if after < self.last().index {
            let keep = usize::try_from(after.saturating_sub(self.start().index)).unwrap_or(usize::MAX);
            self.entries.truncate(keep);
            // Truncation goes back to the members of before.
            if self.members.0 > after {
                self.look_for_members();
            }
        }
        for (index, stamped) in (self.last().index + 1..).zip(&**entries) {
            if let Entry::Members(members) = &stamped.entry {
                self.members = (index, members.clone());
            }
        }
        self.entries.extend(entries);
    }

    /// Takes a snapshot in place of the entries that it covers. If it does not fit to the entries behind it, these go as
    /// well (§7, Figure 13, lines 6 and 7). Then the members are to be looked for.
    pub(crate) fn install(&mut self, snapshot: Snapshot<S>) {
        let end = Point { term: snapshot.epoch, index: snapshot.position };
        let fits = end.index >= self.start().index && self.term(end.index) == Some(end.term);
        let covered = usize::try_from(end.index - self.start().index.min(end.index)).unwrap_or(usize::MAX);
        if fits {
            self.entries.remove_first(covered);
        } else {
            self.entries = Shared::new();
        }
        self.snapshot = Some(snapshot);
    }

    /// Derives the members anew from what the log holds: from nothing that was discarded.
    pub(crate) fn look_for_members(&mut self) {
        let last = self.last().index;
        let members = self.members_at(last).clone();
        let start = self.start().index;
        let is_about_them = |index: &Position| {
            self.get(*index).is_some_and(|stamped| matches!(stamped.entry, Entry::Members(_)))
        };
        self.members = ((start + 1..=last).rev().find(is_about_them).unwrap_or(start), members);
    }
}
