//! A register at a primary with backups, and what happens when there are two primaries: split brain.
//!
//! The primary does what it is asked, has all backups do the same, and answers. When the failure detector reports it, the next
//! node takes over. This is the primary-backup approach (Budhiraja, Marzullo, Schneider and Toueg 1993), and it is right, with
//! [`Safeguards::NONE`], where who is reported has crashed. No timeout can promise that in a network whose delays have no bound:
//! a primary that is merely slow goes on, and there are two. Each holds what the other does not, and writes that were answered
//! are gone: it is called split brain.
//!
//! Two safeguards make that harmless, and it takes both:
//!
//! | epochs | quorums | if a primary that is alive is reported |
//! |---|---|---|
//! | no | no | two primaries, which answer as if they were alone |
//! | yes | no | the old one is ignored by whoever has heard of the new one; but it can do without them |
//! | no | yes | each needs a backup, and a backup serves both |
//! | yes | yes | a backup of the new primary is none of the old one, and quorums meet: only one can answer |
//!
//! - **Assumes** FIFO links that lose nothing; crash-stop; a perfect failure detector, unless it has both safeguards: then
//!   detection may be wrong, and a majority must be up.
//! - **Guarantees** linearizability then. A node that is not primary answers nothing: its clients have to find who is, so
//!   there is no termination.
//! - With both safeguards it is the idea of Viewstamped Replication, for nodes that do not come back. To be used are the logs of
//!   `synod-consensus`; this is here to be looked at.

use std::collections::{BTreeMap, BTreeSet};

use synod_actor::{
    Actor, Cx, Event, Never, NodeId,
    Side::{L, R},
    Value,
};
use synod_broadcast::{Crashed, PerfectFailureDetector};
use synod_consensus::{Change, Epoch};
use synod_links::FifoLinks;

use crate::{Answer, Operation, Register, RequestId};

/// A known fault, a switch at the line that it changes.
#[cfg(feature = "mutants")]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Flaw {
    /// A write is answered before any backup has it.
    AnswersAtOnce,
    /// Whoever takes over begins the next epoch, whoever's that is.
    EpochsAreNobodys,
    /// A new primary goes on with what it has, whatever others have.
    TakesOverAtOnce,
    /// Answers are numbered as they come, and not by what was asked.
    AnswersByCount,
    /// A primary takes it for granted that there is no other.
    ExpectsToBeAlone,
}

/// What keeps two primaries from doing harm.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Safeguards {
    /// Primaries are numbered, and nobody listens to one that has a lower number than another that was heard of.
    pub epochs: bool,
    /// A majority has to do what is asked before it is answered, and to be heard by a new primary; and not all that are not reported.
    pub quorums: bool,
}

impl Safeguards {
    /// Neither: whoever is reported has crashed.
    pub const NONE: Safeguards = Safeguards { epochs: false, quorums: false };
    /// Both.
    pub const BOTH: Safeguards = Safeguards { epochs: true, quorums: true };
}

/// What a node holds, and when that was: by the epoch, and by the count of operations.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Copy<V> {
    /// The epoch of the primary that did the last operation.
    pub epoch: Epoch,
    /// How many operations there were.
    pub count: u64,
    /// What the register holds after them.
    pub value: V,
}

/// What nodes say to each other. The epoch is that of the primary, old or new, between whom and a backup it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Msg<V> {
    /// I take over. What do you hold?
    TakeOver(Epoch),
    /// This. I follow you.
    Follow(Epoch, Copy<V>),
    /// Hold this.
    Hold(Epoch, Copy<V>),
    /// I have held so many operations.
    Holds(Epoch, u64),
}
use Msg::{Follow, Hold, Holds, TakeOver};

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Role<V> {
    Backup,
    /// Takes over, and asks what the others hold: who has answered.
    Successor(BTreeSet<NodeId>),
    Primary {
        /// How many operations each backup holds.
        holds: BTreeMap<NodeId, u64>,
        /// What is to be answered once enough nodes hold so many operations.
        unanswered: BTreeMap<u64, (RequestId, Answer<V>)>,
    },
}

