//! Why the program ends early.

use std::io;
use std::net::SocketAddr;

use crate::import::ImportError;

/// Why the program ends early. Each message says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The data could not be opened.
    /// **Do:** what its own message says.
    #[error(transparent)]
    Open(#[from] annals::Error),

    /// The address is one that others can reach, and nothing protects it.
    /// **Do:** listen on a loopback address, or say that it is meant.
    #[error(
        "{0} can be reached from other machines, without encryption or authentication: \
         listen on 127.0.0.1, or add --insecure-listen"
    )]
    InsecureListen(SocketAddr),

    /// The address cannot be listened on.
    /// **Do:** choose another one, or stop what listens there.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },

    /// The system does not tell when to stop, or takes no output.
    /// **Do:** look at its limits and at where the output goes.
    #[error("the system refused: {0}")]
    System(#[from] io::Error),

    /// The demo accounts could not be made.
    /// **Do:** start again; what is there already stays as it is.
    #[error("demo accounts: {0}")]
    Demo(String),

    /// The import did not come to its end.
    /// **Do:** what its own message says.
    #[error(transparent)]
    Import(#[from] ImportError),
}
