//! Why a server is not as it was asked to be.

use std::io;
use std::time::Duration;

/// Why a server is not as it was asked to be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// A program is not on this machine.
    /// **Do:** install its package, or name the folder it is in.
    #[error("{program} is not installed; looked in {}", searched.join(", "))]
    NotInstalled {
        /// The program.
        program: &'static str,
        /// The folders that do not hold it.
        searched: Vec<String>,
    },

    /// A program failed, or ended without being asked to.
    /// **Do:** read its output.
    #[error("{program} failed; it says:\n{output}")]
    Failed {
        /// The program.
        program: &'static str,
        /// The end of what it wrote.
        output: String,
    },

    /// Something did not happen in its time.
    /// **Do:** read the output; a machine this slow needs fewer tests at once.
    #[error("waited {limit:?} in vain for {event}; the server says:\n{output}")]
    TimedOut {
        /// What was waited for.
        event: &'static str,
        /// For how long.
        limit: Duration,
        /// The end of what the server wrote.
        output: String,
    },

    /// Every port that servers may listen on is in use.
    /// **Do:** stop what listens there.
    #[error("no port from 15000 to 32000 is free")]
    NoFreePort,

    /// The server has no backend of this id.
    /// **Do:** ask the connection for its `pg_backend_pid()`.
    #[error("the server has no backend {id}")]
    NoSuchBackend {
        /// What should be the id of a backend.
        id: i32,
    },

    /// A URL is not of the kind `postgres://user@host:port/database`.
    /// **Do:** mend the test.
    #[error("{0} is not postgres://user@host:port/database")]
    Url(String),

    /// A server is down that must be up, or the other way round.
    /// **Do:** mend the test.
    #[error("the server is {0}")]
    WrongState(&'static str),

    /// The operating system refused something.
    /// **Do:** see to rights and space on this machine.
    #[error("failed to {operation}: {source}")]
    System {
        /// What was refused.
        operation: String,
        /// Why.
        source: io::Error,
    },
}

impl ServerError {
    /// Names the operation that failed: `.map_err(ServerError::system("read the log"))`.
    pub(crate) fn system<E: Into<io::Error>>(
        operation: impl Into<String>,
    ) -> impl FnOnce(E) -> Self {
        let operation = operation.into();
        move |source| Self::System {
            operation,
            source: source.into(),
        }
    }
}
