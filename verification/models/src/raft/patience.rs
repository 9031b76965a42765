//! Raft whose election timers do not run at all nodes: fewer runs to explore.

use synod_actor::{Actor, Cx, Effect, Event};
use synod_consensus::{
    Epoch,
    log::Replica,
    raft::{self, Timer},
};

use super::Node;

/// When a node loses patience with its leader.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Patience {
    /// Whenever its timer says so.
    Short,
    /// Never. An asynchronous run in which it just has not happened yet.
    Endless,
    /// Not with one of this epoch or a later one: what heartbeats are for, said without clocks. A run then has as many
    /// elections as it has crashes and losses, and not any number.
    EndlessFrom(Epoch),
}

/// A node of Raft, and its patience.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Patient {
    pub(crate) raft: Node,
    pub(crate) patience: Patience,
}

impl Patient {
    fn is_patient(&self) -> bool {
        match self.patience {
            Patience::Short => false,
            Patience::Endless => true,
            Patience::EndlessFrom(epoch) => self.raft.leader().is_some() && self.raft.epoch() >= epoch,
        }
    }
}

impl Actor for Patient {
    type Provides = <Node as Actor>::Provides;
    type Uses = <Node as Actor>::Uses;
    type Msg = raft::Msg<char, char>;
    type Timer = Timer;
    type Record = raft::Record<char, char>;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        let event = match event {
            Event::Start => Event::Start,
            Event::Request(request) => Event::Request(request),
            Event::Receive(from, msg) => Event::Receive(from, msg),
            Event::Timeout(timer) => Event::Timeout(timer),
            Event::Indication(never) => match never {},
        };
        let raft = &mut self.raft;
        for effect in cx.part(|cx| raft.on(event, cx)) {
            cx.issue(match effect {
                // As if it were so long that nobody lives to see it.
                Effect::Set(timer @ Timer::Election, _) if self.is_patient() => Effect::Cancel(timer),
                Effect::Set(timer, after) => Effect::Set(timer, after),
                Effect::Persist(record) => Effect::Persist(record),
                Effect::Send(to, msg) => Effect::Send(to, msg),
                Effect::Cancel(timer) => Effect::Cancel(timer),
                Effect::Indicate(indication) => Effect::Indicate(indication),
                Effect::Mark(mark) => Effect::Mark(mark),
                Effect::Request(never) => match never {},
            });
        }
    }

    fn replay(&mut self, record: Self::Record) {
        self.raft.replay(record);
    }

    fn marks() -> Vec<&'static str> {
        Node::marks()
    }
}
