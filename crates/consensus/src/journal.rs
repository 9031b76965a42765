//! What Viewstamped Replication and Zab share: a log whose beginning a snapshot may replace, and the parts of it that are sent.

use std::sync::Arc;

use synod_actor::{Actor, Cx, Value};

use crate::{
    Epoch, Log, Membership,
    log::{Entry, Indication, Position, Snapshot},
    shared::Shared,
};

/// An entry of the log, with the epoch in which a leader received it first.
pub type Stamped<C> = (Epoch, Entry<C>);

/// A log whose beginning may have been replaced by a snapshot of the layer above.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Journal<C, S> {
    snapshot: Option<Snapshot<S>>,
    entries: Shared<Stamped<C>>,
}

/// A log from some position on, to be sent: a snapshot if that is needed to get there, and the entries behind it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Tail<C, S> {
    /// What replaces everything up to `after`, if the entries before are gone.
    pub snapshot: Option<Snapshot<S>>,
    /// Where the entries begin: the first is at the next position.
    pub after: Position,
    /// The entries.
    pub entries: Vec<Stamped<C>>,
}

impl<C, S> Tail<C, S> {
    /// The last position.
    pub fn last(&self) -> Position {
        self.after + self.entries.len() as Position
    }

    /// Whether it continues a log that is known to be right up to this position.
    pub fn continues(&self, known: Position) -> bool {
        self.snapshot.is_some() || self.after <= known
    }
}

impl<C: Clone, S: Clone> Journal<C, S> {
    /// An empty log.
    pub(crate) fn new() -> Self {
        Journal { snapshot: None, entries: Shared::new() }
    }

    /// The snapshot.
    pub fn snapshot(&self) -> Option<&Snapshot<S>> {
        self.snapshot.as_ref()
    }

    /// Where the snapshot ends, and the entries begin.
    pub fn start(&self) -> Position {
        self.snapshot.as_ref().map_or(0, |snapshot| snapshot.position)
    }

    /// The position of the last entry.
    pub fn last(&self) -> Position {
        self.start() + self.entries.len() as Position
    }

    /// The entry at a position, if the log has it and has not replaced it.
    pub fn get(&self, at: Position) -> Option<&Stamped<C>> {
        let offset = at.checked_sub(self.start() + 1)?;
        self.entries.get(usize::try_from(offset).ok()?)
    }

    /// What comes behind a position; with the snapshot, if that covers more.
    pub fn tail(&self, after: Position) -> Tail<C, S> {
        match &self.snapshot {
            Some(snapshot) if after < snapshot.position => Tail {
                snapshot: Some(snapshot.clone()),
                after: snapshot.position,
                entries: self.entries.iter().cloned().collect(),
            },
            _ => Tail { snapshot: None, after, entries: self.behind(after).cloned().collect() },
        }
    }

    /// The entries behind a position; none if the snapshot covers the next one.
    fn behind(&self, after: Position) -> impl Iterator<Item = &Stamped<C>> {
        self.entries.iter_from(after.checked_sub(self.start()).map_or(usize::MAX, count))
    }

    /// More entries.
    pub(crate) fn extend(&mut self, entries: &Arc<[Stamped<C>]>) {
        self.entries.extend(entries);
    }

    /// Ends the log at this position, if it went on.
    pub(crate) fn truncate(&mut self, after: Position) {
        self.entries.truncate(count(after.saturating_sub(self.start())));
    }

    /// Makes the log end with this tail, whatever followed where it begins. A snapshot of its own that covers more than the
    /// other's stays: it is of the same log.
    pub(crate) fn replace(&mut self, tail: Tail<C, S>) {
        if let Some(snapshot) = tail.snapshot
            && snapshot.position > self.start()
        {
            self.entries = Shared::new();
            self.snapshot = Some(snapshot);
        }
        self.truncate(tail.after);
        let covered = count(self.start().saturating_sub(tail.after));
        self.entries.extend(&tail.entries.into_iter().skip(covered).collect());
    }

    /// Whether the layer above may have taken a snapshot there that is worth keeping, if it was told of what is `committed`.
    pub(crate) fn can_compact(&self, position: Position, committed: Position) -> bool {
        self.start() < position && position <= committed
    }

    /// The snapshot that the layer above has taken there, with what the log knows of that position.
    pub(crate) fn snapshot_at(
        &self,
        position: Position,
        members: Membership,
        state: S,
    ) -> Option<Snapshot<S>> {
        self.epoch(position).map(|epoch| Snapshot { position, epoch, members, state })
    }

    /// Takes a snapshot in place of the entries that it covers.
    pub(crate) fn compact(&mut self, snapshot: Snapshot<S>) {
        self.entries.remove_first(count(snapshot.position.saturating_sub(self.start())));
        self.snapshot = Some(snapshot);
    }

    /// The epoch with which the entry at a position is stamped, if the log still knows it. The empty log ends in epoch 0.
    pub fn epoch(&self, at: Position) -> Option<Epoch> {
        if at == self.start() {
            return Some(self.snapshot.as_ref().map_or(Epoch::ZERO, |snapshot| snapshot.epoch));
        }
        self.get(at).map(|(epoch, _)| *epoch)
    }
}

impl<C: Value, S: Value> Journal<C, S> {
    /// Tells of the snapshot, if it covers more than what was told; that much is committed, then.
    pub(crate) fn restore<A>(&self, told: Position, committed: &mut Position, cx: &mut Cx<'_, A>)
    where
        A: Actor<Provides = Log<C, S>>,
    {
        if let Some(snapshot) = self.snapshot().filter(|snapshot| snapshot.position > told) {
            cx.mark("restore");
            *committed = snapshot.position;
            cx.indicate(Indication::Restore(snapshot.clone()));
        }
    }

    /// Tells of everything between what is `committed` and this position, which is committed too, as far as the log goes.
    pub(crate) fn commit<A>(&self, committed: &mut Position, position: Position, cx: &mut Cx<'_, A>)
    where
        A: Actor<Provides = Log<C, S>>,
    {
        let before = *committed;
        let known = self.behind(before).take(count(position.saturating_sub(before)));
        for (epoch, entry) in known {
            *committed += 1;
            cx.indicate(Indication::Committed(*committed, *epoch, entry.clone()));
        }
        if *committed > before {
            cx.mark("commit");
        }
    }
}

fn count(positions: Position) -> usize {
    usize::try_from(positions).unwrap_or(usize::MAX)
}
