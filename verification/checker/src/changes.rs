//! Placeholder.
use crate::trace::Change;

pub(crate) fn changes(before: &str, after: &str) -> Vec<Change> {
    if before == after {
        return vec![];
    }
    let old: Vec<&str> = before.lines().collect();
    let new: Vec<&str> = after.lines().collect();
    let mut out = vec![];
    for (o, n) in old.iter().zip(&new) {
        if o != n {
            out.push(Change {
                field: String::new(),
                before: Some(o.trim().into()),
                after: Some(n.trim().into()),
            });
        }
    }
    out
}
