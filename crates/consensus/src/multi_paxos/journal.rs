//! What an acceptor has accepted: a snapshot, and the votes behind it.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    Epoch,
    log::{Position, Snapshot},
    shared::Shared,
};

use super::message::{Decree, Report, Vote};

/// A vote for each position for which something was accepted. There may be gaps: positions are independent of each other. A
/// snapshot may have taken the place of the votes for the first ones, which are all chosen.
///
/// Decrees that were proposed together are kept as they came, shared with the message that brought them; and since nearly all votes
/// are of the ballot of the one before, ballots are kept for where they begin.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Journal<C, S> {
    snapshot: Option<Snapshot<S>>,
    /// What was accepted right behind the snapshot, for one position after the other: nearly always all.
    decrees: Shared<Decree<C>>,
    /// In which ballots: from each of these positions on, up to the next, it was this one, and in the one before another.
    ballots: Vec<(Position, Epoch)>,
    /// The votes behind a gap.
    scattered: BTreeMap<Position, Vote<C>>,
}

impl<C: Clone + Eq, S: Clone> Journal<C, S> {
    pub(crate) fn new() -> Self {
        Journal { snapshot: None, decrees: Shared::new(), ballots: Vec::new(), scattered: BTreeMap::new() }
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
        self.start() + self.decrees.len() as Position
    }

    /// The last position for which something was accepted.
    pub fn last(&self) -> Position {
        self.scattered.keys().next_back().copied().unwrap_or_else(|| self.filled())
    }

    /// Where in `decrees` a position is that is not behind a gap.
    fn at(&self, at: Position) -> Option<usize> {
        let offset = at.checked_sub(self.start() + 1)?;
        usize::try_from(offset).ok().filter(|&offset| offset < self.decrees.len())
    }

    /// The ballot of the vote for a position that is not behind a gap.
    fn ballot(&self, at: Position) -> Epoch {
        let begun = self.ballots.partition_point(|&(first, _)| first <= at);
        self.ballots[..begun].last().map_or(Epoch::ZERO, |&(_, ballot)| ballot)
    }

    /// The vote for a position: the last ballot in which something was accepted, and what.
    pub fn vote(&self, at: Position) -> Option<(Epoch, &Decree<C>)> {
        match self.at(at) {
            Some(offset) => self.decrees.get(offset).map(|decree| (self.ballot(at), decree)),
            None => self.scattered.get(&at).map(|vote| (vote.ballot, &vote.decree)),
        }
    }

    /// The votes right behind a position, up to a gap; none if the snapshot covers the next one.
    pub(crate) fn behind(&self, after: Position) -> impl Iterator<Item = (Position, Epoch, &Decree<C>)> {
        let offset = after.checked_sub(self.start()).and_then(|offset| usize::try_from(offset).ok());
        let decrees = self.decrees.iter_from(offset.unwrap_or(usize::MAX));
        (after.saturating_add(1)..).zip(decrees).map(|(at, decree)| (at, self.ballot(at), decree))
    }

    /// What is accepted for at most so many positions from this one on, as far as there is no gap.
    pub(crate) fn decrees(&mut self, first: Position, most: usize) -> Arc<[Decree<C>]> {
        match self.at(first) {
            Some(offset) => self.decrees.share(offset, most),
            None => {
                let votes = (first..).take(most).map_while(|at| self.scattered.get(&at));
                votes.map(|vote| vote.decree.clone()).collect()
            }
        }
    }

    /// Everything behind a position.
    pub(crate) fn report(&self, after: Position) -> Report<C, S> {
        let votes = self.behind(after.max(self.start()));
        let votes = votes.map(|(at, ballot, decree)| (at, Vote { ballot, decree: decree.clone() }));
        let scattered = self.scattered.range(after.saturating_add(1)..);
        Report {
            snapshot: self.snapshot.clone().filter(|snapshot| snapshot.position > after),
            votes: votes.chain(scattered.map(|(&at, vote)| (at, vote.clone()))).collect(),
        }
    }

    /// Whether all of this was accepted in this very ballot; or is chosen, and covered by the snapshot.
    pub(crate) fn has(&self, ballot: Epoch, first: Position, decrees: &[Decree<C>]) -> bool {
        let mut proposed = (first..).zip(decrees);
        proposed.all(|(at, decree)| at <= self.start() || self.vote(at) == Some((ballot, decree)))
    }

    /// Accepts. What the snapshot covers is chosen and needs no vote: nothing else can be proposed there.
    pub(crate) fn accept(&mut self, ballot: Epoch, first: Position, decrees: &Arc<[Decree<C>]>) {
        let (start, filled) = (self.start(), self.filled());
        let goes_on = self.ballots.last().is_some_and(|&(_, last)| last == ballot);
        if goes_on && first == filled + 1 && self.scattered.is_empty() {
            // Nearly always: it is for the next positions, in the ballot of those before.
            return self.decrees.extend(decrees);
        }
        if start < first && first <= filled + 1 && self.scattered.is_empty() {
            return self.fill(ballot, first, decrees);
        }
        for (at, decree) in (first..).zip(&**decrees).filter(|&(at, _)| at > start) {
            self.insert(at, Vote { ballot, decree: decree.clone() });
        }
    }

