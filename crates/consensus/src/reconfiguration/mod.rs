//! Changes of members for logs whose members are what they are from the beginning: by stopping one and starting the next.
//!
//! Lamport, Malkhi and Zhou, *Reconfiguring a State Machine* (SIGACT News 2010), §3; Liskov and Cowling, *Viewstamped Replication
//! Revisited* (2012), §7, whose names the messages have. Both are the same: a configuration is a log of its own, with fixed
//! members, and a special command is its last. Whoever executes that knows the members of the next configuration, and where
//! in the whole log it begins. So it is written once, as a layer over any log: [`MultiPaxos`](crate::MultiPaxos),
//! [`Viewstamped`](crate::Viewstamped), [`Zab`](crate::Zab). ([`Raft`](crate::Raft) changes its members itself.)
//!
//! ```
//! use synod_actor::NodeId;
//! use synod_consensus::{Membership, Reconfiguration, Viewstamped, reconfiguration, viewstamped};
//!
//! let members = Membership::of(NodeId::group(3));
//! let log = Viewstamped::new(members.clone(), viewstamped::Settings::default());
//! // A node of `Log<&str>`, whose members may change. New nodes are given the same members as those before them.
//! let node = Reconfiguration::<&str, synod_actor::Never>::new(members, reconfiguration::Settings::default()).over(log);
//! assert_eq!(node.upper.configuration().number, 0);
//! ```
//!
//! - **Assumes** of each configuration what its log assumes, until a quorum of the next one has begun; of the links that
//!   what is repeated arrives at last.
//! - **Guarantees** what the port [`Log`] says, over all configurations: positions go on without a gap, with
//!   [`Entry::Members`] where they change; and the number of the configuration comes first in every [`Epoch`], so that no epoch has
//!   leaders in two of them. A change ends once the present configuration commits it, and a quorum of the next one is up.
//! - **Durable** are the configuration of now, what was committed before it, and whether that is still to be handed over. The
//!   log of the configuration itself is on the disk of the layer below.
//!
//! # The way of a change
//!
//! 1. [`Change`](Request::Change) appends [`Appended::Stop`]. The first stop that is committed ends the configuration. What is
//!    committed behind it is **void**: no node is told.
//! 2. Who executes it (`succession.rs`) writes the next configuration, together with all that was committed before it, and
//!    begins the next log if it is a member. It tells the other members of the next configuration (STARTEPOCH).
//! 3. A node that hears of a later configuration asks for what it lacks (GETSTATE, NEWSTATE). **It begins when it has that
//!    on its disk, and not before**, and says so (EPOCHSTARTED). Messages of a log that it has not begun are not
//!    answered: it neither votes nor promises anything in it.
//! 4. Who was a member of the configuration before **keeps its log running, and goes on telling the others**, until a quorum of
//!    the next one has begun. Then the log is closed, and who is not a member any more has nothing to do. Members go on until all
//!    others have begun.
//! 5. Who has missed all that shows by its messages, which are of a log that is closed by now: it is told of the configuration of now.
//!    Who has missed to be a member hears messages of a log that it has not begun: it asks.
//!
//! The paper has its f and its primary "per epoch", which is what a log of its own is; a view change in a configuration that
//! was stopped does no harm, for what comes behind the stop is void whoever leads.
//!
//! # What becomes of requests
//!
//! **What was asked for in a configuration and has no outcome there when it ends is refused, once.** Commands: they surely come
//! to nothing, since a command is committed in the configuration in which it was asked for, or never. (Not after a snapshot
//! that may cover them: then silence says that nothing is known.) Other changes: the first stop has won. Barriers: see below.
//! Whoever asks again asks the next configuration. A change is refused at once if it names no voters, or a node twice, or nodes
//! that are not in the group, or the members of now, or while another one that was asked for at the same node has no outcome; the same
//! one may be asked for again, as a command may, for it may be lost.
//!
//! **A barrier that is passed before the stop is executed is right.** Suppose that when it was asked for something was committed
//! in the next configuration already. Some node had begun that one, so some node had been told of the stop. But the log
//! promises that who passes a barrier has been told everything that any node was told before it was asked for, the stop
//! too. So whoever passes a barrier and has not executed the stop knows that nothing was committed behind it at that time; and
//! one that is passed later is refused instead, for there may be more.
//!
//! Snapshots go to the log of now, and to the layer's own disk if it has anything that they replace, so that what was committed in earlier
//! configurations goes. The layer keeps in memory what it was told since: the port has no way to read a log, and the new members need it.

#[cfg(feature = "mutants")]
mod flaws;
mod message;
mod succession;

use std::collections::BTreeSet;

use synod_actor::{
    Actor, Cx, Event, NodeId, Openable, Opened, Seed, Stack, Value,
    opened::{Indication as Heard, Request as Ask},
};

