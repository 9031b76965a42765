//! The cost of one step: a handler call, on a state that the actor was driven into by hand.
//!
//! Copying the state before a step and dropping what came of it are not counted. Each step is asserted to be the one it
//! is called after.

use std::time::Duration;

use criterion::{
    BatchSize, BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime,
};
use synod_actor::{Actor, Beside, Event, Many, NodeId, Side, Stack};
use synod_atomic_commit::{
    Outcome::{Abort, Commit},
    Request, TwoPhase, Vote,
    two_phase::{Msg as Commits, Wait},
};
use synod_benches::step::{Host, Step};
use synod_consensus::{
    Consensus, Paxos,
    paxos::{Ballot, Msg, Retry},
};
use synod_testing::PassOn;

/// So many steps are made ready at once: enough to time them together, few enough for the cache.
const BATCH: BatchSize = BatchSize::NumIterations(256);

fn time<A: Actor>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, step: &Step<A>) {
    group.bench_function(name, |bencher| {
        let take = |mut ready| {
            step.take(&mut ready);
            ready
        };
        bencher.iter_batched(|| step.ready(), take, BATCH);
    });
}

type Value = u64;

/// Five nodes, of which three are a majority.
const NODES: usize = 5;
const ME: NodeId = NodeId(0);
const ONE: NodeId = NodeId(1);
const TWO: NodeId = NodeId(2);
const LAST: NodeId = NodeId(4);
const MINE: Ballot = Ballot { round: 1, proposer: ME };
const HIGHER: Ballot = Ballot { round: 2, proposer: ONE };

fn paxos() -> Host<Paxos<Value>> {
    Host::new(ME, NODES, Paxos::new())
}

/// Its own ballot is under way: one more promise, and it has a majority.
fn preparing() -> Host<Paxos<Value>> {
    paxos().after(Event::Request(7)).received(ONE, Msg::Promise(MINE, None))
}

/// Its own proposal is under way: one more vote, and it is chosen.
fn proposing() -> Host<Paxos<Value>> {
    preparing().received(TWO, Msg::Promise(MINE, None)).received(ONE, Msg::Accepted(MINE))
}

fn paxos_steps(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("paxos");
    let mut step = |name, step: Step<Paxos<Value>>| time(&mut group, name, &step);
    step("propose", paxos().at(Event::Request(7)).marked("1a"));
    step("prepare, promised", paxos().receiving(ONE, Msg::Prepare(HIGHER)).marked("1b"));
    step(
        "prepare, refused",
        paxos().received(ONE, Msg::Prepare(HIGHER)).receiving(TWO, Msg::Prepare(MINE)).marked("nack"),
    );
    let first = paxos().after(Event::Request(7)).receiving(ONE, Msg::Promise(MINE, None));
    step("promise, counted", first.silent());
    step("promise, of a majority", preparing().receiving(TWO, Msg::Promise(MINE, None)).marked("2a"));
    let vote = Some((Ballot { round: 0, proposer: ONE }, 8));
    step("promise, with a vote", preparing().receiving(TWO, Msg::Promise(MINE, vote)).marked("2a adopts"));
    step("accept", paxos().receiving(ONE, Msg::Accept(HIGHER, 7)).marked("2b"));
    let first = preparing().received(TWO, Msg::Promise(MINE, None)).receiving(ONE, Msg::Accepted(MINE));
    step("accepted, counted", first.silent());
    step("accepted, of a majority", proposing().receiving(TWO, Msg::Accepted(MINE)).marked("chosen"));
    step("decide", proposing().receiving(ONE, Msg::Decide(7)).marked("decide"));
    step("timeout", proposing().at(Event::Timeout(Retry)).marked("1a"));
    group.finish();
}

fn coordinator() -> Host<TwoPhase> {
    Host::new(ME, NODES, TwoPhase::new())
}

/// All votes but one are in.
fn collecting() -> Host<TwoPhase> {
    (1..4).fold(coordinator().after(Event::Request(Request::Begin)), |host, node| {
        host.received(NodeId(node), Commits::Vote(Vote::Yes))
    })
}

/// Committed, and nobody has acknowledged it.
fn committed() -> Host<TwoPhase> {
    collecting().received(LAST, Commits::Vote(Vote::Yes))
}

fn participant() -> Host<TwoPhase> {
    Host::new(ONE, NODES, TwoPhase::new())
}

/// Voted yes.
fn in_doubt() -> Host<TwoPhase> {
    participant().received(ME, Commits::Prepare).after(Event::Request(Request::Vote(Vote::Yes)))
}

