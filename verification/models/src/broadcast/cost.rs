//! What a broadcast costs when nothing fails, counted from runs.

use synod_actor::{Actor, Beside, Ground, NodeId, Port, Stack};
use synod_broadcast::{
    ExcludeOnTimeout, Fifo, Id, ReliableBroadcast,
    causal::{NoWaiting, Waiting},
    epidemic::{FixedView, Plumtree},
    reliable::{Eager, Lazy},
    total_order::{AllAck, OverConsensus, Sequencer, Skeen},
    uniform::{LoggedMajorityAck, MajorityAck},
};

use super::{
    agreement::{eager, uniform},
    basic,
    causal::{no_waiting, waiting},
    order::{all_ack, over_paxos, sequencer, skeen},
};
use crate::lockstep::{Run, Slow};

/// What one broadcast costs, among so many nodes, in a run in which every message takes the same time and nothing fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cost {
    /// Messages from node to node, until nothing is under way any more. What links add to be reliable is not counted, nor what
    /// failure detectors send all the time.
    pub messages: usize,
    /// After how many message delays its origin delivers it.
    pub origin: usize,
    /// After how many message delays the last node delivers it.
    pub everyone: usize,
}

/// A broadcast algorithm, as it is compared with others.
pub struct Compared {
    /// What it provides.
    pub service: &'static str,
    /// What it is called.
    pub algorithm: &'static str,
    /// What it assumes of the services below it.
    pub assumes: &'static str,
    /// What it survives.
    pub survives: &'static str,
    /// What the literature says that it costs among N nodes, in messages and delays; empty if it says nothing.
    pub published: &'static str,
    /// What it costs among so many nodes: at least 2.
    pub cost: fn(usize) -> Cost,
}

/// The second node broadcasts: the first one of some algorithms has a part of its own, which is not counted in its favour.
const ORIGIN: NodeId = NodeId(1);

/// What it costs to broadcast a message, after `before` was broadcast.
fn cost<A>(nodes: Vec<A>, before: Option<char>) -> Cost
where
    A: Actor<Uses: Ground>,
    A::Provides: Port<Request = char, Indication = (Id, char)>,
{
    let size = nodes.len();
    let mut run = Run::start(Slow::Messages, nodes);
    if let Some(before) = before {
        run.request(ORIGIN, before);
    }
    run.request(ORIGIN, 'm');
    let delivered = |node: NodeId| {
        let mut told = run.told.iter().filter(|(_, at, (_, msg))| *at == node && *msg == 'm');
        told.next().expect("where nothing fails everyone delivers").0
    };
    Cost {
        messages: run.messages(),
        origin: delivered(ORIGIN),
        everyone: NodeId::group(size).into_iter().map(delivered).max().unwrap_or(0),
    }
}

/// Nodes that all run the same.
fn each<A: Actor<Uses: Ground>>(node: A, nodes: usize) -> Cost
where
    A::Provides: Port<Request = char, Indication = (Id, char)>,
{
    cost(vec![node; nodes], None)
}

/// Plumtree where everyone is a neighbour of everyone, as it begins.
fn plumtree(nodes: usize, before: Option<char>) -> Cost {
    let group = NodeId::group(nodes);
    let others = |me: NodeId| group.iter().copied().filter(move |&node| node != me);
    let node = |&me: &NodeId| Stack { upper: Plumtree::new(), lower: FixedView::of(others(me)) };
    cost(group.iter().map(node).collect(), before)
}

