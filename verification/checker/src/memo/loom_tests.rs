use loom::{sync::Arc, thread};

use super::*;

/// Whoever sees a menu sees its moves and what they are, whichever thread made it; and what can come of an event is there once, as is
/// each deed.
#[test]
fn loom_a_menu_comes_with_its_moves() {
    loom::model(|| {
        let mut memo = Memo::new(1, false, 2);
        memo.missing_moves.store(4, Ordering::Relaxed);
        memo.missing_outcomes.store(2, Ordering::Relaxed);
        memo.missing_deeds.store(3, Ordering::Relaxed);
        memo.grow([2].into_iter());
        let memo = Arc::new(memo);
        let publish = |memo: &Memo, number, delta| {
            let deed = |delta| Deed { delta, traits: 4, marks: 5, ..Deed::default() };
            let own = memo.deed_number(deed(delta), &[]).expect("there is room");
            let moves = [(Move { node: delta, deed: own }, (0, 0))];
            let made = Made { moves: &moves, alone: 0, priced: 0, traits: 0 };
            let menu = memo.publish((0, number), &made, 0).expect("there is room");
            let common = memo.deed_number(deed(9), &[]).expect("there is room");
            let outcomes = [Outcome { state: 9, deed: common }];
            (menu, memo.publish_outcomes_of((9, 9), &outcomes).expect("there is room"))
        };
        let other = {
            let memo = memo.clone();
            thread::spawn(move || publish(&memo, 1, 8))
        };
        let read = |menu: Menu| {
            let by = memo.moved(menu.first());
            (by.node, memo.deed(by.deed).delta)
        };
        let (mine, outcome) = publish(&memo, 0, 7);
        assert_eq!(read(mine), (7, 7));
        if memo.menu(0, 1).is_there() {
            assert_eq!(read(memo.menu(0, 1)), (8, 8));
        }
        let (theirs, same) = other.join().expect("it does not panic");
        assert!(theirs.first() != mine.first());
        assert_eq!((outcome, memo.outcomes_of((9, 9))), (same, Some(outcome)));
        let (Outcome { state, deed }, is_last) = memo.outcome(outcome);
        assert_eq!((state, memo.deed(deed).delta, is_last), (9, 9, true));
        assert_eq!(memo.deeds_len.load(Ordering::Relaxed), 3);
    });
}
