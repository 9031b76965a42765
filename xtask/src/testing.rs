//! Made-up models, for the tests of everything that models are put to.

use std::{path::Path, time::Duration};

use synod_checker::{
    Cause, Kind, Options, PropertyReport, Reductions, Report, ResumeError, Trace, TraceStep, Verdict,
};
use synod_models::{Case, Entry, Expectation, Mutant, Scale, Size};
use synod_stateright::{Opinion, Settings};

use crate::{
    cli::Engine,
    run::{Found, Outcome},
};

/// A case that has its answers ready.
struct Fake {
    properties: Vec<PropertyReport>,
    incomplete: Option<String>,
    endless: bool,
}

impl Case for Fake {
    fn environment(&self) -> String {
        "unordered, any lost".into()
    }

    fn check(&self, options: &Options) -> Report {
        let any = |verdict| self.properties.iter().any(|property| property.verdict == verdict);
        Report {
            verdict: match () {
                () if any(Verdict::Violated) => Verdict::Violated,
                () if any(Verdict::Incomplete) => Verdict::Incomplete,
                () => Verdict::Holds,
            },
            properties: self.properties.clone(),
            incomplete: self.incomplete.clone(),
            states: 1_234,
            represented: None,
            transitions: 5_678,
            depth: 9,
            elapsed: Duration::from_millis(120),
            store_bytes: 1_234 * 8,
            disk_bytes: 0,
            component_bytes: 0,
            reductions: Reductions::NONE,
            notes: Vec::new(),
            searches: 1,
            threads: options.threads,
            node_states: 0,
            monitor_states: 0,
            messages: 0,
            handler_calls: 0,
            marks: vec!["1a"],
            unreached: vec![],
        }
    }

    fn resume(&self, options: &Options, _: &Path) -> Result<Report, ResumeError> {
        Ok(self.check(options))
    }

    fn stateright(&self, _: &Settings) -> Opinion {
        if self.endless {
            loop {
                std::thread::park();
            }
        }
        let violated = |property: &&PropertyReport| property.verdict == Verdict::Violated;
        Opinion {
            states: 1_234,
            transitions: 5_678,
            depth: 9,
            elapsed: Duration::from_millis(700),
            violated: self.properties.iter().filter(violated).map(|property| property.name).collect(),
            complete: self.incomplete.is_none(),
        }
    }
}

fn report(name: &'static str, kind: Kind, verdict: Verdict) -> PropertyReport {
    let Found { counterexample, .. } = found(name, kind, verdict);
    PropertyReport { name, kind, verdict, counterexample }
}

fn holds(_: Size) -> Box<dyn Case> {
    let properties = vec![
        report("agreement", Kind::Safety, Verdict::Holds),
        report("integrity", Kind::Safety, Verdict::Holds),
        report("termination", Kind::Liveness, Verdict::Holds),
    ];
    Box::new(Fake { properties, incomplete: None, endless: false })
}

fn broken(_: Size) -> Box<dyn Case> {
    let properties = vec![
        report("agreement", Kind::Safety, Verdict::Violated),
        report("integrity", Kind::Safety, Verdict::Incomplete),
    ];
    Box::new(Fake { properties, incomplete: None, endless: false })
}

fn lasso(_: Size) -> Box<dyn Case> {
    let properties = vec![
        report("agreement", Kind::Safety, Verdict::Holds),
        report("termination", Kind::Liveness, Verdict::Violated),
    ];
    Box::new(Fake { properties, incomplete: None, endless: false })
}

fn cut(_: Size) -> Box<dyn Case> {
    let properties = vec![report("agreement", Kind::Safety, Verdict::Incomplete)];
    Box::new(Fake { properties, incomplete: Some("the memory limit was reached".into()), endless: false })
}

fn endless(_: Size) -> Box<dyn Case> {
    let properties = vec![report("agreement", Kind::Safety, Verdict::Incomplete)];
    Box::new(Fake { properties, incomplete: None, endless: true })
}

/// Every made-up entry.
pub fn entries() -> Vec<Entry> {
    let entry = |name, build: fn(Size) -> Box<dyn Case>| Entry {
        name,
        about: "shows that tests have models too",
        nodes: 3..=5,
        default_nodes: 3,
        build,
        expect: Expectation { violated: &[], unreached: &[] },
        golden: &[],
        mutant: None,
        tour: false,
    };
    let expecting = |violated, entry| Entry { expect: Expectation { violated, unreached: &[] }, ..entry };
    let mutant = |of, entry| Entry {
        mutant: Some(Mutant { of, fault: "answers before it is durable", source: "a public report" }),
        ..entry
    };
    vec![
        entry("fake-broken", broken),
        expecting(&["agreement"] as &[_], entry("fake-broken-as-expected", broken)),
        entry("fake-cut", cut),
        entry("fake-endless", endless),
        Entry { tour: true, nodes: 2..=3, ..entry("fake-holds", holds) },
        Entry { tour: true, ..expecting(&["termination"], entry("fake-lasso", lasso)) },
        mutant("consensus", expecting(&["agreement"], entry("fake-mutant-caught", broken))),
        mutant("atomic-commit", expecting(&["agreement"], entry("fake-mutant-missed", holds))),
        mutant("consensus", expecting(&["integrity"], entry("fake-mutant-other", broken))),
        mutant("consensus", entry("fake-mutant-unregistered", broken)),
    ]
}

/// The made-up entry of this name.
pub fn entry(name: &str) -> Entry {
    entries().into_iter().find(|entry| entry.name == name).expect("is one of the made-up entries")
}

/// A quick instance.
pub fn size(nodes: usize) -> Size {
    Size { nodes, scale: Scale::Quick }
}

/// A property; with a counterexample of two steps if it is violated.
pub fn found(name: &'static str, kind: Kind, verdict: Verdict) -> Found {
    let step = |cause| TraceStep {
        node: Default::default(),
        cause,
        choices: vec![],
        marks: vec![],
        effects: vec![],
        changes: vec![],
    };
    let counterexample = (verdict == Verdict::Violated).then(|| Trace {
        nodes: 3,
        property: name,
        because: "the test wants it".into(),
        starts: vec![],
        steps: vec![step(Cause::Crash), step(Cause::Restart)],
        repeats_from: (kind == Kind::Liveness).then_some(0),
    });
    Found { name, kind, verdict, counterexample }
}

/// What `fake-holds` gives.
pub fn outcome() -> Outcome {
    Outcome {
        engine: Engine::Synod,
        environment: "unordered, any lost".into(),
        properties: vec![
            found("agreement", Kind::Safety, Verdict::Holds),
            found("integrity", Kind::Safety, Verdict::Holds),
            found("termination", Kind::Liveness, Verdict::Holds),
        ],
        incomplete: None,
        states: 1_234,
        transitions: 5_678,
        depth: 9,
        elapsed: Duration::from_millis(120),
        peak_memory: 1 << 20,
        store_bytes: Some(1_234 * 8),
        threads: 2,
        reductions: Reductions::NONE,
        unreached: Some(vec![]),
        notes: Vec::new(),
    }
}
