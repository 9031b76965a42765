//! Our clocks beside those of two crates that are in wide use: vector clocks beside `crdts`, hybrid logical clocks beside
//! `uhlc`. Each operation is done by both to the same effect, on the same data.

use std::{
    hint::black_box,
    num::NonZero,
    time::{Duration, Instant},
};

use crdts::{CmRDT, CvRDT, VClock};
use synod_clocks::{HybridClock, Timestamp, VectorClock};
use uhlc::{HLC, HLCBuilder, NTP64};

use crate::{
    measure::median,
    report::{quotient, table},
};

/// Does an operation so many times, and says how long that took; making ready for it is not counted.
pub type Work = Box<dyn FnMut(u64) -> Duration>;

/// An operation, as we do it and as others do.
pub struct Pair {
    /// What is done.
    pub name: String,
    /// The other crate.
    pub beside: &'static str,
    /// Ours.
    pub ours: Work,
    /// The other's.
    pub theirs: Work,
}

/// So many operations are made ready at once: enough to time them together, few enough for the cache.
const BATCH: u64 = 256;

/// Times `run` alone, on what `prepare` makes.
fn work<T: 'static, R: 'static>(prepare: impl Fn() -> T + 'static, run: fn(&mut T) -> R) -> Work {
    Box::new(move |times| {
        let (mut left, mut elapsed) = (times, Duration::ZERO);
        while left > 0 {
            let mut ready: Vec<T> = (0..left.min(BATCH)).map(|_| prepare()).collect();
            let begin = Instant::now();
            for one in &mut ready {
                black_box(run(black_box(one)));
            }
            elapsed += begin.elapsed();
            left -= ready.len() as u64;
        }
        elapsed
    })
}

/// What a node of the clock is called.
type Node = u64;

/// How much is known of each node.
type Knowledge = Vec<(Node, u64)>;

/// Clocks of so many nodes, as `(mine, sent)`: each knows a little more of every other node than the other does.
fn knowledge(nodes: Node) -> (Knowledge, Knowledge) {
    let count = |node: Node, odd: u64| (node, 10 + (node + odd) % 2);
    ((0..nodes).map(|node| count(node, 0)).collect(), (0..nodes).map(|node| count(node, 1)).collect())
}

fn ours(of: &[(Node, u64)]) -> VectorClock<Node> {
    of.iter().copied().collect()
}

fn theirs(of: &[(Node, u64)]) -> VClock<Node> {
    let mut clock = VClock::new();
    of.iter().for_each(|&(node, counter)| clock.apply(crdts::Dot::new(node, counter)));
    clock
}

fn their_tick(clock: &mut VClock<Node>) {
    let dot = clock.inc(ME);
    clock.apply(dot);
}

const ME: Node = 1;

/// A vector clock of so many nodes.
fn vectors(nodes: Node) -> Vec<Pair> {
    let (mine, sent) = knowledge(nodes);
    let (our, their) = ((ours(&mine), ours(&sent)), (theirs(&mine), theirs(&sent)));
    let pair = |what: &str, ours, theirs| Pair {
        name: format!("vector clock, {nodes} nodes: {what}"),
        beside: "crdts",
        ours,
        theirs,
    };
    let [our_1, our_2, our_3] = std::array::from_fn(|_| our.clone());
    let [their_1, their_2, their_3] = std::array::from_fn(|_| their.clone());
    let mut later = our.0.clone();
    later.receive(&our.1, ME).expect("it is not at its end");
    let mut their_later = their.0.clone();
    their_later.merge(their.1.clone());
    their_tick(&mut their_later);
    vec![
        pair(
            "an event",
            work(move || our_1.0.clone(), |clock| clock.tick(ME)),
            work(move || their_1.0.clone(), their_tick),
        ),
        pair(
            "an arrival",
            work(move || our_2.clone(), |(clock, sent)| clock.receive(sent, ME)),
            // It takes what it merges; that it was copied before is not counted.
            work(
                move || (their_2.0.clone(), Some(their_2.1.clone())),
                |(clock, sent)| {
                    sent.take().into_iter().for_each(|sent| clock.merge(sent));
                    their_tick(clock);
                },
            ),
        ),
        pair(
            "comparison, concurrent",
            work(move || our_3.clone(), |(a, b)| a.causal_cmp(b)),
            work(move || their_3.clone(), |(a, b)| a.partial_cmp(&b)),
        ),
        pair(
            "comparison, before",
            work(move || (our.0.clone(), later.clone()), |(a, b)| a.causal_cmp(b)),
            work(move || (their.0.clone(), their_later.clone()), |(a, b)| a.partial_cmp(&b)),
        ),
    ]
}

/// The physical clocks stand still, so that only the logical ones are timed.
const NOW: Duration = Duration::from_secs(1_700_000_000);
const LIMIT: Duration = Duration::from_millis(500);
/// A message from a node whose clock is so far ahead.
const AHEAD: Duration = Duration::from_millis(100);

type Stamp = Timestamp<u128, synod_clocks::HybridTime>;

/// Ours does not know its name.
struct Hybrid(HybridClock);

