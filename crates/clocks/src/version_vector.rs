//! Version vectors: Parker et al., *Detection of Mutual Inconsistency in Distributed Systems* (1983).

use alloc::vec::Vec;
use core::{
    cmp::Ordering::{self, Equal, Greater, Less},
    fmt, iter, mem,
};

use crate::Overflow;

/// The identity of an update: the `counter`-th at `node`, counted from 1.
///
/// ```
/// use synod_clocks::{Dot, VersionVector};
///
/// let known: VersionVector<&str> = [("a", 2)].into_iter().collect();
/// let update = Dot { node: "a", counter: 3 };
/// assert!(!known.contains(&update.node, update.counter));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Dot<N> {
    /// Where.
    pub node: N,
    /// Which one.
    pub counter: u64,
}

/// Which updates are known: of each node the first so many.
///
/// Version vectors are a lattice: [`join`](VersionVector::join) knows what either knows, [`meet`](VersionVector::meet) what
/// both know, and [`causal_cmp`](VersionVector::causal_cmp) compares what they know. Two replicas whose vectors are
/// concurrent have diverged.
///
/// **`Ord` is not that comparison** but a total order that extends it, for sorting and for collections: sorted by it, every
/// vector comes after those that it descends from.
///
/// ```
/// use synod_clocks::VersionVector;
/// use std::cmp::Ordering::Less;
///
/// let base: VersionVector<&str> = [("a", 1)].into_iter().collect();
/// let (mut left, mut right) = (base.clone(), base.clone());
/// left.increment("a")?;
/// right.increment("b")?;
/// assert_eq!(base.causal_cmp(&left), Some(Less)); // left descends from base
/// assert_eq!(left.causal_cmp(&right), None);      // a conflict
///
/// left.join(&right);
/// assert_eq!(left, [("a", 2), ("b", 1)].into_iter().collect());
/// assert!(left.contains(&"b", 1) && !left.contains(&"b", 2));
/// # Ok::<(), synod_clocks::Overflow>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent, bound(deserialize = "N: Ord + serde::Deserialize<'de>"))
)]
pub struct VersionVector<N> {
    /// Ascending by node, one entry for each, and none of them 0: so equal vectors are equal. A sorted vector, for it is
    /// shorter than any map, and most of what is done with it is a walk along two of them.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "read"))]
    entries: Vec<(N, u64)>,
}

impl<N> VersionVector<N> {
    /// Knows nothing.
    pub const fn new() -> Self {
        VersionVector { entries: Vec::new() }
    }

    /// Whether it knows nothing.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many nodes it knows updates of.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The nodes that it knows updates of, ascending, with how many.
    pub fn iter(&self) -> impl Iterator<Item = (&N, u64)> {
        self.entries.iter().map(|(node, counter)| (node, *counter))
    }
}

impl<N: Ord> VersionVector<N> {
    /// How many updates of `node` it knows.
    pub fn get(&self, node: &N) -> u64 {
        self.find(node).map_or(0, |at| self.entries[at].1)
    }

    /// Whether it knows the `counter`-th update of `node`. Nobody needs to be told of the update before the first.
    pub fn contains(&self, node: &N, counter: u64) -> bool {
        counter <= self.get(node)
    }

    /// There is a new update at `node`: the one of the number returned.
    ///
    /// # Errors
    /// There is no higher number. The vector is as it was.
    pub fn increment(&mut self, node: N) -> Result<u64, Overflow> {
        match self.find(&node) {
            Ok(at) => {
                let counter = &mut self.entries[at].1;
                *counter = counter.checked_add(1).ok_or(Overflow)?;
                Ok(*counter)
            }
            Err(at) => {
                self.entries.insert(at, (node, 1));
                Ok(1)
            }
        }
    }

    /// Knows what `other` knows too: the least upper bound of both.
    pub fn join(&mut self, other: &Self)
    where
        N: Clone,
    {
        if self.raise(other) > 0 {
            let merged = Vec::with_capacity(self.len().max(other.len()) + 1);
            let mine = mem::replace(&mut self.entries, merged);
            let (mut mine, mut theirs) = (mine.into_iter().peekable(), other.entries.iter().peekable());
            while let Some(next) = match (mine.peek(), theirs.peek()) {
                (Some(my), Some(their)) => match my.0.cmp(&their.0) {
                    Less => mine.next(),
                    Equal => {
                        theirs.next(); // mine is raised already
                        mine.next()
                    }
                    Greater => theirs.next().cloned(),
                },
                (Some(_), None) => mine.next(),
                (None, _) => theirs.next().cloned(),
            } {
                self.entries.push(next);
            }
        }
    }

