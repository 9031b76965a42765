//! At most once: client sessions over any log.
//!
//! A log commits a command as often as it is asked for, and whoever gets no answer asks again. So each client numbers its
//! commands, and asks for the next one only once it was told of the one before. This layer keeps the number of the latest
//! command of each client, as committed (the client table of Liskov and Cowling, *Viewstamped Replication Revisited* (2012),
//! §4; the sessions of Ongaro, *Consensus: Bridging Theory and Practice* (2014), §6.3). It offers the port [`Log`] that it
//! stands on:
//!
//! - a command that is committed a second time, or after a later one of its client, is indicated as
//!   [`Blank`](Entry::Blank): its position exists and means nothing;
//! - a command that is known to be committed is [`Refused`](Indication::Refused) when it is asked for again: nothing more
//!   comes of it;
//! - the table goes with the snapshots, so that what was compacted does not happen again.
//!
//! The table is what the log says, so all nodes have the same at each position, and nothing of it is written. It
//! is the position in the log that decides, never what a leader knows when it is asked: a leader that looks at its own table
//! only when it appends misses what an earlier leader has appended.
//!
//! What it does not do: keep results (they are the layer above's, which has to keep the last of each client anyway, if it
//! wants to repeat it), and forget clients. The table has a number for each client that ever was.

use std::{collections::BTreeMap, marker::PhantomData};

use synod_actor::{Actor, Cx, Event, Never, NodeId, Value};

use crate::{
    Log,
    log::{Entry, Indication, Position, Request, Snapshot},
};

/// Who asks. Unique, and for ever: a client that has lost count is another one.
pub type ClientId = u64;

/// A command of a client.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Numbered<C> {
    /// Whose it is.
    pub client: ClientId,
    /// Greater than that of the client's command before. The first is at least 1.
    pub number: u64,
    /// The command.
    pub command: C,
}

/// The number of the latest command of each client.
pub type Table = BTreeMap<ClientId, u64>;

/// A snapshot of the layer above, with the table at its position.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Tabled<S> {
    /// The table.
    pub table: Table,
    /// The snapshot.
    pub state: S,
}

/// A known fault of client tables. A node has at most one.
#[cfg(feature = "mutants")]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Flaw {
    /// The table is looked at when a command is asked for, and not when it is committed.
    ChecksOnlyRequests,
    /// Snapshots are without the table.
    SnapshotsWithoutTable,
}

/// The layer that makes at most once of at least once. See the [module](self).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Sessions<C, S> {
    /// How far the log was told, and the table there.
    told: Position,
    table: Table,
    /// The table as of the latest snapshot, and what has changed since, for a snapshot of any position in between.
    base: Table,
    since: Vec<(Position, ClientId, u64)>,
    of: PhantomData<(C, S)>,
    #[cfg(feature = "mutants")]
    flaw: Option<Flaw>,
}

impl<C: Value, S: Value> Actor for Sessions<C, S> {
    type Provides = Log<Numbered<C>, S>;
    type Uses = Log<Numbered<C>, Tabled<S>>;
    type Msg = Never;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request(request) => self.request(request, cx),
            Event::Indication(indication) => self.indication(indication, cx),
            Event::Receive(NodeId(_), never) | Event::Timeout(never) => match never {},
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }

    fn marks() -> Vec<&'static str> {
        vec!["repetition"]
    }
}

impl<C: Value, S: Value> Sessions<C, S> {
    /// No clients yet.
    pub fn new() -> Self {
        Sessions {
            told: 0,
            table: Table::new(),
            base: Table::new(),
            since: Vec::new(),
            of: PhantomData,
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// The same, with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(self, flaw: Flaw) -> Self {
        Sessions { flaw: Some(flaw), ..self }
    }

    /// The number of the latest command of each client.
    pub fn table(&self) -> &Table {
        &self.table
    }

    fn request(&mut self, request: Request<Numbered<C>, S>, cx: &mut Cx<'_, Self>) {
        match request {
            Request::Append(command) if self.is_new(&command) => cx.request(Request::Append(command)),
            Request::Snapshot(position, state) if position <= self.told => {
                let without = flaw!(self, SnapshotsWithoutTable);
                let table = if without { Table::new() } else { self.table_at(position) };
                cx.request(Request::Snapshot(position, Tabled { table, state }));
            }
            // Committed before; or of a position that was not told yet.
            request @ (Request::Append(_) | Request::Snapshot(..)) => {
                cx.indicate(Indication::Refused(request));
            }
            Request::Barrier(id) => cx.request(Request::Barrier(id)),
            Request::Change(members) => cx.request(Request::Change(members)),
            Request::Transfer(to) => cx.request(Request::Transfer(to)),
        }
    }

    fn indication(&mut self, indication: Indication<Numbered<C>, Tabled<S>>, cx: &mut Cx<'_, Self>) {
        let told = match indication {
            Indication::Committed(position, epoch, entry) => {
                self.told = position;
                let entry = match entry {
                    Entry::Command(command) if self.is_new(&command) || flaw!(self, ChecksOnlyRequests) => {
                        self.table.insert(command.client, command.number);
                        self.since.push((position, command.client, command.number));
                        Entry::Command(command)
                    }
                    Entry::Command(_) => {
                        cx.mark("repetition");
                        Entry::Blank
                    }
                    Entry::Members(members) => Entry::Members(members),
                    Entry::Blank => Entry::Blank,
                };
                Indication::Committed(position, epoch, entry)
            }
            Indication::Restore(Snapshot { position, epoch, members, state: Tabled { table, state } }) => {
                self.told = position;
                (self.table, self.base) = (table.clone(), table);
                self.since.clear();
                Indication::Restore(Snapshot { position, epoch, members, state })
            }
            Indication::Passed(barrier) => Indication::Passed(barrier),
            Indication::Leader(epoch, leader) => Indication::Leader(epoch, leader),
            Indication::Refused(request) => Indication::Refused(match request {
                Request::Append(command) => Request::Append(command),
                Request::Barrier(barrier) => Request::Barrier(barrier),
                Request::Snapshot(position, tabled) => Request::Snapshot(position, tabled.state),
                Request::Change(members) => Request::Change(members),
                Request::Transfer(to) => Request::Transfer(to),
            }),
        };
        cx.indicate(told);
    }

    fn is_new(&self, command: &Numbered<C>) -> bool {
        command.number > self.table.get(&command.client).copied().unwrap_or(0)
    }

    /// The table after the entry at a position. What comes before is not asked for any more: the log keeps the latest
    /// snapshot only, and refuses earlier ones.
    fn table_at(&mut self, position: Position) -> Table {
        let until = self.since.partition_point(|&(at, ..)| at <= position);
        self.base.extend(self.since.drain(..until).map(|(_, client, number)| (client, number)));
        self.base.clone()
    }
}

impl<C: Value, S: Value> Default for Sessions<C, S> {
    fn default() -> Self {
        Sessions::new()
    }
}
