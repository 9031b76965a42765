//! From a system to a report.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

use crate::{
    DEADLOCK, TOTAL,
    checkpoint::{self, Head, ResumeError, Saved, Unfit, Writer},
    components::{Components, Origins},
    cycles::{self, Trap},
    dead,
    entries::unless_lost,
    invariants,
    lasso::{Lasso, lasso},
    options::{Options, Reductions},
    order,
    order::{Order, ending},
    paths,
    report::{Kind, PropertyReport, Report, Verdict},
    retrace::{self, Run},
    search::{Cut, Search},
    sync::RwLock,
    system::System,
    trace::Trace,
};

/// Explores every run of the system within its bounds.
///
/// The counts, verdicts and counterexamples do not depend on the number of threads, unless the search was interrupted or
/// ran out of memory.
///
/// # Panics
/// If the system contradicts itself: a request planned at a node that does not exist, a clock without times, liveness with
/// unbounded duplicates, `copies` with FIFO links, more than 31 nodes. The message says what. A handler that panics does not
/// make this function panic: it violates the property `handlers are total`.
pub fn check<A, M>(system: &System<A, M>, options: &Options) -> Report
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let mut reduced = Reduced { by: options.reductions, notes: Vec::new(), searches: 0 };
    if let Some(why) = dead::unsuited(system).filter(|_| reduced.by.dead) {
        reduced.by.dead = false;
        reduced.notes.push(format!("dead messages are kept: {why}"));
    }
    if let Some(why) = order::unsuited(system).filter(|_| reduced.by.order) {
        reduced.by.order = false;
        reduced.notes.push(format!("no step is taken alone: {why}"));
    }
    let components = reduced.components(system, options);
    match search(reduced, components, options, None) {
        Ok(report) => report,
        Err(_) => unreachable!("nothing is resumed"),
    }
}

/// Goes on with a search that [`Options::checkpoint`] wrote down in this file, of the same system and with the same reductions. What
/// comes of it is what would have come of the search if it had never stopped: only [`Report::elapsed`] is the time since it was
/// resumed. Other options may differ: threads, and limits.
///
/// # Errors
/// The file cannot be read, is damaged, or is of another system or version.
///
/// # Panics
/// Like [`check`].
pub fn resume<A, M>(system: &System<A, M>, options: &Options, file: &Path) -> Result<Report, ResumeError>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let saved = checkpoint::read(file, system, options)?;
    let by = saved.head.reductions();
    let mut reduced = Reduced { by, notes: saved.head.notes.clone(), searches: saved.head.searches as usize };
    let mut components = reduced.components(system, options);
    components.restore(&saved).map_err(|unfit| unfit.of(file))?;
    search(reduced, components, options, Some(saved)).map_err(|unfit| unfit.of(file))
}

/// Explores, and tells what was found. The first search goes on from what was saved, if anything was.
fn search<'s, A, M>(
    mut reduced: Reduced,
    mut components: Components<'s, A, M>,
    options: &Options,
    mut saved: Option<Saved>,
) -> Result<Report, Unfit>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let (started, system) = (Instant::now(), components.system);
    let mut search = loop {
        let mut search = match saved.take() {
            Some(saved) => Search::restored(&components, options, saved)?,
            None => Search::new(&components, options),
        };
        search.writer = options.checkpoint.clone().map(|checkpoint| {
            let head = Head::new(system, options, reduced.by, &reduced.notes, reduced.searches);
            Writer::new(checkpoint, head)
        });
        search.explore();
        reduced.searches += 1;
        if components.asymmetric.read().is_some() {
            drop(search);
            reduced.asymmetric(&components);
            components = reduced.components(system, options);
            continue;
        }
        if components.is_closed() && components.is_in_order() {
            components.confirm_order();
            break search;
        }
        if search.is_stopped() {
            search.found.clear(); // a search that is not closed proves nothing
            break search;
        }
        // Order first: it takes deliveries of dead messages, and these count for dead messages, too.
        let order = reduced.learned(components.learn_order(), |by| &mut by.order);
        reduced.notes.extend(order.as_ref().and_then(Order::gives_up_last));
        let dead = reduced.learned(components.learn(), |by| &mut by.dead);
        let stands =
            order.as_ref().map_or(components.order.is_none(), |order| components.confirms_order(order))
                && dead.as_ref().map_or(components.dead.is_none(), |dead| components.confirms(dead));
        if stands {
            components.confirm_order();
            dead.into_iter().for_each(|dead| components.confirm(dead));
            break search;
        }
        drop(search);
        (components.order, components.dead) = (order, dead);
        components.marks.forget();
    };
    let spill = options.spill.clone();
    let mut conclusion = Conclusion { properties: Vec::new(), reasons: Vec::new(), spill };
    conclusion.safety(&mut search);
    conclusion.whole_graph(&mut search);
    reduced.notes.extend(search.writer.as_ref().and_then(|writer| writer.pace.failed.clone()));
    Ok(conclusion.report(&search, started, reduced))
}

