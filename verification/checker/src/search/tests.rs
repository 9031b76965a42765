use synod_actor::{Cx, Event, Never, NodeId, Nothing, Port};
use synod_properties::{Observation, Violation};

use super::*;
use crate::{
    environment::{Environment, Limit},
    layout::Layout,
    options::Reductions,
    paths::{self, Edges},
    system::System,
};

const NODES: usize = 8;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Telling;
impl Port for Telling {
    type Request = u8;
    type Indication = u8;
}

/// Tells the others what it was told, and adds up what it hears; begins with what it has, if that is something.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Teller(u8);

impl Actor for Teller {
    type Provides = Telling;
    type Uses = Nothing;
    type Msg = u8;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Request(amount) => cx.send_others(amount),
            Event::Receive(_, amount) => {
                self.0 += amount;
                cx.indicate(self.0);
            }
            Event::Start if self.0 > 0 => cx.indicate(self.0),
            Event::Start => {}
            Event::Indication(never) | Event::Timeout(never) => match never {},
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }
}

/// How much was said, in all.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Said(u8);

impl Monitor<Telling> for Said {
    fn safety(&self) -> Vec<&'static str> {
        Vec::new()
    }

    fn observe(&mut self, _: NodeId, what: &Observation<Telling>) -> Result<(), Violation> {
        if let Observation::Indication(sum) = what {
            self.0 += sum;
        }
        Ok(())
    }
}

/// What a search comes to, by values, and the names of the steps to a state of its deepest level.
#[derive(PartialEq, Debug)]
struct Outcome {
    levels: Vec<u32>,
    transitions: u64,
    edges: usize,
    way: Vec<String>,
}

/// A search whose states have room for numbers up to this, and how many words a state of it has.
fn outcome(largest: u32, threads: usize) -> (usize, Outcome) {
    let environment = Environment::default().lossy(Limit::Budget(1)).crash_recovery(1);
    let system = System::new(vec![Teller::default(); NODES], Said::default())
        .environment(environment)
        .request(NodeId(0), 1);
    let options = Options { threads, reductions: Reductions::NONE, ..Options::default() };
    let components = Components::new(&system, Reductions::NONE);
    let mut search = Search::empty(&components, &options);
    let narrow = std::mem::replace(&mut search.store, Store::new(2, CAPACITY, false, threads));
    search.store = narrow.with_layout(Layout::fitting(&[largest; NODES + 1]));
    search.begin();
    search.explore();
    assert!(search.cuts.is_empty(), "{:?}", search.cuts);
    let mut steps = Edges::default();
    let edges = (0..search.reached()).map(|state| {
        search.edges(state, &mut steps);
        assert!(steps.edges.iter().all(|edge| edge.to < search.reached()));
        steps.edges.len()
    });
    let edges = edges.sum();
    let (depth, deepest) = (search.depth(), search.level(search.depth()));
    let (_, way) = paths::shortest(&mut search, deepest, depth).expect("nothing interrupts it");
    let named = |edge: &paths::Edge| format!("{:?}", components.labels.get(edge.label));
    let way = way.iter().map(named).collect();
    let words = search.store.tables().words_each();
    let outcome = Outcome { levels: search.levels.clone(), transitions: search.transitions, edges, way };
    (words, outcome)
}

/// A step is compiled for one word, for two, for four, and for any number: in each a search comes to the same.
#[test]
fn it_is_the_same_however_many_words_a_state_has() {
    let (words, narrow) = outcome(0, 1);
    assert_eq!(words, 1);
    assert!(narrow.transitions > 10_000 && narrow.way.len() + 2 == narrow.levels.len(), "{narrow:?}");
    for threads in [1, 3] {
        for (largest, expected) in [(1 << 7, 2), (1 << 19, 4), (u32::MAX, 5)] {
            let (words, wide) = outcome(largest, threads);
            assert_eq!(words, expected);
            assert_eq!(wide, narrow, "{words} words, {threads} threads");
        }
    }
}

/// What the monitor is before all nodes have begun is no state of it that was reached, though it has a number.
#[test]
fn what_nodes_begin_with_is_one_state_of_the_monitor() {
    let system = System::new(vec![Teller(1), Teller(2)], Said::default());
    let (options, components) = (Options::default(), Components::new(&system, Reductions::NONE));
    let mut search = Search::new(&components, &options);
    search.explore();
    assert_eq!((search.reached(), invariants::watches(&search)), (1, 1));
    assert!(components.worlds.len() > 1, "or nothing could be taken for a state that was reached");
}

/// Sends all others as much as there are messages.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Flood;

impl Actor for Flood {
    type Provides = Telling;
    type Uses = Nothing;
    type Msg = u8;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        if event == Event::Start {
            (0..u8::MAX).for_each(|message| cx.send_others(message));
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }
}

/// Where menus of some states are more than may be remembered, so that they are forgotten before the last of them is made, a search goes on
/// nevertheless.
#[test]
fn a_search_goes_on_where_menus_do_not_fit() {
    let system = System::new(vec![Flood, Flood], Said::default());
    for threads in [1, 2] {
        let options = Options { threads, depth: Some(2), reductions: Reductions::NONE, ..Options::default() };
        let components = Components::new(&system, Reductions::NONE);
        let mut search = Search::new(&components, &options);
        search.explore();
        let each = u32::from(u8::MAX);
        let levels = [1, 2 * each, each * (each - 1) + each * each];
        let reached = |level: &[u32]| level[1] - level[0];
        assert!(search.levels.windows(2).map(reached).eq(levels), "{:?}", search.levels);
    }
}
