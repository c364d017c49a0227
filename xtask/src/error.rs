//! Why a command stopped: a variant per action of the person who ran it.

use std::path::PathBuf;
use std::{fmt, io};

use annals_servers::ServerError;

use crate::{USAGE, workspace};

/// Why a command stopped.
#[derive(Debug)]
pub(crate) enum Error {
    /// The arguments name no command.
    /// **Do:** pick one of those listed.
    Usage,

    /// Something the tests need is not on this machine, and installing it did not work.
    /// **Do:** run the lines it names, with the rights they need.
    Missing {
        what: &'static str,
        install: &'static [&'static str],
    },

    /// Only root may mount a file system.
    /// **Do:** run as root, in a container if need be.
    NotRoot,

    /// CI found no shared test data, and a green run without it would promise too much.
    /// **Do:** mount the folder, or point the variable at it.
    NoTestData,

    /// A server that the tests need did not come up.
    /// **Do:** read what it wrote.
    Server(ServerError),

    /// A program ended with failure.
    /// **Do:** read what it printed above.
    Failed { line: String },

    /// A program could not be started.
    /// **Do:** install it, or put it on the path.
    NotStarted { line: String, source: io::Error },

    /// A file of the workspace could not be read.
    /// **Do:** mend the file or its permissions.
    Unreadable { path: PathBuf, source: io::Error },

    /// The house rules are broken.
    /// **Do:** mend each line listed above.
    Untidy { findings: usize },

    /// Some steps failed; the others ran all the same.
    /// **Do:** go up to the output of each step named.
    StepsFailed { names: Vec<&'static str> },
}

impl From<ServerError> for Error {
    fn from(error: ServerError) -> Self {
        Error::Server(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Usage => f.write_str(USAGE),
            Error::Missing { what, install } => {
                write!(f, "{what} is missing; run `{}`", install.join(" && "))
            }
            Error::NotRoot => f.write_str("only root may mount a file system"),
            Error::NoTestData => write!(
                f,
                "{} names no folder, or is not set and there is no `{}`",
                workspace::TEST_DATA_VARIABLE,
                workspace::TEST_DATA
            ),
            Error::Server(error) => write!(f, "{error}"),
            Error::Failed { line } => write!(f, "failed: {line}"),
            Error::NotStarted { line, source } => write!(f, "could not start `{line}`: {source}"),
            Error::Unreadable { path, source } => {
                write!(f, "could not read {}: {source}", path.display())
            }
            Error::Untidy { findings } => write!(f, "tidy: lines to mend: {findings}"),
            Error::StepsFailed { names } => write!(f, "failed: {}", names.join(", ")),
        }
    }
}
