//! The command line: `synod-history`, and `cargo xtask history`.

mod amounts;
mod operations;
mod stream;
mod transactions;

use std::{
    fmt,
    fs::{self, File},
    io::{self, BufReader, Read, Write},
    path::PathBuf,
    time::Duration,
};

use crate::{
    answer::{Budget, Verdict},
    formats::{self, edn},
    malformed::ReadError,
    objects::Object,
    transactions as isolation,
    value::Value,
};

pub use amounts::{Limit, parse_memory, parse_time};

/// How many bytes show what format a history has.
const BEGINNING: usize = 1 << 16;

/// Check recorded histories: linearizability ... causal consistency of operations, serializability ... read committed of
/// transactions.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The histories; `-` is the standard input
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The object that operations are about, such as register, queue, key-value; or transactions. Guessed if not given
    #[arg(long, value_name = "OBJECT")]
    pub spec: Option<String>,
    /// Only this consistency level (may be given several times). If not given: all that apply, strongest first
    #[arg(long, value_name = "LEVEL")]
    pub level: Vec<String>,
    /// How the histories are written, such as jepsen-edn, synod, plume. Guessed if not given
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<String>,
    /// What a register holds at first, in EDN: 0, nil, {:x 0 :y 0}
    #[arg(long, value_name = "VALUE", value_parser = parse_value, default_value = "nil")]
    pub initial: Value,
    /// Every value is a pair of a key and a value, and there is one object under each key
    #[arg(long)]
    pub independent: bool,
    /// Give up on a level, unknown, after this long: 500ms, 10s, 2m; or none
    #[arg(long, value_name = "TIME", value_parser = Limit::parser(parse_time), default_value = "1m")]
    pub timeout: Limit<Duration>,
    /// Give up on a level, unknown, when the search would hold more than this: 64M, 1G; or none
    #[arg(long, value_name = "LIMIT", value_parser = Limit::parser(parse_memory), default_value = "4G")]
    pub memory: Limit<u64>,
    /// Print one JSON object per history and line
    #[arg(long)]
    pub json: bool,
    /// Write a page that shows what is wrong with a history
    #[arg(long, value_name = "PAGE")]
    pub html: Option<PathBuf>,
}

/// Why a command stops early.
#[derive(Debug)]
pub enum Stop {
    /// The command, or a history, cannot be understood: what is wrong, and where.
    Usage(String),
    /// The output cannot be written.
    Output(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Stop::Output(error)
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::Usage(what) => f.write_str(what),
            Stop::Output(error) => write!(f, "cannot write the output: {error}"),
        }
    }
}

/// The exit code for a verdict: 0 valid, 1 invalid, 3 unknown. (2 is for usage and malformed histories.)
pub fn exit_code(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Valid => 0,
        Verdict::Invalid => 1,
        Verdict::Unknown => 3,
    }
}

/// What a history was found to be.
pub(crate) struct Found {
    pub verdict: Verdict,
    pub text: String,
    pub json: serde_json::Value,
    pub html: String,
}

/// A line that says what goes on, where somebody looks.
pub(crate) struct Progress(indicatif::ProgressBar);

impl Progress {
    fn new() -> Self {
        let bar = indicatif::ProgressBar::new_spinner();
        bar.enable_steady_tick(Duration::from_millis(200));
        Progress(bar)
    }

    pub(crate) fn say(&self, what: String) {
        self.0.set_message(what);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Checks histories. The verdict is the worst of all.
///
/// # Errors
/// The command or a history cannot be understood, or the output cannot be written.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<Verdict, Stop> {
    if args.html.is_some() && args.files.len() > 1 {
        return Err(Stop::Usage("--html shows one history; give one file".into()));
    }
    let mut worst = Verdict::Valid;
    for file in &args.files {
        let name = file.display().to_string();
        let progress = Progress::new();
        let found = check(args, &name, &progress).map_err(|why| Stop::Usage(format!("{name}: {why}")))?;
        drop(progress);
        worst = worst.max(found.verdict);
        if args.json {
            writeln!(out, "{}", found.json)?;
        } else {
            writeln!(out, "{}", found.text.trim_end())?;
        }
        out.flush()?;
        if let Some(page) = &args.html {
            fs::write(page, found.html)
                .map_err(|error| Stop::Usage(format!("--html: cannot write {}: {error}", page.display())))?;
        }
    }
    Ok(worst)
}

/// How a history is written.
enum Format {
    Operations(formats::Format),
    Transactions(isolation::formats::Format),
}

impl Format {
    fn named(name: &str) -> Result<Format, String> {
        let operations = formats::Format::named(name).map(Format::Operations);
        let format = operations.or_else(|| isolation::formats::Format::named(name).map(Format::Transactions));
        format.ok_or_else(|| {
            let names = formats::Format::ALL.map(formats::Format::name).into_iter();
            let names = names.chain(isolation::formats::Format::ALL.map(isolation::formats::Format::name));
            format!("--format: '{name}' is none of {}", names.collect::<Vec<_>>().join(", "))
        })
    }

