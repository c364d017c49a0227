//! What the program can be told on its command line and by its environment.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use annals::http::BearerToken;
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::bank::CHECKOUT_TIMEOUT;
use crate::error::Error;
use crate::place::{Place, StoreUrl, keys_beside};

pub use outbox::OutboxOptions;
pub use webhook::WebhookOptions;

mod outbox;
mod webhook;

/// The reference service of Annals: a bank, event-sourced.
#[derive(Debug, Clone, Parser)]
#[command(name = "annals-reference", version)]
pub struct Options {
    /// What to do.
    #[command(subcommand)]
    pub task: Option<Task>,

    /// Where events and read models are kept.
    #[arg(
        long,
        env = "ANNALS_DATA_DIR",
        default_value = "./annals-data",
        global = true
    )]
    pub data_dir: PathBuf,

    /// Where else events and read models are kept: a database that several services may share, as
    /// postgres://user@host/database. Its password, if it needs one, belongs into the variable or
    /// into a file: everybody on the machine can read a command line.
    #[arg(
        long,
        value_name = "URL",
        env = "ANNALS_STORE",
        hide_env_values = true,
        conflicts_with_all = ["data_dir", "store_file"],
        global = true
    )]
    pub store: Option<StoreUrl>,

    /// A file that holds the URL of --store.
    #[arg(
        long,
        value_name = "FILE",
        env = "ANNALS_STORE_FILE",
        conflicts_with = "data_dir",
        global = true
    )]
    pub store_file: Option<PathBuf>,

    /// Where the keys are kept by which personal data is sealed: with --data-dir beside it, in a directory
    /// of its name and `.keys`, unless another one is named, as it must be where only the data directory
    /// lasts, such as in a container; with --store, which has keys that are wrapped by those here, it
    /// must be named, and all services that share the database share it. Without the keys personal data
    /// is lost. Copies of them belong elsewhere than those of the data, or what was erased can be had back.
    #[arg(long, value_name = "DIR", env = "ANNALS_KEYS_DIR", global = true)]
    pub keys_dir: Option<PathBuf>,

    /// The URL that is called.
    #[command(flatten)]
    pub webhook: WebhookOptions,

    /// The broker that is told.
    #[command(flatten)]
    pub outbox: OutboxOptions,

    /// How log lines are written to the standard error. What is logged is set by RUST_LOG.
    #[arg(long, env = "ANNALS_LOG_FORMAT", default_value = "text", global = true)]
    pub log_format: LogFormat,

    /// Where to listen when serving; port 0 takes a free one.
    #[arg(
        long,
        env = "ANNALS_LISTEN",
        default_value = "127.0.0.1:8080",
        global = true
    )]
    pub listen: SocketAddr,

    /// Listen on an address that other machines can reach, without encryption or authentication.
    #[arg(long, env = "ANNALS_INSECURE_LISTEN", global = true)]
    pub insecure_listen: bool,

    /// A file that holds the token of the operations under /operations, which whoever operates the
    /// service sends as `Authorization: Bearer`. Without it there are none.
    #[arg(
        long,
        value_name = "FILE",
        env = "ANNALS_OPERATIONS_TOKEN_FILE",
        global = true
    )]
    pub operations_token_file: Option<PathBuf>,

    /// For how many seconds the checkout of an order may go on that is not paid yet; then what it took
    /// is given back and the order is cancelled. One that has begun keeps what it began with.
    #[arg(
        long,
        value_name = "SECONDS",
        env = "ANNALS_CHECKOUT_TIMEOUT",
        default_value_t = CHECKOUT_TIMEOUT.as_secs(),
        value_parser = clap::value_parser!(u64).range(1..=86_400),
        global = true
    )]
    pub checkout_timeout: u64,

    /// Fill the bank with some accounts before serving.
    #[arg(long, env = "ANNALS_SEED_DEMO", global = true)]
    pub seed_demo: bool,
}

impl Options {
    /// What the command line and the environment say. Ends the program when it is asked for help
    /// and when that makes no sense.
    ///
    /// # Errors
    /// [`Error::PasswordInArguments`] and [`Error::Outbox`].
    pub fn read() -> Result<Self, Error> {
        let matches = Self::command().get_matches();
        let options = Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        options.outbox.refuse_credentials_in(&matches)?;
        match &options.store {
            Some(url) if url.has_password() && is_argument(&matches, "store") => {
                Err(Error::PasswordInArguments)
            }
            _ => Ok(options),
        }
    }

    /// Where events and read models are kept.
    ///
    /// # Errors
    /// [`Error::SecretFile`], [`Error::StoreUrl`] and [`Error::NoKeysDirectory`].
    pub fn place(&self) -> Result<Place, Error> {
        let url = match (&self.store, &self.store_file) {
            (Some(url), _) => url.clone(),
            (None, Some(file)) => read_secret(file)?.into(),
            (None, None) => {
                let keys = self.keys_dir.clone();
                return Ok(Place::Directory {
                    path: self.data_dir.clone(),
                    keys: Some(keys.unwrap_or_else(|| keys_beside(&self.data_dir))),
                });
            }
        };
        if !url.is_postgres() {
            return Err(Error::StoreUrl);
        }
        let root_keys = self.keys_dir.clone().ok_or(Error::NoKeysDirectory)?;
        Ok(Place::Postgres { url, root_keys })
    }

    /// What whoever operates the service has to show. `None`: it is not operated over HTTP.
    ///
    /// # Errors
    /// [`Error::SecretFile`] and [`Error::OperationsToken`].
    pub fn operations_token(&self) -> Result<Option<BearerToken>, Error> {
        let Some(file) = &self.operations_token_file else {
            return Ok(None);
        };
        Ok(Some(read_secret(file)?.parse()?))
    }
}

fn is_argument(matches: &ArgMatches, id: &str) -> bool {
    matches.value_source(id) == Some(ValueSource::CommandLine)
}

/// The one line of a file.
fn read_secret(file: &Path) -> Result<String, Error> {
    let text = std::fs::read_to_string(file).map_err(|source| Error::SecretFile {
        path: file.to_owned(),
        source,
    })?;
    Ok(text.trim().to_owned())
}

/// What the program does. Without a task it serves.
#[derive(Debug, Clone, Subcommand)]
pub enum Task {
    /// Serve the HTTP API until Ctrl-C or SIGTERM.
    Serve,
    /// Send the transactions of a CSV file through the command side. Repeating it changes nothing.
    ImportBank {
        /// `transaction_id,account_id,date,kind,operation,amount,…`; may be compressed (.gz).
        file: PathBuf,
    },
    /// Hold the events of the code against the schemas that are kept in the repository.
    Schema {
        /// What to do with them.
        #[command(subcommand)]
        task: SchemaTask,
        /// Where they are kept.
        #[arg(
            long,
            value_name = "DIR",
            default_value = "apps/reference/schemas",
            global = true
        )]
        schemas: PathBuf,
    },
}

/// What is done with the schemas of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum SchemaTask {
    /// Check that recorded events survive this code.
    Check,
    /// Record new events, new versions and what older ones are read as.
    Accept,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs: one JSON object a line.
    Json,
}
