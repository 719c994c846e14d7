//! Exit codes (DESIGN 9), and why a command ended with one.

use std::process::ExitCode;

use bookend_config::ConfigError;
use bookend_scheduler::{ErrorKind, SchedulerError};
use bookend_store::StoreError;

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// Everything was done.
    Done,
    /// Something else went wrong.
    Other,
    /// The request is wrong; nothing ran.
    Request,
    /// An input was refused, or a piece is not approved.
    Refused,
    /// A deliverable failed its clauses.
    Clauses,
    /// Store or broker cannot be used.
    Unreachable,
    /// Somebody asked to stop.
    Interrupted,
}

impl Exit {
    /// Returns the process's exit code.
    pub const fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Other => 1,
            Exit::Request => 2,
            Exit::Refused => 3,
            Exit::Clauses => 4,
            Exit::Unreachable => 5,
            Exit::Interrupted => 130,
        }
    }

    /// Returns the one that a command ends with when several things happened: the first of 5, 1, 4, 3. Being interrupted
    /// comes before all, and a wrong request before what an input or a clause has to say.
    pub fn of_several(all: impl IntoIterator<Item = Exit>) -> Exit {
        let rank = |exit: &Exit| match exit {
            Exit::Interrupted => 6,
            Exit::Unreachable => 5,
            Exit::Other => 4,
            Exit::Request => 3,
            Exit::Clauses => 2,
            Exit::Refused => 1,
            Exit::Done => 0,
        };
        all.into_iter().max_by_key(rank).unwrap_or(Exit::Done)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}

/// Why a command could not do what it was asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// What the process ends with.
    pub exit: Exit,
    /// What is wrong, where, and what to do.
    pub message: String,
}

impl Failure {
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Failure { exit, message: message.into() }
    }

    /// A request that is wrong.
    pub fn request(message: impl Into<String>) -> Self {
        Failure::new(Exit::Request, message)
    }

    /// Anything that has no code of its own.
    pub fn other(message: impl Into<String>) -> Self {
        Failure::new(Exit::Other, message)
    }
}

impl From<SchedulerError> for Failure {
    fn from(error: SchedulerError) -> Self {
        let exit = match error.kind() {
            ErrorKind::Request => Exit::Request,
            ErrorKind::Refused => Exit::Refused,
            ErrorKind::Unreachable => Exit::Unreachable,
            ErrorKind::Other => Exit::Other,
            ErrorKind::Interrupted => Exit::Interrupted,
        };
        Failure::new(exit, chain(&error))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        SchedulerError::from(error).into()
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Failure::request(chain(&error))
    }
}

/// Writes an error with all its causes.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        // Transparent errors repeat their cause's words.
        if !text.ends_with(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_the_first_of_5_1_4_3() {
        use Exit::{Clauses, Done, Interrupted, Other, Refused, Unreachable};
        let of = |all: &[Exit]| Exit::of_several(all.iter().copied()).code();
        assert_eq!(of(&[]), 0);
        assert_eq!(of(&[Done, Refused]), 3);
        assert_eq!(of(&[Refused, Clauses, Done]), 4);
        assert_eq!(of(&[Refused, Other, Clauses]), 1);
        assert_eq!(of(&[Unreachable, Other]), 5);
        assert_eq!(of(&[Other, Interrupted, Unreachable]), 130);
    }
}
