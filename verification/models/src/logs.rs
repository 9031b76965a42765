//! What models of replicated logs have in common.

use synod_actor::{Actor, NodeId};
use synod_checker::{Environment, NodeView, System};
use synod_consensus::{Log, log::Request};
use synod_properties::LogMonitor;

use crate::patience::{Impatient, Patient};

/// A group that runs a log of letters.
pub(crate) type Model<A> = System<Patient<A>, LogMonitor<char, char>>;
/// What is asked at the node of this place.
pub(crate) type Asked = (u16, Request<char, char>);

/// That this is to be appended.
pub(crate) fn append(at: u16, command: char) -> Asked {
    (at, Request::Append(command))
}

/// Whether something holds of the running nodes.
pub(crate) fn all_of<A: Actor>(nodes: &[NodeView<'_, Patient<A>>], holds: fn(&[&A]) -> bool) -> bool {
    holds(&nodes.iter().map(|node| &node.live.node).collect::<Vec<_>>())
}

/// These nodes, asked these things, as their clients see them.
pub(crate) fn observed<A>(
    nodes: Vec<Patient<A>>,
    requests: &[Asked],
    monitor: LogMonitor<char, char>,
    environment: Environment,
) -> Model<A>
where
    A: Impatient + Actor<Provides = Log<char, char>>,
{
    let system = System::new(nodes, monitor).environment(environment);
    requests.iter().cloned().fold(system, |system, (at, request)| system.request(NodeId(at), request))
}
