//! One history, one level, one answer in words: what the command line, the JSON and the HTML page show.

mod graph;
mod html;
mod level;
mod text;
mod why;

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::{
    answer::{Answer, Budget, Exhausted, Verdict},
    linearizability::{self, Effort},
    malformed::Malformed,
    objects::{Reading, Subject, interpret},
    operation::Operation,
    replicated::{self, Certificate, View},
    sequential,
};

pub use graph::graph_html;
pub use html::html;
pub use level::Level;
pub use text::text;
pub use why::{Shown, Why};

/// The answer for a level.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The level.
    pub level: Level,
    /// The answer.
    pub verdict: Verdict,
    /// The other level that this follows from, if it was not checked itself.
    pub follows_from: Option<Level>,
    /// Why it is invalid.
    pub why: Option<Why>,
    /// What ran out, if it is unknown.
    pub unknown: Option<String>,
    /// The certificate, where it is one order: operations in an order that shows that it is valid, by their places.
    pub order: Option<Vec<usize>>,
    /// The certificate, where each process has its own order.
    pub views: Option<Vec<View>>,
    /// What it cost.
    pub effort: Effort,
    /// How long it took.
    #[serde(serialize_with = "seconds")]
    pub elapsed: Duration,
}

fn seconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

/// A history and how it is meant.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Its operations.
    pub operations: &'a [Operation],
    /// The object that they are about.
    pub subject: &'a Subject,
    /// How they are meant.
    pub reading: Reading,
    /// What each answer may cost.
    pub budget: &'a Budget,
}

/// Whether the history keeps a level. Adds the answer to those that are known, and does not check again what follows from
/// them.
///
/// # Errors
/// An operation is none of the object.
pub fn check(question: Question<'_>, level: Level, reports: &mut Vec<Report>) -> Result<(), Malformed> {
    let known = reports.iter().find_map(|report| match report.verdict {
        Verdict::Valid if report.level.implies(level) => Some((Verdict::Valid, report.level, None)),
        Verdict::Invalid if level.implies(report.level) => {
            Some((Verdict::Invalid, report.level, report.why.clone()))
        }
        _ => None,
    });
    let report = match known {
        Some((verdict, from, why)) => Report {
            level,
            verdict,
            follows_from: Some(from),
            why,
            unknown: None,
            order: None,
            views: None,
            effort: Effort::default(),
            elapsed: Duration::ZERO,
        },
        None => check_one(question, level)?,
    };
    reports.push(report);
    Ok(())
}

fn check_one(question: Question<'_>, level: Level) -> Result<Report, Malformed> {
    let start = Instant::now();
    let found = match level {
        Level::Linearizable | Level::Sequential => check_order(question, level)?,
        Level::Replicated(replicated) => check_replicated(question, replicated)?,
    };
    let verdict = found.answer.verdict();
    let (mut order, mut views, mut why, mut unknown) = (None, None, None, None);
    match found.answer {
        Answer::Valid(Certificate::Order(certificate)) => order = Some(certificate),
        Answer::Valid(Certificate::Views(certificate)) => views = Some(certificate),
        Answer::Valid(Certificate::Nothing) => {}
        Answer::Invalid(reason) => why = Some(reason),
        Answer::Unknown(exhausted) => unknown = Some(exhausted.to_string()),
    }
    Ok(Report {
        level,
        verdict,
        follows_from: None,
        why,
        unknown,
        order,
        views,
        effort: found.effort,
        elapsed: start.elapsed(),
    })
}

struct Found {
    answer: Answer<Certificate, Why>,
    effort: Effort,
}

/// Checks a level that is about one order of all calls.
fn check_order(question: Question<'_>, level: Level) -> Result<Found, Malformed> {
    let Question { operations, subject, reading, budget } = question;
    let specification = &subject.specification();
    let interpreted = interpret(specification, operations, reading)?;
    let of_operations = |order: Vec<usize>| {
        Certificate::Order(order.into_iter().map(|call| interpreted.operations[call]).collect())
    };
    let (answer, effort) = match level {
        Level::Sequential => {
            let (answer, effort) = sequential::check(specification, &interpreted.calls, budget);
            (answer.map_invalid(|_| why::not_sequential(specification, question, &interpreted)), effort)
        }
        _ => {
            let options = linearizability::Options { budget: budget.clone(), ..Default::default() };
            let (answer, effort) = linearizability::check(specification, &interpreted.calls, &options);
            let explain = |violation| why::not_linearizable(specification, question, &interpreted, violation);
            (answer.map_invalid(explain), effort)
        }
    };
    Ok(Found { answer: answer.map_valid(of_operations), effort })
}

fn check_replicated(question: Question<'_>, level: replicated::Level) -> Result<Found, Malformed> {
    let answer = match replicated::resolve(question.operations, question.subject, question.reading)? {
        Ok(accesses) => replicated::check(&accesses, level, question.budget),
        Err(what) => Answer::Unknown(Exhausted { what, known: String::new() }),
    };
    let answer = answer.map_invalid(|wrong| why::not_replicated(question, &wrong));
    Ok(Found { answer, effort: Effort::default() })
}
