//! Which models are meant.

use std::ops::RangeInclusive;

use synod_models::{Entry, Scale, Size};
use wildmatch::WildMatch;

use crate::{cli::SizeArgs, exit::Failure, words};

/// Which models to take.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'a> {
    /// Those that `check` shows a newcomer.
    Tour,
    /// All but the mutants.
    All,
    /// These, by name or pattern. A pattern picks mutants only where it matches nothing else.
    Names(&'a [String]),
}

/// A model, and which instance of it.
pub struct Chosen {
    /// The model.
    pub entry: Entry,
    /// The instance.
    pub size: Size,
}

/// Which models were meant.
pub struct Selection {
    /// These, each once.
    pub chosen: Vec<Chosen>,
    /// These would be, but do not run with so many nodes.
    pub left_out: Vec<&'static str>,
}

/// Picks from `entries`, of which `nearest` knows the names most like a wrong one.
///
/// # Errors
/// A name or pattern matches nothing, or a named model does not run with the number of nodes that was asked for.
pub fn select(
    mut entries: Vec<Entry>,
    wanted: Wanted<'_>,
    size: &SizeArgs,
    nearest: impl Fn(&str) -> Vec<&'static str>,
) -> Result<Selection, Failure> {
    let mut selection = Selection { chosen: Vec::new(), left_out: Vec::new() };
    let mut is_named = Vec::new();
    let mut take = |index: usize, named: bool| {
        if !is_named.iter().any(|(taken, _)| *taken == index) {
            is_named.push((index, named));
        }
    };
    match wanted {
        Wanted::Tour => matching(&entries, |entry| entry.tour).for_each(|index| take(index, false)),
        Wanted::All => {
            matching(&entries, |entry| entry.mutant.is_none()).for_each(|index| take(index, false))
        }
        Wanted::Names(names) => {
            for name in names {
                if let Some(index) = entries.iter().position(|entry| entry.name == name) {
                    take(index, true);
                    continue;
                }
                let indices = of_pattern(&entries, name);
                if indices.is_empty() {
                    return Err(Failure::Usage(unknown(&entries, name, &nearest(name))));
                }
                indices.into_iter().for_each(|index| take(index, false));
            }
        }
    }

    let mut picked: Vec<(usize, Entry)> = Vec::new();
    for index in (0..entries.len()).rev() {
        let entry = entries.swap_remove(index);
        if let Some(rank) = is_named.iter().position(|(taken, _)| *taken == index) {
            picked.push((rank, entry));
        }
    }
    picked.sort_by_key(|(rank, _)| *rank);

    let mut unsupported = Vec::new();
    for (rank, entry) in picked {
        match instance(&entry, size) {
            Ok(size) => selection.chosen.push(Chosen { entry, size }),
            Err(why) if is_named[rank].1 => return Err(Failure::Usage(why)),
            Err(why) => {
                selection.left_out.push(entry.name);
                unsupported.push(why);
            }
        }
    }
    if selection.chosen.is_empty() && !unsupported.is_empty() {
        return Err(Failure::Usage(unsupported.join("\n       ")));
    }
    Ok(selection)
}

/// The instance of a model that is asked for.
///
/// # Errors
/// It does not run with so many nodes.
fn instance(entry: &Entry, size: &SizeArgs) -> Result<Size, String> {
    let nodes = size.nodes.unwrap_or(entry.default_nodes);
    if !entry.nodes.contains(&nodes) {
        return Err(format!("{} runs with {}, not with {nodes}", entry.name, supported(&entry.nodes)));
    }
    Ok(Size { nodes, scale: if size.full { Scale::Full } else { Scale::Quick } })
}

/// `3 nodes`, `3 or 4 nodes`, `3 to 5 nodes`.
pub fn supported(nodes: &RangeInclusive<usize>) -> String {
    let (least, most) = (*nodes.start(), *nodes.end());
    match most.saturating_sub(least) {
        0 => words::counted(least as u64, "node"),
        1 => format!("{least} or {most} nodes"),
        _ => format!("{least} to {most} nodes"),
    }
}

fn matching(entries: &[Entry], is_meant: impl Fn(&Entry) -> bool) -> impl Iterator<Item = usize> {
    entries.iter().enumerate().filter(move |(_, entry)| is_meant(entry)).map(|(index, _)| index)
}