use crate::{
    Epoch, Log, Membership,
    journal::{Journal, Stamped, Tail},
    log::{BarrierId, Entry, Indication, Position, Replica, Request, Snapshot},
};

#[cfg(feature = "mutants")]
pub use flaws::Flaw;
use message::Msg::{EpochStarted, GetState, NewState, StartEpoch};
pub use message::{Appended, Configuration, Msg, Number, Record, Repeat, Settings};

/// The layer that makes one log of those of successive configurations. See the [module](self).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Reconfiguration<C, S> {
    // Durable: changed by `replay` only.
    /// The configuration of now.
    now: Configuration,
    /// What was committed before it; or more, as a snapshot.
    history: Journal<C, S>,
    /// Whether this node was a member of the one before, and not enough members of this one are known to have begun it.
    hands_over: bool,
    // Volatile.
    /// Everything up to here is told.
    told: Position,
    /// What was told behind the history.
    since: Tail<C, S>,
    /// Who has begun the configuration of now, as far as is known to a node that cares.
    started: BTreeSet<NodeId>,
    /// What was asked for here and has no outcome.
    commands: BTreeSet<C>,
    barriers: BTreeSet<BarrierId>,
    change: Option<Membership>,
    /// Who the members were at first.
    first: Membership,
    settings: Settings,
    #[cfg(feature = "mutants")]
    flaw: Option<Flaw>,
}

/// A node of a log whose members change: this layer over a log for each configuration.
pub type Reconfigured<A, C, S> = Stack<Reconfiguration<C, S>, Opened<Number, Membership, A>>;

impl<C: Value, S: Value> Actor for Reconfiguration<C, S> {
    type Provides = Log<C, S>;
    type Uses = Openable<Number, Membership, Log<Appended<C>, S>>;
    type Msg = Msg<C, S>;
    type Timer = Repeat;
    type Record = Record<C, S>;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => self.start(cx),
            Event::Request(request) => self.request(request, cx),

            Event::Indication(Heard::Of(number, told)) if number == self.now.number => {
                self.indication(told, cx);
            }
            // Of a configuration that was stopped: void, and refused before.
            Event::Indication(Heard::Of(_, told)) => match told {
                told if flaw!(self, CountsBehindStop) => self.indication(told, cx),
                Indication::Passed(id) if flaw!(self, PassesOldBarriers) => {
                    self.indication(Indication::Passed(id), cx);
                }
                _ => {}
            },
            Event::Indication(Heard::Stray(number, from)) => self.on_stray(number, from, cx),

            Event::Receive(from, StartEpoch(configuration)) => self.on_start_epoch(from, configuration, cx),
            Event::Receive(from, EpochStarted(number)) => self.on_epoch_started(from, number, cx),
            Event::Receive(from, GetState(after)) => self.on_get_state(from, after, cx),
            Event::Receive(from, NewState(configuration, state)) => {
                self.on_new_state(from, configuration, state, cx);
            }
            Event::Timeout(Repeat) => self.announce(cx),
        }
    }

    fn replay(&mut self, record: Record<C, S>) {
        match record {
            Record::Succeeded { now, state, hands_over } => {
                (self.now, self.hands_over) = (now, hands_over);
                self.history.replace(state);
            }
            Record::HandedOver => self.hands_over = false,
            Record::Snapshot(snapshot) => self.history.compact(snapshot),
        }
    }

    fn marks() -> Vec<&'static str> {
        let change = ["change", "stop", "start epoch", "get state", "new state", "epoch started", "retire"];
        [&change[..], &["commit", "restore", "compact"]].concat()
    }
}

impl<C: Value, S: Value> Reconfiguration<C, S> {
    /// Begins, or begins again with what is durable. The log of the configuration of now is opened if that is not done yet.
    fn start(&mut self, cx: &mut Cx<'_, Self>) {
        self.tell_history(cx);
        self.enter(cx);
    }

    /// Handles a request of the layer above.
    fn request(&mut self, request: Request<C, S>, cx: &mut Cx<'_, Self>) {
        if !self.is_member(cx.me()) {
            return cx.indicate(Indication::Refused(request));
        }
        match request {
            Request::Append(command) => {
                self.commands.insert(command.clone());
                self.ask(Request::Append(Appended::Command(command)), cx);
            }
            Request::Barrier(id) => {
                self.barriers.insert(id);
                self.ask(Request::Barrier(id), cx);
            }
            Request::Snapshot(position, state) if self.can_compact(position) => {
                self.compact(position, state, cx);
            }
            Request::Change(members) if self.accepts(&members, cx) => {
                cx.mark("change");
                self.change = Some(members.clone());
                self.ask(Request::Append(Appended::Stop(members.clone())), cx);
                if flaw!(self, SucceedsBeforeCommit) {
                    self.stop(self.told + 1, self.epoch_of(Epoch::ZERO), members, cx);
                }
            }
            Request::Transfer(to) => self.ask(Request::Transfer(to), cx),
            request => cx.indicate(Indication::Refused(request)),
        }
    }

