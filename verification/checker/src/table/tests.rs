use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::segments::SEGMENT;

fn insert(table: &mut Table, pair: u64) -> (u32, bool) {
    loop {
        match table.insert(pair) {
            Ok(answer) => return answer,
            Err(Full) => table.grow(),
        }
    }
}

proptest! {
    /// It is a map from pairs to the order in which they came, whatever it grows through.
    #[test]
    fn numbers_are_given_in_order(pairs in prop::collection::vec(0..500_u64, 0..1500), spread: u64) {
        let mut table = Table::new(4, 2);
        let mut model = HashMap::new();
        for pair in pairs.into_iter().map(|pair| pair.wrapping_mul(spread | 1)) {
            let next = model.len() as u32;
            let number = *model.entry(pair).or_insert(next);
            prop_assert_eq!(insert(&mut table, pair), (number, number == next && model.len() as u32 > next));
        }
        prop_assert_eq!(table.len() as usize, model.len());
        for (&pair, &number) in &model {
            prop_assert_eq!((table.get(number), table.find(pair)), (pair, Some(number)));
        }
        prop_assert_eq!(table.find(u64::MAX), model.get(&u64::MAX).copied());
        let asked: Vec<u64> = model.keys().copied().chain(0..100).collect();
        let mut found = Vec::new();
        table.find_all(&asked, |at, number| found.push((at, number)));
        let expected = asked.iter().enumerate().map(|(at, pair)| (at, model.get(pair).copied()));
        prop_assert!(found.into_iter().eq(expected));
    }
}

/// What is on disk is known as before, whatever comes after it.
#[test]
fn what_is_on_disk_is_still_known() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let mut table = Table::new(2, 2);
    let pair = |at: u64| at.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    for round in 1..6 {
        let end = round * 2 * SEGMENT as u64 + 7;
        for at in 0..end {
            let known = (at as u32) < table.len();
            assert_eq!(insert(&mut table, pair(at)), (at as u32, !known));
        }
        let room = table.bytes();
        assert!(table.spill(table.len() - 100, folder.path()).expect("there is room on the disk"));
        assert!(table.bytes() < room);
        assert_eq!(table.bytes_on_disk() % (8 * SEGMENT as u64), 0);
        assert!(!table.spill(table.len() - 100, folder.path()).expect("there is nothing to write"));
    }
    for at in 0..u64::from(table.len()) {
        assert_eq!((table.get(at as u32), table.find(pair(at))), (pair(at), Some(at as u32)));
    }
    assert!(table.bytes_on_disk() > 8 * 8 * SEGMENT as u64);
}

#[test]
fn segments_meet_without_a_gap() {
    let mut table = Table::new(2, 2);
    for pair in 0..3 * SEGMENT as u64 {
        assert_eq!(insert(&mut table, pair), (pair as u32, true));
    }
    for pair in 0..3 * SEGMENT as u64 {
        assert_eq!((table.get(pair as u32), table.find(pair)), (pair, Some(pair as u32)));
    }
}

#[test]
fn a_full_table_says_so_and_loses_nothing() {
    let table = Table::new(2, 2);
    assert_eq!((table.insert(7), table.insert(8)), (Ok((0, true)), Ok((1, true))));
    assert_eq!(table.insert(9), Err(Full));
    assert_eq!((table.insert(8), table.find(9)), (Ok((1, false)), None));
}
