//! Fields of a value by their paths, as its `Debug` form shows them, and how large they get.

use std::{collections::BTreeMap, fmt::Debug};

use super::{AuditOptions, Findings, Rule};
use crate::debug_text::{Bracket, Value};

/// How large each field got in each quarter of a walk, and in how many walks it grew from each to the next.
#[derive(Default)]
pub(super) struct Growth {
    quarters: BTreeMap<String, [u128; 4]>,
    /// How many walks got to the last quarter.
    long: u32,
    /// The walks in which a field grew, and what it grew to in the last of them.
    grew: BTreeMap<String, (u32, [u128; 4])>,
}

impl Growth {
    /// Another walk begins.
    pub(super) fn begin(&mut self) {
        let quarters = std::mem::take(&mut self.quarters);
        self.long += u32::from(quarters.values().any(|sizes| sizes[3] > 0));
        for (field, sizes) in quarters {
            if sizes.is_sorted_by(|a, b| a < b) && sizes[3] >= sizes[0] + 3 {
                let (walks, example) = self.grew.entry(field).or_default();
                *walks += 1;
                *example = sizes;
            }
        }
    }

    /// Takes note of how large everything in the value is, in this quarter of the walk.
    pub(super) fn measure(&mut self, name: &str, value: &impl Debug, quarter: u32) {
        sizes(name, &Value::parse(&format!("{value:#?}")), &mut |field, size| {
            let sizes = self.quarters.entry(field.to_owned()).or_default();
            let size_in_quarter = &mut sizes[quarter as usize];
            *size_in_quarter = size.max(*size_in_quarter);
        });
    }

    /// What grew in a third of the long walks: in half of them nothing crashes.
    pub(super) fn report(&mut self, options: &AuditOptions, findings: &mut Findings) {
        self.begin();
        for (field, (walks, [a, b, c, d])) in &self.grew {
            if *walks * 3 >= self.long {
                findings.add(Rule::Growth, field, || {
                    format!(
                        "`{field}` grows: to {a}, {b}, {c} and {d} in the quarters of a run of {} steps; a search needs a \
                         bound, or epochs that may be translated",
                        options.steps
                    )
                });
            }
        }
    }
}

/// Calls `told` with each field and its size: of a number its value, of a collection how many are in it, of a text its length.
fn sizes(path: &str, value: &Value, told: &mut impl FnMut(&str, u128)) {
    match value {
        Value::Atom(text) => {
            // A hand-written form often begins with the number that matters: `2.n1`.
            let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
            told(path, digits.parse().unwrap_or(text.len() as u128));
        }
        Value::Group(group)
            if group.open == Bracket::Square || group.open == Bracket::Curly && group.name.is_empty() =>
        {
            told(path, group.parts.len() as u128);
        }
        Value::Group(group) => {
            for (index, part) in group.parts.iter().enumerate() {
                let path = match &part.key {
                    Some(key) if path.is_empty() => key.to_string(),
                    Some(key) => format!("{path}.{key}"),
                    None if group.parts.len() == 1 => path.to_owned(),
                    None if path.is_empty() => index.to_string(),
                    None => format!("{path}.{index}"),
                };
                sizes(&path, &part.value, told);
            }
        }
    }
}

/// Whether the first path leads through the second, or is it.
pub(super) fn leads(long: &str, short: &str) -> bool {
    long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Whether one of these paths leads through the other.
pub(super) fn is_related(one: &str, other: &str) -> bool {
    leads(one, other) || leads(other, one)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[derive(Debug)]
    #[expect(dead_code, reason = "read by `Debug` alone")]
    struct Node {
        round: u64,
        vote: Option<(u8, &'static str)>,
        seen: BTreeSet<u8>,
    }

    #[test]
    fn sizes_are_by_field() {
        let node = Node { round: 12, vote: Some((3, "abc")), seen: BTreeSet::from([1, 2]) };
        let mut told = Vec::new();
        sizes("", &Value::parse(&format!("{node:#?}")), &mut |field, size| {
            told.push((field.to_owned(), size))
        });
        let expected = [("round", 12), ("vote.0", 3), ("vote.1", 5), ("seen", 2)];
        assert_eq!(told, expected.map(|(field, size)| (field.to_owned(), size)));
    }

    #[test]
    fn paths_are_related_along_their_parts() {
        assert!(is_related("log", "log[3]") && is_related("vote.0", "vote") && is_related("a", "a"));
        assert!(!is_related("log", "logged") && !is_related("vote.0", "vote.1"));
    }
}