/// A node of the register. See the [module](self).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PrimaryBackup<V> {
    safeguards: Safeguards,
    /// The highest epoch heard of. Without epochs it is always the first.
    epoch: Epoch,
    /// Who is primary, as far as this node knows.
    primary: NodeId,
    copy: Copy<V>,
    role: Role<V>,
    /// Who was reported.
    crashed: BTreeSet<NodeId>,
    #[cfg(feature = "mutants")]
    flaw: Option<Flaw>,
}

impl<V: Value> Actor for PrimaryBackup<V> {
    type Provides = Register<V>;
    type Uses = (FifoLinks<Msg<V>>, PerfectFailureDetector);
    type Msg = Never;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start if cx.me() == self.primary => self.lead(),
            Event::Start => {}
            Event::Request((id, operation)) => self.operate(id, &operation, cx),
            Event::Indication(R(Crashed(node))) => self.on_crash(node, cx),

            // Of a primary that another one has followed. Without epochs nobody can tell.
            Event::Indication(L((_, msg))) if msg.epoch() < self.epoch => {}
            Event::Indication(L((from, TakeOver(epoch)))) => {
                self.follow(epoch, from, cx);
                cx.request(L((from, Follow(epoch, self.copy.clone()))));
            }
            Event::Indication(L((from, Follow(_, copy)))) => {
                if let Role::Successor(heard) = &mut self.role {
                    heard.insert(from);
                    self.copy = self.copy.clone().max(copy);
                    self.lead_if_enough(cx);
                }
            }
            Event::Indication(L((from, Hold(epoch, copy)))) => {
                self.follow(epoch, from, cx);
                let (kind, count) = ((copy.epoch, copy.count), copy.count);
                if kind > (self.copy.epoch, self.copy.count) {
                    cx.mark("hold");
                    self.copy = copy;
                }
                cx.request(L((from, Holds(epoch, count))));
            }
            Event::Indication(L((from, Holds(_, count)))) => {
                if let Role::Primary { holds, .. } = &mut self.role {
                    holds.insert(from, count);
                    self.answer(cx);
                }
            }
            Event::Receive(_, never) | Event::Timeout(never) => match never {},
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }

    fn marks() -> Vec<&'static str> {
        vec!["take over", "lead", "depose", "hold", "answer"]
    }
}

