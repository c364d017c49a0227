//! Why the program ends early.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use annals::http::UnfitToken;
use annals::schema::SchemaError;

use crate::import::ImportError;
use crate::outbox::OutboxError;
use crate::webhook::WebhookError;

/// Why the program ends early. Each message says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The data could not be opened.
    /// **Do:** what its own message says.
    #[error(transparent)]
    Open(#[from] annals::Error),

    /// A password stands on the command line, which everybody on the machine can read.
    /// **Do:** give the URL in a variable or in a file.
    #[error(
        "the URL of --store holds a password that others can read on the command line: \
         give it as ANNALS_STORE, or in a file with --store-file"
    )]
    PasswordInArguments,

    /// A file that holds a secret, such as the URL of the store, cannot be read.
    /// **Do:** check its path and its rights.
    #[error("file {path}: {source}")]
    SecretFile {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },

    /// The URL of the store is of no kind that is known. It is not shown, as it may hold a password.
    /// **Do:** give one of PostgreSQL.
    #[error("the URL of the store must be one of PostgreSQL: postgres://user@host/database")]
    StoreUrl,

    /// Nothing says where keys are to be, and they must not be in the database: whoever has an old
    /// copy of it would have back what was erased.
    /// **Do:** name a directory, the same for all services that share the database.
    #[error(
        "personal data is sealed by keys that must not be in the database: name a directory for them \
         with --keys-dir, the same for all services that share the database"
    )]
    NoKeysDirectory,

    /// The token of the operations is too short, or cannot be sent.
    /// **Do:** make one at random, such as by `openssl rand -hex 32`.
    #[error("the file of --operations-token-file: {0}; make one by: openssl rand -hex 32")]
    OperationsToken(#[from] UnfitToken),

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

    /// Something else in this process measures already.
    /// **Do:** serve once in a process.
    #[error("another recorder of metrics is installed in this process")]
    MetricsTaken,

    /// The demo accounts or products could not be made.
    /// **Do:** start again; what is there already stays as it is.
    #[error("demo: {0}")]
    Demo(String),

    /// The import did not come to its end.
    /// **Do:** what its own message says.
    #[error(transparent)]
    Import(#[from] ImportError),

    /// Recorded events would not survive, or their schemas cannot be read or written.
    /// **Do:** what its own message says.
    #[error("schemas of events:\n\n{0}")]
    Schemas(#[from] SchemaError),

    /// The webhook cannot be called at all.
    /// **Do:** what its own message says.
    #[error(transparent)]
    Webhook(#[from] WebhookError),

    /// The broker of the outbox cannot be told anything at all.
    /// **Do:** what its own message says.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
}
