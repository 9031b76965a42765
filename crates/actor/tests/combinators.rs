//! The laws of composition: a layer that passes everything on is no layer, parts do not see each other, keys are
//! independent, and everything that a part marks or writes is a mark or a record of the whole.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use proptest::{collection::vec, prelude::*};
use support::{
    Act, Automaton, Letters, MARKS, Said, Stimulus, Tape, automata, effect_of_part,
    flawed::{Amnesic, Deaf, Flaw, Flawed, Whole, same_event},
    holds, is_noticed, is_recoverable, lawful, step, stimuli,
};
use synod_actor::{
    Actor, Beside, Effect, Event, Many, NodeId, Opened, Seed, Side,
    Side::{L, R},
    Stack,
    opened::{Indication as Heard, Record, Request as Ask},
};

type Left = Automaton<0>;
type Right = Automaton<1>;

type PassOn = synod_testing::PassOn<Letters>;

/// Events, each with where it happens and with what the environment answers to everything that is asked in it: so it
/// does not matter how many others ask before.
type Run<At> = Vec<(At, Stimulus, u64)>;

fn runs<At: Strategy>(at: At) -> impl Strategy<Value = Run<At::Value>> {
    vec((at, stimuli(), 0..6u64), 1..16)
}

// Stack: a layer that passes everything on is no layer. What it passes on comes last, since a layer finishes its step
// before its neighbours take theirs.

type Over = Stack<PassOn, Left>;
type Under = Stack<Left, PassOn>;

/// Effects in order, those first that are not passed on.
fn passed_on_last(effects: Vec<Effect<Left>>, is_passed_on: fn(&Effect<Left>) -> bool) -> Vec<Effect<Left>> {
    let (last, first): (Vec<_>, Vec<_>) = effects.into_iter().partition(is_passed_on);
    [first, last].concat()
}

fn is_as_below<W: Whole<Over>>((mut alone, run): (Left, Run<()>)) -> Said {
    let mut whole = W::of(Stack { upper: PassOn::new(), lower: alone.clone() });
    for ((), stimulus, answer) in run {
        let event = match stimulus.event::<Left>() {
            Event::Start => Event::Start,
            Event::Request(r) => Event::Request(r),
            Event::Indication(i) => Event::Indication(i),
            Event::Receive(from, m) => Event::Receive(from, R(m)),
            Event::Timeout(t) => Event::Timeout(R(t)),
        };
        let effects = step(&mut whole, event, &mut Tape::new(&[answer])).into_iter();
        let effects = effects.filter_map(|effect| effect_of_part(effect, right, right, right, Some, Some));
        let expected = step(&mut alone, stimulus.event(), &mut Tape::new(&[answer]));
        let expected = passed_on_last(expected, |effect| matches!(effect, Effect::Indicate(_)));
        prop_assert_eq!(effects.collect::<Vec<_>>(), expected);
        prop_assert_eq!(&whole.inner().lower, &alone);
    }
    Ok(())
}

fn is_as_above<W: Whole<Under>>((mut alone, run): (Left, Run<()>)) -> Said {
    let mut whole = W::of(Stack { upper: alone.clone(), lower: PassOn::new() });
    for ((), stimulus, answer) in run {
        let event = match stimulus.event::<Left>() {
            Event::Start => Event::Start,
            Event::Request(r) => Event::Request(r),
            Event::Indication(i) => Event::Indication(i),
            Event::Receive(from, m) => Event::Receive(from, L(m)),
            Event::Timeout(t) => Event::Timeout(L(t)),
        };
        let effects = step(&mut whole, event, &mut Tape::new(&[answer])).into_iter();
        let effects = effects.filter_map(|effect| effect_of_part(effect, left, left, left, Some, Some));
        let expected = step(&mut alone, stimulus.event(), &mut Tape::new(&[answer]));
        let expected = passed_on_last(expected, |effect| matches!(effect, Effect::Request(_)));
        prop_assert_eq!(effects.collect::<Vec<_>>(), expected);
        prop_assert_eq!(&whole.inner().upper, &alone);
    }
    Ok(())
}

