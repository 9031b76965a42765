//! Values as their `{:#?}` texts: parsed into a tree, and written back on one line.
//!
//! The parser goes by lines and indentation, never by braces inside of them, so a string that holds braces or commas does
//! no harm. What does not look like the output of `{:#?}` is taken as one opaque text.

use std::fmt;

/// A parsed value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Value {
    /// What has no parts that the parser knows of: a number, a string, a unit, whatever a hand-written `Debug` prints.
    Atom(String),
    /// What has parts.
    Group(Group),
}

/// A value with parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Group {
    /// Its name; empty for tuples, lists, sets and maps.
    pub(crate) name: String,
    /// How it is bracketed.
    pub(crate) open: Bracket,
    /// Its parts.
    pub(crate) parts: Vec<Part>,
    /// Whether it says that it does not show everything.
    pub(crate) more: bool,
}

/// A part of a group: a field, an entry of a map, or an element.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Part {
    /// The name of the field or the key of the entry, if it has one.
    pub(crate) key: Option<Value>,
    /// The value.
    pub(crate) value: Value,
}

/// How a group is bracketed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Bracket {
    /// `( )`: a tuple, with or without a name.
    Round,
    /// `[ ]`: a list.
    Square,
    /// `{ }`: a struct if it has a name, else a set or a map.
    Curly,
}

impl Bracket {
    fn opening(line: &str) -> Option<(&str, Bracket)> {
        let (name, bracket) = match line.chars().next_back()? {
            '(' => (line.strip_suffix('(')?, Bracket::Round),
            '[' => (line.strip_suffix('[')?, Bracket::Square),
            '{' => (line.strip_suffix('{')?, Bracket::Curly),
            _ => return None,
        };
        Some((name.trim_end(), bracket))
    }

    fn close(self) -> char {
        match self {
            Bracket::Round => ')',
            Bracket::Square => ']',
            Bracket::Curly => '}',
        }
    }
}

impl Value {
    /// Parses a `{:#?}` text.
    pub(crate) fn parse(text: &str) -> Value {
        Value::of_lines(&text.lines().collect::<Vec<_>>())
    }

    fn of_lines(lines: &[&str]) -> Value {
        Value::group(lines).unwrap_or_else(|| {
            let words = lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
            Value::Atom(words.collect::<Vec<_>>().join(" "))
        })
    }

    fn group(lines: &[&str]) -> Option<Value> {
        let [first, inner @ .., last] = lines else { return None };
        let (name, open) = Bracket::opening(first)?;
        if !is_path(name) || last.strip_prefix(open.close()) != Some("") {
            return None;
        }
        let inner: Option<Vec<&str>> = inner.iter().map(|line| line.strip_prefix("    ")).collect();
        let (mut parts, mut more, mut part) = (Vec::new(), false, Vec::new());
        for line in inner? {
            if part.is_empty() && line == ".." {
                more = true;
                continue;
            }
            match line.strip_suffix(',') {
                Some(line) if !line.starts_with(' ') => {
                    part.push(line);
                    parts.push(Part::of_lines(&part, name, open)?);
                    part.clear();
                }
                _ => part.push(line),
            }
        }
        part.is_empty().then(|| Value::Group(Group { name: name.to_owned(), open, parts, more }))
    }

    /// Whether there are named fields somewhere inside, not counting those inside of collections.
    pub(crate) fn has_fields(&self) -> bool {
        match self {
            Value::Atom(_) => false,
            Value::Group(group) => match group.open {
                Bracket::Round => group.parts.iter().any(|part| part.value.has_fields()),
                Bracket::Curly => !group.name.is_empty(),
                Bracket::Square => false,
            },
        }
    }
}

impl Part {
    fn of_lines(lines: &[&str], name: &str, open: Bracket) -> Option<Part> {
        let whole = || Some(Part { key: None, value: Value::of_lines(lines) });
        let (first, rest) = lines.split_first()?;
        match open {
            Bracket::Round | Bracket::Square => whole(),
            Bracket::Curly if !name.is_empty() => {
                let (field, value) = first.split_once(": ")?;
                is_path(field).then(|| Part::entry(&[field], value, rest))
            }
            Bracket::Curly => {
                if let Some((key, value)) = split_entry(first) {
                    return Some(Part::entry(&[key], value, rest));
                }
                // A key of several lines ends where a closing bracket is followed by a colon.
                let key_ends = lines.iter().skip(1).position(|line| {
                    line.chars().next().is_some_and(|first| ")]}".contains(first))
                        && line.get(1..).is_some_and(|rest| rest.starts_with(": "))
                });
                match key_ends {
                    None => whole(),
                    Some(end) => {
                        let (key, value) = (&lines[..end + 2], &lines[end + 1][3..]);
                        let key = [&key[..end + 1], &[&lines[end + 1][..1]]].concat();
                        Some(Part::entry(&key, value, &lines[end + 2..]))
                    }
                }
            }
        }
    }

    fn entry(key: &[&str], first: &str, rest: &[&str]) -> Part {
        Part { key: Some(Value::of_lines(key)), value: Value::of_lines(&[&[first], rest].concat()) }
    }
}

