//! Who can still decide when some links are cut: the scenarios of Ng, Haridi and Carbone, *Omni-Paxos: Breaking the Barriers of
//! Partial Connectivity* (2023), decided by the checker.
//!
//! Each begins with a group whose first node leads, and has just been cut. From then on every order of events is explored in
//! which timers run out only when nothing else is under way (`cut.rs` says when they do). Asked is whether a new
//! decision can **always still be reached** (AG EF). What the authors measure is more: that it is reached soon.
//!
//! Epochs grow for ever where elections fail, so runs end at an epoch. What is found before is certain if it is a state from which
//! neither a decision nor a higher epoch can be reached: there it ends for good. Else it is said how far was looked.

use std::collections::BTreeSet;

use synod_actor::{Never, NodeId};
use synod_checker::{Environment, NodeView, Options, System, Verdict};
use synod_consensus::{
    Epoch, MultiPaxos, Raft, Viewstamped, Zab,
    log::Request,
    multi_paxos as mp, raft as rf,
    viewstamped::{self as vs, Storage},
    zab as zb,
};

use super::{
    cut::{Cut, Led},
    groups::{LEADER, OTHER, lead, multi_paxos, plain, raft, viewstamped, zab},
};
use crate::{
    lockstep::Slow,
    registry::{Case, case},
};

/// That a decision, or a later epoch than is looked at, can be reached.
const POSSIBLE: &str = "a new decision is possible";
/// That there is none.
const NONE: &str = "nothing new is decided";
/// That leaders do not take turns more often than that, without a new decision.
const TURNS: &str = "leaders take no more turns";
/// That no epoch is left out.
const BOUNDED: &str = "epochs do not grow without end";

/// Which links are cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scenario {
    /// Of five nodes all links but those of one, which does not lead.
    QuorumLoss,
    /// Of five nodes all links but those of one whose log is behind; and those of the leader.
    Constrained,
    /// Of three nodes the link between the leader and another one.
    Chained,
}

/// All of them.
pub const SCENARIOS: [Scenario; 3] = [Scenario::QuorumLoss, Scenario::Constrained, Scenario::Chained];

impl Scenario {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Scenario::QuorumLoss => "quorum-loss",
            Scenario::Constrained => "constrained election",
            Scenario::Chained => "chained",
        }
    }

    fn nodes(self) -> usize {
        match self {
            Scenario::QuorumLoss | Scenario::Constrained => 5,
            Scenario::Chained => 3,
        }
    }

    /// Whether a link is left. The node that sees the others is [`OTHER`].
    fn links(self, one: NodeId, other: NodeId) -> bool {
        let is_of = |node| one == node || other == node;
        one != other && is_of(OTHER) && (self != Scenario::Constrained || !is_of(LEADER))
    }

    /// Who has missed the last entry: with the node that sees all a further one, so that the entry is on a majority.
    fn behind(self) -> &'static [NodeId] {
        match self {
            Scenario::Constrained => &[OTHER, NodeId(3)],
            Scenario::QuorumLoss | Scenario::Chained => &[],
        }
    }
}

impl Led for Raft<char, Never> {
    fn follows(&self) -> Option<NodeId> {
        self.leader()
    }

    fn is_patience(timer: &rf::Timer) -> bool {
        [rf::Timer::Election, rf::Timer::Contact].contains(timer)
    }

    fn is_doubt(timer: &rf::Timer) -> bool {
        *timer == rf::Timer::Quorum
    }
}

impl Led for MultiPaxos<char, Never> {
    fn follows(&self) -> Option<NodeId> {
        self.leader()
    }

    fn is_patience(timer: &mp::Timer) -> bool {
        *timer == mp::Timer::Patience
    }

    fn is_doubt(_: &mp::Timer) -> bool {
        false
    }
}

impl Led for Viewstamped<char, Never> {
    /// The primary, once the view has begun here.
    fn follows(&self) -> Option<NodeId> {
        self.normal_in().and_then(|view| self.primary_of(view))
    }

    fn is_patience(timer: &vs::Timer) -> bool {
        *timer == vs::Timer::ViewChange
    }

    fn is_doubt(_: &vs::Timer) -> bool {
        false
    }
}

impl Led for Zab<char, Never> {
    fn follows(&self) -> Option<NodeId> {
        Zab::follows(self)
    }

