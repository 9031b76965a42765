//! Transition systems against the definitions, on random graphs, kept whole and packed, with one thread and with several.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use proptest::prelude::*;
use synod_checker::{
    Cause, Checkpoint, DEADLOCK, Kind, Options, Report, ResumeError, Verdict,
    transition::{Invariant, Pack, Packed, Reader, Specification, State, Whole, Writer, check, resume},
};

/// Walks a random graph. `P` is a place, and how it is kept.
struct Graph<P> {
    edges: Vec<Vec<usize>>,
    initial: Vec<usize>,
    bad: BTreeSet<usize>,
    outside: BTreeSet<usize>,
    may_end: BTreeSet<usize>,
    place: fn(usize) -> P,
}

trait Place: State {
    fn number(&self) -> usize;
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct AsItIs(usize);
impl State for AsItIs {
    type Kept = Whole<Self>;
}
impl Place for AsItIs {
    fn number(&self) -> usize {
        self.0
    }
}

/// Packed so that all words matter.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct InWords<const WORDS: usize>(usize);
impl<const WORDS: usize> State for InWords<WORDS> {
    type Kept = Packed<WORDS>;
}
impl<const WORDS: usize> Pack<WORDS> for InWords<WORDS> {
    fn pack(&self) -> [u64; WORDS] {
        let mut writer = Writer::new();
        for digit in 0..WORDS as u32 {
            writer.put(
                64,
                self.0 as u64 / 3_u64.pow(digit) % if digit + 1 == WORDS as u32 { u64::MAX } else { 3 },
            );
        }
        writer.words()
    }
    fn unpack(words: &[u64; WORDS]) -> Self {
        let mut reader = Reader::new(words);
        InWords((0..WORDS as u32).map(|digit| reader.take(64) as usize * 3_usize.pow(digit)).sum())
    }
}
impl<const WORDS: usize> Place for InWords<WORDS> {
    fn number(&self) -> usize {
        self.0
    }
}

#[derive(Clone, Copy, Debug)]
enum Action {
    Go(#[expect(dead_code, reason = "read by `Debug` alone")] usize),
}

impl<P: Place> Specification for Graph<P> {
    type State = P;
    type Action = Action;

