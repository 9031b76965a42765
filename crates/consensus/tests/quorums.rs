//! Quorums meet, wherever agreement rests on it: looked at for all small groups.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use synod_actor::NodeId;
use synod_consensus::{Membership, Quorum, Quorums};

fn nodes(of: impl IntoIterator<Item = u16>) -> BTreeSet<NodeId> {
    of.into_iter().map(NodeId).collect()
}

/// Every set of nodes below `size`.
fn subsets(size: u16) -> impl Iterator<Item = BTreeSet<NodeId>> {
    (0..1_u32 << size).map(move |chosen| nodes((0..size).filter(|at| chosen >> at & 1 == 1)))
}

/// The definition, by looking at all pairs of quorums: whether each of the one meets each of the other.
fn meet(one: &Quorum, other: &Quorum, size: u16) -> bool {
    subsets(size)
        .filter(|set| one.contains(set))
        .all(|set| subsets(size).filter(|set| other.contains(set)).all(|other| !set.is_disjoint(&other)))
}

/// They meet by the definition, and `disjoint` finds nothing; or they do not, and it finds two that show it.
fn meets(one: &Quorum, other: &Quorum, size: u16) -> bool {
    let meet = meet(one, other, size);
    match one.disjoint(other) {
        None => assert!(meet, "{one:?} and {other:?} can miss each other"),
        Some((left, right)) => {
            assert!(!meet && left.is_disjoint(&right), "{left:?} and {right:?}");
            assert!(one.contains(&left) && other.contains(&right), "{left:?} and {right:?} are quorums");
        }
    }
    meet
}

#[test]
fn any_two_majorities_meet() {
    for size in 1..=6 {
        let majority = Quorum::Majority(nodes(0..size));
        assert!(meets(&majority, &majority, size));
        assert!(majority.contains(&nodes(0..size)), "all of them are one");
        assert!(!majority.contains(&nodes(0..size / 2)), "half of them is none");
    }
    assert!(!Quorum::Majority(nodes([])).contains(&nodes(0..3)), "of no nodes nothing is");
}

#[test]
fn counted_quorums_meet_if_together_they_are_more_than_all() {
    for size in 1..=5_u16 {
        for election in 1..=usize::from(size) {
            for replication in 1..=usize::from(size) {
                let pair = Quorums::flexible(&nodes(0..size), election, replication);
                let expected = election + replication > usize::from(size);
                assert_eq!(meets(&pair.election, &pair.replication, size), expected);
                assert_eq!(pair.disjoint().is_none(), expected, "{election} and {replication} of {size}");
            }
        }
    }
}

#[test]
fn a_pair_may_be_safe_though_two_of_a_kind_miss_each_other() {
    let pair = Quorums::flexible(&nodes(0..4), 3, 2);
    assert!(pair.disjoint().is_none());
    assert!(!meets(&pair.replication, &pair.replication, 4));
}

#[test]
fn weights_of_more_than_half_meet() {
    let weights: BTreeMap<NodeId, u64> =
        [(NodeId(0), 3), (NodeId(1), 1), (NodeId(2), 1), (NodeId(3), 1)].into();
    let more = Quorum::Weighted { weights: weights.clone(), least: 4 };
    let half = Quorum::Weighted { weights, least: 3 };
    assert!(meets(&more, &more, 4));
    assert!(!meets(&half, &half, 4), "the heavy one, and all others");
    assert!(more.contains(&nodes([0, 2])) && !more.contains(&nodes([1, 2, 3])));
}

#[test]
fn heavy_weights_do_not_overflow() {
    let weights = [(NodeId(0), u64::MAX), (NodeId(1), u64::MAX)].into();
    assert!(Quorum::Weighted { weights, least: u64::MAX }.contains(&nodes([0, 1])));
}

#[test]
fn rows_and_columns_of_a_grid_meet() {
    let rows = vec![nodes([0, 1, 2]), nodes([3, 4, 5])];
    let (row, column) = (Quorum::Row(rows.clone()), Quorum::EachRow(rows.clone()));
    assert!(meets(&row, &column, 6));
    assert!(!meets(&row, &row, 6) && !meets(&column, &column, 6));
    let grid = Quorum::grid(rows.clone());
    assert!(meets(&grid, &grid, 6));
    assert!(Quorums::rows(rows).disjoint().is_none());
    assert!(
        !Quorum::Row(vec![nodes([])]).contains(&nodes([0])) && !Quorum::EachRow(vec![]).contains(&nodes([0]))
    );
}

