//! What an acceptor has accepted: a snapshot, and the votes behind it.

use std::collections::BTreeMap;

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
    votes: BTreeMap<Position, Vote<C>>,
}

impl<C: Clone + Eq, S: Clone> Journal<C, S> {
    pub(crate) fn new() -> Self {
        Journal { snapshot: None, votes: BTreeMap::new() }
    }

    /// The snapshot.
    pub fn snapshot(&self) -> Option<&Snapshot<S>> {
        self.snapshot.as_ref()
    }

    /// The last position that the snapshot covers.
    pub fn start(&self) -> Position {
        self.snapshot.as_ref().map_or(0, |snapshot| snapshot.position)
    }

    /// The last position for which something was accepted.
    pub fn last(&self) -> Position {
        self.votes.keys().next_back().copied().unwrap_or_else(|| self.start())
    }

    /// The vote for a position.
    pub fn vote(&self, at: Position) -> Option<&Vote<C>> {
        self.votes.get(&at)
    }

    /// What is accepted for at most so many positions from this one on, as far as there is no gap.
    pub(crate) fn decrees(&self, first: Position, most: usize) -> Vec<Decree<C>> {
        let votes = (first..).zip(self.votes.range(first..)).take(most);
        votes.map_while(|(at, (&of, vote))| (at == of).then(|| vote.decree.clone())).collect()
    }

    /// Everything behind a position.
    pub(crate) fn report(&self, after: Position) -> Report<C, S> {
        let votes = self.votes.range(after.saturating_add(1)..).map(|(&at, vote)| (at, vote.clone()));
        Report {
            snapshot: self.snapshot.clone().filter(|snapshot| snapshot.position > after),
            votes: votes.collect(),
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
    pub(crate) fn accept(&mut self, ballot: Epoch, first: Position, decrees: Vec<Decree<C>>) {
        let start = self.start();
        let votes = (first..).zip(decrees).filter(|&(at, _)| at > start);
        self.votes.extend(votes.map(|(at, decree)| (at, Vote { ballot, decree })));
    }

    /// Takes a snapshot in place of the votes for what it covers.
    pub(crate) fn install(&mut self, snapshot: Snapshot<S>) {
        self.votes = self.votes.split_off(&snapshot.position.saturating_add(1));
        self.snapshot = Some(snapshot);
    }
}