fn two_phase_steps(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("two-phase");
    let mut step = |name, step: Step<TwoPhase>| time(&mut group, name, &step);
    step("begin", coordinator().at(Event::Request(Request::Begin)).marked("begin"));
    step("prepare", participant().receiving(ME, Commits::Prepare).marked("ask"));
    let asked = participant().received(ME, Commits::Prepare);
    step("vote yes", asked.clone().at(Event::Request(Request::Vote(Vote::Yes))).marked("vote yes"));
    step("vote no", asked.at(Event::Request(Request::Vote(Vote::No))).marked("vote no"));
    let begun = coordinator().after(Event::Request(Request::Begin));
    step("vote, counted", begun.receiving(ONE, Commits::Vote(Vote::Yes)).silent());
    step("vote, the last", collecting().receiving(LAST, Commits::Vote(Vote::Yes)).marked("commit"));
    step("vote, a veto", collecting().receiving(LAST, Commits::Vote(Vote::No)).marked("abort"));
    step("decision, commit", in_doubt().receiving(ME, Commits::Decision(Commit)).marked("learn commit"));
    step("decision, abort", in_doubt().receiving(ME, Commits::Decision(Abort)).marked("learn abort"));
    step("acknowledgement, counted", committed().receiving(ONE, Commits::Ack).silent());
    let all_but_one = (1..4).fold(committed(), |host, node| host.received(NodeId(node), Commits::Ack));
    step("acknowledgement, the last", all_but_one.receiving(LAST, Commits::Ack).marked("end"));
    step("inquiry", in_doubt().at(Event::Timeout(Wait::Outcome)).marked("inquire"));
    step("inquiry, answered", committed().receiving(ONE, Commits::Inquire).marked("answer"));
    step("inquiry, presumed", coordinator().receiving(ONE, Commits::Inquire).marked("presume abort"));
    let told = in_doubt().received(ME, Commits::Decision(Commit));
    step("inquiry, of a peer", told.receiving(TWO, Commits::Inquire).marked("answer peer"));
    group.finish();
}

type Layer = PassOn<Consensus<Value>>;

fn stack<D: Actor<Provides = Consensus<Value>>>(lower: D) -> Stack<Layer, D> {
    Stack { upper: Layer::new(), lower }
}

/// One step of Paxos: bare, and as a part of something.
fn combinator_steps(criterion: &mut Criterion) {
    // Nothing of it reaches the layer above.
    let accept = || Msg::Accept(HIGHER, 7);
    let mut group = criterion.benchmark_group("combinators, accept");
    time(&mut group, "bare", &paxos().receiving(ONE, accept()).marked("2b"));
    let host = Host::new(ME, NODES, stack(Paxos::new()));
    time(&mut group, "stack", &host.receiving(ONE, Side::R(accept())).marked("2b"));
    let host = Host::new(ME, NODES, stack(stack(Paxos::new())));
    time(&mut group, "stack of two layers", &host.receiving(ONE, Side::R(Side::R(accept()))).marked("2b"));
    let host = Host::new(ME, NODES, Beside(Paxos::<Value>::new(), Paxos::<Value>::new()));
    time(&mut group, "beside", &host.receiving(ONE, Side::R(accept())).marked("2b"));
    for keys in [1_u64, 1_000] {
        let host = (0..keys).fold(Host::new(ME, NODES, Many::of(Paxos::new())), |host, key| {
            host.received(ONE, (key, Msg::Prepare(MINE)))
        });
        let name = format!("many, one of {keys}");
        time(&mut group, &name, &host.receiving(ONE, (keys / 2, accept())).marked("2b"));
    }
    group.finish();

    // The layer above hears of it, and passes it on.
    let decide = || Msg::Decide(7);
    let mut group = criterion.benchmark_group("combinators, decide");
    time(&mut group, "bare", &paxos().receiving(ONE, decide()).marked("decide"));
    let host = Host::new(ME, NODES, stack(Paxos::new()));
    time(&mut group, "stack", &host.receiving(ONE, Side::R(decide())).marked("decide"));
    let host = Host::new(ME, NODES, stack(stack(Paxos::new())));
    time(
        &mut group,
        "stack of two layers",
        &host.receiving(ONE, Side::R(Side::R(decide()))).marked("decide"),
    );
    let host = Host::new(ME, NODES, Beside(Paxos::<Value>::new(), Paxos::<Value>::new()));
    time(&mut group, "beside", &host.receiving(ONE, Side::R(decide())).marked("decide"));
    group.finish();
}

fn short() -> Criterion {
    Criterion::default().warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_millis(800))
}

criterion_group! {
    name = benches;
    config = short();
    targets = paxos_steps, two_phase_steps, combinator_steps
}
criterion_main!(benches);
