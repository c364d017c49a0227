//! Why a service could not be started.

use std::path::PathBuf;

/// Why a service could not be started. Each message says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The data directory could not be made.
    /// **Do:** choose a place that may be written to.
    #[error("data directory {path}: {source}")]
    Directory {
        /// Which directory.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// It is a URL, and of nothing that can be opened.
    /// **Do:** name a directory, or a `postgres://` URL, with the feature `postgres` on.
    #[error(
        "{0} cannot be opened: name a directory or a postgres:// URL (with the feature `postgres`)"
    )]
    UnknownPlace(String),
    /// The event store could not be opened.
    /// **Do:** what its own message says.
    #[error(transparent)]
    Store(#[from] annals_embedded::OpenError),
    /// The read models could not be opened.
    /// **Do:** what its own message says; they can be deleted, and are rebuilt from the events.
    #[error(transparent)]
    ReadModels(#[from] annals_sqlite::SqliteError),
    /// The database could not be used.
    /// **Do:** what its own message says.
    #[cfg(feature = "postgres")]
    #[error(transparent)]
    Postgres(#[from] annals_postgres::PostgresError),
    /// The tables of the read models could not be made.
    /// **Do:** what its own message says.
    #[error(transparent)]
    Tables(#[from] annals_core::QueryError),
    /// Where a new effect begins could not be found out or kept.
    /// **Do:** what its own message says.
    #[error("effect {effect}: {source}")]
    Effect {
        /// Which effect.
        effect: &'static str,
        /// What happened.
        #[source]
        source: annals_runtime::RunError,
    },
    /// The edition that a read model had before cannot be kept up to date.
    /// **Do:** what its own message says.
    #[error(transparent)]
    Editions(#[from] annals_runtime::RebuildError),
    /// A projection cannot be kept up to date in the transactions of the store.
    /// **Do:** declare it with `projection` and wait for the position of an answer, or keep the
    /// service on PostgreSQL. A store of one's own is opened with its inline projections.
    #[error("projection {projection} cannot be inline: {reason}")]
    NotInline {
        /// Which projection.
        projection: &'static str,
        /// Why not.
        reason: &'static str,
    },
    /// The keys of persons cannot be had.
    /// **Do:** what its own message says.
    #[error(transparent)]
    Keys(#[from] annals_core::KeyStoreError),
    /// The keys of persons are not where they are looked for, though they were made.
    /// **Do:** mount their disk, name their place by `keys_in`, or put them back from a backup. If they
    /// are lost, and all that was sealed with them, delete the mark: new ones are made.
    #[error("no keys at {}, which were made, as {} says: is a disk not mounted?", keys.display(), mark.display())]
    KeysMissing {
        /// Where they are looked for.
        keys: PathBuf,
        /// The file that says that they were made.
        mark: PathBuf,
    },
    /// Root keys are not there, or are not those that the keys of persons are wrapped by.
    /// **Do:** mount their disk, or name their place by `root_keys_in`: the one that all processes
    /// share. If they are lost, so is what was sealed, and keys must be made anew.
    #[error("the keys in {keys} are wrapped by root keys that are not in {}: {source}", directory.display())]
    RootKeys {
        /// Where the keys are.
        keys: String,
        /// Where their root keys are looked for.
        directory: PathBuf,
        /// What was found there.
        #[source]
        source: annals_core::KeyStoreError,
    },
    /// Events have personal fields, and nothing says where root keys are to be: those must not be in
    /// the database, whose backups would open what was erased.
    /// **Do:** name a directory that is backed up apart, if at all, by `root_keys_in`, or give it a
    /// `keyring` of a key management service.
    #[error("events have personal fields: name a directory for root keys by root_keys_in")]
    NoRootKeys,
    /// Events have personal fields, and the service runs on a store of one's own.
    /// **Do:** give it a `keyring`.
    #[error("events have personal fields, and there is no keyring: give one by keyring")]
    NoKeyring,
    /// It was said twice, or in vain, where keys are.
    /// **Do:** leave out what contradicts.
    #[error("keys cannot be where they were said to be: {0}")]
    KeysElsewhere(&'static str),
    /// Keys of persons who were forgotten may be alive.
    /// **Do:** what its own message says, and start again.
    #[error("keys of forgotten persons may be alive: {0}")]
    Reconcile(#[from] annals_runtime::EraseError),
    /// A name is one that the editions of read models end with, or that something of every service has.
    /// **Do:** choose another.
    #[error("{0} is reserved: choose another name")]
    ReservedName(String),
    /// A command is to go to an aggregate that was not declared.
    /// **Do:** declare the aggregate, or who else carries the command out.
    #[error("command {0} goes to an aggregate that is not declared")]
    NoAggregate(String),
    /// Old versions of an event type do not come to the newest.
    /// **Do:** declare one step for each older version, those on JSON first.
    #[error("the upcasters of {event}: {fault}")]
    Upcasters {
        /// Its stored name.
        event: &'static str,
        /// What is wrong.
        #[source]
        fault: annals_core::ChainFault,
    },
    /// A saga is declared wrongly.
    /// **Do:** mend its declaration.
    #[error("saga {name}: {fault}")]
    Saga {
        /// Its name.
        name: &'static str,
        /// What is wrong.
        fault: String,
    },
    /// Something was declared twice.
    /// **Do:** declare it once.
    #[error("{0} is declared twice")]
    DeclaredTwice(String),
}