/// What came of the reductions that were asked for.
struct Reduced {
    by: Reductions,
    notes: Vec<String>,
    searches: usize,
}

impl Reduced {
    /// The system in numbers, with those reductions that suit it.
    fn components<'s, A, M>(&mut self, system: &'s System<A, M>, options: &Options) -> Components<'s, A, M>
    where
        A: Actor<Uses: Ground>,
        M: Monitor<A::Provides>,
    {
        let mut components = Components::new(system, self.by);
        components.origins = options.checkpoint.is_some().then(Origins::default);
        self.asymmetric(&components);
        components.asymmetric = RwLock::default();
        self.by.symmetry = components.renamings.is_some();
        components
    }

    /// What was learned; if nothing could be, that reduction is given up.
    fn learned<T>(
        &mut self,
        learned: Result<Option<T>, String>,
        reduction: impl Fn(&mut Reductions) -> &mut bool,
    ) -> Option<T> {
        learned.unwrap_or_else(|why| {
            *reduction(&mut self.by) = false;
            self.notes.push(why);
            None
        })
    }

    /// Takes note of why nodes are not renamed, if they could not be.
    fn asymmetric<A: Actor, M>(&mut self, components: &Components<'_, A, M>) {
        if let Some(why) = &*components.asymmetric.read() {
            self.by.symmetry = false;
            self.notes.push(format!("nodes are not renamed: {why}"));
        }
    }
}

struct Conclusion {
    properties: Vec<PropertyReport>,
    /// Why something is undecided.
    reasons: Vec<String>,
    /// Where states were put on disk.
    spill: Option<PathBuf>,
}