fn left<A, B>(side: Side<A, B>) -> Option<A> {
    match side {
        L(value) => Some(value),
        R(_) => None,
    }
}

fn right<A, B>(side: Side<A, B>) -> Option<B> {
    match side {
        L(_) => None,
        R(value) => Some(value),
    }
}

#[test]
fn a_layer_that_passes_everything_on_is_no_layer() {
    let cases = || (automata(lawful()), runs(Just(())));
    holds(cases(), is_as_below::<Over>);
    holds(cases(), is_as_above::<Under>);
    is_noticed(cases(), is_as_below::<Flawed<Over, Deaf>>);
    is_noticed(cases(), is_as_above::<Flawed<Under, Deaf>>);
}

type Two = Stack<Left, Right>;

/// An upper and a lower layer, one of which never answers: random layers that both do would go on for ever.
fn layers() -> impl Strategy<Value = (Left, Right)> {
    let no_request = lawful().prop_filter("no request", |act| !matches!(act, Act::Request(_))).boxed();
    let no_indication = lawful().prop_filter("no indication", |act| !matches!(act, Act::Indicate(_))).boxed();
    prop_oneof![(automata(lawful()), automata(no_indication)), (automata(no_request), automata(lawful()))]
}

fn the_lower_layer_is_first<W: Whole<Two>>((upper, mut lower): (Left, Right)) -> Said {
    let mut whole = W::of(Stack { upper, lower: lower.clone() });
    let effects = step(&mut whole, Event::Start, &mut Tape::new(&[0]));
    let mut expected = step(&mut lower, Event::Start, &mut Tape::new(&[0]));
    // What it tells its neighbour is not seen outside.
    expected.retain(|effect| !matches!(effect, Effect::Indicate(_)));
    let first = effects.into_iter().take(expected.len());
    let first = first.filter_map(|effect| effect_of_part(effect, right, right, right, Some, |_| None));
    prop_assert_eq!(first.collect::<Vec<_>>(), expected);
    Ok(())
}

/// The upper layer gets something before any layer has started.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct TooEarly;
impl Flaw<Two> for TooEarly {
    fn instead(event: Event<Two>) -> Vec<Event<Two>> {
        match event {
            Event::Start => vec![Event::Timeout(L(0)), Event::Start],
            event => vec![event],
        }
    }
}

#[test]
fn the_lower_layer_starts_first() {
    holds(layers(), the_lower_layer_is_first::<Two>);
    is_noticed(layers(), the_lower_layer_is_first::<Flawed<Two, TooEarly>>);
}

// Beside: the parts do not see each other.

type Both = Beside<Left, Right>;

fn event_of_both(is_left: bool, stimulus: Stimulus) -> Event<Both> {
    fn side<A>(is_left: bool, value: A) -> Side<A, A> {
        if is_left { L(value) } else { R(value) }
    }
    match stimulus {
        Stimulus::Start => Event::Start,
        Stimulus::Request(r) => Event::Request(side(is_left, r)),
        Stimulus::Indication(i) => Event::Indication(side(is_left, i)),
        Stimulus::Receive(from, m) => Event::Receive(NodeId(from), side(is_left, m)),
        Stimulus::Timeout(t) => Event::Timeout(side(is_left, t)),
    }
}

