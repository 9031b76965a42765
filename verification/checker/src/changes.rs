//! What a step changed in the state of an actor: the difference of two `{:#?}` texts.

use crate::{
    debug_text::{Bracket, Group, Part, Value},
    trace::Change,
};

/// A list or map is shown whole if it is no longer than this, else only what changed in it.
const SHORT: usize = 48;

/// The innermost named fields that differ between two values, given as their `{:#?}` texts, in the order in which they
/// appear; with their values on one line.
///
/// A field is named by its path: `upper.promised`. Structs are looked into as long as they keep their name, so an enum that
/// changed its variant is one change. `Some(..)` and other wrappers of one value are looked through. Parts of tuples are
/// named by position, entries of long maps and lists by key or index: `log[3]`. If the whole value is one that has no
/// fields, the change is called `state`.
pub(crate) fn changes(before: &str, after: &str) -> Vec<Change> {
    Comparison { whole: SHORT, found: Vec::new() }.of(before, after)
}

/// The same, where lists and maps are looked into however short they are: for programs, not for readers.
pub(crate) fn changes_in_full(before: &str, after: &str) -> Vec<Change> {
    Comparison { whole: 0, found: Vec::new() }.of(before, after)
}

struct Comparison {
    /// Lists and maps up to this long are compared as wholes.
    whole: usize,
    found: Vec<Change>,
}

impl Comparison {
    fn of(mut self, before: &str, after: &str) -> Vec<Change> {
        if before != after {
            self.compare("", Some(&Value::parse(before)), Some(&Value::parse(after)));
        }
        self.found
    }

    fn compare(&mut self, path: &str, before: Option<&Value>, after: Option<&Value>) {
        if before == after {
            return;
        }
        let (empty_before, empty_after) = (self.empty(before), self.empty(after));
        let (before, after) = (empty_before.as_ref().or(before), empty_after.as_ref().or(after));
        if let (Some(Value::Group(old)), Some(Value::Group(new))) = (before, after)
            && (&old.name, old.open) == (&new.name, new.open)
        {
            match old.open {
                Bracket::Curly if !old.name.is_empty() => return self.by_key(path, old, new, false),
                Bracket::Round
                    if old.parts.len() == new.parts.len() && has_fields(old) && has_fields(new) =>
                {
                    return self.by_position(path, old, new);
                }
                Bracket::Curly if self.is_long(before, after) && is_map(old) && is_map(new) => {
                    return self.by_key(path, old, new, true);
                }
                Bracket::Square if self.is_long(before, after) && is_prefix(old, new) => {
                    return self.by_index(path, old, new);
                }
                _ => {}
            }
        }
        let field = if path.is_empty() { "state".to_owned() } else { path.to_owned() };
        let text = |value: Option<&Value>| value.map(Value::to_string);
        self.found.push(Change { field, before: text(before), after: text(after) });
    }

    /// An empty list or map, which is shown on one line, as what it is, where these are looked into.
    fn empty(&self, value: Option<&Value>) -> Option<Value> {
        let open = match value {
            Some(Value::Atom(text)) if self.whole == 0 && text == "{}" => Bracket::Curly,
            Some(Value::Atom(text)) if self.whole == 0 && text == "[]" => Bracket::Square,
            _ => return None,
        };
        Some(Value::Group(Group { name: String::new(), open, parts: Vec::new(), more: false }))
    }

    /// Compares the fields of structs, or the entries of maps.
    fn by_key(&mut self, path: &str, old: &Group, new: &Group, entries: bool) {
        let name = |part: &Part| {
            let key = part.key.as_ref().map(Value::to_string).unwrap_or_default();
            if entries { format!("{path}[{key}]") } else { joined(path, &key) }
        };
        for part in &old.parts {
            self.compare(&name(part), Some(&part.value), value_of(new, part));
        }
        for part in new.parts.iter().filter(|part| value_of(old, part).is_none()) {
            self.compare(&name(part), None, Some(&part.value));
        }
    }

