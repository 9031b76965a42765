//! The invariants of ARCHITECTURE.md that a machine can check: who may depend on whom, and what may not be there at all.
//!
//! Each rule is a function from what is there to what is wrong with it. Here it must find nothing; `bad.rs` shows it an
//! example that it must find.

mod bad;
mod rules;
mod workspace;

use workspace::Workspace;

/// The workspace as it is, put to a rule.
fn obeys(rule: impl Fn(&Workspace) -> Vec<String>) {
    let wrong = rule(&Workspace::read());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn protocols_depend_on_the_actor_interface_and_on_protocols_only() {
    obeys(|workspace| rules::protocols_depend_on_protocols(&workspace.packages));
}

#[test]
fn the_actor_interface_depends_on_nothing() {
    obeys(|workspace| rules::actor_depends_on_nothing(&workspace.packages));
}

#[test]
fn the_clocks_depend_on_nothing_unless_asked() {
    obeys(|workspace| rules::clocks_depend_on_nothing(&workspace.packages));
}

#[test]
fn hosts_do_not_know_protocols() {
    obeys(|workspace| rules::hosts_do_not_know_protocols(&workspace.packages));
}

#[test]
fn neither_checker_nor_properties_know_the_models() {
    obeys(|workspace| rules::nothing_checked_knows_models(&workspace.packages));
}

#[test]
fn what_is_published_depends_on_what_is_published() {
    obeys(|workspace| rules::published_depends_on_published(&workspace.packages));
}

#[test]
fn what_is_published_says_what_it_is() {
    obeys(|workspace| rules::published_is_described(&workspace.packages, &workspace.rust_version));
}

#[test]
fn every_package_is_of_the_2024_edition() {
    obeys(|workspace| rules::edition_is_2024(&workspace.packages));
}

#[test]
fn the_tests_that_the_architecture_names_are_there() {
    obeys(|workspace| rules::named_tests_exist(&workspace.sources));
}

#[test]
fn files_are_short_enough_to_read() {
    obeys(|workspace| rules::files_are_short(&workspace.sources));
}

#[test]
fn no_file_depends_on_a_machine() {
    obeys(|workspace| rules::no_machine_paths(&workspace.sources));
}

#[test]
fn protocols_have_no_clock_no_files_no_threads_and_no_random_order() {
    obeys(|workspace| rules::protocols_are_pure(&workspace.protocol_sources()));
}

#[test]
fn clippy_guards_the_protocols_too() {
    obeys(|workspace| rules::clippy_guards_protocols(&workspace.packages, &workspace.sources));
}
