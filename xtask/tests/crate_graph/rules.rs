//! The rules: each finds what is wrong, in sentences.

use super::workspace::{Dependency, Package, Source};

/// The interface that all protocols implement.
const ACTOR: &str = "synod-actor";
/// What is data as much as protocols, and useful alone.
const CLOCKS: &str = "synod-clocks";
/// What a crate may bring in by a feature, though protocols have no use for it.
const OPTIONS: [(&str, &str); 1] = [(CLOCKS, "serde")];
/// Where the models are.
const MODELS: &str = "synod-models";
/// A file of more lines than this is too long to read. Aim at 500.
const LINES: usize = 600;
/// What a protocol has no use for, as words of its code.
const IMPURE: [&str; 9] =
    ["HashMap", "HashSet", "RandomState", "Instant", "SystemTime", "async", "await", "thread", "unsafe"];
/// What a protocol has no use for, as modules of the standard library.
const IMPURE_MODULES: [&str; 6] = ["fs", "net", "io", "env", "process", "sync"];
/// But for this: a value that is shared and cannot be changed is a value. What else there is for threads, locks and counters, is not.
const SHARED: &str = "sync::Arc";
/// What clippy must be told to refuse in a protocol.
const REFUSED: [&str; 6] = [
    "std::collections::HashMap",
    "std::collections::HashSet",
    "std::time::Instant",
    "std::time::SystemTime",
    "std::fs::File",
    "std::thread::spawn",
];

/// A crate of protocols depends, but for its tests, on the actor interface and on other crates of protocols only.
pub fn protocols_depend_on_protocols(packages: &[Package]) -> Vec<String> {
    let is_protocol =
        |name: &str| packages.iter().any(|package| package.is_protocol() && package.name == name);
    let mut wrong = Vec::new();
    for package in packages.iter().filter(|package| package.is_protocol()) {
        for dependency in package.dependencies.iter().filter(|dependency| !dependency.dev) {
            let is_option = dependency.optional && OPTIONS.contains(&(&package.name, &dependency.name));
            if dependency.name != ACTOR && !is_protocol(&dependency.name) && !is_option {
                wrong.push(format!("{} is a protocol and depends on {}", package.name, dependency.name));
            }
        }
    }
    wrong
}

/// The actor interface depends on nothing but what its tests need.
pub fn actor_depends_on_nothing(packages: &[Package]) -> Vec<String> {
    let actor = packages.iter().filter(|package| package.name == ACTOR);
    let dependencies = actor.flat_map(|package| &package.dependencies).filter(|dependency| !dependency.dev);
    dependencies.map(|dependency| format!("{ACTOR} depends on {}", dependency.name)).collect()
}

/// Who adds the clocks gets the clocks: whatever else there is a feature brings, and none is on by itself.
pub fn clocks_depend_on_nothing(packages: &[Package]) -> Vec<String> {
    let mut wrong = Vec::new();
    for package in packages.iter().filter(|package| package.name == CLOCKS) {
        for dependency in
            package.dependencies.iter().filter(|dependency| !dependency.dev && !dependency.optional)
        {
            wrong.push(format!("{CLOCKS} depends on {}", dependency.name));
        }
        for feature in &package.default_features {
            wrong.push(format!("{CLOCKS} has the feature {feature} on by default"));
        }
    }
    wrong
}

/// A host runs any protocol, and knows none.
pub fn hosts_do_not_know_protocols(packages: &[Package]) -> Vec<String> {
    const HOSTS: [&str; 4] = ["synod-checker", "synod-stateright", "synod-simulator", "synod-net"];
    let mut wrong = Vec::new();
    for host in packages.iter().filter(|package| HOSTS.contains(&package.name.as_str())) {
        for dependency in host.dependencies.iter().filter(|dependency| !dependency.dev) {
            if packages.iter().any(|package| package.is_protocol() && package.name == dependency.name) {
                wrong.push(format!(
                    "{} is a host and depends on the protocols of {}",
                    host.name, dependency.name
                ));
            }
        }
    }
    wrong
}

/// Bounds live in the models, so what is put to use there does not depend on them, not even by a detour.
pub fn nothing_checked_knows_models(packages: &[Package]) -> Vec<String> {
    let mut wrong = Vec::new();
    for package in
        packages.iter().filter(|package| ["synod-checker", "synod-properties"].contains(&&*package.name))
    {
        let (mut reached, mut next) = (vec![package.name.as_str()], 0);
        while let Some(&name) = reached.get(next) {
            next += 1;
            let package = packages.iter().find(|package| package.name == name);
            for dependency in package.into_iter().flat_map(|package| &package.dependencies) {
                if !reached.contains(&dependency.name.as_str()) {
                    reached.push(&dependency.name);
                }
            }
        }
        if reached.contains(&MODELS) {
            wrong.push(format!("{} depends on {MODELS}", package.name));
        }
    }
    wrong
}

