//! Values behind pointers.

use std::{any::Any, cmp::Ordering, fmt, hash::Hasher, sync::Arc};

use synod_actor::Value;

/// What a [`Value`] can do, whatever its type.
pub(crate) trait AnyValue: fmt::Debug + Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn compare(&self, other: &dyn Any) -> Option<Ordering>;
    fn hash_into(&self, state: &mut dyn Hasher);
}

impl<T: Value> AnyValue for T {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn compare(&self, other: &dyn Any) -> Option<Ordering> {
        other.downcast_ref().map(|other| self.cmp(other))
    }

    fn hash_into(&self, mut state: &mut dyn Hasher) {
        self.hash(&mut state);
    }
}

/// The order of two values. Two of different types, which one system never has, are told apart by type.
pub(crate) fn compare(this: &dyn AnyValue, other: &dyn AnyValue) -> Ordering {
    let by_type = || this.as_any().type_id().cmp(&other.as_any().type_id());
    this.compare(other.as_any()).unwrap_or_else(by_type)
}

/// The traits of a [`Value`] for a pointer to one.
macro_rules! as_value {
    ($type:ty) => {
        impl Ord for $type {
            fn cmp(&self, other: &Self) -> std::cmp::Ordering {
                $crate::value::compare(self.value(), other.value())
            }
        }
        impl PartialOrd for $type {
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }
        impl PartialEq for $type {
            fn eq(&self, other: &Self) -> bool {
                self.cmp(other) == std::cmp::Ordering::Equal
            }
        }
        impl Eq for $type {}
        impl std::hash::Hash for $type {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                self.value().hash_into(state);
            }
        }
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(self.value(), f)
            }
        }
    };
}
pub(crate) use as_value;

/// A message, timer, record, request or indication of some actor.
#[derive(Clone)]
pub(crate) struct Erased(Arc<dyn AnyValue>);
as_value!(Erased);

impl Erased {
    /// The value, behind a pointer.
    pub(crate) fn new(value: impl Value) -> Self {
        Erased(Arc::new(value))
    }

    fn value(&self) -> &dyn AnyValue {
        &*self.0
    }

    /// The value, as the actor knows it that it came from.
    pub(crate) fn get<T: Value>(&self) -> &T {
        self.0
            .as_any()
            .downcast_ref()
            .expect("an actor is given what it has issued, and a monitor what it watches")
    }

    /// Changes the value.
    pub(crate) fn change<T: Value>(&mut self, change: impl FnOnce(&mut T)) {
        let mut value = self.get::<T>().clone();
        change(&mut value);
        *self = Erased::new(value);
    }
}
