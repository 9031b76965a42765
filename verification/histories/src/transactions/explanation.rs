//! Why a history does not keep a level: as text, as JSON, and as a graph to be drawn.

use std::{collections::BTreeSet, fmt};

use serde_json::{Value as Json, json};

use crate::answer::Verdict;

use super::{
    anomaly::{Anomaly, Cases, Dependency, Evidence},
    history::{History, Op},
    level::Level,
};

/// A transaction that takes part in an anomaly.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Figure {
    /// Its position in the history.
    pub transaction: u32,
    /// Its name, such as `T3`.
    pub name: String,
    /// Whose it is.
    pub session: u64,
    /// The line in which it stands, 0 if none.
    pub line: u64,
    /// When it began and ended, if known.
    pub interval: Option<(u64, Option<u64>)>,
    /// What it did.
    pub ops: Vec<String>,
}

/// An edge of the graph of an anomaly: the names of two transactions (or of the initial state), and why the first comes
/// before the second.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Arrow {
    /// The name of what comes first.
    pub from: String,
    /// The name of what comes later.
    pub to: String,
    /// `ww`, `wr`, `rw`, ...
    pub label: &'static str,
    /// Why, in words.
    pub sentence: String,
}

/// The graph of an explanation, to be drawn.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drawing {
    /// The nodes.
    pub figures: Vec<Figure>,
    /// The edges.
    pub arrows: Vec<Arrow>,
}

/// Why a history does not keep a level.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explanation {
    /// The level that was asked for.
    pub level: Level,
    /// What was found: at least one anomaly, the worst first.
    pub anomalies: Vec<Anomaly>,
    /// The weakest levels that are broken: nothing that they imply is known to be.
    pub weakest: Vec<Level>,
    /// Every level that is broken with them: all that imply one of the weakest.
    pub broken: Vec<Level>,
    /// The levels implied by the one asked for that are kept.
    pub kept: Vec<Level>,
    /// The transactions that take part.
    pub figures: Vec<Figure>,
}

impl Explanation {
    pub(super) fn new(
        history: &History,
        level: Level,
        anomalies: Vec<Anomaly>,
        verdicts: Vec<(Level, Verdict)>,
    ) -> Self {
        let of = |wanted: Verdict| {
            verdicts.iter().filter(move |(_, verdict)| *verdict == wanted).map(|(level, _)| *level)
        };
        let invalid: Vec<Level> = of(Verdict::Invalid).chain([level]).collect();
        let is_least = |level: &Level| !invalid.iter().any(|other| other != level && level.implies(*other));
        let weakest: Vec<Level> = invalid.iter().copied().filter(is_least).collect();
        let broken = Level::ALL.into_iter().filter(|level| weakest.iter().any(|weak| level.implies(*weak)));
        let members: BTreeSet<u32> =
            anomalies.iter().flat_map(|anomaly| anomaly.transactions.clone()).collect();
        Explanation {
            level,
            broken: broken.collect(),
            kept: of(Verdict::Valid).collect(),
            weakest,
            figures: members.into_iter().map(|member| figure(history, member)).collect(),
            anomalies,
        }
    }

    /// The graph of the transactions that take part.
    pub fn drawing(&self) -> Drawing {
        let mut arrows = BTreeSet::new();
        for anomaly in &self.anomalies {
            collect(&anomaly.evidence, &mut arrows);
        }
        Drawing { figures: self.figures.clone(), arrows: arrows.into_iter().collect() }
    }

    /// As JSON: the level, the anomalies with their evidence, the levels broken and kept, the transactions.
    pub fn json(&self) -> Json {
        let names = |levels: &[Level]| levels.iter().map(|level| level.name()).collect::<Vec<_>>();
        json!({
            "level": self.level.name(),
            "anomalies": self.anomalies.iter().map(anomaly_json).collect::<Vec<_>>(),
            "weakest_broken": names(&self.weakest),
            "broken": names(&self.broken),
            "kept": names(&self.kept),
            "transactions": self.figures.iter().map(|figure| json!({
                "name": figure.name,
                "session": figure.session,
                "line": figure.line,
                "began": figure.interval.map(|interval| interval.0),
                "ended": figure.interval.and_then(|interval| interval.1),
                "ops": figure.ops,
            })).collect::<Vec<_>>(),
        })
    }
}

/// `T3`, or the initial state.
fn name(transaction: Option<u32>) -> String {
    transaction.map_or_else(|| "initial state".to_owned(), |transaction| format!("T{}", transaction + 1))
}

