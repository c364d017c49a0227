//! What the program can be told on its command line and by its environment.

use std::env::{self, VarError};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use annals::http::BearerToken;
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::bank::CHECKOUT_TIMEOUT;
use crate::error::Error;
use crate::place::{Place, StoreUrl, keys_beside};
use crate::webhook::{Webhook, WebhookError, WebhookSecret, webhook};

/// The variable that may hold the secret of the webhook. There is no option for it: everybody on the
/// machine can read a command line.
const WEBHOOK_SECRET: &str = "ANNALS_WEBHOOK_SECRET";

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

    /// A URL that everything that happens to accounts is posted to while serving, at least once and
    /// in the order of each account: https://…, or http:// to this machine itself. When it is given
    /// for the first time it begins with what happens from then on; later it goes on where it was,
    /// also with what happened while it was not given.
    #[arg(
        long,
        value_name = "URL",
        env = "ANNALS_WEBHOOK",
        hide_env_values = true,
        global = true
    )]
    pub webhook: Option<String>,

    /// Hosts, by comma, that the webhook may call although they are not public: by default it calls
    /// public ones, and this machine by its names.
    #[arg(
        long = "webhook-allow-hosts",
        value_name = "HOSTS",
        env = "ANNALS_WEBHOOK_ALLOW_HOSTS",
        value_delimiter = ',',
        global = true
    )]
    pub webhook_allowed_hosts: Vec<String>,

    /// For how many hours a call of the webhook is repeated that is not acknowledged, before its event
    /// is parked with what happens to the account afterwards; 0 repeats none. What the receiver
    /// refuses is parked at once. Other accounts go on. Parked events are looked at and tried again by
    /// the operations on the projection `webhook`.
    #[arg(
        long,
        value_name = "HOURS",
        env = "ANNALS_WEBHOOK_GIVE_UP_AFTER_HOURS",
        default_value = "24",
        value_parser = clap::value_parser!(u32).range(0..=8_760),
        global = true
    )]
    pub webhook_give_up_after_hours: u32,

    /// A file that holds the secret that calls of the webhook are signed with: whsec_ and then 24 to
    /// 64 bytes in base64. Instead of a file it can be given as ANNALS_WEBHOOK_SECRET.
    #[arg(
        long,
        value_name = "FILE",
        env = "ANNALS_WEBHOOK_SECRET_FILE",
        global = true
    )]
    pub webhook_secret_file: Option<PathBuf>,

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
    /// [`Error::PasswordInArguments`].
    pub fn read() -> Result<Self, Error> {
        let matches = Self::command().get_matches();
        let options = Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
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

    /// What posts everything that happens, if it is to be posted.
    ///
    /// # Errors
    /// [`WebhookError`] when it could not be called at all.
    pub fn webhook(&self) -> Result<Option<Webhook>, WebhookError> {
        let Some(url) = &self.webhook else {
            return Ok(None);
        };
        let webhook = webhook(url, &self.webhook_allowed_hosts, self.webhook_secret()?)?;
        let hours = u64::from(self.webhook_give_up_after_hours);
        Ok(Some(
            webhook.giving_up_after(Duration::from_secs(hours * 3_600)),
        ))
    }

    /// Nothing else than a secret that is sound is taken for one: calls must not go out unsigned by
    /// mistake.
    fn webhook_secret(&self) -> Result<Option<WebhookSecret>, WebhookError> {
        let text = match (env::var(WEBHOOK_SECRET), &self.webhook_secret_file) {
            (Err(VarError::NotPresent), None) => return Ok(None),
            (Err(VarError::NotPresent), Some(path)) => read_webhook_secret(path)?,
            (Ok(text), None) => text,
            (Err(VarError::NotUnicode(_)), None) => return Err(WebhookError::SecretVariable),
            (_, Some(_)) => return Err(WebhookError::TwoSecrets),
        };
        Ok(Some(text.trim().parse()?))
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

fn read_webhook_secret(file: &Path) -> Result<String, WebhookError> {
    std::fs::read_to_string(file).map_err(|source| WebhookError::SecretFile {
        path: file.to_owned(),
        source,
    })
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
