//! Shortest counterexamples, to the letter. `UPDATE_GOLDENS=1 cargo test -p synod-models counterexamples` writes them anew.

use std::{env, fs, path::PathBuf};

use synod_checker::Options;
use synod_models::{Scale, Size, find};

#[test]
fn counterexamples_are_as_they_were() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    for name in [
        "broadcast-fifo-not-causal",
        "broadcast-mutant-sequencer-numbers-twice",
        "broadcast-mutant-skeen-settles-alone",
        "broadcast-reliable-not-uniform",
        "cas-paxos-mutant-answers-after-phase-one",
        "clocks-blocks",
        "clocks-odd-even",
        "clocks-username-at-once",
        "clocks-username-blocking",
        "clocks-wall-clock",
        "fast-paxos-mutant-picks-any-vote",
        "links-mutant-acks-before-durable",
        "multi-paxos-flexible-disjoint",
        "multi-paxos-mutant-commits-out-of-order",
        "multi-paxos-mutant-reads-unconfirmed",
        "mutex-blocking",
        "mutex-mutant-dates-its-request-back",
        "mutex-mutant-does-not-wait-for-all",
        "mutex-mutant-keeps-its-request",
        "mutex-reordered",
        "paxos-duel",
        "paxos-mutant-forgetful-acceptor",
        "paxos-mutant-expects-own-promise",
        "paxos-mutant-ignores-votes",
        "paxos-mutant-never-retries",
        "paxos-mutant-retries-same-ballot",
        "raft-figure-8",
        "raft-mutant-changes-before-own-commit",
        "raft-mutant-forgets-faith",
        "raft-mutant-refuses-in-silence",
        "raft-mutant-reuses-round",
        "raft-mutant-follows-old-leaders",
        "reductions-mutant-does-not-ask-for-the-position",
        "reductions-mutant-writes-do-not-wait",
        "registers-mutant-answers-before-delivery",
        "registers-mutant-reads-locally",
        "split-brain",
        "split-brain-epochs-alone",
        "split-brain-lost-write",
        "split-brain-quorums-alone",
        "two-phase-blocking",
        "two-phase-mutant-drops-early-vote",
        "two-phase-mutant-expects-each-ack-once",
        "two-phase-mutant-vote-before-durable",
        "vsr-diskless-as-published",
        "vsr-mutant-passes-old-barriers",
        "vsr-mutant-retires-early",
        "vsr-mutant-truncates-before-state",
    ] {
        let entry = find(name).unwrap_or_else(|| panic!("no model {name}"));
        let case = (entry.build)(Size { nodes: entry.default_nodes, scale: Scale::Quick });
        let report = case.check(&Options::default());
        let violated = report.violated().unwrap_or_else(|| panic!("{name} violates nothing"));
        let shown = violated.counterexample.as_ref().expect("it is shown").to_string();
        let file = folder.join(format!("{name}.txt"));
        if env::var_os("UPDATE_GOLDENS").is_some() {
            fs::create_dir_all(&folder).expect("the folder can be made");
            fs::write(&file, &shown).expect("the file can be written");
        }
        let golden = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert_eq!(shown, golden, "{name}");
    }
}