impl Conclusion {
    /// Properties that show in single states.
    fn safety<A, M>(&mut self, search: &mut Search<'_, '_, A, M>)
    where
        A: Actor<Uses: Ground>,
        M: Monitor<A::Provides>,
    {
        let system = search.components.system;
        let invariants = system.invariants.iter().map(|invariant| invariant.name);
        let mut names: Vec<(&'static str, Kind)> = system
            .monitor
            .safety()
            .into_iter()
            .chain(invariants)
            .chain([TOTAL])
            .map(|name| (name, Kind::Safety))
            .collect();
        if system.deadlock_free {
            names.push((DEADLOCK, Kind::Deadlock));
        }
        let bounds = || system.bounds.iter().map(|bound| bound.name);
        let spill = self.spill.as_deref();
        self.reasons = search.cuts.iter().map(|cut| cut.reason(bounds(), spill)).collect();
        let otherwise = if search.cuts.is_empty() { Verdict::Holds } else { Verdict::Incomplete };
        for (name, kind) in names {
            let of_it = |&&(violated, _, _): &&(&'static str, u32, usize)| violated == name;
            let Some(level) = search.found.iter().filter(of_it).map(|&(_, _, level)| level).min() else {
                self.add(name, kind, otherwise, None);
                continue;
            };
            let targets: Vec<u32> = search
                .found
                .iter()
                .filter(of_it)
                .filter(|&&(_, _, at)| at == level)
                .map(|&(_, state, _)| state)
                .collect();
            let trace = self.told(search, |search| {
                let (start, mut steps) = paths::shortest(search, targets, level)?;
                if kind == Kind::Safety {
                    steps.extend(ending(search, steps.last().map_or(start, |edge| edge.to), name));
                }
                let last = steps.last().map_or(start, |edge| edge.to);
                let because = if kind == Kind::Deadlock {
                    "nothing more can happen, and something is still owed".to_owned()
                } else {
                    invariants::because(search.components, &search.store.tables(), (steps.last(), last), name)
                };
                let to_the_end = kind == Kind::Deadlock;
                let run = Run { start, steps: &steps, repeats_from: None, to_the_end };
                Some(retrace::trace(search, (name, because), run))
            });
            self.add(name, kind, Verdict::Violated, trace);
        }
    }

    /// Properties that only show in the whole graph.
    fn whole_graph<A, M>(&mut self, search: &mut Search<'_, '_, A, M>)
    where
        A: Actor<Uses: Ground>,
        M: Monitor<A::Provides>,
    {
        let system = search.components.system;
        let all_but_outside = search.cuts.iter().all(|cut| *cut == Cut::Outside);
        let otherwise = if search.cuts.is_empty() { Verdict::Holds } else { Verdict::Incomplete };
        for (at, possible) in system.possible.iter().enumerate() {
            let found = if all_but_outside {
                unless_lost(|| cycles::impossible(search, at)).unwrap_or_else(|lost| Err(lost.into()))
            } else {
                Ok(None)
            };
            let (verdict, trace) = match found {
                Err(cut) => (self.cut(cut), None),
                Ok(None) => (otherwise, None),
                Ok(Some((states, level))) => {
                    let trace = self.told(search, |search| {
                        let (start, steps) = paths::shortest(search, states, level)?;
                        let because = "from the last state on it cannot be reached any more".to_owned();
                        let run = Run { start, steps: &steps, repeats_from: None, to_the_end: false };
                        Some(retrace::trace(search, (possible.name, because), run))
                    });
                    (Verdict::Violated, trace)
                }
            };
            self.add(possible.name, Kind::Possibility, verdict, trace);
        }
        for &name in &system.liveness {
            if !all_but_outside {
                self.add(name, Kind::Liveness, otherwise, None);
                continue;
            }
            let found =
                unless_lost(|| cycles::liveness(search, name)).unwrap_or_else(|lost| Err(lost.into()));
            let (verdict, trace) = match found {
                Err(cut) => (self.cut(cut), None),
                Ok(cycles::Liveness { trap: Some((trap, level)), .. }) => {
                    let trace = self.told(search, |search| {
                        lasso(search, &trap, level).map(|lasso| endless(search, name, &trap, &lasso))
                    });
                    (Verdict::Violated, trace)
                }
                Ok(cycles::Liveness { starved: true, .. }) => {
                    let reason = "the budget of timeouts ended runs in which something was still owed";
                    self.reasons.push(reason.to_owned());
                    (Verdict::Incomplete, None)
                }
                Ok(cycles::Liveness { trap: None, starved: false }) => (otherwise, None),
            };
            self.add(name, Kind::Liveness, verdict, trace);
        }
    }

    fn cut(&mut self, cut: Cut) -> Verdict {
        let reason = cut.reason([].into_iter(), self.spill.as_deref());
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
        Verdict::Incomplete
    }

    /// Tells the counterexample, of which it is known that there is one: unless finding its steps again is interrupted, or they
    /// are lost.
    fn told<'c, 's, A, M>(
        &mut self,
        search: &mut Search<'c, 's, A, M>,
        tell: impl FnOnce(&mut Search<'c, 's, A, M>) -> Option<Trace>,
    ) -> Option<Trace>
    where
        A: Actor<Uses: Ground>,
        M: Monitor<A::Provides>,
    {
        // Once some are lost others may be there twice.
        let told = match search.store.lost() {
            Some(lost) => Err(lost),
            None => unless_lost(|| tell(search)),
        };
        let told = told.map_err(Cut::from).and_then(|trace| trace.ok_or(Cut::Interrupted));
        told.map_err(|cut| self.cut(cut)).ok()
    }

    fn add(&mut self, name: &'static str, kind: Kind, verdict: Verdict, counterexample: Option<Trace>) {
        self.properties.push(PropertyReport { name, kind, verdict, counterexample });
    }

    fn report<A, M>(self, search: &Search<'_, '_, A, M>, started: Instant, mut reduced: Reduced) -> Report
    where
        A: Actor<Uses: Ground>,
        M: Monitor<A::Provides>,
    {
        let any = |verdict| self.properties.iter().any(|property| property.verdict == verdict);
        let verdict = if any(Verdict::Violated) {
            Verdict::Violated
        } else if any(Verdict::Incomplete) {
            Verdict::Incomplete
        } else {
            Verdict::Holds
        };
        let monitor_states = unless_lost(|| invariants::watches(search)).unwrap_or_else(|lost| {
            let why = Cut::from(lost).reason([].into_iter(), self.spill.as_deref());
            reduced.notes.push(format!("states of the monitor were not counted: {why}"));
            0
        });
        let marks = search.components.all_marks();
        let mut declared = A::marks();
        declared.sort_unstable();
        declared.dedup();
        Report {
            verdict,
            properties: self.properties,
            incomplete: (!self.reasons.is_empty()).then(|| self.reasons.join("; ")),
            states: u64::from(search.reached()),
            transitions: search.transitions,
            depth: search.depth(),
            elapsed: started.elapsed(),
            store_bytes: search.store.bytes(),
            disk_bytes: search.store.bytes_on_disk(),
            component_bytes: search.component_bytes(),
            reductions: reduced.by,
            represented: reduced.by.symmetry.then_some(search.represented),
            notes: reduced.notes,
            searches: reduced.searches,
            threads: search.workers.len(),
            node_states: search.components.nodes.len() as u64,
            monitor_states,
            messages: search.components.envelopes.len() as u64,
            handler_calls: search.components.handler_calls(),
            unreached: declared.into_iter().filter(|mark| !marks.contains(mark)).collect(),
            marks: marks.into_iter().collect(),
        }
    }
}

/// The trace of a lasso.
fn endless<A, M>(search: &Search<'_, '_, A, M>, name: &'static str, trap: &Trap, lasso: &Lasso) -> Trace
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let mut because = match trap {
        Trap::End(_) => "in the last state nothing more needs to happen, and it is still owed".to_owned(),
        Trap::Cycle(_) => "the last steps can repeat for ever, fairly, and it is still owed".to_owned(),
    };
    let lowered: u64 = lasso.steps[lasso.repeats_from..].iter().map(|edge| edge.lowered).sum();
    if lowered > 0 {
        because += &format!("; each time all epochs are higher by {lowered}");
    }
    let Lasso { start, steps, repeats_from } = lasso;
    let run = Run { start: *start, steps, repeats_from: Some(*repeats_from), to_the_end: false };
    retrace::trace(search, (name, because), run)
}

impl Cut {
    /// What to say of it: of a system with these bounds, where states are put on disk in this folder.
    pub(crate) fn reason(
        self,
        mut bounds: impl Iterator<Item = &'static str>,
        spill: Option<&Path>,
    ) -> String {
        let place = spill.map_or_else(String::new, |folder| format!(" in {}", folder.display()));
        match self {
            Cut::Interrupted => "it was interrupted".to_owned(),
            Cut::Memory(limit) => format!("it would have held more than {limit} bytes"),
            Cut::Disk(why) => format!("memory ended, and states could not be put on disk{place}: {why}"),
            Cut::Lost(why) => format!("states that were put on disk{place} cannot be read again: {why}"),
            Cut::States(limit) => format!("it reached {limit} states"),
            Cut::Depth(limit) => format!("there is more beyond {limit} steps"),
            Cut::Outside => {
                let names: Vec<&str> = bounds.by_ref().collect();
                format!("there are states outside of the bound {}", names.join(", "))
            }
            Cut::Violated => "it stopped at a violation of safety".to_owned(),
        }
    }
}
