//! Registers (Gibbons and Korach 1997, section 4).
//!
//! A write and the reads of its value are a cluster. If some of it ended before other of it began, the cluster holds the register
//! from the first end to the last beginning (a forward zone); otherwise all of it may happen at once, anywhere from the last
//! beginning to the first end (a backward zone). A history is linearizable just if no read ends before its write begins, no two
//! forward zones overlap, and no backward zone lies within a forward one.

use super::{Cluster, NEVER, Said, Span};

/// All calls of a cluster.
fn all(cluster: &Cluster) -> impl Iterator<Item = u32> + '_ {
    cluster.gives.into_iter().chain(cluster.gets.iter().copied())
}

fn conflict(clusters: &[&Cluster]) -> Said {
    Said::Conflict(clusters.iter().flat_map(|cluster| all(cluster)).collect())
}

pub(super) fn say(clusters: &[Cluster], spans: &[Span]) -> Said {
    let begin = |call: u32| spans[call as usize].begin;
    let end = |call: u32| spans[call as usize].end;
    // Zones, each with its cluster. What is there at first was written before everything.
    let (mut forward, mut backward) = (Vec::new(), Vec::new());
    for (value, cluster) in clusters.iter().enumerate() {
        let Some(last_begin) = all(cluster).map(begin).max() else { continue };
        let first_end = if value == 0 { 0 } else { all(cluster).map(end).min().unwrap_or(NEVER) };
        if value == 0 || first_end < last_begin {
            forward.push((first_end, last_begin, value));
        } else {
            backward.push((last_begin, first_end, value));
        }
    }
    forward.sort_unstable();
    for pair in forward.windows(2) {
        if pair[1].0 < pair[0].1 {
            return conflict(&[&clusters[pair[0].2], &clusters[pair[1].2]]);
        }
    }
    let mut points: Vec<(usize, u8, usize)> =
        forward.iter().map(|&(first_end, _, value)| (first_end, 1, value)).collect();
    for (last_begin, first_end, value) in backward {
        // The forward zone that the backward one begins in, if any.
        let before = forward.partition_point(|zone| zone.0 <= last_begin);
        match before.checked_sub(1).map(|index| forward[index]) {
            Some((_, stop, other)) if last_begin < stop => {
                if first_end < stop {
                    return conflict(&[&clusters[other], &clusters[value]]);
                }
                points.push((stop, 0, value));
            }
            _ => points.push((last_begin, 0, value)),
        }
    }
    points.sort_unstable();
    let mut order = Vec::new();
    for (_, _, value) in points {
        let cluster = &clusters[value];
        order.extend(cluster.gives);
        let mut gets = cluster.gets.clone();
        gets.sort_unstable_by_key(|&get| begin(get));
        order.extend(gets);
    }
    Said::Order(order)
}
