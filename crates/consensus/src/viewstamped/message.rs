//! What replicas say to each other, what they write, and what they wait for.

use std::sync::Arc;

use crate::{
    Epoch,
    journal::{Stamped, Tail},
    log::{BarrierId, Position},
};

/// What the replicas say to each other, by the paper's names as far as it has them. The first field is the sender's
/// view-number.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Msg<C, S> {
    // Normal operation (§4.1).
    /// Append these entries, the first of them at this op-number; and my commit-number.
    Prepare(Epoch, Position, Arc<[Stamped<C>]>, Position),
    /// My log in this view holds everything up to this op-number.
    PrepareOk(Epoch, Position),
    /// Everything up to this commit-number is committed.
    Commit(Epoch, Position),

    // View changes (§4.2).
    /// Let us get to this view.
    StartViewChange(Epoch),
    /// You are the primary of this view as far as I am concerned, and this is what I know.
    DoViewChange(Epoch, Vote<C, S>),
    /// The view has begun: the log that it begins with, and what of it is committed.
    StartView(Epoch, Tail<C, S>, Position),

    // State transfer (§5.2).
    /// Send me what comes behind this position in this view.
    GetState(Epoch, Position),
    /// The answer, with the position that it was asked with; and the commit-number.
    NewState(Epoch, Position, Tail<C, S>, Position),

    // Recovery of those that keep their log in memory (§4.3).
    /// I have lost my log. The view that I have promised to get to, and a nonce.
    Recovery(Epoch, u64),
    /// The nonce; and of the primary its log and commit-number.
    RecoveryResponse(Epoch, u64, Option<(Tail<C, S>, Position)>),

    // Not in the paper: clients that sit at a backup, and reads without log entries.
    /// Append this for me, if you are the primary.
    Forward(C),
    /// What is the position that a read of now must see?
    AskRead(BarrierId),
    /// It is this; or I do not know.
    ReadAt(BarrierId, Option<Position>),
    /// Am I still the primary of the latest view that you know? The round of this question.
    Confirm(Epoch, u64),
    /// You are.
    Confirmed(Epoch, u64),
}

/// What a DOVIEWCHANGE message says.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Vote<C, S> {
    /// v': the latest view in which the status of the sender was normal.
    pub last_normal: Epoch,
    /// l: its log, all of it.
    pub log: Tail<C, S>,
    /// k: its commit-number.
    pub commit: Position,
}

/// What a replica writes to disk; one that keeps its log in memory writes the first two alone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Record<C, S> {
    /// It has started so many times.
    Incarnation(u64),
    /// It has promised to get to this view: it takes part in no earlier one.
    View(Epoch),
    /// In this view its log goes on with these entries.
    Append(Arc<[Stamped<C>]>),
    /// It is normal in this view, with this log. One record, so that no crash separates a log from the view that it is of.
    Normal(Epoch, Tail<C, S>),
    /// A snapshot, in place of the entries that it covers.
    Snapshot(crate::log::Snapshot<S>),
}

/// What a replica waits for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Timer {
    /// Backups: the primary is not heard of. In a view change: it takes too long.
    ViewChange,
    /// Primary: time to tell the backups of the latest commit, and that it is alive (§4.1, 6).
    Idle,
    /// In a view change, and in recovery: what was sent may be lost.
    Resend,
}