    fn initial(&self) -> Vec<P> {
        self.initial.iter().map(|&place| (self.place)(place)).collect()
    }
    fn steps(&self, state: &P, step: &mut impl FnMut(Action, P)) {
        self.edges[state.number()]
            .iter()
            .enumerate()
            .for_each(|(at, &to)| step(Action::Go(at), (self.place)(to)));
    }
    fn invariants(&self) -> Vec<Invariant<Self>> {
        vec![Invariant { name: "good", holds: |graph, state| !graph.bad.contains(&state.number()) }]
    }
    fn within(&self, state: &P) -> bool {
        !self.outside.contains(&state.number())
    }
    fn deadlock_free(&self) -> bool {
        true
    }
    fn may_end(&self, state: &P) -> bool {
        self.may_end.contains(&state.number())
    }
    fn actions() -> Vec<&'static str> {
        vec!["Go", "Stay"]
    }
}

impl<P: Place> Graph<P> {
    fn of(shape: &Shape, place: fn(usize) -> P) -> Self {
        let Shape { edges, initial, bad, outside, may_end } = shape.clone();
        Graph { edges, initial, bad, outside, may_end, place }
    }
}

#[derive(Clone, Debug)]
struct Shape {
    edges: Vec<Vec<usize>>,
    initial: Vec<usize>,
    bad: BTreeSet<usize>,
    outside: BTreeSet<usize>,
    may_end: BTreeSet<usize>,
}

const PLACES: usize = 40;

fn shapes() -> impl Strategy<Value = Shape> {
    let places = |most| prop::collection::btree_set(0..PLACES, 0..most);
    let edges = prop::collection::vec(prop::collection::vec(0..PLACES, 0..4), PLACES);
    (edges, prop::collection::vec(0..PLACES, 1..3), places(4), places(4), places(20))
        .prop_map(|(edges, initial, bad, outside, may_end)| Shape { edges, initial, bad, outside, may_end })
}

/// What the definitions say, if everything is explored.
#[derive(PartialEq, Debug)]
struct Expected {
    states: usize,
    transitions: usize,
    depth: usize,
    bad: Option<usize>,
    deadlock: Option<usize>,
}

fn by_definition(shape: &Shape) -> Expected {
    let mut depths: BTreeMap<usize, usize> = BTreeMap::new();
    let (mut bad, mut deadlock, mut transitions) = (None, None, 0);
    let mut queue: VecDeque<(usize, usize)> = shape.initial.iter().map(|&place| (place, 0)).collect();
    while let Some((place, depth)) = queue.pop_front() {
        if shape.bad.contains(&place) {
            bad = bad.or(Some(depth));
        }
        if shape.outside.contains(&place) || depths.contains_key(&place) {
            continue;
        }
        depths.insert(place, depth);
        if shape.bad.contains(&place) {
            continue; // not explored further
        }
        if shape.edges[place].is_empty() && !shape.may_end.contains(&place) {
            deadlock = deadlock.or(Some(depth));
        }
        transitions += shape.edges[place].len();
        queue.extend(shape.edges[place].iter().map(|&to| (to, depth + 1)));
    }
    let depth = depths.values().copied().max().unwrap_or(0);
    Expected { states: depths.len(), transitions, depth, bad, deadlock }
}

fn explored<P: Place>(shape: &Shape, place: fn(usize) -> P, threads: usize) -> Report {
    let report =
        check(&Graph::of(shape, place), &Options { threads, exhaustive: true, ..Options::default() });
    for property in &report.properties {
        let Some(trace) = &property.counterexample else { continue };
        // It can be walked, and ends where it should.
        let mut at = shape
            .initial
            .iter()
            .copied()
            .find(|&place_number| trace.starts[0].cause == Cause::Begin(format!("{:?}", place(place_number))))
            .expect("it begins with an initial state");
        for step in &trace.steps {
            let Cause::Action(action) = &step.cause else { panic!("{trace}") };
            let edge: usize =
                action.trim_start_matches("Go(").trim_end_matches(')').parse().expect("an edge");
            assert!(!shape.bad.contains(&at) && !shape.outside.contains(&at), "{trace}");
            at = shape.edges[at][edge];
        }
        match property.kind {
            Kind::Deadlock => assert!(shape.edges[at].is_empty() && !shape.may_end.contains(&at), "{trace}"),
            _ => assert!(shape.bad.contains(&at), "{trace}"),
        }
        assert!(trace.to_string().contains("is violated"));
    }
    report
}

proptest! {
    #[test]
    fn what_is_found_is_what_the_definitions_say(shape in shapes()) {
        let whole = explored(&shape, AsItIs, 1);
        let steps = |name: &str| {
            let property = whole.property(name).expect("it is a property");
            property.counterexample.as_ref().map(|trace| trace.steps.len())
        };
        let found = Expected {
            states: whole.states as usize,
            transitions: whole.transitions as usize,
            depth: whole.depth,
            bad: steps("good"),
            deadlock: steps(DEADLOCK),
        };
        prop_assert_eq!(found, by_definition(&shape));
        // However the states are kept, and however many threads there are.
        let shown = |report: &Report, name: &str| {
            let trace = report.property(name).and_then(|property| property.counterexample.clone());
            trace.map(|trace| trace.steps.into_iter().map(|step| step.cause).collect::<Vec<_>>())
        };
        let others = [
            explored(&shape, InWords::<1>, 1),
            explored(&shape, InWords::<2>, 1),
            explored(&shape, InWords::<3>, 2),
            explored(&shape, AsItIs, 8),
        ];
        for other in &others {
            prop_assert_eq!((other.states, other.transitions, other.depth), (whole.states, whole.transitions, whole.depth));
            prop_assert_eq!(other.verdict, whole.verdict);
            for name in ["good", DEADLOCK] {
                prop_assert_eq!(shown(other, name), shown(&whole, name));
            }
        }
    }
}

/// A grid, large enough for tables to grow and for threads to share: one may go right or up.
struct Grid {
    size: usize,
    symmetric: bool,
    forbidden: Option<(usize, usize)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct At {
    x: usize,
    y: usize,
}

impl State for At {
    type Kept = Packed<2>;
}
impl Pack<2> for At {
    fn pack(&self) -> [u64; 2] {
        [self.x as u64, self.y as u64]
    }
    fn unpack(&[x, y]: &[u64; 2]) -> Self {
        At { x: x as usize, y: y as usize }
    }
}

#[derive(Clone, Copy, Debug)]
enum Move {
    Right,
    Up,
}

impl Specification for Grid {
    type State = At;
    type Action = Move;

