//! Specifications whose type is forgotten.

use std::{path::Path, sync::Arc};

use synod_checker::{Options, Report, ResumeError, transition::Specification};
use synod_stateright::{Opinion, Settings};

/// Goes on with a search that was written down.
type Resume = dyn Fn(&Options, &Path) -> Result<Report, ResumeError> + Send + Sync;

/// A specification without actors, whatever its states. Nothing of it is behind a pointer while it is explored: the checkers are
/// compiled for it where [`ErasedSpecification::new`] is called.
pub struct ErasedSpecification {
    check: Box<dyn Fn(&Options) -> Report + Send + Sync>,
    resume: Box<Resume>,
    stateright: Box<dyn Fn(&Settings) -> Opinion + Send + Sync>,
}

impl ErasedSpecification {
    /// The specification, without its type.
    pub fn new<T>(specification: T) -> Self
    where
        T: Specification + Send + 'static,
        T::State: 'static,
    {
        let ours = Arc::new(specification);
        let (resumed, theirs) = (Arc::clone(&ours), Arc::clone(&ours));
        ErasedSpecification {
            check: Box::new(move |options| synod_checker::transition::check(&*ours, options)),
            resume: Box::new(move |options, file| {
                synod_checker::transition::resume(&*resumed, options, file)
            }),
            stateright: Box::new(move |settings| synod_stateright::check_specification(&theirs, settings)),
        }
    }

    /// Explores it. See [`synod_checker::transition::check`].
    pub fn check(&self, options: &Options) -> Report {
        (self.check)(options)
    }

    /// Goes on with a search that was written down. See [`synod_checker::transition::resume`].
    ///
    /// # Errors
    /// Like that.
    pub fn resume(&self, options: &Options, file: &Path) -> Result<Report, ResumeError> {
        (self.resume)(options, file)
    }

    /// Explores it with stateright. See [`synod_stateright::check_specification`].
    pub fn stateright(&self, settings: &Settings) -> Opinion {
        (self.stateright)(settings)
    }
}
