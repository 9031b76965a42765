//! Behind a pointer everything is as it was: counts, verdicts, counterexamples, marks.

use synod_actor::NodeId;
use synod_checker::{Environment, Limit, Options, Reductions, System, check};
use synod_consensus::Paxos;
use synod_erased::ErasedSystem;
use synod_properties::{ConsensusMonitor, consensus::TERMINATION};
use synod_stateright::Settings;

fn system() -> System<Paxos<char>, ConsensusMonitor<char>> {
    let group = NodeId::group(2);
    System::new(vec![Paxos::new(); 2], ConsensusMonitor::new().everyone_terminates(&group))
        .request(group[0], 'a')
        .request(group[1], 'b')
        .environment(Environment::default().timeouts(Limit::Budget(1)).delayed_disk())
        .invariant("never both", |nodes| !nodes.iter().all(|node| node.live.has_decided()))
        .bound("rounds", |_, paxos| paxos.promised().round < 3)
        .always_possible("a decision is possible", |_, monitor| monitor.decision().is_some())
        .deadlock_free()
}

#[test]
fn everything_is_as_it_was() {
    let options = Options { threads: 1, exhaustive: true, ..Options::default() };
    let typed = check(&system(), &options);
    let erased = ErasedSystem::new(system());
    let report = erased.check(&options);
    assert_eq!(report.properties, typed.properties);
    let counts = |report: &synod_checker::Report| {
        (
            report.states,
            report.transitions,
            report.depth,
            report.node_states,
            report.messages,
            report.handler_calls,
        )
    };
    assert_eq!(counts(&report), counts(&typed));
    assert_eq!((&report.marks, &report.unreached), (&typed.marks, &typed.unreached));
    assert!(report.violated().is_some_and(|property| property.name == "never both"));
    let full = erased.check(&Options { reductions: Reductions::NONE, ..options });
    let opinion = erased.stateright(&Settings::default());
    assert_eq!((opinion.states, opinion.transitions), (full.states, full.transitions));
}

#[test]
fn translated_epochs_are_as_they_were() {
    let duel = || {
        System::new(vec![Paxos::new(); 2], ConsensusMonitor::new().proposers_terminate())
            .request(NodeId(0), 'a')
            .request(NodeId(1), 'b')
            .environment(Environment::default().copies(1).timeouts(Limit::Unbounded))
            .bound("rounds", |_, paxos: &Paxos<char>| paxos.promised().round <= 2)
            .translate_epochs()
            .terminates()
    };
    let options = Options { threads: 1, ..Options::default() };
    let (typed, erased) = (check(&duel(), &options), ErasedSystem::new(duel()));
    let report = erased.check(&options);
    assert_eq!((report.states, report.transitions), (typed.states, typed.transitions));
    assert_eq!(report.properties, typed.properties);
    assert!(report.violated().is_some_and(|property| property.name == TERMINATION));
    let opinion = erased.stateright(&Settings::default());
    assert_eq!((opinion.states, opinion.transitions), (report.states, report.transitions));
}
