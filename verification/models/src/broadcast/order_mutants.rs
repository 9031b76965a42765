//! Orders with one fault at a time. Bounds are just wide enough to show the fault.

use synod_actor::{NodeId, Stack};
use synod_broadcast::{
    Fifo, Flaw, ReliableBroadcast,
    causal::{NoWaiting, Waiting},
    epidemic::Plumtree,
    reliable::Eager,
    total_order::{AllAck, OverConsensus, Sequencer, Skeen},
};
use synod_checker::{DEADLOCK, Environment, TOTAL};
use synod_properties::{
    BroadcastMonitor,
    broadcast::{CAUSAL_ORDER, FIFO_ORDER, FifoOrder, NO_DUPLICATION, PAIRWISE_ORDER, TOTAL_ORDER, VALIDITY},
};

use super::{
    agreement::eager,
    causal::{TREE, causal, no_waiting, plumtree, towards_a_tree, waiting},
    first_crashes, model,
    mutants::entry,
    order::{all_ack, over_paxos, pairwise, sequencer, skeen, survivors, suspicious, total},
};
use crate::registry::{Case, Entry, Expectation, Size, case};

/// One message each of the first two nodes.
const TWO: &[(u16, char)] = &[(0, 'a'), (1, 'b')];

/// The first node crashes, and the survivors have this fault.
fn failover(size: Size, flaw: Flaw) -> Box<dyn Case> {
    let node = |crashes| skeen(Skeen::flawed(flaw), crashes, &[NodeId(0)]);
    case(model(size, node, TWO, survivors(size), first_crashes().synchronous()))
}

