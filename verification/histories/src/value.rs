//! Values as histories hold them: what EDN and JSON have in common, and what only EDN has.

use std::{cmp::Ordering, fmt, hash, sync::Arc};

/// An argument or a result of an operation.
///
/// EDN's lists and vectors are one thing here, as they are to every reader of histories; sets and maps are sorted, so that
/// equal values are equal however they were written.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Value {
    /// `nil`, `null`: nothing, or not known.
    #[default]
    Nil,
    /// True or false.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A number with a fraction.
    Real(Real),
    /// A string, or a character.
    Text(Arc<str>),
    /// A keyword `:name`, or a symbol, without its colon.
    Keyword(Arc<str>),
    /// A list or a vector.
    List(Vec<Value>),
    /// A set, sorted.
    Set(Vec<Value>),
    /// A map, sorted by key.
    Map(Vec<(Value, Value)>),
}

/// A floating-point number with a total order, so that values can be compared and hashed.
#[derive(Clone, Copy, Debug)]
pub struct Real(pub f64);

impl PartialEq for Real {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Real {}

impl PartialOrd for Real {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Real {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl hash::Hash for Real {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl Value {
    /// A string.
    pub fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    /// A keyword, given without its colon.
    pub fn keyword(name: &str) -> Value {
        Value::Keyword(name.into())
    }

    /// A set of these; `None` if two are equal.
    pub fn set(mut items: Vec<Value>) -> Option<Value> {
        items.sort_unstable();
        items.is_sorted_by(|a, b| a < b).then_some(Value::Set(items))
    }

    /// A map of these; `None` if two keys are equal.
    pub fn map(mut entries: Vec<(Value, Value)>) -> Option<Value> {
        entries.sort_unstable();
        entries.is_sorted_by(|(a, _), (b, _)| a < b).then_some(Value::Map(entries))
    }

    /// Whether it is nothing.
    pub fn is_nil(&self) -> bool {
        *self == Value::Nil
    }

    /// The name that a keyword or a string is.
    pub fn name(&self) -> Option<&str> {
        match self {
            Value::Keyword(name) | Value::Text(name) => Some(name),
            _ => None,
        }
    }

    /// The integer that it is.
    pub fn int(&self) -> Option<i64> {
        match self {
            Value::Int(int) => Some(*int),
            _ => None,
        }
    }

    /// Its items, in order, if it is a list, a vector or a set.
    pub fn items(&self) -> Option<&[Value]> {
        match self {
            Value::List(items) | Value::Set(items) => Some(items),
            _ => None,
        }
    }

    /// What a map has under the keyword or the string `key`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Value::Map(entries) => {
                entries.iter().find(|(at, _)| at.name() == Some(key)).map(|(_, value)| value)
            }
            _ => None,
        }
    }
}

impl From<i64> for Value {
    fn from(int: i64) -> Value {
        Value::Int(int)
    }
}

/// As EDN.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn all(f: &mut fmt::Formatter<'_>, open: &str, items: &[Value], close: &str) -> fmt::Result {
            f.write_str(open)?;
            for (index, item) in items.iter().enumerate() {
                write!(f, "{}{item}", if index == 0 { "" } else { " " })?;
            }
            f.write_str(close)
        }
        match self {
            Value::Nil => f.write_str("nil"),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Int(value) => write!(f, "{value}"),
            Value::Real(Real(value)) => write!(f, "{value:?}"),
            Value::Text(text) => {
                f.write_str("\"")?;
                for c in text.chars() {
                    match c {
                        '"' => f.write_str("\\\"")?,
                        '\\' => f.write_str("\\\\")?,
                        '\n' => f.write_str("\\n")?,
                        '\t' => f.write_str("\\t")?,
                        '\r' => f.write_str("\\r")?,
                        c if c.is_control() => write!(f, "\\u{:04x}", u32::from(c))?,
                        c => write!(f, "{c}")?,
                    }
                }
                f.write_str("\"")
            }
            Value::Keyword(name) => write!(f, ":{name}"),
            Value::List(items) => all(f, "[", items, "]"),
            Value::Set(items) => all(f, "#{", items, "}"),
            Value::Map(entries) => {
                f.write_str("{")?;
                for (index, (key, value)) in entries.iter().enumerate() {
                    write!(f, "{}{key} {value}", if index == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
        }
    }
}
