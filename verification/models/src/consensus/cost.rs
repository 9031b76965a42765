//! What a decision costs when nothing fails, and how long it takes until there is one again when a leader has crashed; counted
//! from runs, beside what the literature says.

use synod_actor::{Actor, Never, NodeId, Nothing};
use synod_consensus::{
    Consensus, FastPaxos, MultiPaxos, Paxos, Raft, Viewstamped, Zab,
    fast_paxos::Sizes,
    log::{Entry, Indication, Request},
    paxos::Learners,
    viewstamped::Storage,
    zab::Election,
};

use super::groups::{Elects, LEADER, OTHER, lead, multi_paxos, plain, raft, viewstamped, zab};
use crate::lockstep::{Run, Slow};

/// A figure of an algorithm, and what the literature says.
pub struct Figure {
    /// The algorithm.
    pub algorithm: &'static str,
    /// What is counted.
    pub what: &'static str,
    /// Ours, among so many nodes: at least 3.
    pub count: fn(usize) -> usize,
    /// The published figure among so many nodes, where there is one.
    pub published: Option<Published>,
    /// Why they differ, if they do.
    pub differs: &'static str,
}

/// What somebody says that it costs.
#[derive(Clone, Copy)]
pub struct Published {
    /// As it is written there, among N nodes.
    pub formula: &'static str,
    /// The same, counted.
    pub count: fn(usize) -> usize,
    /// Who says it, and where.
    pub source: &'static str,
}

/// What was decided last.
const VALUE: char = 'v';

/// A group, ready to decide.
struct Ready<A: Actor<Uses = Nothing>> {
    run: Run<A>,
    /// How a node is asked for a decision.
    ask: fn(char) -> <A::Provides as synod_actor::Port>::Request,
    /// Whether this tells of it.
    tells: fn(&<A::Provides as synod_actor::Port>::Indication) -> bool,
}

/// What a decision costs.
struct Decision {
    /// In which round it is known where it was asked for, and everywhere.
    asked: usize,
    everyone: usize,
    /// How many messages were sent before that first node knew, and in all.
    before: usize,
    messages: usize,
}

impl<A: Actor<Uses = Nothing>> Ready<A> {
    fn decide(mut self, at: NodeId) -> Decision {
        self.run.request(at, (self.ask)(VALUE));
        self.decision(at)
    }

    fn decision(&self, at: NodeId) -> Decision {
        let times = || self.run.told.iter().filter(|(.., told)| (self.tells)(told));
        let asked = times().find(|(_, node, _)| *node == at).map_or(usize::MAX, |(round, ..)| *round);
        Decision {
            asked,
            everyone: times().map(|(round, ..)| *round).max().unwrap_or(usize::MAX),
            before: self.run.sent_until(asked.saturating_sub(1)),
            messages: self.run.messages(),
        }
    }
}

/// Nodes that agree on one value.
fn consensus<A>(slow: Slow, node: A, nodes: usize) -> Ready<A>
where
    A: Actor<Provides = Consensus<char>, Uses = Nothing>,
{
    Ready { run: Run::start(slow, vec![node; nodes]), ask: |value| value, tells: |_| true }
}

fn paxos(slow: Slow, nodes: usize) -> Ready<Paxos<char>> {
    consensus(slow, Paxos::new(), nodes)
}

fn paxos_for_all(slow: Slow, nodes: usize) -> Ready<Paxos<char>> {
    consensus(slow, Paxos::with_learners(Learners::Everyone), nodes)
}

fn fast_paxos(slow: Slow, nodes: usize) -> Ready<FastPaxos<char>> {
    consensus(slow, FastPaxos::new(Sizes::of(nodes)), nodes)
}

/// Two nodes ask at once, and votes are split.
fn collision(nodes: usize) -> Decision {
    let mut ready = fast_paxos(Slow::Messages, nodes);
    // So that no value finds a fast quorum: each proposer votes for its own.
    let proposers = NodeId::group(nodes).into_iter().zip('a'..);
    ready.run.requests(proposers);
    ready.decision(LEADER)
}

/// Nodes with a log, the first of which leads.
fn log<A: Elects>(slow: Slow, node: A, nodes: usize) -> Ready<A> {
    Ready {
        run: lead(slow, node, nodes),
        ask: Request::Append,
        tells: |told| matches!(told, Indication::Committed(.., Entry::Command(VALUE))),
    }
}

