//! The comparison in Markdown.

use crate::{
    measure::{Memory, Scaling, Speed},
    packed::Packed,
};

/// A system, and what was measured of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Measured {
    /// The system's name.
    pub name: &'static str,
    /// Whether the bars about Paxos mean it.
    pub is_judged: bool,
    /// How fast the checkers are.
    pub speed: Speed,
    /// How much memory they take.
    pub memory: Memory,
}

/// Two tables, and the bars. `cores` is how many the machine has.
pub fn markdown(measured: &[Measured], cores: usize) -> String {
    format!(
        "## synod beside stateright\n\n\
         Transitions per second: the median of several rounds, in each of which every checker explores the system in turn, ours\n\
         more than once. The quotients are medians over the rounds, and over all turns of ours. A machine of {cores} cores. What\n\
         it gives to two searches at once that share nothing, each on one thread, no two threads of one search can be expected to\n\
         outdo. Last, how long a word takes from one thread to another and back: several times as long where their processors share no\n\
         cache, and threads of one search wait for that. What a second thread is worth to a search that takes longer than these is\n\
         under plain Paxos.\n\n\
         {}\n\
         Bytes per state: what is allocated at the peak of a search on one thread, divided by the number of states.\n\n\
         {}\n\
         ### Bars\n\n\
         {}",
        speeds(measured),
        memories(measured),
        bars(measured)
    )
}

fn speeds(measured: &[Measured]) -> String {
    let header = [
        "system",
        "states",
        "transitions",
        "synod, 1 thread",
        "synod, 2 threads",
        "stateright, 1 thread",
        "1 thread / stateright",
        TWO_THREADS,
        TWO_SEARCHES,
        THERE_AND_BACK,
    ];
    let row = |of: &Measured| {
        let (count, speed) = (of.speed.count, &of.speed);
        let rates = [speed.one(), speed.two(), speed.stateright()].map(rate);
        let [one, two, stateright] = rates;
        let (gain, [two_threads, two_searches, there_and_back]) =
            (quotient(speed.gain()), scaling(&speed.scaling()));
        [
            of.name.into(),
            grouped(count.states),
            grouped(count.transitions),
            one,
            two,
            stateright,
            gain,
            two_threads,
            two_searches,
            there_and_back,
        ]
    };
    table(header, measured.iter().map(row))
}

/// What there is to say of a [`Scaling`].
pub(crate) const TWO_THREADS: &str = "2 threads / 1 thread";
pub(crate) const TWO_SEARCHES: &str = "2 searches / 1";
pub(crate) const THERE_AND_BACK: &str = "there and back, ns";

/// The same, as it is said.
pub(crate) fn scaling(of: &Scaling) -> [String; 3] {
    [quotient(of.gain()), quotient(of.apart()), rate(of.round_trip())]
}

fn memories(measured: &[Measured]) -> String {
    let header = ["system", "states", "synod", "stateright", "stateright / synod"];
    let row = |of: &Measured| {
        let states = of.speed.count.states;
        let per_state = |bytes: u64| grouped((bytes as f64 / states as f64).round() as u64);
        let Memory { synod, stateright } = of.memory;
        [of.name.into(), grouped(states), per_state(synod), per_state(stateright), quotient(of.memory.gain())]
    };
    table(header, measured.iter().map(row))
}

/// What the project has set itself. Each is a quotient that must be reached on each of some systems.
fn bars(measured: &[Measured]) -> String {
    let judged = || measured.iter().filter(|of| of.is_judged);
    [
        bar(
            "on the Paxos models at least 30 times the transitions per second of stateright, on one thread",
            30.0,
            judged().map(|of| (of.name, of.speed.gain())),
        ),
        bar(
            "on the Paxos models at most a tenth of the peak memory of stateright, on one thread",
            10.0,
            judged().map(|of| (of.name, of.memory.gain())),
        ),
    ]
    .concat()
}

/// A specification beside a loop by hand, in Markdown.
pub fn packed(of: &Packed) -> String {
    let name = "spec-two-phase";
    let (by_hand, by_checker) = of.seconds();
    let slowdown = of.slowdown();
    let row = [
        format!("{name}, {} resource managers", of.managers),
        grouped(of.count.states),
        grouped(of.count.transitions),
        format!("{by_hand:.2}"),
        format!("{by_checker:.2}"),
        quotient(slowdown),
    ];
    let header = ["specification", "states", "transitions", "by hand, s", "synod, s", "synod / by hand"];
    let verdict = if slowdown <= 3.0 { "met" } else { "not met" };
    format!(
        "## A specification beside a loop written for it alone\n\n\
         Medians of several rounds, in each of which one ran right after the other, each on one thread.\n\n\
         {}\n\
         - **{verdict}**: a packed specification takes at most 3 times as long as the loop ({name} {})\n",
        table(header, [row].into_iter()),
        quotient(slowdown)
    )
}

