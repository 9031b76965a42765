//! `history`: checks recorded histories. All of it is in `synod-histories`, whose command does the same.

use std::io::Write;

use synod_histories::{
    Verdict,
    cli::{self, Args, Stop},
};

use crate::exit::{Exit, Failure};

/// Checks histories.
///
/// # Errors
/// The command or a history cannot be understood, or the output cannot be written.
pub fn history(args: &Args, out: &mut dyn Write) -> Result<Exit, Failure> {
    match cli::run(args, out) {
        Ok(Verdict::Valid) => Ok(Exit::AsExpected),
        Ok(Verdict::Invalid) => Ok(Exit::NotAsExpected),
        Ok(Verdict::Unknown) => Ok(Exit::Incomplete),
        Err(Stop::Usage(what)) => Err(Failure::Usage(what)),
        Err(Stop::Output(error)) => Err(Failure::Output(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exits_are_those_of_the_command() {
        for (verdict, exit) in [
            (Verdict::Valid, Exit::AsExpected),
            (Verdict::Invalid, Exit::NotAsExpected),
            (Verdict::Unknown, Exit::Incomplete),
        ] {
            assert_eq!(cli::exit_code(verdict), exit.code());
        }
    }
}
