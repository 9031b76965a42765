//! A node that numbers what happens there, alone.

use alloc::{vec, vec::Vec};
use core::marker::PhantomData;

use synod_actor::{Actor, Cx, Event, Never, Nothing, Value};

use super::{Generator, Indication, Stamped, Stamping};

/// Numbers events by the generator `G`, at once, and tells the other nodes.
///
/// - **Assumes** nothing: what is lost is not heard of, and what is not heard of is no cause.
/// - **Guarantees** that timestamps respect causality if the generator's do: see the table of the [module](super).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Numbering<E, G> {
    generator: G,
    events: PhantomData<E>,
    #[cfg(feature = "mutants")]
    flaw: Option<super::Flaw>,
}

impl<E: Value, G: Generator> Actor for Numbering<E, G> {
    type Provides = Stamping<E, G::Stamp>;
    type Uses = Nothing;
    type Msg = Stamped<E, G::Stamp>;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request(event) => {
                // Without a timestamp there is no event. It takes 2^64 of them, or a peer that lies.
                let Some(stamp) = self.generator.next(cx) else { return };
                cx.mark("number");
                let stamped = Stamped { event, stamp };
                cx.indicate(Indication::Numbered(stamped.clone()));
                cx.send_others(stamped);
            }
            Event::Receive(_, stamped) => {
                let forgets = flaw!(self, IgnoresWhatItHears);
                // What is refused is not heard of, like a message that was lost.
                if !forgets && self.generator.hear(&stamped.stamp, cx).is_none() {
                    if flaw!(self, ExpectsNoDrift) {
                        panic!("{:?} is too far ahead", stamped.stamp);
                    }
                    cx.mark("refuse");
                    return;
                }
                cx.mark("hear");
                if flaw!(self, NumbersWhatItHears) {
                    cx.indicate(Indication::Numbered(stamped));
                    return;
                }
                cx.indicate(Indication::Heard(stamped));
            }
            Event::Indication(never) => match never {},
            Event::Timeout(never) => match never {},
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }

    fn marks() -> Vec<&'static str> {
        vec!["number", "hear", "refuse"]
    }
}

impl<E: Value, G: Generator> Numbering<E, G> {
    /// A node at which nothing has happened.
    pub fn new(generator: G) -> Self {
        Numbering {
            generator,
            events: PhantomData,
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// A node with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(generator: G, flaw: super::Flaw) -> Self {
        Numbering { flaw: Some(flaw), ..Numbering::new(generator) }
    }
}