    /// Raises the entries that both have. Returns how many only the other has.
    fn raise(&mut self, other: &Self) -> usize {
        let mut mine = self.entries.iter_mut().peekable();
        let mut missing = 0;
        for (node, counter) in &other.entries {
            while mine.next_if(|my| my.0 < *node).is_some() {}
            match mine.next_if(|my| my.0 == *node) {
                Some((_, my)) => *my = (*my).max(*counter),
                None => missing += 1,
            }
        }
        missing
    }

    /// Knows only what `other` knows too: the greatest lower bound of both. The meet over all replicas is what everyone
    /// has: what is *stable*.
    pub fn meet(&mut self, other: &Self) {
        let mut theirs = other.entries.iter().peekable();
        self.entries.retain_mut(|(node, counter)| {
            while theirs.next_if(|their| their.0 < *node).is_some() {}
            match theirs.next_if(|their| their.0 == *node) {
                Some((_, their)) => {
                    *counter = (*counter).min(*their);
                    true
                }
                None => false,
            }
        });
    }

    /// What is known here, compared with what is known there: `Less` if there is known all that is known here and more,
    /// `None` if each knows something that the other does not.
    pub fn causal_cmp(&self, other: &Self) -> Option<Ordering> {
        let mut so_far = Equal;
        for (_, mine, theirs) in self.pairs(other) {
            match (so_far, mine.cmp(&theirs)) {
                (_, Equal) => {}
                (Less, Greater) | (Greater, Less) => return None,
                (_, unequal) => so_far = unequal,
            }
        }
        Some(so_far)
    }

    /// Whether all that `other` knows is known here: it is equal, or descends from `other`.
    pub fn descends(&self, other: &Self) -> bool {
        self.pairs(other).all(|(_, mine, theirs)| mine >= theirs)
    }

    /// Whether each knows something that the other does not.
    pub fn is_concurrent_with(&self, other: &Self) -> bool {
        self.causal_cmp(other).is_none()
    }

    fn find(&self, node: &N) -> Result<usize, usize> {
        self.entries.binary_search_by(|entry| entry.0.cmp(node))
    }

    /// The nodes of both, ascending, with how many of each are known here and there.
    fn pairs<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = (&'a N, u64, u64)> {
        let (mut mine, mut theirs) = (self.entries.as_slice(), other.entries.as_slice());
        iter::from_fn(move || {
            let order = match (mine, theirs) {
                ([my, ..], [their, ..]) => my.0.cmp(&their.0),
                ([_, ..], []) => Less,
                ([], _) => Greater,
            };
            let my = if order == Greater { None } else { mine.split_off_first() };
            let their = if order == Less { None } else { theirs.split_off_first() };
            let (node, _) = my.or(their)?;
            Some((node, my.map_or(0, |my| my.1), their.map_or(0, |their| their.1)))
        })
    }
}

/// The first node, ascending, of which they know different numbers of updates decides. If one descends from the other it
/// knows more at every such node.
impl<N: Ord> Ord for VersionVector<N> {
    fn cmp(&self, other: &Self) -> Ordering {
        let differs = self.pairs(other).find(|(_, mine, theirs)| mine != theirs);
        differs.map_or(Equal, |(_, mine, theirs)| mine.cmp(&theirs))
    }
}

impl<N: Ord> PartialOrd for VersionVector<N> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<N> Default for VersionVector<N> {
    fn default() -> Self {
        VersionVector::new()
    }
}

/// Of a node that occurs more than once, the largest number counts.
impl<N: Ord> FromIterator<(N, u64)> for VersionVector<N> {
    fn from_iter<I: IntoIterator<Item = (N, u64)>>(entries: I) -> Self {
        let mut entries: Vec<_> = entries.into_iter().filter(|&(_, counter)| counter > 0).collect();
        entries.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
        entries.dedup_by(|b, a| a.0 == b.0);
        VersionVector { entries }
    }
}

/// As a map, like `{"a": 2, "b": 1}`.
impl<N: fmt::Debug> fmt::Debug for VersionVector<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Reads entries and refuses those that no vector could have, since the order of entries carries meaning here.
#[cfg(feature = "serde")]
fn read<'de, N, D>(deserializer: D) -> Result<Vec<(N, u64)>, D::Error>
where
    N: Ord + serde::Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    use crate::Invalid;
    let entries = <Vec<(N, u64)> as serde::Deserialize>::deserialize(deserializer)?;
    if entries.iter().any(|&(_, counter)| counter == 0) {
        return Err(serde::de::Error::custom(Invalid(
            "an entry of a version vector is 0; it must be left out",
        )));
    }
    if !entries.is_sorted_by(|a, b| a.0 < b.0) {
        return Err(serde::de::Error::custom(Invalid(
            "the entries of a version vector must ascend by node, each node once",
        )));
    }
    Ok(entries)
}
