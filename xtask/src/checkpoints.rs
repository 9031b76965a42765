//! Where searches are written down, and from where they go on: a file for each model, in a folder.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use synod_checker::Checkpoint;

use crate::{
    cli::{CheckpointArgs, Engine},
    exit::Failure,
    select::Chosen,
};

/// See the module. Nothing is written, if nothing is said.
#[derive(Clone, Debug, Default)]
pub struct Checkpoints {
    to: Option<PathBuf>,
    every: Duration,
    from: Option<PathBuf>,
}

fn file(folder: &Path, model: &str) -> PathBuf {
    folder.join(format!("{model}.checkpoint"))
}

impl Checkpoints {
    /// As the command line says, for these models. The folder to write to is made if it is not there.
    ///
    /// # Errors
    /// There is nothing to go on with, or no way to write; and what would be right.
    pub fn new(args: &CheckpointArgs, engine: Engine, chosen: &[Chosen]) -> Result<Self, Failure> {
        let CheckpointArgs { checkpoint, checkpoint_every, resume } = args;
        let to = checkpoint.as_ref().or(resume.as_ref());
        if to.is_some() && engine == Engine::Stateright {
            let why = "stateright writes no checkpoints: leave out --checkpoint and --resume, or --engine";
            return Err(Failure::Usage(why.into()));
        }
        if let Some(folder) = resume {
            let is_there = |chosen: &Chosen| file(folder, chosen.entry.name).is_file();
            if !chosen.iter().any(is_there) {
                return Err(Failure::Usage(nothing_in(folder)));
            }
        }
        if let Some(folder) = to {
            let why =
                |why| Failure::Usage(format!("no checkpoint can be written to {}: {why}", folder.display()));
            fs::create_dir_all(folder).map_err(why)?;
        }
        Ok(Checkpoints {
            to: to.cloned(),
            every: Duration::from_secs(*checkpoint_every),
            from: resume.clone(),
        })
    }

    /// Where the search of a model is to be written down.
    pub fn of(&self, model: &str) -> Option<Checkpoint> {
        self.to.as_ref().map(|folder| Checkpoint { file: file(folder, model), every: self.every })
    }

    /// What is to be gone on with, if there is anything.
    pub fn written(&self, model: &str) -> Option<PathBuf> {
        self.from.as_ref().map(|folder| file(folder, model)).filter(|file| file.is_file())
    }
}

/// What to say if none of the models that are asked for is written down.
fn nothing_in(folder: &Path) -> String {
    let Ok(entries) = fs::read_dir(folder) else {
        return format!("{} is no folder with checkpoints", folder.display());
    };
    let name = |path: PathBuf| {
        let is_one = path.extension().is_some_and(|extension| extension == "checkpoint");
        path.file_stem().filter(|_| is_one).map(|name| name.to_string_lossy().into_owned())
    };
    let mut others: Vec<String> = entries.flatten().filter_map(|entry| name(entry.path())).collect();
    others.sort();
    match others.is_empty() {
        true => format!("there are no checkpoints in {}", folder.display()),
        false => format!("the checkpoints in {} are of {}", folder.display(), others.join(", ")),
    }
}
