//! The driver: a group of nodes that replicate a log, and the messages between them.

use std::mem;

/// What is appended: [`SIZE`] bytes that begin with a number. The first is 0, and each is one more than the one before.
pub type Command = Vec<u8>;

/// How large a command is, in bytes.
pub const SIZE: usize = 64;

fn command(number: u64) -> Command {
    let mut command = vec![0; SIZE];
    command[..8].copy_from_slice(&number.to_le_bytes());
    command
}

/// The number of a command.
fn number(command: &[u8]) -> Option<u64> {
    command.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

/// Whether commands travel together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Batching {
    /// Each leaves as soon as it is proposed, in a message of its own.
    Off,
    /// What is proposed while nothing can be sent goes together, in the way that the log has for it. Nodes handle all that has
    /// arrived before they answer, if they can.
    On,
}

/// A node of a replicated log, as the driver sees it. Nodes are numbered from 0.
pub trait Replica: Sized {
    /// What nodes say to each other.
    type Msg;

    /// A group of so many. Its disks are in memory, and their writes are durable at once.
    fn group(nodes: usize, batching: Batching) -> Vec<Self>;
    /// Tries to lead.
    fn campaign(&mut self);
    /// Leads, and appends this.
    fn propose(&mut self, command: Command);
    /// Handles a message.
    fn receive(&mut self, from: usize, msg: Self::Msg);
    /// Does what it wants to do since it was asked last: sends messages, and tells of commands that are committed.
    fn act(&mut self, send: impl FnMut(usize, Self::Msg), tell: impl FnMut(&[u8]));
}

/// A group, and what is under way in it.
pub struct Cluster<R: Replica> {
    replicas: Vec<R>,
    batching: Batching,
    /// What is on its way to each node, and from whom.
    inboxes: Vec<Vec<(usize, R::Msg)>>,
    /// An empty one, to be filled while another is worked off.
    spare: Vec<(usize, R::Msg)>,
    /// How many commands were proposed.
    proposed: u64,
    /// How many of them each node has told of.
    told: Vec<u64>,
    /// How many messages were sent.
    messages: u64,
}

impl<R: Replica> Cluster<R> {
    /// A group of so many whose first node leads.
    pub fn elect(nodes: usize, batching: Batching) -> Self {
        let mut cluster = Cluster {
            replicas: R::group(nodes, batching),
            batching,
            inboxes: (0..nodes).map(|_| Vec::new()).collect(),
            spare: Vec::new(),
            proposed: 0,
            told: vec![0; nodes],
            messages: 0,
        };
        cluster.replicas[LEADER].campaign();
        (0..nodes).for_each(|node| cluster.act(node));
        while cluster.inboxes.iter().any(|inbox| !inbox.is_empty()) {
            cluster.round();
        }
        cluster
    }

    /// Proposes so many commands, at most so many of them under way at a time: proposed, and not told of by every node.
    ///
    /// # Panics
    /// A node tells of something else than was proposed, or nothing happens any more before all have told of everything.
    pub fn run(&mut self, proposals: u64, in_flight: u64) {
        let end = self.proposed + proposals;
        while self.everywhere() < end {
            let room = (self.everywhere() + in_flight).min(end);
            for number in self.proposed..room {
                self.replicas[LEADER].propose(command(number));
                if self.batching == Batching::Off {
                    self.act(LEADER);
                }
            }
            self.proposed = self.proposed.max(room);
            self.act(LEADER);
            assert!(self.inboxes.iter().any(|inbox| !inbox.is_empty()), "it stands still: {:?}", self.told);
            self.round();
        }
    }

    /// How many messages were sent so far.
    pub fn messages(&self) -> u64 {
        self.messages
    }

    /// How many commands all nodes have told of.
    fn everywhere(&self) -> u64 {
        self.told.iter().copied().min().unwrap_or(0)
    }

    /// Every node in turn handles what is on its way to it.
    fn round(&mut self) {
        for node in 0..self.replicas.len() {
            let spare = mem::take(&mut self.spare);
            let mut inbox = mem::replace(&mut self.inboxes[node], spare);
            for (from, msg) in inbox.drain(..) {
                self.replicas[node].receive(from, msg);
                if self.batching == Batching::Off {
                    self.act(node);
                }
            }
            self.act(node);
            self.spare = inbox;
        }
    }

    fn act(&mut self, node: usize) {
        let (inboxes, told, messages) = (&mut self.inboxes, &mut self.told[node], &mut self.messages);
        let send = |to: usize, msg| {
            *messages += 1;
            inboxes[to].push((node, msg));
        };
        let tell = |command: &[u8]| {
            assert_eq!(number(command), Some(*told), "node {node} tells of something else");
            *told += 1;
        };
        self.replicas[node].act(send, tell);
    }
}

/// The node that leads.
const LEADER: usize = 0;