    /// An election that comes to nothing has no epoch.
    fn elections(&self) -> Epoch {
        Epoch(self.logical_clock())
    }

    fn is_patience(timer: &zb::Timer) -> bool {
        *timer == zb::Timer::Contact
    }

    fn is_doubt(timer: &zb::Timer) -> bool {
        *timer == zb::Timer::Contact
    }
}

/// The algorithms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Algorithm {
    /// Multi-Paxos.
    MultiPaxos,
    /// Raft.
    Raft {
        /// With a question before each election.
        pre_vote: bool,
        /// With leaders that step down if they hear of no quorum.
        check_quorum: bool,
    },
    /// Viewstamped Replication.
    Viewstamped,
    /// Zab, with fast leader election.
    Zab,
}

/// All of them.
pub const ALGORITHMS: [Algorithm; 7] = [
    Algorithm::MultiPaxos,
    Algorithm::Raft { pre_vote: false, check_quorum: false },
    Algorithm::Raft { pre_vote: true, check_quorum: false },
    Algorithm::Raft { pre_vote: false, check_quorum: true },
    Algorithm::Raft { pre_vote: true, check_quorum: true },
    Algorithm::Viewstamped,
    Algorithm::Zab,
];

impl Algorithm {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::MultiPaxos => "Multi-Paxos",
            Algorithm::Raft { pre_vote: false, check_quorum: false } => "Raft",
            Algorithm::Raft { pre_vote: true, check_quorum: false } => "Raft, pre-vote",
            Algorithm::Raft { pre_vote: false, check_quorum: true } => "Raft, check-quorum",
            Algorithm::Raft { pre_vote: true, check_quorum: true } => "Raft, both",
            Algorithm::Viewstamped => "Viewstamped Replication",
            Algorithm::Zab => "Zab",
        }
    }
}

/// What the authors report: whether decisions go on. With Raft's two settings they mean both at once.
pub fn published(algorithm: Algorithm, scenario: Scenario) -> Option<&'static str> {
    match (algorithm, scenario) {
        (Algorithm::MultiPaxos, Scenario::QuorumLoss) => Some("✗, deadlock"),
        (Algorithm::MultiPaxos, Scenario::Constrained) => Some("✓"),
        (Algorithm::MultiPaxos, Scenario::Chained) => Some("✗, livelock"),
        (Algorithm::Raft { pre_vote: false, check_quorum: false }, Scenario::QuorumLoss) => {
            Some("✗; their artifact says that it recovers")
        }
        (Algorithm::Raft { pre_vote: false, check_quorum: false }, Scenario::Constrained) => {
            Some("✗, deadlock")
        }
        (Algorithm::Raft { pre_vote: false, check_quorum: false }, Scenario::Chained) => Some("✗"),
        (Algorithm::Raft { pre_vote: true, check_quorum: true }, Scenario::Constrained) => Some("✗"),
        (Algorithm::Raft { pre_vote: true, check_quorum: true }, _) => Some("✓"),
        (Algorithm::Raft { .. }, _) => None,
        (Algorithm::Viewstamped | Algorithm::Zab, _) => Some("✗"),
    }
}

/// Why ours differs from that.
pub fn differs(algorithm: Algorithm, scenario: Scenario) -> &'static str {
    match (algorithm, scenario) {
        (Algorithm::MultiPaxos, Scenario::QuorumLoss) => {
            "there the node that sees all takes others for alive and never tries to lead; here a promise to one that cannot lead is \
             no sign of a leader, and its patience goes on"
        }
        (
            Algorithm::MultiPaxos | Algorithm::Raft { pre_vote: false, check_quorum: false },
            Scenario::Chained,
        ) => "there leaders take turns and decide less (a livelock); a decision is possible all the same",
        (Algorithm::Raft { pre_vote: false, check_quorum: false }, Scenario::QuorumLoss) => {
            "a candidate deposes the leader by its term, and then the node that sees all may be elected, as their artifact says"
        }
        (Algorithm::Viewstamped, Scenario::Chained) => {
            "there leaders take turns; the view of the node that sees all can begin"
        }
        (Algorithm::Zab, Scenario::Chained) => {
            "there leaders take turns; who hears here that the others still follow a leader waits for that one"
        }
        (Algorithm::MultiPaxos | Algorithm::Raft { .. } | Algorithm::Viewstamped | Algorithm::Zab, _) => "",
    }
}

