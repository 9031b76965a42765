//! Which clocks respect causality, and which characterize it: over random executions, against the relation itself. Each law
//! is also put to clocks that break it.

mod support;

use std::{cmp::Ordering, time::Duration};

use proptest::prelude::*;
use support::{Execution, Said, Stamps, clock, executions, holds, is_noticed};
use synod_clocks::{DriftError, HybridClock, HybridTime, LamportClock, Overflow, Timestamp, VectorClock};

/// If a happened before b, the timestamp of a is less than that of b.
fn respects<C: Stamps<Stamp: Ord>>(clock: C) -> impl Fn(Execution) -> Said {
    move |execution| {
        let (stamps, before) = (execution.stamp(&clock), execution.happened_before());
        for (a, b) in pairs(&execution) {
            if before[a][b] {
                prop_assert!(stamps[a] < stamps[b], "{a} → {b}, but {:?} and {:?}", stamps[a], stamps[b]);
            }
        }
        Ok(())
    }
}

/// No two events have the same timestamp.
fn is_unique<C: Stamps<Stamp: Ord>>(clock: C) -> impl Fn(Execution) -> Said {
    move |execution| {
        let stamps = execution.stamp(&clock);
        for (a, b) in pairs(&execution).filter(|(a, b)| a != b) {
            prop_assert!(stamps[a] != stamps[b], "{a} and {b} are both {:?}", stamps[a]);
        }
        Ok(())
    }
}

/// The timestamp of a is before that of b exactly if a happened before b.
fn characterizes<C: Stamps>(
    clock: C,
    causal_cmp: impl Fn(&C::Stamp, &C::Stamp) -> Option<Ordering>,
) -> impl Fn(Execution) -> Said {
    move |execution| {
        let (stamps, before) = (execution.stamp(&clock), execution.happened_before());
        for (a, b) in pairs(&execution) {
            let expected = match (a == b, before[a][b], before[b][a]) {
                (true, ..) => Some(Ordering::Equal),
                (_, true, _) => Some(Ordering::Less),
                (_, _, true) => Some(Ordering::Greater),
                _ => None,
            };
            prop_assert_eq!(causal_cmp(&stamps[a], &stamps[b]), expected, "{} and {}", a, b);
        }
        Ok(())
    }
}

fn pairs(execution: &Execution) -> impl Iterator<Item = (usize, usize)> + use<> {
    let count = execution.events.len();
    (0..count).flat_map(move |a| (0..count).map(move |b| (a, b)))
}

#[test]
fn a_lamport_clock_respects_causality() {
    let lamport = clock(LamportClock::new(), |clock, _, sent, _| match sent {
        None => clock.tick().unwrap(),
        Some(&sent) => clock.receive(sent).unwrap(),
    });
    holds(executions(), respects(lamport));

    // Without IR1: events of a node have the same time. Without IR2: what arrives is not looked at.
    let idle = clock(0_u64, |time, _, sent: Option<&u64>, _| {
        *time = (*time).max(sent.map_or(0, |sent| sent + 1));
        *time
    });
    is_noticed(executions(), respects(idle));
    let deaf = clock(LamportClock::new(), |clock, _, _: Option<&u64>, _| clock.tick().unwrap());
    is_noticed(executions(), respects(deaf));
}

#[test]
fn lamport_timestamps_with_nodes_are_a_total_order_that_respects_causality() {
    fn stamp(
        clock: &mut LamportClock,
        node: usize,
        sent: Option<&Timestamp<usize>>,
        _: Duration,
    ) -> Timestamp<usize> {
        let time = match sent {
            None => clock.tick(),
            Some(sent) => clock.receive(sent.time),
        }
        .unwrap();
        Timestamp { time, node }
    }
    holds(executions(), respects(clock(LamportClock::new(), stamp)));
    holds(executions(), is_unique(clock(LamportClock::new(), stamp)));
    let nameless = clock(LamportClock::new(), |clock, _, sent, now| stamp(clock, 0, sent, now));
    is_noticed(executions(), is_unique(nameless));
}

#[test]
fn lamport_time_does_not_tell_whether_one_event_caused_another() {
    let lamport = clock(LamportClock::new(), |clock, _, sent, _| match sent {
        None => clock.tick().unwrap(),
        Some(&sent) => clock.receive(sent).unwrap(),
    });
    is_noticed(executions(), characterizes(lamport, |a: &u64, b: &u64| Some(a.cmp(b))));
}

#[test]
fn a_vector_clock_characterizes_causality() {
    fn vector(
        clock: &mut VectorClock<usize>,
        node: usize,
        sent: Option<&VectorClock<usize>>,
        _: Duration,
    ) -> VectorClock<usize> {
        match sent {
            None => clock.tick(node),
            Some(sent) => clock.receive(sent, node),
        }
        .unwrap();
        clock.clone()
    }
    holds(executions(), characterizes(clock(VectorClock::new(), vector), VectorClock::causal_cmp));
    holds(executions(), respects(clock(VectorClock::new(), vector))); // its total order

    // The arrival is not counted; or what arrives is not looked at; or replaces what was known.
    let uncounted = |known: &mut VectorClock<usize>, node, sent: Option<&VectorClock<usize>>, now| match sent
    {
        Some(sent) => {
            *known =
                known.past().iter().chain(sent.past().iter()).map(|(&node, count)| (node, count)).collect();
            known.clone()
        }
        None => vector(known, node, sent, now),
    };
    is_noticed(executions(), characterizes(clock(VectorClock::new(), uncounted), VectorClock::causal_cmp));
    let deaf = |known: &mut VectorClock<usize>, node, _: Option<&VectorClock<usize>>, now| {
        vector(known, node, None, now)
    };
    is_noticed(executions(), characterizes(clock(VectorClock::new(), deaf), VectorClock::causal_cmp));
    let forgetful = |known: &mut VectorClock<usize>, node, sent: Option<&VectorClock<usize>>, now| {
        if let Some(sent) = sent {
            *known = sent.clone();
        }
        vector(known, node, None, now)
    };
    is_noticed(executions(), characterizes(clock(VectorClock::new(), forgetful), VectorClock::causal_cmp));
}

