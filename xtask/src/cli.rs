//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use synod_checker::Reductions;
use synod_histories::cli::parse_memory;

/// Explore distributed algorithms exhaustively, and look at what was found.
#[derive(Parser, Debug)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
#[command(after_help = "Exit codes: 0 all as expected, 1 something is not, 2 usage, 3 incomplete.")]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Explore models exhaustively: a table of what holds and what does not. Without names: a tour
    Check(CheckArgs),
    /// Show how a model is broken: the shortest counterexample, step by step
    Trace(TraceArgs),
    /// Plant known bugs, and see that each is caught
    Mutants(MutantsArgs),
    /// Look whether actors keep to what the checker takes for granted, before a long run
    Audit(AuditArgs),
    /// Measure: a step of each protocol, the clocks and logs beside other crates, the checker beside stateright
    Bench(BenchArgs),
    /// Compare algorithms of one kind: what each assumes, survives and costs, as a table in Markdown
    Compare(CompareArgs),
    /// Check recorded histories: linearizability ... causal consistency, serializability ... read committed
    History(synod_histories::cli::Args),
    /// Run the gate: format, lints, documentation, tests, models, benches, packages
    Test,
    /// The same as `test`, and more if asked
    Ci(CiArgs),
}

#[derive(Args, Debug)]
pub struct CheckArgs {
    /// Models by name, or by pattern: 'paxos-*'
    #[arg(value_name = "MODEL or GLOB")]
    pub models: Vec<String>,
    /// List the models instead of exploring them
    #[arg(long)]
    pub list: bool,
    /// Every model but the mutants
    #[arg(long, conflicts_with = "models")]
    pub all: bool,
    #[command(flatten)]
    pub size: SizeArgs,
    /// What not to explore since it would show nothing new: none, all, or some of dead,symmetry,order;
    /// dead,symmetry if nothing is said, since with order counterexamples are not the shortest
    #[arg(long, value_name = "REDUCTIONS", value_parser = parse_reductions, default_value = "dead,symmetry", hide_default_value = true)]
    pub reduce: Reduce,
    /// Stop, incomplete, when a search would hold more than this: 64M, 1G
    #[arg(long, value_name = "LIMIT", value_parser = parse_memory)]
    pub memory: Option<u64>,
    /// When that memory ends, first put states on disk, in this folder, and go on
    #[arg(long, value_name = "DIR", requires = "memory", conflicts_with = "engine")]
    pub spill: Option<PathBuf>,
    /// Print one JSON object per model and line instead of the table
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub checkpoints: CheckpointArgs,
    /// Which checker explores
    #[arg(long, value_enum, default_value_t = Engine::Synod)]
    pub engine: Engine,
}

/// Where searches are written down.
#[derive(Args, Debug)]
pub struct CheckpointArgs {
    /// Write down there, now and then and when it stops, how far the search of each model is
    #[arg(long, value_name = "DIR")]
    pub checkpoint: Option<PathBuf>,
    /// Seconds between two checkpoints, at least
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub checkpoint_every: u64,
    /// Go on with what is written down there; what is not begins anew. It is written down there again
    #[arg(long, value_name = "DIR")]
    pub resume: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub struct TraceArgs {
    /// The model, by name
    pub model: String,
    /// What not to explore since it would show nothing new: none, all, or some of dead,symmetry,order;
    /// dead,symmetry if nothing is said, since with order counterexamples are not the shortest
    #[arg(long, value_name = "REDUCTIONS", value_parser = parse_reductions, default_value = "dead,symmetry", hide_default_value = true)]
    pub reduce: Reduce,
    #[command(flatten)]
    pub size: SizeArgs,
}

#[derive(Args, Debug, Default)]
pub struct MutantsArgs {
    /// Only those of these crates: consensus, atomic-commit, clocks, links, broadcast, mutex, registers
    #[arg(value_name = "CRATE")]
    pub of: Vec<String>,
    #[command(flatten)]
    pub threads: ThreadsArgs,
}

#[derive(Args, Debug)]
pub struct AuditArgs {
    /// Models by name, or by pattern: 'paxos-*'. Without any, all
    #[arg(value_name = "MODEL or GLOB")]
    pub models: Vec<String>,
    /// What the random walks are drawn from: the same number, the same walks
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,
}

#[derive(Args, Debug)]
pub struct BenchArgs {
    /// Only the comparisons with other crates: Markdown, on the standard output
    #[arg(long)]
    pub report: bool,
    /// A bench by name: checker, clocks, consensus, histories, packed, report, steps, transactions. Anything else is passed on to
    /// `cargo bench` and to the benches, all of which run if nothing is said. After `--report`: the chapters that are wanted (clocks, logs,
    /// checker, order, specifications, plain-paxos, register)
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub arguments: Vec<String>,
}

#[derive(Args, Debug)]
pub struct CiArgs {
    /// Fuzz the readers of histories, too, for a short while: needs a nightly compiler, and cargo-fuzz
    #[arg(long)]
    pub fuzz: bool,
}

#[derive(Args, Debug)]
pub struct CompareArgs {
    /// Which kind
    #[arg(value_enum)]
    pub what: Comparison,
}

/// What can be compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Comparison {
    /// Broadcast: message delays and messages, counted from runs in which nothing fails
    Broadcast,
    /// Consensus and replicated logs: delays, messages, writes and failover beside what the literature says; and which can always
    /// still decide when some links are cut
    Consensus,
}