fn raft_as_in_paper(slow: Slow, nodes: usize) -> Ready<Raft<char, Never>> {
    log(slow, raft(nodes, plain()), nodes)
}

fn raft_with_all(slow: Slow, nodes: usize) -> Ready<Raft<char, Never>> {
    log(slow, raft(nodes, Default::default()), nodes)
}

fn multi_paxos_group(slow: Slow, nodes: usize) -> Ready<MultiPaxos<char, Never>> {
    log(slow, multi_paxos(nodes), nodes)
}

fn viewstamped_group(slow: Slow, nodes: usize) -> Ready<Viewstamped<char, Never>> {
    log(slow, viewstamped(nodes, Storage::Disk), nodes)
}

/// An oracle names the first node, and the second one after it.
fn zab_group(slow: Slow, nodes: usize) -> Ready<Zab<char, Never>> {
    log(slow, zab(nodes, Election::Oracle(vec![LEADER, OTHER])), nodes)
}

/// In how many rounds all know whom they elect when the leader has crashed. Then they wait for a better vote, which is not counted.
fn fast_leader_election(nodes: usize) -> usize {
    let mut run = lead(Slow::Messages, zab(nodes, Election::Fast), nodes);
    run.last_request(LEADER, Request::Append(VALUE));
    run.timeouts(Zab::patience(&NodeId::group(nodes)[1..], OTHER));
    run.rounds()
}

/// How a leader is replaced.
struct Failover {
    /// In which round, since its loss was noticed, somebody leads.
    leads: usize,
    /// In which round it tells that the entry is committed which the others had of the one before it.
    commits: usize,
    /// How many messages were sent before that.
    messages: usize,
}

/// The leader crashes when it has sent an entry to all others, before any of them has answered.
fn failover<A: Elects>(mut ready: Ready<A>, nodes: usize) -> Failover {
    ready.run.last_request(LEADER, (ready.ask)(VALUE));
    let others = &NodeId::group(nodes)[1..];
    ready.run.timeouts(A::patience(others, OTHER));
    let first = |is: &dyn Fn(&Indication<char, Never>) -> bool| {
        let mut told = ready.run.told.iter();
        let found = told.find(|(_, node, told)| *node == OTHER && is(told));
        found.map_or(usize::MAX, |(round, ..)| *round)
    };
    let commits = first(&|told| (ready.tells)(told));
    Failover {
        leads: first(&|told| matches!(told, Indication::Leader(_, Some(leader)) if *leader == OTHER)),
        commits,
        messages: ready.run.sent_until(commits.saturating_sub(1)),
    }
}

const DELAYS: &str = "delays until it is known where it was asked, at the leader";
const EVERYONE: &str = "delays until everyone knows";
const REMOTE: &str = "delays until it is known where it was asked, elsewhere";
const BEFORE: &str = "messages until the leader knows";
const MESSAGES: &str = "messages in all";
const REMOTE_MESSAGES: &str = "messages in all, asked elsewhere";
const WRITES: &str = "writes one after the other until the leader knows";
const LEADS: &str = "failover: delays until somebody leads";
const COMMITS: &str = "failover: delays until the first commit";
const FAILOVER_MESSAGES: &str = "failover: messages until the first commit";
const ELECTS: &str = "failover: delays of the election, before the wait for a better vote";
const COLLISION: &str = "delays until it is known, if all proposals collide";

