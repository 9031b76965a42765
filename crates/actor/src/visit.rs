//! Renaming: how a host rewrites the node names and epoch numbers inside a protocol's values.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::{Never, NodeId};

/// What to do with each name that a value holds. Both methods do nothing by default.
pub trait Visitor {
    /// Called with every node name.
    fn node(&mut self, _node: &mut NodeId) {}
    /// Called with every number of the protocol's epoch order: ballot round, term, view, epoch.
    fn epoch(&mut self, _epoch: &mut u64) {}
}

/// A value whose node names and epoch numbers can be rewritten in place.
///
/// Optional: a protocol implements it to let the checker treat states as one that differ only by a renaming. Say
/// which fields to visit with [`visit!`](crate::visit); containers of the standard library are covered.
///
/// An *epoch* here is a number that the protocol only compares with others of its kind, copies, and counts up from.
/// Then a state in which every epoch is larger by the same amount behaves the same, and the checker may subtract.
/// Where a number stands for "none yet" and is counted up from, visit it like any other.
pub trait Visit {
    /// Shows every name in `self` to `visitor`, in an order that depends on the value's shape only.
    fn visit(&mut self, visitor: &mut dyn Visitor);
}

/// Implements [`Visit`]: for a struct, by the fields that hold names; for values without names, by nothing at all.
///
/// ```
/// use synod_actor::{NodeId, visit};
/// #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
/// struct Lease { holder: Option<NodeId>, length: u64 }
/// visit!(Lease { holder });
/// ```
#[macro_export]
macro_rules! visit {
    ($type:ty $(where $($param:ident),+)? { $($field:tt),* $(,)? }) => {
        impl$(<$($param: $crate::Value + $crate::Visit),+>)? $crate::Visit for $type {
            fn visit(&mut self, _visitor: &mut dyn $crate::Visitor) {
                $($crate::Visit::visit(&mut self.$field, _visitor);)*
            }
        }
    };
}

impl Visit for NodeId {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        visitor.node(self);
    }
}

impl Visit for Never {
    fn visit(&mut self, _: &mut dyn Visitor) {
        match *self {}
    }
}

macro_rules! without_names {
    ($($type:ty),*) => { $(impl Visit for $type { fn visit(&mut self, _: &mut dyn Visitor) {} })* };
}
without_names!((), bool, char, u8, u16, u32, u64, usize, i8, i16, i32, i64, isize, String, &'static str);

impl<T: Visit> Visit for Option<T> {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        self.iter_mut().for_each(|value| value.visit(visitor));
    }
}

impl<T: Visit> Visit for Vec<T> {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        self.iter_mut().for_each(|value| value.visit(visitor));
    }
}

impl<T: Visit> Visit for VecDeque<T> {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        self.iter_mut().for_each(|value| value.visit(visitor));
    }
}

impl<T: Visit + Ord> Visit for BTreeSet<T> {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let renamed = std::mem::take(self).into_iter().map(|mut value| {
            value.visit(visitor);
            value
        });
        *self = renamed.collect();
    }
}

impl<K: Visit + Ord, V: Visit> Visit for BTreeMap<K, V> {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let renamed = std::mem::take(self).into_iter().map(|(mut key, mut value)| {
            key.visit(visitor);
            value.visit(visitor);
            (key, value)
        });
        *self = renamed.collect();
    }
}

macro_rules! tuples {
    ($(($($name:ident),+))*) => { $(
        #[allow(non_snake_case)] // the macro's parameters name both the type and the component
        impl<$($name: Visit),+> Visit for ($($name,)+) {
            fn visit(&mut self, visitor: &mut dyn Visitor) {
                let ($($name,)+) = self;
                $($name.visit(visitor);)+
            }
        }
    )* };
}
tuples!((A)(A, B)(A, B, C)(A, B, C, D));