/// What the checker says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// Decisions are reached, and from every state that was looked at one, or a later epoch.
    Possible,
    /// There is a state, so many steps from the cut, from which none can ever be reached.
    Stuck(usize),
    /// No decision is reached, and always later epochs.
    NotSoFar,
    /// The search was cut.
    Unknown,
}

/// What became of a question, and what it took to answer it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The answer.
    pub progress: Progress,
    /// Whether nothing was left out: no run gets to an epoch that is not looked at.
    pub exhausted: bool,
    /// How often at most somebody can begin to lead, one after the other, without a new decision; as far as was looked. `None` if the
    /// search was cut.
    pub turns: Option<usize>,
    /// How many states were reached.
    pub states: u64,
}

/// The group, right after it was cut, with epochs up to this many elections later; if it is to be so, with a count of who leads.
fn system<A: Led<Command = char>>(
    node: A,
    scenario: Scenario,
    elections: u64,
    counting: bool,
) -> System<Cut<A>, ()> {
    let nodes = scenario.nodes();
    let group = NodeId::group(nodes);
    let mut run = lead(Slow::Messages, node, nodes);
    run.request_without(scenario.behind(), LEADER, Request::Append('o'));
    let members: Vec<_> = run.into_nodes().collect();
    let before = members.iter().map(|(node, _)| node.committed()).max().unwrap_or(0);
    let first = members.iter().map(|(node, _)| node.elections()).max().unwrap_or(Epoch::ZERO);
    // Ballots of Multi-Paxos are `round * nodes + proposer`.
    let step = if first.0 < nodes as u64 { 1 } else { nodes as u64 };
    let last = Epoch(first.0 + step * (elections + 1) - 1);
    let cut = |((node, timers), &me): ((A, BTreeSet<A::Timer>), &NodeId)| {
        let reaches = group.iter().copied().filter(|&other| scenario.links(me, other)).collect();
        let node = Cut::new(node, timers, reaches, nodes, before, last);
        if counting { node.counting() } else { node }
    };
    let nodes: Vec<Cut<A>> = members.into_iter().zip(&group).map(cut).collect();
    let environment = Environment::default().fifo().synchronous();
    // Where the leader at the cut still has a quorum, it would decide at once: there clients wait as long as they like.
    match scenario {
        Scenario::Chained => {
            let system = System::new(nodes, ()).environment(environment);
            group.iter().fold(system, |system, &node| system.request(node, ()))
        }
        Scenario::QuorumLoss | Scenario::Constrained => {
            System::new(nodes.into_iter().map(Cut::wishing).collect(), ()).environment(environment)
        }
    }
}