impl<V: Value> PrimaryBackup<V> {
    /// A node of a register that holds `initial`: the same at all nodes. The first node is primary first.
    pub fn new(initial: V, safeguards: Safeguards) -> Self {
        PrimaryBackup {
            safeguards,
            epoch: Epoch(1),
            primary: NodeId(0),
            copy: Copy { epoch: Epoch(1), count: 0, value: initial },
            role: Role::Backup,
            crashed: BTreeSet::new(),
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// The same node, with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(self, flaw: Flaw) -> Self {
        PrimaryBackup { flaw: Some(flaw), ..self }
    }

    /// The epoch in which it believes to be primary, if it does.
    pub fn leads(&self) -> Option<Epoch> {
        matches!(self.role, Role::Primary { .. }).then_some(self.epoch)
    }

    fn lead(&mut self) {
        self.role = Role::Primary { holds: BTreeMap::new(), unanswered: BTreeMap::new() };
    }

    /// Whether these, and this node, are enough to be sure.
    fn are_enough(&self, who: &dyn Fn(NodeId) -> bool, cx: &Cx<'_, Self>) -> bool {
        if self.safeguards.quorums {
            cx.others().filter(|&node| who(node)).count() + 1 >= cx.majority()
        } else {
            cx.others().all(|node| who(node) || self.crashed.contains(&node))
        }
    }

    /// Whom to speak to: all that are not reported, or everyone where that may be wrong.
    fn addressed(&self, cx: &Cx<'_, Self>) -> Vec<NodeId> {
        cx.others().filter(|node| self.safeguards.quorums || !self.crashed.contains(node)).collect()
    }

    /// Does what it is asked, if it is primary, and has the backups do the same. A read is an operation like others: what it
    /// shows may not be lost either, and who is primary no more must not answer it.
    fn operate(&mut self, id: RequestId, operation: &Operation<V>, cx: &mut Cx<'_, Self>) {
        let Role::Primary { unanswered, .. } = &mut self.role else { return };
        let (value, answer) = operation.apply(&self.copy.value);
        self.copy = Copy { epoch: self.epoch, count: self.copy.count + 1, value };
        let id = if flaw!(self, AnswersByCount) { self.copy.count } else { id };
        if flaw!(self, AnswersAtOnce) {
            cx.indicate((id, answer));
        } else {
            unanswered.insert(self.copy.count, (id, answer));
        }
        for to in self.addressed(cx) {
            cx.request(L((to, Hold(self.epoch, self.copy.clone()))));
        }
        self.answer(cx);
    }

    /// Answers what enough nodes hold.
    fn answer(&mut self, cx: &mut Cx<'_, Self>) {
        let Role::Primary { holds, unanswered } = &self.role else { return };
        let is_held =
            |count: u64| self.are_enough(&|node| holds.get(&node).is_some_and(|&holds| holds >= count), cx);
        let ready: Vec<u64> = unanswered.keys().copied().filter(|&count| is_held(count)).collect();
        let Role::Primary { unanswered, .. } = &mut self.role else { return };
        for answer in ready.into_iter().filter_map(|count| unanswered.remove(&count)) {
            cx.mark("answer");
            cx.indicate(answer);
        }
    }

    /// A node was reported: if it was the primary, the next one that was not takes over.
    fn on_crash(&mut self, node: NodeId, cx: &mut Cx<'_, Self>) {
        self.crashed.insert(node);
        if node == self.primary {
            let me = cx.me();
            let (before, after): (Vec<NodeId>, Vec<NodeId>) =
                cx.group().iter().partition(|&&other| other < node);
            let mut candidates =
                after.into_iter().chain(before).filter(|other| !self.crashed.contains(other));
            self.primary = candidates.next().unwrap_or(me);
            if self.primary == me {
                self.take_over(cx);
            }
        }
        self.lead_if_enough(cx);
        self.answer(cx);
    }

    fn take_over(&mut self, cx: &mut Cx<'_, Self>) {
        cx.mark("take over");
        if self.safeguards.epochs {
            self.epoch = self.next_epoch(cx);
        }
        self.role = Role::Successor(BTreeSet::new());
        for to in self.addressed(cx) {
            cx.request(L((to, TakeOver(self.epoch))));
        }
    }

    /// The next epoch that is this node's: they take turns, so that no two nodes begin the same.
    fn next_epoch(&self, cx: &Cx<'_, Self>) -> Epoch {
        let nodes = cx.group().len() as u64;
        let is_own = |epoch: &Epoch| (epoch.0 - 1) % nodes == u64::from(cx.me().0);
        let mut later = std::iter::successors(Some(self.epoch.next()), |epoch| Some(epoch.next()));
        let nobodys = flaw!(self, EpochsAreNobodys);
        later.find(|epoch| is_own(epoch) || nobodys).unwrap_or(self.epoch)
    }

    fn lead_if_enough(&mut self, cx: &mut Cx<'_, Self>) {
        let Role::Successor(heard) = &self.role else { return };
        if self.are_enough(&|node| heard.contains(&node), cx) || flaw!(self, TakesOverAtOnce) {
            cx.mark("lead");
            self.lead();
        }
    }

    /// Takes `primary` for the primary, from this epoch on. With epochs, who was it before is it no more.
    fn follow(&mut self, epoch: Epoch, primary: NodeId, cx: &mut Cx<'_, Self>) {
        let is_alone = !(flaw!(self, ExpectsToBeAlone)) || self.leads().is_none();
        assert!(is_alone, "there is one primary");
        if epoch > self.epoch {
            if self.role != Role::Backup {
                cx.mark("depose");
                self.role = Role::Backup;
            }
            self.epoch = epoch;
        }
        if self.role == Role::Backup {
            self.primary = primary;
        }
    }
}

impl<V> Msg<V> {
    fn epoch(&self) -> Epoch {
        match self {
            TakeOver(epoch) | Follow(epoch, _) | Hold(epoch, _) | Holds(epoch, _) => *epoch,
        }
    }
}
