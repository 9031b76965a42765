//! What links promise: Cachin, Guerraoui and Rodrigues (2011), §2.4.

use std::collections::{BTreeMap, BTreeSet};

use synod_actor::{NodeId, Value};
use synod_links::Links;

use crate::{Monitor, Observation, Violation};

/// What is delivered was sent, by that sender to that receiver.
pub const NO_CREATION: &str = "no creation";
/// What was sent once is delivered once at most, in one incarnation of the receiver.
pub const NO_DUPLICATION: &str = "no duplication";
/// From each sender messages are delivered in the order sent, and none is passed over.
pub const FIFO_ORDER: &str = "FIFO order";
/// What was sent between nodes that are up is delivered at last.
pub const RELIABLE_DELIVERY: &str = "reliable delivery";

/// How strong a link is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Strength {
    Stubborn,
    Reliable,
    Fifo,
}

/// Watches what is sent and delivered, by any kind of links.
///
/// Always for [`NO_CREATION`] and [`RELIABLE_DELIVERY`]; as the links are, for [`NO_DUPLICATION`] and [`FIFO_ORDER`] too. A
/// sender that crashes owes nothing any more, unless it is said to remember what it sent. A receiver that restarts has
/// forgotten what it was given, and is given it again.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LinksMonitor<M> {
    strength: Strength,
    senders_remember: bool,
    /// Each link that was used, by sender and receiver.
    links: BTreeMap<(NodeId, NodeId), Link<M>>,
    /// Nodes that are down. They are owed nothing until they restart.
    down: BTreeSet<NodeId>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Link<M> {
    /// What was sent, in order, and whether it is still owed if it was not delivered.
    sent: Vec<(M, bool)>,
    /// Which of it, by position, this incarnation of the receiver was given.
    delivered: BTreeSet<usize>,
}

impl<M: Value> LinksMonitor<M> {
    fn of(strength: Strength) -> Self {
        LinksMonitor { strength, senders_remember: false, links: BTreeMap::new(), down: BTreeSet::new() }
    }

    /// Watches links that may deliver more than once.
    pub fn stubborn() -> Self {
        Self::of(Strength::Stubborn)
    }

    /// Watches links that deliver once.
    pub fn reliable() -> Self {
        Self::of(Strength::Reliable)
    }

    /// Watches links that deliver once and in order.
    pub fn fifo() -> Self {
        Self::of(Strength::Fifo)
    }

    /// Of senders that owe after a restart what they sent before it. Right where a write is durable at once: otherwise a
    /// sender may forget what it was only about to write.
    pub fn senders_remember(mut self) -> Self {
        self.senders_remember = true;
        self
    }

    fn deliver(&mut self, from: NodeId, to: NodeId, msg: &M) -> Result<(), Violation> {
        let link = self.links.get_mut(&(from, to));
        let uncalled = || {
            Violation::new(NO_CREATION, format!("{to} is given {msg:?} from {from}, which did not send it"))
        };
        let link = link.ok_or_else(uncalled)?;
        let mut same =
            link.sent.iter().enumerate().filter(|(_, (sent, _))| sent == msg).map(|(at, _)| at).peekable();
        if same.peek().is_none() {
            return Err(uncalled());
        }
        let Some(at) = same.find(|at| !link.delivered.contains(at)) else {
            if self.strength == Strength::Stubborn {
                return Ok(());
            }
            let because = format!("{to} is given {msg:?} from {from} again");
            return Err(Violation::new(NO_DUPLICATION, because));
        };
        if self.strength == Strength::Fifo && at > link.delivered.len() {
            let because =
                format!("{to} is given {msg:?} from {from}, before {:?}", link.sent[link.delivered.len()].0);
            return Err(Violation::new(FIFO_ORDER, because));
        }
        link.delivered.insert(at);
        Ok(())
    }
}

impl<M: Value, P: Links<Payload = M>> Monitor<P> for LinksMonitor<M> {
    fn safety(&self) -> Vec<&'static str> {
        match self.strength {
            Strength::Stubborn => vec![NO_CREATION],
            Strength::Reliable => vec![NO_CREATION, NO_DUPLICATION],
            Strength::Fifo => vec![NO_CREATION, NO_DUPLICATION, FIFO_ORDER],
        }
    }

    fn liveness(&self) -> Vec<&'static str> {
        vec![RELIABLE_DELIVERY]
    }

    fn observe(&mut self, node: NodeId, what: &Observation<P>) -> Result<(), Violation> {
        match what {
            Observation::Request(request) => {
                if let Some((to, msg)) = P::sent(request) {
                    let link = self.links.entry((node, to));
                    let empty = || Link { sent: Vec::new(), delivered: BTreeSet::new() };
                    link.or_insert_with(empty).sent.push((msg.clone(), true));
                }
            }
            Observation::Indication(indication) => {
                let (from, msg) = P::delivered(indication);
                self.deliver(from, node, msg)?;
            }
            Observation::Crash => {
                self.down.insert(node);
                for ((from, to), link) in &mut self.links {
                    if *from == node && !self.senders_remember {
                        link.sent.iter_mut().for_each(|(_, owed)| *owed = false);
                    }
                    if *to == node {
                        link.delivered.clear();
                    }
                }
            }
            Observation::Restart => _ = self.down.remove(&node),
            Observation::Timeout | Observation::Loss => {}
        }
        Ok(())
    }

    fn owes(&self, liveness: &str) -> bool {
        let is_up = |node: &NodeId| !self.down.contains(node);
        let waits = |link: &Link<M>| {
            link.sent.iter().enumerate().any(|(at, (_, owed))| *owed && !link.delivered.contains(&at))
        };
        let owed =
            |((from, to), link): (&(NodeId, NodeId), &Link<M>)| is_up(from) && is_up(to) && waits(link);
        liveness == RELIABLE_DELIVERY && self.links.iter().any(owed)
    }
}