    fn initial(&self) -> Vec<At> {
        vec![At { x: 0, y: 0 }]
    }
    fn steps(&self, &At { x, y }: &At, step: &mut impl FnMut(Move, At)) {
        if self.forbidden == Some((100, 100)) && (x, y) == (3, 2) {
            step(Move::Right, At { x: 50, y: 50 }); // what another build would do: it does not show in the parameters
        }
        if x < self.size {
            step(Move::Right, At { x: x + 1, y });
        }
        if y < self.size {
            step(Move::Up, At { x, y: y + 1 });
        }
    }
    fn invariants(&self) -> Vec<Invariant<Self>> {
        let holds = |grid: &Self, &At { x, y }: &At| ![(x, y), (y, x)].map(Some).contains(&grid.forbidden);
        vec![Invariant { name: "not there", holds }]
    }
    fn canonical(&self, state: At) -> At {
        let At { x, y } = state;
        if self.symmetric { At { x: x.min(y), y: x.max(y) } } else { state }
    }
    fn parameters(&self) -> String {
        format!("{} {}", self.size, self.symmetric)
    }
    fn actions() -> Vec<&'static str> {
        vec!["Right", "Up", "Jump"]
    }
}

#[test]
fn symmetry_halves_and_says_the_same() {
    let size = 150;
    for threads in [1, 2, 8] {
        let of = |symmetric, forbidden| {
            check(&Grid { size, symmetric, forbidden }, &Options { threads, ..Options::default() })
        };
        let (full, half) = (of(false, None), of(true, None));
        let side = size as u64 + 1;
        assert_eq!(
            (full.states, full.transitions, full.depth),
            (side * side, 2 * side * (side - 1), 2 * size)
        );
        assert_eq!((half.states, half.depth), (side * (side + 1) / 2, 2 * size));
        assert_eq!((full.verdict, half.verdict), (Verdict::Holds, Verdict::Holds));
        assert_eq!((full.marks, full.unreached), (vec!["Right", "Up"], vec!["Jump"]));
        // A run to (40, 70) or (70, 40), by real steps.
        let found = of(true, Some((70, 40)));
        let trace =
            found.violated().and_then(|property| property.counterexample.as_ref()).expect("it is reached");
        let count =
            |name: &str| trace.steps.iter().filter(|step| step.cause == Cause::Action(name.into())).count();
        let mut moves = [count("Right"), count("Up")];
        moves.sort_unstable();
        assert_eq!((trace.steps.len(), moves), (110, [40, 70]));
    }
}

#[test]
fn a_search_that_was_cut_is_incomplete() {
    let grid = Grid { size: 150, symmetric: false, forbidden: None };
    for options in [
        Options { depth: Some(10), ..Options::default() },
        Options { states: Some(100), ..Options::default() },
        Options { memory: Some(1), ..Options::default() },
        Options { interrupt: std::sync::Arc::new(true.into()), ..Options::default() },
    ] {
        let report = check(&grid, &options);
        assert_eq!(report.verdict, Verdict::Incomplete, "{options:?}");
        assert!(report.incomplete.is_some() && report.states < 1_000, "{options:?}: {report:?}");
    }
    let report = check(&grid, &Options { depth: Some(10), ..Options::default() });
    assert_eq!((report.states, report.depth), (66, 10));
}

/// Wherever a search stopped, and whatever stopped it: it goes on, and ends like one that did not.
#[test]
fn a_search_that_was_written_down_goes_on() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let file = folder.path().join("search");
    let checkpoint = Some(Checkpoint { file: file.clone(), every: Duration::ZERO });
    for (symmetric, forbidden, threads) in
        [(false, None, 1), (true, Some((70, 40)), 3), (false, Some((0, 9)), 2)]
    {
        let grid = Grid { size: 90, symmetric, forbidden };
        let options = || Options { threads, exhaustive: true, ..Options::default() };
        let whole = check(&grid, &options());
        let stops = [
            Options { depth: Some(0), ..options() },
            Options { depth: Some(120), ..options() },
            Options { states: Some(2_000), ..options() },
            Options { memory: Some(whole.store_bytes / 2), ..options() },
            options(),
        ];
        for stop in stops {
            let stopped = check(&grid, &Options { checkpoint: checkpoint.clone(), ..stop });
            assert!(stopped.notes.is_empty(), "{:?}", stopped.notes);
            let again = resume(&grid, &options(), &file).expect("it fits");
            assert_eq!(
                (again.states, again.transitions, again.depth),
                (whole.states, whole.transitions, whole.depth)
            );
            assert_eq!((again.properties, again.incomplete), (whole.properties.clone(), None));
            assert_eq!((again.marks, again.unreached), (whole.marks.clone(), whole.unreached.clone()));
        }
        let left = std::fs::read_dir(folder.path()).expect("it is there").count();
        assert_eq!(left, 1, "nothing else is left behind");
    }
}

