//! Who gets a user name, decided by the order of timestamps.

use alloc::{collections::BTreeSet, vec, vec::Vec};

use synod_actor::{Actor, Cx, Event, Never, NodeId, Nothing};

use super::{Answer, Claim, Uniqueness};
use crate::{LamportClock, Timestamp};

/// When a node decides on its own claim.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Rule {
    /// At once, by the claims that it knows of. **Wrong**: a claim with a smaller timestamp may be under way.
    AtOnce,
    /// When every other node has answered, and so can only make claims with larger timestamps.
    WhenAllAnswered,
}

/// A node that claims a name for its client: of several claims the one with the smallest Lamport timestamp gets it.
///
/// That order is total and respects causality, so afterwards everyone agrees on who was first. But it is no use to a node
/// that must decide *now*: it has to hear from every other node that there is no smaller timestamp. So one node that is down
/// stops all. What decides with a majority is consensus.
///
/// - **Assumes** links that lose nothing, in any order, and, to decide by [`Rule::WhenAllAnswered`], nodes that do not crash.
/// - **Guarantees**, by that rule, that at most one claim is granted, and one is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Claims {
    rule: Rule,
    clock: LamportClock,
    /// The claim of our client, once it has made one.
    claim: Option<Timestamp<NodeId>>,
    /// The smallest claim of another node.
    rival: Option<Timestamp<NodeId>>,
    /// Who has answered our claim.
    answered: BTreeSet<NodeId>,
    decided: bool,
    #[cfg(feature = "mutants")]
    flaw: Option<super::Flaw>,
}

/// What the nodes say to each other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Msg {
    /// I claim the name, with this timestamp.
    Claims(Timestamp<NodeId>),
    /// I know of your claim, so whatever I claim from now on has a larger timestamp. This is my claim, if I have made one.
    Knows(Option<Timestamp<NodeId>>),
}

impl Actor for Claims {
    type Provides = Uniqueness;
    type Uses = Nothing;
    type Msg = Msg;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request(Claim) if self.claim.is_none() => {
                let Ok(time) = self.clock.tick() else { return }; // only a peer that lies brings it so far
                cx.mark("claim");
                let claim = Timestamp { time, node: cx.me() };
                self.claim = Some(claim);
                cx.send_others(Msg::Claims(claim));
                self.decide_if_known(cx);
            }
            // It has claimed the name already.
            Event::Request(Claim) => {}

            Event::Receive(_, Msg::Claims(claim))
                if self.claim.is_some() && !self.decided && flaw!(self, ClaimsAnswerAfterTheirOwn) =>
            {
                self.learn(claim);
            }
            Event::Receive(from, Msg::Claims(claim)) => {
                // From here on our claims are later than this one.
                if !flaw!(self, ClaimsIgnoreTheClock) && self.clock.receive(claim.time).is_err() {
                    return; // a peer that lies
                }
                cx.mark("answer");
                self.learn(claim);
                let hides = flaw!(self, AnswersHideTheClaim);
                let told = if flaw!(self, AnswersEchoTheClaim) { self.rival } else { self.claim };
                cx.send(from, Msg::Knows(told.filter(|_| !hides)));
            }
            Event::Receive(_, Msg::Knows(Some(claim))) if flaw!(self, ClaimsCountAgreementOnly) => {
                self.learn(claim);
            }
            Event::Receive(from, Msg::Knows(claim)) => {
                claim.into_iter().for_each(|claim| self.learn(claim));
                self.answered.insert(from);
                self.decide_if_known(cx);
            }
            Event::Indication(never) => match never {},
            Event::Timeout(never) => match never {},
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }

    fn marks() -> Vec<&'static str> {
        vec!["claim", "answer", "grant", "refuse"]
    }
}

impl Claims {
    /// A node without a claim, which decides by this rule.
    pub fn new(rule: Rule) -> Self {
        Claims {
            rule,
            clock: LamportClock::new(),
            claim: None,
            rival: None,
            answered: BTreeSet::new(),
            decided: false,
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// A node with a known fault, which waits for answers.
    #[cfg(feature = "mutants")]
    pub fn flawed(flaw: super::Flaw) -> Self {
        Claims { flaw: Some(flaw), ..Claims::new(Rule::WhenAllAnswered) }
    }

    fn learn(&mut self, claim: Timestamp<NodeId>) {
        self.rival = Some(self.rival.map_or(claim, |rival| rival.min(claim)));
    }

    fn decide_if_known(&mut self, cx: &mut Cx<'_, Self>) {
        let majority = self.answered.len() + 1 >= cx.majority() && flaw!(self, ClaimsAskAMajority);
        let is_known = self.rule == Rule::AtOnce || self.answered.len() == cx.others().count() || majority;
        let Some(claim) = self.claim.filter(|_| is_known && !self.decided) else { return };
        self.decided = true;
        let is_first = match self.rival {
            Some(rival) if flaw!(self, ClaimsCompareTimesOnly) => claim.time <= rival.time,
            Some(rival) => claim < rival,
            None => true,
        };
        cx.mark(if is_first { "grant" } else { "refuse" });
        cx.indicate(if is_first { Answer::Granted } else { Answer::Refused });
    }
}