pub(super) fn entries() -> Vec<Entry> {
    vec![
        entry(
            "broadcast-mutant-fifo-delivers-early",
            "A node delivers the second message of an origin before the first",
            "Cachin, Guerraoui and Rodrigues (2011), Algorithm 3.12",
            &[FIFO_ORDER],
            |size| {
                let node = |crashes| Stack {
                    upper: Fifo::<ReliableBroadcast<char>>::flawed(Flaw::DeliversEarly),
                    lower: eager(Eager::new(), crashes),
                };
                let monitor = (BroadcastMonitor::reliable(&NodeId::group(size.nodes)), FifoOrder::new());
                case(model(size, node, &[(0, 'a'), (0, 'b')], monitor, Environment::default()))
            },
        ),
        entry(
            "broadcast-mutant-causal-forgets-past",
            "A message leaves without its causal past, and is delivered before it",
            "Cachin, Guerraoui and Rodrigues (2011), Algorithm 3.13",
            &[CAUSAL_ORDER],
            |size| {
                let node = |crashes| no_waiting(NoWaiting::flawed(Flaw::ForgetsPast), crashes);
                case(model(size, node, TWO, causal(size), Environment::default()))
            },
        ),
        entry(
            "broadcast-mutant-causal-repeats-past",
            "A node delivers what came along as the past of another message, though it had it already",
            "Cachin, Guerraoui and Rodrigues (2011), Algorithm 3.13",
            &[NO_DUPLICATION],
            |size| {
                let node = |crashes| no_waiting(NoWaiting::flawed(Flaw::ForgetsDuplicates), crashes);
                case(model(size, node, TWO, causal(size), Environment::default()))
            },
        ),
        entry(
            "broadcast-mutant-causal-delivers-early",
            "A node delivers without waiting for the causal predecessors",
            "Cachin, Guerraoui and Rodrigues (2011), Algorithm 3.15",
            &[CAUSAL_ORDER],
            |size| {
                let node = |crashes| waiting(Waiting::flawed(Flaw::DeliversEarly), crashes);
                case(model(size, node, TWO, causal(size), Environment::default()))
            },
        ),
        entry(
            "broadcast-mutant-causal-counts-only-own",
            "The vector clock of a message does not count what its origin had delivered from others",
            "Birman, Schiper and Stephenson (1991), section 5.1",
            &[CAUSAL_ORDER],
            |size| {
                let node = |crashes| waiting(Waiting::flawed(Flaw::CountsOnlyOwn), crashes);
                case(model(size, node, TWO, causal(size), Environment::default()))
            },
        ),
        entry(
            "broadcast-mutant-sequencer-numbers-twice",
            "A new sequencer begins where its own deliveries end, and gives a number again that was given before",
            "Defago, Schiper and Urban (2004), section 4.1",
            &[TOTAL_ORDER],
            |size| {
                let node = |crashes| sequencer(Sequencer::flawed(Flaw::NumbersTwiceAfterFailover), crashes);
                case(model(size, node, TWO, total(size), suspicious()))
            },
        ),
        entry(
            "broadcast-mutant-sequencer-orders-twice",
            "A message that is sent to the new sequencer again gets a second number",
            "Defago, Schiper and Urban (2004), section 4.1",
            &[NO_DUPLICATION],
            |size| {
                let node = |crashes| sequencer(Sequencer::flawed(Flaw::OrdersTwice), crashes);
                case(model(size, node, TWO, total(size), suspicious()))
            },
        ),
        entry(
            "broadcast-mutant-sequencer-delivers-unstable",
            "The sequencer delivers as soon as it has a number, and takes the number with it when it crashes",
            "Defago, Schiper and Urban (2004), section 2.4",
            &[TOTAL_ORDER],
            |size| {
                let node = |crashes| sequencer(Sequencer::flawed(Flaw::DeliversUnstable), crashes);
                let environment = first_crashes().fifo().synchronous();
                case(model(size, node, TWO, total(size), environment))
            },
        ),
        entry(
            "broadcast-mutant-skeen-skips-pending",
            "A message is delivered while one with a smaller timestamp may still become final",
            "Birman and Joseph (1987), section 3.2",
            &[TOTAL_ORDER],
            |size| {
                let node = |crashes| skeen(Skeen::flawed(Flaw::SkipsPending), crashes, &[]);
                case(model(size, node, TWO, total(size), Environment::default()))
            },
        ),
        entry(
            "broadcast-mutant-skeen-first-proposal",
            "What the origin itself proposes is final, whatever the others propose",
            "Birman and Joseph (1987), section 3.2",
            &[PAIRWISE_ORDER],
            |size| {
                let node = |crashes| skeen(Skeen::flawed(Flaw::FirstProposal), crashes, &[]);
                case(model(size, node, TWO, pairwise(size), Environment::default()))
            },
        ),
        entry(
            "broadcast-mutant-skeen-settles-alone",
            "The coordinator places what a crashed node has left by what it has itself, and asks no other survivor",
            "Birman and Joseph (1987), section 3.2",
            &[TOTAL_ORDER],
            |size| failover(size, Flaw::SettlesAlone),
        ),
        entry(
            "broadcast-mutant-skeen-forgets-delivered",
            "A survivor does not report the place of a message that it has delivered, and it gets another",
            "Birman and Joseph (1987), section 3.2",
            &[TOTAL_ORDER],
            |size| failover(size, Flaw::ForgetsDelivered),
        ),
        entry(
            "broadcast-mutant-skeen-ignores-the-floor",
            "During a view change a survivor passes over a message that it does not have",
            "Birman, Schiper and Stephenson (1991), the flush",
            &[TOTAL_ORDER],
            |size| failover(size, Flaw::IgnoresTheFloor),
        ),
        entry(
            "broadcast-mutant-lamport-hears-majority",
            "A node delivers when a majority was heard from, and another comes up with an older message",
            "Lamport (1978), rule 5",
            &[TOTAL_ORDER],
            |size| {
                let node = |crashes| all_ack(AllAck::flawed(Flaw::HearsMajority), crashes);
                case(model(size, node, &[(0, 'a'), (2, 'b')], total(size), Environment::default().fifo()))
            },
        ),
        entry(
            "broadcast-mutant-consensus-unordered",
            "A node delivers messages as they come, and does not wait for consensus to place them",
            "Cachin, Guerraoui and Rodrigues (2011), Algorithm 6.1",
            &[TOTAL_ORDER],
            |size| {
                let node = |crashes| over_paxos(OverConsensus::flawed(Flaw::DeliversUnordered), crashes);
                case(model(size, node, TWO, total(size), Environment::default().fifo()))
            },
        ),
        entry(
            "broadcast-mutant-lamport-acks-to-origin-only",
            "A node acknowledges a message to its origin only, and the others wait to hear of it for ever",
            "Lamport (1978), rule 2, where only the origin has to know",
            &[DEADLOCK],
            |size| {
                let node = |crashes| all_ack(AllAck::flawed(Flaw::AcksToOriginOnly), crashes);
                let system = model(size, node, &[(0, 'a')], total(size), Environment::default().fifo());
                case(system.deadlock_free())
            },
        ),
        entry(
            "broadcast-mutant-consensus-expects-receipt",
            "A node panics when a message is decided that it has not received yet",
            "Ekwall and Schiper (2006), Solving Atomic Broadcast with Indirect Consensus",
            &[TOTAL],
            |size| {
                let node = |crashes| over_paxos(OverConsensus::flawed(Flaw::ExpectsToHaveReceived), crashes);
                case(model(size, node, &[(0, 'a')], total(size), Environment::default()))
            },
        ),
        Entry {
            expect: Expectation { violated: &[VALIDITY], unreached: &["graft", "grafted"] },
            nodes: 4..=4,
            default_nodes: 4,
            ..entry(
                "broadcast-mutant-plumtree-never-grafts",
                "A node that hears of a message and does not get it asks nobody for it",
                "Leitao, Pereira and Rodrigues (2007), Algorithm 2",
                &[],
                |size| {
                    let environment =
                        Environment::default().crash_stop(1).crash_only(&[NodeId(1)]).synchronous();
                    let mutant = Plumtree::flawed(Flaw::NeverGrafts);
                    case(plumtree(mutant, size, &[(0, 'a'), (0, 'b')], environment))
                },
            )
        },
        Entry {
            expect: Expectation { violated: &[TREE], unreached: &["graft", "grafted"] },
            ..entry(
                "broadcast-mutant-plumtree-prunes-first",
                "A node takes the link out of the tree by which it got a message first",
                "Leitao, Pereira and Rodrigues (2007), Algorithm 1",
                &[],
                |size| {
                    let mutant = Plumtree::flawed(Flaw::PrunesFirst);
                    let environment = Environment::default().synchronous();
                    case(towards_a_tree(plumtree(mutant, size, &[(0, 'a')], environment)))
                },
            )
        },
    ]
}
