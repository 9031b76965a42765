//! From what was written to what the parts of states are: every value is made again, by the steps that made it first.
//!
//! A step can be taken when the state of the node and what happens are known. Taking it makes known which states, messages and
//! observations some numbers stand for, and so other steps possible. What was numbered first was made of what had a number
//! already, so in the end everything is known, or the checkpoint is of another system.

use std::sync::Arc;

use crossbeam::utils::CachePadded;
use synod_actor::{Actor, Ground, NodeId};
use synod_properties::{Monitor, Observation};

use super::{
    Unfit,
    saved::{Parts, Saved, SavedDelta, SavedSteps, SavedWhat},
};
use crate::{
    components::{
        Components, Cost, Delta, Envelope, Label, NAMELESS, Origin, Origins, REQUEST, What, World,
        WorldOrigin,
    },
    dead::Dead,
    initial,
    interner::Interner,
    node::{Happening, Node, Status},
    nodes::{Named, Nodes},
    order::Order,
    sequences::SharedSequences,
    steps::{Step, Steps},
    sync::RwLock,
    translate::Shift,
};

/// Values by number, as far as they are known.
struct Known<T> {
    what: &'static str,
    values: Vec<Option<Arc<T>>>,
    missing: usize,
}

impl<T: Eq> Known<T> {
    fn new(what: &'static str, count: usize) -> Self {
        Known { what, values: vec![None; count], missing: count }
    }

    fn get(&self, number: u32) -> Option<Arc<T>> {
        self.values.get(number as usize)?.clone()
    }

    /// Learns what a number stands for.
    fn learn(&mut self, number: u32, value: T) -> Result<(), Unfit> {
        match self.values.get_mut(number as usize) {
            Some(Some(known)) if **known == value => Ok(()),
            Some(Some(_)) => Err(another(format!("{} is another now", self.what))),
            Some(place @ None) => {
                *place = Some(Arc::new(value));
                self.missing -= 1;
                Ok(())
            }
            None => Err(Unfit::damaged(self.what)),
        }
    }
}

impl<T: Eq + std::hash::Hash> Known<T> {
    fn intern(self) -> Result<Interner<T>, Unfit> {
        self.numbered(Interner::of)
    }

    /// What is made of the values, which is nothing if one is there twice.
    fn numbered<N>(self, of: impl FnOnce(Vec<Arc<T>>) -> Option<N>) -> Result<N, Unfit> {
        let what = self.what;
        let values = self.values.into_iter().collect::<Option<Vec<_>>>();
        let values = values.ok_or_else(|| another(format!("nothing leads to {what} that it has")))?;
        of(values).ok_or_else(|| another(format!("{what} that were different are the same now")))
    }
}

fn another(how: String) -> Unfit {
    Unfit::Other(format!("the system does not do any more what it did ({how})"))
}

/// The values made by now, and what is still to be done.
struct Maker<'c, 's, A: Actor, M> {
    components: &'c Components<'s, A, M>,
    saved: &'c Parts,
    nodes: Known<Named<A>>,
    envelopes: Known<Envelope<A>>,
    labels: Known<Label<A>>,
    deltas: Known<Delta<A>>,
    steps: Steps,
}

