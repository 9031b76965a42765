//! Every rule finds what it is for: a bad example each, next to a good one.

use super::{
    rules,
    workspace::{Dependency, Package, Source},
};

fn package(name: &str, dir: &str, dependencies: &[&str]) -> Package {
    Package {
        name: name.into(),
        dir: dir.into(),
        edition: "2024".into(),
        rust_version: Some("1.95.0".into()),
        license: Some("MIT OR Apache-2.0".into()),
        description: Some("What it is, in a sentence".into()),
        has_readme: true,
        has_licence_texts: true,
        published: true,
        dependencies: dependencies
            .iter()
            .map(|&name| match name.split_once(':') {
                Some((kind, name)) => Dependency {
                    name: name.into(),
                    dev: kind == "dev",
                    optional: kind == "optional",
                    unversioned: false,
                },
                None => Dependency { name: name.into(), dev: false, optional: false, unversioned: false },
            })
            .collect(),
        default_features: vec![],
    }
}

fn source(path: &str, text: &str) -> Source {
    Source { path: path.into(), text: text.into() }
}

#[test]
fn a_protocol_with_a_runtime() {
    let with = |dependencies: &[&str]| {
        rules::protocols_depend_on_protocols(&[
            package("synod-consensus", "crates/consensus", dependencies),
            package("synod-broadcast", "crates/broadcast", &["synod-actor"]),
            package("synod-net", "crates/net", &["tokio", "synod-actor"]),
        ])
    };
    assert!(with(&["synod-actor", "synod-broadcast", "dev:proptest", "dev:synod-checker"]).is_empty());
    assert_eq!(with(&["tokio"]), ["synod-consensus is a protocol and depends on tokio"]);
    // A host in the same folder is not a protocol.
    assert_eq!(with(&["synod-net"]), ["synod-consensus is a protocol and depends on synod-net"]);
}

#[test]
fn clocks_that_bring_more_than_clocks() {
    let clocks = |dependencies: &[&str]| package("synod-clocks", "crates/clocks", dependencies);
    let protocols = |of| rules::protocols_depend_on_protocols(&[of]);
    let fine = clocks(&["optional:synod-actor", "optional:serde", "dev:proptest"]);
    assert!(protocols(fine.clone()).is_empty());
    assert_eq!(protocols(clocks(&["serde"])), ["synod-clocks is a protocol and depends on serde"]);
    assert_eq!(protocols(clocks(&["optional:rand"])), ["synod-clocks is a protocol and depends on rand"]);
    let other = package("synod-consensus", "crates/consensus", &["optional:serde"]);
    assert_eq!(protocols(other), ["synod-consensus is a protocol and depends on serde"]);

    assert!(rules::clocks_depend_on_nothing(std::slice::from_ref(&fine)).is_empty());
    let wrong = rules::clocks_depend_on_nothing(&[clocks(&["synod-actor"])]);
    assert_eq!(wrong, ["synod-clocks depends on synod-actor"]);
    let eager = Package { default_features: vec!["serde".into()], ..fine };
    let wrong = rules::clocks_depend_on_nothing(&[eager]);
    assert_eq!(wrong, ["synod-clocks has the feature serde on by default"]);
}

#[test]
fn an_actor_interface_with_a_dependency() {
    let with = |dependencies| {
        rules::actor_depends_on_nothing(&[package("synod-actor", "crates/actor", dependencies)])
    };
    assert!(with(&["dev:proptest"]).is_empty());
    assert_eq!(with(&["serde"]), ["synod-actor depends on serde"]);
}

#[test]
fn a_checker_that_knows_paxos() {
    let with = |dependencies| {
        rules::hosts_do_not_know_protocols(&[
            package("synod-checker", "verification/checker", dependencies),
            package("synod-consensus", "crates/consensus", &[]),
        ])
    };
    assert!(with(&["synod-actor", "dev:synod-consensus"]).is_empty());
    let expected = ["synod-checker is a host and depends on the protocols of synod-consensus"];
    assert_eq!(with(&["synod-consensus"]), expected);
}

#[test]
fn a_checker_that_knows_its_models() {
    let with = |checker, properties| {
        rules::nothing_checked_knows_models(&[
            package("synod-checker", "verification/checker", checker),
            package("synod-properties", "verification/properties", properties),
            package("synod-models", "verification/models", &["synod-checker"]),
        ])
    };
    assert!(with(&["synod-properties"], &[]).is_empty());
    assert_eq!(with(&["dev:synod-models"], &[]), ["synod-checker depends on synod-models"]);
    let both = ["synod-checker depends on synod-models", "synod-properties depends on synod-models"];
    assert_eq!(with(&["synod-properties"], &["synod-models"]), both);
}

#[test]
fn a_published_crate_that_nobody_can_build() {
    let mut models = package("synod-models", "verification/models", &[]);
    let checker = package("synod-checker", "verification/checker", &["dev:synod-models", "hashbrown"]);
    assert!(rules::published_depends_on_published(&[checker.clone(), models.clone()]).is_empty());
    models.published = false;
    let expected = ["synod-checker is published and depends on synod-models, which is not"];
    assert_eq!(rules::published_depends_on_published(&[checker.clone(), models.clone()]), expected);
    // What only tests need, and is named without a version, is left out of what is published.
    let mut tested = checker;
    tested.dependencies[0].unversioned = true;
    assert!(rules::published_depends_on_published(&[tested, models]).is_empty());
}

