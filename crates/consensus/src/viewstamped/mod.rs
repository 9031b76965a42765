//! Viewstamped Replication, after Liskov and Cowling, *Viewstamped Replication Revisited* (2012; "the paper", whose sections
//! are cited as §4.1).
//!
//! - **Assumes** that a majority of the replicas is up for long enough, and nothing else for safety: links may lose,
//!   duplicate, reorder and delay; replicas may crash and restart. No clock is read.
//! - **Guarantees** what the port [`Log`] says. Commands are committed once a majority is up, links deliver, and backups wait
//!   long enough to hear of a primary.
//! - **Durable** are the view-number, the latest view in which the replica was normal, and the log with its snapshot. What is
//!   committed is not: a replica that restarts is told again, and tells again. With [`Storage::Memory`] only the view-number
//!   and a count of starts are, and a replica that restarts asks the others for the rest.
//!
//! The primary of a view follows from its number, so nobody is elected. In `normal.rs` the primary orders, the backups follow
//! (§4.1); in `view_change.rs` they replace it (§4.2); in `recovery.rs` replicas get back what a crash took (§4.3), in
//! `state_transfer.rs` what they missed (§5.2). Snapshots are in `snapshots.rs` (§5.1); `transfer.rs` and `reads.rs` are ours.
//!
//! **To read in this order**: `message.rs`, this file, `normal.rs`, `view_change.rs`, `state_transfer.rs`. They are the core, for which
//! the `journal.rs` of the crate is a list of entries. A first reading leaves out `recovery.rs`, for logs in memory, `links.rs`, for
//! links that lose messages, `snapshots.rs`, `transfer.rs` and `reads.rs`, which are options, and `outside.rs`, which is how a replica
//! is made and looked at.
//!
//! Deviations, each explained where it is: a view-number is written before anyone hears of it, in memory mode too (published
//! without that, recovery loses committed entries); a replica that is behind keeps its log until it has a better one (the
//! paper drops entries first, and loses committed ones); a primary that restarts leaves its view; it tells the backups at
//! once that an entry is committed. The client table is not here: it is a layer above, for all logs. Views count from 1, for
//! [`Epoch`] 0 is before the first; and the members stay ([`Change`](Request::Change) is refused): §7 is a layer above,
//! [`reconfiguration`](crate::reconfiguration).

#[cfg(feature = "mutants")]
mod flaws;
mod links;
mod message;
mod normal;
mod outside;
mod reads;
mod recovery;
mod snapshots;
mod state_transfer;
mod transfer;
mod view_change;

use synod_actor::{Actor, Cx, Event, NodeId, Nothing, Value};

use crate::{
    Epoch, Log, Membership,
    barriers::Barriers,
    log::{Indication, Position, Replica, Request},
    waiting::Waiting,
};

pub use crate::journal::{Journal, Stamped, Tail};
#[cfg(feature = "mutants")]
pub use flaws::Flaw;
pub use message::{Msg, Record, Timer, Vote};
use message::{Msg::*, Timer::*};
use normal::Lead;
pub use outside::{Settings, Storage};
use recovery::Responses;
use view_change::Change;

/// The status (§4). A replica whose status is normal is one of the first two.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Status<C, S> {
    /// Normal, and another one is the primary of the view.
    Backup,
    /// Normal, and the primary of the view.
    Primary(Lead),
    /// On the way to the view.
    ViewChange(Change<C, S>),
    /// Asks what its log was.
    Recovering(Responses<C, S>),
}

/// A replica. See the [module](self).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Viewstamped<C, S> {
    // Durable: changed by `replay` only.
    /// How often it has started. Tells a first start from others, and is the nonce of a recovery.
    incarnation: u64,
    /// view-number.
    view: Epoch,
    // Durable unless the log is in memory: changed by `replay` only.
    /// The latest view in which its status was normal.
    last_normal: Epoch,
    /// log and op-number.
    journal: Journal<C, S>,
    // Volatile.
    /// commit-number; what is committed is indicated at once.
    commit: Position,
    status: Status<C, S>,
    /// What waits for room in the window of the primary.
    waiting: Waiting<C>,
    /// The view, and the position behind which it has asked for the log of that view.
    asked: Option<(Epoch, Position)>,
    /// What the layer above wants to read, and where it must have got to if the primary has answered.
    reads: Barriers,
    /// configuration.
    members: Membership,
    settings: Settings,
    #[cfg(feature = "mutants")]
    flaw: Option<Flaw>,
}

impl<C: Value, S: Value> Actor for Viewstamped<C, S> {
    type Provides = Log<C, S>;
    type Uses = Nothing;
    type Msg = Msg<C, S>;
    type Timer = Timer;
    type Record = Record<C, S>;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => self.start(cx),
            Event::Request(request) => self.request(request, cx),
            Event::Receive(from, msg) if self.members.is_voter(from) => self.receive(from, msg, cx),
            // Not of a replica.
            Event::Receive(..) => {}

            // Backups: the primary is not heard of. In a view change: it has no outcome (§4.2, 1).
            Event::Timeout(ViewChange) => self.lose_patience(cx),
            // Primary: nothing was to be prepared for a while (§4.1, 6).
            Event::Timeout(Idle) => self.repeat_itself(cx),
            Event::Timeout(Resend) => self.resend(cx),
            Event::Indication(never) => match never {},
        }
    }

    fn replay(&mut self, record: Record<C, S>) {
        match record {
            Record::Incarnation(incarnation) => self.incarnation = incarnation,
            Record::View(view) => self.view = view,
            Record::Append(entries) => self.journal.extend(&entries),
            Record::Normal(view, tail) => {
                (self.view, self.last_normal) = (view, view);
                self.journal.replace(tail);
            }
            Record::Snapshot(snapshot) => self.journal.compact(snapshot),
        }
    }

    fn marks() -> Vec<&'static str> {
        let normal = ["prepare", "append", "batch", "commit", "repeat"];
        let view_change = ["view change", "vote", "primary", "backup"];
        let behind = ["ask", "catch up", "recover", "recovered", "snapshot", "restore"];
        [&normal[..], &view_change[..], &behind[..], &["read"]].concat()
    }
}

