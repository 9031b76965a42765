//! All logs in turn, as a table: commands per second, and how many times as many as the faster of the others.

use std::time::{Duration, Instant};

use bytes::Bytes;
use synod_actor::Never;
use synod_consensus::{MultiPaxos, Raft, Viewstamped, Zab};

use super::{
    cluster::{Batching, Cluster, Replica, SIZE},
    omni_paxos::Omni,
    ours::Host,
    raft_rs::RaftRs,
};
use crate::{
    measure::median,
    report::{bar_of, quotient, rate, table},
};

/// How many commands are under way at a time.
pub const IN_FLIGHT: u64 = 256;

/// How often all take their turn, and with how many commands each time, for figures that are worth something.
pub const ROUNDS: usize = 15;
/// See [`ROUNDS`].
pub const COMMANDS: u64 = 20_000;

/// A log that takes part.
pub struct Runner {
    /// What it is called.
    pub name: &'static str,
    /// Whether it is ours.
    pub is_ours: bool,
    /// How long so many nodes take for so many commands. That they come to be is not counted.
    pub time: fn(usize, Batching, u64) -> Duration,
    /// How many messages they send for them.
    pub messages: fn(usize, Batching, u64) -> u64,
}

fn time<R: Replica>(nodes: usize, batching: Batching, commands: u64) -> Duration {
    let mut cluster = Cluster::<R>::elect(nodes, batching);
    let begin = Instant::now();
    cluster.run(commands, IN_FLIGHT);
    begin.elapsed()
}

fn messages<R: Replica>(nodes: usize, batching: Batching, commands: u64) -> u64 {
    let mut cluster = Cluster::<R>::elect(nodes, batching);
    let before = cluster.messages();
    cluster.run(commands, IN_FLIGHT);
    cluster.messages() - before
}

fn runner<R: Replica>(name: &'static str, is_ours: bool) -> Runner {
    Runner { name, is_ours, time: time::<R>, messages: messages::<R> }
}

/// All that take part.
pub fn runners() -> Vec<Runner> {
    vec![
        runner::<Host<Raft<Bytes, Never>>>("Raft", true),
        runner::<Host<MultiPaxos<Bytes, Never>>>("Multi-Paxos", true),
        runner::<Host<Viewstamped<Bytes, Never>>>("Viewstamped Replication", true),
        runner::<Host<Zab<Bytes, Never>>>("Zab", true),
        runner::<RaftRs>("raft (crate)", false),
        runner::<Omni>("omnipaxos (crate)", false),
    ]
}

/// The courses: so many nodes, with and without batching.
pub const COURSES: [(usize, Batching); 4] =
    [(3, Batching::Off), (5, Batching::Off), (3, Batching::On), (5, Batching::On)];

/// What a course is called.
pub fn title((nodes, batching): (usize, Batching)) -> String {
    let batching = match batching {
        Batching::Off => "one by one",
        Batching::On => "batching",
    };
    format!("{nodes} nodes, {batching}")
}

/// Every log in turn, in so many rounds of so many commands; as Markdown. Figures are medians, and so are the quotients, over
/// the rounds.
pub fn markdown(rounds: usize, commands: u64) -> String {
    let runners = runners();
    let mut rows = Vec::new();
    let mut bars = Vec::new();
    for course in COURSES {
        let (nodes, batching) = course;
        let seconds = |runner: &Runner| (runner.time)(nodes, batching, commands).as_secs_f64().max(1e-9);
        // Rounds of all, for a quotient is only worth something within one.
        let times: Vec<Vec<f64>> = (0..rounds).map(|_| runners.iter().map(seconds).collect()).collect();
        let best = |round: &[f64]| {
            let others = round.iter().zip(&runners).filter(|(_, runner)| !runner.is_ours);
            others.map(|(&time, _)| time).fold(f64::INFINITY, f64::min)
        };
        for (at, runner) in runners.iter().enumerate() {
            let speed = median(times.iter().map(|round| commands as f64 / round[at]).collect());
            let gain = median(times.iter().map(|round| best(round) / round[at]).collect());
            let sent = (runner.messages)(nodes, batching, commands) as f64 / commands as f64;
            if runner.is_ours {
                bars.push((format!("{}, {}", runner.name, title(course)), gain));
            }
            rows.push([
                title(course),
                runner.name.to_owned(),
                rate(speed),
                format!("{sent:.2}"),
                quotient(gain),
            ]);
        }
    }
    let header = ["course", "log", "commands/s", "messages/command", "/ the faster crate"];
    let figures: Vec<String> =
        bars.iter().map(|(name, gain)| format!("{name} {}", quotient(*gain))).collect();
    let is_met = bars.iter().all(|&(_, gain)| gain >= 1.0);
    format!(
        "## Replicated logs beside other crates\n\n\
         Commands per second in one process and thread, without a network: {SIZE} bytes each, {IN_FLIGHT} under way at a time (proposed, \
         and not\nyet told of by every node), disks in memory whose writes are durable at once. Medians of several rounds, in each of \
         which\nall take their turn. The last column divides by the faster of the two crates.\n\n\
         {}\n{}",
        table(header, rows.into_iter()),
        bar_of(
            is_met,
            &format!("each log is at least as fast as the faster of the crates ({})", figures.join("; "))
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_log_gets_there_on_every_course() {
        for (nodes, batching) in COURSES {
            for runner in runners() {
                // A command has to get to the others, and to be acknowledged.
                let sent = (runner.messages)(nodes, batching, 1_000);
                assert!(sent > 0, "{}", runner.name);
                if batching == Batching::Off {
                    assert!(sent >= 1_000 * 2 * (nodes as u64 - 1), "{}: {sent}", runner.name);
                }
            }
        }
    }

    #[test]
    fn a_batch_takes_fewer_messages_than_its_commands_would() {
        for runner in runners() {
            let [one, together] =
                [Batching::Off, Batching::On].map(|batching| (runner.messages)(3, batching, 2_000));
            assert!(together * 10 < one, "{}: {together}, one by one {one}", runner.name);
        }
    }

    #[test]
    fn the_table_has_a_line_for_each_log_and_course() {
        let text = markdown(1, 300);
        let lines = text.lines().filter(|line| line.starts_with('|')).count();
        assert_eq!(lines, 2 + COURSES.len() * runners().len(), "{text}");
    }
}