/// All that are compared, from the weakest promise to the strongest.
pub fn compared() -> Vec<Compared> {
    const NOTHING: &str = "any crashes";
    const MINORITY: &str = "a minority crashing";
    const NONE: &str = "no crash";
    let compared = |service, algorithm, assumes, survives, published, cost| Compared {
        service,
        algorithm,
        assumes,
        survives,
        published,
        cost,
    };
    vec![
        compared(
            "best-effort",
            "send to all",
            "reliable links",
            "crashes of others than the origin",
            "O(N), 1 delay (CGR §3.2)",
            |n| each(basic(false), n),
        ),
        compared(
            "reliable",
            "lazy",
            "best-effort broadcast, perfect failure detector",
            NOTHING,
            "O(N), 1 delay (CGR §3.3)",
            |n| each(Stack { upper: Lazy::new(), lower: Beside(basic(false), ExcludeOnTimeout::new()) }, n),
        ),
        compared("reliable", "eager", "best-effort broadcast", NOTHING, "O(N²), 1 delay (CGR §3.3)", |n| {
            each(eager(Eager::new(), false), n)
        }),
        compared(
            "uniform reliable",
            "majority-ack",
            "best-effort broadcast",
            MINORITY,
            "O(N²), 2 delays (CGR §3.4)",
            |n| each(uniform(MajorityAck::new(), false), n),
        ),
        compared(
            "uniform reliable",
            "logged majority-ack",
            "fair-loss links, a disk",
            "crashes and restarts, if a majority stays up at last",
            "",
            |n| each(LoggedMajorityAck::new(), n),
        ),
        compared(
            "FIFO",
            "sequence numbers",
            "reliable broadcast (eager)",
            NOTHING,
            "as the broadcast below (CGR §3.9)",
            |n| {
                each(
                    Stack {
                        upper: Fifo::<ReliableBroadcast<char>>::new(),
                        lower: eager(Eager::new(), false),
                    },
                    n,
                )
            },
        ),
        compared(
            "causal",
            "no-waiting",
            "reliable broadcast (eager)",
            NOTHING,
            "as the broadcast below (CGR §3.9)",
            |n| each(no_waiting(NoWaiting::new(), false), n),
        ),
        compared(
            "causal",
            "waiting, vector clocks",
            "reliable broadcast (eager)",
            NOTHING,
            "as the broadcast below (CGR §3.9)",
            |n| each(waiting(Waiting::new(), false), n),
        ),
        compared("total order", "Lamport's all-acknowledge", "FIFO links", NONE, "", |n| {
            each(all_ack(AllAck::new(), false), n)
        }),
        compared(
            "total order",
            "Skeen's agreement",
            "reliable links, perfect failure detector",
            "any crashes, not uniformly",
            "3(N - 1), 3 delays (Birman and Joseph 1987)",
            |n| each(skeen(Skeen::new(), false, &[]), n),
        ),
        compared(
            "total order",
            "fixed sequencer",
            "FIFO links, failure detector, consensus for failover",
            MINORITY,
            "",
            |n| each(sequencer(Sequencer::new(), false), n),
        ),
        compared(
            "total order",
            "consensus on batches (Paxos)",
            "reliable broadcast (eager), consensus",
            MINORITY,
            "",
            |n| each(over_paxos(OverConsensus::new(), false), n),
        ),
        compared(
            "epidemic",
            "Plumtree, first message",
            "partial view (here: all)",
            "what leaves the view connected",
            "",
            |n| plumtree(n, None),
        ),
        compared(
            "epidemic",
            "Plumtree, once it is a tree",
            "partial view (here: all)",
            "what leaves the view connected",
            "N - 1 with the message (Leitão et al. 2007)",
            |n| plumtree(n, Some('a')),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(algorithm: &str) -> Compared {
        compared().into_iter().find(|compared| compared.algorithm == algorithm).expect("it is compared")
    }

    #[test]
    fn costs_are_what_the_papers_say() {
        for nodes in 2..=7 {
            let n = nodes - 1;
            let messages = |algorithm| (of(algorithm).cost)(nodes).messages;
            assert_eq!(messages("send to all"), n);
            assert_eq!(messages("lazy"), n);
            assert_eq!(messages("eager"), nodes * n);
            assert_eq!(messages("majority-ack"), nodes * n);
            assert_eq!(messages("Skeen's agreement"), 3 * n);
            // Everyone relays to all; each copy after the first is acknowledged.
            assert_eq!(messages("logged majority-ack"), nodes * n + n * n);
            // Forward, number, and everyone but the sequencer tells all others that it has the number.
            assert_eq!(messages("fixed sequencer"), 1 + n + n * n);
            // Copies to all and from all; and each of the N - 1 prunes once for each that it had already.
            assert_eq!(messages("Plumtree, first message"), n + 2 * n * (n - 1));
            // Relays, and consensus in which all propose at once: each asks all, and the last of them wins.
            if nodes > 2 {
                assert_eq!(messages("consensus on batches (Paxos)"), nodes * n + n * (2 * nodes + 3));
            }
            assert_eq!(messages("Lamport's all-acknowledge"), n + n * n);
            // A push over each of the n links of the tree, and an announcement each way over every other link.
            assert_eq!(messages("Plumtree, once it is a tree"), n + n * (nodes - 2));
        }
    }

    #[test]
    fn delays_are_what_the_papers_say() {
        let delays = |algorithm| {
            let cost = (of(algorithm).cost)(5);
            (cost.origin, cost.everyone)
        };
        assert_eq!(delays("send to all"), (0, 1));
        assert_eq!(delays("eager"), (0, 1));
        assert_eq!(delays("majority-ack"), (2, 2));
        assert_eq!(delays("Lamport's all-acknowledge"), (2, 2));
        assert_eq!(delays("Skeen's agreement"), (2, 3));
        assert_eq!(delays("fixed sequencer"), (3, 3));
        // The relay, and five of Paxos: prepare, promise, accept, accepted, decide.
        assert_eq!(delays("consensus on batches (Paxos)"), (6, 6));
    }
}