#[test]
fn a_joint_quorum_meets_those_of_both_sides() {
    let (old, new) = (Quorum::Majority(nodes([0, 1, 2])), Quorum::Majority(nodes([2, 3, 4])));
    assert!(!meets(&old, &new, 5));
    let joint = Quorum::joint(old.clone(), new.clone());
    assert!(meets(&joint, &old, 5) && meets(&joint, &new, 5) && meets(&joint, &joint, 5));
}

/// Single steps are safe, and steps of two are not always.
#[test]
fn majorities_before_and_after_one_step_meet() {
    let mut missed = 0;
    for before in subsets(5).filter(|set| !set.is_empty()) {
        for after in subsets(5).filter(|set| !set.is_empty()) {
            let [before, after] = [&before, &after].map(|set| Membership::of(set.iter().copied()));
            let meet = before.quorum().disjoint(&after.quorum()).is_none();
            assert!(meet || !after.is_one_step_from(&before), "{before:?} and {after:?}");
            missed += u32::from(!meet);
        }
    }
    assert!(missed > 0);
}

#[test]
fn a_membership_that_can_be_asked_for_is_simple() {
    let proper = Membership::of([NodeId(0)]).with_learners([NodeId(1)]);
    assert!(proper.is_proper() && !proper.is_voter(NodeId(1)) && proper.everyone() == nodes([0, 1]));
    assert!(!Membership::default().is_proper(), "nobody to vote");
    assert!(!Membership::of([NodeId(0)]).with_learners([NodeId(0)]).is_proper(), "in two roles");
    let joint = proper.with_outgoing(nodes([2]));
    assert!(!joint.is_proper() && joint.is_voter(NodeId(2)) && joint.everyone() == nodes([0, 1, 2]));
}

#[test]
fn what_a_majority_has_reached_is_found_however_many_there_are() {
    for size in 1..20 {
        let members = Membership::of(NodeId::group(size));
        // The last node has reached the most, and the others one less each.
        let reached = members.reached(|node| node.index() as u64 + 1);
        assert_eq!(reached, (size - size / 2) as u64, "{size} nodes");
    }
    assert_eq!(Membership::default().reached(|_| 1), 0, "of no nodes, nothing is enough");
}

fn any_set() -> impl Strategy<Value = BTreeSet<NodeId>> {
    prop::collection::btree_set((0..5_u16).prop_map(NodeId), 0..5)
}

fn any_quorum() -> impl Strategy<Value = Quorum> {
    let weights = prop::collection::btree_map((0..5_u16).prop_map(NodeId), 0..4_u64, 0..5);
    let simple = prop_oneof![
        any_set().prop_map(Quorum::Majority),
        (1..4_usize, any_set()).prop_map(|(least, nodes)| Quorum::Count(least, nodes)),
        (weights, 1..6_u64).prop_map(|(weights, least)| Quorum::Weighted { weights, least }),
        prop::collection::vec(any_set(), 0..3).prop_map(Quorum::Row),
        prop::collection::vec(any_set(), 0..3).prop_map(Quorum::EachRow),
    ];
    simple.prop_recursive(2, 4, 2, |inner| {
        (inner.clone(), inner).prop_map(|(one, other)| Quorum::joint(one, other))
    })
}

proptest! {
    /// Whatever contains a quorum is one, and `disjoint` is the definition.
    #[test]
    fn quorums_are_closed_upwards_and_disjoint_ones_are_found(one in any_quorum(), other in any_quorum()) {
        for set in subsets(5).filter(|set| one.contains(set)) {
            for node in 0..5 {
                let mut more = set.clone();
                more.insert(NodeId(node));
                prop_assert!(one.contains(&more));
            }
        }
        meets(&one, &other, 5);
    }

    /// What a quorum has reached is the greatest number that one has.
    #[test]
    fn what_is_reached_is_reached_by_a_quorum_and_no_more_is(quorum in any_quorum(), at in prop::array::uniform5(0..4_u64)) {
        let of = |node: NodeId| at[node.index()];
        let expected = (1..4).filter(|&least| quorum.is_met(&|node| of(node) >= least)).max().unwrap_or(0);
        prop_assert_eq!(quorum.reached(&of), expected);
    }

    /// A membership counts as its quorum does, without the detour.
    #[test]
    fn a_membership_is_its_quorum(voters in any_set(), outgoing in any_set(), at in prop::array::uniform5(0..4_u64)) {
        let members = Membership::of(voters).with_outgoing(outgoing);
        let of = |node: NodeId| at[node.index()];
        prop_assert_eq!(members.reached(of), members.quorum().reached(&of));
        for set in subsets(5) {
            prop_assert_eq!(members.is_quorum(|node| set.contains(&node)), members.quorum().contains(&set));
        }
    }
}
