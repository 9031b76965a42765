//! Dotted version vectors: Preguiça, Baquero, Almeida, Fonte and Gonçalves, *Dotted Version Vectors: Logical Clocks for
//! Optimistic Replication* (2010).

use core::cmp::Ordering::{self, Equal, Greater, Less};

use crate::{Dot, VersionVector};

/// The clock of one version of a value: which write made it (its *dot*), and which writes its writer had seen.
///
/// A version vector alone would have to count the write among those seen, and then two clients that write through the same
/// replica, neither knowing of the other, would seem to have seen each other's writes. The dot lies apart from what was
/// seen, perhaps beyond a gap, so such versions are the concurrent ones that they are.
///
/// **`Ord` is not causality** but a total order that respects it.
///
/// ```
/// use synod_clocks::{Dot, DottedVersionVector, VersionVector};
///
/// // Two clients read nothing, and write through the same replica.
/// let nothing = VersionVector::new();
/// let first = DottedVersionVector::new(Dot { node: "replica", counter: 1 }, nothing.clone()).unwrap();
/// let second = DottedVersionVector::new(Dot { node: "replica", counter: 2 }, nothing).unwrap();
/// assert_eq!(first.causal_cmp(&second), None);
///
/// // A third has read the first of these versions, and replaces it.
/// let third = DottedVersionVector::new(Dot { node: "replica", counter: 3 }, first.knows()).unwrap();
/// assert!(first.happened_before(&third) && !second.happened_before(&third));
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "Unchecked<N>", bound(deserialize = "N: Ord + serde::Deserialize<'de>"))
)]
pub struct DottedVersionVector<N> {
    seen: VersionVector<N>,
    dot: Dot<N>,
}

impl<N: Ord> DottedVersionVector<N> {
    /// The version that the write `dot` made, by someone who had seen the writes `seen`. `None` if the write would be among
    /// these, or would be one before the first.
    pub fn new(dot: Dot<N>, seen: VersionVector<N>) -> Option<Self> {
        let is_new = !seen.contains(&dot.node, dot.counter);
        is_new.then_some(DottedVersionVector { seen, dot })
    }

    /// The write that made it.
    pub fn dot(&self) -> &Dot<N> {
        &self.dot
    }

    /// The writes that the writer had seen.
    pub fn seen(&self) -> &VersionVector<N> {
        &self.seen
    }

    /// What someone knows who reads this version: the least version vector with all that was seen, and the write.
    pub fn knows(&self) -> VersionVector<N>
    where
        N: Clone,
    {
        let mut knows = self.seen.clone();
        knows.join(&[(self.dot.node.clone(), self.dot.counter)].into_iter().collect());
        knows
    }

    /// Whether the writer of `other` had seen this version, and so meant to replace it. One look-up, however many nodes
    /// there are.
    pub fn happened_before(&self, other: &Self) -> bool {
        other.seen.contains(&self.dot.node, self.dot.counter)
    }

    /// The causal order of the two versions: `None` if they are concurrent.
    pub fn causal_cmp(&self, other: &Self) -> Option<Ordering> {
        if self.dot == other.dot {
            Some(Equal)
        } else if self.happened_before(other) {
            Some(Less)
        } else if other.happened_before(self) {
            Some(Greater)
        } else {
            None
        }
    }

    /// Whether neither writer had seen the other version.
    pub fn is_concurrent_with(&self, other: &Self) -> bool {
        self.causal_cmp(other).is_none()
    }
}

/// Who descends from another has seen more, and that decides first.
impl<N: Ord> Ord for DottedVersionVector<N> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.seen.cmp(&other.seen).then_with(|| self.dot.cmp(&other.dot))
    }
}

impl<N: Ord> PartialOrd for DottedVersionVector<N> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// As it is read, before it is checked.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(bound(deserialize = "N: Ord + serde::Deserialize<'de>"))]
struct Unchecked<N> {
    seen: VersionVector<N>,
    dot: Dot<N>,
}

#[cfg(feature = "serde")]
impl<N: Ord> TryFrom<Unchecked<N>> for DottedVersionVector<N> {
    type Error = crate::Invalid;

    fn try_from(read: Unchecked<N>) -> Result<Self, Self::Error> {
        let invalid = crate::Invalid("the dot of a version must not be 0, nor among the writes seen");
        DottedVersionVector::new(read.dot, read.seen).ok_or(invalid)
    }
}