fn of_pattern(entries: &[Entry], pattern: &str) -> Vec<usize> {
    let pattern = WildMatch::new(pattern);
    let indices = matching(entries, |entry| pattern.matches(entry.name)).collect::<Vec<_>>();
    let models = indices.iter().copied().filter(|&index| entries[index].mutant.is_none()).collect::<Vec<_>>();
    if models.is_empty() { indices } else { models }
}

fn unknown(entries: &[Entry], name: &str, nearest: &[&'static str]) -> String {
    let mut message = match name.contains(['*', '?']) {
        true => format!("no model matches '{name}'"),
        false => format!("there is no model '{name}'"),
    };
    if entries.iter().any(|entry| entry.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'))) {
        message += &format!("; all that begin so are '{name}-*'");
    } else if !nearest.is_empty() {
        message += &format!("; did you mean {}?", words::list(nearest, "or"));
    }
    message + "\n       `cargo xtask check --list` lists all"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::entries;

    fn names(wanted: &[&str], nodes: Option<usize>) -> Result<Vec<&'static str>, String> {
        let wanted: Vec<String> = wanted.iter().map(|&name| name.to_owned()).collect();
        picked(Wanted::Names(&wanted), nodes)
    }

    fn picked(wanted: Wanted<'_>, nodes: Option<usize>) -> Result<Vec<&'static str>, String> {
        let size = SizeArgs { nodes, ..SizeArgs::default() };
        match select(entries(), wanted, &size, |_| vec!["fake-cut", "fake-lasso"]) {
            Ok(selection) => Ok(selection.chosen.iter().map(|chosen| chosen.entry.name).collect()),
            Err(Failure::Usage(message)) => Err(message),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_tour_and_all() {
        assert_eq!(picked(Wanted::Tour, None), Ok(vec!["fake-holds", "fake-lasso"]));
        let all = picked(Wanted::All, None).expect("there are some");
        assert_eq!(all.len(), 6);
        assert!(all.iter().all(|name| !name.contains("mutant")));
    }

    #[test]
    fn names_come_in_the_order_given_and_once() {
        let given = ["fake-lasso", "fake-mutant-other", "fake-cut", "fake-lasso"];
        assert_eq!(names(&given, None), Ok(vec!["fake-lasso", "fake-mutant-other", "fake-cut"]));
    }

    #[test]
    fn patterns_pick_mutants_only_where_nothing_else_matches() {
        assert_eq!(names(&["fake-b*"], None), Ok(vec!["fake-broken", "fake-broken-as-expected"]));
        assert_eq!(names(&["fake-?ut"], None), Ok(vec!["fake-cut"]));
        assert_eq!(names(&["*"], None).expect("all").len(), 6);
        assert_eq!(names(&["fake-mutant-*"], None).expect("the mutants").len(), 4);
    }

    #[test]
    fn wrong_names_get_an_answer() {
        let message = names(&["fake-cuz"], None).expect_err("there is none");
        assert!(message.starts_with("there is no model 'fake-cuz'; did you mean fake-cut or fake-lasso?"));
        let message = names(&["fake"], None).expect_err("there is none");
        assert!(message.starts_with("there is no model 'fake'; all that begin so are 'fake-*'"));
        let message = names(&["x*"], None).expect_err("there is none");
        assert!(message.starts_with("no model matches 'x*'"));
    }

    #[test]
    fn a_number_of_nodes_must_be_supported() {
        let message = names(&["fake-holds"], Some(7)).expect_err("not with 7");
        assert_eq!(message, "fake-holds runs with 2 or 3 nodes, not with 7");
        assert_eq!(names(&["fake-lasso"], Some(5)), Ok(vec!["fake-lasso"]));
        // A pattern leaves out what does not fit, unless nothing is left.
        assert_eq!(names(&["fake-*"], Some(2)), Ok(vec!["fake-holds"]));
        let message = names(&["fake-*"], Some(9)).expect_err("none with 9");
        assert_eq!(message.lines().count(), 6);
        assert_eq!(
            [3..=3, 2..=3, 3..=5].map(|nodes| supported(&nodes)),
            ["3 nodes", "2 or 3 nodes", "3 to 5 nodes"]
        );
    }
}