impl Hybrid {
    fn tick(&mut self) -> Option<Stamp> {
        Some(Timestamp { time: self.0.tick(NOW).ok()?, node: u128::from(ME) })
    }

    fn answer(&mut self, sent: &Stamp) -> Option<Stamp> {
        self.0.receive(sent.time, NOW).ok()?;
        self.tick()
    }
}

fn their_hybrid(id: u8, clock: fn() -> NTP64) -> HLC {
    let id = NonZero::new(id).expect("is not 0");
    HLCBuilder::new().with_id(id.into()).with_clock(clock).with_max_delta(LIMIT).build()
}

fn hybrids() -> Vec<Pair> {
    let pair = |what: &str, ours, theirs| Pair {
        name: format!("hybrid logical clock: {what}"),
        beside: "uhlc",
        ours,
        theirs,
    };
    let our = || Hybrid(HybridClock::new(LIMIT));
    let their = || their_hybrid(1, || NOW.into());
    let mut ahead = HybridClock::new(LIMIT);
    let sent = Timestamp { time: ahead.tick(NOW + AHEAD).expect("it is not at its end"), node: 2_u128 };
    let their_sent = their_hybrid(2, || (NOW + AHEAD).into()).new_timestamp();
    vec![
        pair("an event", work(our, Hybrid::tick), work(their, |clock| clock.new_timestamp())),
        pair(
            "an arrival, and the answer",
            work(move || (our(), sent), |(clock, sent)| clock.answer(sent)),
            work(
                move || (their(), their_sent),
                |(clock, sent)| {
                    clock.update_with_timestamp(sent).ok()?;
                    Some(clock.new_timestamp())
                },
            ),
        ),
    ]
}

/// All that is compared.
pub fn pairs() -> Vec<Pair> {
    [3, 16, 128].into_iter().flat_map(vectors).chain(hybrids()).collect()
}

/// Every pair in turn, ours and the other right after each other, in so many rounds of so many operations; as Markdown.
/// Nanoseconds are medians, and so are the quotients, over the rounds.
pub fn markdown(pairs: Vec<Pair>, rounds: usize, operations: u64) -> String {
    let rows = pairs.into_iter().map(|mut pair| {
        let nanos = |elapsed: Duration| elapsed.as_nanos().max(1) as f64 / operations as f64;
        let round = |_| (nanos((pair.ours)(operations)), nanos((pair.theirs)(operations)));
        let figures: Vec<(f64, f64)> = (0..rounds).map(round).collect();
        let of = |what: fn(&(f64, f64)) -> f64| median(figures.iter().map(what).collect());
        let (ours, theirs) = (of(|round| round.0), of(|round| round.1));
        let gain = of(|round| round.1 / round.0);
        [pair.name, format!("{ours:.1}"), format!("{theirs:.1}"), pair.beside.into(), quotient(gain)]
    });
    let header = ["operation", "synod, ns", "the other, ns", "the other", "the other / synod"];
    format!(
        "## Clocks beside other crates\n\n\
         Nanoseconds for an operation: the median of several rounds, in each of which both do it many times.\n\
         The quotients are medians over the rounds: above 1 ours is faster.\n\n\
         {}",
        table(header, rows)
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn same(our: &VectorClock<Node>, their: &VClock<Node>) {
        let our: BTreeMap<_, _> = our.past().iter().collect();
        let their: BTreeMap<_, _> = their.iter().map(|dot| (dot.actor, dot.counter)).collect();
        assert_eq!(our, their);
    }

    #[test]
    fn both_crates_say_the_same_of_vector_clocks() {
        for nodes in [3, 16, 128] {
            let (mine, sent) = knowledge(nodes);
            let (mut a, b) = (ours(&mine), ours(&sent));
            let (mut c, d) = (theirs(&mine), theirs(&sent));
            assert_eq!((a.causal_cmp(&b), c.partial_cmp(&d)), (None, None));
            let (before, their_before) = (a.clone(), c.clone());
            a.receive(&b, ME).unwrap();
            c.merge(d);
            their_tick(&mut c);
            same(&a, &c);
            assert_eq!(before.causal_cmp(&a), their_before.partial_cmp(&c));
            assert!(before.happened_before(&a));
        }
    }

    #[test]
    fn both_crates_accept_and_order_hybrid_timestamps() {
        let mut clock = Hybrid(HybridClock::new(LIMIT));
        let sent = Timestamp { time: HybridClock::new(LIMIT).tick(NOW + AHEAD).unwrap(), node: 2 };
        assert!(clock.answer(&sent).unwrap() > sent);
        let their = their_hybrid(1, || NOW.into());
        let sent = their_hybrid(2, || (NOW + AHEAD).into()).new_timestamp();
        their.update_with_timestamp(&sent).unwrap();
        assert!(their.new_timestamp() > sent);
    }

    #[test]
    fn the_comparison_has_a_line_for_each_operation() {
        let text = markdown(pairs(), 1, 1);
        assert_eq!(text.lines().filter(|line| line.starts_with('|')).count(), 2 + pairs().len(), "{text}");
    }
}