/// Large enough that nothing is refused.
const AN_HOUR: Duration = Duration::from_secs(3600);

fn hybrid(
    clock: &mut HybridClock,
    sent: Option<&HybridTime>,
    now: Duration,
) -> Result<HybridTime, DriftError> {
    match sent {
        None => clock.tick(now),
        Some(&sent) => clock.receive(sent, now),
    }
}

#[test]
fn a_hybrid_clock_respects_causality_whatever_the_physical_clocks_show() {
    let sound = clock(HybridClock::new(AN_HOUR), |clock, _, sent, now| hybrid(clock, sent, now).unwrap());
    holds(executions(), respects(sound));

    // The physical clock as it is; or without what arrives.
    let wall = clock((), |_, _, _: Option<&Duration>, now| now);
    is_noticed(executions(), respects(wall));
    let deaf = clock(HybridClock::new(AN_HOUR), |clock, _, _: Option<&HybridTime>, now| {
        hybrid(clock, None, now).unwrap()
    });
    is_noticed(executions(), respects(deaf));
}

/// What bounds a hybrid time: never less than the reading that it was made with, and never ahead of all readings so far by
/// more than the drift. A message that is refused changes nothing.
fn is_bounded(execution: Execution, drift: Duration, limit: Duration) -> Said {
    let mut clocks = vec![(HybridClock::new(limit), Duration::ZERO); execution.nodes];
    let mut stamps = Vec::new();
    for event in &execution.events {
        let (clock, highest) = &mut clocks[event.node];
        let before = *clock;
        *highest = event.reading.max(*highest);
        let sent: Option<&HybridTime> = event.sent_by.map(|sender| &stamps[sender]);
        let time = match hybrid(clock, sent, event.reading) {
            Ok(time) => time,
            Err(refused) => {
                prop_assert_eq!(*clock, before);
                let by = sent.unwrap().physical - event.reading;
                prop_assert_eq!(refused, DriftError::Ahead { by, limit });
                clock.tick(event.reading).unwrap() // so that each event has a time
            }
        };
        prop_assert!(time > before.last(), "monotonic");
        prop_assert!(time.physical >= event.reading && time.physical <= *highest + drift);
        stamps.push(time);
    }
    Ok(())
}

#[test]
fn a_hybrid_clock_stays_close_to_physical_time() {
    let ten = Duration::from_secs(10);
    holds(executions(), |execution| is_bounded(execution, ten, ten));
    is_noticed(executions(), |execution| is_bounded(execution, ten, 2 * ten));
}

#[test]
fn a_clock_at_its_end_refuses_and_is_as_it_was() {
    let mut lamport = LamportClock::new();
    assert_eq!(lamport.receive(u64::MAX - 1), Ok(u64::MAX));
    assert_eq!(
        (lamport.tick(), lamport.receive(3), lamport.time()),
        (Err(Overflow), Err(Overflow), u64::MAX)
    );
    let mut fresh = LamportClock::new();
    assert_eq!((fresh.receive(u64::MAX), fresh.time()), (Err(Overflow), 0));

    let full: VectorClock<u8> = [(1, u64::MAX)].into_iter().collect();
    let mut vector = full.clone();
    assert_eq!((vector.tick(1), vector.receive(&VectorClock::new(), 1)), (Err(Overflow), Err(Overflow)));
    assert_eq!(vector, full);
    let mut fresh = VectorClock::new();
    assert_eq!((fresh.receive(&full, 1), &fresh), (Err(Overflow), &VectorClock::new()));
    assert_eq!(fresh.receive(&full, 2), Ok(1));

    let end = HybridTime { physical: Duration::from_secs(5), logical: u32::MAX };
    let mut hybrid = HybridClock::new(AN_HOUR);
    let before = hybrid;
    assert_eq!((hybrid.receive(end, Duration::from_secs(5)), hybrid), (Err(DriftError::Overflow), before));
    let later = hybrid.receive(end, Duration::from_secs(6));
    assert_eq!(
        later,
        Ok(HybridTime { physical: Duration::from_secs(6), logical: 0 }),
        "its clock has gone on"
    );
}

/// A node that forgot its clock, and hears of an event of its own past, does not count it a second time.
#[test]
fn a_vector_clock_that_restarted_goes_on_behind_what_it_hears() {
    let known: VectorClock<&str> = [("a", 7), ("b", 2)].into_iter().collect();
    let mut clock = VectorClock::new();
    assert_eq!(clock.receive(&known, "a"), Ok(8));
    assert!(known.happened_before(&clock));
}