impl<'s, A, M> Components<'s, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// Fills in the parts, as they were when this was written.
    pub(crate) fn restore(&mut self, saved: &Saved) -> Result<(), Unfit> {
        let parts = &saved.parts;
        parts.are_plausible()?;
        let mut maker = Maker {
            components: self,
            saved: parts,
            nodes: Known::new("a state of a node", parts.nodes as usize),
            envelopes: Known::new("a message", parts.envelopes as usize),
            labels: Known::new("what happens", parts.labels.len()),
            deltas: Known::new("what is seen of a step", parts.deltas.len()),
            steps: Steps::default(),
        };
        maker.begin()?;
        maker.go_on()?;
        let Maker { nodes, envelopes, labels, deltas, steps, .. } = maker;
        self.nodes = nodes.numbered(|nodes| Nodes::of(nodes.into_iter().map(Arc::unwrap_or_clone)))?;
        (self.labels, self.deltas) = (labels.intern()?, deltas.intern()?);
        self.envelopes = envelopes.intern()?;
        let senders = (0..parts.envelopes).map(|number| self.envelopes.get(number).from.0).collect();
        self.senders = CachePadded::new(RwLock::new(senders));
        self.steps = CachePadded::new(RwLock::new(steps));
        self.inboxes = self.restored_inboxes(&parts.inboxes)?;
        self.worlds = self.restored_worlds(&parts.worlds)?;
        if self.sums() != parts.sums {
            return Err(another("what comes of a step is not what came of it".into()));
        }
        if let Some(origins) = &mut self.origins {
            let worlds = (0..).zip(&parts.worlds).filter_map(|(world, &origin)| Some((world, origin?)));
            *origins = Origins {
                nodes: RwLock::new(parts.node_origins.iter().copied().collect()),
                envelopes: RwLock::new(parts.envelope_origins.iter().copied().collect()),
                worlds: RwLock::new(worlds.collect()),
            };
        }
        let names = |names: &[String]| self.names_of(names, self.marks.named());
        let dead = saved.dead.as_ref().map(|dead| {
            let marks = names(&dead.marks)?.into_iter().collect();
            Dead::restored(dead, marks, parts.nodes, parts.envelopes)
                .ok_or_else(|| Unfit::damaged("dead messages"))
        });
        let reached = names(&saved.search.marks)?;
        self.dead = dead.transpose()?;
        let order = saved.order.as_ref().map(|order| {
            Order::restored(order, parts.nodes, parts.labels.len() as u32)
                .ok_or_else(|| Unfit::damaged("steps that are taken alone"))
        });
        self.order = order.transpose()?;
        self.marks.restore(reached);
        Ok(())
    }

    /// The names of properties or marks that are meant.
    pub(super) fn names_of(
        &self,
        names: &[String],
        known: Vec<&'static str>,
    ) -> Result<Vec<&'static str>, Unfit> {
        let find = |name: &String| known.iter().copied().find(|known| known == name);
        let unknown = |name: &String| another(format!("it has no {name} any more"));
        names.iter().map(|name| find(name).ok_or_else(|| unknown(name))).collect()
    }

    fn restored_inboxes(&self, inboxes: &[Box<[u32]>]) -> Result<SharedSequences, Unfit> {
        let (envelopes, planned) = (self.envelopes.len(), self.planned.len());
        let is_sound = |&item: &u32| match item {
            request if request & REQUEST != 0 => ((request - REQUEST) as usize) < planned,
            nameless if nameless >= NAMELESS => ((nameless - NAMELESS) as usize) < self.group.len(),
            envelope => (envelope as usize) < envelopes,
        };
        if !inboxes.iter().all(|inbox| inbox.iter().all(is_sound)) {
            return Err(Unfit::damaged("a message"));
        }
        let inboxes = inboxes.iter().map(|inbox| &inbox[..]);
        SharedSequences::of(inboxes).ok_or_else(|| Unfit::Damaged("it has an inbox twice".into()))
    }

    fn restored_worlds(&self, saved: &[Option<WorldOrigin>]) -> Result<Interner<World<M>>, Unfit> {
        let mut worlds = Known::new("a world", saved.len());
        // Almost always a world is made of one with a lower number: a few rounds do.
        loop {
            let before = worlds.missing;
            for (number, origin) in (0..).zip(saved) {
                if worlds.get(number).is_some() {
                    continue;
                }
                let world = match *origin {
                    None => Some(self.first_world()),
                    Some(WorldOrigin::After(world, delta)) => {
                        if delta as usize >= self.deltas.len() {
                            return Err(Unfit::damaged("what is seen of a step"));
                        }
                        let after = |world: Arc<_>| {
                            let unpaid = || another("a budget does not pay for a step that was taken".into());
                            self.world_after(&world, &self.deltas.get(delta)).ok_or_else(unpaid)
                        };
                        worlds.get(world).map(after).transpose()?
                    }
                    Some(WorldOrigin::Renamed(by, world)) => {
                        let renamed = |world: Arc<_>| {
                            self.world_by(by, &world).ok_or_else(|| Unfit::damaged("a renaming"))
                        };
                        worlds.get(world).map(renamed).transpose()?
                    }
                };
                if let Some(world) = world {
                    worlds.learn(number, world)?;
                }
            }
            if worlds.missing == before || worlds.missing == 0 {
                return worlds.intern();
            }
        }
    }
}