/// Who adds a published crate gets all that it needs; what only its tests need may be named without a version, and is left out.
pub fn published_depends_on_published(packages: &[Package]) -> Vec<String> {
    let mut wrong = Vec::new();
    for package in packages.iter().filter(|package| package.published) {
        let left_out = |dependency: &&Dependency| dependency.dev && dependency.unversioned;
        for dependency in package.dependencies.iter().filter(|dependency| !left_out(dependency)) {
            if packages.iter().any(|other| other.name == dependency.name && !other.published) {
                wrong.push(format!(
                    "{} is published and depends on {}, which is not",
                    package.name, dependency.name
                ));
            }
        }
    }
    wrong
}

/// A published crate has a readme, a description, the licence of the workspace and its texts, and says which compiler it
/// needs.
pub fn published_is_described(packages: &[Package], rust_version: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for package in packages.iter().filter(|package| package.published) {
        let mut check = |fine: bool, what: &str| {
            if !fine {
                wrong.push(format!("{} is published and {what}", package.name));
            }
        };
        check(package.has_readme, "has no README.md");
        check(package.description.as_ref().is_some_and(|text| text.len() > 10), "has no description");
        check(package.license.as_deref() == Some("MIT OR Apache-2.0"), "is under another licence");
        check(package.has_licence_texts, "has no LICENSE-MIT and LICENSE-APACHE like those at the top");
        check(package.rust_version.as_deref() == Some(rust_version), "asks for another compiler");
    }
    wrong
}

/// Every package is of this edition.
pub fn edition_is_2024(packages: &[Package]) -> Vec<String> {
    let other = packages.iter().filter(|package| package.edition != "2024");
    other.map(|package| format!("{} is of the edition {}", package.name, package.edition)).collect()
}

/// ARCHITECTURE.md names the test of each invariant. What it names is there.
pub fn named_tests_exist(sources: &[Source]) -> Vec<String> {
    let architecture = sources.iter().filter(|source| source.path == "ARCHITECTURE.md");
    let named = architecture.flat_map(|source| source.text.split('`').skip(1).step_by(2));
    // What looks like the sentence that a test's name is.
    let tests = named.filter(|name| {
        name.matches('_').count() >= 2
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    });
    let exists = |test: &str| {
        let function = format!("fn {test}(");
        sources.iter().any(|source| source.path.ends_with(".rs") && source.text.contains(&function))
    };
    tests.filter(|test| !exists(test)).map(|test| format!("there is no test {test}")).collect()
}

/// A file of Rust is short enough to be read in one go.
pub fn files_are_short(sources: &[Source]) -> Vec<String> {
    let rust = sources.iter().filter(|source| source.path.ends_with(".rs"));
    let lines = rust.map(|source| (source, source.text.lines().count())).filter(|(_, lines)| *lines > LINES);
    lines
        .map(|(source, lines)| format!("{} has {lines} lines; split it by role or phase", source.path))
        .collect()
}

/// Nothing that is committed names a place on somebody's machine.
pub fn no_machine_paths(sources: &[Source]) -> Vec<String> {
    // In two parts, or this file would be one that does.
    let places = [concat!("/wo", "rk/"), concat!("/t", "mp/"), concat!("/ho", "me/"), concat!("/ro", "ot/")];
    let mut wrong = Vec::new();
    for source in sources {
        for (number, line) in source.text.lines().enumerate() {
            if let Some(place) = places.iter().find(|place| line.contains(**place)) {
                wrong.push(format!("{}:{} mentions {place}", source.path, number + 1));
            }
        }
    }
    wrong
}

/// A protocol's code has no clock, no file, no socket, no thread, no order that differs from run to run.
pub fn protocols_are_pure(sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in sources.iter().filter(|source| source.path.ends_with(".rs")) {
        let code: Vec<&str> = source.text.lines().map(|line| line.split("//").next().unwrap_or("")).collect();
        for word in words(&code.join("\n")).filter(|word| IMPURE.contains(word)) {
            wrong.push(format!("{} uses {word}", source.path));
        }
        // An import may name several modules at once, on several lines.
        for statement in code.join(" ").split(';') {
            let Some((_, path)) = statement.split_once("std::") else { continue };
            let is_import = statement.contains("use std::");
            let path = path.replace(SHARED, "");
            let mut names = words(&path).take(if is_import { usize::MAX } else { 1 });
            if let Some(module) = names.find(|word| IMPURE_MODULES.contains(word)) {
                wrong.push(format!("{} uses std::{module}", source.path));
            }
        }
    }
    wrong
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// Every crate of protocols tells clippy what it has no use for.
pub fn clippy_guards_protocols(packages: &[Package], sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    for package in packages.iter().filter(|package| package.is_protocol() || package.name == ACTOR) {
        let path = format!("{}/clippy.toml", package.dir);
        let text = sources.iter().find(|source| source.path == path).map_or("", |source| &source.text);
        for refused in REFUSED.iter().filter(|refused| !text.contains(&format!("\"{refused}\""))) {
            wrong.push(format!("{path} does not refuse {refused}"));
        }
    }
    wrong
}