#[test]
fn a_checkpoint_that_does_not_fit_is_refused() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let file = folder.path().join("search");
    let checkpoint = Some(Checkpoint { file: file.clone(), every: Duration::from_secs(3600) });
    let options = || Options { threads: 1, ..Options::default() };
    let grid = |size| Grid { size, symmetric: false, forbidden: None };
    let error = |grid: &Grid, options: &Options| resume(grid, options, &file).expect_err("it does not fit");
    assert!(matches!(error(&grid(9), &options()), ResumeError::Read(..)), "there is none");
    check(&grid(9), &Options { depth: Some(12), checkpoint: checkpoint.clone(), ..options() });
    let other = |grid: &Grid, options: &Options| match error(grid, options) {
        ResumeError::Other(_, why) => why,
        error => panic!("{error}"),
    };
    assert!(other(&grid(10), &options()).contains("parameters"));
    let exhaustive = Options { exhaustive: true, ..options() };
    assert_eq!(other(&grid(9), &exhaustive), "it stops at violations");
    // One that says that it is the same, and is not.
    let why = other(&Grid { size: 9, symmetric: false, forbidden: Some((100, 100)) }, &options());
    assert_eq!(why, "the specification does not do any more what it did");

    let bytes = std::fs::read(&file).expect("it was written");
    let damaged = |bytes: &[u8]| {
        std::fs::write(&file, bytes).expect("it can be written");
        assert!(matches!(error(&grid(9), &options()), ResumeError::Damaged(..)));
    };
    (0..bytes.len()).step_by(3).for_each(|length| damaged(&bytes[..length]));
    for at in (0..bytes.len()).step_by(3) {
        let mut other = bytes.clone();
        other[at] ^= 0x10;
        damaged(&other);
    }
    damaged(&[&bytes[..], b"more"].concat());

    // States that are kept whole are in no file.
    let graph = Graph {
        edges: vec![vec![0]],
        initial: vec![0],
        bad: BTreeSet::new(),
        outside: BTreeSet::new(),
        may_end: BTreeSet::new(),
        place: AsItIs,
    };
    let report = check(&graph, &Options { checkpoint, ..options() });
    assert!(matches!(&report.notes[..], [note] if note.contains("kept whole")), "{:?}", report.notes);
    assert!(matches!(resume(&graph, &options(), &file), Err(ResumeError::Other(..))));
    let nowhere = Checkpoint { file: folder.path().join("nowhere").join("search"), every: Duration::ZERO };
    let report = check(&grid(9), &Options { checkpoint: Some(nowhere), ..options() });
    assert!(matches!(&report.notes[..], [note] if note.contains("was not written")), "{:?}", report.notes);
}