fn parts_are_separate<W: Whole<Both>>((mut one, mut other, run): (Left, Right, Run<bool>)) -> Said {
    let mut whole = W::of(Beside(one.clone(), other.clone()));
    for (is_left, stimulus, answer) in run {
        let event = same_event::<Both, W>(event_of_both(is_left, stimulus));
        let effects = step(&mut whole, event, &mut Tape::new(&[answer]));
        let both = stimulus == Stimulus::Start;
        let mut expected = (vec![], vec![]);
        if is_left || both {
            expected.0 = step(&mut one, stimulus.event(), &mut Tape::new(&[answer]));
        }
        if !is_left || both {
            expected.1 = step(&mut other, stimulus.event(), &mut Tape::new(&[answer]));
        }
        prop_assert_eq!(effects.len(), expected.0.len() + expected.1.len());
        let of_left = |effect| effect_of_part::<W, Left>(effect, left, left, left, left, left);
        let of_right = |effect| effect_of_part::<W, Right>(effect, right, right, right, right, right);
        prop_assert_eq!(effects.iter().cloned().filter_map(of_left).collect::<Vec<_>>(), expected.0);
        prop_assert_eq!(effects.iter().cloned().filter_map(of_right).collect::<Vec<_>>(), expected.1);
        prop_assert_eq!(whole.inner(), &Beside(one.clone(), other.clone()));
    }
    Ok(())
}

/// What the right part receives, the left one receives as well.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Entangled;
impl Flaw<Both> for Entangled {
    fn instead(event: Event<Both>) -> Vec<Event<Both>> {
        match event {
            Event::Receive(from, R(m)) => vec![Event::Receive(from, R(m)), Event::Receive(from, L(m))],
            event => vec![event],
        }
    }
}

#[test]
fn parts_beside_each_other_do_not_see_each_other() {
    let cases = || (automata(lawful()), automata(lawful()), runs(any::<bool>()));
    holds(cases(), parts_are_separate::<Both>);
    is_noticed(cases(), parts_are_separate::<Flawed<Both, Entangled>>);
}

// Many: the instances are independent. One starts right before its first event.

type Each = Many<u8, Left>;

fn event_of_key(key: u8, stimulus: Stimulus) -> Event<Each> {
    match stimulus {
        Stimulus::Start => Event::Start,
        Stimulus::Request(r) => Event::Request((key, r)),
        Stimulus::Indication(i) => Event::Indication((key, i)),
        Stimulus::Receive(from, m) => Event::Receive(NodeId(from), (key, m)),
        Stimulus::Timeout(t) => Event::Timeout((key, t)),
    }
}