/// All figures, algorithm by algorithm.
pub fn figures() -> Vec<Figure> {
    let published = |formula, count, source| Some(Published { formula, count, source });
    let figure =
        |algorithm, what, count, published, differs| Figure { algorithm, what, count, published, differs };
    macro_rules! decision {
        ($start:ident, $at:expr, $of:ident) => {
            |nodes| $start(Slow::Messages, nodes).decide($at).$of
        };
    }
    macro_rules! writes {
        ($start:ident) => {
            |nodes| $start(Slow::Writes, nodes).decide(LEADER).asked
        };
    }
    macro_rules! failover {
        ($start:ident, $of:ident) => {
            |nodes| failover($start(Slow::Messages, nodes), nodes).$of
        };
    }
    // What is the same for logs with a leader.
    macro_rules! of_log {
        ($name:literal, $start:ident, $paper:literal, $everyone:expr, $writes:expr, $differs:literal, $messages:expr, $all:expr) => {
            vec![
                figure($name, DELAYS, decision!($start, LEADER, asked), published("2", |_| 2, $paper), ""),
                figure($name, EVERYONE, decision!($start, LEADER, everyone), $everyone, ""),
                figure($name, REMOTE, decision!($start, OTHER, asked), published("2 + 2", |_| 4, $paper), ""),
                figure(
                    $name,
                    BEFORE,
                    decision!($start, LEADER, before),
                    published("2(N - 1)", |n| 2 * (n - 1), $paper),
                    "",
                ),
                figure($name, MESSAGES, decision!($start, LEADER, messages), $messages, $all),
                figure($name, REMOTE_MESSAGES, decision!($start, OTHER, messages), None, ""),
                figure($name, WRITES, writes!($start), $writes, $differs),
            ]
        };
    }
    // What is the same for those who replace a leader: how long that takes, as published, and how long until the first commit.
    macro_rules! of_failover {
        ($name:literal, $start:ident, $leads:expr, $commits:expr) => {
            [
                figure($name, LEADS, failover!($start, leads), $leads, ""),
                figure($name, COMMITS, failover!($start, commits), $commits, ""),
                figure($name, FAILOVER_MESSAGES, failover!($start, messages), None, ""),
            ]
        };
    }
    let twice = |paper| published("2(N - 1)", |n| 2 * (n - 1), paper);
    let one = |paper| published("1, as the leader writes while it sends", |_| 1, paper);
    let mut all = vec![
        figure(
            "Paxos",
            DELAYS,
            decision!(paxos, LEADER, asked),
            published("4", |_| 4, "Lamport 2001, §2.2: two phases"),
            "",
        ),
        figure("Paxos", EVERYONE, decision!(paxos, LEADER, everyone), None, ""),
        figure(
            "Paxos",
            BEFORE,
            decision!(paxos, LEADER, before),
            published("4(N - 1)", |n| 4 * (n - 1), "Lamport 2001, §2.2: two phases"),
            "",
        ),
        figure("Paxos", MESSAGES, decision!(paxos, LEADER, messages), None, ""),
        figure("Paxos", WRITES, writes!(paxos), None, ""),
        figure(
            "Paxos, everyone learns",
            EVERYONE,
            decision!(paxos_for_all, LEADER, everyone),
            published("4", |_| 4, "Lamport 2001, §2.3: acceptors tell all learners"),
            "",
        ),
        figure(
            "Paxos, everyone learns",
            MESSAGES,
            decision!(paxos_for_all, LEADER, messages),
            published(
                "3(N - 1) + N(N - 1)",
                |n| (3 + n) * (n - 1),
                "Lamport 2001, §2.3: as many as acceptors times learners",
            ),
            "",
        ),
        figure("Paxos, everyone learns", WRITES, writes!(paxos_for_all), None, ""),
        figure(
            "Fast Paxos",
            DELAYS,
            decision!(fast_paxos, LEADER, asked),
            published("2", |_| 2, "Lamport 2006, §3"),
            "",
        ),
        figure(
            "Fast Paxos",
            EVERYONE,
            decision!(fast_paxos, OTHER, everyone),
            published("2", |_| 2, "Lamport 2006, §3"),
            "",
        ),
        figure(
            "Fast Paxos",
            COLLISION,
            |nodes| collision(nodes).asked,
            published("2 + 2", |_| 4, "Lamport 2006, §3: coordinated recovery"),
            "there the votes of the fast round are taken for promises of the next one; here its first phase is held",
        ),
        figure(
            "Fast Paxos",
            MESSAGES,
            decision!(fast_paxos, LEADER, messages),
            published("N - 1 + N(N - 1)", |n| (1 + n) * (n - 1), "Lamport 2006, §3: everyone learns"),
            "who asked tells all others once more, for they may have missed votes",
        ),
        figure("Fast Paxos", WRITES, writes!(fast_paxos), None, ""),
    ];
    all.extend(of_log!(
        "Multi-Paxos",
        multi_paxos_group,
        "Lamport 2001, §3",
        None,
        None,
        "",
        twice("Lamport 2001, §3"),
        "there who learns is left open; here all are told at once, for clients that sit elsewhere"
    ));
    all.extend(of_failover!(
        "Multi-Paxos",
        multi_paxos_group,
        published("2", |_| 2, "Lamport 2001, §3: phase 1"),
        published("2 + 2", |_| 4, "Lamport 2001, §3: phase 1, and phase 2 again")
    ));
    all.extend(of_log!(
        "Raft",
        raft_with_all,
        "Ongaro and Ousterhout 2014, §5.3",
        None,
        one("Ongaro 2014, §10.2.1"),
        "",
        twice("Ongaro and Ousterhout 2014, §5.3"),
        "there the commit goes with the next entries; here all are told at once, for clients that sit elsewhere"
    ));
    all.extend(of_failover!(
        "Raft",
        raft_as_in_paper,
        published("2", |_| 2, "Ongaro and Ousterhout 2014, §5.2"),
        published("2 + 2", |_| 4, "Ongaro and Ousterhout 2014, §5.2 and §8: votes, and a blank entry")
    ));
    all.extend(of_failover!(
        "Raft, pre-vote",
        raft_with_all,
        published("2 + 2", |_| 4, "Ongaro 2014, §9.6"),
        published("2 + 2 + 2", |_| 6, "Ongaro 2014, §9.6")
    ));
    all.extend(of_log!(
        "Viewstamped Replication",
        viewstamped_group,
        "Liskov and Cowling 2012, §4.1",
        None,
        published("0: logs are in memory", |_| 0, "Liskov and Cowling 2012, §4"),
        "here with the log on disk; with Storage::Memory it is 0 as well",
        twice("Liskov and Cowling 2012, §4.1"),
        "there the commit goes with the next PREPARE; here all are told at once, for clients that sit elsewhere"
    ));
    all.push(figure(
        "Viewstamped Replication, in memory",
        WRITES,
        |nodes| log(Slow::Writes, viewstamped(nodes, Storage::Memory), nodes).decide(LEADER).asked,
        published("0", |_| 0, "Liskov and Cowling 2012, §4"),
        "",
    ));
    all.extend(of_failover!(
        "Viewstamped Replication",
        viewstamped_group,
        published("2", |_| 2, "Liskov and Cowling 2012, §4.2: STARTVIEWCHANGE, DOVIEWCHANGE"),
        published("3 + 1", |_| 4, "Liskov and Cowling 2012, §4.2: and STARTVIEW, PREPAREOK")
    ));
    all.extend(of_log!(
        "Zab",
        zab_group,
        "Junqueira, Reed and Serafini 2011, phase 3",
        published("3", |_| 3, "Junqueira, Reed and Serafini 2011, phase 3"),
        None,
        "",
        published("3(N - 1)", |n| 3 * (n - 1), "Junqueira, Reed and Serafini 2011, phase 3"),
        ""
    ));
    all.extend(of_failover!(
        "Zab",
        zab_group,
        published("3 + 2", |_| 5, "Junqueira, Reed and Serafini 2011, phases 1 and 2"),
        published(
            "3 + 2",
            |_| 5,
            "Junqueira, Reed and Serafini 2011, phase 2: with it the history is committed"
        )
    ));
    all.push(figure(
        "Zab, fast leader election",
        ELECTS,
        fast_leader_election,
        published("1 at least", |_| 1, "Medeiros 2012, fast leader election"),
        "each votes for itself first, and tells all when it changes to a better vote",
    ));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_the_published_ones_or_say_why_not() {
        for Figure { algorithm, what, count, published, differs } in figures() {
            let ours = [3, 5, 7].map(count);
            assert!(
                ours.iter().all(|&figure| figure < 1_000),
                "{algorithm}, {what}: it never happens {ours:?}"
            );
            if let Some(published) = published {
                let theirs = [3, 5, 7].map(published.count);
                assert_eq!(ours == theirs, differs.is_empty(), "{algorithm}, {what}: {ours:?}, {theirs:?}");
            }
        }
    }

    #[test]
    fn everything_is_compared_in_all_respects() {
        let logs = ["Multi-Paxos", "Raft", "Viewstamped Replication", "Zab"];
        for algorithm in logs {
            let of = figures().into_iter().filter(|figure| figure.algorithm == algorithm);
            assert_eq!(of.count(), 10, "{algorithm}");
        }
    }
}
