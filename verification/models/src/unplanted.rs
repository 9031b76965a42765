//! Known bugs of the field that are not planted, and why.

/// A known bug for which there is no mutant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unplanted {
    /// The crate whose protocol it would be planted into.
    pub of: &'static str,
    /// What is wrong, in a sentence.
    pub fault: &'static str,
    /// Where it happened: a public report.
    pub source: &'static str,
    /// Why it is not planted.
    pub why: &'static str,
}

/// All of them. Those of algorithms that are not here are not listed.
pub const UNPLANTED: &[Unplanted] = &[
    Unplanted {
        of: "consensus",
        fault: "Voters hold a change of members, do not know that it is committed, and may not campaign for that",
        source: "etcd issue 12359",
        why: "members count here from when they are appended, and not from when they are applied",
    },
    Unplanted {
        of: "consensus",
        fault: "A node campaigns with members that it has not applied yet",
        source: "etcd issues 7280 and 12133; raft-rs issue 221; etcd-io/raft issues 456 and 469",
        why: "as before: there is nothing that is committed and does not count yet",
    },
    Unplanted {
        of: "consensus",
        fault: "Of two halves, in the middle of a change, one has the longer log and one the later term, and neither learns of that",
        source: "openraft issue 1796",
        why: "it is raft-mutant-refuses-in-silence, which needs no change and two nodes only",
    },
    Unplanted {
        of: "consensus",
        fault: "Where some links are cut, terms grow by way of a node in the middle, and no leader lasts",
        source: "Howard and Abraham, Raft does not guarantee liveness in the face of network faults (2020); omnipaxos issue 1",
        why: "it is a limit of Raft and not a fault: `cargo xtask compare consensus` decides it, with and without its remedies",
    },
    Unplanted {
        of: "consensus",
        fault: "The end of the log is removed from its front to its back, and a crash leaves a stale end behind a hole",
        source: "braft pull request 119",
        why: "the end of the log and what replaces it are one record here; how a host writes a record is the host's matter",
    },
    Unplanted {
        of: "consensus",
        fault: "An entry of a term is durable before the term is",
        source: "openraft, on the ordering of its writes",
        why: "a node writes the term before it takes anything of it, and disks keep the order: one that does not is no disk of ours",
    },
    Unplanted {
        of: "consensus",
        fault: "A leader whose disk went back takes its own old vote, as others know it, for an election that it has won",
        source: "openraft pull request 1385",
        why: "nothing that a node is told makes it a leader but votes of its present term; and disks here do not go back",
    },
    Unplanted {
        of: "consensus",
        fault: "A follower acknowledges a proposal before it acknowledges NEWLEADER, and its leader gives up",
        source: "ZOOKEEPER-4685",
        why: "an acknowledgement is for everything before it here, so either may come first",
    },
    Unplanted {
        of: "consensus",
        fault: "Who joins an established leader misses a proposal, or a commit, for ever",
        source: "ZooKeeper's specification of its protocol, issues 1 and 3",
        why: "a gap is noticed here by what follows, or by the next ping, and asked for",
    },
    Unplanted {
        of: "consensus",
        fault: "Who joins wants all to report the same of the leader, more than its name, and never agrees with them",
        source: "ZOOKEEPER-1732; ZOOKEEPER-1818",
        why: "it takes elections by vote in different rounds and a restart, too many states for a property of liveness; a test of the crate \
              shows that only the name is compared",
    },
    Unplanted {
        of: "consensus",
        fault: "An entry that is corrupt, or in the wrong place, on a disk is taken for one that never was, or for another one",
        source: "TigerBeetle issues 109, 1530, 2506 and 2711",
        why: "disks here lose what was not yet written, and nothing else",
    },
    Unplanted {
        of: "consensus",
        fault: "What an acceptor has promised expires",
        source: "scylla issue 6149",
        why: "it is multi-paxos-mutant-prunes-promise, with a clock in place of a snapshot",
    },
];