#[test]
fn a_published_crate_that_does_not_say_what_it_is() {
    let good = package("synod-consensus", "crates/consensus", &[]);
    let wrong = |package: Package| rules::published_is_described(&[package], "1.95.0");
    assert!(wrong(good.clone()).is_empty());
    assert_eq!(
        wrong(Package { has_readme: false, ..good.clone() }),
        ["synod-consensus is published and has no README.md"]
    );
    assert_eq!(
        wrong(Package { has_licence_texts: false, ..good.clone() }),
        ["synod-consensus is published and has no LICENSE-MIT and LICENSE-APACHE like those at the top"]
    );
    assert_eq!(
        wrong(Package { description: None, ..good.clone() }),
        ["synod-consensus is published and has no description"]
    );
    assert_eq!(
        wrong(Package { license: Some("GPL-3.0".into()), ..good.clone() }),
        ["synod-consensus is published and is under another licence"]
    );
    for version in [None, Some("1.85.0".into())] {
        let wrong = wrong(Package { rust_version: version, ..good.clone() });
        assert_eq!(wrong, ["synod-consensus is published and asks for another compiler"]);
    }
    assert!(wrong(Package { published: false, has_readme: false, ..good }).is_empty());
}

#[test]
fn a_package_of_another_edition() {
    let good = package("synod-consensus", "crates/consensus", &[]);
    assert!(rules::edition_is_2024(std::slice::from_ref(&good)).is_empty());
    let old = Package { edition: "2021".into(), ..good };
    assert_eq!(rules::edition_is_2024(&[old]), ["synod-consensus is of the edition 2021"]);
}

#[test]
fn an_invariant_without_its_test() {
    let architecture =
        source("ARCHITECTURE.md", "holds (`src/a.rs`: `what_is_sent_arrives`), and so does `is_true`");
    let test = source("tests/a.rs", "fn what_is_sent_arrives() {}");
    assert!(rules::named_tests_exist(&[architecture.clone(), test]).is_empty());
    assert_eq!(rules::named_tests_exist(&[architecture]), ["there is no test what_is_sent_arrives"]);
}

#[test]
fn a_file_that_nobody_reads_to_its_end() {
    let of = |path, lines| rules::files_are_short(&[source(path, &"x\n".repeat(lines))]);
    assert!(of("crates/a/src/lib.rs", 600).is_empty() && of("crates/a/README.md", 601).is_empty());
    assert_eq!(
        of("crates/a/src/lib.rs", 601),
        ["crates/a/src/lib.rs has 601 lines; split it by role or phase"]
    );
}

#[test]
fn a_file_that_knows_a_machine() {
    let of = |text: &str| rules::no_machine_paths(&[source("README.md", text)]);
    assert!(of("work/in/progress, tmp, a/home").is_empty());
    let place = concat!("/ho", "me/");
    assert_eq!(of(&format!("fine\ncd {place}someone")), [format!("README.md:2 mentions {place}")]);
    for place in [concat!("/wo", "rk/"), concat!("/t", "mp/"), concat!("/ro", "ot/")] {
        assert_eq!(of(place).len(), 1, "{place}");
    }
}

#[test]
fn a_protocol_with_something_else_than_events() {
    let of = |text| rules::protocols_are_pure(&[source("crates/a/src/lib.rs", text)]);
    assert!(of("use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};").is_empty());
    assert!(of("fn f() { let shared = std::sync::Arc::new(1); }").is_empty());
    assert!(
        of("// a HashMap would do on one thread\nstruct Threads { network: u8, fsync: u8, io: u8 }")
            .is_empty()
    );
    for (word, text) in [
        ("HashMap", "use std::collections::HashMap;"),
        ("HashSet", "let seen: HashSet<u8>;"),
        ("Instant", "let now = std::time::Instant::now();"),
        ("SystemTime", "use std::time::{Duration, SystemTime};"),
        ("async", "async fn run() {}"),
        ("thread", "std::thread::spawn(|| ());"),
        ("std::fs", "use std::{\n    collections::BTreeMap,\n    fs::File,\n};"),
        ("std::net", "fn f(s: std::net::TcpStream) {}"),
        ("std::sync", "use std::{fmt, sync::{Arc, Mutex}};"),
        ("std::sync", "use std::sync::atomic::AtomicU64;"),
        ("std::env", "fn f() { let v = std::env::var(\"X\"); }"),
    ] {
        assert_eq!(of(text), [format!("crates/a/src/lib.rs uses {word}")], "{text}");
    }
}

#[test]
fn a_protocol_that_clippy_does_not_guard() {
    let packages = [
        package("synod-consensus", "crates/consensus", &[]),
        package("synod-checker", "verification/checker", &[]),
    ];
    assert_eq!(rules::clippy_guards_protocols(&packages, &[]).len(), 6);
    let half = source("crates/consensus/clippy.toml", r#"disallowed-types = ["std::time::Instant"]"#);
    let wrong = rules::clippy_guards_protocols(&packages, &[half]);
    assert_eq!(wrong.len(), 5);
    assert_eq!(wrong[0], "crates/consensus/clippy.toml does not refuse std::collections::HashMap");
}
