//! The objects that a history may be about, and the names of their operations in it.
//!
//! | object | operations: `f`, argument, result |
//! |---|---|
//! | `register` (`cas-register`) | `read` → v; `write` v; `cas` `[old new]` |
//! | `multi-register` | `txn` `[["read" k null] ["write" k v] ...]`, with what was read filled in (also `r`, `w`) |
//! | `key-value` | `get` `[k null]` → `[k v]`, null if absent; `put` `[k v]`; `delete` `[k null]`; `cas` `[k [old new]]` |
//! | `key-text` | `get` `[k null]` → `[k text]`, empty at first; `put` `[k text]`; `append` `[k text]` |
//! | `queue`, `bag` | `enqueue` v; `dequeue` → v, null if empty; `drain` → `[v ...]` |
//! | `stack` | `push` v; `pop` → v, null if empty |
//! | `priority-queue` | `insert` v; `remove-min` → v, null if empty |
//! | `set` | `add` v; `remove` v; `contains` v → true or false; `read` → `[v ...]`. Additions and removals may say true or false |
//! | `counter` | `add` n; `add-and-get` n → n; `read` → n |
//! | `mutex` | `acquire`; `release`, by whoever it is |
//! | `owned-mutex` | the same, but only the process that holds it may release it |
//! | `append-list` | `append` v; `read` → `[v ...]` |
//!
//! An operation that failed took no effect, and is left out.

mod containers;
mod erased;
mod interpret;
mod registers;

use synod_specifications::{
    AppendList, Bag, Counter, KeyValue, Keyed, MultiRegister, Mutex, PriorityQueue, Queue, Register, Set,
    Stack, Text,
};

use crate::{operation::Operation, value::Value};

pub use erased::{AnyObject, Erased};
pub use interpret::{Interpret, Interpreted, Reading, interpret};

/// A kind of object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)] // The table above says what each is.
pub enum Object {
    Register,
    MultiRegister,
    KeyValue,
    KeyText,
    Queue,
    Bag,
    Stack,
    PriorityQueue,
    Set,
    Counter,
    Mutex,
    OwnedMutex,
    AppendList,
}

impl Object {
    /// Every kind.
    pub const ALL: [Object; 13] = [
        Object::Register,
        Object::MultiRegister,
        Object::KeyValue,
        Object::KeyText,
        Object::Queue,
        Object::Bag,
        Object::Stack,
        Object::PriorityQueue,
        Object::Set,
        Object::Counter,
        Object::Mutex,
        Object::OwnedMutex,
        Object::AppendList,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Object::Register => "register",
            Object::MultiRegister => "multi-register",
            Object::KeyValue => "key-value",
            Object::KeyText => "key-text",
            Object::Queue => "queue",
            Object::Bag => "bag",
            Object::Stack => "stack",
            Object::PriorityQueue => "priority-queue",
            Object::Set => "set",
            Object::Counter => "counter",
            Object::Mutex => "mutex",
            Object::OwnedMutex => "owned-mutex",
            Object::AppendList => "append-list",
        }
    }

    /// The object of this name.
    pub fn named(name: &str) -> Option<Object> {
        let name = if name == "cas-register" { "register" } else { name };
        Object::ALL.into_iter().find(|object| object.name() == name)
    }

    /// The object that these operations seem to be about; `None` if it is none of them, or one of several.
    pub fn guess(operations: &[Operation]) -> Option<Object> {
        let mut names: Vec<&str> = operations.iter().map(|operation| &*operation.function).collect();
        names.sort_unstable();
        names.dedup();
        let all_of = |known: &[&str]| names.iter().all(|name| known.contains(name));
        let result = |name: &'static str| {
            operations
                .iter()
                .filter(move |operation| &*operation.function == name)
                .map(|operation| &operation.result)
        };
        match () {
            () if names.is_empty() || all_of(&["read", "write", "cas"]) => Some(Object::Register),
            () if all_of(&["acquire", "release"]) => Some(Object::Mutex),
            () if all_of(&["enqueue", "dequeue", "drain"]) => Some(Object::Queue),
            () if all_of(&["push", "pop"]) => Some(Object::Stack),
            () if all_of(&["insert", "remove-min"]) => Some(Object::PriorityQueue),
            () if all_of(&["get", "put", "append"]) => Some(Object::KeyText),
            () if all_of(&["get", "put", "delete", "cas"]) => Some(Object::KeyValue),
            () if all_of(&["append", "read"]) => Some(Object::AppendList),
            () if all_of(&["add", "add-and-get", "read"])
                && (names.contains(&"add-and-get") || result("read").any(|value| value.int().is_some())) =>
            {
                Some(Object::Counter)
            }
            () if all_of(&["add", "remove", "contains", "read"]) => Some(Object::Set),
            () if all_of(&["txn"]) && registers::are_reads_and_writes(operations) => {
                Some(Object::MultiRegister)
            }
            () => None,
        }
    }
}

/// An object with all that is needed to make it a specification.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Subject {
    /// Its kind.
    pub object: Object,
    /// What a register holds at first; for several, a map from their keys, or what they all hold.
    pub initial: Value,
    /// Whether there is one such object under each key, and every value is a pair of key and value.
    pub independent: bool,
}

impl Subject {
    /// An object, with nothing in it at first.
    pub fn new(object: Object) -> Self {
        Subject { object, initial: Value::Nil, independent: false }
    }

    /// Its specification.
    pub fn specification(&self) -> AnyObject {
        let each = match self.object {
            Object::Register => AnyObject::new(Register::new(self.initial.clone())),
            Object::MultiRegister => {
                let registers = match &self.initial {
                    Value::Map(entries) => {
                        entries.iter().fold(MultiRegister::new(Value::Nil), |registers, (key, value)| {
                            registers.holding(key.clone(), value.clone())
                        })
                    }
                    value => MultiRegister::new(value.clone()),
                };
                AnyObject::new(registers)
            }
            Object::KeyValue => AnyObject::new(KeyValue::<Value, Value>::new()),
            // It is under keys as it is.
            Object::KeyText => return AnyObject::new(Keyed::<Value, Text>::new(Text)),
            Object::Queue => AnyObject::new(Queue::<Value>::new()),
            Object::Bag => AnyObject::new(Bag::<Value>::new()),
            Object::Stack => AnyObject::new(Stack::<Value>::new()),
            Object::PriorityQueue => AnyObject::new(PriorityQueue::<Value>::new()),
            Object::Set => AnyObject::new(Set::<Value>::new()),
            Object::Counter => AnyObject::new(Counter),
            Object::Mutex | Object::OwnedMutex => AnyObject::new(Mutex::<Value>::new()),
            Object::AppendList => AnyObject::new(AppendList::<Value>::new()),
        };
        if self.independent { AnyObject::new(Keyed::<Value, AnyObject>::new(each)) } else { each }
    }
}
