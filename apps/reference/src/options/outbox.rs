//! What the program can be told of its outbox.

use std::path::{Path, PathBuf};

use clap::{ArgMatches, Args};

use super::is_argument;
use crate::outbox::{AccountsOutbox, BrokerUrl, OutboxError, REDIS_KEEPS_ABOUT, outbox};

/// What the program can be told of its outbox.
#[derive(Debug, Clone, Args)]
pub struct OutboxOptions {
    /// A broker that is told, while serving, what the webhook is told, each event once and in order:
    /// rediss://… of Redis, where they are in the stream `bank.accounts`, or tls://… of NATS, where they
    /// are in the subject `bank.accounts` of the JetStream stream `BANK`, which must be there. Unencrypted,
    /// by redis:// or nats://, only on this machine. When it is given for the first time it begins with
    /// what happens from then on; later it goes on where it was, however long nobody was there to be told.
    /// A password belongs into the variable or into a file: everybody on the machine can read a command
    /// line.
    #[arg(
        id = "outbox",
        long = "outbox",
        value_name = "URL",
        env = "ANNALS_OUTBOX",
        hide_env_values = true,
        global = true
    )]
    pub url: Option<BrokerUrl>,

    /// A file that holds the URL of --outbox.
    #[arg(
        id = "outbox_file",
        long = "outbox-file",
        value_name = "FILE",
        env = "ANNALS_OUTBOX_FILE",
        global = true
    )]
    pub url_file: Option<PathBuf>,

    /// A file with the certificates of who signs those of the broker, PEM, if it is nobody that this
    /// machine trusts.
    #[arg(
        id = "outbox_ca_file",
        long = "outbox-ca-file",
        value_name = "FILE",
        env = "ANNALS_OUTBOX_CA_FILE",
        global = true
    )]
    pub authority: Option<PathBuf>,

    /// About so many entries are kept in the stream of Redis, the newest; older ones are removed, whether
    /// they were read or not. A stream of NATS has limits of its own.
    #[arg(
        id = "outbox_keep",
        long = "outbox-keep",
        value_name = "ENTRIES",
        env = "ANNALS_OUTBOX_KEEP",
        default_value_t = REDIS_KEEPS_ABOUT,
        value_parser = clap::value_parser!(u64).range(1_000..),
        global = true
    )]
    pub keep: u64,
}

impl OutboxOptions {
    /// What tells a broker, if one is to be told.
    ///
    /// # Errors
    /// [`OutboxError`] when none could be told at all.
    pub fn open(&self) -> Result<Option<AccountsOutbox>, OutboxError> {
        let url = match (&self.url, &self.url_file) {
            (None, None) if self.authority.is_some() => return Err(OutboxError::AuthorityOfNobody),
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => return Err(OutboxError::TwoUrls),
            (Some(url), None) => url.clone(),
            (None, Some(file)) => read_url(file)?,
        };
        outbox(&url, self.authority.as_deref(), self.keep).map(Some)
    }

    pub(super) fn refuse_credentials_in(&self, matches: &ArgMatches) -> Result<(), OutboxError> {
        match &self.url {
            Some(url) if url.has_credentials() && is_argument(matches, "outbox") => {
                Err(OutboxError::CredentialsInArguments)
            }
            _ => Ok(()),
        }
    }
}

fn read_url(file: &Path) -> Result<BrokerUrl, OutboxError> {
    let text = std::fs::read_to_string(file).map_err(|source| OutboxError::UrlFile {
        path: file.to_owned(),
        source,
    })?;
    Ok(text.trim().to_owned().into())
}