    fn by_position(&mut self, path: &str, old: &Group, new: &Group) {
        for (index, (before, after)) in old.parts.iter().zip(&new.parts).enumerate() {
            // A wrapper of one value says nothing by its position.
            let path = if old.parts.len() == 1 { path.to_owned() } else { joined(path, &index.to_string()) };
            self.compare(&path, Some(&before.value), Some(&after.value));
        }
    }

    fn by_index(&mut self, path: &str, old: &Group, new: &Group) {
        for index in 0..old.parts.len().max(new.parts.len()) {
            let value = |group: &Group| group.parts.get(index).map(|part| part.value.clone());
            self.compare(&format!("{path}[{index}]"), value(old).as_ref(), value(new).as_ref());
        }
    }

    fn is_long(&self, before: Option<&Value>, after: Option<&Value>) -> bool {
        [before, after].into_iter().flatten().any(|value| value.to_string().chars().count() > self.whole)
    }
}

fn value_of<'a>(group: &'a Group, like: &Part) -> Option<&'a Value> {
    group.parts.iter().find(|part| part.key == like.key).map(|part| &part.value)
}

fn joined(path: &str, field: &str) -> String {
    if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") }
}

fn has_fields(group: &Group) -> bool {
    group.parts.iter().any(|part| part.value.has_fields())
}

fn is_map(group: &Group) -> bool {
    group.parts.iter().all(|part| part.key.is_some())
}

/// Whether the lists have the same length, or one continues the other.
fn is_prefix(old: &Group, new: &Group) -> bool {
    let common = old.parts.len().min(new.parts.len());
    old.parts.len() == new.parts.len() || old.parts[..common] == new.parts[..common]
}

#[cfg(test)]
mod tests {
    use std::{
        collections::{BTreeMap, BTreeSet},
        fmt::Debug,
    };

    use super::*;

    /// The changes, one a line.
    fn shown<T: Debug>(before: T, after: T) -> Vec<String> {
        let text = |value: Option<String>| value.unwrap_or_else(|| "nothing".into());
        changes(&format!("{before:#?}"), &format!("{after:#?}"))
            .into_iter()
            .map(|change| format!("{}: {} -> {}", change.field, text(change.before), text(change.after)))
            .collect()
    }

    #[derive(Clone, Debug, Default)]
    #[expect(dead_code, reason = "read by `Debug` alone")]
    struct Acceptor {
        promised: Option<Ballot>,
        accepted: Option<(Ballot, &'static str)>,
        seen: BTreeSet<u8>,
    }

    #[derive(Clone, Copy, Debug, Default)]
    struct Ballot {
        round: u64,
        owner: u8,
    }

    #[derive(Clone, Debug)]
    #[expect(dead_code, reason = "read by `Debug` alone")]
    struct Stack<A, B> {
        upper: A,
        lower: B,
    }

    #[derive(Clone, Debug)]
    #[expect(dead_code, reason = "read by `Debug` alone")]
    enum Role {
        Follower,
        Candidate { term: u64, votes: BTreeMap<u8, bool> },
    }

    #[test]
    fn equal_values_have_no_changes() {
        assert!(shown(Acceptor::default(), Acceptor::default()).is_empty());
    }

    #[test]
    fn each_changed_field_is_named() {
        let before = Acceptor::default();
        let mut after = before.clone();
        after.promised = Some(Ballot { round: 1, owner: 2 });
        after.seen.insert(7);
        assert_eq!(
            shown(before, after),
            ["promised: None -> Some(Ballot { round: 1, owner: 2 })", "seen: {} -> {7}"]
        );
    }

