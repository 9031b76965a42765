//! Checkpoints that cannot be resumed: what is said of them, and that nothing worse happens.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use synod_actor::{Actor, Cx, Event, NodeId, Nothing, Port};
use synod_checker::{
    Checkpoint, Environment, Limit, Options, Reductions, Report, ResumeError, System, check, resume,
};
use synod_properties::{Monitor, Observation, Violation};

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Adding;
impl Port for Adding {
    type Request = u32;
    type Indication = u32;
}

/// What another build of the program would do. It does not show.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Build(u32);
impl fmt::Debug for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a build")
    }
}

/// Adds what it is told, and tells the others; after a while once more.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Counter {
    sum: u32,
    build: Build,
}

impl Actor for Counter {
    type Provides = Adding;
    type Uses = Nothing;
    type Msg = u32;
    type Timer = u8;
    type Record = u32;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request(amount) => {
                cx.mark("asked");
                self.persist(amount, cx);
                cx.send_others(amount);
                cx.set(3, Duration::from_millis(1)..Duration::from_millis(1));
            }
            Event::Receive(_, amount) => {
                self.persist(amount, cx);
                cx.indicate(self.sum + self.build.0);
            }
            Event::Indication(never) => match never {},
            Event::Timeout(_) => cx.send_others(2),
        }
    }

    fn replay(&mut self, amount: u32) {
        self.sum += amount;
    }

    fn marks() -> Vec<&'static str> {
        vec!["asked"]
    }
}

/// What was said last.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Last(u32);

impl Monitor<Adding> for Last {
    fn safety(&self) -> Vec<&'static str> {
        vec!["no more than 20"]
    }

    fn observe(&mut self, node: NodeId, what: &Observation<Adding>) -> Result<(), Violation> {
        if let Observation::Indication(sum) = what {
            self.0 = *sum;
            if *sum > 20 {
                return Err(Violation::new(self.safety()[0], format!("{node} says {sum}")));
            }
        }
        Ok(())
    }
}

fn system(build: u32, requests: u32) -> System<Counter, Last> {
    nodes(2, build, requests)
}

fn nodes(count: usize, build: u32, requests: u32) -> System<Counter, Last> {
    let node = Counter { sum: 0, build: Build(build) };
    let environment =
        Environment::default().lossy(Limit::Budget(1)).timeouts(Limit::Budget(1)).crash_recovery(1);
    let system = System::new(vec![node; count], Last::default()).environment(environment);
    (0..requests).fold(system, |system, amount| system.request(NodeId(0), amount + 1))
}

fn options() -> Options {
    Options { threads: 1, exhaustive: true, reductions: Reductions::NONE, ..Options::default() }
}

fn at(file: &Path) -> Option<Checkpoint> {
    Some(Checkpoint { file: file.to_owned(), every: Duration::from_secs(3600) })
}

/// A checkpoint after some levels, in a folder that is there as long as it is kept.
fn written() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let file = folder.path().join("search");
    let report = check(&system(0, 1), &Options { depth: Some(5), checkpoint: at(&file), ..options() });
    assert!(report.notes.is_empty(), "{:?}", report.notes);
    (folder, file)
}

fn resumed(file: &Path) -> Result<Report, ResumeError> {
    resume(&system(0, 1), &options(), file)
}

#[test]
fn it_goes_on() {
    let (folder, file) = written();
    let (whole, again) = (check(&system(0, 1), &options()), resumed(&file).expect("it fits"));
    assert_eq!(
        (again.states, again.transitions, again.depth),
        (whole.states, whole.transitions, whole.depth)
    );
    assert!(whole.depth > 5);
    assert_eq!((again.properties, again.marks), (whole.properties, whole.marks));
    let names: Vec<_> =
        fs::read_dir(folder.path()).expect("it is there").map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["search"], "nothing else is left behind");
}

/// With many nodes a state is soon several words, which are other ones the more is known: a search goes on from there, too.
#[test]
fn it_goes_on_when_states_are_several_words() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let file = folder.path().join("search");
    let deep = Options { depth: Some(5), ..options() };
    for count in [7, 12] {
        let system = nodes(count, 0, 3).request(NodeId(1), 4);
        let whole = check(&system, &deep);
        for depth in 2..5 {
            check(&system, &Options { depth: Some(depth), checkpoint: at(&file), ..options() });
            let again = resume(&system, &deep, &file).expect("it fits");
            assert_eq!((again.states, again.transitions), (whole.states, whole.transitions), "{count} nodes");
            assert_eq!(again.properties, whole.properties, "{count} nodes");
        }
    }
}

#[test]
fn a_damaged_one_is_refused() {
    let (_folder, file) = written();
    let bytes = fs::read(&file).expect("it was written");
    let refused = |bytes: &[u8], what: &str| {
        fs::write(&file, bytes).expect("it can be written");
        match resumed(&file) {
            Err(ResumeError::Damaged(..)) => {}
            other => panic!("{what}: {other:?}"),
        }
    };
    for length in (0..bytes.len()).step_by(7).chain([bytes.len() - 1]) {
        refused(&bytes[..length], &format!("its first {length} bytes"));
    }
    for at in (0..bytes.len()).step_by(5) {
        let mut other = bytes.clone();
        other[at] ^= 0x10;
        refused(&other, &format!("byte {at} is another"));
    }
    refused(&[&bytes[..], b"more"].concat(), "more behind it");
}

/// Whoever writes a wrong checkpoint with a right checksum gets an error, or what he asked for; no panic.
#[test]
fn a_forged_one_does_no_harm() {
    let (_folder, file) = written();
    let bytes = fs::read(&file).expect("it was written");
    let (mut refused, content) = (0, bytes.len() - 4);
    for at in 40..content {
        for bit in [0x01, 0x04, 0x40, 0x80] {
            let mut forged = bytes[..content].to_vec();
            forged[at] ^= bit;
            forged.extend(crc32fast::hash(&forged).to_le_bytes());
            fs::write(&file, &forged).expect("it can be written");
            refused += usize::from(resumed(&file).is_err());
        }
    }
    assert!(refused > 3 * (content - 40), "most of them are refused: {refused}");
}

#[test]
fn one_of_another_search_is_refused() {
    let (_folder, file) = written();
    let refused = |system: System<Counter, Last>, options: Options| match resume(&system, &options, &file) {
        Err(ResumeError::Other(_, why)) => why,
        other => panic!("{other:?}"),
    };
    assert!(refused(system(0, 2), options()).contains("requests"));
    let other = system(0, 1).environment(Environment::default());
    assert!(refused(other, options()).contains("environment"));
    let reduced = Options { reductions: Reductions::ALL, ..options() };
    assert_eq!(refused(system(0, 1), reduced), "its reductions were none");
    let stops = Options { exhaustive: false, ..options() };
    assert_eq!(refused(system(0, 1), stops), "it goes on behind violations");
    // A handler that does something else, and all that is said of it is the same.
    let why = refused(system(1, 1), options());
    assert!(why.starts_with("the system does not do any more what it did"), "{why}");
}

#[test]
fn one_that_is_not_there_or_cannot_be_written_is_told_of() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let nowhere = folder.path().join("nowhere").join("search");
    let error = resumed(&nowhere).expect_err("there is nothing");
    assert!(error.to_string().contains("cannot be read"), "{error}");
    let report = check(&system(0, 1), &Options { checkpoint: at(&nowhere), ..options() });
    let [note] = &report.notes[..] else { panic!("{:?}", report.notes) };
    assert!(note.contains("was not written"), "{note}");
    assert!(report.incomplete.is_none());
}
