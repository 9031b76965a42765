//! How far a search is, on stderr, if a terminal listens there.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use synod_checker::{Phase, Progress};

use crate::words;

/// A line on the terminal, renewed as the search goes.
pub struct Meter {
    bar: ProgressBar,
    start: Instant,
}

impl Meter {
    /// A line for the model called `title`. The number of states, where it is known beforehand, makes it a bar with an
    /// estimate; else it is a spinner, since a guess would be worth nothing.
    pub fn start(title: String, states: Option<u64>) -> Meter {
        // Hidden by indicatif where stderr is not a terminal.
        let target = ProgressDrawTarget::stderr();
        let bar = ProgressBar::with_draw_target(states, target).with_prefix(title);
        let template = match states {
            Some(_) => "{prefix}  {bar:20} {percent:>3} %, {eta} left  {wide_msg}",
            None => "{spinner} {prefix}  {wide_msg}",
        };
        bar.set_style(ProgressStyle::with_template(template).expect("the template is sound"));
        bar.enable_steady_tick(Duration::from_millis(200));
        Meter { bar, start: Instant::now() }
    }

    /// Shows how far it is.
    pub fn show(&self, progress: Progress) {
        if let Some(states) = self.bar.length() {
            self.bar.set_position(progress.states.min(states));
        }
        self.bar.set_message(message(progress, self.start.elapsed()));
    }

    /// Removes the line.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

fn message(progress: Progress, elapsed: Duration) -> String {
    let states = words::counted(progress.states, "state");
    match progress.phase {
        Phase::Exploring => {
            let rate = progress.states as f64 / elapsed.as_secs_f64().max(1e-3);
            format!("{states}, depth {}, {} states/s", progress.depth, words::count(rate as u64))
        }
        Phase::Cycles => format!("looking for cycles, {states} done"),
        Phase::Tracing => "reconstructing the counterexample".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_what_is_being_done() {
        let shown = |phase| {
            let progress = Progress { phase, states: 3_000, transitions: 9_000, depth: 7 };
            message(progress, Duration::from_secs(2))
        };
        assert_eq!(shown(Phase::Exploring), "3,000 states, depth 7, 1,500 states/s");
        assert_eq!(shown(Phase::Cycles), "looking for cycles, 3,000 states done");
        assert_eq!(shown(Phase::Tracing), "reconstructing the counterexample");
    }

    #[test]
    fn a_meter_takes_more_states_than_it_was_told_of() {
        let meter = Meter::start("model".into(), Some(10));
        meter.show(Progress { phase: Phase::Exploring, states: 20, transitions: 20, depth: 1 });
        meter.clear();
    }
}
