use super::*;

fn moves(count: u32) -> Vec<(Move, Name)> {
    (0..count).map(|at| (Move { node: u32::MAX - at, deed: at }, (at, u32::MAX - at))).collect()
}

#[test]
fn deeds_are_read_as_they_were_written() {
    let mut memo = Memo::new(1, false, 2);
    let sends = |at: u32| vec![(u16::MAX, at), (at as u16, u32::MAX)];
    let deed = |at: u32| Deed { delta: u32::MAX - at, traits: 0xA5, marks: 0x5A, ..Deed::default() };
    assert_eq!(memo.deed_number(deed(0), &sends(0)), Err(Full));
    let numbers: Vec<u32> = (0..500)
        .map(|at| {
            loop {
                match memo.deed_number(deed(at % 250), &sends(at % 2)) {
                    Ok(number) => break number,
                    Err(Full) => memo.grow([1].into_iter()),
                }
            }
        })
        .collect();
    assert!(numbers.iter().copied().eq((0..500).map(|at| at % 250)), "what is the same is there once");
    assert_eq!(memo.sends_len.load(Ordering::Relaxed), 4);
    for at in 0..250 {
        let read = memo.deed(at);
        let sent: Vec<Sent> = (read.first_send..).map(|at| memo.sent(at)).take(read.sends.into()).collect();
        assert_eq!((Deed { first_send: 0, sends: 0, ..read }, sent), (deed(at), sends(at % 2)));
    }
}

#[test]
fn outcomes_are_read_as_they_were_written() {
    for threads in [1, 2] {
        let mut memo = Memo::new(1, false, threads);
        let outcomes: Vec<Outcome> =
            (0..3).map(|at| Outcome { state: u32::MAX - at, deed: LAST - 1 - at }).collect();
        assert_eq!(memo.publish_outcomes_of((1, 2), &outcomes), Err(Full));
        memo.grow([1].into_iter());
        let first = memo.publish_outcomes_of((1, 2), &outcomes).expect("there is room");
        let read: Vec<_> = (first..).take(3).map(|at| memo.outcome(at)).collect();
        assert_eq!(read, [(outcomes[0], false), (outcomes[1], false), (outcomes[2], true)]);
        // One thread need not tell others.
        assert_eq!(memo.outcomes_of((1, 2)), (threads > 1).then_some(first));
        assert_eq!(memo.outcomes_of((2, 1)), None);
    }
}

#[test]
fn what_was_published_is_there() {
    let mut memo = Memo::new(2, true, 2);
    memo.with_names();
    let menu = moves(5);
    let made = Made { moves: &menu, alone: ALONE, priced: 4, traits: 3 };
    assert_eq!(memo.publish((1, 7), &made, 9), Err(Full));
    let published = loop {
        memo.grow([0, 8].into_iter());
        if let Ok(published) = memo.publish((1, 7), &made, 9) {
            break published;
        }
    };
    assert_eq!((memo.menu(1, 7), memo.menu(1, 6).is_there()), (published, false));
    assert!(!memo.menu(0, 7).is_there(), "nodes have numbers of their own");
    let known = (published.moves(), published.traits(), published.alone(), published.priced());
    assert!(published.is_there() && known == (5, 3, ALONE, 4));
    let many = moves(100);
    let made = Made { moves: &many, alone: 0, priced: 100, traits: TRAITS };
    assert_eq!(Menu::new(7, &made).priced() as usize, PRICED, "as many as can be told");
    assert_eq!((Menu::new(7, &made).moves(), Menu::new(7, &made).traits()), (100, TRAITS));
    assert_eq!(memo.lowest(1, 7), 9);
    let read = (published.first()..).take(5).map(|at| (memo.moved(at), memo.name(at)));
    assert_eq!(read.collect::<Vec<_>>(), menu);
}

/// Where the room for menus alone is more than they may hold, those of a few states stay until enough of them are there: they would never be
/// there together otherwise.
#[test]
fn menus_of_a_few_states_stay() {
    const NUMBERS: usize = 1 << 10;
    let mut memo = Memo::new(1, false, 1);
    memo.allow(NUMBERS * size_of::<u64>());
    memo.grow([NUMBERS + 1].into_iter());
    let moves = moves(4);
    let made = Made { moves: &moves, alone: 0, priced: 0, traits: 0 };
    let mut grown = 0;
    for number in 0..100 {
        while memo.publish((0, number), &made, 0).is_err() {
            memo.grow([NUMBERS + 1].into_iter());
            grown += 1;
        }
    }
    assert!(grown > 1 && (0..100).all(|number| memo.menu(0, number).is_there()), "{grown}");
}

#[test]
fn menus_are_forgotten_and_messages_are_not() {
    let mut memo = Memo::new(1, false, 2);
    assert_eq!(memo.publish_sends(&[(1, 2), (3, 4)]), Err(Full));
    memo.grow([8].into_iter());
    let first = memo.publish_sends(&[(1, 2), (3, 4)]).expect("there is room");
    let moves = moves(1);
    let made = Made { moves: &moves, alone: 0, priced: 0, traits: 0 };
    while memo.publish((0, 0), &made, 0).is_err() {
        memo.grow([8].into_iter());
    }
    memo.allow(1);
    memo.grow([8].into_iter());
    let sent = [first, first + 1].map(|at| memo.sent(at));
    assert_eq!((memo.menu(0, 0).is_there(), sent), (false, [(1, 2), (3, 4)]));
    assert!(memo.publish((0, 0), &made, 0).is_ok());
}