/// Which instance of a model.
#[derive(Args, Debug, Default)]
pub struct SizeArgs {
    /// Explore the full bounds: minutes, not seconds
    #[arg(long)]
    pub full: bool,
    /// With so many nodes
    #[arg(long, value_name = "N")]
    pub nodes: Option<usize>,
    #[command(flatten)]
    pub threads: ThreadsArgs,
}

#[derive(Args, Debug, Default)]
pub struct ThreadsArgs {
    /// With so many threads; the cores of the machine if not given. Results do not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

impl ThreadsArgs {
    /// The number of threads to use.
    pub fn count(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, |cores| cores.get());
        self.threads.map_or_else(cores, usize::from)
    }
}

/// Which checker explores.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Engine {
    /// synod-checker
    Synod,
    /// The stateright crate, as a second opinion; safety only
    Stateright,
}

impl Engine {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Synod => "synod",
            Engine::Stateright => "stateright",
        }
    }
}

/// Reductions, as they are named on the command line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reduce(pub Reductions);

/// Parses names of reductions, with commas between them.
fn parse_reductions(text: &str) -> Result<Reduce, String> {
    let mut reductions = Reductions::NONE;
    match text {
        "all" => return Ok(Reduce(Reductions::ALL)),
        "none" => return Ok(Reduce(reductions)),
        _ => {}
    }
    for name in text.split(',') {
        match name.trim() {
            "dead" => reductions.dead = true,
            "symmetry" => reductions.symmetry = true,
            "order" => reductions.order = true,
            other => {
                return Err(format!(
                    "'{other}' is no reduction; write none, all, or some of dead,symmetry,order"
                ));
            }
        }
    }
    Ok(Reduce(reductions))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split_whitespace())
    }

    fn check(line: &str) -> CheckArgs {
        match parse(&format!("xtask check {line}")).expect("is understood").command {
            Command::Check(args) => args,
            other => panic!("not a check: {other:?}"),
        }
    }

    #[test]
    fn the_command_line_is_sound() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn check_takes_everything_at_once() {
        let args =
            check("paxos-* two-phase --full --nodes 5 --threads 2 --memory 1G --json --engine stateright");
        assert_eq!(args.models, ["paxos-*", "two-phase"]);
        assert!(args.size.full && args.json && !args.all && !args.list);
        assert_eq!((args.size.nodes, args.size.threads.count()), (Some(5), 2));
        assert_eq!((args.memory, args.engine), (Some(1 << 30), Engine::Stateright));
    }

    #[test]
    fn check_takes_nothing_at_all() {
        let args = check("");
        assert!(args.models.is_empty() && !args.all && !args.size.full);
        assert_eq!((args.memory, args.engine), (None, Engine::Synod));
    }

    #[test]
    fn the_readme_knows_every_command_and_every_option() {
        let readme = include_str!("../../README.md");
        let command = <Cli as clap::CommandFactory>::command();
        for command in command.get_subcommands() {
            assert!(readme.contains(&format!("`{}", command.get_name())), "{}", command.get_name());
            for option in command.get_arguments().filter_map(|argument| argument.get_long()) {
                assert!(option == "help" || readme.contains(&format!("--{option}")), "--{option}");
            }
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for line in
            ["check --threads 0", "check --threads many", "check --all paxos-duel", "check --engine tlc"]
        {
            assert!(parse(&format!("xtask {line}")).is_err(), "{line}");
        }
        assert!(parse("xtask trace").is_err() && parse("xtask").is_err());
    }

    #[test]
    fn bench_passes_its_arguments_on() {
        let Command::Bench(args) =
            parse("xtask bench --bench checker -- --quick").expect("is understood").command
        else {
            panic!("not a bench")
        };
        assert!(!args.report);
        assert_eq!(args.arguments, ["--bench", "checker", "--", "--quick"]);
    }

    #[test]
    fn bench_takes_a_name() {
        let Command::Bench(args) = parse("xtask bench consensus -- --quick").expect("is understood").command
        else {
            panic!("not a bench")
        };
        assert_eq!(args.arguments, ["consensus", "--", "--quick"]);
    }

    #[test]
    fn bench_knows_the_report_itself() {
        let Command::Bench(args) = parse("xtask bench --report").expect("is understood").command else {
            panic!("not a bench")
        };
        assert!(args.report && args.arguments.is_empty());
    }
}