fn answer<A: Led<Command = char>>(node: A, scenario: Scenario, elections: u64, options: &Options) -> Answer {
    let system_of = |counting| system(node.clone(), scenario, elections, counting);
    let system = || system_of(false);
    let check = |system: System<Cut<A>, ()>, property| {
        let case: Box<dyn Case> = case(system);
        let report = case.check(options);
        let verdict = report.property(property).map_or(Verdict::Incomplete, |property| property.verdict);
        (verdict, report)
    };
    let is_known =
        |nodes: &[NodeView<'_, Cut<A>>], is: fn(&Cut<A>) -> bool| nodes.iter().any(|node| is(node.live));
    let possible = system().always_possible(POSSIBLE, move |nodes, ()| {
        is_known(nodes, Cut::has_decided) || is_known(nodes, Cut::is_beyond)
    });
    let (is_possible, report) = check(possible, POSSIBLE);
    let holds_nowhere = |name, is: fn(&Cut<A>) -> bool| {
        check(system().invariant(name, move |nodes| !is_known(nodes, is)), name).0
    };
    let progress = match is_possible {
        Verdict::Violated => {
            let trace = report.violated().and_then(|property| property.counterexample.as_ref());
            Progress::Stuck(trace.map_or(0, |trace| trace.steps.len()))
        }
        Verdict::Holds => match holds_nowhere(NONE, Cut::has_decided) {
            Verdict::Violated => Progress::Possible,
            Verdict::Holds => Progress::NotSoFar,
            Verdict::Incomplete => Progress::Unknown,
        },
        Verdict::Incomplete => Progress::Unknown,
    };
    let exhausted = holds_nowhere(BOUNDED, Cut::is_beyond) == Verdict::Holds;
    let at_most = |turns: usize| {
        let system = system_of(true).invariant(TURNS, move |nodes| {
            let is_new = is_known(nodes, Cut::has_decided) || is_known(nodes, Cut::is_beyond);
            is_new || nodes.iter().map(|node| node.live.turns()).sum::<usize>() <= turns
        });
        check(system, TURNS).0
    };
    let turns = (0..).map(|turns| (turns, at_most(turns))).find(|(_, verdict)| *verdict != Verdict::Violated);
    let turns = turns.and_then(|(turns, verdict)| (verdict == Verdict::Holds).then_some(turns));
    Answer { progress, exhausted, turns, states: report.states }
}

/// Whether a new decision can always still be reached, in runs of so many elections at least.
pub fn progress(algorithm: Algorithm, scenario: Scenario, elections: u64, options: &Options) -> Answer {
    let nodes = scenario.nodes();
    match algorithm {
        Algorithm::MultiPaxos => answer(multi_paxos(nodes), scenario, elections, options),
        Algorithm::Raft { pre_vote, check_quorum } => {
            let settings = rf::Settings { pre_vote, check_quorum, ..plain() };
            answer(raft(nodes, settings), scenario, elections, options)
        }
        Algorithm::Viewstamped => answer(viewstamped(nodes, Storage::Disk), scenario, elections, options),
        Algorithm::Zab => answer(zab(nodes, zb::Election::Fast), scenario, elections, options),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Progress::{NotSoFar, Possible, Stuck};
    use Scenario::{Chained, Constrained, QuorumLoss};

    fn raft_with(pre_vote: bool, check_quorum: bool) -> Algorithm {
        Algorithm::Raft { pre_vote, check_quorum }
    }

    /// Those that are quick. In `cargo xtask compare consensus` are all.
    #[test]
    fn some_are_stuck_and_others_are_not() {
        let options = Options { threads: 1, ..Options::default() };
        for (algorithm, scenario, elections, expected, states) in [
            (raft_with(false, false), QuorumLoss, 2, Possible, 9_120),
            // The leader without a quorum is never given up.
            (raft_with(true, false), QuorumLoss, 2, Stuck(0), 83),
            (Algorithm::Viewstamped, QuorumLoss, 2, NotSoFar, 5_618),
            // The node that sees all is the only one for whom a quorum votes alike.
            (Algorithm::Zab, QuorumLoss, 2, NotSoFar, 10_931),
            (Algorithm::MultiPaxos, Constrained, 2, Possible, 8_892),
            (raft_with(false, false), Constrained, 2, NotSoFar, 1_580),
            // Who has the log cannot reach a quorum, and who reaches one does not have the log.
            (raft_with(true, false), Constrained, 2, Stuck(0), 1_110),
            (raft_with(true, true), Constrained, 2, Stuck(0), 4_440),
            (Algorithm::Viewstamped, Constrained, 2, NotSoFar, 1_172),
        ] {
            let Answer { progress, states: found, .. } = progress(algorithm, scenario, elections, &options);
            assert_eq!((progress, found), (expected, states), "{}, {}", algorithm.name(), scenario.name());
            says_why(algorithm, scenario, progress);
        }
    }

    /// Where the published answer is another one, it is said why, and nowhere else.
    fn says_why(algorithm: Algorithm, scenario: Scenario, progress: Progress) {
        let agrees = published(algorithm, scenario)
            .is_none_or(|theirs| theirs.starts_with('✓') == (progress == Possible));
        assert_eq!(
            differs(algorithm, scenario).is_empty(),
            agrees,
            "{}, {}",
            algorithm.name(),
            scenario.name()
        );
    }

    #[test]
    fn where_leaders_take_turns_decisions_stay_possible() {
        let (states, turns) = ([1_489, 519, 124, 252, 124, 1_501, 152], [2, 1, 0, 0, 0, 1, 0]);
        for ((algorithm, states), turns) in ALGORITHMS.into_iter().zip(states).zip(turns) {
            let options = Options { threads: 1, ..Options::default() };
            let answer = progress(algorithm, Chained, 2, &options);
            assert_eq!((answer.progress, answer.states), (Possible, states), "{}", algorithm.name());
            assert_eq!(answer.turns, Some(turns), "{}", algorithm.name());
            says_why(algorithm, Chained, answer.progress);
        }
    }
}