    fn ask(&self, request: Request<Appended<C>, S>, cx: &mut Cx<'_, Self>) {
        cx.request(Ask::Ask(self.now.number, request));
    }

    /// Whether these can be the members of the next configuration, now.
    fn accepts(&self, members: &Membership, cx: &Cx<'_, Self>) -> bool {
        members.is_proper()
            && *members != self.now.members
            && (self.settings.learners || members.learners.is_empty())
            && members.everyone().iter().all(|node| cx.group().contains(node))
            && self.change.as_ref().is_none_or(|other| other == members)
    }

    /// Handles what the log of the configuration of now tells.
    fn indication(&mut self, told: Indication<Appended<C>, S>, cx: &mut Cx<'_, Self>) {
        let told = match told {
            Indication::Committed(at, epoch, entry) => return self.committed(at, epoch, entry, cx),
            Indication::Restore(snapshot) => return self.restored(snapshot, cx),
            Indication::Passed(id) => {
                self.barriers.remove(&id);
                Indication::Passed(id)
            }
            Indication::Leader(epoch, leader) => Indication::Leader(self.epoch_of(epoch), leader),
            Indication::Refused(request) => Indication::Refused(match request {
                Request::Append(Appended::Command(command)) => {
                    self.commands.remove(&command);
                    Request::Append(command)
                }
                Request::Append(Appended::Stop(members)) => {
                    self.change = None;
                    Request::Change(members)
                }
                Request::Barrier(id) => {
                    self.barriers.remove(&id);
                    Request::Barrier(id)
                }
                Request::Transfer(to) => Request::Transfer(to),
                // It has one that covers as much, from another node, in place of entries that it had told. The one that it was to
                // take was taken here, and may be sent to those who come later.
                Request::Snapshot(..) => return,
                // It is never asked for one.
                Request::Change(members) => Request::Change(members),
            }),
        };
        cx.indicate(told);
    }

    /// The next entry. Until a restart has got to where a snapshot or the history ends, it is told already.
    fn committed(&mut self, at: Position, epoch: Epoch, entry: Entry<Appended<C>>, cx: &mut Cx<'_, Self>) {
        let counts_all = flaw!(self, CountsBehindStop);
        let at = if counts_all { self.told + 1 } else { self.now.base + at };
        if at != self.told + 1 {
            return;
        }
        let epoch = self.epoch_of(epoch);
        match entry {
            Entry::Command(Appended::Command(command)) => {
                self.commands.remove(&command);
                self.tell(at, epoch, Entry::Command(command), cx);
            }
            Entry::Command(Appended::Stop(members)) => self.stop(at, epoch, members, cx),
            Entry::Members(members) => self.tell(at, epoch, Entry::Members(members), cx),
            Entry::Blank => self.tell(at, epoch, Entry::Blank, cx),
        }
    }

    fn tell(&mut self, at: Position, epoch: Epoch, entry: Entry<C>, cx: &mut Cx<'_, Self>) {
        self.told = at;
        self.since.entries.push((epoch, entry.clone()));
        cx.indicate(Indication::Committed(at, epoch, entry));
    }

    /// A snapshot in place of what is in the log of now. Whether it covers a command that has no outcome here is not known.
    fn restored(&mut self, snapshot: Snapshot<S>, cx: &mut Cx<'_, Self>) {
        let position = self.now.base + snapshot.position;
        if position <= self.told {
            return;
        }
        cx.mark("restore");
        self.commands.clear();
        self.told = position;
        let (epoch, members) = (self.epoch_of(snapshot.epoch), self.now.members.clone());
        let snapshot = Snapshot { position, epoch, members, state: snapshot.state };
        self.since = Tail { snapshot: Some(snapshot.clone()), after: position, entries: Vec::new() };
        cx.indicate(Indication::Restore(snapshot));
    }

    /// Tells of what was committed before the configuration of now, as far as it is not told.
    fn tell_history(&mut self, cx: &mut Cx<'_, Self>) {
        let told = self.told;
        self.history.restore(told, &mut self.told, cx);
        if self.told > told {
            self.commands.clear();
        }
        for at in self.told + 1..=self.history.last() {
            if let Some((_, Entry::Command(command))) = self.history.get(at) {
                self.commands.remove(command);
            }
        }
        self.history.commit(&mut self.told, self.history.last(), cx);
        self.since = Tail { snapshot: None, after: self.history.last(), entries: Vec::new() };
    }