fn figure(history: &History, transaction: u32) -> Figure {
    let recorded = history.recorded(transaction);
    Figure {
        transaction,
        name: name(Some(transaction)),
        session: recorded.session,
        line: recorded.line,
        interval: recorded.interval,
        ops: recorded.ops.iter().map(Op::to_string).collect(),
    }
}

fn arrow(dependency: &Dependency) -> Arrow {
    Arrow {
        from: name(dependency.from),
        to: name(dependency.to),
        label: dependency.reason.name(),
        sentence: dependency.sentence.clone(),
    }
}

fn collect(evidence: &Evidence, arrows: &mut BTreeSet<Arrow>) {
    match evidence {
        Evidence::Sentence(_) => {}
        Evidence::Cycle(cycle) => arrows.extend(cycle.iter().map(arrow)),
        Evidence::Cases(cases) => {
            collect(&cases.first, arrows);
            collect(&cases.second, arrows);
        }
    }
}

fn anomaly_json(anomaly: &Anomaly) -> Json {
    json!({
        "name": anomaly.name(),
        "case_of": anomaly.kind.general().map(|general| general.name()),
        "meaning": anomaly.kind.meaning(),
        "transactions": anomaly.transactions.iter().map(|member| name(Some(*member))).collect::<Vec<_>>(),
        "evidence": evidence_json(&anomaly.evidence),
    })
}

fn evidence_json(evidence: &Evidence) -> Json {
    match evidence {
        Evidence::Sentence(sentence) => json!({ "sentence": sentence }),
        Evidence::Cycle(cycle) => json!({
            "cycle": cycle.iter().map(arrow).map(|arrow| json!({
                "from": arrow.from,
                "to": arrow.to,
                "reason": arrow.label,
                "sentence": arrow.sentence,
            })).collect::<Vec<_>>(),
        }),
        Evidence::Cases(cases) => {
            let Cases { writers: (one, other), key, first, second } = &**cases;
            let case = |writes_first: u32, writes_later: u32, evidence| {
                json!({
                    "writes_first": name(Some(writes_first)),
                    "writes_later": name(Some(writes_later)),
                    "evidence": evidence_json(evidence),
                })
            };
            json!({ "key": key, "cases": [case(*one, *other, first), case(*other, *one, second)] })
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, anomaly) in self.anomalies.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{}", anomaly.name())?;
            if let Some(general) = anomaly.kind.general() {
                write!(f, " (a case of {})", general.name())?;
            }
            writeln!(f, ": {}", anomaly.kind.meaning())?;
            for figure in
                self.figures.iter().filter(|figure| anomaly.transactions.contains(&figure.transaction))
            {
                write!(f, "  {} in session {}", figure.name, figure.session)?;
                if figure.line > 0 {
                    write!(f, ", line {}", figure.line)?;
                }
                writeln!(f, ": {}", figure.ops.join(" "))?;
            }
            write_evidence(f, &anomaly.evidence, 2)?;
        }
        let list = |levels: &[Level]| levels.iter().map(|level| level.name()).collect::<Vec<_>>().join(", ");
        writeln!(f, "weakest level broken: {}", list(&self.weakest))?;
        let implied: Vec<Level> =
            self.broken.iter().copied().filter(|level| !self.weakest.contains(level)).collect();
        if !implied.is_empty() {
            writeln!(f, "broken with it: {}", list(&implied))?;
        }
        if !self.kept.is_empty() {
            writeln!(f, "kept: {}", list(&self.kept))?;
        }
        Ok(())
    }
}

fn write_evidence(f: &mut fmt::Formatter<'_>, evidence: &Evidence, indent: usize) -> fmt::Result {
    match evidence {
        Evidence::Sentence(sentence) => writeln!(f, "{:indent$}{sentence}", ""),
        Evidence::Cycle(cycle) => {
            for dependency in cycle {
                let Arrow { from, to, label, sentence } = arrow(dependency);
                writeln!(f, "{:indent$}{from} -> {to} ({label}): {sentence}", "")?;
            }
            Ok(())
        }
        Evidence::Cases(cases) => {
            let Cases { writers: (first, second), key, .. } = &**cases;
            let (first, second) = (name(Some(*first)), name(Some(*second)));
            writeln!(f, "{:indent$}case: {first} writes {key} before {second}", "")?;
            write_evidence(f, &cases.first, indent + 2)?;
            writeln!(f, "{:indent$}case: {second} writes {key} before {first}", "")?;
            write_evidence(f, &cases.second, indent + 2)
        }
    }
}
