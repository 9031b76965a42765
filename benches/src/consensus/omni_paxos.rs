//! `omnipaxos`.

use std::mem;

use bytes::Bytes;
use omnipaxos::{
    ClusterConfig, OmniPaxos, ServerConfig,
    messages::Message,
    storage::{Entry, NoSnapshot},
    util::LogEntry,
};
use omnipaxos_storage::memory_storage::MemoryStorage;

use super::cluster::{Batching, Command, Replica};

/// A command, as the crate wants it.
#[derive(Clone, Debug)]
pub struct Payload(Bytes);

impl Entry for Payload {
    type Snapshot = NoSnapshot;
}

/// A node. How its commands are batched is up to when it is asked for its messages: those for one node are merged until then.
pub struct Omni {
    node: OmniPaxos<Payload, MemoryStorage<Payload>>,
    /// How many entries it has told of.
    told: usize,
    outgoing: Vec<Message<Payload>>,
}

/// What the crate calls a node: it counts from 1.
fn id(node: usize) -> u64 {
    node as u64 + 1
}

impl Replica for Omni {
    type Msg = Message<Payload>;

    fn group(nodes: usize, _batching: Batching) -> Vec<Self> {
        let nodes: Vec<u64> = (0..nodes).map(id).collect();
        let cluster = ClusterConfig { configuration_id: 1, nodes: nodes.clone(), flexible_quorum: None };
        let replica = |&pid: &u64| {
            let server = ServerConfig { pid, ..ServerConfig::default() };
            let node = cluster.clone().build_for_server(server, MemoryStorage::default());
            Omni { node: node.expect("the configuration is sound"), told: 0, outgoing: Vec::new() }
        };
        nodes.iter().map(replica).collect()
    }

    fn campaign(&mut self) {
        self.node.try_become_leader();
    }

    fn propose(&mut self, command: Command) {
        assert!(self.node.append(Payload(command.into())).is_ok(), "it leads");
    }

    fn receive(&mut self, _from: usize, msg: Self::Msg) {
        self.node.handle_incoming(msg);
    }

    fn act(&mut self, mut send: impl FnMut(usize, Self::Msg), mut tell: impl FnMut(&[u8])) {
        let mut outgoing = mem::take(&mut self.outgoing);
        self.node.take_outgoing_messages(&mut outgoing);
        for msg in outgoing.drain(..) {
            send(usize::try_from(msg.get_receiver() - 1).expect("nodes are few"), msg);
        }
        self.outgoing = outgoing;
        if self.node.get_decided_idx() > self.told {
            for entry in self.node.read_decided_suffix(self.told).unwrap_or_default() {
                self.told += 1;
                if let LogEntry::Decided(Payload(command)) = entry {
                    tell(&command);
                }
            }
        }
    }
}