/// Whether this can be the name of a type, a variant or a field, or nothing.
fn is_path(name: &str) -> bool {
    name.chars().all(|c| c.is_alphanumeric() || "_:#".contains(c))
}

/// `key: value` of a map, where neither quotes nor brackets are open at the colon.
fn split_entry(line: &str) -> Option<(&str, &str)> {
    let (mut depth, mut chars) = (0_i32, line.char_indices());
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => loop {
                match chars.next()?.1 {
                    '\\' => drop(chars.next()),
                    '"' => break,
                    _ => {}
                }
            },
            // A character, unless it is an apostrophe.
            '\'' => {
                let text: Vec<char> = line[at + 1..].chars().collect();
                let skip = match text[..] {
                    ['\\', _, ref rest @ ..] => rest.iter().position(|&c| c == '\'').map_or(0, |end| end + 3),
                    [_, '\'', ..] => 2,
                    _ => 0,
                };
                chars.by_ref().take(skip).for_each(drop);
            }
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ':' if depth == 0 && line[at..].starts_with(": ") => return Some((&line[..at], &line[at + 2..])),
            _ => {}
        }
    }
    None
}

/// On one line, as `{:?}` would give it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = match self {
            Value::Atom(text) => return f.write_str(text),
            Value::Group(group) => group,
        };
        let (open, close, comma) = match group.open {
            Bracket::Round if group.name.is_empty() && group.parts.len() == 1 => ("(", ")", ","),
            Bracket::Round => ("(", ")", ""),
            Bracket::Square => ("[", "]", ""),
            Bracket::Curly if group.name.is_empty() => ("{", "}", ""),
            Bracket::Curly => (" { ", " }", ""),
        };
        write!(f, "{}{open}", group.name)?;
        for (index, part) in group.parts.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            match &part.key {
                Some(key) => write!(f, "{separator}{key}: {}", part.value)?,
                None => write!(f, "{separator}{}", part.value)?,
            }
        }
        if group.more {
            f.write_str(if group.parts.is_empty() { ".." } else { ", .." })?;
        }
        write!(f, "{comma}{close}")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
    enum Any {
        Unit,
        Number(i64),
        Text(String),
        Char(char),
        Pair(Box<(Any, Any)>),
        One((Box<Any>,)),
        Fields { left: Box<Any>, r#type: Option<Box<Any>> },
        List(Vec<Any>),
        Set(BTreeSet<Any>),
        Map(BTreeMap<Any, Any>),
        Nothing {},
    }

    fn values() -> impl Strategy<Value = Any> {
        let text = r#"[a"'\\{}()\[\],: \n]{0,6}"#;
        let leaf = prop_oneof![
            Just(Any::Unit),
            Just(Any::Nothing {}),
            any::<i64>().prop_map(Any::Number),
            text.prop_map(Any::Text),
            proptest::sample::select(vec!['a', '\'', '"', '\\', ':', '{', ',', '\n', 'é'])
                .prop_map(Any::Char),
        ];
        leaf.prop_recursive(4, 24, 3, |inner| {
            prop_oneof![
                (inner.clone(), inner.clone()).prop_map(|pair| Any::Pair(Box::new(pair))),
                inner.clone().prop_map(|one| Any::One((Box::new(one),))),
                (inner.clone(), proptest::option::of(inner.clone())).prop_map(|(left, right)| Any::Fields {
                    left: Box::new(left),
                    r#type: right.map(Box::new)
                }),
                proptest::collection::vec(inner.clone(), 0..3).prop_map(Any::List),
                proptest::collection::btree_set(inner.clone(), 0..3).prop_map(Any::Set),
                proptest::collection::btree_map(inner.clone(), inner, 0..3).prop_map(Any::Map),
            ]
        })
    }

    proptest! {
        /// The law: parsing the pretty text and writing it on one line gives the plain text.
        #[test]
        fn one_line_is_what_debug_gives(value in values()) {
            prop_assert_eq!(Value::parse(&format!("{value:#?}")).to_string(), format!("{value:?}"));
        }

        /// Whatever the text, nothing panics, and nothing spans lines.
        #[test]
        fn any_text_parses(text in r#"[a"'\\{}()\[\],: é\n]{0,40}"#) {
            prop_assert!(!Value::parse(&text).to_string().contains('\n'));
        }
    }

    #[test]
    fn hand_written_debug_is_opaque() {
        struct Odd;
        impl fmt::Debug for Odd {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("<odd {\n  text>")
            }
        }
        let text = format!("{:#?}", Some(Odd));
        assert_eq!(Value::parse(&text).to_string(), "Some( <odd { text>, )");
    }

    #[test]
    fn what_is_left_out_stays_left_out() {
        struct Partial(u8);
        impl fmt::Debug for Partial {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct("Partial").field("shown", &self.0).finish_non_exhaustive()
            }
        }
        let value = vec![Partial(1)];
        assert_eq!(Value::parse(&format!("{value:#?}")).to_string(), format!("{value:?}"));
    }
}
