//! Where looking ahead for steps that may be taken alone has no end.

use synod_actor::{Actor, Cx, Event, NodeId, Nothing, Port};
use synod_checker::{Options, Reductions, Report, System, Verdict, check};

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Silence;
impl Port for Silence {
    type Request = ();
    type Indication = ();
}

/// Counts what it hears, until it forgets about it.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Listener {
    heard: u32,
    is_deaf: bool,
}

impl Actor for Listener {
    type Provides = Silence;
    type Uses = Nothing;
    type Msg = ();
    type Timer = ();
    type Record = ();

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => cx.send(NodeId(0), ()),
            Event::Receive(from, ()) if from == cx.me() => *self = Listener { heard: 0, is_deaf: true },
            Event::Receive(..) if !self.is_deaf => self.heard += 1,
            Event::Receive(..) | Event::Request(()) | Event::Timeout(()) => {}
            Event::Indication(never) => match never {},
        }
    }

    fn replay(&mut self, (): ()) {}
}

fn explored(reductions: Reductions) -> Report {
    let system = System::new(vec![Listener::default(); 3], ()).deadlock_free();
    check(&system, &Options { threads: 2, reductions, ..Options::default() })
}

/// What is heard may be heard once more, as the local graph has it, and leads to another count each time. What is forgotten is the same.
#[test]
fn what_grows_without_end_is_not_looked_at_without_end() {
    let [full, ordered] = [Reductions::NONE, Reductions { order: true, ..Reductions::NONE }].map(explored);
    assert_eq!((full.verdict, ordered.verdict), (Verdict::Holds, Verdict::Holds));
    assert!(ordered.reductions.order, "{:?}", ordered.notes);
    // Whether it has heard the one word, heard the other, and forgotten.
    assert_eq!((full.states, full.transitions), (8, 12));
    assert!(ordered.states <= full.states);
    assert!(ordered.handler_calls < 200, "{} for {}", ordered.handler_calls, full.handler_calls);
}
