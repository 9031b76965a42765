//! A search of a specification in a file. See [`crate::checkpoint`], whose files these are in all but what stands in them: here states
//! are written as the words that they are kept as, and nothing has to be made again.
//!
//! So a checkpoint says little of the specification that it is of. It is resumed only where that has the same name, initial states with
//! the same steps, invariants and [parameters](Specification::parameters); and where from some of the states that were explored all steps lead
//! where they have led.

use std::{io, path::Path};

use serde::{Deserialize, Serialize};

use super::{
    Specification,
    kept::Kept,
    search::{KeptOf, Search},
};
use crate::{
    DEADLOCK,
    checkpoint::{Pace, ResumeError, Unfit, file, hashed},
    options::Options,
};

/// How the file begins.
const TITLE: &[u8] = b"a checkpoint of a specification of synod-checker, format 1\n";

/// From so many states steps are taken again.
const SAMPLE: u32 = 1_000;

/// Why a search is not written down, though that is asked for.
pub(super) const KEPT_WHOLE: &str =
    "no checkpoint is written: states that are kept whole cannot be, only packed ones";

/// How far a search was when a level began.
pub(super) struct LevelStart {
    levels: usize,
    transitions: u64,
    found: usize,
    taken: usize,
}

/// All that is written but the states.
#[derive(Serialize, Deserialize)]
struct Saved {
    /// A hash of what is known of the specification.
    specification: u64,
    exhaustive: bool,
    levels: Vec<u32>,
    transitions: u64,
    /// Property, state, level.
    found: Vec<(String, Option<u32>, u64)>,
    /// An example of each sort of action that was taken.
    taken: Vec<String>,
}

impl<'a, T: Specification> Search<'a, T> {
    /// How far it is now, at the start of a level.
    pub(super) fn level_start(&self) -> LevelStart {
        LevelStart {
            levels: self.levels.len(),
            transitions: self.transitions,
            found: self.found.len(),
            taken: self.taken.len(),
        }
    }

    /// Writes down how far it was at the start of a level, if that is wanted.
    pub(super) fn write(&mut self, start: &LevelStart) {
        let Some(mut pace) = self.pace.take() else { return };
        pace.write(|file| self.write_to(file, start));
        self.pace = Some(pace);
    }

    /// Whoever writes it down from time to time, if that is wanted and can be.
    pub(super) fn pace(options: &Options) -> Option<Pace> {
        options.checkpoint.clone().filter(|_| KeptOf::<T>::WORDS > 0).map(Pace::new)
    }

    /// What there is to say of its checkpoint.
    pub(super) fn note(&self) -> Option<String> {
        match &self.pace {
            Some(pace) => pace.failed.clone(),
            None => self.options.checkpoint.as_ref().map(|_| KEPT_WHOLE.to_owned()),
        }
    }

    fn write_to(&self, file: &Path, start: &LevelStart) -> io::Result<()> {
        let taken = self.taken[..start.taken].iter().map(|(_, action)| format!("{action:?}"));
        let found = self.found[..start.found].iter();
        let saved = Saved {
            specification: fingerprint(self.specification),
            exhaustive: self.options.exhaustive,
            levels: self.levels[..start.levels].to_vec(),
            transitions: start.transitions,
            found: found.map(|&((name, state), level)| (name.to_owned(), state, level as u64)).collect(),
            taken: self.taken_before.iter().cloned().chain(taken).collect(),
        };
        let states = *saved.levels.last().expect("there is a level");
        file::replace(file, TITLE, |to| {
            file::put(&saved, to)?;
            let (mut keys, mut words) = (Vec::new(), Vec::new());
            for first in (0..states).step_by(file::BLOCK) {
                keys.clear();
                words.clear();
                self.states.get(first..states.min(first + file::BLOCK as u32), &mut keys);
                keys.iter().for_each(|key| KeptOf::<T>::write(key, &mut words));
                file::put(&words, to)?;
            }
            Ok(())
        })
    }

    /// A search that goes on from what stands in this file.
    pub(super) fn resumed(
        specification: &'a T,
        options: &'a Options,
        file: &Path,
    ) -> Result<Self, ResumeError> {
        Self::restored(specification, options, file).map_err(|why| match why {
            Refused::Error(error) => error,
            Refused::Unfit(unfit) => unfit.of(file),
        })
    }