impl<A, M> Maker<'_, '_, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// What is known without any step.
    fn begin(&mut self) -> Result<(), Unfit> {
        let (system, saved) = (self.components.system, self.saved);
        for (node, &number) in initial::nodes(system).zip(&saved.first_nodes) {
            self.nodes.learn(number, node)?;
        }
        let messages = system.start.iter().flat_map(|start| &start.messages);
        for (message, &number) in messages.zip(&saved.first_envelopes) {
            self.envelopes.learn(number, message.clone())?;
        }
        for (number, delta) in (0..).zip(&saved.deltas) {
            if let SavedDelta::Unnoticed { cost, node, loss } = *delta {
                let observed = if loss { vec![Observation::Loss] } else { Vec::new() };
                self.deltas.learn(number, Delta { cost, node: NodeId(node), observed })?;
            }
        }
        Ok(())
    }

    /// Takes all steps, in rounds: each those that have become possible.
    fn go_on(&mut self) -> Result<(), Unfit> {
        let saved = self.saved;
        let mut labels: Vec<u32> = (0..saved.labels.len() as u32).collect();
        let mut steps: Vec<&SavedSteps> = saved.steps.iter().collect();
        let mut nodes: Vec<&(u32, Origin)> = saved.node_origins.iter().collect();
        let mut envelopes: Vec<&(u32, Origin)> = saved.envelope_origins.iter().collect();
        let left = |labels: &Vec<_>, steps: &Vec<_>, nodes: &Vec<_>, envelopes: &Vec<_>| {
            labels.len() + steps.len() + nodes.len() + envelopes.len()
        };
        loop {
            let before = left(&labels, &steps, &nodes, &envelopes);
            keep_what_waits(&mut labels, |&label| self.label(label))?;
            keep_what_waits(&mut steps, |of| self.take(of))?;
            keep_what_waits(&mut nodes, |&&(number, origin)| self.node(number, origin))?;
            keep_what_waits(&mut envelopes, |&&(number, origin)| self.envelope(number, origin))?;
            match left(&labels, &steps, &nodes, &envelopes) {
                0 => break,
                same if same == before => return Err(another("a step cannot be taken any more".into())),
                _ => {}
            }
        }
        for (number, delta) in (0..).zip(&saved.deltas) {
            if let SavedDelta::Priced(free, cost) = *delta
                && let Some(free) = self.deltas.get(free)
            {
                self.deltas.learn(number, Delta { cost, ..(*free).clone() })?;
            }
        }
        Ok(())
    }

    /// Learns what a label says, if that can be known by now.
    fn label(&mut self, number: u32) -> Result<bool, Unfit> {
        let (node, what) = self.saved.labels[number as usize];
        let node = NodeId(node);
        let happening = match what {
            SavedWhat::Start => Happening::Start,
            SavedWhat::Own => Happening::Own,
            SavedWhat::Flush => Happening::Flush,
            SavedWhat::Crash => Happening::Crash,
            SavedWhat::Stop => Happening::Stop,
            SavedWhat::Restart => Happening::Restart,
            SavedWhat::Request(planned, alternative) => {
                let planned = self.components.planned.get(planned as usize);
                let request = planned.and_then(|(_, alternatives)| alternatives.get(alternative as usize));
                Happening::Request(request.ok_or_else(|| Unfit::damaged("a request"))?.clone())
            }
            SavedWhat::Receive(envelope) => match self.envelopes.get(envelope) {
                Some(envelope) => Happening::Receive(envelope.from, envelope.msg.clone()),
                None => return Ok(false),
            },
            SavedWhat::Timeout(state, at) => match self.nodes.get(state) {
                Some(state) => {
                    let timer = state.1.timers.iter().nth(at as usize);
                    Happening::Timeout(timer.ok_or_else(|| another("a timer is not set".into()))?.clone())
                }
                None => return Ok(false),
            },
        };
        self.labels.learn(number, Label { node, what: What::Happens(happening) })?;
        Ok(true)
    }

    /// Takes the steps of an event, if it is known by now what it is.
    fn take(&mut self, saved: &SavedSteps) -> Result<bool, Unfit> {
        let (Some(node), Some(label)) = (self.nodes.get(saved.node), self.labels.get(saved.label)) else {
            return Ok(false);
        };
        let (me, state) = &*node;
        let What::Happens(happening) = &label.what else { unreachable!("no other label was made") };
        if *me != label.node || !can_happen(state, happening) {
            return Err(Unfit::damaged("a step"));
        }
        let outcomes = state.step(*me, happening, self.components.setting());
        if outcomes.len() != saved.outcomes.len() {
            return Err(another("a step has more or fewer outcomes".into()));
        }
        let mut made = Vec::with_capacity(outcomes.len());
        for (mut outcome, saved) in outcomes.into_iter().zip(&saved.outcomes) {
            self.components.anonymous(&mut outcome.node);
            if outcome.sends.len() != saved.sends.len() {
                return Err(another("a step sends more or fewer messages".into()));
            }
            let marks = self.components.marks.number(&outcome.marks().collect());
            let mut sends = Vec::with_capacity(saved.sends.len());
            for ((to, msg), &envelope) in outcome.sends.into_iter().zip(&saved.sends) {
                self.envelopes.learn(envelope, Envelope { from: *me, to, msg })?;
                sends.push((to.0, envelope));
            }
            let step = Step {
                node: saved.node,
                delta: saved.delta,
                first_send: 0,                   // known when it is added
                sends: saved.sends.len() as u16, // as many as were sent
                faults: matches!(outcome.node.status, Status::Faulty(_)),
                marks,
            };
            // That nothing is seen is what the number 0 says, whoever it is of.
            if !outcome.observed.is_empty() {
                let delta = Delta { cost: Cost::Free, node: *me, observed: outcome.observed };
                self.deltas.learn(saved.delta, delta)?;
            } else if saved.delta != 0 {
                return Err(another("nothing is seen of a step".into()));
            }
            self.nodes.learn(saved.node, (*me, outcome.node))?;
            made.push((step, sends));
        }
        self.steps.add((saved.node, saved.label), made, saved.is_taken);
        Ok(true)
    }

    fn node(&mut self, number: u32, origin: Origin) -> Result<bool, Unfit> {
        let (Origin::Renamed(_, from) | Origin::Lowered(_, from)) = origin;
        let Some(from) = self.nodes.get(from) else { return Ok(false) };
        let node = match origin {
            Origin::Renamed(by, _) => self.components.node_by(by, &from),
            Origin::Lowered(by, _) => self.components.system.translation.as_ref().and_then(|names| {
                let mut shift = lower(by, names.lowest_of_node(&from.1))?;
                Some((from.0, names.node(from.1.clone(), &mut shift)))
            }),
        };
        self.nodes.learn(number, node.ok_or_else(|| Unfit::damaged("a renaming"))?)?;
        Ok(true)
    }

    fn envelope(&mut self, number: u32, origin: Origin) -> Result<bool, Unfit> {
        let (Origin::Renamed(_, from) | Origin::Lowered(_, from)) = origin;
        let Some(from) = self.envelopes.get(from) else { return Ok(false) };
        let envelope = match origin {
            Origin::Renamed(by, _) => self.components.envelope_by(by, &from),
            Origin::Lowered(by, _) => self.components.system.translation.as_ref().and_then(|names| {
                let mut shift = lower(by, names.lowest_of_msg(&from.msg))?;
                Some(Envelope { from: from.from, to: from.to, msg: names.msg(from.msg.clone(), &mut shift) })
            }),
        };
        self.envelopes.learn(number, envelope.ok_or_else(|| Unfit::damaged("a renaming"))?)?;
        Ok(true)
    }
}