    fn guess(beginning: &[u8]) -> Result<Format, String> {
        if let Some(format) = isolation::formats::Format::guess(beginning) {
            return Ok(Format::Transactions(format));
        }
        let format = formats::Format::guess(&String::from_utf8_lossy(beginning));
        format
            .map(Format::Operations)
            .ok_or_else(|| "this looks like no history; say how it is written with --format".into())
    }
}

fn check(args: &Args, name: &str, progress: &Progress) -> Result<Found, String> {
    progress.say(format!("{name}: reading"));
    let input: Box<dyn Read> = if name == "-" {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(name).map_err(|error| format!("cannot be opened: {error}"))?)
    };
    let mut input = BufReader::new(input);
    let mut beginning = Vec::new();
    let read = |error: io::Error| format!("cannot be read: {error}");
    if args.format.is_none() {
        input.by_ref().take(BEGINNING as u64).read_to_end(&mut beginning).map_err(read)?;
    }
    let format = match &args.format {
        Some(format) => Format::named(format)?,
        None => Format::guess(&beginning)?,
    };
    let text = BufReader::new(beginning.as_slice().chain(input));
    let mut budget = Budget::unlimited();
    if let Limit(Some(bytes)) = args.memory {
        budget = budget.memory(bytes);
    }
    let wrong = |error: ReadError| error.to_string();
    match format {
        Format::Transactions(format) => {
            let history = format.read(text).map_err(wrong)?;
            transactions::check(args, name, format.name(), &history, &budget, progress)
        }
        Format::Operations(format) => {
            if let Some(object) = stream::object(args, name) {
                return stream::check(args, name, format, object, text, progress);
            }
            let mut pairing = crate::operation::Pairing::new();
            for event in format.events(text) {
                pairing.push(event.map_err(wrong)?).map_err(|error| error.to_string())?;
            }
            let events = pairing.events();
            let operations = pairing.finish();
            match object(args, &operations)? {
                Some(object) => {
                    operations::check(args, name, (format, events), object, &operations, &budget, progress)
                }
                None => {
                    let history = isolation::formats::jepsen::transactions(&operations)
                        .map_err(|error| error.to_string())?;
                    transactions::check(args, name, format.name(), &history, &budget, progress)
                }
            }
        }
    }
}

/// The object that these operations are about; `None` for transactions.
fn object(args: &Args, operations: &[crate::Operation]) -> Result<Option<Object>, String> {
    let names = || Object::ALL.map(Object::name).join(", ");
    match &args.spec {
        Some(name) if ["transactions", "list-append", "rw-register"].contains(&name.as_str()) => Ok(None),
        Some(name) => match Object::named(name) {
            Some(object) => Ok(Some(object)),
            None => Err(format!("--spec: '{name}' is none of {}, transactions", names())),
        },
        None => {
            // Independent objects wrap their values, which says nothing about the object.
            if let Some(object) = Object::guess(operations) {
                return Ok(Some(object));
            }
            let are_transactions =
                operations.iter().all(|operation| matches!(&*operation.function, "txn" | ""));
            match are_transactions {
                true => Ok(None),
                false => Err(format!(
                    "the operations fit no object, or several; choose one with --spec: {}, transactions",
                    names()
                )),
            }
        }
    }
}

fn parse_value(text: &str) -> Result<Value, String> {
    let mut reader = edn::Reader::new(text.as_bytes());
    let wrong = |error: ReadError| format!("'{text}' is no value in EDN: {error}");
    match (reader.form().map_err(wrong)?, reader.form().map_err(wrong)?) {
        (Some((_, value)), None) => Ok(value),
        _ => Err(format!("'{text}' is not one value in EDN, such as 0, nil or {{:x 0}}")),
    }
}

/// The budget for a level, beginning now.
fn of_level(args: &Args, budget: &Budget) -> Budget {
    match args.timeout {
        Limit(Some(limit)) => budget.clone().time(limit),
        Limit(None) => budget.clone(),
    }
}
