//! `raft`, the crate of TiKV (raft-rs).

use raft::{
    Config, RawNode,
    eraftpb::{ConfState, Entry, Message},
    storage::MemStorage,
};
use slog::{Discard, Logger, o};

use super::cluster::{Batching, Command, Replica};

/// A node.
pub struct RaftRs {
    node: RawNode<MemStorage>,
}

/// What the crate calls a node: it counts from 1.
fn id(node: usize) -> u64 {
    node as u64 + 1
}

fn node(id: u64) -> usize {
    usize::try_from(id - 1).expect("nodes are few")
}

impl RaftRs {
    fn act_on(
        entries: Vec<Entry>,
        messages: impl IntoIterator<Item = Message>,
        send: &mut impl FnMut(usize, Message),
        tell: &mut impl FnMut(&[u8]),
    ) {
        messages.into_iter().for_each(|msg| send(node(msg.to), msg));
        // A leader's first entry is empty.
        entries.iter().filter(|entry| !entry.data.is_empty()).for_each(|entry| tell(&entry.data));
    }
}

impl Replica for RaftRs {
    type Msg = Message;

    fn group(nodes: usize, batching: Batching) -> Vec<Self> {
        let logger = Logger::root(Discard, o!());
        let voters: Vec<u64> = (0..nodes).map(id).collect();
        let replica = |&id: &u64| {
            let config = Config {
                id,
                // As ours.
                check_quorum: true,
                pre_vote: true,
                max_inflight_msgs: 4096,
                // Off, there is one entry in a message.
                max_size_per_msg: if batching == Batching::On { u64::MAX } else { 0 },
                batch_append: batching == Batching::On,
                ..Config::default()
            };
            let storage = MemStorage::new_with_conf_state(ConfState::from((voters.clone(), Vec::new())));
            RaftRs { node: RawNode::new(&config, storage, &logger).expect("the configuration is sound") }
        };
        voters.iter().map(replica).collect()
    }

    fn campaign(&mut self) {
        self.node.campaign().expect("it may campaign");
    }

    fn propose(&mut self, command: Command) {
        self.node.propose(Vec::new(), command).expect("it leads");
    }

    fn receive(&mut self, _from: usize, msg: Message) {
        self.node.step(msg).expect("it is a message of the group");
    }

    /// As the crate's own example does it.
    fn act(&mut self, mut send: impl FnMut(usize, Message), mut tell: impl FnMut(&[u8])) {
        while self.node.has_ready() {
            let mut ready = self.node.ready();
            Self::act_on(ready.take_committed_entries(), ready.take_messages(), &mut send, &mut tell);
            let mut disk = self.node.mut_store().wl();
            if !ready.entries().is_empty() {
                disk.append(ready.entries()).expect("there is no gap");
            }
            if let Some(state) = ready.hs() {
                disk.set_hardstate(state.clone());
            }
            drop(disk);
            ready.take_persisted_messages().into_iter().for_each(|msg| send(node(msg.to), msg));
            let mut light = self.node.advance(ready);
            if let Some(commit) = light.commit_index() {
                self.node.mut_store().wl().mut_hard_state().set_commit(commit);
            }
            Self::act_on(light.take_committed_entries(), light.take_messages(), &mut send, &mut tell);
            self.node.advance_apply();
        }
    }
}