impl<C: Value, S: Value> Viewstamped<C, S> {
    /// Handles a message of a replica.
    fn receive(&mut self, from: NodeId, msg: Msg<C, S>, cx: &mut Cx<'_, Self>) {
        match msg {
            // Recovery, 3: "While a replica's status is recovering it does not participate in either the request processing
            // protocol or the view change protocol" (§4.3).
            RecoveryResponse(view, nonce, log) => self.on_recovery_response(from, view, nonce, log, cx),
            AskRead(id) => self.on_ask_read(from, id, cx),
            ReadAt(id, position) => self.on_read_at(id, position, cx),
            // Who has passed it on may believe in a primary of the past: then it is not passed on further.
            Forward(command) => self.on_request(from, command, cx),
            _ if self.is_recovering() => {}

            Prepare(view, number, entries, commit) => {
                self.on_prepare(from, view, number, entries, commit, cx);
            }
            PrepareOk(view, number) => self.on_prepare_ok(from, view, number, cx),
            Commit(view, commit) => self.on_commit(from, view, commit, cx),

            StartViewChange(view) => self.on_start_view_change(from, view, cx),
            DoViewChange(view, vote) => self.on_do_view_change(from, view, vote, cx),
            StartView(view, log, commit) => self.on_start_view(from, view, log, commit, cx),

            GetState(view, after) => self.on_get_state(from, view, after, cx),
            NewState(view, after, log, commit) => self.on_new_state(view, after, log, commit, cx),
            Recovery(view, nonce) => self.on_recovery(from, view, nonce, cx),

            Confirm(view, round) => self.on_confirm(from, view, round, cx),
            Confirmed(view, round) => self.on_confirmed(from, view, round, cx),
        }
    }

    /// Handles a request of the layer above.
    fn request(&mut self, request: Request<C, S>, cx: &mut Cx<'_, Self>) {
        match request {
            request if !self.members.is_voter(cx.me()) => cx.indicate(Indication::Refused(request)),
            Request::Append(command) if self.leads() => self.on_request(cx.me(), command, cx),
            // The paper's clients learn who the primary is. Here a backup passes the command on.
            Request::Append(command) if self.is_backup() => {
                cx.send(self.primary(self.view, cx.me()), Forward(command));
            }
            Request::Barrier(id) if self.is_normal() => self.read(id, cx),
            Request::Snapshot(position, state) if self.journal.can_compact(position, self.commit) => {
                self.compact(position, state, cx);
            }
            Request::Transfer(to) if self.can_transfer_to(to, cx.me()) => self.transfer(to, cx),
            // No view is under way, or it is for the primary only, or it makes no sense (now).
            request => cx.indicate(Indication::Refused(request)),
        }
    }

    /// Begins, or begins again with what is durable. That it has begun is written before anything else: a first start is the
    /// only one with nothing to get back.
    fn start(&mut self, cx: &mut Cx<'_, Self>) {
        if !self.members.is_voter(cx.me()) {
            return;
        }
        let is_first = self.incarnation == 0;
        self.persist(Record::Incarnation(self.incarnation + 1), cx);
        self.restore(cx);
        if !is_first && self.settings.storage == Storage::Memory {
            self.recover(cx);
        } else if self.view > self.last_normal {
            self.begin_view_change(cx);
        } else if is_first || !self.is_primary(cx.me()) || flaw!(self, ContinuesAfterRestart) {
            self.be_normal(cx);
        } else {
            // A primary may have sent entries that it had not yet written. In the same view it would give their op-numbers to
            // others. The paper does not say so, for there a primary that crashes has lost its view anyway.
            self.change_view(self.view.next(), cx);
        }
    }

    /// Indicates everything up to this position, which is committed, as far as the log goes.
    fn commit_to(&mut self, position: Position, cx: &mut Cx<'_, Self>) {
        self.journal.commit(&mut self.commit, position, cx);
        self.reads.pass(self.commit, cx);
    }

    /// Writes what is durable if the log is.
    fn write(&mut self, record: Record<C, S>, cx: &mut Cx<'_, Self>) {
        match self.settings.storage {
            Storage::Disk => self.persist(record, cx),
            Storage::Memory => self.replay(record),
        }
    }

    /// "The primary is chosen round-robin, starting with replica 1, as the system moves to new views" (§4).
    fn primary(&self, view: Epoch, me: NodeId) -> NodeId {
        let replicas = &self.members.voters;
        let first = if flaw!(self, CountsReplicasFromItself) { u64::from(me.0) } else { 0 };
        let at = view.0.saturating_sub(1).saturating_add(first) % (replicas.len() as u64).max(1);
        replicas.iter().copied().nth(usize::try_from(at).unwrap_or(0)).unwrap_or(me)
    }

    fn is_primary(&self, me: NodeId) -> bool {
        self.primary(self.view, me) == me
    }

    fn is_backup(&self) -> bool {
        matches!(self.status, Status::Backup)
    }

    fn is_normal(&self) -> bool {
        matches!(self.status, Status::Backup | Status::Primary(_))
    }

    fn is_recovering(&self) -> bool {
        matches!(self.status, Status::Recovering(_))
    }

    fn send_replicas(&self, msg: Msg<C, S>, cx: &mut Cx<'_, Self>) {
        let me = cx.me();
        cx.send_each(self.members.voters.iter().copied().filter(|&replica| replica != me), msg);
    }
}