/// A shift downwards, if the lowest epoch is not too low for it.
fn lower(by: u64, lowest: u64) -> Option<Shift> {
    (by <= lowest).then(|| i64::try_from(by).ok().map(|by| Shift(-by))).flatten()
}

/// Whether this can happen at a node at all, so that the step can be taken.
fn can_happen<A: Actor>(node: &Node<A>, happening: &Happening<A>) -> bool {
    match happening {
        Happening::Own => node.status == Status::Up && !node.own.is_empty(),
        Happening::Flush => node.status == Status::Up && !node.disk.is_empty(),
        Happening::Restart => node.status == Status::Down,
        Happening::Timeout(timer) => node.status == Status::Up && node.timers.contains(timer),
        Happening::Start
        | Happening::Request(_)
        | Happening::Receive(..)
        | Happening::Crash
        | Happening::Stop => node.status == Status::Up,
    }
}

/// Does what can be done by now, and keeps the rest.
fn keep_what_waits<T>(
    all: &mut Vec<T>,
    mut can_be_done: impl FnMut(&T) -> Result<bool, Unfit>,
) -> Result<(), Unfit> {
    let mut failed = Ok(());
    all.retain(|one| {
        failed.is_ok()
            && can_be_done(one).map_or_else(
                |why| {
                    failed = Err(why);
                    false
                },
                |done| !done,
            )
    });
    failed
}
