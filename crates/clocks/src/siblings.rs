//! Sets of concurrent versions with one compact clock: Almeida, Baquero, Gonçalves, Preguiça and Fonte, *Scalable and
//! Accurate Causality Tracking for Eventually Consistent Stores* (2014), dotted version vector sets.

use crate::{Dot, Overflow, VersionVector};
use alloc::{collections::VecDeque, vec::Vec};

/// The versions of a value that no known write has replaced: one, or several **siblings** after concurrent writes.
///
/// A replica keeps one such set for each value. A client reads the values together with their
/// [`context`](Siblings::context), and hands the context back when it [writes](Siblings::write): the new value replaces what
/// the client has read, and nothing else. Replicas [`sync`](Siblings::sync) in any order, any number of times, and agree;
/// they neither lose a sibling nor bring back one that was replaced.
///
/// It takes one number for each replica that ever coordinated a write, and none for each version: the versions that a
/// replica made and that are still alive are the last that it made.
///
/// Two promises are asked of the user. A node **never uses a number twice**: its set survives restarts, or it comes back
/// under a new name. And a context comes **from a read**: an invented one would discard writes yet to come.
///
/// ```
/// use synod_clocks::{Siblings, VersionVector};
///
/// let mut cart = Siblings::new();
/// cart.write(&VersionVector::new(), "n0", "milk")?;
/// let seen = cart.context();                    // two clients read milk
///
/// let mut replica = cart.clone();
/// cart.write(&seen, "n0", "milk, eggs")?;       // one writes here,
/// replica.write(&seen, "n1", "milk, flour")?;   // the other there
///
/// cart.sync(&replica);                          // both are kept, and the milk alone is gone
/// assert_eq!(cart.values().collect::<Vec<_>>(), [&"milk, eggs", &"milk, flour"]);
///
/// let seen = cart.context();                    // who reads both can replace both
/// cart.write(&seen, "n0", "milk, eggs, flour")?;
/// cart.sync(&replica);
/// assert_eq!(cart.values().collect::<Vec<_>>(), [&"milk, eggs, flour"]);
/// # Ok::<(), synod_clocks::Overflow>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(
        try_from = "Unchecked<N, V>",
        bound(deserialize = "N: Ord + serde::Deserialize<'de>, V: serde::Deserialize<'de>")
    )
)]
pub struct Siblings<N, V> {
    /// Ascending by node, one for each.
    writers: Vec<Writer<N, V>>,
}

/// What is known of the writes that one node coordinated.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Writer<N, V> {
    node: N,
    /// How many there were. Not 0.
    writes: u64,
    /// What the last of them wrote, oldest first; those before were replaced. Not more than there were.
    alive: VecDeque<V>,
}

impl<N, V> Writer<N, V> {
    /// How many of the writes were replaced: the first so many.
    fn replaced(&self) -> u64 {
        self.writes - self.alive.len() as u64
    }

    /// The first so many writes are replaced.
    fn replace(&mut self, first: u64) {
        while self.replaced() < first && self.alive.pop_front().is_some() {}
        self.writes = self.writes.max(first);
    }
}

impl<N, V> Siblings<N, V> {
    /// No version: nothing was ever written.
    pub const fn new() -> Self {
        Siblings { writers: Vec::new() }
    }

    /// How many versions there are. More than one is a conflict, for whoever reads to resolve.
    pub fn len(&self) -> usize {
        self.writers.iter().map(|writer| writer.alive.len()).sum()
    }

    /// Whether there is no version. There may have been: a [`discard`](Siblings::discard) leaves what is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The values of the versions, ascending by the write that made them.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.writers.iter().flat_map(|writer| &writer.alive)
    }

    /// The versions, each as the write that made it and its value, ascending.
    pub fn versions(&self) -> impl Iterator<Item = (Dot<&N>, &V)> {
        self.writers.iter().flat_map(|writer| {
            let counters = writer.replaced() + 1..;
            counters.zip(&writer.alive).map(|(counter, value)| (Dot { node: &writer.node, counter }, value))
        })
    }
}

impl<N: Ord + Clone, V> Siblings<N, V> {
    /// All writes that are known here, alive or replaced: what a client gets with the values that it reads, and hands back
    /// when it writes.
    pub fn context(&self) -> VersionVector<N> {
        self.writers.iter().map(|writer| (writer.node.clone(), writer.writes)).collect()
    }

    /// A client writes `value` through `node`; it has `seen` this context. The value replaces what the client has seen, and
    /// is a sibling of all else. Returns the write's identity.
    ///
    /// # Errors
    /// The node has no number left for it. The set is as it was.
    pub fn write(&mut self, seen: &VersionVector<N>, node: N, value: V) -> Result<Dot<N>, Overflow> {
        let known = self.find(&node).map_or(0, |at| self.writers[at].writes);
        let counter = known.max(seen.get(&node)).checked_add(1).ok_or(Overflow)?;
        self.discard(seen);
        let writer = self.writer(&node);
        writer.writes = counter;
        writer.alive.push_back(value);
        Ok(Dot { node, counter })
    }

    /// Drops what someone who has `seen` this context means to replace, and remembers that it was replaced: also what is
    /// not known here yet, which therefore does not come back with the next [`sync`](Siblings::sync).
    pub fn discard(&mut self, seen: &VersionVector<N>) {
        for (node, counter) in seen.iter() {
            self.writer(node).replace(counter);
        }
    }

    /// Knows what `other` knows too: keeps the versions that neither knows to be replaced. Associative, commutative and
    /// idempotent.
    pub fn sync(&mut self, other: &Self)
    where
        V: Clone,
    {
        for theirs in &other.writers {
            let mine = self.writer(&theirs.node);
            let replaced = mine.replaced().max(theirs.replaced());
            // Of the writes that both know the same are alive, but for those replaced; so the longer history has them all.
            if mine.writes < theirs.writes {
                mine.writes = theirs.writes;
                mine.alive.clone_from(&theirs.alive);
            }
            mine.replace(replaced);
        }
    }

    fn find(&self, node: &N) -> Result<usize, usize> {
        self.writers.binary_search_by(|writer| writer.node.cmp(node))
    }

    /// What is known of the writes of `node`. Whoever asks makes it known that there are some.
    fn writer(&mut self, node: &N) -> &mut Writer<N, V> {
        let at = self.find(node).unwrap_or_else(|at| {
            self.writers.insert(at, Writer { node: node.clone(), writes: 0, alive: VecDeque::new() });
            at
        });
        &mut self.writers[at]
    }
}

impl<N, V> Default for Siblings<N, V> {
    fn default() -> Self {
        Siblings::new()
    }
}

/// As they are read, before they are checked.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct Unchecked<N, V> {
    writers: Vec<Writer<N, V>>,
}

#[cfg(feature = "serde")]
impl<N: Ord, V> TryFrom<Unchecked<N, V>> for Siblings<N, V> {
    type Error = crate::Invalid;

    fn try_from(Unchecked { writers }: Unchecked<N, V>) -> Result<Self, Self::Error> {
        if !writers.is_sorted_by(|a, b| a.node < b.node) {
            return Err(crate::Invalid("the writers of siblings must ascend by node, each node once"));
        }
        if writers.iter().any(|writer| writer.writes == 0 || (writer.alive.len() as u64) > writer.writes) {
            return Err(crate::Invalid(
                "a writer of siblings must have written, and have no more values than writes",
            ));
        }
        Ok(Siblings { writers })
    }
}
