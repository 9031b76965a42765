//! Generated histories of transactions keep what their database guarantees, and planted violations are found for what they are.

use synod_histories::{
    answer::{Answer, Budget},
    transactions::{
        Explanation, History, Level, check,
        generate::{Guarantee, Shape, Violation, Workload},
        verify,
    },
};

fn shape(guarantee: Guarantee, workload: Workload, seed: u64) -> Shape {
    Shape { transactions: 60, guarantee, workload, seed, ..Shape::default() }
}

#[test]
fn histories_keep_what_their_database_guarantees() {
    use Guarantee::{Causal, StrictSerializable, StrongSnapshotIsolation};
    for (guarantee, level) in [
        (StrictSerializable, Level::StrictSerializable),
        (StrongSnapshotIsolation, Level::StrongSnapshotIsolation),
        (Causal, Level::Causal),
    ] {
        let mut weaker = 0;
        for workload in [Workload::Registers, Workload::Lists] {
            // Lists of replicas that differ have no common order.
            for seed in 0..if (guarantee, workload) == (Causal, Workload::Lists) { 0 } else { 8 } {
                let history = History::of(shape(guarantee, workload, seed).generate()).expect("is one");
                let answer = check(&history, level, &Budget::unlimited());
                let Answer::Valid(certificate) = answer else { panic!("{level}, seed {seed}: {answer:?}") };
                verify(&history, level, &certificate)
                    .unwrap_or_else(|why| panic!("{level}, seed {seed}: {why}"));
                let stronger = check(&history, Level::Serializable, &Budget::unlimited());
                weaker += usize::from(!matches!(stronger, Answer::Valid(_)));
            }
        }
        // What guarantees less is seen to do so.
        assert_eq!(weaker > 0, guarantee != StrictSerializable, "{level}: {weaker}");
    }
}

/// What is found in a history that was strictly serializable before this was planted.
fn planted(violation: Violation, workload: Workload, seed: u64) -> Explanation {
    let mut recorded = shape(Guarantee::StrictSerializable, workload, seed).generate();
    violation.plant(&mut recorded, workload);
    let history = History::of(recorded).expect("is one");
    let answer = check(&history, Level::StrictSerializable, &Budget::unlimited());
    let Answer::Invalid(why) = answer else { panic!("{violation:?}, {workload:?}: {answer:?}") };
    why
}

#[test]
fn planted_violations_are_found() {
    for violation in Violation::ALL {
        let (weakest, names): (Level, &[&str]) = match violation {
            Violation::GarbageRead => (Level::ReadUncommitted, &["garbage-read"]),
            Violation::AbortedRead => (Level::ReadCommitted, &["G1a"]),
            Violation::WriteSkew => (Level::Serializable, &["write-skew"]),
            Violation::LostUpdate => (Level::SnapshotIsolation, &["lost-update"]),
            Violation::LongFork => (Level::Prefix, &["long-fork"]),
            Violation::ReadSkew => (Level::ReadCommitted, &["read-skew"]),
            Violation::CircularFlow => (Level::ReadCommitted, &["G1c"]),
            Violation::StaleSession => (Level::ReadAtomic, &["G-single-item-process"]),
            Violation::StaleRead => (Level::StrongSnapshotIsolation, &["G-single-item-realtime"]),
        };
        for workload in [Workload::Registers, Workload::Lists] {
            for seed in 0..3 {
                let why = planted(violation, workload, seed);
                // What forgets sessions may be broken besides: it implies nothing that respects them.
                let others = why.weakest.iter().filter(|level| **level != weakest);
                assert!(why.weakest.contains(&weakest), "{violation:?}, {workload:?}: {why}");
                assert!(
                    others.clone().all(|level| level.respects() < weakest.respects()),
                    "{violation:?}: {why}"
                );
                let name = why.anomalies[0].name();
                assert!(names.contains(&&*name), "{violation:?}, {workload:?}: {why}");
            }
        }
    }
}