fn keys_are_independent<W: Whole<Each>>((seed, run): (Left, Run<u8>)) -> Said {
    let mut whole = W::of(Many::of(seed.clone()));
    let mut alone: BTreeMap<u8, Left> = BTreeMap::new();
    for (key, stimulus, answer) in run {
        let event = same_event::<Each, W>(event_of_key(key, stimulus));
        let effects = step(&mut whole, event, &mut Tape::new(&[answer]));

        let mut expected: BTreeMap<u8, Vec<Effect<Left>>> = BTreeMap::new();
        let mut expect = |key, instance: &mut Left, event| {
            let effects = step(instance, event, &mut Tape::new(&[answer]));
            expected.entry(key).or_default().extend(effects);
        };
        if stimulus == Stimulus::Start {
            alone.iter_mut().for_each(|(&key, instance)| expect(key, instance, Event::Start));
        } else {
            let instance = alone.entry(key).or_insert_with(|| {
                let mut instance = seed.clone();
                expect(key, &mut instance, Event::Start);
                instance
            });
            expect(key, instance, stimulus.event());
        }

        prop_assert_eq!(effects.len(), expected.values().map(Vec::len).sum::<usize>());
        for (key, expected) in expected {
            // Marks say nothing of keys.
            let keyed = effects.iter().filter(|effect| !matches!(effect, Effect::Mark(_))).cloned();
            let keyed = keyed.filter_map(|effect| {
                let of_key = |(of, value): (u8, u8)| (of == key).then_some(value);
                effect_of_part::<W, Left>(effect, of_key, of_key, of_key, of_key, of_key)
            });
            let expected = expected.into_iter().filter(|effect| !matches!(effect, Effect::Mark(_)));
            prop_assert_eq!(keyed.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
        }
        let many = whole.inner();
        prop_assert!(many.keys().eq(alone.keys()));
        prop_assert!(alone.iter().all(|(key, instance)| many.get(key) == Some(instance)));
    }
    Ok(())
}

/// All keys share the instance of key 0.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Shared;
impl Flaw<Each> for Shared {
    fn instead(event: Event<Each>) -> Vec<Event<Each>> {
        vec![match event {
            Event::Start => Event::Start,
            Event::Request((_, r)) => Event::Request((0, r)),
            Event::Indication((_, i)) => Event::Indication((0, i)),
            Event::Receive(from, (_, m)) => Event::Receive(from, (0, m)),
            Event::Timeout((_, t)) => Event::Timeout((0, t)),
        }]
    }
}

#[test]
fn keys_do_not_see_each_other() {
    let cases = || (automata(lawful()), runs(0..3u8));
    holds(cases(), keys_are_independent::<Each>);
    is_noticed(cases(), keys_are_independent::<Flawed<Each, Shared>>);
}

// Opened: an instance behaves as it would alone, from when it is opened until it is closed.

type Open = Opened<u8, u8, Left>;

/// What the layer above asks, or something for the instance of a key.
#[derive(Clone, Debug)]
enum Deed {
    Open(u8, u8),
    CloseBelow(u8),
    Of(u8, Stimulus),
}

fn deeds() -> impl Strategy<Value = Vec<(Deed, u64)>> {
    let deed = prop_oneof![
        (0..4u8, 0..4u8).prop_map(|(key, purpose)| Deed::Open(key, purpose)),
        (0..4u8).prop_map(Deed::CloseBelow),
        (0..4u8, stimuli()).prop_map(|(key, stimulus)| Deed::Of(key, stimulus)),
        (0..4u8, stimuli()).prop_map(|(key, stimulus)| Deed::Of(key, stimulus)),
    ];
    vec((deed, 0..6u64), 1..24)
}

fn event_of_open(deed: &Deed) -> Event<Open> {
    match *deed {
        Deed::Open(key, purpose) => Event::Request(Ask::Open(key, purpose)),
        Deed::CloseBelow(key) => Event::Request(Ask::CloseBelow(key)),
        Deed::Of(_, Stimulus::Start) => Event::Start,
        Deed::Of(key, Stimulus::Request(r)) => Event::Request(Ask::Ask(key, r)),
        Deed::Of(key, Stimulus::Indication(i)) => Event::Indication((key, i)),
        Deed::Of(key, Stimulus::Receive(from, m)) => Event::Receive(NodeId(from), (key, m)),
        Deed::Of(key, Stimulus::Timeout(t)) => Event::Timeout((key, t)),
    }
}

/// An instance alone, and which of its timers are set.
type Alone = (Left, BTreeSet<u8>);

/// One step of an instance alone, as an effect of the whole; what does not concern a node is not sent to it.
fn alone_does((alone, armed): &mut Alone, key: u8, event: Event<Left>, answer: u64) -> Vec<Effect<Open>> {
    if let Event::Timeout(timer) = event {
        armed.remove(&timer);
    }
    let mut expected = Vec::new();
    for effect in step(alone, event, &mut Tape::new(&[answer])) {
        expected.push(match effect {
            Effect::Send(to, _) if !alone.concerns(to) => continue,
            Effect::Send(to, m) => Effect::Send(to, (key, m)),
            Effect::Persist(r) => Effect::Persist(Record::Of(key, r)),
            Effect::Set(t, after) => {
                armed.insert(t);
                Effect::Set((key, t), after)
            }
            Effect::Cancel(t) => {
                armed.remove(&t);
                Effect::Cancel((key, t))
            }
            Effect::Request(r) => Effect::Request((key, r)),
            Effect::Indicate(i) => Effect::Indicate(Heard::Of(key, i)),
            Effect::Mark(step) => Effect::Mark(step),
        });
    }
    expected
}

/// What the whole should do, given the instances that are open.
fn opened_does(seed: &Left, open: &mut BTreeMap<u8, Alone>, deed: &Deed, answer: u64) -> Vec<Effect<Open>> {
    match *deed {
        Deed::Open(key, purpose) if !open.contains_key(&key) => {
            open.insert(key, (seed.instance(&purpose), BTreeSet::new()));
            let mut expected = vec![Effect::Persist(Record::Opened(key, purpose))];
            expected.extend(alone_does(open.get_mut(&key).expect("it is open"), key, Event::Start, answer));
            expected
        }
        Deed::Open(..) => vec![],
        Deed::CloseBelow(below) => {
            let rest = open.split_off(&below);
            let closed = std::mem::replace(open, rest);
            let timers = closed.iter().flat_map(|(&key, (_, armed))| armed.iter().map(move |&t| (key, t)));
            let cancels = timers.map(Effect::Cancel);
            let record = (!closed.is_empty()).then_some(Effect::Persist(Record::ClosedBelow(below)));
            cancels.chain(record).collect()
        }
        Deed::Of(_, Stimulus::Start) => {
            open.iter_mut().flat_map(|(&key, alone)| alone_does(alone, key, Event::Start, answer)).collect()
        }
        Deed::Of(key, stimulus) => match (open.get_mut(&key), stimulus) {
            (Some(alone), stimulus) => alone_does(alone, key, stimulus.event(), answer),
            (None, Stimulus::Receive(from, _)) => vec![Effect::Indicate(Heard::Stray(key, NodeId(from)))],
            (None, _) => vec![],
        },
    }
}

fn opened_are_as_alone<W: Whole<Open>>((seed, run): (Left, Vec<(Deed, u64)>)) -> Said {
    let (mut whole, mut open) = (W::of(Opened::of(seed.clone())), BTreeMap::new());
    for (deed, answer) in run {
        let event = same_event::<Open, W>(event_of_open(&deed));
        let effects = step(&mut whole, event, &mut Tape::new(&[answer])).into_iter();
        let as_open = |effect| effect_of_part::<W, Open>(effect, Some, Some, Some, Some, Some);
        let expected = opened_does(&seed, &mut open, &deed, answer);
        prop_assert_eq!(effects.filter_map(as_open).collect::<Vec<_>>(), expected);
        prop_assert!(whole.inner().keys().eq(open.keys()));
        prop_assert!(open.iter().all(|(key, (alone, _))| whole.inner().get(key) == Some(alone)));
    }
    Ok(())
}

/// What was opened stays open.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct NeverCloses;
impl Flaw<Open> for NeverCloses {
    fn instead(event: Event<Open>) -> Vec<Event<Open>> {
        if matches!(event, Event::Request(Ask::CloseBelow(_))) { vec![] } else { vec![event] }
    }
}

#[test]
fn an_instance_is_there_from_when_it_is_opened_until_it_is_closed() {
    let cases = || (automata(lawful()), deeds());
    holds(cases(), opened_are_as_alone::<Open>);
    is_noticed(cases(), opened_are_as_alone::<Flawed<Open, NeverCloses>>);
}

/// Which are open is durable, also of those that wrote nothing.
fn opened_recover<W: Whole<Open>>((seed, run): (Left, Vec<(Deed, u64)>)) -> Said {
    let run = run.into_iter().map(|(deed, answer)| (same_event(event_of_open(&deed)), vec![answer]));
    let durable = |whole: &W| {
        let open = whole.inner();
        open.keys().map(|key| (*key, open.get(key).map(|instance| instance.kept))).collect::<Vec<_>>()
    };
    is_recoverable(W::of(Opened::of(seed)), run.collect(), durable)
}

// All: what is durable of the whole is what is durable of the parts.

fn event_of_two(is_upper: bool, stimulus: Stimulus) -> Event<Two> {
    match (stimulus, event_of_both(is_upper, stimulus)) {
        (Stimulus::Request(r), _) => Event::Request(r),
        (Stimulus::Indication(i), _) => Event::Indication(i),
        (_, Event::Receive(from, m)) => Event::Receive(from, m),
        (_, Event::Timeout(t)) => Event::Timeout(t),
        _ => Event::Start,
    }
}

fn two_recover<W: Whole<Two>>(((upper, lower), run): ((Left, Right), Run<bool>)) -> Said {
    let run = run.into_iter().map(|(is_upper, stimulus, answer)| {
        (same_event::<Two, W>(event_of_two(is_upper, stimulus)), vec![answer])
    });
    let durable = |whole: &W| (whole.inner().upper.kept, whole.inner().lower.kept);
    is_recoverable(W::of(Stack { upper, lower }), run.collect(), durable)
}

fn both_recover<W: Whole<Both>>((one, other, run): (Left, Right, Run<bool>)) -> Said {
    let run = run.into_iter().map(|(is_left, stimulus, answer)| {
        (same_event::<Both, W>(event_of_both(is_left, stimulus)), vec![answer])
    });
    let durable = |whole: &W| (whole.inner().0.kept, whole.inner().1.kept);
    is_recoverable(W::of(Beside(one, other)), run.collect(), durable)
}

/// An instance that wrote nothing need not be there.
fn each_recovers<W: Whole<Each>>((seed, run): (Left, Run<u8>)) -> Said {
    let run = run
        .into_iter()
        .map(|(key, stimulus, answer)| (same_event::<Each, W>(event_of_key(key, stimulus)), vec![answer]));
    let durable = |whole: &W| {
        let instances = whole.inner().keys().map(|&key| (key, whole.inner().get(&key).unwrap().kept));
        instances.filter(|&(_, kept)| kept != seed.kept).collect::<Vec<_>>()
    };
    is_recoverable(W::of(Many::of(seed.clone())), run.collect(), durable)
}

#[test]
fn records_of_parts_are_records_of_the_whole() {
    let two = || (layers(), runs(any::<bool>()));
    holds(two(), two_recover::<Two>);
    is_noticed(two(), two_recover::<Flawed<Two, Amnesic>>);
    let both = || (automata(lawful()), automata(lawful()), runs(any::<bool>()));
    holds(both(), both_recover::<Both>);
    is_noticed(both(), both_recover::<Flawed<Both, Amnesic>>);
    let each = || (automata(lawful()), runs(0..3u8));
    holds(each(), each_recovers::<Each>);
    is_noticed(each(), each_recovers::<Flawed<Each, Amnesic>>);
    let opened = || (automata(lawful()), deeds());
    holds(opened(), opened_recover::<Open>);
    is_noticed(opened(), opened_recover::<Flawed<Open, Amnesic>>);
}

// All: marks concatenate.

#[test]
fn marks_concatenate() {
    let both = [MARKS[0], MARKS[1]].concat();
    assert_eq!(Two::marks(), both);
    assert_eq!(Both::marks(), both);
    assert_eq!(Stack::<Right, Left>::marks(), [MARKS[1], MARKS[0]].concat());
    assert_eq!(Each::marks(), MARKS[0]);
    assert_eq!(Open::marks(), MARKS[0]);
}

/// Whatever is marked was declared.
fn declares_its_marks<W: Whole<Both>>((one, other, run): (Left, Right, Run<bool>)) -> Said {
    let mut whole = W::of(Beside(one, other));
    for (is_left, stimulus, answer) in run {
        let event = same_event::<Both, W>(event_of_both(is_left, stimulus));
        for effect in step(&mut whole, event, &mut Tape::new(&[answer])) {
            if let Effect::Mark(step) = effect {
                prop_assert!(W::marks().contains(&step), "{step} is not declared");
            }
        }
    }
    Ok(())
}

/// Declares the marks of its left part only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Unmarked;
impl Flaw<Both> for Unmarked {
    fn instead(event: Event<Both>) -> Vec<Event<Both>> {
        vec![event]
    }
    fn marks() -> Vec<&'static str> {
        Left::marks()
    }
}

#[test]
fn marks_of_parts_are_marks_of_the_whole() {
    let cases = || (automata(lawful()), automata(lawful()), runs(any::<bool>()));
    holds(cases(), declares_its_marks::<Both>);
    is_noticed(cases(), declares_its_marks::<Flawed<Both, Unmarked>>);
}