    #[test]
    fn the_innermost_field_is_named_through_options_and_layers() {
        let ballot = |round| Acceptor { promised: Some(Ballot { round, owner: 0 }), ..Acceptor::default() };
        let stack = |round| Stack { upper: 1, lower: Stack { upper: ballot(round), lower: () } };
        assert_eq!(shown(stack(1), stack(2)), ["lower.upper.promised.round: 1 -> 2"]);
    }

    #[test]
    fn tuples_with_structs_are_named_by_position_and_others_shown_whole() {
        let ballot = |round| Ballot { round, owner: 0 };
        assert_eq!(shown((ballot(1), 5), (ballot(2), 6)), ["0.round: 1 -> 2", "1: 5 -> 6"]);
        assert_eq!(shown(Some((1, 5)), Some((1, 6))), ["state: Some((1, 5)) -> Some((1, 6))"]);
        let accepted = |value| Acceptor { accepted: Some((ballot(1), value)), ..Acceptor::default() };
        assert_eq!(shown(accepted("a {"), accepted("}, b: (")), [r#"accepted.1: "a {" -> "}, b: (""#]);
    }

    #[test]
    fn another_variant_is_one_change_and_the_same_variant_is_looked_into() {
        let candidate =
            |votes: &[u8]| Role::Candidate { term: 3, votes: votes.iter().map(|&v| (v, true)).collect() };
        assert_eq!(
            shown(Role::Follower, candidate(&[1])),
            ["state: Follower -> Candidate { term: 3, votes: {1: true} }"]
        );
        assert_eq!(shown(candidate(&[1]), candidate(&[1, 2])), ["votes: {1: true} -> {1: true, 2: true}"]);
    }

    #[test]
    fn of_long_collections_only_what_changed_is_shown() {
        let long = |last: &str| BTreeMap::from([("k: {1}", "a".repeat(50)), ("l", last.to_owned())]);
        assert_eq!(shown(long("x"), long("y")), [r#"["l"]: "x" -> "y""#]);
        let mut more = long("x");
        more.remove("l");
        more.insert("m", "z".into());
        assert_eq!(shown(long("x"), more), [r#"["l"]: "x" -> nothing"#, r#"["m"]: nothing -> "z""#]);

        let log =
            |length: u64| Stack { upper: (0..length).map(|n| n + 1_000_000).collect::<Vec<_>>(), lower: () };
        assert_eq!(shown(log(8), log(9)), ["upper[8]: nothing -> 1000008"]);
        assert_eq!(shown(vec![1, 2], vec![1]), ["state: [1, 2] -> [1]"]);
    }

    #[test]
    fn map_keys_may_have_parts() {
        let map = |value: u8| {
            BTreeMap::from([
                (Ballot { round: 1, owner: 2 }.key(), "x".repeat(50)),
                (9.into(), value.to_string()),
            ])
        };
        assert_eq!(shown(map(1), map(2)), [r#"[Plain(9)]: "1" -> "2""#]);
    }

    #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
    enum Key {
        Of { round: u64, owner: u8 },
        Plain(u8),
    }
    impl Ballot {
        fn key(self) -> Key {
            Key::Of { round: self.round, owner: self.owner }
        }
    }
    impl From<u8> for Key {
        fn from(plain: u8) -> Key {
            Key::Plain(plain)
        }
    }

    #[test]
    fn in_full_an_entry_is_made_and_not_the_whole_map() {
        let of =
            |entries: &[(u8, Ballot)]| format!("{:#?}", entries.iter().copied().collect::<BTreeMap<_, _>>());
        let one = Ballot { round: 1, owner: 1 };
        let made = changes_in_full(&of(&[]), &of(&[(7, one)]));
        assert_eq!((made[0].field.as_str(), made[0].before.as_deref(), made.len()), ("[7]", None, 1));
        let changed = changes_in_full(&of(&[(7, one)]), &of(&[(7, Ballot { round: 2, ..one })]));
        assert_eq!((changed[0].field.as_str(), changed[0].before.as_deref()), ("[7].round", Some("1")));
    }
}
