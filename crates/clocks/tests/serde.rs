//! Every type as JSON and back; and what no clock could have is refused, with the reason.

use std::{fmt::Debug, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use synod_clocks::{
    CommitWait, Dot, DottedVersionVector, HybridClock, Interval, IntervalClock, LamportClock, Siblings,
    Timestamp, VectorClock, VersionVector,
};

fn is_kept<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T, json: &str) {
    assert_eq!(serde_json::to_string(&value).unwrap(), json);
    assert_eq!(serde_json::from_str::<T>(json).unwrap(), value);
}

fn is_refused<T: DeserializeOwned + Debug>(json: &str, because: &str) {
    let error = serde_json::from_str::<T>(json).unwrap_err().to_string();
    assert!(error.contains(because), "{error}");
}

#[test]
fn what_is_written_can_be_read() {
    let mut lamport = LamportClock::new();
    let time = lamport.receive(4).unwrap();
    is_kept(lamport, r#"{"time":5}"#);
    is_kept(Timestamp { time, node: "a".to_owned() }, r#"{"time":5,"node":"a"}"#);

    // Entries are pairs, so that the name of a node may be anything.
    let vector: VersionVector<(u8, u8)> = [((1, 2), 3), ((0, 7), 1)].into_iter().collect();
    is_kept(vector.clone(), "[[[0,7],1],[[1,2],3]]");
    is_kept(
        vector.iter().map(|(&node, count)| (node, count)).collect::<VectorClock<_>>(),
        "[[[0,7],1],[[1,2],3]]",
    );
    let seen: VersionVector<u8> = [(1, 2)].into_iter().collect();
    let version = DottedVersionVector::new(Dot { node: 2, counter: 1 }, seen.clone()).unwrap();
    is_kept(version, r#"{"seen":[[1,2]],"dot":{"node":2,"counter":1}}"#);
    let mut siblings = Siblings::new();
    siblings.write(&seen, 2, 'a').unwrap();
    siblings.write(&seen, 2, 'b').unwrap();
    let writers = r#"{"node":1,"writes":2,"alive":[]},{"node":2,"writes":2,"alive":["a","b"]}"#;
    is_kept(siblings, &format!(r#"{{"writers":[{writers}]}}"#));

    let ms = Duration::from_millis;
    let mut hybrid = HybridClock::new(ms(50));
    let time = hybrid.tick(ms(1_005)).unwrap();
    is_kept(time, r#"{"physical":{"secs":1,"nanos":5000000},"logical":0}"#);
    let text = serde_json::to_string(&hybrid).unwrap();
    is_kept(hybrid, &text);
    let interval = Interval::around(ms(2_000), ms(1_000));
    is_kept(interval, r#"{"earliest":{"secs":1,"nanos":0},"latest":{"secs":3,"nanos":0}}"#);
    is_kept(CommitWait::begin(&interval), r#"{"timestamp":{"secs":3,"nanos":0}}"#);
    let mut clock = IntervalClock::new(200);
    clock.synchronize(ms(1), interval).unwrap();
    let text = serde_json::to_string(&clock).unwrap();
    is_kept(clock, &text);
}

#[test]
fn what_no_clock_could_have_is_refused() {
    is_refused::<VersionVector<u8>>("[[1,0]]", "must be left out");
    is_refused::<VersionVector<u8>>("[[2,1],[1,1]]", "must ascend by node");
    is_refused::<VectorClock<u8>>("[[1,1],[1,2]]", "must ascend by node");
    let dot = r#""dot":{"node":1,"counter":2}}"#;
    is_refused::<DottedVersionVector<u8>>(&format!(r#"{{"seen":[[1,2]],{dot}"#), "nor among the writes seen");
    let writer = |node: u8, writes: u64| format!(r#"{{"node":{node},"writes":{writes},"alive":["a"]}}"#);
    let writers = |all: &[String]| format!(r#"{{"writers":[{}]}}"#, all.join(","));
    is_refused::<Siblings<u8, char>>(&writers(&[writer(1, 0)]), "no more values than writes");
    is_refused::<Siblings<u8, char>>(&writers(&[writer(2, 1), writer(1, 1)]), "must ascend by node");
    let ends = r#"{"earliest":{"secs":3,"nanos":0},"latest":{"secs":1,"nanos":0}}"#;
    is_refused::<Interval>(ends, "must not be before its earliest");
}
