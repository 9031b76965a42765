//! What must hold of the nodes themselves, at every moment.
//!
//! Each is a predicate over all nodes of a system, those that are down included (with what is durable). They hold of every
//! algorithm but for [`logs_match`]: that holds of logs that grow at their end only, as in Raft and Zab. In Multi-Paxos an
//! earlier position may be filled, or filled with something else, behind an entry that stays.
//!
//! Of the primary order of Zab (Junqueira, Reed and Serafini 2011) the local part, that what one leader
//! broadcasts is delivered in the order in which it was, needs no function of its own: a leader appends at the end of its
//! log, [`logs_match`] says that whoever has an entry has what the leader had before it, and
//! [`INTEGRITY`](super::INTEGRITY) that everything is told in the order of positions, without gaps. The global part and
//! the integrity of primaries do not follow: [`primaries_in_order`], [`primaries_have_delivered`].

use synod_consensus::{
    Epoch,
    log::{Position, Replica},
};

/// The name of [`one_leader`] as a property.
pub const ONE_LEADER: &str = "election safety";
/// The name of [`logs_match`] as a property.
pub const LOG_MATCHING: &str = "log matching";
/// The name of [`leaders_are_complete`] as a property.
pub const LEADER_COMPLETENESS: &str = "leader completeness";
/// The name of [`committed_agree`] as a property.
pub const COMMITTED_AGREE: &str = "state machine safety";

/// The name of [`primaries_in_order`] as a property.
pub const GLOBAL_PRIMARY_ORDER: &str = "global primary order";
/// The name of [`primaries_have_delivered`] as a property.
pub const PRIMARY_INTEGRITY: &str = "primary integrity";

/// At most one node leads in each epoch (Raft, Figure 3: election safety).
pub fn one_leader<R: Replica>(nodes: &[&R]) -> bool {
    pairs(nodes).all(|(one, other)| !(one.leads() && other.leads() && one.epoch() == other.epoch()))
}

/// If two logs have an entry with the same position and epoch, they are the same up to there (Raft, Figure 3: log
/// matching), as far as both still have it.
pub fn logs_match<R: Replica<Command: Eq>>(nodes: &[&R]) -> bool {
    pairs(nodes).all(|(one, other)| {
        let mut last = one.last().min(other.last());
        let epoch = |node: &R, at| node.entry(at).map(|(epoch, _)| epoch);
        while last > 0 && (epoch(one, last).is_none() || epoch(one, last) != epoch(other, last)) {
            last -= 1;
        }
        same_where_both(one, other, last)
    })
}

/// What any node knows to be committed is in the log of every leader of a later epoch than that node has heard of (Raft,
/// Figure 3: leader completeness).
pub fn leaders_are_complete<R: Replica<Command: Eq>>(nodes: &[&R]) -> bool {
    let leaders = nodes.iter().filter(|node| node.leads());
    leaders.into_iter().all(|leader| {
        let earlier = nodes.iter().filter(|node| node.epoch() < leader.epoch());
        earlier.into_iter().all(|node| {
            leader.last() >= node.committed() && same_where_both(*leader, *node, node.committed())
        })
    })
}

/// What two nodes know to be committed is the same (Raft, Figure 3: state machine safety).
pub fn committed_agree<R: Replica<Command: Eq>>(nodes: &[&R]) -> bool {
    pairs(nodes).all(|(one, other)| same_where_both(one, other, one.committed().min(other.committed())))
}

/// In no log does something of an earlier leader follow on something of a later one (Zab, section 3: global primary order).
pub fn primaries_in_order<R: Replica>(nodes: &[&R]) -> bool {
    nodes.iter().all(|node| {
        let epochs = (1..=node.last()).filter_map(|at| node.entry(at).map(|(epoch, _)| epoch));
        epochs.is_sorted()
    })
}

/// Whoever has broadcast something in its epoch has delivered before all that earlier leaders broadcast and anyone
/// delivers (Zab, section 3: primary integrity). `broadcasts` tells the epoch in which a node may broadcast. It is asked
/// that all before the leader's own is committed to its knowledge: what else is in its log is delivered some day.
pub fn primaries_have_delivered<R: Replica>(nodes: &[&R], broadcasts: impl Fn(&R) -> Option<Epoch>) -> bool {
    nodes.iter().all(|node| {
        let is_own = |at: &Position| node.entry(*at).map(|(epoch, _)| epoch) == broadcasts(node);
        // Of what is not yet committed the first that it has broadcast has nothing before it.
        let first = broadcasts(node).and_then(|_| (node.committed() + 1..=node.last()).find(is_own));
        first.is_none_or(|first| first == node.committed() + 1)
    })
}

fn pairs<'a, R>(nodes: &'a [&'a R]) -> impl Iterator<Item = (&'a R, &'a R)> {
    nodes.iter().enumerate().flat_map(|(at, one)| nodes[at + 1..].iter().map(|other| (*one, *other)))
}

/// Whether two logs are the same up to a position, where both have entries.
fn same_where_both<R: Replica<Command: Eq>>(one: &R, other: &R, last: Position) -> bool {
    // From the end, for that is where they have them.
    for at in (1..=last).rev() {
        match (one.entry(at), other.entry(at)) {
            (Some(one), Some(other)) if one != other => return false,
            (Some(_), Some(_)) => {}
            (None, _) | (_, None) => return true,
        }
    }
    true
}