fn bar(claim: &str, least: f64, figures: impl Iterator<Item = (&'static str, f64)>) -> String {
    let figures: Vec<_> = figures.collect();
    let verdict = match figures.iter().all(|&(_, figure)| figure >= least) {
        _ if figures.is_empty() => "not measured",
        true => "met",
        false => "not met",
    };
    let figures: Vec<String> =
        figures.iter().map(|&(name, figure)| format!("{name} {}", quotient(figure))).collect();
    format!("- **{verdict}**: {claim} ({})\n", figures.join("; "))
}

/// A bar of which it is known whether it is met.
pub(crate) fn bar_of(is_met: bool, claim: &str) -> String {
    format!("- **{}**: {claim}\n", if is_met { "met" } else { "not met" })
}

/// A table whose columns are as wide as they need to be, so that it can be read without being rendered. The first column
/// is text, the others are numbers.
pub(crate) fn table<const N: usize>(header: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let header = header.map(str::to_owned);
    let rows: Vec<_> = std::iter::once(header).chain(rows).collect();
    let widths: [usize; N] = std::array::from_fn(|column| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
    });
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, width))| match column {
            0 => format!(" {cell:<width$} "),
            _ => format!(" {cell:>width$} "),
        });
        format!("|{}|\n", cells.collect::<Vec<_>>().join("|"))
    };
    let rule = widths.iter().enumerate().map(|(column, &width)| match column {
        0 => "-".repeat(width + 2),
        _ => format!("{}:", "-".repeat(width + 1)),
    });
    let rule = format!("|{}|\n", rule.collect::<Vec<_>>().join("|"));
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    lines.insert(1, rule);
    lines.concat()
}

/// With a comma every three digits: `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    groups.map(|group| String::from_utf8_lossy(group)).collect::<Vec<_>>().join(",")
}

/// Rounded to three digits, with a comma every three: no measurement is more precise.
pub(crate) fn rate(figure: f64) -> String {
    let unit = 10_f64.powf((figure.max(1.0).log10().floor() - 2.0).max(0.0));
    grouped(((figure / unit).round() * unit) as u64)
}

pub(crate) fn quotient(figure: f64) -> String {
    if figure < 10.0 { format!("{figure:.2}") } else { format!("{figure:.1}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::tests::speed;

    fn measured(one: f64, bytes: u64) -> Vec<Measured> {
        let memory = Memory { synod: bytes, stateright: 400_000 };
        let judged = Measured {
            name: "paxos-test",
            is_judged: true,
            speed: speed(&[[one, 1.7 * one, 1.9 * one, 100_000.0]]),
            memory,
        };
        let other = Measured {
            name: "other",
            is_judged: false,
            speed: speed(&[[1.0; 4]]),
            memory: Memory { synod: 1, stateright: 1 },
        };
        vec![judged, other]
    }

    #[test]
    fn what_is_reached_is_met() {
        let text = markdown(&measured(3_000_000.0, 40_000), 2);
        assert_eq!((text.matches("**met**").count(), text.matches("**not met**").count()), (2, 0), "{text}");
    }

    #[test]
    fn what_is_just_missed_is_not_met() {
        let text = markdown(&measured(2_999_000.0, 40_001), 2);
        assert_eq!((text.matches("**met**").count(), text.matches("**not met**").count()), (0, 2), "{text}");
    }

    #[test]
    fn what_was_not_measured_is_not_met_either() {
        let text = markdown(&measured(1.0, 1)[1..], 2);
        assert_eq!(
            (text.matches("**not measured**").count(), text.matches("met**").count()),
            (2, 0),
            "{text}"
        );
    }

    #[test]
    fn tables_are_aligned() {
        let text = speeds(&measured(1_500_000.0, 40_000));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4);
        assert!(lines.iter().all(|line| line.len() == lines[0].len()), "{text}");
        assert!(lines[1].starts_with("|---") && lines[1].ends_with("-:|"), "{text}");
        assert!(lines[2].contains(" 1,000 |") && lines[2].contains(" 1,500,000 |"), "{text}");
    }

    #[test]
    fn figures_are_as_precise_as_they_are_true() {
        let shown = [0.4, 12.0, 999.4, 1_234.5, 98_765.0, 3_456_789.0].map(rate);
        assert_eq!(shown, ["0", "12", "999", "1,230", "98,800", "3,460,000"]);
        assert_eq!([1.699, 9.994, 15.04, 123.4].map(quotient), ["1.70", "9.99", "15.0", "123.4"]);
    }
}