    fn insert(&mut self, at: Position, vote: Vote<C>) {
        if at > self.filled() + 1 {
            self.scattered.insert(at, vote);
            return;
        }
        self.fill(vote.ballot, at, &[vote.decree].into());
        // It may have filled a gap.
        while let Some(next) = self.scattered.remove(&(self.filled() + 1)) {
            self.fill(next.ballot, self.filled() + 1, &[next.decree].into());
        }
    }

    /// Takes these votes, the first of which is not behind a gap.
    fn fill(&mut self, ballot: Epoch, first: Position, decrees: &Arc<[Decree<C>]>) {
        let offset = first.checked_sub(self.start() + 1).and_then(|offset| usize::try_from(offset).ok());
        let Some(offset) = offset.filter(|_| !decrees.is_empty()) else { return };
        let next = first + decrees.len() as Position;
        let behind = (next <= self.filled()).then(|| (next, self.ballot(next)));
        let from = self.ballots.partition_point(|&(at, _)| at < first);
        let to = self.ballots.partition_point(|&(at, _)| at <= next);
        let before = self.ballots[..from].last().map(|&(_, ballot)| ballot);
        let begins = Some((first, ballot)).filter(|_| before != Some(ballot));
        let begins_behind = behind.filter(|&(_, other)| other != ballot);
        self.ballots.splice(from..to, begins.into_iter().chain(begins_behind));
        self.decrees.overwrite(offset, decrees);
    }

    /// Takes a snapshot in place of the votes for what it covers.
    pub(crate) fn install(&mut self, snapshot: Snapshot<S>) {
        let kept = self.report(snapshot.position).votes;
        *self = Journal { snapshot: Some(snapshot), ..Journal::new() };
        for (at, vote) in kept {
            self.insert(at, vote);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::log::Entry;

    #[derive(Clone, Debug)]
    enum Step {
        Accept(u64, Position, Vec<u8>),
        Install(Position),
    }

    fn any_step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (1..4_u64, 1..16_u64, prop::collection::vec(0..3_u8, 0..4))
                .prop_map(|(ballot, first, commands)| Step::Accept(ballot, first, commands)),
            1 => (1..12_u64).prop_map(Step::Install),
        ]
    }

    fn snapshot(position: Position) -> Snapshot<()> {
        Snapshot { position, epoch: Epoch(1), members: Default::default(), state: () }
    }

    fn journal(start: Position, votes: &BTreeMap<Position, Vote<u8>>) -> Journal<u8, ()> {
        let mut journal = Journal::new();
        if start > 0 {
            journal.install(snapshot(start));
        }
        votes.iter().rev().for_each(|(&at, vote)| journal.insert(at, vote.clone()));
        journal
    }

    proptest! {
        #[test]
        fn it_is_a_map_from_positions_to_votes(steps in prop::collection::vec(any_step(), 0..24), most in 0..5_usize) {
            let (mut of, mut start, mut votes) = (Journal::new(), 0, BTreeMap::new());
            for step in steps {
                match step {
                    Step::Accept(ballot, first, commands) => {
                        let decree = |command| Decree { epoch: Epoch(1), entry: Entry::Command(command) };
                        let decrees: Arc<[_]> = commands.into_iter().map(decree).collect();
                        of.accept(Epoch(ballot), first, &decrees);
                        prop_assert!(of.has(Epoch(ballot), first, &decrees));
                        for (at, decree) in (first..).zip(&*decrees).filter(|&(at, _)| at > start) {
                            votes.insert(at, Vote { ballot: Epoch(ballot), decree: decree.clone() });
                        }
                    }
                    Step::Install(position) => {
                        of.install(snapshot(position));
                        start = position;
                        votes.retain(|&at, _| at > start);
                    }
                }
                // However it has come to be, it is the same.
                prop_assert_eq!(&of, &journal(start, &votes));
                for at in 0..22 {
                    let expected = votes.get(&at).map(|vote| (vote.ballot, &vote.decree));
                    prop_assert_eq!(of.vote(at), expected);
                    let rest: BTreeMap<_, _> = votes.range(at + 1..).map(|(&at, vote)| (at, vote.clone())).collect();
                    let replaced = Some(snapshot(start)).filter(|_| start > at);
                    prop_assert_eq!(of.report(at), Report { snapshot: replaced, votes: rest });
                    let in_row = (at..).take(most).map_while(|at| votes.get(&at));
                    let expected: Arc<[_]> = in_row.map(|vote| vote.decree.clone()).collect();
                    prop_assert_eq!(of.decrees(at, most), expected);
                    let in_row = (at + 1..).map_while(|at| votes.get(&at).map(|vote| (at, vote.ballot, &vote.decree)));
                    prop_assert!(of.behind(at).eq(in_row.filter(|(at, ..)| *at <= of.filled())));
                }
            }
        }
    }
}