    fn restored(specification: &'a T, options: &'a Options, file: &Path) -> Result<Self, Refused> {
        let size = KeptOf::<T>::WORDS;
        if size == 0 {
            return Err(Unfit::Other("states that are kept whole are in none".into()).into());
        }
        let mut from = file::content(file, TITLE).map_err(Refused::Error)?;
        let saved: Saved = file::next(&mut from)?;
        if saved.specification != fingerprint(specification) {
            let why = "the specification has another name, parameters, initial states or invariants; or was of another version";
            return Err(Unfit::Other(why.into()).into());
        }
        if saved.exhaustive != options.exhaustive {
            return Err(Unfit::exhaustive(saved.exhaustive).into());
        }
        let damaged = |why: &str| Unfit::Damaged(why.to_owned());
        let states = *saved.levels.last().ok_or_else(|| damaged("it has no levels"))?;
        let levels_rise = saved.levels.len() > 1 && saved.levels[0] == 0 && saved.levels.is_sorted();
        levels_rise.then_some(()).ok_or_else(|| damaged("its levels are in no order"))?;
        let words: Vec<u64> = file::blocks(&mut from, states as usize * size)?;

        let mut search = Search::empty(specification, options);
        let mut keys: Vec<_> = words.chunks_exact(size).map(KeptOf::<T>::read).collect();
        let mut next = 0;
        let mut are_in_order = true;
        search.states.insert(&mut keys, |_, number| {
            are_in_order &= number == next;
            next += 1;
        });
        (are_in_order && next == states).then_some(()).ok_or_else(|| damaged("a state is there twice"))?;
        let names: Vec<&'static str> =
            search.invariants.iter().map(|invariant| invariant.name).chain([DEADLOCK]).collect();
        for (name, state, level) in saved.found {
            let known = names.iter().copied().find(|known| **known == name);
            let is_there = state.is_none_or(|state| state < states) && level < saved.levels.len() as u64;
            let name = known.filter(|_| is_there).ok_or_else(|| Unfit::damaged("a violation"))?;
            if name != DEADLOCK {
                search.left_out.extend(state);
            }
            search.found.push(((name, state), level as usize));
        }
        (search.levels, search.transitions) = (saved.levels, saved.transitions);
        search.taken_before = saved.taken;
        search.does_the_same()?;
        Ok(search)
    }

    /// Whether the steps of some of the states that were explored lead to states that were reached.
    fn does_the_same(&self) -> Result<(), Unfit> {
        let explored = self.levels[self.levels.len() - 2];
        let step = (explored / SAMPLE).max(1) as usize;
        let mut keys = Vec::new();
        for number in (0..explored).step_by(step) {
            let mut is_known = true;
            self.visit(number..number + 1, &mut keys, |_, state| {
                self.specification.steps(&state, &mut |_, next| {
                    is_known &= !self.specification.within(&next) || self.find(&next).is_some();
                });
            });
            if !is_known {
                return Err(Unfit::Other("the specification does not do any more what it did".into()));
            }
        }
        Ok(())
    }
}

/// Why nothing is gone on with.
enum Refused {
    Error(ResumeError),
    Unfit(Unfit),
}

impl From<Unfit> for Refused {
    fn from(unfit: Unfit) -> Self {
        Refused::Unfit(unfit)
    }
}

/// A hash of what can be said of a specification.
fn fingerprint<T: Specification>(specification: &T) -> u64 {
    let invariants: Vec<_> = specification.invariants().iter().map(|invariant| invariant.name).collect();
    let initial = specification.initial();
    let mut steps = Vec::new();
    for state in &initial {
        specification.steps(state, &mut |action, next| steps.push(format!("{action:?} {next:?}")));
    }
    let (name, parameters) = (std::any::type_name::<T>(), specification.parameters());
    let described = (name, parameters, invariants, T::actions(), specification.deadlock_free());
    let version = env!("CARGO_PKG_VERSION");
    hashed(format_args!("{described:?} {initial:?} {steps:?} {version}"))
}
