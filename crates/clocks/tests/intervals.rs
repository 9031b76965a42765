//! An interval contains the time, and commit wait makes the order of timestamps the order of real time.

mod support;

use std::time::Duration;

use proptest::{collection::vec, prelude::*};
use support::{Said, holds, is_noticed};
use synod_clocks::{CommitWait, Interval, IntervalClock, IntervalError};

const fn s(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// Parts per million.
const DRIFT: u32 = 100_000;

/// What happens to a clock: so much elapses by the local clock, which runs wrong by so many thousandths of the drift; then
/// perhaps it is synchronized, with so much uncertainty before and after the true time.
type Turn = (u64, i64, Option<(u64, u64)>);

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    vec((0..5_000_u64, -1_000..=1_000_i64, proptest::option::weighted(0.3, (0..900_u64, 0..900_u64))), 1..12)
}

/// The interval contains the true time.
fn contains_the_truth(drift: u32) -> impl Fn(Vec<Turn>) -> Said {
    move |turns| {
        let mut clock = IntervalClock::new(drift);
        let (mut local, mut truth) = (s(7), s(1_000_000));
        for (elapsed, rate, synchronization) in turns {
            local += Duration::from_nanos(elapsed);
            let wrong = elapsed as i64 * i64::from(DRIFT) * rate / 1_000_000_000;
            truth += Duration::from_nanos(elapsed.checked_add_signed(wrong).unwrap());
            let known = clock.now(local);
            if let Some((before, after)) = synchronization {
                let measured =
                    Interval::new(truth - Duration::from_nanos(before), truth + Duration::from_nanos(after))
                        .unwrap();
                let now = clock.synchronize(local, measured);
                prop_assert!(now.is_ok(), "both contain the truth: {now:?}");
                let now = now.unwrap();
                prop_assert!(now.contains(truth) && now.width() <= measured.width());
                prop_assert!(known.is_err() || now.width() <= known.unwrap().width(), "never less precise");
                prop_assert_eq!(clock.now(local), Ok(now));
            }
            match clock.now(local) {
                Ok(now) => prop_assert!(now.contains(truth), "{now} has not {truth:?}"),
                Err(error) => prop_assert_eq!(error, IntervalError::Unsynchronized),
            }
        }
        Ok(())
    }
}

#[test]
fn an_interval_contains_the_time() {
    holds(turns(), contains_the_truth(DRIFT));
    is_noticed(turns(), contains_the_truth(DRIFT / 2));
}

/// A transaction commits at one node, and another at a node whose clock knows nothing of the first one's, after the first
/// is seen: the times at which each looks at its clock, and how far either end of the interval is from the truth.
type Case = (Vec<(u64, u64, u64)>, (u64, u64));

fn transactions() -> impl Strategy<Value = Case> {
    (vec((0..50_u64, 0..20_u64, 0..20_u64), 1..8), (0..50_u64, 0..20_u64))
}

fn orders_as_real_time(is_over: fn(&CommitWait, &Interval) -> bool) -> impl Fn(Case) -> Said {
    move |(looks, (pause, early))| {
        let around = |truth: u64, before, after| Interval::new(s(truth - before), s(truth + after)).unwrap();
        let (mut truth, mut wait) = (1_000, None);
        for (elapsed, before, after) in looks {
            truth += elapsed;
            let now = around(truth, before, after);
            let wait = *wait.get_or_insert_with(|| CommitWait::begin(&now));
            if is_over(&wait, &now) {
                let later = CommitWait::begin(&around(truth + pause, early, 0));
                prop_assert!(wait.timestamp() < later.timestamp());
                break;
            }
        }
        Ok(())
    }
}

#[test]
fn commit_wait_makes_timestamps_follow_real_time() {
    holds(transactions(), orders_as_real_time(CommitWait::is_over));
    is_noticed(transactions(), orders_as_real_time(|_, _| true));
    is_noticed(transactions(), orders_as_real_time(|wait, now| now.latest() > wait.timestamp()));
}

#[test]
fn definitely_before_is_true_of_whatever_the_times_are() {
    let intervals =
        || (0..20_u64, 0..6_u64).prop_map(|(at, width)| Interval::new(s(at), s(at + width)).unwrap());
    holds((intervals(), intervals()), |(a, b)| {
        let times = |i: Interval| i.earliest().as_secs()..=i.latest().as_secs();
        let always = times(a).all(|x| times(b).all(|y| x < y));
        prop_assert_eq!(a.definitely_before(&b), always);
        let common: Vec<_> = times(a).filter(|&x| b.contains(s(x))).collect();
        let both = common.first().and_then(|&first| Interval::new(s(first), s(*common.last().unwrap())));
        prop_assert_eq!(a.intersection(&b), both);
        prop_assert_eq!(a.is_after(s(7)), times(a).all(|x| x > 7));
        prop_assert_eq!(a.is_before(s(7)), times(a).all(|x| x < 7));
        Ok(())
    });
}

#[test]
fn what_an_interval_clock_cannot_know_it_refuses() {
    let mut clock = IntervalClock::new(0);
    clock.synchronize(s(10), Interval::around(s(50), s(1))).unwrap();
    let before = clock;
    assert_eq!(clock.now(s(9)), Err(IntervalError::WentBack { by: s(1) }));
    assert_eq!(
        clock.synchronize(s(9), Interval::around(s(49), s(1))),
        Err(IntervalError::WentBack { by: s(1) })
    );
    let measured = Interval::around(s(80), s(1));
    let known = Interval::around(s(51), s(1));
    assert_eq!(clock.synchronize(s(11), measured), Err(IntervalError::Inconsistent { known, measured }));
    assert_eq!(clock, before);
    assert_eq!(Interval::new(s(2), s(1)), None);
}

#[test]
fn at_the_ends_of_time_nothing_panics() {
    let mut clock = IntervalClock::new(u32::MAX);
    let all = Interval::new(Duration::ZERO, Duration::MAX).unwrap();
    assert_eq!(clock.synchronize(Duration::ZERO, all), Ok(all));
    let now = clock.now(Duration::MAX).unwrap();
    assert_eq!((now.earliest(), now.latest()), (Duration::ZERO, Duration::MAX));
    assert_eq!(Interval::around(s(1), Duration::MAX), all);
}