    /// Whether the layer above may have taken a snapshot there that is worth keeping.
    fn can_compact(&self, position: Position) -> bool {
        let start = self.since.snapshot.as_ref().map_or(self.history.start(), |snapshot| snapshot.position);
        start < position && position <= self.told
    }

    /// Takes the snapshot of the layer above in place of what it covers: in the log of now, if it covers any of that; and here, if
    /// there is anything that it replaces, which is so once in a configuration.
    fn compact(&mut self, position: Position, state: S, cx: &mut Cx<'_, Self>) {
        let Some(&(epoch, _)) = self.entry_at(position) else { return };
        cx.mark("compact");
        let members = self.members_at(position);
        let (before, has_entries) = (self.history.last(), self.history.start() < self.history.last());
        let snapshot = Snapshot { position, epoch, members, state: state.clone() };
        if position > before {
            let covered = usize::try_from(position - self.since.after).unwrap_or(usize::MAX);
            self.since.entries.drain(..covered.min(self.since.entries.len()));
            self.since.after = position;
            self.since.snapshot = Some(snapshot.clone()).filter(|_| !has_entries);
            self.ask(Request::Snapshot(position - self.now.base, state), cx);
        }
        if position <= before || has_entries {
            self.persist(Record::Snapshot(snapshot), cx);
        }
    }

    fn entry_at(&self, at: Position) -> Option<&Stamped<C>> {
        match at.checked_sub(self.since.after + 1) {
            Some(offset) => self.since.entries.get(usize::try_from(offset).ok()?),
            None => self.history.get(at),
        }
    }

    /// Who the members are after the entry at a position.
    fn members_at(&self, position: Position) -> Membership {
        if position >= self.now.base {
            return self.now.members.clone();
        }
        let of = |at| match self.history.get(at) {
            Some((_, Entry::Members(members))) => Some(members),
            _ => None,
        };
        let earlier = (self.history.start() + 1..=position).rev().find_map(of);
        let snapshot = || self.history.snapshot().map(|snapshot| &snapshot.members);
        earlier.or_else(snapshot).unwrap_or(&self.first).clone()
    }

    /// An epoch of the log of now, among those of all configurations.
    fn epoch_of(&self, epoch: Epoch) -> Epoch {
        if flaw!(self, EpochsCollide) { epoch } else { epoch.of_configuration(self.now.number) }
    }

    fn is_member(&self, node: NodeId) -> bool {
        self.now.members.contains(node)
    }

    /// The layer of a log that has these members at first. All nodes must be given the same, those too that are to be members
    /// only later.
    pub fn new(members: Membership, settings: Settings) -> Self {
        Reconfiguration {
            now: Configuration { number: 0, base: 0, members: members.clone() },
            history: Journal::new(),
            hands_over: false,
            told: 0,
            since: Tail { snapshot: None, after: 0, entries: Vec::new() },
            started: BTreeSet::new(),
            commands: BTreeSet::new(),
            barriers: BTreeSet::new(),
            change: None,
            first: members,
            settings,
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// This layer over a log like this one for each configuration. Of the log only the settings count: its members are the
    /// configuration's.
    pub fn over<A>(self, log: A) -> Reconfigured<A, C, S>
    where
        A: Seed<Membership, Provides = Log<Appended<C>, S>>,
    {
        Stack { upper: self, lower: Opened::of(log) }
    }

    /// The same layer, with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(self, flaw: Flaw) -> Self {
        Reconfiguration { flaw: Some(flaw), ..self }
    }

    /// The configuration of now, as far as this node knows.
    pub fn configuration(&self) -> &Configuration {
        &self.now
    }

    /// What was committed before the configuration of now.
    pub fn history(&self) -> &Journal<C, S> {
        &self.history
    }

    /// Whether this node was a member of the configuration before, and still has to care for the next one's beginning.
    pub fn hands_over(&self) -> bool {
        self.hands_over
    }
}

/// The log of now says who leads; of entries only those that are known to be committed are shown.
impl<C: Value, S: Value, A: Seed<Membership> + Replica> Replica for Reconfigured<A, C, S> {
    type Command = C;

    fn epoch(&self) -> Epoch {
        let log = self.lower.get(&self.upper.now.number);
        self.upper.epoch_of(log.map_or(Epoch::ZERO, Replica::epoch))
    }

    fn leads(&self) -> bool {
        self.lower.get(&self.upper.now.number).is_some_and(Replica::leads)
    }

    fn committed(&self) -> Position {
        self.upper.told
    }

    fn last(&self) -> Position {
        self.upper.told
    }

    fn entry(&self, at: Position) -> Option<(Epoch, &Entry<C>)> {
        self.upper.entry_at(at).map(|(epoch, entry)| (*epoch, entry))
    }
}
