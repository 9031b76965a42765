//! What clients with sessions are told.

use std::collections::BTreeMap;

use synod_actor::{NodeId, Value};
use synod_consensus::{
    Log,
    log::{Entry, Indication, Position},
    sessions::{ClientId, Numbered},
};

use super::AT_MOST_ONCE;
use crate::{Monitor, Observation, Violation};

/// Watches a log of numbered commands for [`AT_MOST_ONCE`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct SessionsMonitor {
    /// Where the commands of each client were committed, by their numbers.
    committed: BTreeMap<ClientId, BTreeMap<u64, Position>>,
}

impl SessionsMonitor {
    /// Nothing is committed yet.
    pub fn new() -> Self {
        SessionsMonitor::default()
    }

    fn commit<C: Value>(&mut self, node: NodeId, at: Position, what: &Numbered<C>) -> Result<(), Violation> {
        let Numbered { client, number, .. } = *what;
        let of_client = self.committed.entry(client).or_default();
        let first = *of_client.entry(number).or_insert(at);
        if first != at {
            let because = format!(
                "{node} is told command {number} of client {client} at position {at}, and it was committed at \
                 position {first} before"
            );
            return Err(Violation::new(AT_MOST_ONCE, because));
        }
        let overtaken =
            of_client.iter().find(|&(&other, &there)| (other > number) != (there > at) && other != number);
        match overtaken {
            Some((other, there)) => Err(Violation::new(
                AT_MOST_ONCE,
                format!(
                    "{node} is told command {number} of client {client} at position {at}, and command {other} at \
                     position {there}"
                ),
            )),
            None => Ok(()),
        }
    }
}

impl<C: Value, S: Value> Monitor<Log<Numbered<C>, S>> for SessionsMonitor {
    fn safety(&self) -> Vec<&'static str> {
        vec![AT_MOST_ONCE]
    }

    fn observe(&mut self, node: NodeId, what: &Observation<Log<Numbered<C>, S>>) -> Result<(), Violation> {
        match what {
            Observation::Indication(Indication::Committed(at, _, Entry::Command(command))) => {
                self.commit(node, *at, command)
            }
            _ => Ok(()),
        }
    }
}
