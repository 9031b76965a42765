//! What an acceptor has accepted: a snapshot, and the votes behind it.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    Epoch,
    log::{Position, Snapshot},
};

use super::message::{Decree, Report, Vote};

/// A vote for each position for which something was accepted. There may be gaps: positions are independent of each other. A
/// snapshot may have taken the place of the votes for the first ones, which are all chosen.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Journal<C, S> {
    snapshot: Option<Snapshot<S>>,
    /// The votes right behind the snapshot, one position after the other: nearly always all.
    votes: Vec<Vote<C>>,
    /// Those behind a gap.
    scattered: BTreeMap<Position, Vote<C>>,
}

impl<C: Clone + Eq, S: Clone> Journal<C, S> {
    pub(crate) fn new() -> Self {
        Journal { snapshot: None, votes: Vec::new(), scattered: BTreeMap::new() }
    }

    /// The snapshot.
    pub fn snapshot(&self) -> Option<&Snapshot<S>> {
        self.snapshot.as_ref()
    }

    /// The last position that the snapshot covers.
    pub fn start(&self) -> Position {
        self.snapshot.as_ref().map_or(0, |snapshot| snapshot.position)
    }

    /// The last position before the first gap.
    fn filled(&self) -> Position {
        self.start() + self.votes.len() as Position
    }

    /// The last position for which something was accepted.
    pub fn last(&self) -> Position {
        self.scattered.keys().next_back().copied().unwrap_or_else(|| self.filled())
    }

    /// Where in `votes` a position is that is not behind a gap.
    fn at(&self, at: Position) -> Option<usize> {
        let offset = at.checked_sub(self.start() + 1)?;
        usize::try_from(offset).ok().filter(|&offset| offset < self.votes.len())
    }

    /// The vote for a position.
    pub fn vote(&self, at: Position) -> Option<&Vote<C>> {
        match self.at(at) {
            Some(offset) => Some(&self.votes[offset]),
            None => self.scattered.get(&at),
        }
    }

    /// The votes right behind a position, up to a gap; none if the snapshot covers the next one.
    pub(crate) fn behind(&self, after: Position) -> &[Vote<C>] {
        let offset = after.checked_sub(self.start()).and_then(|offset| usize::try_from(offset).ok());
        offset.and_then(|offset| self.votes.get(offset..)).unwrap_or_default()
    }

    /// What is accepted for at most so many positions from this one on, as far as there is no gap.
    pub(crate) fn decrees(&self, first: Position, most: usize) -> Arc<[Decree<C>]> {
        let votes = (first..).take(most).map_while(|at| self.vote(at));
        votes.map(|vote| vote.decree.clone()).collect()
    }

    /// Everything behind a position.
    pub(crate) fn report(&self, after: Position) -> Report<C, S> {
        let votes = (self.start().saturating_add(1)..).zip(&self.votes);
        let votes = votes.chain(self.scattered.iter().map(|(&at, vote)| (at, vote)));
        Report {
            snapshot: self.snapshot.clone().filter(|snapshot| snapshot.position > after),
            votes: votes.filter(|&(at, _)| at > after).map(|(at, vote)| (at, vote.clone())).collect(),
        }
    }

    /// Whether all of this was accepted in this very ballot; or is chosen, and covered by the snapshot.
    pub(crate) fn has(&self, ballot: Epoch, first: Position, decrees: &[Decree<C>]) -> bool {
        (first..).zip(decrees).all(|(at, decree)| {
            at <= self.start()
                || self.vote(at).is_some_and(|vote| vote.ballot == ballot && vote.decree == *decree)
        })
    }

    /// Accepts. What the snapshot covers is chosen and needs no vote: nothing else can be proposed there.
    pub(crate) fn accept(&mut self, ballot: Epoch, first: Position, decrees: &[Decree<C>]) {
        if first == self.filled() + 1 && self.scattered.is_empty() {
            // Nearly always: it is for the next positions.
            return self.votes.extend(decrees.iter().map(|decree| Vote { ballot, decree: decree.clone() }));
        }
        let start = self.start();
        for (at, decree) in (first..).zip(decrees).filter(|&(at, _)| at > start) {
            self.insert(at, Vote { ballot, decree: decree.clone() });
        }
    }

    fn insert(&mut self, at: Position, vote: Vote<C>) {
        match self.at(at) {
            Some(offset) => self.votes[offset] = vote,
            None if at == self.filled() + 1 => {
                self.votes.push(vote);
                // It may have filled a gap.
                while let Some(next) = self.scattered.remove(&(self.filled() + 1)) {
                    self.votes.push(next);
                }
            }
            None => drop(self.scattered.insert(at, vote)),
        }
    }

    /// Takes a snapshot in place of the votes for what it covers.
    pub(crate) fn install(&mut self, snapshot: Snapshot<S>) {
        let votes = (self.start() + 1..).zip(std::mem::take(&mut self.votes));
        let votes = votes.chain(std::mem::take(&mut self.scattered));
        let kept: Vec<_> = votes.filter(|&(at, _)| at > snapshot.position).collect();
        self.snapshot = Some(snapshot);
        for (at, vote) in kept {
            self.insert(at, vote);
        }
    }
}
